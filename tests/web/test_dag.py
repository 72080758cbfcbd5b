"""The DAG explorer: what its page tells, and what only a browser does."""

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Download, Page, expect

from benchmarks.pictures import draw
from tests.web.watching import axe_violations, sideways

MFEM = "q6xesjsc3cfnzxiwejn4md6hq43zx7p4"
"""49 specs."""
HDF5 = "zeawwopz6my7vecpdfg5zpnlyvklqz4d"
"""The largest DAG of the samples that is one DAG: 134 specs."""
SLEPC = "sfrbdz7qscxoeiycum4fh5drlb7akonu"
"""Spliced; with the build specs of its own and of its dependencies 142 specs."""

PATIENCE = 30_000
"""Milliseconds that a busy machine may take."""


def picture(client: FlaskClient, address: str) -> dict[str, Any]:
    """The picture of a page, as its script gets it."""
    found = re.search(
        r'<script type="application/json">(.*?)</script>', client.get(address).get_data(True), re.S
    )
    assert found is not None
    drawn: dict[str, Any] = json.loads(found[1])
    return drawn


def labels(drawn: dict[str, Any]) -> list[str]:
    return [each["label"] for each in drawn["nodes"]]


def counts(client: FlaskClient, address: str) -> str:
    page = client.get(address).get_data(True)
    found = re.search(r'id="counts">(.*?)</p>', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            f"/spec/{MFEM}/dag",
            "33 of 49 specs drawn 13 helpers folded 3 below them"
            " 46 edges, 18 left out because a longer path is drawn",
        ),
        (
            f"/spec/{HDF5}/dag",
            "60 of 134 specs drawn 20 helpers folded 2 below them 52 more Draw all"
            " 100 edges, 55 left out because a longer path is drawn",
        ),
        (f"/spec/{HDF5}/dag?hubs=show&most=150&reduce=no", "134 of 134 specs drawn 935 edges"),
        (
            f"/spec/{SLEPC}/dag?build_specs=show&hubs=show&most=150",
            "142 of 142 specs drawn 324 edges, 597 left out because a longer path is drawn",
        ),
        (
            f"/spec/{MFEM}/dag?types=run",
            "1 of 1 specs drawn 0 edges",
        ),
    ],
)
def test_the_page_counts_what_it_draws(client: FlaskClient, address: str, expected: str) -> None:
    assert counts(client, address) == expected


def test_each_drawn_node_has_a_row_and_each_other_an_entry(client: FlaskClient) -> None:
    address = f"/spec/{HDF5}/dag"
    page = client.get(address).get_data(True)
    rows = re.findall(r'<tr id="node-([a-z2-7]{32})">', page)
    assert rows == [each["id"] for each in picture(client, address)["nodes"]]
    graph = client.get(f"/api/v1/specs/{HDF5}/graph").get_json()
    linked = set(re.findall(r"/spec/([a-z2-7]{32})", page))
    assert linked >= {each["hash"] for each in graph["nodes"]}


def test_nodes_are_each_drawn_once(client: FlaskClient) -> None:
    drawn = picture(client, f"/spec/{SLEPC}/dag?build_specs=show&hubs=show&most=150")
    ids = [each["id"] for each in drawn["nodes"]]
    assert len(ids) == len(set(ids)) == 142
    ends = {end for each in drawn["edges"] for end in (each["source"], each["target"])}
    assert ends == set(ids)


def test_a_node_lists_its_helpers_by_number(client: FlaskClient) -> None:
    drawn = picture(client, f"/spec/{MFEM}/dag")
    badges = {each["label"]: each["badges"] for each in drawn["nodes"]}
    assert badges["mfem"] == ["helpers 1\u20135"]
    assert badges["metis"] == ["helpers 1\u20135, 12"]
    assert badges["openssl"] == []


def test_expanding_draws_dependencies_and_folding_removes_them(client: FlaskClient) -> None:
    drawn = picture(client, f"/spec/{HDF5}/dag")
    before = next(each for each in drawn["nodes"] if each["label"] == "libxkbcommon")
    assert before["hidden"] == 41
    assert before["more"] == f"/spec/{HDF5}/dag?expand={before['id'][:7]}"
    grown = picture(client, before["more"])
    assert "xkeyboard-config" in set(labels(grown)) - set(labels(drawn))
    after = next(each for each in grown["nodes"] if each["id"] == before["id"])
    assert (after["hidden"], after["more"]) == (0, f"/spec/{HDF5}/dag")


def test_the_chains_to_a_spec_are_marked(client: FlaskClient) -> None:
    drawn = picture(client, f"/spec/{MFEM}/dag?why=xz")
    names = {each["id"]: each["label"] for each in drawn["nodes"]}
    marked = [each for each in drawn["nodes"] if each["role"] in ("root", "path")]
    chain = ["mfem", "openmpi", "hwloc", "libxml2", "xz"]
    assert sorted(each["label"] for each in marked) == sorted(chain)
    edges = {
        (names[e["source"]], names[e["target"]]) for e in drawn["edges"] if e["role"] == "path"
    }
    assert edges == set(pairwise(chain))
    page = client.get(f"/spec/{MFEM}/dag?why=xz").get_data(True)
    assert f'<a href="/spec/{MFEM}/why?dependency=xz">' in page


def test_a_chain_over_a_build_spec_is_marked_too(client: FlaskClient) -> None:
    found = client.get("/api/v1/specs?built_with=mpich@4&deployed_with=mvapich2").get_json()
    root = found["items"][0]["hash"]
    drawn = picture(client, f"/spec/{root}/dag?why=mpich")
    assert [each["kind"] for each in drawn["edges"] if each["role"] == "path"] == [
        "SPLICED_FROM",
        "DEPENDS_ON",
    ]
    assert "mpich" in labels(drawn)


def test_a_syntax_error_is_marked_at_its_character(client: FlaskClient) -> None:
    answer = client.get(f"/spec/{MFEM}/dag?why=xz@@5")
    assert answer.status_code == 400
    page = answer.get_data(True)
    assert '<code class="faulty">xz<mark>@</mark>@5</code>' in page
    assert 'aria-describedby="why-error"' in page
    assert "33</b> of" in page


def test_a_page_that_marks_nothing_says_so(client: FlaskClient) -> None:
    page = client.get(f"/spec/{MFEM}/dag?why=no-such-package").get_data(True)
    assert "Nothing in this DAG that satisfies <code>no-such-package</code>" in page


def drawn(page: Page) -> int:
    """How many nodes are drawn, once they are."""
    figure = page.locator("[data-picture][data-drawn]:not([aria-busy])")
    expect(figure).to_be_visible(timeout=PATIENCE)
    return int(figure.get_attribute("data-drawn") or 0)


def saved(page: Page, button: str) -> tuple[Download, Path]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    return waiting.value, Path(waiting.value.path())


def lines_and_places(svg: Path) -> dict[str, tuple[str | None, str | None]]:
    root = ET.fromstring(svg.read_text("utf-8"))
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return {each.text or "": (each.get("x"), each.get("y")) for each in texts}


def test_no_task_of_the_page_takes_as_long_as_the_drawing(site: str, chromium: Browser) -> None:
    """How long either takes is what `benchmarks/pictures.py` tells; here they are compared."""
    found = draw(chromium, f"{site}/spec/{HDF5}/dag")
    assert found.nodes == 60
    assert 0 < found.busy < found.ready / 2


@pytest.mark.parametrize(("root", "number"), [(MFEM, 33), (HDF5, 60)])
def test_the_layout_is_done_in_a_worker(site: str, page: Page, root: str, number: int) -> None:
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    page.goto(f"{site}/spec/{root}/dag")
    assert drawn(page) == number
    (worker,) = workers
    assert worker.startswith(f"{site}/static/built/layout.worker.js")


def test_a_picture_is_exported_as_svg_and_png(site: str, client: FlaskClient, page: Page) -> None:
    page.goto(f"{site}/spec/{MFEM}/dag")
    drawn(page)
    download, svg = saved(page, "SVG")
    assert download.suggested_filename == "DAG-of-mfem@4.8.0-q6xesjs.svg"
    texts = lines_and_places(svg)
    nodes = picture(client, f"/spec/{MFEM}/dag")["nodes"]
    assert {line for each in nodes for line in (each["label"], each["note"])} <= texts.keys()
    _, png = saved(page, "PNG")
    content = png.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(content) > 50_000


def test_the_same_address_has_the_same_layout(site: str, page: Page) -> None:
    places = []
    for _ in range(2):
        page.goto("about:blank")
        page.goto(f"{site}/spec/{MFEM}/dag?why=xz")
        drawn(page)
        places.append(lines_and_places(saved(page, "SVG")[1]))
    assert places[0] == places[1]


def test_a_node_is_expanded_by_key_and_by_link_without_leaving(
    site: str, client: FlaskClient, page: Page
) -> None:
    page.set_default_timeout(PATIENCE)
    shown = picture(client, f"/spec/{HDF5}/dag")
    node = next(each["id"] for each in shown["nodes"] if each["label"] == "libxkbcommon")
    page.goto(f"{site}/spec/{HDF5}/dag#node={node}")
    assert drawn(page) == 60
    page.evaluate("window.stayed = true")
    page.locator(".canvas").press("e")
    page.wait_for_url(f"**/dag?expand={node[:7]}#node={node}")
    expect(page.locator("th").filter(has_text="xkeyboard-config")).to_be_visible()
    assert drawn(page) == 60
    page.get_by_role("link", name="Draw all").click()
    page.wait_for_url(f"**/dag?most=150&expand={node[:7]}**")
    expect(page.locator("tr[id^=node-]")).to_have_count(112, timeout=PATIENCE)
    assert drawn(page) == 112
    page.go_back()
    expect(page.locator("tr[id^=node-]")).to_have_count(60, timeout=PATIENCE)
    assert drawn(page) == 60
    page.get_by_label("link", exact=True).uncheck()
    page.wait_for_url(re.compile(r"/dag\?expand=.*&types=build,run,test"))
    assert page.evaluate("window.stayed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(site: str, page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/spec/{HDF5}/dag?why=xz")
    drawn(page)
    assert axe_violations(page) == []


def test_the_page_fits_a_phone(site: str, narrow: Page) -> None:
    narrow.goto(f"{site}/spec/{SLEPC}/dag?why=xz")
    drawn(narrow)
    assert sideways(narrow) == 0


def test_without_scripts_the_table_and_its_links_suffice(site: str, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/spec/{HDF5}/dag")
    page.get_by_role("row", name=re.compile("^libxkbcommon")).get_by_role(
        "link", name=re.compile("^expand")
    ).click()
    assert "expand=" in page.url
    page.get_by_label("Mark the chains to").fill("xz")
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_role("heading", name="Chains to xz")).to_be_visible()
    context.close()
