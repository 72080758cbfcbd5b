"""Pictures in a browser: edges pass no node, attention, cards, the map, work in progress."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.reading import html_of, picture_in, rows_of
from tests.web.watching import axe_violations, sideways

MFEM, HDF5, PNETCDF = "/spec/q6xesjs/dag", "/spec/zeawwop/dag", "/spec/lx3p57l/splice"
MANY_RELINKED = "/spec/r3k5jpb/splice"
"""An hdf5 with 21 relinked specs, of which most depend on an exchanged gcc-runtime."""
PICTURES = (
    *(MFEM, HDF5, f"{PNETCDF}?kept=all", "/spec/i7usu2k/splice?relinked=all", MANY_RELINKED),
    *("/diff?a=/lx3p57l&b=/hbtaopj", "/impact?dependency=xz", "/spec/lx3p57l/why?dependency=xz"),
)
PATIENCE = 30_000
# Rounding corners keeps a line within its bends, so it is enough to look at straight segments. The
# ghost on top of a node belongs to it.
_FAULTS = """() => {
  const cy = document.querySelector('[data-picture]').view.cy;
  const nodes = cy.nodes().not('.of-lane').map((node) => {
    const { x, y } = node.position();
    const [w, h] = [node.width() / 2, node.height() / 2];
    return { id: node.id(), x1: x - w + 1, x2: x + w - 1, y1: y - h + 1, y2: y + h - 1 };
  });
  const touching = (a, b) => Math.abs(a.x1 + a.x2 - b.x1 - b.x2) < 2
    && a.y1 <= b.y2 + 4 && b.y1 <= a.y2 + 4;
  const hits = (a, b, box) => {
    for (let i = 0; i <= 200; i++) {
      const [x, y] = [a.x + (b.x - a.x) * i / 200, a.y + (b.y - a.y) * i / 200];
      if (x > box.x1 && x < box.x2 && y > box.y1 && y < box.y2) return true;
    }
    return false;
  };
  const faults = [];
  for (const edge of cy.edges().toArray()) {
    const ends = [edge.source().id(), edge.target().id()];
    const own = nodes.filter((box) => ends.includes(box.id));
    const line = [edge.sourceEndpoint(), ...(edge.segmentPoints() ?? []), edge.targetEndpoint()];
    const wanted = edge.data('points');
    const away = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) > 1;
    if (line.length !== wanted.length || line.some((each, index) => away(each, wanted[index])))
      faults.push(`${edge.id()} is not where it was routed`);
    for (const box of nodes)
      if (!own.some((each) => each === box || touching(each, box)))
        line.slice(1).forEach((end, index) => {
          if (hits(line[index], end, box)) faults.push(`${edge.id()} passes ${box.id}`);
        });
  }
  return [cy.edges().length, faults];
}"""


def open_picture(page: Page, address: str) -> None:
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("[data-drawn]")


def looked_at(page: Page, script: str) -> Any:
    """Evaluate a script in which `cy` is the picture."""
    return page.evaluate(
        f"() => {{ const cy = document.querySelector('[data-picture]').view.cy; return {script}; }}"
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_no_edge_passes_a_node(site: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for address in PICTURES:
        open_picture(page, f"{site}{address}")
        number, faults = page.evaluate(_FAULTS)
        assert number > 0, address
        assert faults == [], address


def test_many_relinked_specs_are_folded(client: FlaskClient) -> None:
    html = html_of(client, MANY_RELINKED)
    shown, whole = (
        picture_in(each) for each in (html, html_of(client, f"{MANY_RELINKED}?relinked=all"))
    )
    folds = [each for each in shown["nodes"] if each["label"].endswith(" relinked")]
    assert [each["lane"] for each in folds] == [0, 1]
    (label,) = {each["label"] for each in folds}
    assert {each["note"] for each in folds} == {"because of what they depend on"}
    drawn = [each for each in shown["nodes"] if each["role"] == "relinked" and each["lane"]]
    assert len(drawn) + int(label.split()[0]) == 21
    assert drawn[0]["label"] == "hdf5"

    def exchanged(picture: dict[str, Any]) -> list[str]:
        roles = ("put-in", "taken-out", "ghost")
        return sorted(each["id"] for each in picture["nodes"] if each["role"] in roles)

    assert exchanged(shown) == exchanged(whole)
    assert len([n for n in whole["nodes"] if n["role"] == "relinked"]) == 42
    ends = {end for each in shown["edges"] for end in (each["source"], each["target"])}
    alone = [each for each in shown["nodes"] if each["id"] not in ends]
    assert {each["role"] for each in alone} <= {"ghost"}
    assert ends <= {each["id"] for each in shown["nodes"]}
    assert '>draw<span class="visually-hidden"> the relinked specs' in html


def test_the_pointer_fades_all_but_the_neighbours(site: str, page: Page) -> None:
    open_picture(page, f"{site}{MFEM}")
    x, y = looked_at(page, "Object.values(cy.$('node[text ^= \"hypre\"]').renderedPosition())")
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.wait_for_function("document.querySelector('[data-picture]').view.cy.$('.faded').length")
    kept = looked_at(
        page, "cy.nodes().not('.faded').map((each) => each.data('text').split('\\n')[0])"
    )
    assert set(kept) == {"hypre", "mfem", "openmpi", "openblas"}
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.wait_for_function("!document.querySelector('[data-picture]').view.cy.$('.faded').length")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_card_opens_and_closes_and_moves_nothing(site: str, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    open_picture(page, f"{site}{PNETCDF}")
    page.locator(".canvas").press("ArrowDown")
    page.wait_for_timeout(100)

    def places() -> Any:
        script = "[cy.zoom(), cy.pan(), cy.width(), cy.height(), scrollX, scrollY]"
        return looked_at(page, f"{script}.concat(document.documentElement.scrollHeight)")

    before = places()
    page.locator(".canvas").press("Enter")
    card = page.locator(".card")
    card.get_by_text("relinked").first.wait_for()
    assert places() == before
    assert sideways(page) == 0
    card.get_by_role("button", name="Close").click()
    assert card.is_hidden()
    assert places() == before
    assert page.locator(".canvas").evaluate("canvas => document.activeElement === canvas")


def test_nodes_are_found_by_their_text(site: str, page: Page) -> None:
    open_picture(page, f"{site}{MFEM}")
    page.locator(".canvas").press("/")
    box = page.get_by_label("Find in the picture")
    expect(box).to_be_focused()
    page.keyboard.type("lib")
    said = page.locator(".said")
    expect(said).to_have_text(re.compile(r"^\d+ nodes match; Enter shows the next\.$"))
    number = int((said.text_content() or "").split()[0])
    assert number > 1
    assert looked_at(page, "cy.nodes().not('.faded').length") == number
    found = set()
    for index in range(1, number + 1):
        page.keyboard.press("Enter")
        expect(said).to_have_text(re.compile(rf"lib.*, {index} of {number}$"))
        found.add(page.url)
    assert len(found) == number
    page.keyboard.press("Escape")
    assert looked_at(page, "cy.$('.faded').length") == 0
    expect(page.locator(".canvas")).to_be_focused()


def test_a_picture_fills_the_screen(site: str, page: Page) -> None:
    open_picture(page, f"{site}{MFEM}")
    button = page.get_by_role("button", name="Full screen")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    size = page.locator("[data-picture]").bounding_box()
    assert size is not None
    window = page.evaluate("[innerWidth, innerHeight]")
    assert [size["width"], size["height"]] == window
    assert axe_violations(page) == []
    page.locator(".canvas").press("f")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_map_shows_and_moves_what_is_visible(site: str, page: Page) -> None:
    open_picture(page, f"{site}{HDF5}")
    small = page.locator(".minimap")
    expect(small).to_be_visible()
    before = looked_at(page, "cy.pan()")
    small.click(position={"x": 150, "y": 50})
    assert looked_at(page, "cy.pan()") != before
    page.get_by_role("button", name="Fit").click()
    expect(small).to_be_hidden()


def test_a_layout_being_computed_is_seen(site: str, page: Page) -> None:
    held: list[Route] = []
    page.route("**/layout.worker.js*", lambda route: held.append(route))
    page.goto(f"{site}{MFEM}")
    figure = page.locator("[data-picture]")
    expect(figure).to_have_attribute("aria-busy", "true")
    shown = figure.locator(".stage").evaluate("e => getComputedStyle(e, '::after').content")
    assert "Computing the layout" in shown
    page.wait_for_timeout(50)
    held[0].continue_()
    expect(figure).to_have_attribute("data-drawn", "33", timeout=PATIENCE)
    assert figure.get_attribute("aria-busy") is None


def test_a_picture_that_cannot_be_drawn_names_the_table(site: str, chromium: Browser) -> None:
    page = chromium.new_page()
    page.route("**/layout.worker.js*", lambda route: route.abort())
    page.goto(f"{site}{MFEM}")
    expect(page.locator(".said")).to_contain_text("The picture could not be drawn")
    assert page.locator("[data-picture]").get_attribute("aria-busy") is None
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_impact_fits_a_phone(site: str, client: FlaskClient, narrow: Page, scheme: Any) -> None:
    address = "/impact?dependency=xz"
    narrow.emulate_media(color_scheme=scheme)
    open_picture(narrow, f"{site}{address}")
    assert sideways(narrow) == 0
    assert axe_violations(narrow) == []
    # The dependency is in view, with dependents to the left of it.
    (seen, others) = looked_at(
        narrow,
        "[cy.$('.root').renderedPosition(), cy.$('.root').incomers('node').map("
        "(each) => each.renderedPosition('x'))]",
    )
    assert 0 < seen["x"] < 390
    assert max(others) < seen["x"]
    number = len(rows_of(html_of(client, address), "packages"))
    rows = narrow.locator("#packages tbody tr")
    assert rows.count() == number
    widths = rows.evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().width)")
    assert max(widths) <= 390
