"""`spack specgraph query`, `why` and `splice`: the service's answers in Spack's words."""

import json

import pytest

from cypher.run import Database
from tests.documents import SPECS, SPLICED
from tests.extension.running import FakeSpack
from tests.loading import load


@pytest.fixture
def asked(spack: FakeSpack, database: Database) -> FakeSpack:
    load(database, [*SPECS, *SPLICED])
    return spack


def test_what_was_built_with_one_and_is_deployed_with_another(asked: FakeSpack) -> None:
    words = ("--built-with", "lab-mpich", "--deployed-with", "lab-mvapich", "lab-sim")
    done = asked.run("specgraph", "query", *words)
    plain = asked.run("specgraph", "query", *words, "--json")
    items = json.loads(plain.stdout)["items"]
    assert items
    told = done.stdout.splitlines()
    assert told[0] == f"{items[0]['hash'][:7]} lab-sim@{items[0]['version']}  spliced"
    assert told[1].startswith("    built with    lab-sim@")
    assert " ~built as~> " in told[1]
    assert told[2].startswith("    deployed with lab-sim@")
    assert told[-1] == f"{len(items)} of {len(items)}"


def test_a_splice_is_told(asked: FakeSpack) -> None:
    words = ("--built-with", "lab-mpich", "--deployed-with", "lab-mvapich", "lab-sim", "--json")
    hash_ = json.loads(asked.run("specgraph", "query", *words).stdout)["items"][0]["hash"]
    done = asked.run("specgraph", "splice", f"/{hash_[:10]}")
    answer = json.loads(asked.run("specgraph", "splice", hash_, "--json").stdout)
    told = done.stdout.splitlines()
    root, build_spec = answer["root"]["hash"][:7], answer["build_spec"]["hash"][:7]
    assert told[0] == f"lab-sim@2.0/{root} built as lab-sim@2.0/{build_spec}"
    assert told[1].startswith(f"{answer['counts']['kept']} kept, ")
    assert {line.split()[0] for line in told[2:]} == {"out", "in", "relinked"}


def test_why_takes_a_spec_that_only_one_root_satisfies(asked: FakeSpack) -> None:
    done = asked.run("specgraph", "why", "hdf5@1.14.6", "zlib-ng")
    assert done.returncode == 0
    chain, total = done.stdout.splitlines()
    assert chain.startswith("deployed  hdf5@1.14.6/s6qujbm -")
    assert total == "1 of 1"
    nothing = asked.run("specgraph", "why", "/s6qujbm", "no-such-package")
    assert nothing.returncode == 1
    assert nothing.stdout.startswith("hdf5@1.14.6/s6qujbm does not reach no-such-package")


def test_what_cannot_be_answered_has_the_codes_of_the_command_line(asked: FakeSpack) -> None:
    several = asked.run("specgraph", "why", "hdf5", "zlib")
    assert several.returncode == 2
    assert several.stderr.startswith("==> Error: several roots match hdf5; give the hash of one")
    syntax = asked.run("specgraph", "query", "hdf5@@")
    assert (syntax.returncode, syntax.stderr.splitlines()[1:]) == (2, ["hdf5@@", "    ^"])
    assert asked.run("specgraph", "splice", "/" + "a" * 32).returncode == 4
    assert asked.run("specgraph", "query", "no-such-package").returncode == 1
    gone = asked.run("specgraph", "query", "xz", SPECGRAPH_URL="http://127.0.0.1:9/x y")
    assert gone.returncode in (2, 3)
