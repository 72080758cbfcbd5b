"""From a question to why, by keyboard alone."""

import re

from playwright.sync_api import Page, expect

MOST_TABS = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until a link, a button or a box of that name has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":is(a, button, input, summary):focus")
        if focused.count() and name in focused.evaluate(
            "each => each.getAttribute('aria-label') || each.innerText || each.id"
        ):
            return
    raise AssertionError(f"{name!r} is not reached by {MOST_TABS} tabs on {page.url}")


def test_a_question_leads_to_the_splice_and_to_why_by_keyboard_alone(site: str, page: Page) -> None:
    page.goto(site)
    options = page.get_by_role("option")
    page.keyboard.type("mpic")
    expect(options.first).to_contain_text("mpich")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("@4")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("id") == "deployed_with"
    page.keyboard.type("mvap")
    expect(options.first).to_contain_text("mvapich2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?built_with=mpich%404&deployed_with=mvapich2")
    expect(page.locator(":focus")).to_have_text("2 roots")

    tab_to(page, "Splice")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/spec/\w{32}/splice$"))
    expect(page.locator("h1")).to_contain_text("parallel-netcdf@1.14.1")
    expect(page.locator("main")).to_contain_text("mvapich2@2.3.7-1")
    page.locator(".canvas canvas").first.wait_for()

    tab_to(page, "Why")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/spec/\w{32}/why"))
    tab_to(page, "dependency")
    page.keyboard.press("Control+A")
    page.keyboard.type("mvap")
    expect(options.first).to_contain_text("mvapich2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"dependency=mvapich2\b"))
    chain = page.get_by_role("list", name="Chains").get_by_role("listitem").first
    expect(chain).to_contain_text("link as mpi")
    expect(chain).to_contain_text("mvapich2@2.3.7-1")
