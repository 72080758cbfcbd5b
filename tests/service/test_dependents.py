"""`dependents`: the specs that depend on one, by edges of some types, and of many the first."""

import itertools
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.queries import dependents as module
from spec_syntax import version_key
from tests.documents import SPECS, document, dumped, node
from tests.service.answers import API, get, hashes, problem, upload
from tests.service.reading import Reading

LAB = [path for path in SPECS if path.name.startswith("lab-")]
TYPES = ["build", "link", "run", "build,link", "link,run", "test", "build,link,run,test"]


def _above(readings: list[Reading], target: str, deptypes: set[str]) -> set[str]:
    """All nodes from which edges of these types lead to the target."""
    arrows = {arrow for reading in readings for arrow in reading.arrows}
    found = [target]
    for hash_ in found:
        above = {a.source for a in arrows if a.target == hash_ and a.deptypes & deptypes}
        found += sorted(above - set(found))
    return set(found) - {target}


def _all(client: FlaskClient, place: str, limit: int, **parameters: Any) -> list[dict[str, Any]]:
    """The items of all pages, which say how many they are."""
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(client, place, limit=limit, cursor=cursor, **parameters)
        items += page["items"]
        cursor = page["next"]
    most = module.MOST_COUNTED
    exact = {"count": len(items), "type": "EXACT"}
    assert page["total"] == exact if len(items) <= most else {"count": most, "type": "AT_LEAST"}
    keys = [(item["name"], version_key(item["version"]), item["hash"]) for item in items]
    assert keys == sorted(set(keys))
    return items


@pytest.mark.parametrize("most", [0, 1, 10_000])
@pytest.mark.parametrize("deptypes", TYPES)
def test_dependents_are_reached_by_edges_of_the_chosen_types(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, deptypes: str, most: int
) -> None:
    monkeypatch.setattr(module, "MOST_COUNTED", most)
    readings = [Reading(path) for path in LAB]
    upload(client, *(path.read_bytes() for path in LAB))
    types = set(deptypes.split(","))
    arrows = {arrow for reading in readings for arrow in reading.arrows}
    for hash_ in sorted({arrow.target for arrow in arrows}):
        place = f"/specs/{hash_}/dependents"
        direct = {a.source: a.deptypes for a in arrows if a.target == hash_ and a.deptypes & types}
        items = _all(client, place, 3, deptypes=deptypes)
        assert {item["hash"]: frozenset(item["deptypes"]) for item in items} == direct
        items = _all(client, place, 3, deptypes=deptypes, transitive="true")
        assert set(hashes({"items": items})) == _above(readings, hash_, types)


@pytest.mark.parametrize("window", [1, 2, 5, 5000])
@pytest.mark.parametrize("question", [{}, {"transitive": "true"}, {"deptypes": "build"}])
def test_the_first_of_many_are_the_same_however_they_are_found(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, window: int, question: dict[str, str]
) -> None:
    zlib = node("zlib")
    readings = []
    for name, version, kind in itertools.product("cab", ("9", "10"), ("build", "link")):
        readings.append(node(name, version, [(zlib, [kind])]))
    upload(client, *(dumped(document(each, zlib)) for each in readings))
    upload(client, *(dumped(document(node(f"a{number}"))) for number in range(4)))
    place = f"/specs/{zlib['hash']}/dependents"
    expected = _all(client, place, 1000, **question)
    monkeypatch.setattr(module, "MOST_COUNTED", 3)
    monkeypatch.setattr(module, "_WINDOW", window)
    monkeypatch.setattr(module, "_WINDOW_TIMES", window)
    for limit, roots_only in itertools.product((1, 2, 5, 50), ("true", "false")):
        assert _all(client, place, limit, roots_only=roots_only, **question) == expected


def test_runtime_is_short_for_link_and_run(client: FlaskClient) -> None:
    zlib = node("zlib")
    apps = {kind: node(kind, "1.0", [(zlib, [kind])]) for kind in ("build", "link", "run", "test")}
    upload(client, *(dumped(document(app, zlib)) for app in apps.values()))
    place = f"/specs/{zlib['hash']}/dependents"
    for transitive in ("true", "false"):
        for question in ({"runtime": "true"}, {"runtime": "true", "deptypes": "run,link"}):
            page = get(client, place, transitive=transitive, **question)
            assert [item["name"] for item in page["items"]] == ["link", "run"]
    page = get(client, place, runtime="false", deptypes="test,link")
    assert [item["name"] for item in page["items"]] == ["test"]


@pytest.mark.parametrize(
    "question",
    [
        {"runtime": "true", "deptypes": "link"},
        {"runtime": "false", "transitive": "true"},
        {"deptypes": "linked"},
        {"deptypes": ""},
    ],
)
def test_an_invalid_question_is_refused(client: FlaskClient, question: dict[str, str]) -> None:
    zlib = node("zlib")
    upload(client, dumped(document(zlib)))
    response = client.get(f"{API}/specs/{zlib['hash']}/dependents", query_string=question)
    assert problem(response)["status"] == 400
