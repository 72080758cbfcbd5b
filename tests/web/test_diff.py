"""The page that compares two specs: its boxes, its table, its picture."""

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from service.app import create_app
from service.dags.diff import PackageDiff, SpecPair
from service.dags.labels import SpecLabel
from service.dags.pairing import FieldChanges
from service.web import diff
from service.web.pictures import diff as diff_picture
from service.web.pictures.differences import (
    DifferingField,
    DifferingPackage,
    SpecRow,
    differing_packages,
)
from tests.service.answers import get
from tests.web.reading import html_of, links_in, picture_in, rows_of, text_in
from tests.web.watching import axe_violations, sideways

BUILT, SPLICED = "hbtaopj", "lx3p57l"
"""Parallel-netcdf as built with mpich, and spliced to mvapich2."""
BOTH = f"/diff?a=/{BUILT}&b=/{SPLICED}"
TAKEN_OUT = {
    *("autoconf", "automake", "findutils", "hwloc", "libfabric", "libsigsegv", "libtool", "m4"),
    *("mpich", "yaksa"),
}
PUT_IN = {"libnl", "mvapich2", "python-venv", "rdma-core"}


def two_petscs(client: FlaskClient) -> str:
    specs = get(client, "/specs", q="petsc")["items"]
    old, new = (next(s for s in specs if s["version"] == v) for v in ("3.21.6", "3.24.1"))
    return f"/diff?a={old['hash']}&b={new['hash']}"


def test_packages_stand_in_two_columns_the_roots_first(client: FlaskClient) -> None:
    html = html_of(client, BOTH)
    rows = rows_of(html, "packages")
    assert rows[:3] == [
        ["parallel-netcdf changed", "@1.14.1 /hbtaopj", "@1.14.1 /lx3p57l"],
        ["spliced", "no", "yes"],
        ["dependencies", "compiler-wrapper gcc gmake m4 mpich perl", "mvapich2"],
    ]
    changes = {row[0]: [cell == "not there" for cell in row[1:]] for row in rows[3:]}
    assert changes == {
        **{f"{name} only in A": [False, True] for name in TAKEN_OUT},
        **{f"{name} only in B": [True, False] for name in PUT_IN},
    }
    counts = "15 packages differ 1 changed 10 only in A 4 only in B 0 only further down"
    assert f"{counts} 32 specs the same" in text_in(html)
    assert "Compilers: gcc@12.2.0 in both" in text_in(html)


def test_the_page_agrees_with_the_api(client: FlaskClient) -> None:
    address = two_petscs(client)
    for given, runtime in (("", False), ("&types=link,run", True)):
        html = html_of(client, address + given)
        sides = dict(parse_qsl(urlsplit(address).query))
        answer = get(client, "/diff", **sides, runtime=runtime)
        assert f"{len(answer['entries'])} packages differ" in text_in(html)
        same = f"{answer['same']} spec{'s' * (answer['same'] != 1)} the same"
        assert same in text_in(html)
        rows = [row for row in rows_of(html, "packages") if row[1].startswith(("@", "not"))]
        assert Counter(row[0].split()[0] for row in rows) == Counter(
            name
            for entry in answer["entries"]
            for name in [entry["name"]] * max(len(entry["a"]), len(entry["b"]))
        )
        assert {row[0].split()[0] for row in rows if "changed" in row[0]} == {
            entry["name"] for entry in answer["entries"] if entry["change"] == "changed"
        }


def test_one_kind_of_change_is_shown_alone_and_long_lists_are_paged(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "PAGE", 4)
    address: str | None = f"{BOTH}&change=removed"
    names: list[str] = []
    while address:
        html = html_of(client, address)
        names += [row[0].removesuffix(" only in A") for row in rows_of(html, "packages")]
        address = links_in(html).get("Next page")
    assert names == sorted(TAKEN_OUT)
    assert "change: one of" in text_in(html_of(client, f"{BOTH}&change=whatever", 400))
    assert "deptypes: any of" in text_in(html_of(client, f"{BOTH}&types=whatever", 400))


def test_the_picture_draws_differences_and_folds_shared_specs(client: FlaskClient) -> None:
    picture = picture_in(html_of(client, BOTH))
    assert {node["label"]: node["role"] for node in picture["nodes"]} == {
        "parallel-netcdf": "changed",
        **dict.fromkeys(TAKEN_OUT, "taken-out"),
        **dict.fromkeys(PUT_IN, "put-in"),
        "32 the same": "fold",
    }
    labels = {node["id"]: node["label"] for node in picture["nodes"]}
    of_root = {
        labels[edge["target"]]: edge["role"]
        for edge in picture["edges"]
        if labels[edge["source"]] == "parallel-netcdf"
    }
    assert of_root == {"mpich": "taken-out", "mvapich2": "put-in"}
    (root,) = (node for node in picture["nodes"] if node["label"] == "parallel-netcdf")
    assert root["badges"] == ["root", "spliced", "dependencies"]
    assert picture["start"] == root["id"]


def test_a_large_difference_is_folded(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = two_petscs(client)
    nodes = picture_in(html_of(client, address))["nodes"]
    folds = [node["label"] for node in nodes if node["role"] == "fold"]
    assert folds == ["31 differ further down"]
    (petsc,) = (node for node in nodes if node["label"] == "petsc")
    assert petsc["note"] == "@3.21.6 → @3.24.1"
    monkeypatch.setattr(diff_picture, "MOST", 5)
    picture = picture_in(html_of(client, address))
    drawn = {node["id"]: node for node in picture["nodes"]}
    assert sum(node["role"] in ("changed", "put-in", "taken-out") for node in drawn.values()) <= 8
    assert any("more that differ" in node["label"] for node in drawn.values())
    assert {end for e in picture["edges"] for end in (e["source"], e["target"])} <= drawn.keys()


def test_equal_specs_and_specs_with_nothing_in_common(client: FlaskClient) -> None:
    html = html_of(client, f"/diff?a=/{BUILT}&b=/{BUILT}")
    assert "Both are the same spec." in text_in(html)
    assert "<figure" not in html
    xz = get(client, "/specs", q="xz")["items"][0]["hash"]
    picture = picture_in(html_of(client, f"/diff?a={xz}&b=/{SPLICED}&types=link,run"))
    tops = {node["label"]: node["role"] for node in picture["nodes"] if "root" in node["badges"]}
    assert tops == {"xz": "changed", "parallel-netcdf": "put-in"}


def test_a_box_takes_a_spec_and_offers_candidates(client: FlaskClient) -> None:
    only = get(client, "/specs", q="gromacs")["items"]
    assert len(only) == 1
    assert f"/{only[0]['hash'][:7]}" in text_in(html_of(client, "/diff?a=gromacs&b=gromacs"))
    html = html_of(client, "/diff?a=hdf5@1.12:&b=gromacs&types=link,run")
    found = get(client, "/specs", q="hdf5@1.12:", limit=1000)["items"]
    assert f"{len(found)} specs match. Which one?" in text_in(html)
    links = links_in(html)
    for spec in found:
        href = links[f"hdf5 @{spec['version']} /{spec['hash'][:7]}"]
        assert href == f"/diff?a={spec['hash']}&b={only[0]['hash']}&types=link%2Crun"
    assert "mpi openmpi@5.0.8" in text_in(html)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hdf5@@1", "hdf5 @ @1"),
        ("/zzzzzzz", "no spec has a hash that starts with zzzzzzz"),
        ("nobody-has-this", "no spec matches"),
        ("//", "//"),
    ],
)
def test_a_box_shows_its_error(client: FlaskClient, text: str, expected: str) -> None:
    html = html_of(client, f"/diff?a={text}&b=hdf5", 400)
    assert expected in text_in(html)
    assert 'role="alert" id="a-fault"' in html
    assert 'aria-describedby="a-fault"' in html


def test_a_short_hash_means_its_spec_or_those_that_share_it(client: FlaskClient) -> None:
    assert "Compare with" in text_in(html_of(client, f"/diff?a={BUILT}"))
    assert "at least" in text_in(html_of(client, "/diff?a=/a"))


def test_one_spec_is_offered_others_to_compare_with(client: FlaskClient) -> None:
    for side, other in (("a", "b"), ("b", "a")):
        html = html_of(client, f"/diff?{side}=/{SPLICED}")
        assert "what it was built as" in text_in(html)
        (href,) = (link for text, link in links_in(html).items() if text.endswith(f"/{BUILT}"))
        assert f"{side}=%2F{SPLICED}" in href
        assert f"{other}={BUILT}" in href
    swapped = links_in(html_of(client, BOTH))["Swap A and B"]
    assert swapped == f"/diff?a=%2F{SPLICED}&b=%2F{BUILT}"


def test_every_example_shows_a_difference(client: FlaskClient) -> None:
    links = [href for href in links_in(html_of(client, "/diff")).values() if "?a=" in href]
    assert len(links) == 6
    for href in links:
        assert "differ" in text_in(html_of(client, href))


def _spec(hash_: str, version: str) -> SpecLabel:
    return {"uid": hash_, "hash": hash_, "name": "gcc", "version": version}


def test_fields_that_differ_are_written_as_spack_does() -> None:
    old, new, third = _spec("a", "12"), _spec("b", "13"), _spec("c", "14")
    changes: FieldChanges = {
        "version": ("12", "13"),
        "compiler_version": ("11", "12"),
        "external": (True, False),
        "namespace": (None, "lab"),
        "variants": (["x=true"], ["x=false", "y=1"]),
        "deptypes": ({"zlib": ["link"]}, {"zlib": []}),
    }
    pairs = [SpecPair(old, new, changes)]
    several = PackageDiff("gcc", "changed", [old], [new, third], pairs=pairs)
    fields = [
        DifferingField("compiler", ["@11"], ["@12"]),
        DifferingField("external", ["yes"], ["no"]),
        DifferingField("namespace", [], ["lab"]),
        DifferingField("variants", ["+x"], ["~x", "y=1"]),
        DifferingField("dependency types", ["zlib: link"], ["zlib: none"]),
    ]
    rows = [SpecRow("changed", old, new, fields), SpecRow("added", None, third)]
    assert differing_packages([several]) == [DifferingPackage("gcc", "changed", rows)]
    assert rows[0].field_names[0] == "version"


def test_the_picture_is_drawn_and_navigated_by_keyboard(site: str, page: Page) -> None:
    page.goto(f"{site}{BOTH}")
    page.locator("[data-drawn]").wait_for()
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "only in " in page.locator(".said").inner_text()
    page.keyboard.press("Enter")
    card = page.locator(".card")
    card.get_by_role("heading").wait_for()
    page.keyboard.press("Escape")
    assert not card.is_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_violations(page) == []


def test_the_page_fits_a_phone(site: str, narrow: Page) -> None:
    for address in (BOTH, "/diff?a=hdf5&b=parallel-netcdf", "/diff", f"/diff?a=/{SPLICED}"):
        narrow.goto(site + address)
        assert sideways(narrow) == 0


def test_an_empty_graph_has_no_examples(database: Database) -> None:
    empty = create_app(database, {"TESTING": True}).test_client()
    assert "There is nothing to compare yet." in text_in(html_of(empty, "/diff"))
