"""What the search page shows before anybody asked: how much there is, and what could be asked."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.web.views import address

SPECS, SPLICES = 5_000, 500
"""How many are looked at."""
_PACKAGES = 24
_EXCHANGES = 3
_BUILD_TOOLS = ("cmake", "meson", "autoconf", "gmake")
_LIBRARIES = ("xz", "openssl", "zlib", "zlib-ng", "curl")
_VERSION = re.compile(r"(\d+)(?:\.\d+)?")


@dataclass(frozen=True)
class Example:
    """A question that the graph has an answer to; `parts` are words and, between them, specs."""

    href: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """A way to load something.

    :ivar what: what it loads.
    :ivar text: the command.
    """

    what: str
    text: str


def graph_size(database: Database) -> dict[str, int]:
    """How many specs, roots, splices and builds there are."""
    return dict(database.read("graph_size")[0])


def packages(database: Database, roots: int) -> dict[str, Any]:
    """The packages with most roots, and whether they were counted or only sampled."""
    record = database.read("packages_sampled", looked_at=SPECS, limit=_PACKAGES)[0]
    keys = ("name", "count", "newest")
    found = [dict(zip(keys, each, strict=True)) for each in record["packages"]]
    return {"packages": found, "exact": record["roots"] == roots}


def examples(database: Database, found: list[dict[str, Any]]) -> Iterator[Example]:
    """Some questions.

    :param found: the packages with most roots.
    """
    exchanged = database.read("exchanged", looked_at=SPLICES, limit=_EXCHANGES)
    for built, version, deployed in exchanged:
        wanted = f"{built}{_range(version, 1)}"
        href = address("/", built_with=wanted, deployed_with=deployed)
        yield Example(href, ("built with", wanted, "and deployed with", deployed))
    for package in found[:1]:
        text = f"{package['name']}{_range(package['newest'], 2)}"
        yield Example(address("/", q=text), ("roots that are", text))
    names = list(_BUILD_TOOLS + _LIBRARIES)
    known = {name for name, package, _ in database.read_one("names_known", names=names) if package}
    for tool in [each for each in _BUILD_TOOLS if each in known][:1]:
        href = address("/", built_with=tool, deployed_with=f"not {tool}")
        yield Example(href, ("built with", tool, "and deployed with", f"not {tool}"))
    for library in [each for each in _LIBRARIES if each in known][:1]:
        href = address("/impact", dependency=library)
        yield Example(href, ("who is reached by", library, "at run time or at build time"))


def _range(version: str | None, parts: int) -> str:
    """A version as a prefix range of one or two parts; nothing for a word such as develop."""
    match = _VERSION.match(version or "")
    return f"@{match.group(2 - parts)}" if match else ""


def commands(url: str) -> list[Command]:
    """How to load something into the service at an address."""
    to = f"specgraph load --url {shlex.quote(url)}"
    site = "--site mycluster"
    specs, documents = (
        shlex.quote(f"{url}/api/v1/{path}") for path in ("specs", "documents?site=mycluster")
    )
    return [
        Command("What Spack would build", f"spack spec --json hdf5 | {to} -"),
        Command(
            "An install tree, with how its packages were built",
            f'{to} {site} "$(spack location -r)/opt/spack"',
        ),
        Command("The stages of failed builds", f'{to} {site} "$(spack location -S)"'),
        Command("Lockfiles, spec files, folders of them", f"{to} spack.lock path/to/folder"),
        Command(
            "From a machine that has only curl",
            f"spack spec --json hdf5 | curl -sS --data-binary @- {specs}",
        ),
        Command(
            "A whole folder by curl",
            f"tar cz -C /path/to/install/tree . | curl -sS --data-binary @- {documents}",
        ),
    ]
