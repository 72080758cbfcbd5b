"""Manifests of the Cray programming environment, as `spack external read-cray-manifest` takes them.

Each entry becomes an external spec. What is made of it follows Spack 1.1
(`lib/spack/spack/cray_manifest.py`, schema in `schema/cray_manifest.py`), or 0.23 where that is
asked for. They differ in the document: Spack 1.1 writes format 5, leaves the compiler out, and
writes which virtuals a dependency provides; 0.23 writes format 4 with the compiler. Both

- refuse a manifest that is not as the schema has it, for a single entry too;
- keep the hash of the manifest, so that no hash can be verified;
- call the platform `cray` linux, and put in what archspec knows of a target;
- drop dependencies that are not in the manifest; of two entries with one hash the last counts, with
  the dependencies of both;
- drop entries of packages, and parameters, that their package repositories do not know.

The last, and virtuals, need those repositories: see `Package`. Where none are given all is kept and
no virtuals are written. A compiler that Spack does not know fails a manifest there; here it keeps
its name. An entry that Spack drops with a warning, or stops at, is a problem here and the rest is
loaded. Compilers of the manifest are rows only: Spack looks for their executables first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from loaders.collections import cray_schema
from loaders.collections.cray_node import (
    SPEC_FORMATS,
    Link,
    Package,
    Packages,
    Release,
    check_entry,
    compiler_name,
    links_of,
    node_of,
)
from loaders.collections.cray_schema import Compiler, Entry
from loaders.collections.dags import Dags
from loaders.collections.found import CRAY_ORIGIN, WholeDocument
from loaders.collections.outline import outline
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Installation, SpecName, hash_prefix

__all__ = ["ManifestCompiler", "Package", "Packages", "Release", "looks_like", "read"]

_FILE_TYPE = re.compile(rb'"file-type"\s*:\s*"cray-pe-json"')
_SPECS = re.compile(rb'"specs"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class ManifestCompiler:
    """A compiler of a manifest, by the name that Spack has for it.

    :ivar languages: `cc`, `cxx` and `fc`, as far as it has them.
    """

    name: str
    version: str
    os: str | None
    target: str | None
    prefix_hash: str | None
    languages: tuple[str, ...]


def looks_like(head: bytes) -> bool:
    """Whether a file that starts so is a Cray manifest, which need not say so."""
    if not head.lstrip().startswith(b"{"):
        return False
    return bool(_FILE_TYPE.search(head) or (_SPECS.search(head) and b'"prefix"' in head))


def read(
    raw: bytes, place: str, *, packages: Packages | None = None, release: Release = "1.1"
) -> Iterator[Installation | ManifestCompiler | WholeDocument | Problem]:
    """Read a manifest: rows first, then a document for each entry that no other depends on.

    :param raw: JSON in UTF-8, unpacked.
    :param place: what to call the file in problems.
    :param packages: what the package repositories know, by name.
    :param release: the Spack whose reading is wanted.
    """
    try:
        manifest = cray_schema.decode(raw)
    except DocumentError as error:
        yield Problem(place, error)
        return
    for compiler in manifest.compilers:
        found = _compiler(compiler, release)
        if found is not None:
            yield found
    reading = _Reading(place, release, packages)
    yield from reading.take(manifest.specs)
    with Dags() as dags:
        dags.new_origin(place, "/specs").spec_format = SPEC_FORMATS[release]
        for entry in reading.entries.values():
            raw_node = msgspec.json.encode(reading.node(entry))
            dags.add(entry.hash, outline(raw_node), raw_node, unverifiable=True)
            yield _installation(entry)
        yield from dags.documents()


class _Reading:
    """The entries that are kept, by hash, and what they depend on."""

    def __init__(self, place: str, release: Release, packages: Packages | None) -> None:
        self._place = place
        self._release = release
        self._packages = packages
        self._links: dict[str, list[Link]] = {}
        self.entries: dict[str, Entry] = {}

    def take(self, entries: list[Entry]) -> Iterator[Problem]:
        for index, entry in enumerate(entries):
            try:
                self._take(entry)
            except DocumentError as error:
                yield self._problem(error, index)
        for index, entry in enumerate(entries):
            if entry.hash in self.entries:
                try:
                    self._links.setdefault(entry.hash, []).extend(links_of(entry, self.entries))
                except DocumentError as error:
                    yield self._problem(error, index)

    def node(self, entry: Entry) -> dict[str, Any]:
        return node_of(entry, self._links.get(entry.hash, ()), self._release, self._packages)

    def _take(self, entry: Entry) -> None:
        check_entry(entry)
        if self._packages is not None and entry.name not in self._packages:
            detail = f"{entry.name} is no package of the repositories"
            raise DocumentError(Fault.UNSUPPORTED, detail, "/name")
        self.node(entry)
        again = entry.hash in self.entries
        self.entries[entry.hash] = entry
        if again:
            detail = f"{entry.name}/{entry.hash[:7]} has an entry before this one, which counts"
            raise DocumentError(Fault.INVALID, detail, "/hash")

    def _problem(self, error: DocumentError, index: int) -> Problem:
        return Problem(self._place, error.prefixed(f"/specs/{index}"))


def _installation(entry: Entry) -> Installation:
    return Installation(
        spec=SpecName(entry.hash, entry.name, entry.version),
        explicit=False,
        installed_at=None,
        prefix_hash=hash_prefix(entry.prefix),
        external=True,
        origin=CRAY_ORIGIN,
    )


def _compiler(compiler: Compiler, release: Release) -> ManifestCompiler | None:
    """The row of a compiler; None where it has no name or version, which the schema allows."""
    if not (isinstance(compiler.name, str) and isinstance(compiler.version, str)):
        return None
    arch = compiler.arch or None
    executables = msgspec.to_builtins(compiler.executables) if compiler.executables else {}
    return ManifestCompiler(
        name=compiler_name(compiler.name, release),
        version=compiler.version,
        os=arch.os if arch else None,
        target=arch.target if arch else None,
        prefix_hash=hash_prefix(compiler.prefix) if compiler.prefix else None,
        languages=tuple(sorted(executables)),
    )
