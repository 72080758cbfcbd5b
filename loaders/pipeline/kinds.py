"""Which kind of document a file holds, told by how it begins and not by its name."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from loaders import source
from loaders.collections import buildcache, cray_manifest, lockfile, store_index
from loaders.errors import DocumentError
from loaders.reports import cdash, console, junit

HEAD_BYTES = 1 << 16


class Content(StrEnum):
    """What a file holds, where it is no spec document."""

    STORE_INDEX = "index of a store"
    LOCKFILE = "locked environment"
    CRAY_MANIFEST = "Cray manifest"
    BUILDCACHE_INDEX = "index of a build cache"
    BUILDCACHE_MANIFEST = "manifest of a build cache"
    BUILDCACHE_SPEC = "spec file of a build cache"
    JUNIT = "JUnit report"
    CDASH = "CDash report"
    CONSOLE = "output of spack install"


_TELLERS: tuple[tuple[Content, Callable[[bytes], bool]], ...] = (
    (Content.BUILDCACHE_INDEX, buildcache.looks_like_index),
    (Content.BUILDCACHE_MANIFEST, buildcache.looks_like_manifest),
    (Content.BUILDCACHE_SPEC, buildcache.looks_like_spec_file),
    (Content.STORE_INDEX, store_index.looks_like),
    (Content.LOCKFILE, lockfile.looks_like),
    (Content.CRAY_MANIFEST, cray_manifest.looks_like),
    (Content.JUNIT, junit.looks_like),
    (Content.CDASH, cdash.looks_like),
    (Content.CONSOLE, console.looks_like),
)


def told_by_content(path: Path) -> Content | None:
    """The kind of a file; None where it is a spec document or nothing that is known."""
    try:
        with source.open_path(path) as stream:
            head = next(source.chunks(stream, HEAD_BYTES), b"")
    except (OSError, DocumentError):
        return None
    for content, looks_like in _TELLERS:
        if looks_like(head):
            return content
    return None
