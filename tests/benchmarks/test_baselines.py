from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import baselines
from benchmarks.baseline_csr import Csr
from benchmarks.baseline_sqlite import Sqlite, create
from benchmarks.bulk_import import write_rows
from benchmarks.generate import Documents, generate
from benchmarks.questions import Answers, Match, Question
from benchmarks.rows_to_csv import Graph
from loaders.specs.document import SpecDocument, parse_document

NODES = 4000
QUESTIONS = (
    *baselines.QUESTIONS.values(),
    Question(built=Match.of("mpich"), deployed=Match.of("mvapich2")),
    Question(built=Match.of("zlib"), deployed=Match.of("zlib-ng")),
    Question(built=Match.of("hdf5"), deployed=Match.of("hdf5@1.10,1.14")),
    Question(built=Match.of("mvapich2")),
    Question(deployed=Match.of("mvapich2")),
    Question(depends_on=Match.of("cmake")),
    Question(depends_on=Match.of("gcc-runtime"), built=Match.of("python@3.11")),
    Question(deployed=Match.of("no-such-package")),
    Question(built=Match.of("zlib"), deployed=Match("zlib", ())),
)


@pytest.fixture(scope="module")
def documents() -> list[SpecDocument]:
    generated = Documents()
    return [parse_document(generated.document(root)) for root in generate(NODES, 3)]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("rows")
    write_rows(generate(NODES, 3), folder, "plain").save(folder)
    return Graph.load(folder)


@pytest.fixture(scope="module")
def forms(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Answers]]:
    path = tmp_path_factory.mktemp("sqlite") / "graph.sqlite"
    create(path, graph)
    walk, closure = Sqlite(path, "walk"), Sqlite(path, "closure")
    yield {"walk": walk, "closure": closure, "csr": Csr(graph)}
    walk.close()
    closure.close()


def _brute_force(documents: list[SpecDocument], question: Question) -> set[str]:
    found = set()
    for document in documents:
        nodes = document.by_hash
        sides = (
            (question.built, document.closure.build),
            (question.deployed, document.closure.runtime),
            (question.depends_on, _dependencies(document)),
        )
        if all(
            match is None
            or any(match.fits(nodes[h].name, nodes[h].properties["version_key"]) for h in side)
            for match, side in sides
        ):
            found.add(document.root.hash)
    return found


def _dependencies(document: SpecDocument) -> frozenset[str]:
    nodes = document.by_hash
    found = {document.root.hash}
    pending = [document.root.hash]
    while pending:
        new = nodes[pending.pop()].dependencies - found
        found |= new
        pending += new
    return frozenset(found)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_all_forms_find_the_same_roots(
    question: Question,
    forms: dict[str, Answers],
    graph: Graph,
    documents: list[SpecDocument],
) -> None:
    expected = _brute_force(documents, question)
    for name, form in forms.items():
        if name == "closure" and question.depends_on is not None:
            with pytest.raises(ValueError, match="closure table"):
                form.roots(question)
            continue
        hashes = [hash_.decode() for hash_ in graph.hashes[form.roots(question)].tolist()]
        assert len(hashes) == len(set(hashes))
        assert set(hashes) == expected, name
        page = form.page(question, 5)
        assert page.total == len(expected)
        assert page.hashes == _sorted_hashes(documents, expected)[:5], name


def _sorted_hashes(documents: list[SpecDocument], hashes: set[str]) -> list[str]:
    roots = [document.root for document in documents if document.root.hash in hashes]
    keys = sorted((root.name, root.properties["version_key"], root.hash) for root in roots)
    return [hash_ for _, _, hash_ in keys]


def test_most_questions_have_answers(documents: list[SpecDocument]) -> None:
    counts = [len(_brute_force(documents, question)) for question in QUESTIONS]
    assert sum(count > 0 for count in counts) > len(counts) / 2
    assert any(document.root.build_spec for document in documents)


def test_all_forms_return_the_same_dag(
    forms: dict[str, Answers], graph: Graph, documents: list[SpecDocument]
) -> None:
    numbers = {hash_.decode(): number for number, hash_ in enumerate(graph.hashes.tolist())}
    for document in documents[::10]:
        root = numbers[document.root.hash]
        specs = _dependencies(document)
        edges = {(numbers[h], numbers[b]) for h in specs for b in document.by_hash[h].dependencies}
        for name, form in forms.items():
            dag = form.dag(root)
            assert dag.specs.tolist() == sorted(numbers[hash_] for hash_ in specs), name
            assert dag.edges.tolist() == [list(edge) for edge in sorted(edges)], name


def test_measuring_compares_the_answers(forms: dict[str, Answers], graph: Graph) -> None:
    renamed = {f"sqlite {name}" if name != "csr" else name: form for name, form in forms.items()}
    figures = baselines.measure(renamed, int(np.flatnonzero(graph.is_root)[0]), 1)
    assert set(figures) == {*baselines.QUESTIONS, "one DAG"}


def test_database_is_not_overwritten(graph: Graph, tmp_path: Path) -> None:
    path = baselines.open_sqlite(tmp_path, graph)
    assert baselines.open_sqlite(tmp_path, graph) == path
    with pytest.raises(FileExistsError):
        create(path, graph)


def _graph(
    count: int, roots: list[int], edges: list[tuple[int, int]], splices: list[tuple[int, int]]
) -> Graph:
    """Specs named by their number; every edge is there at run time."""
    return Graph(
        hashes=np.array([f"{number:032d}".encode() for number in range(count)], dtype="S32"),
        package=np.arange(count, dtype=np.int32),
        packages=[(str(number), "1", "11!3") for number in range(count)],
        is_root=np.isin(np.arange(count), roots),
        edges=np.array(edges, dtype=np.uint32),
        runtime=np.ones(len(edges), dtype=np.bool_),
        splices=np.array(splices, dtype=np.uint32),
        reach=np.zeros((0, 2), dtype=np.uint32),
        flags=np.zeros(0, dtype=np.uint8),
    )


def test_build_specs_of_dependencies_count(tmp_path: Path) -> None:
    # 0 depends on 1, which was built as 2. 3 was built as 4, which was built as 0; 3 depends on 1
    # and 7.
    edges = [(0, 1), (1, 5), (2, 6), (3, 1), (3, 7), (4, 7)]
    graph = _graph(8, [0, 1, 3], edges, [(1, 2), (3, 4), (4, 0)])
    create(tmp_path / "graph.sqlite", graph)
    walk = Sqlite(tmp_path / "graph.sqlite", "walk")
    expected = {0: [0, 3], 1: [0, 3], 2: [0, 1, 3], 5: [0, 3], 6: [0, 1, 3], 7: []}
    forms: tuple[Answers, ...] = (walk, Csr(graph))
    for form in forms:
        found = {n: form.roots(Question(built=Match.of(str(n)))).tolist() for n in expected}
        assert found == expected
    walk.close()
