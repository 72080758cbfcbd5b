"""Read build caches: the binaries that a mirror offers, and their specs.

There are two layouts (`lib/spack/spack/binary_distribution.py`, from 1.0 on also
`url_buildcache.py`):

- Up to Spack 0.23: `build_cache/index.json`, shaped like a store's index, and for each archive a
  `*.spec.json`, from 0.18 on also a clear-signed `*.spec.json.sig`. That is a spec document with
  `binary_cache_checksum`, `buildcache_layout_version` (1 and 2; absent before 0.18) and, up to
  0.20, `buildinfo` next to `spec`. See `loaders.collections.mirror_entries`.
- From Spack 1.0 on, layout 3: manifests that name an index, or a spec document and its archive, by
  checksum. See `loaders.collections.blob_manifest`.

Signatures are not verified. Neither layout has times or prefixes.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from loaders import source
from loaders.collections import blob_manifest, mirror_entries, store_index
from loaders.collections.archive_files import read_files
from loaders.collections.mirror_entries import (
    SIGNED,
    Archive,
    MirrorContent,
    MirrorEntry,
    read_index,
    read_old_entry,
)
from loaders.collections.tarballs import OldTarballs, pack_spec_document, read_documents
from loaders.collections.whole_document import WholeDocument
from loaders.document_kinds import (
    Candidate,
    DocumentKind,
    Listing,
    ReadContext,
    Records,
    SentAs,
    SentPart,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import EmbeddedDocument, Mirror
from loaders.folder import Folder
from loaders.load_options import INDEX, OLD_BUILD_CACHE, distinct_name

__all__ = [
    "Archive",
    "MirrorContent",
    "MirrorEntry",
    "looks_like_index",
    "looks_like_manifest",
    "looks_like_spec_file",
    "read_index",
    "read_manifest",
    "read_mirror",
    "read_spec_file",
]

read_manifest = blob_manifest.read

_LAYOUT = Path("v3", "layout.json")
_MAX_LAYOUT_BYTES = 1 << 16
_MOST_ENTRIES = 10_000_000
"""Limit of the files in a build cache that are looked at before it is sent."""


def looks_like_index(head: bytes) -> bool:
    """Return whether a file is the index of a build cache, by its first bytes."""
    return store_index.is_database(head) and b'"in_buildcache"' in head


def looks_like_manifest(head: bytes) -> bool:
    """Return whether a file is a manifest of layout 3, signed or not, by its first bytes."""
    return head.lstrip().startswith((b"{", SIGNED)) and b"application/vnd.spack." in head


def looks_like_spec_file(head: bytes, tail: bytes = b"") -> bool:
    """Return whether a file is a spec file of the old layout, by its first and last bytes.

    An unsigned one starts like any spec document; the difference may only show at its end.
    """
    if head.lstrip().startswith(SIGNED):
        return b'"spec"' in head
    return head.lstrip().startswith(b"{") and b'"buildcache_layout_version"' in head + tail


def read_mirror(folder: Path, files_of: str | None = None) -> Iterator[MirrorContent]:
    """Read a whole mirror, of either layout or of both.

    The indexes come first. A spec file or manifest adds a row of its own, with the archive; its
    document is skipped if the indexes contain the spec and have no problems.

    Args:
        folder: The mirror.
        files_of: Name of the build cache, if the programs and libraries in archives are read.
    """
    try:
        _check_layout(folder)
    except DocumentError as error:
        yield Problem(str(folder / _LAYOUT), error)
        return
    indexed: set[str] = set()
    sound = True
    for content in _read_indexes(folder):
        if isinstance(content, MirrorEntry):
            indexed.add(content.spec.hash)
        sound = sound and not isinstance(content, Problem)
        yield content
    for content in _read_spec_files(folder, files_of):
        if not (sound and isinstance(content, WholeDocument) and content.root in indexed):
            yield content


def _check_layout(folder: Path) -> None:
    """Check that the layout of a mirror names no version, or a known one.

    Raises:
        DocumentError: It names another version.
    """
    try:
        with (folder / _LAYOUT).open("rb") as file:
            layout = msgspec.json.decode(source.read_bounded(file, _MAX_LAYOUT_BYTES))
    except (OSError, DocumentError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Spack writes it for signatures only, which are not verified here.
        return
    if isinstance(layout, dict) and "version" in layout:
        blob_manifest.FORMAT.check(layout["version"])


def _read_indexes(folder: Path) -> Iterator[MirrorContent]:
    index = folder / "build_cache" / "index.json"
    if index.is_file():
        with index.open("rb") as file:
            yield from read_index(source.open_decompressed(file), str(index))
    for path in sorted((folder / "v3" / "manifests" / "index").rglob("*.manifest.json")):
        yield from read_manifest(path)


def _read_spec_files(folder: Path, files_of: str | None = None) -> Iterator[MirrorContent]:
    old = folder / "build_cache"
    old_tarballs = OldTarballs(old)
    for path in sorted([*old.glob("*.spec.json"), *old.glob("*.spec.json.sig")]):
        try:
            with path.open("rb") as file:
                raw = source.read_bounded(source.open_decompressed(file))
        except OSError as error:
            detail = f"cannot be read: {error.strerror or error}"
            yield Problem(str(path), DocumentError(Fault.MALFORMED, detail))
        except DocumentError as error:
            yield Problem(str(path), error)
        else:
            yield from read_spec_file(raw, str(path), old_tarballs, files_of)
    for path in sorted((folder / "v3" / "manifests" / "spec").rglob("*.spec.manifest.json")):
        yield from read_manifest(path, files_of)


def read_spec_file(
    raw: bytes, place: str, old_tarballs: OldTarballs, files_of: str | None = None
) -> Iterator[MirrorContent]:
    """Read a `*.spec.json` or `*.spec.json.sig` of the old layout, and its tarball if it may help.

    Args:
        raw: The content of the file.
        place: Its name in problems.
        old_tarballs: The tarballs of the build cache.
        files_of: Name of the build cache, if the programs and libraries in tarballs are read.
    """
    try:
        entry, parsed = read_old_entry(raw)
    except DocumentError as error:
        yield Problem(place, error)
        return

    def find_tarball() -> Path | None:
        # Before layout 1, the tarball was packed together with the spec file into another one.
        return old_tarballs.find(entry.spec.hash) if entry.layout else None

    yield from read_documents(parsed, find_tarball)
    yield entry
    if files_of is not None:
        yield from read_files(find_tarball(), entry.spec, files_of)


def _is_folder(listing: Listing) -> bool:
    if OLD_BUILD_CACHE in listing.folders or listing.path.name == OLD_BUILD_CACHE:
        return True
    return "v3" in listing.folders and os.path.isdir(listing.path / "v3" / "manifests")


def _find_candidates(listing: Listing) -> Iterator[Candidate]:
    inner = listing.path.name == OLD_BUILD_CACHE
    folder = listing.path.parent if inner else listing.path
    yield MIRROR_KIND.folder_candidate(folder, recursive=True)


def _identify_mirror(candidate: Candidate, context: ReadContext) -> Mirror:
    """Return the mirror to which a candidate belongs.

    Mirrors do not name themselves, so one without a name is identified by its content.
    """
    name = distinct_name(candidate.path, context.options)
    return Mirror(name or f"mirror-{_digest_content(candidate.path)[:8]}")


def _digest_content(path: Path) -> str:
    """Return the SHA-256 of a file, or of the indexes, manifests and spec files in a folder.

    Only what the reader uses counts, uncompressed, with paths in the folder in sorted order.
    """
    digest = hashlib.sha256()
    files = [path]
    if path.is_dir():
        old, manifests = path / OLD_BUILD_CACHE, path / "v3" / "manifests"
        files = [old / INDEX] if (old / INDEX).is_file() else []
        files += [*old.glob("*.spec.json"), *old.glob("*.spec.json.sig")]
        files += manifests.rglob("*.manifest.json")
    for file in sorted(files):
        part = hashlib.sha256()
        try:
            with source.open_path(file) as stream:
                for chunk in source.read_chunks(stream):
                    part.update(chunk)
        except (OSError, DocumentError):
            # The reader reports it.
            part.update(b"unreadable")
        name = "" if file == path else file.relative_to(path).as_posix()
        digest.update(f"{name}\0{part.hexdigest()}\0".encode())
    return digest.hexdigest()


def _read_folder(candidate: Candidate, context: ReadContext) -> Records:
    mirror = _identify_mirror(candidate, context)
    yield mirror
    yield from read_mirror(candidate.path, mirror.name if context.options.abi else None)


def _read_index_file(candidate: Candidate, context: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        yield _identify_mirror(candidate, context)
        yield from read_index(stream, str(candidate.path))


def _read_manifest_file(candidate: Candidate, context: ReadContext) -> Records:
    mirror = _identify_mirror(candidate, context)
    yield mirror
    yield from read_manifest(candidate.path, mirror.name if context.options.abi else None)


def _read_spec_file(candidate: Candidate, context: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        raw = source.read_bounded(stream)
    mirror = _identify_mirror(candidate, context)
    yield mirror
    files_of = mirror.name if context.options.abi else None
    old_tarballs = OldTarballs(candidate.path.parent)
    yield from read_spec_file(raw, str(candidate.path), old_tarballs, files_of)


def _files_to_send(_: Candidate, folder: Folder) -> Iterator[SentPart]:
    """Yield indexes and spec documents, but neither archives nor keys.

    Of those archives whose spec document is needed, only that is sent.
    """
    yield from _reduced_tarballs(folder)
    old = folder.path / OLD_BUILD_CACHE
    if os.path.isdir(old):
        yield SentPart(OLD_BUILD_CACHE, SentAs.FOLDER)
        for name in _list_names(folder, OLD_BUILD_CACHE):
            is_index = name in (INDEX, f"{INDEX}.hash")
            if is_index or name.endswith((".spec.json", ".spec.json.sig")):
                yield SentPart(f"{OLD_BUILD_CACHE}/{name}")
    if os.path.isdir(folder.path / "v3" / "manifests"):
        yield SentPart("v3/manifests", SentAs.FOLDER)
        yield SentPart("v3/layout.json")
        blobs: set[str] = set()
        for name in folder.walk("v3", _MOST_ENTRIES):
            if name.endswith(".manifest.json"):
                yield SentPart(name)
                blobs.update(_named_blobs(folder, name))
        yield from (SentPart(name) for name in sorted(blobs))


def _reduced_tarballs(folder: Folder) -> Iterator[SentPart]:
    for content in _read_spec_files(folder.path):
        if isinstance(content, EmbeddedDocument):
            name = Path(content.place).relative_to(folder.path).as_posix()
            yield SentPart(name, content=pack_spec_document(content.raw))
        elif isinstance(content, Problem) and _is_tarball(content.place):
            # The service cannot find out: it does not receive the tarball.
            folder.add_problem(os.path.relpath(content.place, folder.path), content.error)


def _is_tarball(place: str) -> bool:
    return not place.endswith((".json", ".sig"))


def _list_names(folder: Folder, subfolder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder.path / subfolder))
    except OSError as error:
        folder.add_os_error(subfolder, error)
        return []


def _named_blobs(folder: Folder, name: str) -> Iterator[str]:
    """Yield the paths of the indexes and spec documents that a manifest names.

    A broken manifest is sent all the same: the service reports why it cannot be used.
    """
    try:
        file = folder.open_inside(name)
        if file is not None:
            with file:
                yield from blob_manifest.named_blobs(file)
    except (DocumentError, OSError):
        return


MIRROR_KIND = DocumentKind(
    name="build cache",
    read=_read_folder,
    is_folder=_is_folder,
    find_candidates=_find_candidates,
    files_to_send=_files_to_send,
    collection_name=distinct_name,
    formats=(store_index.FORMAT, blob_manifest.FORMAT, mirror_entries.FORMAT),
)
INDEX_KIND = DocumentKind(
    name="index of a build cache",
    read=_read_index_file,
    looks_like=looks_like_index,
    collection_name=distinct_name,
    formats=(store_index.FORMAT,),
)
MANIFEST_KIND = DocumentKind(
    name="manifest of a build cache",
    read=_read_manifest_file,
    looks_like=looks_like_manifest,
    collection_name=distinct_name,
    formats=(blob_manifest.FORMAT,),
)
SPEC_FILE_KIND = DocumentKind(
    name="spec file of a build cache",
    read=_read_spec_file,
    looks_like=looks_like_spec_file,
    collection_name=distinct_name,
    formats=(mirror_entries.FORMAT,),
)
