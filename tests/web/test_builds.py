"""The pages of builds: lists, one with its first error, logs, the heat map, errors, sites."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from loaders.evidence import Attempt, Finding, Log, Phase, Source, SpecName, Status, Variable
from loaders.load_options import LoadOptions
from loaders.store.attempts import store_attempts
from service.app import create_app
from tests.documents import document, dumped, node
from tests.graph import SharedGraph
from tests.loading import load
from tests.service.answers import get, upload
from tests.web.conftest import STORE, serve
from tests.web.watching import SCHEMES, axe_violations, sideways

GCC = node("gcc", "12.2.0")
CLANG = node("llvm", "17.0.6")
LINES = 3_000
FIRST = 1_500
"""Lines of a long log, and the one of its first error."""
TEXT = "sim.c:40:7: error: no member named 'mass'"
FAILED_TEST = "FAIL: ft_test: 1 of 2 tests failed"


def failed(spec: SpecName, key: str, started: float, file: str = "sim.c") -> Attempt:
    text = TEXT.replace("sim.c", file)
    lines = [f"cc -c part{number}.c" for number in range(1, LINES + 1)]
    lines[FIRST - 1], lines[FIRST + 199] = text, "other.c:1:1: warning: unused"
    log = Log("\n".join([f"log {key}", *lines[1:]]), LINES, 90_000)
    findings = (
        Finding("error", FIRST, text, "sim.c: error: no member named 'mass'", file, 40),
        Finding("warning", FIRST + 200, lines[FIRST + 199], "other.c: warning: unused"),
    )
    done = Phase("configure", 0, Status.SUCCEEDED, 10.0, Log("checking\n", 1, 9))
    phase = Phase("build", 1, Status.FAILED, 30.0, log, findings, 1, 1)
    return Attempt(
        spec, key, Status.FAILED, Source.FOLDER, "build", started, 40.0, "1.1.0",
        phases=(done, phase), variables=(Variable("CC", "/usr/bin/clang"),),
    )  # fmt: skip


def fill(database: Database, folder: Path) -> None:
    """Load failure markers, a turn from success to failure, and the same error elsewhere."""
    shutil.copytree(STORE, folder, dirs_exist_ok=True)
    (folder / ".spack-db").mkdir()
    (folder / "failures").rename(folder / ".spack-db" / "failures")
    load(database, [folder], LoadOptions(site="here"))
    client = create_app(database, {"TESTING": True}).test_client()
    specs = {}
    for key, compiler in (("gcc", GCC), ("llvm", CLANG)):
        root = node("sim", "2.0", [(compiler, ["build"], ["c"])])
        upload(client, dumped(document(root, compiler)))
        specs[key] = SpecName(str(root["hash"]), "sim", "2.0")
    before = Attempt(
        specs["gcc"], "1", Status.SUCCEEDED, Source.FOLDER, started=1000.0, seconds=7300.0,
        variables=(Variable("CC", "/usr/bin/gcc"),),
    )  # fmt: skip
    here = [before, failed(specs["llvm"], "2", 2000.0)]
    store_attempts(database, here, site="here", origin="test")
    store_attempts(database, [failed(specs["gcc"], "3", 900.0, "a.c")], site="there", origin="test")


@pytest.fixture
def tried(shared_graph: SharedGraph, tmp_path: Path) -> Database:
    """The database with these builds in it; tests that take this only read."""
    shared_graph.hold("builds of a store", lambda database: fill(database, tmp_path / "store"))
    return shared_graph.database


@pytest.fixture
def site(tried: Database, served_app: Flask) -> Iterator[str]:
    """The address of a service over these builds."""
    yield from serve(served_app)


@pytest.fixture
def client(tried: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def html(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == status, response.text
    assert response.mimetype == "text/html"
    return response.text


def words(page: str) -> str:
    """Return the text of a page's main part."""
    main = page.partition("<main")[2].partition('<details class="cypher"')[0]
    text = re.sub(r"<[^>]*>", " ", main).replace("&#39;", "'").replace("&middot;", "·")
    return " ".join(text.partition(">")[2].split())


def uid_of(client: FlaskClient, **filters: str) -> str:
    (item,) = get(client, "/builds", **filters)["items"]
    return str(item["uid"])


def the_long_one(client: FlaskClient) -> str:
    return uid_of(client, q="sim %llvm", status="failed")


def hash_of(client: FlaskClient) -> str:
    return str(get(client, f"/builds/{the_long_one(client)}")["hash"])[:7]


def test_builds_are_listed_with_their_first_errors(client: FlaskClient) -> None:
    page = html(client, "/builds")
    text = words(page)
    total = get(client, "/builds")["total"]["count"]
    assert f"{total} builds, newest first" in text
    assert text.index("lab-fail-test") < text.index("sim @2.0")
    assert f"failed in test lab-fail-test @1.0 /dyrbfqn {FAILED_TEST}" in text
    assert "skipped because lab-fail-build" in text
    facts = "compiler llvm@17.0.6 target x86_64_v3"
    assert f"failed in build sim @2.0 /{hash_of(client)} {facts} {TEXT}" in text
    escaped = TEXT.replace("'", "&#39;")
    assert f'href="/build/{the_long_one(client)}">{escaped}</a>' in page
    assert "1970-01-01 00:16 UTC took 2.0 h at here" in text


def test_filters_stay_in_the_form_and_in_the_counts(client: FlaskClient) -> None:
    page = html(client, "/builds?q=sim&status=failed&site=here&since=1970-01-01&until=1970-01-02")
    assert '<input id="q" name="q" type="search" value="sim" data-complete' in page
    assert "<option selected>failed</option>" in page
    assert 'type="date" value="1970-01-01"' in page
    text = words(page)
    assert "any status 1 succeeded 1 failed 1 build, newest first" in text
    assert (
        'href="/builds?q=sim&amp;status=succeeded&amp;site=here&amp;since=1970-01-01'
        '&amp;until=1970-01-02"'
    ) in page


def test_a_list_links_to_its_next_page(client: FlaskClient) -> None:
    seen: list[str] = []
    address: str | None = "/builds?limit=2"
    while address:
        page = html(client, address)
        seen += re.findall(r'<a class="spec" href="/build/([0-9a-f]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [item["uid"] for item in get(client, "/builds")["items"]]


def test_a_list_without_any_match_says_what_to_try(client: FlaskClient) -> None:
    for path in ("/builds?q=nobody-has-this", "/matrix?q=nobody-has-this", "/installations?q=x"):
        assert "Leave out" in words(html(client, path)), path
    assert "No error or warning matches" in words(html(client, "/diagnostics?text=nonsense"))


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/builds?q=hdf5@@", 400, "hdf5 @ @"),
        ("/builds?since=yesterday", 400, "since"),
        ("/build/zz", 400, "uid"),
        ("/build/0123abcd", 404, "no attempt"),
        ("/build/0123abcd/log", 404, "no attempt"),
        ("/diagnostic/0123abcd", 404, "no diagnostic"),
        ("/matrix?by=weather", 400, "by"),
        ("/matrix?order=luck", 400, "order"),
        ("/regression?q=%2Bshared", 400, "name one package"),
    ],
)
def test_a_bad_question_is_answered_with_a_page(
    client: FlaskClient, path: str, status: int, word: str
) -> None:
    assert word in words(html(client, path, status))


def test_a_failed_build_starts_with_its_first_error(client: FlaskClient) -> None:
    uid = uid_of(client, status="failed", phase="test")
    page = html(client, f"/build/{uid[:7]}")
    text = words(page)
    places = ["First error", FAILED_TEST, "in phase test , line 9 of its log",
              "No other build hit this error", "Phases", "Log of test", "Errors and warnings",
              "environment variables", "files kept"]  # fmt: skip
    assert [text.index(place) for place in places] == sorted(text.index(p) for p in places)
    assert 'href="#L9">Show it in the log</a>' in page
    assert '<tr id="L9" class="error first">' in page
    assert "autoreconf succeeded" in text
    assert f"9 first error {FAILED_TEST}" in text
    assert 'href="/regression?q=lab-fail-test&amp;site=here"' in page
    assert "archived" in text
    assert "sha-256" in text.lower()
    kept = f"/api/v1/builds/{uid}/log?attachment=spack-src%2Fconfig.log"
    assert f'href="{kept}"' in page
    assert client.get(kept).status_code == 200


def test_another_build_with_the_same_error_is_listed(client: FlaskClient) -> None:
    uid = the_long_one(client)
    page = html(client, f"/build/{uid}")
    other = uid_of(client, q="sim", site="there")
    others = page.partition("Other builds that hit the same error")[2].partition("Log of")[0]
    assert re.findall(r'class="spec" href="/build/(\w+)"', others) == [other]
    assert "gcc@12.2.0" in others
    assert ">there</a>" in others
    assert "Other builds with this error (1)" in words(page)


def test_a_skipped_build_names_the_culprit(client: FlaskClient) -> None:
    uid = uid_of(client, status="skipped")
    page = html(client, f"/build/{uid}")
    blamed = uid_of(client, q="lab-fail-build", status="failed")
    assert "Not tried: a dependency failed lab-fail-build @1.1 /nenbxcx could not be" in words(page)
    assert f'href="/build/{blamed}"' in page


def test_a_success_shows_its_last_log_and_its_environment(client: FlaskClient) -> None:
    uid = uid_of(client, q="lab-sim")
    page = html(client, f"/build/{uid}")
    text = words(page)
    assert "First error" not in text
    assert "Log of test" in text
    assert "Host system debian12" in text
    assert "warning main.c:3:20: warning: unused variable" in text
    assert html(client, f"/build/{uid}?phase=configure").count("Log of configure")
    html(client, f"/build/{uid}?phase=none", 404)


def test_a_long_log_is_shown_around_its_marked_lines(client: FlaskClient) -> None:
    uid = the_long_one(client)
    page = html(client, f"/build/{uid}")
    assert page.count('<tr id="L') < 100
    assert f"{FIRST} first error {TEXT}" in words(page)
    assert "Show 1,488 more lines, 6 to 1493" in words(page)
    part = html(client, f"/build/{uid}/log?phase=build&from=6")
    assert re.findall(r'<tr id="L(\d+)"', part) == [str(n) for n in range(6, 1006)]
    assert f'href="/build/{uid}/log?phase=build&amp;from={FIRST - 6}#L{FIRST}"' in part
    assert f'href="/build/{uid}/log?phase=build&amp;from=1006" rel="next"' in part
    assert "lines 6 to 1,005 of 3,000" in words(part)
    end = html(client, f"/build/{uid}/log?from=2990")
    assert 'rel="next"' not in end
    assert "no line 9000: the log has 3000 lines" in words(
        html(client, f"/build/{uid}/log?from=9000")
    )
    html(client, f"/build/{uid}/log?from=0", 400)
    html(client, f"/build/{uid_of(client, status='skipped')}/log", 404)


def test_errors_are_ranked_by_the_builds_that_they_stopped(client: FlaskClient) -> None:
    page = html(client, "/diagnostics")
    text = words(page)
    assert "2 builds stopped sim.c: error: no member named 'mass' error 2 builds" in text
    assert text.index("no member named 'mass'") < text.index(FAILED_TEST)
    assert "unused" not in text
    assert "unused" in words(html(client, "/diagnostics?kind=warning"))
    one = html(client, "/diagnostics?limit=1&causes=true")
    following = re.search(r'href="([^"]+)" rel="next"', one)
    assert following is not None
    assert following[1].count("causes=true") == 1
    assert FAILED_TEST in words(html(client, following[1].replace("&amp;", "&")))


def test_one_error_shows_which_builds_it_hits(client: FlaskClient) -> None:
    (item, *_) = get(client, "/diagnostics", text="mass")["items"]
    text = words(html(client, f"/diagnostic/{item['fingerprint'][:8]}"))
    assert "2 builds hit it 2 failed because of it in 2 lines of logs" in text
    assert "Package Builds Share sim 2" in text
    assert "Compiler Builds Share gcc@12.2.0 1 llvm@17.0.6 1" in text
    assert "Site Builds Share here 1 there 1" in text
    assert "2 builds, newest first" in text


def test_values_of_an_error_that_are_left_out_are_announced(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("service.queries.diagnostics", "service.web.diagnostics"):
        monkeypatch.setattr(f"{module}.MOST_VALUES", 1)
    (item, *_) = get(client, "/diagnostics", text="mass")["items"]
    text = words(html(client, f"/diagnostic/{item['fingerprint']}"))
    assert "Compilers, the 1 most frequent Compiler Builds Share gcc@12.2.0 1 Targets" in text


@pytest.mark.parametrize("by", ["compiler", "version", "target", "os", "site"])
def test_a_cell_links_to_the_builds_that_it_counts(client: FlaskClient, by: str) -> None:
    page = html(client, f"/matrix?by={by}")
    cells = re.findall(r'<td class="s\d"><a href="([^"]+)" title="\d+ of (\d+) succeeded', page)
    assert cells
    for address, count in cells:
        found = words(html(client, address.replace("&amp;", "&")))
        assert f" {count} build" in found, address


def test_the_matrix_is_a_table_with_headers(client: FlaskClient) -> None:
    page = html(client, "/matrix?q=sim")
    assert re.findall(r'<th scope="col">([^<]+)</th>', page) == ["gcc@12.2.0", "llvm@17.0.6"]
    assert '<th scope="row"><a class="spec" href="/builds?q=sim">sim</a></th>' in page
    assert "sim 1/3 1/2 succeeded, the last one succeeded 0/1 succeeded, the last one failed" in (
        words(page)
    )
    narrowed = html(client, "/matrix?site=there&by=site")
    assert "not tried" not in words(narrowed).partition("Each cell")[0].partition("Package")[2]


def test_the_last_success_is_compared_to_the_first_failure(client: FlaskClient) -> None:
    page = html(client, "/regression?q=sim&site=here")
    text = words(page)
    assert "Last success succeeded sim @2.0" in text
    assert "llvm only in the failure not there @17.0.6" in text
    assert "gcc only in the success @12.2.0" in text
    assert "CC /usr/bin/gcc /usr/bin/clang" in text
    hashes = [get(client, "/regression", q="sim", site="here")[k]["hash"]
              for k in ("success", "failure")]  # fmt: skip
    assert f'href="/diff?a={hashes[0]}&amp;b={hashes[1]}"' in page
    assert "No success is recorded" in words(html(client, "/regression?q=lab-fail-test"))
    assert "No failure followed: it builds." in words(html(client, "/regression?q=lab-sim"))
    assert "Name one package" in words(html(client, "/regression"))


def test_sites_link_to_their_builds_and_installations(client: FlaskClient) -> None:
    page = html(client, "/sites")
    assert "there 1 build" in words(page)
    assert 'href="/builds?site=there"' in page
    assert 'href="/installations?site=here"' in page


def test_markup_in_logs_and_names_is_text(client: FlaskClient, tried: Database) -> None:
    evil = "<script>alert(1)</script>"
    found = (Finding("error", 1, evil, f"{evil}.c", evil, 1, (evil,), (evil,)),)
    phase = Phase(evil, 0, Status.FAILED, 1.0, Log(f"{evil}\n", 1, 9), found, 1)
    attempt = Attempt(
        SpecName("e" * 32, "evil", "1"), "x", Status.FAILED, Source.FOLDER, evil, 5.0,
        message=evil, phases=(phase,), variables=(Variable("X", evil),), site="odd",
    )  # fmt: skip
    store_attempts(tried, [attempt], site="odd", origin="test")
    fingerprint = get(client, "/diagnostics", site="odd")["items"][0]["fingerprint"]
    for path in ("/builds?site=odd", f"/build/{attempt.uid}", f"/build/{attempt.uid}/log",
                 "/diagnostics?site=odd", f"/diagnostic/{fingerprint}",
                 "/regression?q=evil", "/matrix?site=odd"):  # fmt: skip
        assert evil not in html(client, path), path


def test_the_pages_are_accessible(site: str, client: FlaskClient, page: Page) -> None:
    uid = the_long_one(client)
    fingerprint = get(client, "/diagnostics", text="mass")["items"][0]["fingerprint"]
    skipped = uid_of(client, status="skipped")
    for path in ("/builds", f"/build/{uid}", f"/build/{uid}/log", f"/build/{skipped}", "/matrix",
                 "/diagnostics", f"/diagnostic/{fingerprint}", "/regression?q=sim&site=here",
                 "/sites", "/installations", "/environments"):  # fmt: skip
        page.goto(site + path)
        assert sideways(page) == 0, path
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert axe_violations(page) == [], (path, scheme)


def test_no_page_is_wider_than_a_phone(site: str, client: FlaskClient, narrow: Page) -> None:
    uid = the_long_one(client)
    for path in ("/builds", f"/build/{uid}", f"/build/{uid}/log", "/matrix?by=version",
                 "/diagnostics", "/regression?q=sim&site=here", "/sites",
                 "/environments"):  # fmt: skip
        narrow.goto(site + path)
        assert sideways(narrow) == 0, path
    narrow.goto(f"{site}/matrix?by=version")
    box = narrow.locator(".matrix")
    box.evaluate("box => box.scrollLeft = 200")
    header = narrow.locator(".matrix tbody th").first.bounding_box()
    outer = box.bounding_box()
    assert header is not None
    assert outer is not None
    assert abs(header["x"] - outer["x"]) <= 2


def test_from_the_list_to_the_marked_line_by_keyboard(
    site: str, client: FlaskClient, page: Page
) -> None:
    page.goto(f"{site}/builds?status=failed&site=here&q=sim")
    page.locator("a.why").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/build/*")
    page.get_by_role("link", name="Show it in the log").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#L{FIRST}")
    row = page.locator(f"#L{FIRST}")
    assert row.locator(".mark").inner_text() == "first error"
    assert row.evaluate("row => row.matches(':target')")
    box = row.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 800


def test_hidden_lines_are_fetched_in_place(site: str, client: FlaskClient, page: Page) -> None:
    page.goto(f"{site}/build/{the_long_one(client)}")
    gap = page.locator("a[data-more]").first
    assert gap.inner_text() == "Show 1,488 more lines, 6 to 1493"
    gap.focus()
    page.keyboard.press("Enter")
    page.locator("#L1005").wait_for()
    assert gap.inner_text() == "Show 488 more lines, 1006 to 1493"
    assert page.evaluate("document.activeElement.hash") == "#L6"
    gap.click()
    page.locator("#L1493").wait_for()
    numbers = page.locator(".log tbody th").all_inner_texts()
    assert numbers[:1506] == [str(number) for number in range(1, 1507)]


# From here on the graph is empty.


def test_pages_without_builds_say_how_to_load_some(empty_site: str, page: Page) -> None:
    for path in ("/builds", "/matrix", "/diagnostics", "/sites", "/installations"):
        page.goto(empty_site + path)
        assert "specgraph load --site NAME" in page.locator("main").inner_text(), path
        assert page.get_by_role("button", name="Copy").first.is_visible()
        assert axe_violations(page) == [], path
        assert sideways(page) == 0, path
