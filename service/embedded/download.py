"""Fetching one pinned file over HTTP: resumed, retried, checked."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import requests

from service.embedded.errors import EmbeddedError
from service.embedded.pin import Artifact

ATTEMPTS = 5
"""How often in a row a download may fail without having come further."""

FIRST_PAUSE = 0.5
"""Seconds before the second attempt; each later pause is twice as long."""

_CHUNK = 1 << 16
_TIMEOUTS = (10.0, 30.0)  # seconds: to connect, between two reads
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_OFFLINE_ADVICE = (
    "Check the network and the proxy (HTTPS_PROXY), or name a repository that this machine "
    "reaches in SPECGRAPH_MAVEN_REPOSITORY. What was fetched is kept: starting again goes on "
    "from there."
)


class CancelledError(Exception):
    """Another file has failed, so this one was given up."""


class _TransientError(Exception):
    """An attempt failed; another one may do better."""


class Download:
    """One file on its way from a repository into its place.

    Bytes go to `<target>.part`, which the next attempt, or the next process, continues. The
    file moves to its place once its size and SHA-256 are right.
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
        """Fetch the file.

        Raises:
            EmbeddedError: The repository lacks the file, or every attempt failed.
            CancelledError: `cancelled` was set meanwhile.
            OSError: The file cannot be written.

        """
        failures, furthest, last = 0, self._part_size(), ""
        while failures < ATTEMPTS:
            if failures and self._cancelled.wait(self._first_pause * 2 ** (failures - 1)):
                raise CancelledError
            try:
                self._attempt()
                return
            except (requests.RequestException, _TransientError) as error:
                last = str(error)
            size = self._part_size()
            failures = 1 if size > furthest else failures + 1
            furthest = max(size, furthest)
        raise EmbeddedError(
            f"Cannot fetch {self._url} ({ATTEMPTS} attempts without progress): {last}",
            _OFFLINE_ADVICE,
        )

    def _attempt(self) -> None:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        if self._part_size() < self._artifact.size:
            self._receive()
        size = self._part_size()
        if size < self._artifact.size:
            raise _TransientError(f"cut off after {size} of {self._artifact.size} bytes")
        self._check_and_place()

    def _part_size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _receive(self) -> None:
        have = self._part_size()
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with self._session.get(
            self._url, headers=headers, stream=True, timeout=_TIMEOUTS
        ) as response:
            start = self._start_of(response, have)
            self._on_bytes(start)
            with self._part.open("r+b" if start else "wb", buffering=0) as part:
                part.seek(start)
                self._copy(response, part.fileno(), start)

    def _start_of(self, response: requests.Response, have: int) -> int:
        """Return the offset in the file at which the body of `response` starts."""
        status = response.status_code
        if status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            return have
        if status == 200:  # the server knows no ranges: from the beginning
            return 0
        if status in (206, 416):
            self._part.unlink(missing_ok=True)
            raise _TransientError(f"the server would not continue after {have} bytes")
        if status in _TRY_AGAIN:
            raise _TransientError(f"HTTP {status} {response.reason}")
        raise EmbeddedError(
            f"The repository answered HTTP {status} {response.reason} for {self._url}.",
            "Check SPECGRAPH_MAVEN_REPOSITORY: it must name a Maven repository that holds "
            "Neo4j's artifacts.",
        )

    def _copy(self, response: requests.Response, part: int, start: int) -> None:
        done = start
        for chunk in response.iter_content(_CHUNK):
            if self._cancelled.is_set():
                raise CancelledError
            _write_all(part, chunk)
            done += len(chunk)
            self._on_bytes(min(done, self._artifact.size))
            if done > self._artifact.size:
                break
        os.fsync(part)

    def _check_and_place(self) -> None:
        with self._part.open("rb") as part:
            digest = hashlib.file_digest(part, "sha256").hexdigest()
        if digest != self._artifact.sha256 or self._part_size() != self._artifact.size:
            self._part.unlink()
            self._on_bytes(0)
            raise _TransientError(
                f"the content is not the pinned one: sha256 {digest}, "
                f"expected {self._artifact.sha256}; something between here and the "
                "repository may alter what it passes on"
            )
        self._part.replace(self._target)


def _write_all(descriptor: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(descriptor, view) :]
