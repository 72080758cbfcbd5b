"""The node that Spack makes of an entry of a Cray manifest."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import archspec.cpu

from loaders.collections.cray_schema import Arch, Entry
from loaders.errors import DocumentError, Fault
from loaders.specs.checks import check_hash, check_name, check_text
from loaders.specs.node import DEPTYPES

Release = Literal["0.23", "1.1"]

SPEC_FORMATS: dict[Release, int] = {"0.23": 4, "1.1": 5}
_RENAMED: dict[Release, dict[str, str]] = {
    "0.23": {"nvidia": "nvhpc", "rocm": "rocmcc"},
    "1.1": {"nvidia": "nvhpc", "rocm": "llvm-amdgpu", "clang": "llvm"},
}
_VALUE = re.compile(r"[\w\-+*.,:=%^~/\\]+\Z", re.ASCII)
"""A value that Spack's parser takes without quotes (`lib/spack/spack/spec_parser.py`)."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a package repository knows of a package.

    :ivar variants: names of its variants.
    :ivar provides: virtuals that it provides.
    :ivar needs: virtuals that it depends on.
    """

    variants: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


Packages = Mapping[str, Package]


@dataclass(frozen=True, slots=True)
class Link:
    """A dependency on another entry."""

    name: str
    hash: str
    deptypes: frozenset[str]


def compiler_name(name: str, release: Release) -> str:
    """What that release of Spack calls a compiler of the manifest."""
    return _RENAMED[release].get(name, name)


def check_entry(entry: Entry) -> None:
    """Check what Specgraph cannot do without.

    :raises DocumentError: no DAG hash, or a name or version that no package has.
    """
    check_hash(entry.hash, "/hash")
    check_name(entry.name, "/name")
    check_text(entry.version, "version")


def links_of(entry: Entry, entries: Mapping[str, Entry]) -> list[Link]:
    """The dependencies that are in the manifest, under the name that they have there.

    :raises DocumentError: one has no types, or one that Spack does not know.
    """
    links = []
    for name, dependency in entry.dependencies.items():
        other = entries.get(dependency.hash)
        kinds = dependency.type
        if not isinstance(kinds, list) or not set(kinds) <= {*DEPTYPES}:
            detail = f"the types of dependency {name[:80]!r} are missing or unknown"
            raise DocumentError(Fault.INVALID, detail, f"/dependencies/{name}")
        if other is not None:
            links.append(Link(other.name, dependency.hash, frozenset(kinds)))
    return links


def node_of(
    entry: Entry,
    links: Iterable[Link],
    release: Release,
    packages: Packages | None = None,
) -> dict[str, Any]:
    """The node, its keys in the order in which Spack writes them.

    :raises DocumentError: a parameter has a value that Spack cannot read.
    """
    known = None if packages is None else packages[entry.name]
    parameters = _parameters(entry, None if known is None else known.variants)
    latest = release == "1.1"
    node: dict[str, Any] = {"name": entry.name, "version": entry.version, "arch": _arch(entry.arch)}
    if not latest:
        name = compiler_name(entry.compiler.name, release)
        node["compiler"] = {"name": name, "version": entry.compiler.version}
    if parameters:
        node["parameters"] = parameters
    attributes: dict[str, Any] | None = {} if latest else None
    node["external"] = {"path": entry.prefix, "module": None, "extra_attributes": attributes}
    needs = known.needs if known and latest else frozenset[str]()
    dependencies = [_dependency(link, needs, packages) for link in _united(links)]
    if dependencies:
        node["dependencies"] = dependencies
    if latest:
        node["annotations"] = {"original_specfile_version": SPEC_FORMATS[release]}
    node["hash"] = entry.hash
    return node


def _arch(arch: Arch) -> dict[str, Any]:
    platform = "linux" if arch.platform.lower() == "cray" else arch.platform
    known = archspec.cpu.TARGETS.get(arch.target.name)
    target: Any = arch.target.name
    if known is not None and known.vendor != "generic":
        target = {key: value for key, value in known.to_dict().items() if key != "compilers"}
    return {"platform": platform, "platform_os": arch.platform_os, "target": target}


def _parameters(entry: Entry, variants: frozenset[str] | None) -> dict[str, Any]:
    """Parameters as variants: a word or a list of words is multi-valued, true and false are not."""
    found = {}
    for name, value in sorted(entry.parameters.items()):
        if variants is None or name in variants:
            found[name] = _variant(name, value)
    return found


def _variant(name: str, value: Any) -> bool | list[str]:
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return bool(value)
    words = [value] if isinstance(value, str) else value
    if isinstance(words, (list, dict)) and all(isinstance(word, str) for word in words):
        text = ",".join(words)
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        if _VALUE.match(text):
            return sorted(set(text.split(",")))
    shown = str(value)[:40]
    detail = f"parameter {name[:80]} has a value that Spack cannot read: {shown!r}"
    raise DocumentError(Fault.INVALID, detail, f"/parameters/{name}")


def _united(links: Iterable[Link]) -> list[Link]:
    """One link a dependency, by name."""
    united: dict[str, Link] = {}
    for link in links:
        other = united.get(link.hash)
        kinds = link.deptypes | other.deptypes if other else link.deptypes
        united[link.hash] = Link(link.name, link.hash, kinds)
    return sorted(united.values(), key=lambda link: link.name)


def _dependency(link: Link, needs: frozenset[str], packages: Packages | None) -> dict[str, Any]:
    provided = packages[link.name].provides if packages else frozenset[str]()
    parameters = {
        "deptypes": [kind for kind in DEPTYPES if kind in link.deptypes],
        "virtuals": sorted(needs & provided),
    }
    return {"name": link.name, "hash": link.hash, "parameters": parameters}
