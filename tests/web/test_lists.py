"""Pages of lists: build caches, tests, files, conflicts, trends, feeds, badges; the menu."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from service.cli.failures import _cell
from service.queries.activity import WEEK, WeekOfBuilds, count_builds_by_week, newest_build_time
from service.web.trends import bars_of
from tests.graph import SharedGraph
from tests.loading import load
from tests.service.answers import get
from tests.web.conftest import PROJECT, STORE, serve
from tests.web.reading import html_of, links_in, queries_in, rows_of, text_in
from tests.web.watching import SCHEMES, axe_violations, sideways
from tools.pictures import EVERY

DATA = PROJECT / "tests" / "data"
ATOM = "{http://www.w3.org/2005/Atom}"
PAGES = {
    "/api/v1/audit": "/audit",
    "/api/v1/builds": "/builds",
    "/api/v1/builds/{uid}": "/build/{uid}",
    "/api/v1/builds/{uid}/log": "/build/{uid}/log",
    "/api/v1/common": "/common",
    "/api/v1/concretizations": "/concretizations",
    "/api/v1/conflicts": "/conflicts",
    "/api/v1/diagnostics": "/diagnostics",
    "/api/v1/diagnostics/{fingerprint}": "/diagnostic/{fingerprint}",
    "/api/v1/diff": "/diff",
    "/api/v1/diff/abi": "/libraries/diff",
    "/api/v1/environments": "/environments",
    "/api/v1/diff/environments": "/environments/diff",
    "/api/v1/facets": "/facets",
    "/api/v1/impact": "/impact",
    "/api/v1/installations": "/installations",
    "/api/v1/libraries": "/libraries",
    "/api/v1/matrix": "/matrix",
    "/api/v1/mirrors": "/mirrors",
    "/api/v1/nearest": "/nearest",
    "/api/v1/owners": "/owners",
    "/api/v1/regression": "/regression",
    "/api/v1/sites": "/sites",
    "/api/v1/specs": "/",
    "/api/v1/specs/{hash}": "/spec/{hash}",
    "/api/v1/specs/{hash}/dependents": "/spec/{hash}/dependents",
    "/api/v1/specs/{hash}/files": "/spec/{hash}/files",
    "/api/v1/specs/{hash}/needs": "/spec/{hash}",
    "/api/v1/specs/{hash}/graph": "/spec/{hash}/dag",
    "/api/v1/specs/{hash}/plan": "/plan",
    "/api/v1/specs/{hash}/abi": "/spec/{hash}/abi",
    "/api/v1/specs/{hash}/splice": "/spec/{hash}/splice",
    "/api/v1/specs/{hash}/variations": "/spec/{hash}/variations",
    "/api/v1/specs/{hash}/why": "/spec/{hash}/why",
    "/api/v1/symbols": "/symbols",
    "/api/v1/tests": "/tests",
}
"""The page that shows the same as a resource."""
WITHOUT_PAGE = {
    "/api/v1/abi/proposals": "lines for a recipe, which a command writes",
    "/api/v1/complete": "the boxes of all pages ask it",
    "/api/v1/healthz": "for probes",
    "/api/v1/mirrors/keep": "a list for `spack buildcache prune`, which a command writes",
    "/api/v1/readyz": "for probes",
    "/api/v1/resolve": "addresses of pages take a spec as well",
    "/api/v1/specs/{hash}/spec.json": "a document, which the page of the spec links to",
}
LISTS = (
    *("/mirrors", "/tests", "/owners", "/conflicts", "/concretizations", "/common", "/trends"),
    "/installations",
)


def fill(database: Database) -> None:
    """Load a store with builds and files, a build cache, and reports of tests."""
    folders = [STORE, DATA / "collections", DATA / "reports"]
    load(database, folders, LoadOptions(site="testing"))


@pytest.fixture
def held(shared_graph: SharedGraph) -> Database:
    """Return the database with a store and collections, for tests that only read."""
    shared_graph.hold("store and collections", fill)
    return shared_graph.database


@pytest.fixture
def address(held: Database, served_app: Flask) -> Iterator[str]:
    """Serve that database and yield the address."""
    yield from serve(served_app)


@pytest.fixture
def lists(held: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


@pytest.fixture
def empty(database: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def test_every_resource_has_a_page(lists: FlaskClient) -> None:
    paths = lists.get("/openapi.json").get_json()["paths"]
    resources = {path for path, methods in paths.items() if "get" in methods}
    assert resources - WITHOUT_PAGE.keys() == PAGES.keys()
    rules = {
        re.sub(r"<(?:\w+:)?(\w+?)_?>", r"{\1}", rule.rule)
        for rule in lists.application.url_map.iter_rules()
    }
    assert set(PAGES.values()) <= rules


def test_pictures_are_taken_of_every_page() -> None:
    taken = {each.partition("?")[0] for each in EVERY}
    assert {page for page in PAGES.values() if "{" not in page} | {"/trends", "/manual"} <= taken
    of_a_spec = {re.sub("{.*?}", "{hash}", each) for each in taken}
    assert {page for page in PAGES.values() if page.startswith("/spec/")} <= of_a_spec


def test_every_task_is_in_the_navigation(lists: FlaskClient) -> None:
    links = set(links_in(html_of(lists, "/builds")).values())
    tasks = {page for page in PAGES.values() if "{" not in page} | {"/trends", "/manual", "/docs"}
    assert tasks <= links


@pytest.mark.parametrize("path", LISTS)
def test_a_list_links_to_itself_as_json(lists: FlaskClient, path: str) -> None:
    asked = {"/owners": "?path=bin"}.get(path, "")
    html = html_of(lists, path + asked)
    twins = [href for href in links_in(html).values() if href.startswith("/api/v1/")]
    if path in ("/trends", "/common"):
        assert twins == []
        return
    (twin,) = twins
    assert lists.get(twin).status_code == 200


def test_the_empty_lists_have_commands_for_this_service(empty: FlaskClient) -> None:
    for path in LISTS:
        text = text_in(html_of(empty, path))
        if path == "/common":
            assert "How to load specs" in text
        elif path == "/owners":
            assert "No recorded file" in text_in(html_of(empty, "/owners?path=x"))
        else:
            assert re.search(r"specgraph (load|doctor)|--monitor-host http://localhost", text), path


def test_build_caches_and_their_offers(lists: FlaskClient) -> None:
    caches = get(lists, "/mirrors")["items"]
    rows = rows_of(html_of(lists, "/mirrors"), "mirrors")
    assert rows == [[each["name"], str(each["specs"])] for each in caches]
    assert rows
    offers = next(
        each["hash"]
        for each in get(lists, "/specs", scope="all", limit=1000)["items"]
        if get(lists, "/mirrors", offers=each["hash"])["items"]
    )
    html = html_of(lists, f"/mirrors?offers=/{offers}")
    (first, *_) = get(lists, "/mirrors", offers=offers)["items"]
    (row, *_) = rows_of(html, "mirrors")
    assert row[0] == first["name"]
    assert row[-1] == first["offer"]["checksum"]
    assert "no spec matches" in text_in(html_of(lists, "/mirrors?offers=no-such-package", 400))


def test_test_runs(lists: FlaskClient) -> None:
    runs = get(lists, "/tests")["items"]
    rows = rows_of(html_of(lists, "/tests"), "tests")
    assert len(rows) == len(runs) > 0
    assert {row[1] for row in rows} == {each["status"] for each in runs}
    assert "Nothing matches" in text_in(html_of(lists, "/tests?site=nowhere"))


def test_the_owners_of_a_file_and_the_files_of_an_owner(lists: FlaskClient) -> None:
    (first, *_) = get(lists, "/owners", path="bin")["items"]
    rows = rows_of(html_of(lists, "/owners?path=bin"), "owners")
    named = f"{first['spec']}@{first['version']}/{first['hash'][:7]}"
    assert rows[0][0].replace(" ", "").startswith(named)
    files = get(lists, f"/specs/{first['hash']}/files")["items"]
    shown = rows_of(html_of(lists, f"/spec/{first['hash']}/files"), "files")
    assert [row[0].split()[0] for row in shown] == [each["path"] for each in files]
    assert "No recorded file" in text_in(html_of(lists, "/owners?path=no-such-file"))


def test_conflicts(client: FlaskClient) -> None:
    answer = get(client, "/conflicts", limit=2)
    html = html_of(client, "/conflicts?limit=2")
    rows = rows_of(html, "conflicts")
    assert [row[-1] for row in rows] == [each["digest"][:16] for each in answer["items"]]
    assert len(rows) == 2
    second = rows_of(html_of(client, links_in(html)["Next page"]), "conflicts")
    assert not {row[-1] for row in rows} & {row[-1] for row in second}


def test_what_specs_share(client: FlaskClient) -> None:
    hashes = ["lx3p57l", "hbtaopj"]
    answer = get(client, "/common", hashes=",".join(hashes))
    for separator in (",", "%0D%0A"):
        html = html_of(client, f"/common?hashes={separator.join(hashes)}")
        rows = rows_of(html, "common")
        assert [row[0].split()[0] for row in rows] == [each["name"] for each in answer["items"]]
    assert "2 to 50" in text_in(html_of(client, "/common?hashes=lx3p57l", 400))
    text = text_in(html_of(client, "/common?hashes=hdf5%0D%0Alx3p57l"))
    assert "hdf5 matches several specs" in text
    assert "no spec matches" in text_in(
        html_of(client, "/common?hashes=no-such-package%0D%0Alx3p57l", 400)
    )


def test_builds_by_week(lists: FlaskClient, held: Database) -> None:
    counts = {each["status"] for each in get(lists, "/builds", limit=1000)["items"]}
    assert {"succeeded", "failed"} <= counts
    dated = [each for each in get(lists, "/builds", limit=1000)["items"] if each["started"]]
    newest = newest_build_time(held)
    assert newest is not None
    assert newest == max(each["started"] for each in dated)
    weeks = count_builds_by_week(held, newest, 60)
    assert weeks[-1].start <= newest < weeks[-1].start + WEEK
    for week in weeks:
        inside = [e for e in dated if week.start <= e["started"] < week.start + WEEK]
        assert week.total == len(inside)
        assert week.failed == sum(each["status"] == "failed" for each in inside)
    assert count_builds_by_week(held, newest, 1, "nowhere")[0].total == 0
    rows = rows_of(html_of(lists, "/trends?weeks=60"), "weeks")
    assert [int(row[1]) for row in rows] == [week.total for week in reversed(weeks)]
    assert "is recorded at nowhere" in text_in(html_of(lists, "/trends?site=nowhere"))


def test_the_longest_bar_is_the_week_with_most_builds() -> None:
    (one, two) = bars_of([WeekOfBuilds(4 * 86_400, 1, 1), WeekOfBuilds(11 * 86_400, 2, 1, 1)])
    assert (one.first, one.after, two.first) == ("1970-01-05", "1970-01-12", "1970-01-12")
    assert (one.heights, two.heights) == ((30, 30, 0), (60, 30, 30))


def test_the_first_page_shows_the_last_seven_days(client: FlaskClient) -> None:
    html = html_of(client, "/")
    text = text_in(html)
    size = get(client, "/specs", count="exact", limit=1)["total"]["count"]
    assert f"{size} roots loaded" in text
    assert re.search(r"\d+ splices Feed|\d+ splices [a-z]", text)
    assert links_in(html)["Feed of failures"] == "/feeds/failures.atom"


def entries_of(client: FlaskClient, address: str) -> tuple[ET.Element, list[ET.Element]]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    feed = ET.fromstring(answer.data)
    for each in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert each.findtext(f"{ATOM}{name}")
    return feed, feed.findall(f"{ATOM}entry")


def test_failures_have_a_feed(lists: FlaskClient) -> None:
    failed = get(lists, "/builds", status="failed")["items"]
    feed, entries = entries_of(lists, "/feeds/failures.atom")
    assert len(entries) == len(failed) > 0
    links = [each.find(f"{ATOM}link") for each in entries]
    assert [each.get("href") for each in links if each is not None] == [
        f"http://localhost/build/{each['uid']}" for each in failed
    ]
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Specgraph"
    one, few = entries_of(lists, f"/feeds/failures.atom?q={failed[0]['name']}")
    assert 0 < len(few) < len(entries)
    assert one.findtext(f"{ATOM}id") != feed.findtext(f"{ATOM}id")
    assert lists.get("/feeds/failures.atom?q=hdf5@@").status_code == 400


def test_new_splices_have_a_feed(client: FlaskClient) -> None:
    _, entries = entries_of(client, "/feeds/splices.atom")
    assert len(entries) == 50
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    address = str(link.get("href")).removeprefix("http://localhost")
    assert "relinked" in text_in(html_of(client, address))


def test_an_empty_feed_is_a_feed(empty: FlaskClient) -> None:
    assert entries_of(empty, "/feeds/failures.atom")[1] == []
    assert entries_of(empty, "/feeds/splices.atom")[1] == []


def test_a_badge_has_the_status_of_the_newest_build(lists: FlaskClient) -> None:
    (failed, *_) = get(lists, "/builds", status="failed")["items"]

    def texts(query: str) -> list[str]:
        answer = lists.get("/badge.svg", query_string={"q": query})
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
        assert answer.headers["Cache-Control"] == "no-cache"
        root = ET.fromstring(answer.data)
        return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]

    newest = get(lists, "/builds", q=failed["name"], status="succeeded,failed")["items"][0]
    assert texts(failed["name"]) == [failed["name"], newest["status"]]
    assert texts("nonesuch") == ["nonesuch", "no builds"]
    assert lists.get("/badge.svg?q=hdf5@@").status_code == 400


@pytest.mark.parametrize(
    "path", ["/environments", "/installations", "/mirrors", "/sites", "/tests"]
)
def test_the_query_of_a_list_draws_it(lists: FlaskClient, held: Database, path: str) -> None:
    (query,), _ = queries_in(html_of(lists, path))
    with held.driver.session() as session:
        drawn = session.run(query).graph()
    assert len(drawn.nodes) > 0
    assert len(drawn.relationships) > 0


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_lists_are_accessible_and_fit(address: str, page: Page, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    for path in (*LISTS, "/owners?path=bin"):
        page.goto(f"{address}{path}")
        assert axe_violations(page) == [], path
        assert sideways(page) == 0, path


@pytest.mark.parametrize("width", [1280, 390])
def test_the_menu_opens_and_closes_by_keyboard(site: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{site}/trends")
    menu = page.locator("details.menu summary")
    assert menu.inner_text().strip() == "Trends"
    menu.press("Enter")
    expect(page.get_by_role("link", name="Build caches")).to_be_visible()
    assert axe_violations(page) == []
    assert sideways(page) == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Build caches")).to_be_hidden()
    expect(menu).to_be_focused()


@pytest.mark.parametrize("by", ["compiler", "version", "site"])
def test_cells_of_the_matrix_are_the_same_in_pages_and_commands(
    lists: FlaskClient, by: str
) -> None:
    html = html_of(lists, f"/matrix?by={by}")
    columns = [text_in(each) for each in re.findall(r'<th scope="col">(.*?)</th>', html)]
    shown: dict[tuple[str, str], str] = {}
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", html, re.S):
        package, _, *cells = (text_in(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S))
        shown |= {(package, column): cell for column, cell in zip(columns, cells, strict=True)}
    found = get(lists, "/matrix", by=by)["cells"]
    assert found
    assert {key for key, cell in shown.items() if "not tried" not in cell} == {
        (each["package"], each["value"]) for each in found
    }
    signs = {"✓": "succeeded", "✗": "failed"}
    for each in found:
        numbers, _, sign = str(_cell(each)).partition(" ")
        said = shown[each["package"], each["value"]]
        assert said.startswith(numbers)
        if sign in signs:
            assert said == f"{numbers} succeeded, the last one {signs[sign]}"


def test_facets_are_shown_and_lead_on(lists: FlaskClient) -> None:
    facets = get(lists, "/facets", virtuals="mpi,lab-mpi")["facets"]
    text = text_in(html_of(lists, "/facets?virtuals=mpi,lab-mpi"))
    for name, facet in facets.items():
        for each in facet["values"]:
            assert f"{each['value']} {each['count']}" in text, name
    package = facets["package"]["values"][0]["value"]
    way = links_in(html_of(lists, "/facets"))[package]
    narrowed = text_in(html_of(lists, way))
    assert f"package Value Roots {package}" in narrowed
    assert "No root matches" in text_in(html_of(lists, "/facets?q=lab-zx@99"))


def test_the_audit_is_a_page(database: Database) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    body = (DATA / "collections" / "can-splice-1.1.0.json").read_bytes()
    assert client.post("/api/v1/documents?site=lab", data=body).status_code == 201
    (entry,) = get(client, "/audit")["items"]
    text = text_in(html_of(client, "/audit"))
    assert f"POST {entry['path']}" in text
    assert entry["digest"][:12] in text
    assert entry["digest"] in html_of(client, f"/audit?digest={entry['digest']}")
    assert "No entry matches" in text_in(html_of(client, "/audit?name=nobody"))
    html_of(client, "/audit?digest=x", 400)


OWN_HASH = re.compile(r"/[a-z2-7]{7,32}\b")


def test_rows_of_tests_never_read_the_same(lists: FlaskClient) -> None:
    rows = ["|".join(row) for row in rows_of(html_of(lists, "/tests"), "tests")]
    assert len(rows) > 1
    assert len({OWN_HASH.sub("", row, 1) for row in rows}) == len(rows)


def test_roots_of_environments_and_states_of_one_never_read_the_same(lists: FlaskClient) -> None:
    items = get(lists, "/environments")["items"]
    names = {(each["name"], each["site"], each["loaded"], each["uid"][:12]) for each in items}
    assert len(names) == len(items)
    assert all(each["loaded"] for each in items)
    roots = {root["hash"]: root for each in items for root in each["roots"]}
    read = {(root["name"], root["version"], str(root["facts"])) for root in roots.values()}
    assert len(read) == len(roots) > 1
    html = html_of(lists, "/environments")
    assert all(each["uid"][:12] in html for each in items)
    for choice, has_compiler in (("none", False), ("all", True)):
        listed = get(lists, "/environments", facts=choice)["items"]
        facts = [root["facts"] for each in listed for root in each["roots"]]
        assert {"compiler" in each for each in facts} == {has_compiler}
