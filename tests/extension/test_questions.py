"""`spack specgraph query`, `why` and `splice`: the service's answers in Spack's style."""

import json
import re

import pytest

from cypher.run import Database
from service.queries.filters import FILTERS
from tests.documents import SPECS, SPLICED
from tests.extension.running import FakeSpack
from tests.loading import load
from tests.service.test_abi import load_sample


@pytest.fixture
def filled_spack(spack: FakeSpack, database: Database) -> FakeSpack:
    load(database, [*SPECS, *SPLICED])
    return spack


def test_query_prints_the_matches_of_both_sides(filled_spack: FakeSpack) -> None:
    words = ("--built-with", "lab-mpich", "--deployed-with", "lab-mvapich", "lab-sim")
    done = filled_spack.run("specgraph", "query", *words)
    plain = filled_spack.run("specgraph", "query", *words, "--json")
    items = json.loads(plain.stdout)["items"]
    assert items
    lines = done.stdout.splitlines()
    assert lines[0] == f"{items[0]['hash'][:7]} lab-sim@{items[0]['version']}  spliced"
    assert lines[1].startswith("    built with    lab-sim@")
    assert " ~built as~> " in lines[1]
    assert lines[2].startswith("    deployed with lab-sim@")
    assert lines[-1] == f"{len(items)} of {len(items)}"


def test_splice_prints_the_changes(filled_spack: FakeSpack) -> None:
    words = ("--built-with", "lab-mpich", "--deployed-with", "lab-mvapich", "lab-sim", "--json")
    hash_ = json.loads(filled_spack.run("specgraph", "query", *words).stdout)["items"][0]["hash"]
    done = filled_spack.run("specgraph", "splice", f"/{hash_[:10]}")
    answer = json.loads(filled_spack.run("specgraph", "splice", hash_, "--json").stdout)
    lines = done.stdout.splitlines()
    root, build_spec = answer["root"]["hash"][:7], answer["build_spec"]["hash"][:7]
    assert lines[0] == f"lab-sim@2.0/{root} built as lab-sim@2.0/{build_spec}"
    assert lines[1].startswith(f"{answer['counts']['kept']} kept, ")
    assert {line.split()[0] for line in lines[2:]} == {"out", "in", "relinked"}


def test_why_takes_a_spec_that_only_one_root_satisfies(filled_spack: FakeSpack) -> None:
    done = filled_spack.run("specgraph", "why", "hdf5@1.14.6", "zlib-ng")
    assert done.returncode == 0
    chain, total = done.stdout.splitlines()
    assert chain.startswith("deployed  hdf5@1.14.6/s6qujbm -")
    assert total == "1 of 1"
    nothing = filled_spack.run("specgraph", "why", "/s6qujbm", "no-such-package")
    assert nothing.returncode == 1
    message = "hdf5@1.14.6/s6qujbm does not depend on no-such-package"
    assert nothing.stdout.startswith(message)


def test_exit_codes_are_those_of_the_command_line(filled_spack: FakeSpack) -> None:
    several = filled_spack.run("specgraph", "why", "hdf5", "zlib")
    assert several.returncode == 2
    assert several.stderr.startswith("==> Error: several roots match hdf5; give the hash of one")
    syntax = filled_spack.run("specgraph", "query", "hdf5@@")
    assert (syntax.returncode, syntax.stderr.splitlines()[1:]) == (2, ["hdf5@@", "    ^"])
    assert filled_spack.run("specgraph", "splice", "/" + "a" * 32).returncode == 4
    assert filled_spack.run("specgraph", "query", "no-such-package").returncode == 1
    gone = filled_spack.run("specgraph", "query", "xz", SPECGRAPH_URL="http://127.0.0.1:9/x y")
    assert gone.returncode in (2, 3)


def test_query_takes_every_filter_of_the_service(filled_spack: FakeSpack) -> None:
    usage = filled_spack.run("specgraph", "query", "-h").stdout
    options = {each.option for each in FILTERS if each.name != "q"}
    assert options <= set(re.findall(r"--[a-z-]+", usage))
    for place in ("--site", "--environment"):
        assert filled_spack.run("specgraph", "query", place, "nowhere").returncode == 1


def test_a_splice_is_planned_with_the_configuration_for_it(filled_spack: FakeSpack) -> None:
    words = ("plan", "/iw5yw6b", "/3jd63ea")
    answer = json.loads(filled_spack.run("specgraph", *words, "--json").stdout)
    done = filled_spack.run("specgraph", *words)
    lines = done.stdout.splitlines()
    assert lines[0] == "lab-sim@2.0/iw5yw6b with lab-zx@2.0.0/3jd63ea, transitive"
    assert lines[1] == f"hash in Spack 1.1: {answer['claimed'][0]['hash']}"
    assert {line.split()[0] for line in lines[2:] if "@" in line} == {"out", "in", "relinked"}
    assert done.stdout.endswith(answer["configuration"])
    alone = filled_spack.run("specgraph", *words, "--intransitive", "--configuration")
    assert alone.stdout == answer["configuration"].replace("true", "false")
    refused = filled_spack.run("specgraph", *words, "--replace", "mpi")
    assert refused.returncode != 0
    assert "'mpi'" in refused.stderr
    unknown = filled_spack.run("specgraph", "check", *words[1:])
    assert unknown.returncode == 2
    assert unknown.stdout.splitlines()[:2] == [lines[0], "verdict: unknown"]
    assert "no files of lab-sim@2.0/iw5yw6b" in unknown.stdout


def test_a_splice_is_checked_before_it_is_installed(spack: FakeSpack, database: Database) -> None:
    load_sample(database)
    loads = spack.run("specgraph", "check", "/pmkb7bf", "fmpi-b", "--intransitive")
    assert (loads.returncode, loads.stdout.splitlines()[1]) == (0, "verdict: loads")
    assert "Types were not compared" in loads.stdout
    words = ("check", "/pmkb7bf", "fmpi-c", "--intransitive")
    broken = spack.run("specgraph", *words)
    assert (broken.returncode, broken.stdout.splitlines()[1]) == (1, "verdict: broken")
    assert "missing-library  libxmpi.so.1 needed by heat@2.0/" in broken.stdout
    assert ": lib/libxmpi.so.1" in broken.stdout
    verdict = json.loads(spack.run("specgraph", *words, "--json").stdout)
    assert verdict["verdict"] == "broken"
    assert "exit code: 0 if it loads" in spack.run("specgraph", "check", "-h").stdout
