"""Download of one pinned file over HTTP, with resumption, retries and verification."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import requests

from service.embedded.errors import EmbeddedError
from service.embedded.pin import Artifact

ATTEMPTS = 5
"""Consecutive attempts without progress after which a download fails."""

FIRST_PAUSE = 0.5
"""Seconds before the second attempt; doubled for each further one."""

_CHUNK_BYTES = 1 << 16
_TIMEOUTS = (10.0, 30.0)  # seconds: to connect, between two reads
_TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_OFFLINE_ADVICE = (
    "Check the network and the proxy (HTTPS_PROXY), or set SPECGRAPH_MAVEN_REPOSITORY to a "
    "repository that this machine can reach. Downloaded data are kept: the next start resumes "
    "the download."
)


class CancelledError(Exception):
    """The download was cancelled because that of another file failed."""


class _TransientError(Exception):
    """An attempt failed, but another one may succeed."""


class Download:
    """The download of one file from a repository.

    Bytes go to `<target>.part`, which the next attempt, or the next process, resumes. The file is
    renamed to its target when its size and SHA-256 are right.
    """

    def __init__(
        self,
        artifact: Artifact,
        target: Path,
        repository: str,
        session: requests.Session,
        *,
        cancelled: threading.Event,
        on_bytes: Callable[[int], None],
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._artifact = artifact
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._url = f"{repository.rstrip('/')}/{artifact.path}"
        self._session = session
        self._cancelled = cancelled
        self._on_bytes = on_bytes
        self._first_pause = first_pause

    def run(self) -> None:
        """Download the file.

        Raises:
            EmbeddedError: if the repository does not have the file, or all attempts failed.
            CancelledError: if `cancelled` was set meanwhile.
            OSError: if the file cannot be written.

        """
        failures, furthest, last_reason = 0, self._part_size(), ""
        while failures < ATTEMPTS:
            if failures and self._cancelled.wait(self._first_pause * 2 ** (failures - 1)):
                raise CancelledError
            try:
                self._attempt_once()
                return
            except (requests.RequestException, _TransientError) as error:
                last_reason = str(error)
            size = self._part_size()
            # An attempt that got further starts the count again: slow networks may need many.
            failures = 1 if size > furthest else failures + 1
            furthest = max(size, furthest)
        raise EmbeddedError(
            f"Cannot download {self._url} ({ATTEMPTS} attempts without progress): {last_reason}",
            _OFFLINE_ADVICE,
        )

    def _attempt_once(self) -> None:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        if self._part_size() < self._artifact.size:
            self._receive_part()
        size = self._part_size()
        if size < self._artifact.size:
            raise _TransientError(f"cut off after {size} of {self._artifact.size} bytes")
        self._verify_and_rename()

    def _part_size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _receive_part(self) -> None:
        received = self._part_size()
        headers = {"Accept-Encoding": "identity"}  # offsets are those of the file as stored
        if received:
            headers["Range"] = f"bytes={received}-"
        with self._session.get(
            self._url, headers=headers, stream=True, timeout=_TIMEOUTS
        ) as response:
            start = self._body_offset(response, received)
            self._on_bytes(start)
            with self._part.open("r+b" if start else "wb", buffering=0) as part:
                part.seek(start)
                self._copy_to_part(response, part.fileno(), start)

    def _body_offset(self, response: requests.Response, received: int) -> int:
        """Return the offset in the file at which the body of a response starts."""
        status = response.status_code
        content_range = response.headers.get("Content-Range", "")
        if status == 206 and content_range.startswith(f"bytes {received}-"):
            return received
        if status == 200:  # the server does not support ranges and starts over
            return 0
        if status in (206, 416):
            self._part.unlink(missing_ok=True)
            raise _TransientError(f"the server did not resume after {received} bytes")
        if status in _TRANSIENT_STATUSES:
            raise _TransientError(f"HTTP {status} {response.reason}")
        raise EmbeddedError(
            f"The repository answered HTTP {status} {response.reason} for {self._url}.",
            "Check SPECGRAPH_MAVEN_REPOSITORY: it must be the address of a Maven repository with "
            "Neo4j's artifacts.",
        )

    def _copy_to_part(self, response: requests.Response, part: int, start: int) -> None:
        done = start
        for chunk in response.iter_content(_CHUNK_BYTES):
            if self._cancelled.is_set():
                raise CancelledError
            _write_all(part, chunk)
            done += len(chunk)
            self._on_bytes(min(done, self._artifact.size))
            if done > self._artifact.size:
                break
        os.fsync(part)

    def _verify_and_rename(self) -> None:
        with self._part.open("rb") as part:
            digest = hashlib.file_digest(part, "sha256").hexdigest()
        if digest != self._artifact.sha256 or self._part_size() != self._artifact.size:
            self._part.unlink()
            self._on_bytes(0)
            raise _TransientError(
                f"the content is not the pinned one: sha256 {digest}, "
                f"expected {self._artifact.sha256}; a proxy may have changed it"
            )
        self._part.replace(self._target)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
