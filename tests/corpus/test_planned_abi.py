"""Verdicts on planned splices, compared with those on the same splices as Spack installed them."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
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
