"""Read the programs and libraries in an archive of a build cache, without unpacking it to disk."""

import time
from collections.abc import Iterator
from pathlib import Path

from loaders import limits, source
from loaders.collections.tarballs import BROKEN
from loaders.document_kinds import unreadable
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import SpecName
from loaders.prefixes.contents import PrefixContents
from loaders.prefixes.tarball import read_tarball


def read_files(
    tarball: Path | None, spec: SpecName, mirror: str
) -> Iterator[PrefixContents | Problem]:
    """Yield the content of the archive of a spec, or why it cannot be read.

    Nothing comes of an archive that is not there, or that holds no files of the spec.

    Args:
        tarball: Path of the archive, which need not exist.
        spec: The spec.
        mirror: Name of the build cache.
    """
    if tarball is None or not tarball.is_file():
        return
    place = str(tarball)
    contents = PrefixContents(place, spec, "", kind="cache", read_at=time.time(), mirror=mirror)
    try:
        with limits.budget(), tarball.open("rb") as file:
            read_tarball(source.open_decompressed(file), contents)
    except OSError as error:
        yield Problem(place, unreadable(error))
    except DocumentError as error:
        yield Problem(place, error)
    except BROKEN as error:
        detail = f"broken or truncated tarball: {error or type(error).__name__}"
        yield Problem(place, DocumentError(Fault.MALFORMED, detail))
    else:
        # Commands upload archives with nothing but the spec document.
        if not contents.is_empty:
            yield contents
