"""Verdicts on planned splices, compared with those on the same splices as Spack installed them."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from loaders.specs.contents import hash_of
from service.app import create_app
from service.queries.abi import Sides, StoredFiles
from service.queries.planned_abi import read_planned_files
from service.queries.plans import PlanQuestion, plan_stored_splice
from service.queries.stored_dags import find_dag
from tests.corpus.test_abi import hold_store
from tests.graph import SharedGraph
from tests.service.answers import API, get

APP = "rduow63"
NOT_FOUND = "missing-library"

PLANNED = [
    # What is put in, whether the splice is transitive, and what the dynamic loader said when the
    # splice that Spack had installed was started, as the README of the store has it.
    ("/cwna5og", False, None),
    ("fmpi-c", False, (NOT_FOUND, "libxmpi.so.1")),
    ("libfoo@1.1", True, None),
    ("libfoo@1.2", True, ("undefined-symbol", "foo_mul@FOO_1")),
    # It starts and computes wrong numbers: a struct grew, which no symbol shows.
    ("libfoo@1.3", False, None),
    ("libfoo@1.4", True, ("missing-version", "FOO_1")),
    ("libfoo@2.0", True, (NOT_FOUND, "libfoo.so.1")),
]
INSTALLED = {"ezflhkt", "dv7fgjo", "5dkacqu", "53qonj3", "ekhqpr4"}
"""Splices of which all inputs are there; those of `zyvos4c` were overwritten."""


@pytest.fixture
def client(shared_graph: SharedGraph, corpus: Path) -> FlaskClient:
    database = hold_store(shared_graph, corpus)
    return create_app(database, {"TESTING": True}).test_client()


def judge(client: FlaskClient, target: str, replacement: str, transitive: bool) -> dict[str, Any]:
    body = {"target": target, "replacement": replacement, "transitive": transitive}
    answer = client.post(f"{API}/splices/plan?abi=true", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json()["abi"])


def broken_by_splice(verdict: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["kind"], each["what"]) for each in verdict["findings"] if each["by_splice"]}


@pytest.mark.parametrize(("replacement", "transitive", "said"), PLANNED)
def test_a_planned_splice_is_judged_as_the_loader_judged_the_real_one(
    client: FlaskClient, replacement: str, transitive: bool, said: tuple[str, str] | None
) -> None:
    verdict = judge(client, f"/{APP}", replacement, transitive)
    assert verdict["verdict"] == ("broken" if said else "loads")
    assert verdict["unknown"] == []
    assert said in broken_by_splice(verdict) if said else not verdict["findings"]
    assert "Types were not compared" in verdict["note"]


def test_a_plan_has_the_verdict_of_the_splice_that_was_installed(client: FlaskClient) -> None:
    for hash_ in INSTALLED:
        installed = get(client, f"/specs/{hash_}/abi")
        plan = get(client, f"/specs/{hash_}/plan")["plan"]
        planned = judge(
            client, plan["target"]["hash"], plan["replacement"]["hash"], plan["transitive"]
        )
        assert planned["verdict"] == installed["verdict"], hash_
        assert broken_by_splice(installed) <= broken_by_splice(planned), hash_
        assert planned["coverage"] == installed["coverage"], hash_


def test_plans_that_start_come_first(client: FlaskClient) -> None:
    question = {"q": f"/{APP}", "with": ["libfoo", "fmpi-b", "fmpi-c"], "limit": 100}
    answer = client.post(f"{API}/splices/plans?abi=true", json=question)
    items = answer.get_json()["items"]
    ranks = [
        (["loads", "unknown", "broken"].index(each["verdict"]), each["counts"]["relinked"])
        for each in items
    ]
    assert ranks == sorted(ranks)
    assert {each["verdict"] for each in items} == {"loads", "broken"}
    for each in items:
        alone = judge(client, each["target"]["hash"], each["replacement"]["hash"], transitive=True)
        assert each["verdict"] == alone["verdict"]


@pytest.mark.parametrize(
    ("installed", "replacement", "transitive"),
    [
        ("dv7fgjo", "/cwna5og", True),
        ("ezflhkt", "/cwna5og", False),
        ("53qonj3", "libfoo@1.3", False),
        ("ekhqpr4", "libfoo@1.4", True),
    ],
)
def test_search_paths_are_those_that_spack_wrote(
    shared_graph: SharedGraph, corpus: Path, installed: str, replacement: str, transitive: bool
) -> None:
    """In 53qonj3, libmid still names the fmpi-a from before the splice: Spack left that path."""
    database = hold_store(shared_graph, corpus)
    question = PlanQuestion(f"/{APP}", replacement, transitive)
    plan = plan_stored_splice(database, question)
    _, planned = read_planned_files(database, plan)
    dag = find_dag(database, installed)
    stored = StoredFiles.read(database, Sides.of_dag(dag), None)
    named = {node.name: hash_of(node.hash) for node in dag.nodes.values() if node.is_spliced}
    renamed = {each["hash"]: named[each["name"]] for each in plan.nodes}
    paths = search_paths(planned, set(renamed))
    for planned_hash, stored_hash in renamed.items():
        paths = {
            place.replace(planned_hash, stored_hash): path.replace(planned_hash, stored_hash)
            for place, path in paths.items()
        }
    assert len(paths) > 1
    assert paths == search_paths(stored, set(renamed.values()))


def search_paths(files: StoredFiles, hashes: set[str]) -> dict[str, str]:
    return {
        f"{hash_of(uid)}/{path}": f"{facts.rpath}:{facts.runpath}"
        for uid, spec in files.specs.items()
        if hash_of(uid) in hashes
        for path, facts in spec.files.items()
    }
