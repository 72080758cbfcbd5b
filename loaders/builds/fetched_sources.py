"""Where the sources of a build came from: addresses in a log, archives in a stage."""

import hashlib
import os
import re
from collections.abc import Iterator

from loaders.builds.folder import Folder, Limits, printable
from loaders.evidence import FetchedSource
from loaders.logs.redaction import Redactor

_FETCHING = re.compile(r"^==> (?:\[[^\]]*\] )?Fetching (?:from )?(\S+://\S+)", re.MULTILINE)
_CACHED = re.compile(r"/archive/([0-9a-f]{2})/(\1[0-9a-f]{62})(?:\.[^/]*)?\Z")
_OWN = re.compile(r"\.|spack-|install-time-test-log|.*\.part\Z")
_CHUNK = 1 << 20


def fetched(text: str, redactor: Redactor | None) -> Iterator[FetchedSource]:
    """Where sources were fetched from, as far as a log says; each address once."""
    for url in dict.fromkeys(_FETCHING.findall(text)):
        yield FetchedSource(redactor.text(url) if redactor else url)


def _cached_digest(target: str) -> str | None:
    """SHA-256 of an archive in Spack's source cache, told by its path there.

    Spack links to what it has in the cache, which is kept by checksum as `archive/12/1234….tar.gz`
    and checked against it (`lib/spack/spack/fetch_strategy.py`, `CacheURLFetchStrategy`).
    """
    match = _CACHED.search(target)
    return match.group(2) if match else None


def archives(folder: Folder, limits: Limits) -> Iterator[FetchedSource]:
    """What was fetched into the stage: files, and links to Spack's cache of sources."""
    for name in folder.names or ():
        path = folder.path / name
        if _OWN.match(name):
            continue
        if os.path.islink(path):
            digest = _cached_digest(os.readlink(path))
            if digest:
                yield FetchedSource(None, printable(name), digest)
        elif os.path.isfile(path):
            digest = _digest(folder, name, limits.archive)
            yield FetchedSource(None, printable(name), digest, folder.size(name))


def _digest(folder: Folder, name: str, most: int) -> str | None:
    """SHA-256 of a file as it lies there; None where it is too large or cannot be read."""
    if folder.size(name) > most:
        return None
    digest = hashlib.sha256()
    try:
        with (folder.path / name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        folder.note_os(name, error)
        return None
    return digest.hexdigest()
