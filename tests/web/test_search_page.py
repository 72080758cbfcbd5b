"""The search page: completion, answers with their reasons, errors shown in their place."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page

from cypher.run import BudgetExceededError, Database
from service.queries import search
from tests.web.watching import SCHEMES, axe_violations, sideways

HEADLINE = "/?built_with=mpich@4&deployed_with=mvapich2"


@pytest.fixture
def empty_client(database: Database, shared_app: Flask) -> FlaskClient:
    return shared_app.test_client()


def words(text: str) -> str:
    """Return the text of a page without tags, with single blanks."""
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_the_headline_question_is_answered_with_reasons(client: FlaskClient) -> None:
    page = client.get(HEADLINE)
    assert page.status_code == 200
    item = client.get("/api/v1/specs" + HEADLINE[1:]).get_json()["items"][0]
    match = item["matches"]["deployed_with"][0]
    text = words(page.text)
    assert "Built with mpich@4 , deployed with mvapich2" in text
    assert "2 roots" in text
    assert "built as" in text
    for href in (
        f"/spec/{item['hash']}",
        f"/spec/{item['hash']}/splice",
        f"/spec/{item['hash']}/dag",
        f"/spec/{item['hash']}/why?dependency=mvapich2%2F{match['hash'][:10]}",
        "/api/v1/specs?built_with=mpich%404&amp;deployed_with=mvapich2",
    ):
        assert f'href="{href}"' in page.text


def test_an_address_holds_the_question_and_nothing_else(client: FlaskClient) -> None:
    asked = "/?built_with=mpich@4&deployed_with=&q=+&spliced_from=&spliced=&scope=roots"
    page = client.get(asked)
    assert (page.status_code, page.location) == (302, "/?built_with=mpich%404")
    assert client.get("/?q=&scope=roots").location == "/?scope=roots"


def test_pages_of_a_list_lead_on_to_its_end(client: FlaskClient) -> None:
    total = client.get("/api/v1/specs").get_json()["total"]["count"]
    seen: list[str] = []
    href = "/?scope=roots&limit=60"
    while href:
        text = client.get(href).text
        seen += re.findall(r'<th scope="row"><a class="spec" href="/spec/(\w+)"', text)
        found = re.search(r'href="([^"]+)" rel="next"', text)
        href = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == total


def test_all_specs_and_spliced_ones_can_be_asked_for(client: FlaskClient) -> None:
    asked = "?spliced=true&scope=all&q=hdf5"
    total = client.get(f"/api/v1/specs{asked}").get_json()["total"]["count"]
    assert f"{total} specs" in words(client.get(f"/{asked}").text)


def test_input_is_escaped(client: FlaskClient) -> None:
    page = client.get('/?q="><script>alert(1)</script>')
    assert page.status_code == 400
    assert "<script>alert" not in page.text


def test_a_syntax_error_is_shown_in_its_box(client: FlaskClient) -> None:
    page = client.get("/?q=hdf5@1.14:%2Bmpi ^ ^zlib&built_with=mpich@4")
    assert page.status_code == 400
    assert 'value="hdf5@1.14:+mpi ^ ^zlib"' in page.text
    assert 'value="mpich@4"' in page.text
    box = re.search(r'<input[^>]*id="q"[^>]*>', page.text)
    assert box is not None
    for part in (
        'aria-invalid="true"',
        "q-problem",
        'data-position="15" data-length="1"',
        "autofocus",
    ):
        assert part in box.group()
    assert "hdf5@1.14:+mpi <mark>^</mark> ^zlib" in page.text


def test_an_ambiguous_hash_offers_candidates(client: FlaskClient) -> None:
    hashes = [item["hash"] for item in client.get("/api/v1/specs?limit=200").get_json()["items"]]
    first = next(h for h in hashes if sum(other[0] == h[0] for other in hashes) > 1)
    page = client.get(f"/?deployed_with=/{first[0]}")
    assert page.status_code == 409
    assert "Write more of it" in page.text
    href = re.search(r'href="(/\?deployed_with=%2F\w{32})"', page.text)
    assert href is not None
    assert client.get(href.group(1)).status_code == 200


def test_a_question_that_took_too_long_gets_advice(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object, **__: object) -> None:
        raise BudgetExceededError("narrow it: name a package")

    monkeypatch.setattr(search, "find_specs", late)
    page = client.get("/?q=hdf5&scope=all&count=exact")
    assert page.status_code == 504
    assert "Narrow it: name a package." in page.text
    assert 'href="/?q=hdf5&amp;count=exact"' in page.text
    assert 'href="/?q=hdf5&amp;scope=all"' in page.text


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("any of (" + ", ".join(f"p{i}" for i in range(60)) + ")", "more than 50 specs"),
        ("hdf5&spliced=perhaps", "spliced: Not a valid boolean"),
        ("hdf5&cursor=abc", "from the first page"),
    ],
)
def test_other_errors_are_shown_on_the_page(client: FlaskClient, asked: str, message: str) -> None:
    page = client.get(f"/?q={asked}")
    assert page.status_code == 400
    assert message in page.text
    assert 'id="deployed_with"' in page.text


def test_a_question_without_an_answer_gets_suggestions(client: FlaskClient) -> None:
    text = client.get("/?q=hdf&built_with=mpihc").text
    assert "Nothing found" in text
    assert 'href="/?q=hdf5&amp;built_with=mpihc"' in text
    assert 'href="/?q=hdf&amp;built_with=mpich"' in text
    assert 'href="/?built_with=mpihc"' in text
    assert 'href="/?q=hdf&amp;built_with=mpihc&amp;scope=all"' in text


def test_the_examples_have_an_answer(client: FlaskClient) -> None:
    text = client.get("/").text
    sizes = re.findall(r"<dd>([\d,]+)</dd>", text)
    total = client.get("/api/v1/specs").get_json()["total"]["count"]
    assert sizes[0] == f"{total:,}"
    examples = re.findall(r'<li><a href="([^"]+)">', text)
    questions = [each.replace("&amp;", "&") for each in examples if each.startswith("/?")]
    assert "/?built_with=mpich%404&deployed_with=mvapich2" in questions
    for question in questions:
        assert re.search(r"\d+ roots?", words(client.get(question).text)), question
    assert 'href="/?q=hdf5"' in text


def test_an_empty_graph_shows_how_to_load_something(empty_client: FlaskClient) -> None:
    page = empty_client.get("/", headers={"Host": "192.0.2.7:8642"})
    assert "Nothing here yet" in page.text
    url = "http://192.0.2.7:8642"
    commands = [words(each) for each in re.findall(r"<pre[^>]*>(.*?)</pre>", page.text)]
    assert commands[0] == f"spack spec --json hdf5 | specgraph load --url {url} -"
    assert f"export SPECGRAPH_URL={url}" in commands
    assert page.text.count("data-copy") >= len(commands) - 1


def test_the_first_run_page_is_accessible_and_copies(
    empty_site: str, page: Page, narrow: Page
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(empty_site)
    page.locator("[data-copy]").first.click()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"spack spec --json hdf5 | specgraph load --url {empty_site} -"
    assert axe_violations(page) == []
    narrow.goto(empty_site)
    assert sideways(narrow) == 0


def test_the_pages_are_accessible_and_fit_a_phone(site: str, page: Page, narrow: Page) -> None:
    for path in ("/", HEADLINE, "/?q=hdf5 ^ ^zlib", "/?q=/2", "/?q=hdf&scope=all"):
        page.goto(site + path)
        assert sideways(page) == 0, path
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert axe_violations(page) == [], (path, scheme)
        narrow.goto(site + path)
        assert sideways(narrow) == 0, path


def test_a_box_is_completed_by_keyboard(site: str, page: Page) -> None:
    page.goto(site)
    box = page.locator("#built_with")
    assert box.evaluate("each => each === document.activeElement")
    page.keyboard.type("mpi")
    options = page.get_by_role("option")
    options.first.wait_for()
    assert options.first.inner_text().startswith("mpi")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    assert options.count() == 0
    page.keyboard.press("ArrowDown")
    options.first.wait_for()
    page.keyboard.press("ArrowDown")
    active = page.locator("[aria-selected=true] .text")
    assert active.inner_text() == "mpich"
    assert box.get_attribute("aria-activedescendant") == active.locator("..").get_attribute("id")
    page.keyboard.press("Tab")
    assert box.input_value() == "mpich"
    page.keyboard.type("@")
    options.first.wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert box.input_value() == "mpich@"


def test_words_and_the_middle_of_a_query_are_completed(site: str, page: Page) -> None:
    page.goto(site)
    page.locator("#q").focus()
    page.keyboard.type("hdf5 deploy")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#q").input_value() == "hdf5 deployed_with "
    page.get_by_role("option").first.wait_for()
    page.keyboard.type("mvap")
    page.get_by_role("option").filter(has_text="mvapich2").wait_for()
    page.get_by_role("option").filter(has_text="mvapich2").click()
    assert page.locator("#q").input_value() == "hdf5 deployed_with mvapich2"
    for _ in range(len(" deployed_with mvapich2")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("+m")
    page.get_by_role("option").filter(has_text="+mpi").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#q").input_value() == "hdf5+mpi deployed_with mvapich2"


def test_the_characters_of_an_error_are_selected(site: str, page: Page) -> None:
    page.goto(f"{site}/?q=hdf5 ^ ^zlib")
    selected = "[document.activeElement.id, window.getSelection().toString()]"
    assert page.evaluate(selected) == ["q", "^"]
