"""`site` and `environment`: answers compared with plain loops over what was loaded."""

import html
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.collections.lockfile import LockedEnvironment, LockedRoot
from loaders.document_kinds import Candidate
from loaders.evidence import Attempt, Installation, Source, SpecName, Status
from loaders.pipeline.loader import Loader, document_store
from loaders.store.attempts import store_attempts
from loaders.store.installations import StoreWriter, store_environment
from service.queries import planner
from spec_syntax import Side, parse_query
from tests.documents import SPECS, SPLICED
from tests.graph import SharedGraph
from tests.service.answers import get, hashes
from tests.service.queries.brute_force import World

SITES = ("alps", "jura")
QUESTIONS = (
    *("", "hdf5", "not hdf5", "built_with xz", "deployed_with zlib", "spliced_from lab-sim"),
    *("deployed_with any of (zlib, zlib-ng) not built_with perl", "target=x86_64_v3 %gcc"),
)


@dataclass
class Places:
    """What is where.

    Attributes:
        world: The documents.
        present: For each site the specs that are installed now or were built there.
        lockfiles: Site, name, digest and roots of each.
    """

    world: World
    present: dict[str, set[str]] = field(default_factory=dict)
    lockfiles: list[tuple[str, str, str, set[str]]] = field(default_factory=list)

    def locked(self, site: str | None, environment: str | None, *, every: bool) -> set[str]:
        found = set()
        for at, name, digest, roots in self.lockfiles:
            named = environment in (None, name)
            named |= len(environment or "") >= 6 and digest.startswith(environment or "")
            if named and site in (None, at):
                found |= roots
                for root in roots if every else ():
                    found |= set(self.world.side(root, Side.BUILT_WITH))
                    found |= set(self.world.side(root, Side.DEPLOYED_WITH))
        return found

    def expected(self, given: dict[str, str], text: str, *, every: bool) -> set[str]:
        site, environment = given.get("site"), given.get("environment")
        found = self.locked(site, environment, every=every)
        if site is not None and environment is None:
            found |= self.present.get(site, set())
        if not every:
            found &= set(self.world.roots)
        return {h for h in found if not text or self.world.holds(h, parse_query(text))}


def _load(database: Database) -> Places:
    world = World([*SPECS, *SPLICED])
    candidates = [Candidate(path, path.stat().st_size, named=True) for path in world.paths]
    Loader(document_store(database)).run(candidates)
    places = Places(world)
    draw = random.Random(11)
    nodes = sorted(world.nodes)
    names = {hash_: SpecName(hash_, world.nodes[hash_].name, None) for hash_ in nodes}
    for site in SITES:
        there, gone = draw.sample(nodes, 40), draw.sample(nodes, 20)
        for as_of, present in ((100.0, [*there, *gone]), (200.0, there)):
            store = StoreWriter(database, site=site, name="opt", as_of=as_of)
            store.write_installations(
                Installation(names[h], True, 1.0, None) for h in dict.fromkeys(present)
            )
            store.record_index_time()
        tried = draw.sample(nodes, 30)
        attempts = [
            Attempt(
                names[h], f"{site} {i}", (Status.SUCCEEDED, Status.FAILED)[i % 2], Source.FOLDER
            )
            for i, h in enumerate(tried)
        ]
        store_attempts(database, attempts, site=site, origin="test")
        places.present[site] = {*there, *tried[::2]}
        for name in ("tools", f"prod-{site}", "tools"):
            roots = draw.sample(world.roots, 6)
            locked = tuple(LockedRoot(h, world.nodes[h].name, None) for h in roots)
            lockfile = LockedEnvironment(name, 6, None, None, locked)
            store_environment(database, lockfile, site=site, name=name)
            places.lockfiles.append((site, name, lockfile.digest, set(roots)))
    return places


@pytest.fixture
def places(shared_graph: SharedGraph) -> Places:
    return shared_graph.hold("places", _load)


@pytest.fixture
def client(session_database: Database, places: Places, served_app: Flask) -> FlaskClient:
    return served_app.test_client()


def _given(places: Places) -> list[dict[str, str]]:
    digest = places.lockfiles[-1][2]
    return [
        *({"site": site} for site in SITES),
        *({"environment": name} for name in ("tools", "prod-alps", digest, digest[:6])),
        *({"site": site, "environment": "tools"} for site in SITES),
        *({"site": "alps", "environment": "prod-jura"}, {"environment": digest[:5]}),
        *({"site": "nowhere"}, {"environment": "nothing"}),
    ]


@pytest.mark.parametrize("few", [planner.FEW_ROOTS, -1], ids=["from sets", "from the index"])
def test_roots_at_a_place_are_those_of_plain_loops(
    client: FlaskClient, places: Places, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(planner, "FEW_ROOTS", few)
    answered = 0
    for given in _given(places):
        for text in QUESTIONS:
            expected = places.expected(given, text, every=False)
            page = get(client, "/specs", q=text, limit=1000, count="exact", **given)
            assert set(hashes(page)) == expected, (given, text)
            assert page["total"] == {"count": len(expected), "type": "EXACT"}
            answered += bool(expected)
    assert answered > 20


def test_all_specs_at_a_place_are_those_of_plain_loops(client: FlaskClient, places: Places) -> None:
    for given in _given(places):
        for text in QUESTIONS[:4]:
            expected = places.expected(given, text, every=True)
            page = get(client, "/specs", q=text, scope="all", limit=1000, **given)
            assert set(hashes(page)) == expected, (given, text)
            assert page["total"] == {"count": len(expected), "type": "EXACT"}


@pytest.mark.parametrize("scope", ["roots", "all"])
def test_an_impact_may_be_limited_to_a_place(
    client: FlaskClient, places: Places, scope: str
) -> None:
    sides = {"run": "deployed_with zlib", "build": "built_with zlib not deployed_with zlib"}
    for given in _given(places):
        found = get(client, "/impact", dependency="zlib", scope=scope, limit=1000, **given)
        expected = {
            when: places.expected(given, text, every=scope == "all") for when, text in sides.items()
        }
        times = {item["hash"]: item["when"] for item in found["items"]}
        assert times == {h: when for when, of_time in expected.items() for h in of_time}
        if scope == "roots":
            assert found["counts"] == {when: len(each) for when, each in expected.items()}


def test_facets_may_be_limited_to_a_place(client: FlaskClient, places: Places) -> None:
    for given in _given(places):
        expected = Counter(
            places.world.nodes[h].name for h in places.expected(given, "", every=False)
        )
        facet = get(client, "/facets", limit=1000, **given)["facets"]["package"]
        assert {each["value"]: each["count"] for each in facet["values"]} == expected


def test_a_page_about_an_unknown_place_lists_those_that_there_are(
    client: FlaskClient, places: Places
) -> None:
    for path in ("/?q=hdf5&", "/impact?dependency=xz&"):
        page = client.get(f"{path}site=nowhere").text
        assert "No site is named <code>nowhere</code>." in page
        for site in SITES:
            assert f"site={site}" in page
        page = client.get(f"{path}environment=nothing").text
        assert "No environment is named <code>nothing</code>." in page
        for name in ("tools", "prod-alps", "prod-jura"):
            assert f"environment={name}" in page
        assert "is named" not in client.get(f"{path}site=alps").text


def test_pages_keep_the_place_in_their_links(client: FlaskClient, places: Places) -> None:
    expected = places.expected({"site": "alps"}, "deployed_with zlib", every=False)
    assert expected
    page = client.get("/impact?dependency=zlib&when=run&site=alps").text
    assert f"<b>{len(expected)}</b>" in page
    assert "at site <code>alps</code>" in page
    assert "/?deployed_with=zlib&amp;site=alps" in page
    assert "when=build&amp;site=alps" in page
    assert "At site <code>alps</code>" in client.get("/?site=alps").text


def _identity(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["site"], item["name"], item["digest"]


@pytest.mark.parametrize("text", ["zlib", "lab-zx", "mpich@4", "%gcc", "hdf5 ^zlib", "nothing"])
def test_environments_that_hold_a_spec_are_those_of_plain_loops(
    client: FlaskClient, places: Places, text: str
) -> None:
    expected: dict[tuple[str, str, str], set[str]] = {}
    for site, name, digest, _ in places.lockfiles:
        held = places.locked(site, digest, every=True)
        found = {h for h in held if places.world.holds(h, parse_query(text))}
        if found:
            expected[site, name, digest] = found
    items = get(client, "/environments", **{"with": text})["items"]
    assert {_identity(each) for each in items} == expected.keys()
    for each in items:
        held = {spec["hash"] for spec in each["holds"]}
        assert held <= expected[_identity(each)]
        assert len(held) == min(20, len(expected[_identity(each)]))
    page = client.get("/environments", query_string={"with": text})
    assert page.status_code == 200
    assert page.text.count('<section class="site-of">') == len(expected)


@pytest.mark.parametrize("given", [{}, {"environment": "tools"}, {"site": "jura"}])
def test_what_to_keep_is_all_that_environments_lock(
    client: FlaskClient, places: Places, given: dict[str, str]
) -> None:
    expected = places.locked(given.get("site"), given.get("environment"), every=True)
    found, cursor = [], None
    while True:
        page = get(
            client, "/mirrors/keep", limit="100", **given, **({"cursor": cursor} if cursor else {})
        )
        found += [each["hash"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == sorted(expected)
    assert page["total"] == {"count": len(expected), "type": "EXACT"}


def test_nothing_to_keep_is_an_error(client: FlaskClient) -> None:
    answer = client.get("/api/v1/mirrors/keep", query_string={"environment": "nothing"})
    assert answer.status_code == 404
    assert "no locked environment is called 'nothing'" in answer.text


def _below(places: Places, roots: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = [places.world.nodes[root] for root in roots]
    while waiting:
        node = waiting.pop()
        # Documents of Spack 0.17 name their nodes by another one of their hashes.
        hash_ = next(h for h in (node.hash, *node.other_hashes) if h in places.world.nodes)
        if hash_ not in found:
            found.add(hash_)
            waiting += [edge.node for edge in node.dependencies]
    return found


def test_environments_differ_in_what_is_below_their_roots(
    client: FlaskClient, places: Places
) -> None:
    one, other = [each for each in places.lockfiles if each[0] == "alps"][:2]
    given = {"a": one[2], "b": other[2], "site": "alps"}
    answer = get(client, "/diff/environments", **given)
    assert [answer[side]["digest"] for side in "ab"] == [one[2], other[2]]
    a, b = (_below(places, each[3]) for each in (one, other))
    for side, expected in (("a", a - b), ("b", b - a)):
        assert {s["hash"] for e in answer["entries"] for s in e[side]} == expected
    assert answer["same"] == len(a & b)
    changed = {
        (r["abstract"], (r["a"] or {}).get("hash"), (r["b"] or {}).get("hash"))
        for r in answer["roots"]
    }
    assert changed
    assert {root for _, root, _ in changed if root} <= one[3]
    assert {root for _, _, root in changed if root} <= other[3]
    page = client.get("/environments/diff", query_string=given)
    assert page.status_code == 200
    assert page.text.count('<tr><th scope="row">') == len(answer["roots"]) + len(answer["entries"])


def test_one_name_compares_its_last_two_states(client: FlaskClient, places: Places) -> None:
    answer = get(client, "/diff/environments", a="tools", site="alps")
    digests = {
        digest for site, name, digest, _ in places.lockfiles if (site, name) == ("alps", "tools")
    }
    assert {answer[side]["digest"] for side in "ab"} == digests
    assert answer["a"]["load"] <= answer["b"]["load"]


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"a": "prod-alps"}, 400, "only one state of prod-alps at alps is loaded"),
        ({"a": "nothing"}, 404, "no locked environment has the name or the digest 'nothing'"),
        ({"a": "tools", "b": "prod-alps", "site": "jura"}, 404, "no locked environment at jura"),
    ],
)
def test_environments_that_cannot_be_compared_are_named(
    client: FlaskClient, given: dict[str, str], status: int, words: str
) -> None:
    for path in ("/api/v1/diff/environments", "/environments/diff"):
        answer = client.get(path, query_string=given)
        assert answer.status_code == status
        assert words in html.unescape(answer.text)
