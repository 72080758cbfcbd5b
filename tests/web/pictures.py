"""The pictures in the docs, taken of the running demonstration.

`make pictures` writes them anew, or `python -m tests.web.pictures NAME...` some of them.
"""

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import requests
from playwright.sync_api import Browser, sync_playwright

from tests.web.conftest import FLAGS, chromium_path
from tests.web.neo4j_browser import demonstrated
from tests.web.pictures_neo4j_browser import PICTURES, SIZE, neo4j_browser

NEO4J_BROWSER = "neo4j-browser"


class Shot(NamedTuple):
    """One page as it is seen.

    :ivar path: its address, with words in braces for what :func:`_found` knows.
    :ivar scheme: `light` or `dark`.
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


def _found(url: str) -> dict[str, str]:
    """What the demonstration holds: a splice and a failed build."""

    def hashes(path: str) -> list[str]:
        answer = requests.get(f"{url}/api/v1{path}", timeout=60).json()
        return [each.get("uid") or each["hash"] for each in answer["items"]]

    (splice, *_) = hashes("/specs?built_with=mpich@4&deployed_with=mvapich2")
    (failed, *_) = hashes("/builds?status=failed&q=lab-fail-build")
    return {"splice": splice, "failed": failed}


def _take(chromium: Browser, url: str, name: str, found: dict[str, str]) -> Path:
    shot = SHOTS[name]
    context = chromium.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url + shot.path.format_map(found))
    for figure in page.locator("[data-picture]").all():
        figure.and_(page.locator("[data-drawn]")).wait_for()
    page.evaluate("document.activeElement?.blur()")
    target = PICTURES / f"{name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def main(names: list[str]) -> None:
    """Run the demonstration and take the pictures that are named, all by default."""
    wanted = names or [*SHOTS, NEO4J_BROWSER]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        with demonstrated(Path(folder) / "data") as demo:
            found = _found(demo.url)
            taken = [_take(chromium, demo.url, name, found) for name in wanted if name in SHOTS]
            if NEO4J_BROWSER in wanted:
                page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
                taken += neo4j_browser(page, demo.connection)
        chromium.close()
    for picture in taken:
        print(f"{picture.relative_to(Path.cwd())}  {picture.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
