"""Which prefixes are exchanged in the files of planned splices."""

from pathlib import Path
from typing import Any

from service.dags.dag import Dag
from service.dags.splicing.plan import plan_splice
from service.dags.splicing.rewiring import Rewiring, rewirings_of
from tests.documents import document, dumped, node
from tests.service.dags.test_splicing import installed, store_provides
from tools.splice_figures import read_dag

RUN = ["link", "run"]
PROVIDES = {"mpi-a": ["mpi"], "mpi-b": ["mpi"], "mpi-c": ["mpi"]}


def dag_of(folder: Path, *nodes: dict[str, Any]) -> Dag:
    path = folder / f"{nodes[0]['hash']}.json"
    path.write_bytes(dumped(document(*nodes)))
    return read_dag(path)


def rewirings(
    target: Dag, replacement: Dag, *, transitive: bool = True
) -> tuple[Dag, dict[str, Rewiring]]:
    """Return the spliced spec, and how the files of its spliced specs are made, by name."""
    spliced = plan_splice(target, replacement, PROVIDES, transitive=transitive).document
    dag = spliced.as_dag(5)
    found = rewirings_of(dag, dag.nodes, spliced.changed)
    return dag, {dag.nodes[each.node].name: each for each in found}


def test_a_prefix_is_written_over_that_of_the_spec_with_the_same_name(tmp_path: Path) -> None:
    old, new = node("zlib", "1.2"), node("zlib", "1.3")
    tool = node("cmake")
    library = node("png", dependencies=[(old, RUN), (tool, ["build"])])
    app = node("app", dependencies=[(library, RUN), (old, RUN)])
    dag, found = rewirings(dag_of(tmp_path, app, library, old, tool), dag_of(tmp_path, new))
    spliced = {each.name: each.hash for each in dag.nodes.values() if each.build_spec}
    assert found == {
        "app": Rewiring(
            spliced["app"],
            app["hash"],
            {
                app["hash"]: spliced["app"],
                library["hash"]: spliced["png"],
                old["hash"]: new["hash"],
            },
        ),
        "png": Rewiring(
            spliced["png"],
            library["hash"],
            {library["hash"]: spliced["png"], old["hash"]: new["hash"]},
        ),
    }


def test_a_prefix_is_written_over_that_of_a_provider_of_its_virtuals(tmp_path: Path) -> None:
    rank = node("rank")
    old = node("mpi-a", dependencies=[(rank, RUN)])
    app = node("app", dependencies=[(old, RUN, ["mpi"])])
    new = node("mpi-b", "3.0")
    _, found = rewirings(dag_of(tmp_path, app, old, rank), dag_of(tmp_path, new))
    (app_files,) = found.values()
    # Nothing stands for `rank`: its prefix stays in the files.
    assert app_files.prefixes == {app["hash"]: app_files.node, old["hash"]: new["hash"]}


def test_the_prefix_of_an_external_spec_is_never_written(tmp_path: Path) -> None:
    old = node("mpi-a")
    app = node("app", dependencies=[(old, RUN, ["mpi"])])
    new = node("mpi-c", external={"path": "/usr", "module": None, "extra_attributes": {}})
    _, found = rewirings(dag_of(tmp_path, app, old), dag_of(tmp_path, new))
    (app_files,) = found.values()
    assert app_files.prefixes == {app["hash"]: app_files.node}


def test_spack_loses_prefixes_below_build_specs_that_it_copies_too_late(tmp_path: Path) -> None:
    old, new = node("zlib", "1.2"), node("zlib", "1.3")
    library = node("png", dependencies=[(old, RUN)])
    app = node("app", dependencies=[(library, RUN)])
    inputs = dag_of(tmp_path, app, library, old), dag_of(tmp_path, new)
    _, whole = rewirings(*inputs)
    _, found = rewirings(*inputs, transitive=False)
    assert found["png"] == whole["png"]
    # Spack spliced `png` before it copied `app` as a build spec, and no longer finds its prefix.
    assert found["app"].prefixes == {app["hash"]: found["app"].node, old["hash"]: new["hash"]}
    assert whole["app"].prefixes.keys() - found["app"].prefixes == {library["hash"]}


def test_the_prefix_that_spack_lost_in_an_installed_splice_is_known() -> None:
    target, put_in = installed("app-1.0-rduow63"), installed("libfoo-1.3")
    spliced = plan_splice(target, put_in, store_provides(), transitive=False).document
    names = {each.hash: each.name for each in spliced.spliced}
    lost = {names[hash_]: each for hash_, each in spliced.changed.items()}
    # As in the files of 53qonj3: libmid there still names the prefix of this fmpi-a.
    assert lost == {"libmid": {"t5ww5zsdussz6vkydprsnvpmekyuprkv"}}
    whole = plan_splice(target, put_in, store_provides(), transitive=True).document
    assert whole.changed == {}
