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

from collections.abc import Iterator
from pathlib import Path

from loaders import source
from loaders.collections import blob_manifest, store_index
from loaders.collections.mirror_entries import (
    SIGNED,
    Archive,
    MirrorContent,
    MirrorEntry,
    read_index,
    read_spec_file,
)
from loaders.collections.whole_document import WholeDocument
from loaders.errors import DocumentError, Fault, Problem

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


def read_mirror(folder: Path) -> Iterator[MirrorContent]:
    """Read a whole mirror, of either layout or of both.

    The indexes come first. A spec file or manifest adds a row of its own, with the archive; its
    document is skipped if the indexes contain the spec and have no problems.
    """
    indexed: set[str] = set()
    sound = True
    for content in _read_indexes(folder):
        if isinstance(content, MirrorEntry):
            indexed.add(content.spec.hash)
        sound = sound and not isinstance(content, Problem)
        yield content
    for content in _read_spec_files(folder):
        if not (sound and isinstance(content, WholeDocument) and content.root in indexed):
            yield content


def _read_indexes(folder: Path) -> Iterator[MirrorContent]:
    index = folder / "build_cache" / "index.json"
    if index.is_file():
        with index.open("rb") as file:
            yield from read_index(source.open_decompressed(file), str(index))
    for path in sorted((folder / "v3" / "manifests" / "index").rglob("*.manifest.json")):
        yield from read_manifest(path)


def _read_spec_files(folder: Path) -> Iterator[MirrorContent]:
    old = folder / "build_cache"
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
            yield from read_spec_file(raw, str(path))
    for path in sorted((folder / "v3" / "manifests" / "spec").rglob("*.spec.manifest.json")):
        yield from read_manifest(path)
