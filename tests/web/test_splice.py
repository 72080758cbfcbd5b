"""The splice view: its picture as data, its tables, its steps; and as a browser draws it."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from tests.documents import document, dumped, node
from tests.service.answers import get, upload
from tests.web.watching import axe_violations, sideways

PNETCDF = "/spec/lx3p57l/splice"
"""Parallel-netcdf as built with mpich and deployed with mvapich2."""
SAME_PACKAGES = "/spec/i7usu2k/splice"
"""Superlu-dist, of which most dependencies were exchanged for others of their package."""
MINUS = "\N{MINUS SIGN}"
KEPT = {
    *("gcc-runtime", "glibc", "libiconv", "libpciaccess", "libxml2", "ncurses", "xz", "zlib"),
}
PUT_IN = {
    *("bzip2", "expat", "gdbm", "gettext", "libbsd", "libffi", "libmd", "libnl", "libxcrypt"),
    *("mvapich2", "openssl", "pigz", "python", "python-venv", "rdma-core", "readline", "sqlite"),
    *("tar", "util-linux-uuid", "zstd"),
}
TAKEN_OUT = {"hwloc", "libfabric", "mpich", "yaksa"}


@pytest.fixture
def empty(database: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    """What a page says, without its tags."""
    response = client.get(address, headers={"Accept": "text/html"})
    assert response.status_code == status
    words = re.sub(r"<script.*?</script>|<[^>]*>", " ", response.get_data(as_text=True), flags=re.S)
    return " ".join(unescape(words).split()).replace(" .", ".").replace(" ,", ",")


def picture_of(client: FlaskClient, address: str) -> dict[str, Any]:
    page = client.get(address).get_data(as_text=True)
    found = re.search(r'<script type="application/json">(.*?)</script>', page, re.S)
    assert found is not None
    picture: dict[str, Any] = json.loads(found[1])
    return picture


def roles(picture: dict[str, Any], lane: int) -> dict[str, str]:
    return {each["label"]: each["role"] for each in picture["nodes"] if each["lane"] == lane}


def arrows(picture: dict[str, Any], kind: str, role: str) -> set[tuple[str, str]]:
    names = {each["id"]: each["label"] for each in picture["nodes"]}
    found = [e for e in picture["edges"] if (e["kind"], e["role"]) == (kind, role)]
    return {(names[each["source"]], names[each["target"]]) for each in found}


def test_every_node_has_its_role_on_its_side(client: FlaskClient) -> None:
    picture = picture_of(client, PNETCDF)
    assert picture["lanes"] == ["As built", "As deployed"]
    built = {"parallel-netcdf": "relinked", "8 kept": "fold"}
    assert roles(picture, 0) == built | dict.fromkeys(TAKEN_OUT, "taken-out")
    deployed = {**built, **dict.fromkeys(TAKEN_OUT, "ghost"), **dict.fromkeys(PUT_IN, "put-in")}
    assert roles(picture, 1) == deployed


def test_edges_show_the_exchange(client: FlaskClient) -> None:
    picture = picture_of(client, PNETCDF)
    assert arrows(picture, "DEPENDS_ON", "taken-out") == {("parallel-netcdf", "mpich")}
    assert arrows(picture, "DEPENDS_ON", "put-in") == {("parallel-netcdf", "mvapich2")}
    ghosts = {("mpich", each) for each in TAKEN_OUT - {"mpich"}}
    assert arrows(picture, "DEPENDS_ON", "ghost") == ghosts | {("parallel-netcdf", "mpich")}
    assert arrows(picture, "SPLICED_FROM", "plain") == {("parallel-netcdf", "parallel-netcdf")}


def test_kept_specs_unfold_on_both_sides(client: FlaskClient) -> None:
    folded = next(n for n in picture_of(client, PNETCDF)["nodes"] if n["role"] == "fold")
    assert folded["href"].endswith("/splice?kept=all")
    picture = picture_of(client, folded["href"])
    for lane in (0, 1):
        found = roles(picture, lane)
        assert {name for name, role in found.items() if role == "kept"} == KEPT
        assert "fold" not in found.values()


def test_the_place_of_a_package_is_the_same_before_and_after(client: FlaskClient) -> None:
    picture = picture_of(client, SAME_PACKAGES)
    slots = {(each["slot"], each["lane"], each["role"]): each for each in picture["nodes"]}
    pairs = [
        (slots[slot, 0, "taken-out"], each, slots[slot, 1, "ghost"])
        for (slot, _, role), each in slots.items()
        if role == "put-in" and (slot, 1, "ghost") in slots
    ]
    assert {before["label"] for before, _, _ in pairs} == {
        *("gcc-runtime", "hwloc", "libfabric", "libiconv", "libpciaccess", "libxml2", "mpich"),
        *("ncurses", "xz", "yaksa"),
    }
    assert all(before["label"] == after["label"] for before, after, _ in pairs)
    (mpich,) = [(a["note"], g["label"]) for _, a, g in pairs if a["label"] == "mpich"]
    assert mpich == ("@4.3.2", "@4.2.3")


def test_rows_and_nodes_refer_to_each_other(client: FlaskClient) -> None:
    page = client.get(PNETCDF).get_data(as_text=True)
    rows = re.findall(r'id="row-(\w{32})"', page)
    nodes = {
        each["id"].split("-")[1] for each in picture_of(client, f"{PNETCDF}?kept=all")["nodes"]
    }
    assert set(rows) == nodes
    assert len(rows) == len(nodes) == 2 + 4 + 20 + 8
    shown = {unquote(each) for each in re.findall(r'href="#node=([^"]+)"', page)}
    assert shown <= {each["id"] for each in picture_of(client, PNETCDF)["nodes"]}
    assert page.count("/why?dependency=/") == 1 + 4 + 20 + 8


def test_the_page_names_the_exchanged_specs(client: FlaskClient) -> None:
    text = text_of(client, PNETCDF)
    assert "Built with mpich @4.3.2 /fdrz5va, deployed with mvapich2 @2.3.7-1 /kabk5oq." in text
    assert f"8 kept draw the kept specs 1 relinked {MINUS} 4 taken out + 20 put in" in text
    assert "compiler was gcc@12.2.0 → now gcc@14.2.0" in text


def test_the_chosen_types_are_compared(client: FlaskClient) -> None:
    counts = [
        get(client, "/specs/lx3p57l/splice", deptypes=types)["counts"]
        for types in ("link", "build,link,run,test")
    ]
    for types, count in zip(("types=link", "types=build&types=link,run,test"), counts, strict=True):
        text = text_of(client, f"{PNETCDF}?{types}")
        assert f"{MINUS} {count['taken_out']} taken out + {count['put_in']} put in" in text
    assert "any of build, link, run and test" in text_of(client, f"{PNETCDF}?types=x", 400)


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("mpich", "taken out In its place is mvapich2 @2.3.7-1 /kabk5oq."),
        ("mvapich2", "put in In place of mpich @4.3.2 /fdrz5va. It was spliced on its own:"),
        ("zstd", "put in It replaces nothing"),
        ("zlib", "kept The same on both sides."),
        ("parallel-netcdf", "relinked This was built; it is deployed as parallel-netcdf"),
    ],
)
def test_a_card_says_what_became_of_a_spec(
    client: FlaskClient, package: str, expected: str
) -> None:
    picture = picture_of(client, f"{PNETCDF}?kept=all")
    card = next(each["card"] for each in picture["nodes"] if each["label"] == package)
    text = text_of(client, card)
    assert expected in text
    assert re.search("Variants .*build_system=", text)
    assert "Origin" in text


def test_a_card_names_direct_dependents_and_why(client: FlaskClient) -> None:
    nodes = picture_of(client, PNETCDF)["nodes"]
    card = next(each["card"] for each in nodes if each["label"] == "mvapich2")
    page = client.get(card).get_data(as_text=True)
    assert "Needed by parallel-netcdf @1.14.1 /lx3p57l link as mpi" in text_of(client, card)
    hashes = {each["label"]: each["id"].split("-")[1] for each in nodes if each["lane"]}
    why = f"/spec/{hashes['parallel-netcdf']}/why?dependency=/{hashes['mvapich2']}"
    assert f'href="{why}"' in page
    assert f'href="/spec/{hashes["mvapich2"]}/splice"' in page


def test_a_card_of_another_spec_is_refused(client: FlaskClient) -> None:
    assert "is not in this splice" in text_of(client, f"{PNETCDF}/card?spec=abc", 404)


def test_a_spec_that_was_not_spliced_links_to_others(client: FlaskClient) -> None:
    text = text_of(client, "/spec/hbtaopj/splice")
    assert "Not spliced" in text
    assert "See its DAG" in text
    page = client.get("/spec/hbtaopj/splice").get_data(as_text=True)
    assert re.search(r'href="/spec/hbtaopj\w{25}/dag"', page)


def _places(page: Page) -> dict[str, dict[str, float]]:
    page.wait_for_selector("[data-drawn]")
    script = "Object.fromEntries(document.querySelector('[data-picture]').view.places())"
    places: dict[str, dict[str, float]] = page.evaluate(script)
    return places


def _shifts(client: FlaskClient, address: str, page: Page) -> set[tuple[int, int]]:
    """By how much a node as deployed is away from the same as built."""
    places = _places(page)
    by_slot: dict[tuple[str, int], str] = {}
    for each in picture_of(client, address)["nodes"]:
        if (each["slot"], each["lane"]) not in by_slot or each["role"] != "ghost":
            by_slot[each["slot"], each["lane"]] = each["id"]
    both = [slot for slot, lane in by_slot if lane == 0 and (slot, 1) in by_slot]
    found = set()
    for slot in both:
        built, deployed = (places[by_slot[slot, lane]] for lane in (0, 1))
        found.add((round(deployed["x"] - built["x"]), round(deployed["y"] - built["y"])))
    assert len(both) > 1
    return found


@pytest.mark.parametrize("address", [PNETCDF, SAME_PACKAGES, f"{PNETCDF}?kept=all"])
def test_both_sides_line_up(site: str, client: FlaskClient, page: Page, address: str) -> None:
    page.goto(f"{site}{address}")
    ((x, y),) = _shifts(client, address, page)
    assert x > 0
    assert y == 0


def test_no_two_nodes_of_a_picture_overlap(site: str, page: Page) -> None:
    page.goto(f"{site}{SAME_PACKAGES}")
    page.wait_for_selector("[data-drawn]")
    places = list(_places(page).items())
    nodes = [(id_, at) for id_, at in places if not id_.startswith(("lane ", "title "))]
    near = [
        (a, b)
        for index, (a, one) in enumerate(nodes)
        for b, other in nodes[index + 1 :]
        if abs(one["x"] - other["x"]) < 40 and abs(one["y"] - other["y"]) < 30
    ]
    assert near == []


def test_from_the_splice_to_why_by_keyboard_alone(site: str, page: Page) -> None:
    page.goto(f"{site}{PNETCDF}")
    page.wait_for_selector("[data-drawn]")
    page.locator(".canvas").focus()
    said = page.locator(".said")
    page.keyboard.press("ArrowDown")
    assert said.inner_text() == "parallel-netcdf, @1.14.1 /hbtaopj, relinked, as built"
    page.keyboard.press("ArrowDown")
    assert said.inner_text() == f"{MINUS} mpich, @4.3.2, now mvapich2@2.3.7-1, taken out, as built"
    page.keyboard.press("Enter")
    card = page.locator(".card")
    card.get_by_text("In its place is").wait_for()
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert page.locator(".canvas").evaluate("canvas => document.activeElement === canvas")
    page.keyboard.press("Enter")
    card.get_by_text("In its place is").wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Why was it there"):
            break
    address = page.evaluate("document.activeElement.getAttribute('href')")
    assert re.fullmatch(r"/spec/lx3p57l\w+/why\?dependency=/fdrz5va\w+", address)


def test_a_row_shows_its_node(site: str, page: Page) -> None:
    page.goto(f"{site}{PNETCDF}")
    page.wait_for_selector("[data-drawn]")
    page.locator("tr", has_text="rdma-core@59.0").get_by_role("link", name="Show").first.click()
    page.locator(".card").get_by_text("put in", exact=True).wait_for()
    assert page.locator(".said").inner_text().endswith("put in, as deployed")
    assert re.search(r"#node=deployed-\w{32}$", page.url)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_splice_is_accessible(site: str, page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}{PNETCDF}")
    page.wait_for_selector("[data-drawn]")
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".card").get_by_text("relinked").first.wait_for()
    assert axe_violations(page) == []
    assert sideways(page) == 0


def test_on_a_narrow_screen_the_lanes_are_stacked(
    site: str, client: FlaskClient, narrow: Page
) -> None:
    narrow.goto(f"{site}{PNETCDF}")
    places = _places(narrow)
    nodes = picture_of(client, PNETCDF)["nodes"]
    lanes = [[places[n["id"]]["y"] for n in nodes if n["lane"] == lane] for lane in (0, 1)]
    assert max(lanes[0]) < min(lanes[1])
    assert {x for x, _ in _shifts(client, PNETCDF, narrow)} == {0}
    assert sideways(narrow) == 0
    assert axe_violations(narrow) == []


def test_the_picture_is_exported(site: str, page: Page) -> None:
    page.goto(f"{site}{PNETCDF}")
    page.wait_for_selector("[data-drawn]")
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    drawn = download.value.path().read_text("utf-8")
    for words in ("As built", "As deployed", "+ mvapich2", f"{MINUS} mpich"):
        assert f">{words}<" in drawn


def test_pages_without_a_picture_are_accessible(site: str, page: Page) -> None:
    page.goto(f"{site}/spec/hbtaopj/splice")
    assert axe_violations(page) == []


def _chain() -> tuple[dict[str, Any], ...]:
    first, second, third = (node("zlib", version) for version in ("1.1", "1.2", "1.3"))
    built = node("hdf5", "1.14", [(first, ["link"])])
    middle = node("hdf5", "1.14", [(second, ["link"])], build_spec=built)
    last = node("hdf5", "1.14", [(third, ["link"])], build_spec=middle)
    return last, third, middle, second, built, first


def test_splices_of_splices_are_shown_step_by_step(empty: FlaskClient) -> None:
    last, third, middle, second, built, first = _chain()
    upload(empty, dumped(document(last, third, middle, second, built, first)))
    base = f"/spec/{last['hash']}/splice"
    whole = text_of(empty, base)
    assert "It was spliced 2 times." in whole
    assert _exchanged(first, third) in whole
    one, two = (text_of(empty, f"{base}?step={step}") for step in (1, 2))
    assert _put(second, first) in one
    assert _put(third, second) in two
    titles = [picture_of(empty, f"{base}?step={step}")["lanes"] for step in (1, 2)]
    assert titles == [["As built", "After this step"], ["Before this step", "As deployed"]]
    for number, (old, new) in enumerate(((built, middle), (middle, last)), 1):
        step = f"Step {number} of 2: /{old['hash'][:7]} → to /{new['hash'][:7]}"
        assert step in one
        assert step in two
    pages = [empty.get(f"{base}?step={step}").get_data(as_text=True) for step in (1, 2)]
    assert f'rel="next" href="{base}?step=2"' in pages[0]
    assert 'rel="prev"' not in pages[0]
    assert f'rel="prev" href="{base}?step=1"' in pages[1]
    assert 'rel="next"' not in pages[1]
    assert "there is no step 3; it was spliced 2 times" in text_of(empty, f"{base}?step=3", 404)
    assert "is not the number of a step" in text_of(empty, f"{base}?step=x", 400)


def _put(new: dict[str, Any], old: dict[str, Any]) -> str:
    after, before = (f"zlib @{each['version']} /{each['hash'][:7]}" for each in (new, old))
    return f"This step put {after} in place of {before}."


def _exchanged(old: dict[str, Any], new: dict[str, Any]) -> str:
    before, after = (f"zlib @{each['version']} /{each['hash'][:7]}" for each in (old, new))
    return f"Built with {before}, deployed with {after}."


def test_specs_spliced_before_the_build_count_as_relinked(empty: FlaskClient) -> None:
    last, third, middle, second, built, first = _chain()
    below = [node("netcdf", "4.9", [(middle, ["link"])])]
    below.append(node("netcdf", "4.9", [(last, ["link"])], build_spec=below[0]))
    nodes = (*reversed(below), last, third, middle, second, built, first)
    upload(empty, dumped(document(*nodes)))
    answer = get(empty, f"/specs/{below[1]['hash']}/splice")
    assert {each["hash"]: each["build_spec"] for each in answer["relinked"]} == {
        below[1]["hash"]: below[0]["hash"],
        last["hash"]: middle["hash"],
    }
    assert [each["hash"] for each in answer["taken_out"]] == [second["hash"]]
    assert [each["hash"] for each in answer["put_in"]] == [third["hash"]]


def test_a_missing_build_spec_can_be_uploaded_later(empty: FlaskClient) -> None:
    _, third, _, _, built, first = _chain()
    spliced = node("hdf5", "1.14", [(third, ["link"])], build_spec=built)
    upload(empty, dumped(document(spliced, third)))
    address = f"/spec/{spliced['hash']}/splice"
    text = text_of(empty, address)
    assert "Its build spec is not stored yet" in text
    assert f"It was built as hdf5 /{built['hash'][:7]}" in text
    assert f"spack spec --json /{built['hash']} | specgraph load -" in text
    assert f"Its direct dependencies: zlib @1.3 /{third['hash'][:7]} link" in text
    upload(empty, dumped(document(built, first)))
    assert _exchanged(first, third) in text_of(empty, address)
    (chain,) = get(empty, f"/specs/{spliced['hash']}/why", dependency="zlib@1.1")["chains"]
    path = [spliced["hash"], built["hash"], first["hash"]]
    assert [each["hash"] for each in chain["path"]] == path
    base = f"/spec/{spliced['hash']}"
    why = picture_of(empty, f"{base}/why?dependency=zlib@1.1")
    assert [each["id"] for each in why["nodes"]] == path
    dag = picture_of(empty, f"{base}/dag?why=zlib@1.1")
    marked = [each["kind"] for each in dag["edges"] if each["role"] == "path"]
    assert marked == ["SPLICED_FROM", "DEPENDS_ON"]
