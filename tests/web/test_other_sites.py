"""A page of another site, in a real browser, can neither write to the service nor read it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from cypher.run import Database
from tests.documents import named
from tests.graph import value
from tests.serving import served
from tools.chromium import FLAGS, find_chromium

DOCUMENT = named("zlib-1.3.1").read_text()
FORM = """(action, text) => {
  const form = Object.assign(document.createElement('form'),
    {action, method: 'post', enctype: 'text/plain'});
  const field = Object.assign(document.createElement('input'), {name: text});
  form.append(field); document.body.append(form); form.submit();
}"""
SEND = """([address, body]) => fetch(address, {method: 'POST', mode: 'no-cors', body})
  .then(answer => answer.type, () => 'refused')"""
READ = "address => fetch(address).then(answer => answer.text(), () => 'refused')"


@pytest.fixture
def hostile(chromium: Browser) -> Iterator[Page]:
    """A page of another origin, in a browser to which evil.example.com is this machine."""
    rule = "--host-resolver-rules=MAP evil.example.com 127.0.0.1"
    browser = chromium.browser_type.launch(executable_path=find_chromium(), args=[*FLAGS, rule])
    app = Flask("hostile")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>x</title><body>")
    with served(app) as address:
        page = browser.new_page()
        page.goto(address)
        yield page
        browser.close()


def count_specs(database: Database) -> object:
    return value(database, "MATCH (s:Spec) RETURN count(s)")


def test_page_of_another_origin_cannot_upload(
    empty_site: str, database: Database, hostile: Page
) -> None:
    assert hostile.evaluate(SEND, [f"{empty_site}/api/v1/specs", DOCUMENT]) == "refused"
    with hostile.expect_navigation() as navigation:
        hostile.evaluate(f"({FORM})({empty_site + '/api/v1/specs'!r}, {DOCUMENT!r})")
    assert navigation.value.status == 403
    assert count_specs(database) == 0


def test_page_of_another_origin_cannot_read(site: str, hostile: Page) -> None:
    assert hostile.evaluate(READ, f"{site}/api/v1/specs") == "refused"


def test_name_that_resolves_to_this_machine_reads_nothing(site: str, hostile: Page) -> None:
    rebound = site.replace("127.0.0.1", "evil.example.com")
    for path in ("/", "/api/v1/specs", "/openapi.json"):
        answer = hostile.goto(rebound + path)
        assert answer is not None
        assert answer.status == 421
        assert "mvapich2" not in hostile.content()
