"""The page of dependents."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from tests.web.watching import axe_violations, sideways

ZLIB_NG = "awqjcmr"
MFEM = "q6xesjsc3cfnzxiwejn4md6hq43zx7p4"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "transitive=true",
        "runtime=true",
        "runtime=false",
        "transitive=true&runtime=true&roots_only=true",
    ],
)
def test_the_page_lists_the_same_specs_as_the_api(client: FlaskClient, query: str) -> None:
    page = client.get(f"/spec/{ZLIB_NG}/dependents?{query}").get_data(True)
    answer = client.get(f"/api/v1/specs/{ZLIB_NG}/dependents?{query}&limit=50").get_json()
    listed = re.findall(r'<th scope="row" class="plain"><a class="spec" href="/spec/(\w+)">', page)
    assert listed == [each["hash"] for each in answer["items"]]
    count = answer["total"]["count"]
    assert f"<b>{count} specs</b>" in page if count else "No stored spec depends" in page
    assert ("Next page" in page) == (answer["next"] is not None)


def test_pages_link_forward_and_back(client: FlaskClient) -> None:
    page = client.get(f"/spec/{ZLIB_NG}/dependents?transitive=true").get_data(True)
    found = re.search(r'<a href="([^"]*)" rel="next">', page)
    assert found is not None
    after = client.get(found[1].replace("&amp;", "&")).get_data(True)
    assert "First page" in after
    assert 'value="true" checked' in after


def test_not_at_run_time_means_direct_dependents(client: FlaskClient) -> None:
    answer = client.get(f"/spec/{ZLIB_NG}/dependents?runtime=false&transitive=true")
    assert answer.status_code == 200


def test_a_spec_without_dependents_says_so(client: FlaskClient) -> None:
    page = client.get(f"/spec/{MFEM}/dependents").get_data(True)
    assert "No stored spec depends on this one." in page
    assert "It is a root" in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits_a_phone(site: str, narrow: Page, scheme: Any) -> None:
    narrow.emulate_media(color_scheme=scheme)
    narrow.goto(f"{site}/spec/{ZLIB_NG}/dependents")
    assert axe_violations(narrow) == []
    assert sideways(narrow) == 0
