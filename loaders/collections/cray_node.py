"""Convert an entry of a Cray manifest into the node that Spack makes of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import archspec.cpu
import msgspec

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
# Spack's parser accepts such a value without quotes (`lib/spack/spack/spec_parser.py`).
_VALUE = re.compile(r"[\w\-+*.,:=%^~/\\]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Package:
    """The description of a package in a package repository.

    Attributes:
        variants: Names of its variants.
        provides: Virtuals that it provides.
        requires: Virtuals that it depends on.
    """

    variants: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()


Packages = Mapping[str, Package]
"""Packages in the repositories, by name."""


class _Arch(msgspec.Struct):
    platform: str
    platform_os: str
    target: str | dict[str, Any]
    """The name, or archspec's description if it knows the target and it is not generic."""


class _CompilerName(msgspec.Struct):
    name: str
    version: str


class _External(msgspec.Struct):
    path: str
    module: None
    extra_attributes: dict[str, object] | None


class _EdgeParameters(msgspec.Struct):
    deptypes: list[str]
    virtuals: list[str]


class _Edge(msgspec.Struct):
    name: str
    hash: str
    parameters: _EdgeParameters


class _Annotations(msgspec.Struct):
    original_specfile_version: int


class CrayNode(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The node of an entry; its JSON has the keys in the order in which Spack writes them.

    Attributes:
        compiler: Only in format 4.
        annotations: Only in format 5.
    """

    name: str
    version: str
    arch: _Arch
    compiler: _CompilerName | None = None
    parameters: dict[str, bool | list[str]] | None = None
    external: _External
    dependencies: list[_Edge] | None = None
    annotations: _Annotations | None = None
    hash: str


@dataclass(frozen=True, slots=True)
class Link:
    """A dependency on another entry."""

    name: str
    hash: str
    deptypes: frozenset[str]


def spack_compiler_name(name: str, release: Release) -> str:
    """Return the name that a release of Spack uses for a compiler of the manifest."""
    return _RENAMED[release].get(name, name)


def check_entry(entry: Entry) -> None:
    """Check the values that Specgraph depends on.

    Raises:
        DocumentError: The hash is not a DAG hash, or the name or version is not valid.
    """
    check_hash(entry.hash, "/hash")
    check_name(entry.name, "/name")
    check_text(entry.version, "version")


def find_links(entry: Entry, entries: Mapping[str, Entry]) -> list[Link]:
    """Return the dependencies that are in the manifest, under the name of their own entry.

    Raises:
        DocumentError: A dependency has no types, or a type unknown to Spack.
    """
    links = []
    for name, dependency in entry.dependencies.items():
        other = entries.get(dependency.hash)
        deptypes = dependency.type
        if not isinstance(deptypes, list) or not set(deptypes) <= {*DEPTYPES}:
            detail = f"the types of dependency {name[:80]!r} are missing or unknown"
            raise DocumentError(Fault.INVALID, detail, f"/dependencies/{name}")
        if other is not None:
            links.append(Link(other.name, dependency.hash, frozenset(deptypes)))
    return links


def make_node(
    entry: Entry,
    links: Iterable[Link],
    release: Release,
    packages: Packages | None = None,
) -> CrayNode:
    """Return the node of an entry.

    Raises:
        DocumentError: A parameter has a value that Spack cannot read.
    """
    package = None if packages is None else packages[entry.name]
    latest = release == "1.1"
    compiler = None
    if not latest:
        name = spack_compiler_name(entry.compiler.name, release)
        compiler = _CompilerName(name, entry.compiler.version)
    requires = package.requires if package and latest else frozenset[str]()
    edges = [_make_edge(link, requires, packages) for link in _merge_links(links)]
    return CrayNode(
        name=entry.name,
        version=entry.version,
        arch=_convert_arch(entry.arch),
        compiler=compiler,
        parameters=_convert_parameters(entry, package.variants if package else None) or None,
        external=_External(entry.prefix, None, {} if latest else None),
        dependencies=edges or None,
        annotations=_Annotations(SPEC_FORMATS[release]) if latest else None,
        hash=entry.hash,
    )


def _convert_arch(arch: Arch) -> _Arch:
    platform = "linux" if arch.platform.lower() == "cray" else arch.platform
    microarchitecture = archspec.cpu.TARGETS.get(arch.target.name)
    target: str | dict[str, Any] = arch.target.name
    if microarchitecture is not None and microarchitecture.vendor != "generic":
        description = microarchitecture.to_dict()
        target = {key: value for key, value in description.items() if key != "compilers"}
    return _Arch(platform, arch.platform_os, target)


def _convert_parameters(
    entry: Entry, variants: frozenset[str] | None
) -> dict[str, bool | list[str]]:
    """Return parameters as variants: words are multi-valued, true and false are not."""
    return {
        name: _convert_value(name, value)
        for name, value in sorted(entry.parameters.items())
        if variants is None or name in variants
    }


def _convert_value(name: str, value: object) -> bool | list[str]:
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return bool(value)
    words = [value] if isinstance(value, str) else value
    # A dict counts by its keys.
    if isinstance(words, (list, dict)) and all(isinstance(word, str) for word in words):
        text = ",".join(words)
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        if _VALUE.match(text):
            return sorted(set(text.split(",")))
    shown = str(value)[:40]
    detail = f"parameter {name[:80]} has a value that Spack cannot read: {shown!r}"
    raise DocumentError(Fault.INVALID, detail, f"/parameters/{name}")


def _merge_links(links: Iterable[Link]) -> list[Link]:
    """Return one link for each dependency, sorted by name."""
    merged: dict[str, Link] = {}
    for link in links:
        other = merged.get(link.hash)
        deptypes = link.deptypes | other.deptypes if other else link.deptypes
        merged[link.hash] = Link(link.name, link.hash, deptypes)
    return sorted(merged.values(), key=lambda link: link.name)


def _make_edge(link: Link, requires: frozenset[str], packages: Packages | None) -> _Edge:
    provided = packages[link.name].provides if packages else frozenset[str]()
    deptypes = [deptype for deptype in DEPTYPES if deptype in link.deptypes]
    return _Edge(link.name, link.hash, _EdgeParameters(deptypes, sorted(requires & provided)))
