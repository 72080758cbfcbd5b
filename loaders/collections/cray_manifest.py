"""Read manifests of the Cray programming environment, as `spack external read-cray-manifest` does.

Each entry becomes an external spec. The conversion follows Spack 1.1
(`lib/spack/spack/cray_manifest.py`, schema in `schema/cray_manifest.py`), or 0.23 on request. The
documents differ: Spack 1.1 writes format 5, omits the compiler, and records which virtuals a
dependency provides; 0.23 writes format 4 with the compiler. Both

- reject a manifest that violates the schema, even in a single entry;
- keep the hashes of the manifest, so that no hash can be verified;
- turn the platform `cray` into linux, and add archspec's description of a target;
- drop dependencies that are not in the manifest; of two entries with one hash the last counts, with
  the dependencies of both;
- drop entries of packages, and parameters, that are unknown to their package repositories.

The last point, and virtuals, need those repositories: see `Package`. Without them everything is
kept and no virtuals are written. A compiler unknown to Spack makes it reject the manifest; here it
keeps its name. An entry that Spack drops with a warning, or stops at, is a problem here and the
rest is loaded. Compilers of the manifest only become rows: Spack first checks that their
executables exist.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from loaders import limits, source
from loaders.collections import cray_schema
from loaders.collections.cray_node import (
    SPEC_FORMATS,
    CrayNode,
    Link,
    Package,
    Packages,
    Release,
    check_entry,
    find_links,
    make_node,
    spack_compiler_name,
)
from loaders.collections.cray_schema import Compiler, Entry
from loaders.collections.dags import DagBuilder
from loaders.collections.outline import read_outline
from loaders.collections.whole_document import CRAY_ORIGIN, WholeDocument
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import ExpectedSpecs, Installation, Record, SpecName, hash_prefix
from loaders.load_options import manifest_name

__all__ = ["ManifestCompiler", "Package", "Packages", "Release", "looks_like", "read"]

_FILE_TYPE = re.compile(rb'"file-type"\s*:\s*"cray-pe-json"')
_SPECS = re.compile(rb'"specs"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class ManifestCompiler(Record):
    """A compiler of a manifest, under Spack's name for it.

    Attributes:
        languages: Those of `cc`, `cxx` and `fc` that it supports.
    """

    name: str
    version: str
    os: str | None
    target: str | None
    prefix_hash: str | None
    languages: tuple[str, ...]


def looks_like(head: bytes) -> bool:
    """Return whether a file is a Cray manifest, which need not say so, by its first bytes."""
    if not head.lstrip().startswith(b"{"):
        return False
    return bool(_FILE_TYPE.search(head) or (_SPECS.search(head) and b'"prefix"' in head))


def read(
    raw: bytes, place: str, *, packages: Packages | None = None, release: Release = "1.1"
) -> Iterator[Installation | ManifestCompiler | WholeDocument | ExpectedSpecs | Problem]:
    """Read a manifest: a document for each entry that no other depends on, then rows.

    Args:
        raw: Uncompressed JSON in UTF-8.
        place: Name of the file in problems.
        packages: The packages in the package repositories, by name.
        release: The Spack whose conversion to follow.
    """
    try:
        manifest = cray_schema.decode_manifest(raw)
    except DocumentError as error:
        yield Problem(place, error)
        return
    entries = _Entries(place, release, packages)
    yield from entries.add_all(manifest.specs)
    with DagBuilder() as dags:
        dags.new_origin(place, "/specs").spec_format = SPEC_FORMATS[release]
        for entry in entries.by_hash.values():
            raw_node = msgspec.json.encode(entries.make_node(entry))
            dags.add_record(entry.hash, read_outline(raw_node), raw_node, unverifiable=True)
        yield ExpectedSpecs(len(dags))
        yield from dags.build_documents()
    for compiler in manifest.compilers:
        row = _make_compiler(compiler, release)
        if row is not None:
            yield row
    for entry in entries.by_hash.values():
        yield _make_installation(entry)


class _Entries:
    """The usable entries of a manifest by hash, and their dependencies."""

    def __init__(self, place: str, release: Release, packages: Packages | None) -> None:
        self._place = place
        self._release = release
        self._packages = packages
        self._links: dict[str, list[Link]] = {}
        self.by_hash: dict[str, Entry] = {}

    def add_all(self, entries: list[Entry]) -> Iterator[Problem]:
        for index, entry in enumerate(entries):
            try:
                self._add_entry(entry)
            except DocumentError as error:
                yield self._entry_problem(error, index)
        # Links to entries that come later, or turned out unusable, can only be resolved now.
        for index, entry in enumerate(entries):
            if entry.hash in self.by_hash:
                try:
                    self._links.setdefault(entry.hash, []).extend(find_links(entry, self.by_hash))
                except DocumentError as error:
                    yield self._entry_problem(error, index)

    def make_node(self, entry: Entry) -> CrayNode:
        return make_node(entry, self._links.get(entry.hash, ()), self._release, self._packages)

    def _add_entry(self, entry: Entry) -> None:
        limits.spend()
        check_entry(entry)
        if self._packages is not None and entry.name not in self._packages:
            detail = f"{entry.name} is not a package in the repositories"
            raise DocumentError(Fault.UNSUPPORTED, detail, "/name")
        # Fails now if a parameter cannot be read, before the entry counts.
        self.make_node(entry)
        repeated = entry.hash in self.by_hash
        self.by_hash[entry.hash] = entry
        if repeated:
            detail = f"{entry.name}/{entry.hash[:7]} has an earlier entry, which this one replaces"
            raise DocumentError(Fault.INVALID, detail, "/hash")

    def _entry_problem(self, error: DocumentError, index: int) -> Problem:
        return Problem(self._place, error.with_prefix(f"/specs/{index}"))


def _make_installation(entry: Entry) -> Installation:
    return Installation(
        spec=SpecName(entry.hash, entry.name, entry.version),
        explicit=False,
        installed_at=None,
        prefix_hash=hash_prefix(entry.prefix),
        external=True,
        origin=CRAY_ORIGIN,
    )


def _make_compiler(compiler: Compiler, release: Release) -> ManifestCompiler | None:
    """Return the row of a compiler; None without name or version, which the schema allows."""
    if not (isinstance(compiler.name, str) and isinstance(compiler.version, str)):
        return None
    arch = compiler.arch or None
    executables = msgspec.to_builtins(compiler.executables) if compiler.executables else {}
    return ManifestCompiler(
        name=spack_compiler_name(compiler.name, release),
        version=compiler.version,
        os=arch.os if arch else None,
        target=arch.target if arch else None,
        prefix_hash=hash_prefix(compiler.prefix) if compiler.prefix else None,
        languages=tuple(sorted(executables)),
    )


def _read_manifest(candidate: Candidate, context: ReadContext) -> Records:
    path, options = candidate.path, context.options
    with source.open_path(path) as stream:
        raw = source.read_bounded(stream)
    # A manifest without a name is identified by its content.
    name = manifest_name(path, options) or f"manifest-{hashlib.sha256(raw).hexdigest()[:8]}"
    yield options.install_tree(path, name)
    yield from read(raw, str(path))


KIND = DocumentKind(
    name="Cray manifest",
    read=_read_manifest,
    looks_like=looks_like,
    collection_name=manifest_name,
    formats=(cray_schema.FORMAT,),
)
