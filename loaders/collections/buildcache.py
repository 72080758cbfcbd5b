"""Build caches: what a mirror offers as binaries, and the specs of it.

Two layouts (`lib/spack/spack/binary_distribution.py`, from 1.0 on `url_buildcache.py` too):

- up to Spack 0.23: `build_cache/index.json`, of the shape of a store's index, and for each archive
  a `*.spec.json`, from 0.18 on also signed in the clear as `*.spec.json.sig`. That is a spec
  document with `binary_cache_checksum`, `buildcache_layout_version` (1 and 2; none before 0.18)
  and, up to 0.20, `buildinfo` beside `spec`. See `loaders.collections.mirror_entries`.
- from Spack 1.0 on, layout 3: manifests that name an index, or a spec document and its archive, by
  checksum. See `loaders.collections.blob_manifest`.

Signatures are not verified. Times and prefixes are in neither.
"""

from collections.abc import Iterator
from pathlib import Path

from loaders import source
from loaders.collections import blob_manifest, store_index
from loaders.collections.found import WholeDocument
from loaders.collections.mirror_entries import (
    SIGNED,
    Archive,
    Found,
    MirrorEntry,
    read_index,
    read_spec_file,
)
from loaders.errors import DocumentError, Fault, Problem

__all__ = [
    "Archive",
    "Found",
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
    """Whether a file that starts so is the index of a build cache."""
    return store_index.is_database(head) and b'"in_buildcache"' in head


def looks_like_manifest(head: bytes) -> bool:
    """Whether a file that starts so is a manifest of layout 3, signed or not."""
    starts = head.lstrip()
    return starts.startswith((b"{", SIGNED)) and b"application/vnd.spack." in head


def looks_like_spec_file(head: bytes, tail: bytes = b"") -> bool:
    """Whether a file that starts and ends so is a spec file of the old layout.

    Without its signature it starts like any spec document; what makes the difference may be at
    its end only.
    """
    if head.lstrip().startswith(SIGNED):
        return b'"spec"' in head
    return head.lstrip().startswith(b"{") and b'"buildcache_layout_version"' in head + tail


def read_mirror(folder: Path) -> Iterator[Found]:
    """Read a whole mirror, of either layout or of both.

    The indexes come first. A spec file or manifest adds a row of its own, with the archive; its
    document is left out where the indexes, all of them sound, have the spec already.
    """
    listed: set[str] = set()
    sound = True
    for found in _indexes(folder):
        if isinstance(found, MirrorEntry):
            listed.add(found.spec.hash)
        sound = sound and not isinstance(found, Problem)
        yield found
    for found in _spec_files(folder):
        if not (sound and isinstance(found, WholeDocument) and found.root in listed):
            yield found


def _indexes(folder: Path) -> Iterator[Found]:
    index = folder / "build_cache" / "index.json"
    if index.is_file():
        with index.open("rb") as file:
            yield from read_index(source.open_decompressed(file), str(index))
    for path in sorted((folder / "v3" / "manifests" / "index").rglob("*.manifest.json")):
        yield from read_manifest(path)


def _spec_files(folder: Path) -> Iterator[Found]:
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
