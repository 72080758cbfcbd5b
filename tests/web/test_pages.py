"""What all pages share: their address, their headers, errors, reading by anyone."""

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import Database
from service.app import create_app
from tests.web.watching import axe_violations, sideways


@pytest.fixture
def client(filled: Database) -> FlaskClient:
    return create_app(filled, {"TESTING": True}).test_client()


def a_splice(client: FlaskClient) -> str:
    answer = client.get("/api/v1/specs?built_with=mpich@4&deployed_with=mvapich2").get_json()
    return str(answer["items"][0]["hash"])


def test_a_page_of_a_spec(site: str, client: FlaskClient, page: Page) -> None:
    page.goto(f"{site}/spec/{a_splice(client)}")
    assert page.locator("h1").inner_text().startswith("parallel-netcdf@")
    page.locator("summary").click()
    assert "MATCH (s:Spec {hash: $hash})" in page.locator("details.cypher").inner_text()
    assert axe_violations(page) == []
    assert sideways(page) == 0
