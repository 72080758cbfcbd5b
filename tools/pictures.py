"""Screenshots for the documentation, taken of the running demonstration.

`make pictures` takes all of them, `python -m tools.pictures NAME...` only those named.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import requests
from playwright.sync_api import Browser, sync_playwright

from tools.chromium import launch_chromium
from tools.demonstration import PROJECT, run_demo
from tools.neo4j_browser_pictures import take_pictures

PICTURES = PROJECT / "docs" / "pictures"
SIZE = (1280, 800)
NEO4J_BROWSER = "neo4j-browser"


class Shot(NamedTuple):
    """A page and how it is shown.

    Attributes:
        path: Its address, with names in braces that `_find_examples` fills in.
        scheme: `light` or `dark`.
    """

    path: str
    width: int = SIZE[0]
    height: int = SIZE[1]
    scheme: str = "light"


SHOTS = {
    "search": Shot("/?built_with=mpich@4&deployed_with=mvapich2", height=560),
    "splice": Shot("/spec/{splice}/splice", height=980),
    "splice-dark": Shot("/spec/{splice}/splice", height=980, scheme="dark"),
    "splice-narrow": Shot("/spec/{splice}/splice", width=390, height=844),
    "why": Shot("/spec/{splice}/why?dependency=mvapich2"),
    "dag": Shot("/spec/{splice}/dag", height=1000),
    "impact": Shot("/impact?dependency=xz@5.6.1", height=900),
    "build": Shot("/build/{failed}"),
    "matrix": Shot("/matrix", height=560),
}


def _find_examples(url: str) -> dict[str, str]:
    """Return a spliced spec (`splice`) and a failed build (`failed`) of the demonstration."""

    def hashes(path: str) -> list[str]:
        answer = requests.get(f"{url}/api/v1{path}", timeout=60).json()
        return [each.get("uid") or each["hash"] for each in answer["items"]]

    (splice, *_) = hashes("/specs?built_with=mpich@4&deployed_with=mvapich2")
    (failed, *_) = hashes("/builds?status=failed&q=lab-fail-build")
    return {"splice": splice, "failed": failed}


def _take(chromium: Browser, url: str, name: str, examples: dict[str, str]) -> Path:
    shot = SHOTS[name]
    context = chromium.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url + shot.path.format_map(examples))
    for figure in page.locator("[data-picture]").all():
        figure.and_(page.locator("[data-drawn]")).wait_for()
    page.evaluate("document.activeElement?.blur()")
    target = PICTURES / f"{name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def main(names: list[str]) -> None:
    """Run the demonstration and take the named screenshots, all of them by default."""
    chosen = names or [*SHOTS, NEO4J_BROWSER]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        with run_demo(Path(folder) / "data") as demo:
            examples = _find_examples(demo.url)
            taken = [_take(chromium, demo.url, name, examples) for name in chosen if name in SHOTS]
            if NEO4J_BROWSER in chosen:
                page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
                taken += take_pictures(page, demo.connection, PICTURES)
        chromium.close()
    for picture in taken:
        print(f"{picture.relative_to(PROJECT)}  {picture.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
