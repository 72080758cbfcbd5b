"""The list of all document kinds. A new kind is a module that defines it, and a line here."""

from pathlib import Path

from loaders import source
from loaders.builds import failure_marks, install_folder, stage_folder, stage_log_file
from loaders.collections import buildcache, can_splice, cray_manifest, lockfile, store_index
from loaders.document_kinds import DocumentKind
from loaders.errors import DocumentError
from loaders.monitor import saved_folder
from loaders.reports import cdash, console, junit, test_runs

HEAD_BYTES = 1 << 16
"""Number of bytes at the start of a file by which its kind is recognized."""

# The first kind that recognizes a file or folder reads it, so the more specific ones come first.
KINDS: tuple[DocumentKind, ...] = (
    install_folder.KIND,
    stage_folder.KIND,
    stage_log_file.KIND,
    failure_marks.KIND,
    saved_folder.KIND,
    test_runs.KIND,
    buildcache.MIRROR_KIND,
    buildcache.INDEX_KIND,
    buildcache.MANIFEST_KIND,
    buildcache.SPEC_FILE_KIND,
    store_index.KIND,
    lockfile.KIND,
    can_splice.KIND,
    cray_manifest.KIND,
    junit.KIND,
    cdash.KIND,
    console.KIND,
)


def kind_by_name(path: Path) -> DocumentKind | None:
    """Return the kind of a file if its name suffices to recognize it."""
    return next((kind for kind in KINDS if kind.is_file(path.name)), None)


def recognize_file(path: Path) -> DocumentKind | None:
    """Return the kind of a file by its content, or None for spec documents and anything else."""
    try:
        with source.open_path(path) as stream:
            head = next(source.read_chunks(stream, HEAD_BYTES), b"")
    except (OSError, DocumentError):
        return None
    return next((kind for kind in KINDS if kind.looks_like(head)), None)
