"""The impact page: packages, paths and roots that a dependency affects."""

from collections import Counter
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from service.app import create_app
from service.queries import affected
from service.web import impact
from service.web.pictures import impact as impact_picture
from tests.service.answers import get
from tests.web.reading import html_of, links_in, picture_in, rows_of, text_in
from tests.web.watching import axe_violations, sideways

XZ = "xz@5.6.1"


def items(client: FlaskClient, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(client, "/impact", limit=1000, **given)["items"]
    return found


def test_packages_are_ranked_by_their_affected_roots(client: FlaskClient) -> None:
    for dependency in (XZ, "xz", "zlib-ng"):
        affected_items = items(client, dependency=dependency)
        counts = Counter((item["name"], item["when"]) for item in affected_items)
        html = html_of(client, f"/impact?dependency={dependency}")
        rows = rows_of(html, "packages")
        group = rows.index(["Only on a path"]) if ["Only on a path"] in rows else len(rows)
        ranked = [(row[0], int(row[1]), int(row[2])) for row in rows[:group]]
        every = {name: (counts[name, "run"], counts[name, "build"]) for name, _ in counts}
        best = sorted(every, key=lambda name: (-sum(every[name]), name))
        assert ranked == [(name, *every[name]) for name in best]
        totals = Counter(item["when"] for item in affected_items)
        assert f"{len(affected_items)} total {totals['run']} at run time" in text_in(html)
        assert f"{totals['build']} at build time only" in text_in(html)


def test_run_time_and_build_time_only_are_separate(client: FlaskClient) -> None:
    (item,) = items(client, dependency=XZ, when="build")
    html = html_of(client, f"/impact?dependency={XZ}&when=build")
    assert rows_of(html, "packages")[0][:3] == [item["name"], "1", "1"]
    assert f"/{item['hash'][:7]}" in text_in(html)
    assert "1 root at build time only, by name" in text_in(html)
    picture = picture_in(html)
    roles = {node["label"]: node["role"] for node in picture["nodes"]}
    assert roles == {item["name"]: "build-only", XZ: "root"}
    run = html_of(client, f"/impact?dependency={XZ}&when=run")
    assert {node["role"] for node in picture_in(run)["nodes"]} == {"plain", "root"}
    assert "build time only" not in [cell for row in rows_of(run, "packages") for cell in row]


def test_the_picture_merges_the_paths_of_the_roots_by_package(client: FlaskClient) -> None:
    steps: Counter[tuple[str, str]] = Counter()
    for item in items(client, dependency="xz@5.6"):
        side = "deployed_with" if item["when"] == "run" else "built_with"
        names = [node["name"] for node in item["matches"][side][0]["path"]]
        steps.update(pair for pair in pairwise(names) if pair[0] != pair[1])
    picture = picture_in(html_of(client, "/impact?dependency=xz@5.6"))
    drawn = {
        (edge["source"], edge["target"]): int(edge["label"].split(": ")[1].split()[0])
        for edge in picture["edges"]
        if {edge["source"], edge["target"]} <= _ids(picture)
    }
    assert drawn == {pair: count for pair, count in steps.items() if set(pair) <= _ids(picture)}
    assert len(_ids(picture)) <= impact_picture.MOST + 1


def _ids(picture: dict[str, Any]) -> set[str]:
    return {node["id"] for node in picture["nodes"] if node["role"] != "fold"}


def test_packages_beyond_a_limit_are_folded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact_picture, "MOST", 4)
    picture = picture_in(html_of(client, "/impact?dependency=xz"))
    (fold,) = (node for node in picture["nodes"] if node["role"] == "fold")
    assert len(picture["nodes"]) == 5
    assert fold["label"].endswith("more packages")
    ends = {end for edge in picture["edges"] for end in (edge["source"], edge["target"])}
    assert ends == {node["id"] for node in picture["nodes"]}


def test_a_fair_sample_of_many_roots_is_counted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affected, "MOST_ROOTS", 60)
    monkeypatch.setattr(affected, "MOST_PATHS", 10)
    html = html_of(client, "/impact?dependency=xz")
    total = len(items(client, dependency="xz"))
    assert "Counted over a fair sample of" in text_in(html)
    assert f"of {total} roots, so each count is a lower bound." in text_in(html)
    assert "of 10 roots, a fair sample." in text_in(html)
    counted = sum(int(row[1]) + int(row[2]) for row in rows_of(html, "packages") if len(row) > 1)
    assert 20 <= counted < total


def test_a_package_links_to_its_own_roots(client: FlaskClient) -> None:
    for q in ("", "+mpi or target=x86_64_v3:"):
        given = f"dependency=xz&q={q.replace('+', '%2B')}"
        html = html_of(client, f"/impact?{given}")
        narrowed = html_of(client, links_in(html)["hdf5"].partition("#")[0])
        expected = [each for each in items(client, dependency="xz", q=q) if each["name"] == "hdf5"]
        assert expected
        assert rows_of(narrowed, "packages")[0][0] == "hdf5"
        assert f"{len(expected)} roots, by name" in text_in(narrowed)


@pytest.mark.parametrize("q", ["", "hdf5 or libunwind"])
@pytest.mark.parametrize("when", ["any", "run", "build"])
def test_the_search_finds_the_same_roots(client: FlaskClient, when: str, q: str) -> None:
    expected = {each["hash"] for each in items(client, dependency=XZ, when=when, q=q)}
    html = html_of(client, f"/impact?dependency={XZ}&when={when}&q={q}")
    href = links_in(html).get("Show as a search")
    if expected:
        assert href is not None
        given = dict(parse_qsl(urlsplit(href).query))
        found = get(client, "/specs", limit=1000, **given)["items"]
        assert {each["hash"] for each in found} == expected
    else:
        assert href is None


def test_roots_are_listed_page_by_page_with_their_paths(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "PAGE", 3)
    address: str | None = f"/impact?dependency={XZ}"
    shown: list[str] = []
    while address:
        html = html_of(client, address)
        links = links_in(html.partition('<ol class="results">')[2])
        shown += [item["hash"] for item in items(client, dependency=XZ) if _link(item) in links]
        address = links.get("Next page")
    assert shown == [item["hash"] for item in items(client, dependency=XZ)]
    assert "<figure" not in html


def _link(item: dict[str, Any]) -> str:
    return f"{item['name']} @{item['version']} /{item['hash'][:7]}"


def test_all_specs_are_listed_without_a_ranking(client: FlaskClient) -> None:
    html = html_of(client, f"/impact?dependency={XZ}&scope=all")
    total = get(client, "/impact", dependency=XZ, scope="all")["total"]["count"]
    assert f"{total} specs, by name" in text_in(html)
    assert 'id="packages"' not in html


def test_a_page_without_affected_roots_suggests_what_to_change(client: FlaskClient) -> None:
    html = html_of(client, "/impact?dependency=nobody-has-this")
    assert "No root is affected . Is the name right, and the version?" in text_in(html)
    html = html_of(client, f"/impact?dependency={XZ}&q=gromacs")
    assert "Ask without gromacs" in text_in(html)


def test_errors_point_at_the_character_in_their_box(client: FlaskClient) -> None:
    for given, box in (("dependency=xz@@5", "dependency"), ("dependency=xz&q=hdf5@@1", "q")):
        html = html_of(client, f"/impact?{given}", 400)
        assert f'id="{box}-fault"' in html
        assert "<mark>@</mark>" in html
    assert "name one that must be present" in text_in(
        html_of(client, "/impact?dependency=not xz", 400)
    )


def test_examples_affect_something(client: FlaskClient) -> None:
    links = links_in(html_of(client, "/impact"))
    examples = {text: href for text, href in links.items() if href.startswith("/impact?")}
    assert examples["xz@5.6.0:5.6.1"] == "/impact?dependency=xz%405.6.0%3A5.6.1"
    assert len(examples) == 8
    for href in examples.values():
        assert "No root is affected" not in text_in(html_of(client, href))


def test_the_picture_is_walked_through_by_keyboard(site: str, page: Page) -> None:
    page.goto(f"{site}/impact?dependency={XZ}")
    page.locator("[data-drawn]").wait_for()
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".said").inner_text() == f"{XZ}, the dependency, root"
    page.keyboard.press("ArrowUp")
    assert page.locator(".said").inner_text() == "gettext, no root of its own, 1 path"
    page.keyboard.press("Enter")
    page.wait_for_url("**#package-gettext")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_violations(page) == []


def test_the_page_fits_a_phone(site: str, narrow: Page) -> None:
    for address in ("/impact", f"/impact?dependency={XZ}", "/impact?dependency=xz@@5"):
        narrow.goto(site + address)
        assert sideways(narrow) == 0


def test_an_empty_graph_has_no_examples(database: Database) -> None:
    empty = create_app(database, {"TESTING": True}).test_client()
    assert "How to load something" in text_in(html_of(empty, "/impact"))
