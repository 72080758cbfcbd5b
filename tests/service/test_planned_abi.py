"""Verdicts on planned splices, by the files of a sample with splices that were really installed."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.graph import SharedGraph
from tests.service.answers import API, get, problem
from tests.service.test_abi import MISSING, load_sample
from tests.web.reading import links_in, picture_in, rows_of, text_in

STARTS, BROKEN = "uun46hb", "nckk5fb"


@pytest.fixture
def client(shared_graph: SharedGraph, shared_app: Flask) -> FlaskClient:
    """Return a client of a service with the sample, and one document without files."""
    shared_graph.hold("lab-c with its libraries", load_sample)
    return shared_app.test_client()


def ask(client: FlaskClient, options: str = "abi=true", **body: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/splices/plan?{options}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def plan_of(client: FlaskClient, hash_: str) -> dict[str, Any]:
    plan = get(client, f"/specs/{hash_}/plan")["plan"]
    return {
        "target": plan["target"]["hash"],
        "replacement": plan["replacement"]["hash"],
        "transitive": plan["transitive"],
    }


@pytest.mark.parametrize("hash_", [STARTS, BROKEN])
def test_a_plan_has_the_verdict_of_the_installed_splice(client: FlaskClient, hash_: str) -> None:
    installed = get(client, f"/specs/{hash_}/abi")
    planned = ask(client, **plan_of(client, hash_))["abi"]
    for part in ("verdict", "level", "unknown", "coverage"):
        assert planned[part] == installed[part]
    names = [sorted(spec["name"] for spec in each["runs_with"]) for each in (planned, installed)]
    assert names[0] == names[1]

    def plain(findings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [
            (
                each["kind"],
                each["what"],
                each["by_splice"],
                each["needed_by"]["name"],
                each["needed_by"]["path"],
                each["provided_before_by"],
            )
            for each in findings
        ]

    assert plain(planned["findings"]) == plain(installed["findings"])


def test_a_splice_that_nobody_installed_has_a_verdict(client: FlaskClient) -> None:
    target = plan_of(client, BROKEN)["target"]
    plan = ask(client, target=target, replacement="fmpi-c", transitive=False)
    abi = plan["abi"]
    assert abi["root"]["hash"] == plan["hash"]
    assert abi["verdict"] == "broken"
    (finding,) = [each for each in abi["findings"] if each["needed_by"]["name"] == "heat"]
    assert (finding["kind"], finding["what"]) == ("missing-library", MISSING)
    assert finding["needed_by"]["hash"] == plan["hash"]
    assert "that Spack would write" in abi["note"]


def test_a_plan_is_judged_only_if_that_is_asked(client: FlaskClient) -> None:
    question = plan_of(client, STARTS)
    assert ask(client, "", **question)["abi"] is None
    assert ask(client, "abi=false", **question)["abi"] is None
    unknown = client.post(f"{API}/splices/plan?abi=true&site=nowhere", json=question)
    assert "nowhere" in problem(unknown)["detail"]
    refused = client.post(f"{API}/splices/plan?abi=perhaps", json=question)
    assert problem(refused)["status"] == 422


def test_plans_that_would_start_come_first(client: FlaskClient) -> None:
    question = {"q": "heat", "with": ["fmpi-c", "fmpi-b"], "limit": 100}
    answer = client.post(f"{API}/splices/plans?abi=true", json=question).get_json()
    verdicts = [each["verdict"] for each in answer["items"]]
    assert verdicts == sorted(verdicts, key=["loads", "unknown", "broken"].index)
    assert {"loads", "broken"} <= set(verdicts)
    plain = client.post(f"{API}/splices/plans", json=question).get_json()
    assert {each["verdict"] for each in plain["items"]} == {None}
    assert {each["hash"] for each in plain["items"]} == {each["hash"] for each in answer["items"]}


def page_of(client: FlaskClient, hash_: str) -> str:
    plan = plan_of(client, hash_)
    kind = "yes" if plan["transitive"] else "no"
    query = f"target={plan['target']}&replacement={plan['replacement']}&transitive={kind}"
    return str(client.get(f"/plan?{query}").text)


def test_the_page_of_a_plan_says_why_it_would_not_start(client: FlaskClient) -> None:
    broken = page_of(client, BROKEN)
    assert "It would not start" in broken
    assert f"<code>{MISSING}</code>" in broken
    labels = [each["label"] for each in picture_in(broken)["edges"] if each["role"] == "broken"]
    assert labels == [f"no {MISSING}"]
    starts = page_of(client, STARTS)
    assert "It would start" in starts
    assert "broken" not in [each["role"] for each in picture_in(starts)["edges"]]


def test_no_page_of_a_plan_leads_to_specs_that_are_not_stored(client: FlaskClient) -> None:
    for hash_ in (BROKEN, STARTS):
        html = page_of(client, hash_)
        places = {href for href in links_in(html).values() if href.startswith("/spec/")}
        assert places
        assert {client.get(each).status_code for each in places} == {200}


def test_the_page_of_many_plans_lists_those_that_would_start_first(client: FlaskClient) -> None:
    html = client.get("/plans?q=heat&with=fmpi-c&with=fmpi-b&limit=100").text
    verdicts = [row[3] for row in rows_of(html, "plans")]
    assert verdicts == sorted(verdicts, key=["loads", "unknown", "broken"].index)
    assert {"loads", "broken"} <= set(verdicts)
    states = {row[5] for row in rows_of(html, "plans")}
    assert states <= {"exists", "new"}
    assert "Builds reused" in text_in(html)
