"""The tasks of docs/tasks.md on the demonstration, in a real Chromium and on the command line.

And its pages that other graphs of the tests have less to show on.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from cypher.run import Database
from service.app import create_app
from service.queries import completion
from tests.cli.commands import Commands
from tests.serving import served
from tests.web.conftest import PATIENT, serve
from tests.web.watching import axe_violations, sideways

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "tests" / "data" / "specs"
LINES = re.findall(
    r"^\| ([^|]+\?) \| ([^|]*?) ?\| `([^`]+)` \|$",
    (PROJECT / "docs" / "tasks.md").read_text("utf-8"),
    re.MULTILINE,
)


@pytest.fixture
def address(
    demonstration: Database, monkeypatch: pytest.MonkeyPatch, served_app: Flask
) -> Iterator[str]:
    monkeypatch.setattr(completion, "SECONDS", PATIENT)
    yield from serve(served_app)


class Visit:
    """A page, with the steps taken on it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.steps = page, address, 0

    def begin(self, path: str) -> "Visit":
        self.page.goto(self.address + path)
        return self

    def submit(self, **values: str) -> "Visit":
        """Fill the fields of a form and send it: one step."""
        for name, value in values.items():
            self.page.locator(f"[name={name}]").fill(value)
        self.page.locator(f"[name={name}]").press("Enter")
        return self._stepped()

    def follow(self, name: str) -> "Visit":
        """Click a link, or the head of a part that opens: one step."""
        self.page.locator("main").locator("a, summary").filter(has_text=name).first.click()
        return self._stepped()

    def _stepped(self) -> "Visit":
        self.steps += 1
        self.page.wait_for_load_state("load")
        return self

    def shows(self, *texts: str) -> None:
        for text in texts:
            self.page.locator("main").get_by_text(text).locator("visible=true").first.wait_for()
        assert 1 <= self.steps <= 2


def who_has_xz(visit: Visit) -> None:
    visit.begin("/").submit(deployed_with="xz").shows("145 roots", "adios2")


def built_and_deployed(visit: Visit) -> None:
    visit.begin("/").submit(built_with="mpich@4", deployed_with="mvapich2").shows(
        "parallel-netcdf@1.14.1", "mvapich2@2.3.7-1"
    )


def why_python(visit: Visit) -> None:
    visit.begin("/spec/lx3p57l").follow("Why").submit(dependency="python").shows(
        "1 shortest chain", "rdma-core@59.0"
    )


def differences(visit: Visit) -> None:
    visit.begin("/diff").submit(a="/22sp6oq", b="/2tiwe2p").shows("berkeley-db", "autoconf")


def why_it_failed(visit: Visit) -> None:
    visit.begin("/build/4792bbf").follow("No other build hit this error").shows("stencil")


def what_changed(visit: Visit) -> None:
    visit.begin("/regression").submit(q="stencil").shows("gcc@11.3.0", "gcc@12.2.0")


def owner_of_a_file(visit: Visit) -> None:
    visit.begin("/owners").submit(path="libstencil.so.1").shows("stencil@1.0", "lab-c")


def installed_on_a_date(visit: Visit) -> None:
    visit.begin("/installations").submit(on="2026-11-25").shows("lab-sim", "lab-b")


def the_cypher(visit: Visit) -> None:
    visit.begin("/spec/lx3p57l").follow("Show the Cypher").shows("MATCH")


IN_THE_BROWSER: tuple[Callable[[Visit], None], ...] = (
    *(who_has_xz, built_and_deployed, why_python, differences, why_it_failed),
    *(what_changed, owner_of_a_file, installed_on_a_date, the_cypher),
)


def test_the_page_lists_ten_tasks() -> None:
    assert len(LINES) == 10
    assert sum(bool(steps) for _, steps, _ in LINES) == len(IN_THE_BROWSER)


@pytest.mark.parametrize("task", IN_THE_BROWSER)
def test_a_task_takes_at_most_two_steps(
    page: Page, address: str, task: Callable[[Visit], None]
) -> None:
    task(Visit(page, address))


@pytest.mark.parametrize(
    "command", [command for _, _, command in LINES if command.startswith("specgraph ")]
)
def test_a_task_is_one_command(address: str, command: str) -> None:
    words = shlex.split(command)[1:]
    options = () if words[0] == "schema" else ("--url", address)
    assert Commands(*options).run(*words).output.count("\n") >= 1


def test_a_document_is_uploaded_with_curl(database: Database, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl here")
    (command,) = (command for _, _, command in LINES if command.startswith("curl "))
    shutil.copy(next(DOCUMENT.rglob("*.json")), tmp_path / "spec.json")
    with served(create_app(database)) as url:
        words = shlex.split(command.replace("http://127.0.0.1:8642", url))
        done = subprocess.run(
            [curl, "--silent", "--fail", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert '"new_specs"' in done.stdout


BROKEN, BUILT, OTHER_MPI = "nckk5fb", "pmkb7bf", "xrsorxv"
"""A splice that does not start, the spec that it was built as, and the MPI that was put in."""
LIBRARY, OTHER_LIBRARY = "h3hcllz", "ftfckej"
"""Two specs with a library of the same name."""
PAGES = (
    *("/", f"/spec/{BROKEN}", f"/spec/{BROKEN}/abi", "/environments", "/environments/diff"),
    *("/libraries?soname=libxmpi.so.1", "/symbols?name=printf", "/libraries/diff"),
    *("/libraries/diff?a=heat@2.0&b=fmpi-b", f"/libraries/diff?a={LIBRARY}&b={OTHER_LIBRARY}"),
    *("/plans", "/plans?q=heat&with=fmpi-b", "/fix?dependency=fmpi-a&with=fmpi-b"),
    f"/plan?target={BUILT}&replacement={OTHER_MPI}",
)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_of_splices_and_libraries_are_accessible_and_fit(
    page: Page, address: str, scheme: Any, width: int
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    for path in PAGES:
        page.goto(address + path)
        assert axe_violations(page) == [], path
        assert sideways(page) == 0, path
        for region in page.locator(".wide").all():
            assert region.evaluate("each => each.scrollWidth - each.clientWidth") <= 0, path


def test_an_ambiguous_spec_is_chosen_in_the_form(page: Page, address: str) -> None:
    page.goto(f"{address}/libraries/diff?a={LIBRARY}&b=fmpi-b&site=lab-c")
    expect(page.locator("h2").get_by_text("exports the same")).to_be_visible()
    page.goto(f"{address}/libraries/diff?a=heat@2.0&b={OTHER_LIBRARY}&site=lab-c")
    choices = page.get_by_role("list", name="Candidates for A").get_by_role("listitem")
    assert len(set(choices.all_inner_texts())) == choices.count() == 4
    choices.filter(has_text=BUILT).get_by_role("link").click()
    page.wait_for_url("**/libraries/diff?a=*&b=*&site=lab-c")
    expect(page.locator("main h2").first).to_contain_text("only in B")
    page.goto(f"{address}/libraries/diff?a=heat@9&b={OTHER_LIBRARY}")
    expect(page.get_by_role("alert")).to_contain_text("no heat has a version 9")


def hashes_without_button(main: Locator) -> list[str]:
    """Return the links to specs with the start of a hash that no button to copy it follows."""
    found: list[str] = main.evaluate(
        """main => [...main.querySelectorAll("a[href^='/spec/']")].filter(each =>
            /\\/[a-z2-7]{7}(?![a-z2-7])/.test(each.textContent)
            && !each.querySelector(".visually-hidden")
            && !/^\\/[a-z2-7]{32}$/.test(each.nextElementSibling?.dataset.copy ?? "")
        ).map(each => each.outerHTML)"""
    )
    return found


def test_every_hash_has_a_button_that_copies_it(page: Page, address: str) -> None:
    for path in (*PAGES, "/builds", "/diff?a=heat@2.0", f"/spec/{BROKEN}/splice", "/?q=heat"):
        page.goto(address + path)
        assert hashes_without_button(page.locator("main")) == [], path
    row = page.locator("table.rows tbody").filter(has_text=BROKEN)
    expect(row.locator("button[data-copy]")).to_have_count(1)
    button = row.get_by_role("button", name=f"Copy the hash {BROKEN}")
    expect(button).to_be_hidden()
    row.get_by_role("link", name=BROKEN).first.hover()
    button.click()
    expect(button).to_have_text(re.compile("Copied|Select and copy"))
