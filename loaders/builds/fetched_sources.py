"""Find the origin of a build's sources: URLs in a log, archives in a stage."""

import hashlib
import os
import re
from collections.abc import Iterator

from loaders.evidence import FetchedSource
from loaders.folder import Folder, Limits, printable
from loaders.logs.redaction import Redactor

_FETCHING = re.compile(r"^==> (?:\[[^\]]*\] )?Fetching (?:from )?(\S+://\S+)", re.MULTILINE)
_CACHED = re.compile(r"/archive/([0-9a-f]{2})/(\1[0-9a-f]{62})(?:\.[^/]*)?\Z")
SPACK_FILE = re.compile(r"\.|spack-|install-time-test-log|.*\.part\Z")
"""Matches names of files in a stage that Spack writes itself, and of unfinished downloads."""
_CHUNK = 1 << 20


def parse_fetched_urls(text: str, redactor: Redactor | None) -> Iterator[FetchedSource]:
    """Yield the URLs from which sources were fetched according to a log, each once."""
    for url in dict.fromkeys(_FETCHING.findall(text)):
        yield FetchedSource(redactor.redact_text(url) if redactor else url)


def _parse_cached_digest(target: str) -> str | None:
    """Return the SHA-256 of an archive in Spack's source cache, taken from its path there.

    Spack links to archives in the cache, which are kept by checksum as `archive/12/1234….tar.gz`
    and verified against it (`lib/spack/spack/fetch_strategy.py`, `CacheURLFetchStrategy`).
    """
    match = _CACHED.search(target)
    return match.group(2) if match else None


def find_archives(folder: Folder, limits: Limits) -> Iterator[FetchedSource]:
    """Yield the archives fetched into a stage: files, and links to Spack's source cache."""
    for name in folder.names or ():
        path = folder.path / name
        if SPACK_FILE.match(name):
            continue
        if os.path.islink(path):
            digest = _parse_cached_digest(os.readlink(path))
            if digest:
                yield FetchedSource(None, printable(name), digest)
        elif os.path.isfile(path):
            digest = _compute_digest(folder, name, limits.archive)
            yield FetchedSource(None, printable(name), digest, folder.size(name))


def _compute_digest(folder: Folder, name: str, limit: int) -> str | None:
    """Return the SHA-256 of a file, or None if it is too large or cannot be read."""
    if folder.size(name) > limit:
        return None
    digest = hashlib.sha256()
    try:
        with (folder.path / name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        folder.add_os_error(name, error)
        return None
    return digest.hexdigest()
