"""Lists of specs: two rows never read the same, in pages, commands and JSON."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from tests.cli.commands import Commands
from tests.conftest import Neo4jAddress
from tests.web.reading import text_in
from tests.web.watching import axe_violations, sideways

HASH = re.compile(r"/[a-z2-7]{7,32}(:[0-9a-f]+)?")
OF_SPEC = re.compile(r"/?\b[a-z2-7]{32}\b|/[a-z2-7]{7}\b")
"""The hash of a spec, with or without its slash."""
LISTS = {
    "/specs": ("query",),
    "/specs?q=hdf5&scope=all": ("query", "hdf5", "--all"),
    "/specs?q=zlib&scope=all": ("query", "zlib", "--all"),
    "/specs?q=parallel-netcdf": ("query", "parallel-netcdf"),
    "/specs?scope=all&q=autoconf": ("query", "autoconf", "--all"),
    "/impact?dependency=xz": ("impact", "xz"),
    "/impact?dependency=zlib&scope=all&q=hdf5": ("impact", "zlib", "--all", "--of", "hdf5"),
    "/installations": ("installed",),
    "/specs/{mfem}/variations": ("variations", "{mfem}"),
    "/common?hashes={mfem},{hdf5}": ("common", "{mfem}", "{hdf5}"),
    "/specs/{zlib}/dependents": (),
    "/specs/{zlib}/dependents?transitive=true": (),
    "/builds": ("builds",),
    "/tests": ("tests",),
    "/owners?path=lib": ("owns", "lib"),
}
"""Lists of specs in the API, and the commands that print them."""
PAGES = ("/?q=hdf5&scope=all", "/?q=zlib&scope=all", "/?scope=all", "/impact?dependency=xz")


@pytest.fixture
def specs(client: FlaskClient) -> dict[str, str]:
    """Return hashes of some specs of the samples by their packages."""
    return {
        name: client.get(f"/api/v1/specs?q={name}&scope=all").get_json()["items"][0]["hash"]
        for name in ("mfem", "hdf5", "zlib")
    }


def _without_own_hash(text: str) -> str:
    """Return the text of a row without the hash that comes first in it, wherever it stands."""
    own = HASH.search(text)
    assert own is not None
    return text.replace(own.group(), "")


def _of_row(item: dict[str, Any]) -> str:
    """Return all that a row shows of a spec, without the hash and what names the row itself."""
    names = {"hash", "uid", "matches", "content", "contents", "verified", "sort_key"}
    return json.dumps({key: value for key, value in item.items() if key not in names})


@pytest.mark.parametrize("path", LISTS)
def test_two_specs_never_read_the_same_in_json(
    client: FlaskClient, specs: dict[str, str], path: str
) -> None:
    address = f"/api/v1{path.format(**specs)}"
    separator = "&" if "?" in address else "?"
    items = client.get(f"{address}{separator}limit=200").get_json()["items"]
    by_text: dict[str, set[str]] = {}
    for item in items:
        by_text.setdefault(_of_row(item), set()).add(item["hash"])
    assert [hashes for hashes in by_text.values() if len(hashes) > 1] == []


@pytest.mark.parametrize("path", [each for each, words in LISTS.items() if words])
def test_two_records_never_read_the_same_in_commands(
    filled: object, neo4j_address: Neo4jAddress, client: FlaskClient, path: str
) -> None:
    found = {
        name: client.get(f"/api/v1/specs?q={name}").get_json()["items"][0]["hash"]
        for name in ("mfem", "hdf5")
    }
    words = [word.format(**found) for word in LISTS[path]]
    items = client.get(f"/api/v1{path.format(**found, zlib='')}").get_json()["items"]
    commands = Commands.on(neo4j_address)
    status = 0 if items else 1
    lines = commands.run(*words, status=status).stdout.splitlines()
    assert len(lines) == len(items)
    assert len({_without_own_hash(line) for line in lines}) == len(lines)
    assert all("\t" in line for line in lines)


@pytest.mark.parametrize("path", PAGES)
def test_two_rows_never_read_the_same_on_pages(client: FlaskClient, path: str) -> None:
    text = client.get(path).text
    part = (
        r"<tbody>.*?</tbody>" if path.startswith("/?") else r'<li><a class="spec".*?</ol>\s*</li>'
    )
    rows = [text_in(each) for each in re.findall(part, text, re.DOTALL)]
    assert len(rows) > 5
    assert len({_without_own_hash(row) for row in rows}) == len(rows)


def _told_apart(items: list[dict[str, Any]], text_of: Callable[[dict[str, Any]], str]) -> None:
    """Check that some specs read differently, apart from their hashes."""
    by_text: dict[str, set[str]] = {}
    for item in items:
        by_text.setdefault(text_of(item), set()).add(item["hash"])
    assert len(by_text) > 1
    assert [hashes for hashes in by_text.values() if len(hashes) > 1] == []


def _label(spec: dict[str, Any]) -> str:
    return json.dumps([spec["name"], spec["version"], spec["facts"]])


def test_specs_of_plans_and_fixes_never_read_the_same(client: FlaskClient) -> None:
    question = {"q": "hdf5@1.14.6+mpi", "with": ["mvapich2 %gcc@14"], "limit": 6}
    plans = client.post("/api/v1/splices/plans", json=question).get_json()["items"]
    _told_apart([each["target"] for each in plans], _label)
    flaw = {"dependency": "mpich", "with": ["mvapich2 %gcc@14"], "limit": 6}
    fixes = client.post("/api/v1/splices/fixes", json=flaw)
    items = fixes.get_json()["items"]
    _told_apart([each["root"] for each in items], _label)
    text = client.get("/fix?dependency=mpich&with=mvapich2+%25gcc@14&limit=6").text
    rows = [text_in(each) for each in re.findall(r"<tr><th scope=\"row\">.*?</tr>", text, re.S)]
    assert len(rows) == len(items)
    assert len({_without_own_hash(row) for row in rows}) == len(rows)


def test_nearest_specs_and_candidates_never_read_the_same(client: FlaskClient) -> None:
    nearest = client.get("/api/v1/nearest?spec=hdf5@9%2Bmpi&limit=50").get_json()["items"]
    _told_apart(nearest, _label)
    html = client.get("/nearest?spec=hdf5@9%2Bmpi").text
    sections = re.findall(r'<section class="site-of">(.*?)<(?:div|p)\b', html, re.S)
    heads = [text_in(each) for each in sections]
    assert len(heads) > 5
    assert len({_without_own_hash(head) for head in heads}) == len(heads)
    html = client.get("/diff?a=hdf5@1.14&b=").text
    listed = re.search(r'aria-label="Candidates for.*?</ul>', html, re.S)
    assert listed is not None
    rows = [text_in(each) for each in re.findall(r"<li>(.*?)</li>", listed[0], re.S)]
    assert len(rows) > 5
    assert len({_without_own_hash(row) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("diff", "hdf5@1.14", "hdf5@1.12"), 4),
        (("why", "hdf5@1.14", "python"), 4),
        (("nearest", "hdf5@9+mpi", "--limit", "20"), 0),
        (("plans", "hdf5@1.14.6+mpi", "--with", "mvapich2 %gcc@14", "--limit", "6"), 0),
        (("fix", "mpich", "--with", "mvapich2 %gcc@14"), 0),
    ],
)
def test_candidates_and_plans_never_read_the_same_in_commands(
    client: FlaskClient, neo4j_address: Neo4jAddress, words: tuple[str, ...], status: int
) -> None:
    commands = Commands.on(neo4j_address)
    for form in ("table", "tsv"):
        done = commands.run(*words, *(() if status else ("--format", form)), status=status)
        lines = (done.stderr if status else done.stdout).splitlines()
        rows = [line for line in lines if "hdf5" in line and OF_SPEC.search(line)]
        assert len(rows) > 3
        owners = [OF_SPEC.search(row) for row in rows]
        texts = {
            row.replace(own.group().lstrip("/"), "")
            for row, own in zip(rows, owners, strict=True)
            if own is not None
        }
        assert len(texts) == len(rows), form


def test_roots_of_the_last_days_never_read_the_same(client: FlaskClient) -> None:
    text = client.get("/").text.partition('id="week"')[2]
    rows = [text_in(each) for each in re.findall(r"<li>(.*?)</li>", text, re.S)]
    assert len(rows) > 5
    assert len({_without_own_hash(row) for row in rows}) == len(rows)


def _specs_on(client: FlaskClient, path: str) -> list[str]:
    text = client.get(path).text
    return re.findall(r'<th scope="row"><a class="spec" href="/spec/(\w+)', text)


def test_a_list_is_sorted_by_a_column_in_the_order_of_versions(client: FlaskClient) -> None:
    items = client.get("/api/v1/specs?q=hdf5").get_json()["items"]
    mpi = {item["hash"]: item["facts"]["mpi"] for item in items}
    first = [mpi[each] for each in _specs_on(client, "/?q=hdf5&sort=mpi")]
    assert sorted(first) == sorted(mpi.values())
    named = [each for each in first if each]
    assert first == named + [""] * (len(first) - len(named))
    assert named.index("mpich@4.2.3") < named.index("mpich@4.3.2") < named.index("openmpi@4.1.8")
    last = [mpi[each] for each in _specs_on(client, "/?q=hdf5&sort=-mpi")]
    assert [each for each in last if each] == named[::-1]
    text = client.get("/?q=hdf5&sort=mpi").text
    assert 'aria-sort="ascending"><a href="/?q=hdf5&amp;sort=-mpi">MPI</a>' in text


def test_a_list_is_filtered_by_columns(client: FlaskClient) -> None:
    items = client.get("/api/v1/specs?q=hdf5").get_json()["items"]
    expected = [i["hash"] for i in items if i["facts"]["compiler"] == "gcc@12.2.0"]
    assert len(expected) > 1
    assert _specs_on(client, "/?q=hdf5&col.compiler=gcc@12.2.0") == expected
    text = client.get("/?q=hdf5&col.compiler=gcc@12.2.0").text
    assert f'value="gcc@12.2.0" selected>gcc@12.2.0 ({len(expected)})' in text
    nothing = client.get("/?q=hdf5&col.compiler=gcc@1").text
    assert "No row has these values." in nothing
    pages = []
    address = "/?q=hdf5&sort=mpi&limit=7"
    while address:
        text = client.get(address).text
        pages += re.findall(r'<th scope="row"><a class="spec" href="/spec/(\w+)', text)
        more = re.search(r'href="([^"]+)" rel="next"', text)
        address = more[1].replace("&amp;", "&") if more else ""
    assert pages == _specs_on(client, "/?q=hdf5&sort=mpi")


def test_a_sorted_list_is_accessible_and_fits_a_phone(site: str, page: Page, narrow: Page) -> None:
    for screen in (page, narrow):
        screen.goto(f"{site}/?q=hdf5&sort=-mpi&col.target=x86_64_v3")
        assert axe_violations(screen) == []
        assert sideways(screen) == 0


def test_facts_are_the_same_for_all_items_or_left_out_on_request(client: FlaskClient) -> None:
    every = client.get("/api/v1/specs?q=hdf5&facts=all&limit=3").get_json()["items"]
    assert all({"compiler", "mpi", "target", "variants"} <= item["facts"].keys() for item in every)
    none = client.get("/api/v1/specs?q=hdf5&facts=none&limit=3").get_json()
    assert not any("facts" in item for item in none["items"])
    assert client.get("/api/v1/specs?facts=some").status_code == 422


def test_a_list_is_answered_as_csv_page_by_page(client: FlaskClient) -> None:
    items = client.get("/api/v1/specs?q=hdf5&facts=all").get_json()["items"]
    address, rows = "/api/v1/specs?q=hdf5&facts=all&limit=9", []
    while address:
        answer = client.get(address, headers={"Accept": "text/csv"})
        assert answer.mimetype == "text/csv"
        assert "Accept" in answer.vary
        rows += list(csv.DictReader(io.StringIO(answer.text)))
        found = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("Link", ""))
        address = found[1] if found else ""
    assert [row["hash"] for row in rows] == [item["hash"] for item in items]
    assert [row["facts.mpi"] for row in rows] == [item["facts"]["mpi"] for item in items]
    tabs = client.get("/api/v1/sites", headers={"Accept": "text/tab-separated-values"})
    assert tabs.text.splitlines()[0].split("\t")[0] == "name"
    one = client.get(f"/api/v1/specs/{items[0]['hash']}", headers={"Accept": "text/csv"})
    assert one.mimetype == "application/json"


@pytest.mark.parametrize(
    ("path", "kind", "known"),
    [
        ("/specs?q=hdf5@9.9", "version", "1.14.6"),
        ("/specs?q=hdf", "package", "hdf5"),
        ("/specs?built_with=hdf5%2Bmpii", "variant", "+mpi"),
        ("/specs?q=hdf5 api=v9", "variant", "api=default"),
        ("/specs?q=hdf5 %25gccc", "compiler", "gcc"),
        ("/specs?q=hdf5&site=nowhere", "site", "testing"),
        ("/impact?dependency=xz@1", "version", "5.6.3"),
        ("/builds?q=lab-fail", "package", "lab-fail-test"),
        ("/installations?q=lab-mpich@9", "version", "4.2.3"),
    ],
)
def test_an_empty_list_says_what_there_is(
    client: FlaskClient, path: str, kind: str, known: str
) -> None:
    answer = client.get(f"/api/v1{path}").get_json()
    assert answer["items"] == []
    (advice,) = answer["advice"]
    assert advice["kind"] == kind
    assert known in advice["known"]
    assert known in advice["message"]
    if kind == "version":
        page = path.replace("/specs?", "/?")
        assert known in text_in(client.get(page, headers={"Accept": "text/html"}).text)


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/matrix?q=lab-fail", "lab-fail-test"),
        ("/matrix?site=nowhere", "testing"),
        ("/regression?q=lab-fail", "lab-fail-test"),
        ("/regression?q=lab-mpich&site=nowhere", "testing"),
        ("/specs/{mfem}/why?dependency=hdf", "hdf5"),
        ("/specs/{mfem}/why?dependency=zlib@0.9", "1.3.1"),
    ],
)
def test_questions_without_an_answer_say_what_there_is(
    client: FlaskClient,
    specs: dict[str, str],
    neo4j_address: Neo4jAddress,
    path: str,
    known: str,
) -> None:
    path = path.format(**specs)
    (advice,) = client.get(f"/api/v1{path}").get_json()["advice"]
    assert known in advice["known"]
    page = client.get(path.replace("/specs/", "/spec/"), headers={"Accept": "text/html"}).text
    assert known in text_in(page.partition('class="advice"')[2].partition("</p>")[0])
    if path.startswith("/specs"):
        return
    words = dict(each.split("=") for each in path.partition("?")[2].split("&"))
    given = [words["q"]] if "q" in words else []
    given += ["--site", words["site"]] if "site" in words else []
    command = path[1:].partition("?")[0]
    done = Commands.on(neo4j_address).run(command, *given, status=1)
    assert known in done.stderr


def test_boxes_for_two_specs_say_what_there_is(client: FlaskClient) -> None:
    for path in ("/diff?a=hdf&b=", "/plan?target=hdf&replacement=zlib"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert "no package is named hdf; did you mean hdf5" in text_in(answer.text)
        assert answer.status_code == 400
    assert "1.14.6" in text_in(client.get("/diff?a=hdf5@9.9&b=zlib").text)
    problem = client.get("/api/v1/diff?a=hdf&b=zlib").get_json(force=True)
    assert "did you mean hdf5" in problem["detail"]


def test_a_spec_names_the_page_of_the_only_one_that_satisfies_it(client: FlaskClient) -> None:
    item = client.get("/api/v1/specs?q=hdf5@1.12").get_json()["items"][0]
    assert client.get("/api/v1/resolve?spec=hdf5@1.12").get_json()["hash"] == item["hash"]
    assert item["hash"] in client.get("/spec/hdf5@1.12").text
    several = client.get("/spec/hdf5@1.14/why?dependency=python", headers={"Accept": "text/html"})
    assert several.status_code == 409
    assert "several specs satisfy 'hdf5@1.14'" in text_in(several.text)
    assert several.text.count('class="facts-line"') > 5
    same = re.search(r'href="(/spec/\w+/why[^"]*)">This page for it', several.text)
    assert same is not None
    assert client.get(same[1]).status_code == 200
    other = client.get(
        same[1].partition("?")[0] + "?dependency=/2", headers={"Accept": "text/html"}
    )
    assert other.status_code == 409
    assert "This page for it" not in other.text
    problem = client.get("/api/v1/resolve?spec=hdf5@1.14").get_json(force=True)
    assert problem["type"] == "urn:specgraph:problem:several-specs"
    assert all(each["facts"] for each in problem["candidates"])
    assert client.get("/api/v1/resolve?spec=hdf5 ^ ^").status_code == 400
    assert client.get("/api/v1/resolve?spec=hdf5@77").status_code == 404
