"""The page of one spec: its documents, builds and installations, and the ways on from it."""

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from loaders.load_options import LoadOptions
from service.app import create_app
from service.web import spec as spec_page
from tests.documents import document, dumped, node
from tests.loading import load
from tests.service.answers import get, upload
from tests.web.conftest import PROJECT
from tests.web.reading import html_of, links_in, rows_of, text_in
from tests.web.watching import axe_violations, sideways

SPLICED, BUILT = "lx3p57l", "hbtaopj"


def test_the_page_of_a_spec_links_to_related_pages(client: FlaskClient) -> None:
    html = html_of(client, f"/spec/{SPLICED}")
    links = links_in(html)
    spec = get(client, f"/specs/{SPLICED}")
    full, built = spec["hash"], spec["spliced_from"]["hash"]
    assert links["Compare with its build spec"] == f"/diff?a={built}&b={full}"
    assert links["Variations: other roots that differ in one thing"].endswith("/variations")
    assert links["Other parallel-netcdf"] == "/?q=parallel-netcdf"
    document = client.get(links["spec.json"])
    assert document.status_code == 200
    assert document.get_etag()[0] == spec["documents"][0]["digest"]
    assert "Not installed in any loaded store." in text_in(html)
    assert "No builds recorded." in text_in(html)


def test_the_page_lists_builds(client: FlaskClient) -> None:
    for build in get(client, "/builds")["items"]:
        html = html_of(client, f"/spec/{build['hash']}")
        assert f'href="/build/{build["uid"]}"' in html
        assert f"{build['status']} " in text_in(html)
        if build["cause"]:
            assert build["cause"]["text"] in text_in(html)


def test_the_page_counts_installed_files(client: FlaskClient) -> None:
    found = []
    for build in get(client, "/builds")["items"]:
        files = get(client, f"/specs/{build['hash']}/files")["total"]["count"]
        text = text_in(html_of(client, f"/spec/{build['hash']}"))
        assert (f"{files} installed files" in text) is (files > 1)
        found.append(files)
    assert max(found) > 1


def test_the_page_lists_installations(database: Database) -> None:
    load(database, [PROJECT / "tests" / "data" / "collections"], LoadOptions(site="testing"))
    client = create_app(database, {"TESTING": True}).test_client()
    installed = get(client, "/installations")["items"]
    assert installed
    for each in installed[:3]:
        text = text_in(html_of(client, f"/spec/{each['hash']}"))
        asked = "asked for" if each["explicit"] else "as a dependency"
        assert f"{each['store']} at {each['site']} {asked}" in text


def test_records_in_conflict_are_listed(client: FlaskClient) -> None:
    conflicts = get(client, "/conflicts")["items"]
    assert conflicts
    for conflict in conflicts:
        text = text_in(html_of(client, f"/spec/{conflict['hash']}"))
        assert "Other records claim this hash." in text
        assert conflict["digest"][:12] in text


def test_a_stub_says_that_only_its_name_is_known(client: FlaskClient) -> None:
    builds = get(client, "/builds")["items"]
    stubs = [b["hash"] for b in builds if get(client, f"/specs/{b['hash']}")["stub"]]
    assert stubs
    for hash_ in stubs:
        text = text_in(html_of(client, f"/spec/{hash_}"))
        assert "its document was not uploaded" in text
        assert "None yet." in text


def test_variations_link_to_their_diffs(client: FlaskClient) -> None:
    variations = get(client, f"/specs/{BUILT}/variations")["items"]
    html = html_of(client, f"/spec/{BUILT}/variations")
    assert [row[1:4] for row in _rows(html)] == [
        [each["only"].replace(":", " "), " ".join(each["a"]), " ".join(each["b"])]
        for each in variations
    ]
    full = get(client, f"/specs/{BUILT}")["hash"]
    for each in variations:
        href = f"/diff?a={full}&b={each['hash']}"
        assert href in links_in(html).values()
        assert "differ" in text_in(html_of(client, href))
    nothing = html_of(client, f"/spec/{BUILT}/variations?only=target")
    assert "No other root differs from it only in that." in text_in(nothing)
    assert "only: one of" in text_in(html_of(client, f"/spec/{BUILT}/variations?only=:", 400))


def test_a_long_list_of_variations_is_paged(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spec_page, "PAGE", 1)
    client = create_app(database, {"TESTING": True}).test_client()
    first, *others = (node("zlib", version) for version in ("1.1", "1.2", "1.3", "1.4"))
    for each in (first, *others):
        upload(client, dumped(document(each)))
    address: str | None = f"/spec/{first['hash'][:9]}/variations"
    shown: list[str] = []
    while address:
        html = html_of(client, address)
        shown += [row[0] for row in _rows(html)]
        address = links_in(html).get("Next page")
    assert shown == [f"zlib @{each['version']} /{each['hash'][:7]}" for each in others]


def _rows(html: str) -> list[list[str]]:
    return rows_of(html, "variations")


def test_the_page_is_accessible(site: str, page: Page) -> None:
    for address in (f"/spec/{SPLICED}", f"/spec/{BUILT}/variations"):
        page.goto(site + address)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert axe_violations(page) == []


def test_the_page_fits_a_phone(site: str, narrow: Page) -> None:
    for address in (f"/spec/{SPLICED}", f"/spec/{BUILT}/variations"):
        narrow.goto(site + address)
        assert sideways(narrow) == 0
