"""Screenshots for the documentation, taken of the running demonstration.

`make pictures` takes all of them, `python -m tools.pictures NAME...` only those named.
`python -m tools.pictures --every FOLDER [WORD]` takes every page in four forms, to look at them:
1280 and 390 pixels wide, light and dark; with WORD only pages whose address contains it.
"""

import re
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import NamedTuple

import requests
from playwright.sync_api import Browser, Page, sync_playwright

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


EVERY = (
    *("/", "/?q=hdf5&scope=all", "/?q=hdf5@9.9", "/impact?dependency=xz@5.6.1", "/facets"),
    *("/spec/{splice}", "/spec/{splice}/splice", "/spec/{splice}/dag", "/spec/{splice}/files"),
    *("/spec/{splice}/why?dependency=mvapich2", "/spec/{splice}/dependents"),
    *("/spec/{splice}/variations", "/spec/hdf5@1.14/why?dependency=zlib"),
    *("/diff?a={splice}&b=hdf5@1.12", "/diff?a=hdf5@1.14&b=", "/plan", "/plan?target={splice}"),
    *("/plan?target={target}&replacement={replacement}", "/fix?dependency=mpich&with=mvapich2"),
    *("/builds", "/build/{failed}", "/build/{failed}/log", "/matrix", "/regression?q=stencil"),
    *("/diagnostics", "/trends", "/tests", "/concretizations", "/sites", "/installations"),
    *("/environments", "/environments/diff", "/nearest?spec=hdf5@1.99", "/mirrors", "/audit"),
    *("/owners?path=lib", "/common?hashes={splice},{target}", "/conflicts", "/browser"),
    *("/plans", "/plans?q=/{target}&with=/{replacement}", "/spec/{broken}/abi"),
    *("/libraries?soname=libxmpi.so.1", "/symbols?name=printf", "/libraries/diff"),
    *("/libraries/diff?a=heat@2.0&b=fmpi-b", "/libraries/diff?a=/{library}&b=/{other_library}"),
    *("/manual", "/manual/planning", "/login"),
)
"""Addresses of all pages."""


def _find_examples(url: str) -> dict[str, str]:
    """Return the hashes of specs and builds of the demonstration that addresses name."""

    def hashes(path: str) -> list[str]:
        answer = requests.get(f"{url}/api/v1{path}", timeout=60).json()
        return [each.get("uid") or each["hash"] for each in answer["items"]]

    (splice, *_) = hashes("/specs?built_with=mpich@4&deployed_with=mvapich2")
    (failed, *_) = hashes("/builds?status=failed&q=lab-fail-build")
    plan = requests.get(f"{url}/api/v1/specs/{splice}/plan", timeout=60).json()["plan"]
    pair = {each: plan[each]["hash"] for each in ("target", "replacement")}
    (broken, *_) = hashes("/specs?spliced=true&deployed_with=fmpi-c")
    owners = hashes("/libraries?soname=libxmpi.so.1")
    libraries = {"library": owners[0], "other_library": owners[-1]}
    return {"splice": splice, "failed": failed, "broken": broken, **pair, **libraries}


def _take_every(folder: Path, word: str) -> None:
    """Take every page whose address contains a word, in four forms, and name those too wide."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        with run_demo(Path(data) / "data") as demo:
            examples = _find_examples(demo.url)
            for scheme, width in product(("light", "dark"), (SIZE[0], 390)):
                context = chromium.new_context(
                    viewport={"width": width, "height": SIZE[1]},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                for address in EVERY:
                    if word not in address:
                        continue
                    _open(page, demo.url + address.format_map(examples))
                    name = re.sub(r"\W+", "-", address).strip("-") or "search"
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                    if wide > 0:
                        print(f"{address}: {wide} pixels too wide at {width}")
                context.close()
        chromium.close()


def _open(page: Page, address: str) -> None:
    """Open a page and wait for its pictures."""
    page.goto(address)
    for figure in page.locator("[data-picture]").all():
        figure.and_(page.locator("[data-drawn]")).wait_for()
    page.evaluate("document.activeElement?.blur()")


def _take(chromium: Browser, url: str, name: str, examples: dict[str, str]) -> Path:
    shot = SHOTS[name]
    context = chromium.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
    )
    page = context.new_page()
    _open(page, url + shot.path.format_map(examples))
    target = PICTURES / f"{name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def main(names: list[str]) -> None:
    """Run the demonstration and take the named screenshots, all of them by default."""
    if names[:1] == ["--every"]:
        _take_every(Path(names[1]), "".join(names[2:3]))
        return
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
