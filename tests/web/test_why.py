"""The page of why: every shortest chain, as a list and as a picture."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from tests.web.test_dag import MFEM, PATIENCE, labels, picture
from tests.web.watching import axe_violations, sideways


def test_the_chains_are_listed_and_drawn(client: FlaskClient) -> None:
    address = f"/spec/{MFEM}/why?dependency=xz"
    page = client.get(address).get_data(True)
    assert "<b>1 shortest chain</b>" in page
    assert page.count('<ol class="path">') == 1
    drawn = picture(client, address)
    assert labels(drawn) == ["mfem", "openmpi", "hwloc", "libxml2", "xz"]
    assert [each["role"] for each in drawn["nodes"]] == ["root", "plain", "plain", "plain", "path"]
    assert len(drawn["edges"]) == 4
    assert f'href="/spec/{MFEM}/dag?why=xz"' in page


def test_the_picture_holds_the_chains_of_all_pages(client: FlaskClient) -> None:
    answer = client.get(f"/api/v1/specs/{MFEM}/why?dependency=libiconv&limit=1000").get_json()
    hashes = {node["hash"] for chain in answer["chains"] for node in chain["path"]}
    drawn = picture(client, f"/spec/{MFEM}/why?dependency=libiconv&limit=1")
    assert {each["id"] for each in drawn["nodes"]} == hashes


def test_pages_link_forward_and_back(client: FlaskClient) -> None:
    first = client.get(f"/spec/{MFEM[:9]}/why?dependency=target%3Dx86_64_v3").get_data(True)
    found = re.search(r'<a href="([^"]*)" rel="next">', first)
    assert found is not None
    assert "<b>10</b> of <b>" in first
    second = client.get(found[1].replace("&amp;", "&")).get_data(True)
    assert "First page" in second


def test_a_chain_through_a_build_spec_says_so(client: FlaskClient) -> None:
    listed = client.get("/api/v1/specs?built_with=mpich@4&deployed_with=mvapich2").get_json()
    root = listed["items"][0]["hash"]
    page = client.get(f"/spec/{root}/why?dependency=mpich").get_data(True)
    assert "as it was built, not as it is deployed" in page
    assert '<span class="step spliced">built as</span>' in page


def test_without_a_dependency_the_page_asks_for_one(client: FlaskClient) -> None:
    page = client.get(f"/spec/{MFEM}/why").get_data(True)
    assert "Name a direct or indirect dependency in spec syntax" in page
    assert "why zlib-ng@" in page


@pytest.mark.parametrize(
    ("dependency", "status", "expected"),
    [
        ("xz@@5", 400, '<code class="faulty">xz<mark>@</mark>@5</code>'),
        ("xz@99", 200, "Nothing in this DAG satisfies <code>xz@99</code>"),
        ("/zzzzzzz", 200, "Nothing in this DAG satisfies"),
        ("mfem", 200, "the spec itself"),
    ],
)
def test_a_page_without_chains_says_why(
    client: FlaskClient, dependency: str, status: int, expected: str
) -> None:
    answer = client.get(f"/spec/{MFEM}/why", query_string={"dependency": dependency})
    assert answer.status_code == status
    assert expected in answer.get_data(True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits_a_phone(site: str, narrow: Page, scheme: Any) -> None:
    narrow.emulate_media(color_scheme=scheme)
    narrow.goto(f"{site}/spec/{MFEM}/why?dependency=xz")
    expect(narrow.locator("[data-drawn='5']")).to_be_visible(timeout=PATIENCE)
    assert axe_violations(narrow) == []
    assert sideways(narrow) == 0
