"""The search page before anything was asked: an overview, with examples of questions."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cypher.run import Database
from service.queries.known_names import find_known_names
from service.queries.overview import PackageSample, find_exchanges
from service.web.views import address_of

MOST_PACKAGES = 24
"""Most packages that the page shows."""
_EXCHANGES = 3
_BUILD_TOOLS = ("cmake", "meson", "autoconf", "gmake")
_LIBRARIES = ("xz", "openssl", "zlib", "zlib-ng", "curl")
_VERSION = re.compile(r"(\d+)(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Example:
    """A question that the graph can answer; `parts` are words and specs in turn."""

    href: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A way to load something.

    Attributes:
        subject: What it loads.
        text: The command.
    """

    subject: str
    text: str


def example_questions(database: Database, packages: Sequence[PackageSample]) -> Iterator[Example]:
    """Yield questions that the graph can answer.

    Args:
        database: The graph.
        packages: The packages with most roots.
    """
    for exchange in find_exchanges(database, _EXCHANGES):
        built = f"{exchange['built']}{_range(exchange['version'], 1)}"
        deployed = exchange["deployed"]
        href = address_of("/", built_with=built, deployed_with=deployed)
        yield Example(href, ("built with", built, "and deployed with", deployed))
    for package in packages[:1]:
        text = f"{package['name']}{_range(package['newest'], 2)}"
        yield Example(address_of("/", q=text), ("roots that are", text))
    known = find_known_names(database, _BUILD_TOOLS + _LIBRARIES).packages
    for tool in [each for each in _BUILD_TOOLS if each in known][:1]:
        href = address_of("/", built_with=tool, deployed_with=f"not {tool}")
        yield Example(href, ("built with", tool, "and deployed with", f"not {tool}"))
    for library in [each for each in _LIBRARIES if each in known][:1]:
        href = address_of("/impact", dependency=library)
        yield Example(href, ("what is affected by", library, "at run time or at build time"))


def _range(version: str | None, parts: int) -> str:
    """Return a version as a prefix range of one or two parts; empty for a word such as develop."""
    match = _VERSION.match(version or "")
    return f"@{match.group(2 - parts)}" if match else ""


def load_commands(url: str) -> list[Command]:
    """Return commands that load something into the service at an address."""
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
