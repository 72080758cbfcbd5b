"""Neo4j's jars in the user's cache: found there, taken from a local repository, or downloaded."""

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

import platformdirs
import requests
from filelock import FileLock

from service.embedded.download import FIRST_PAUSE, CancelledError, Download
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.pin import NEO4J_VERSION, Artifact, read_lock, sha256_of

Progress = Callable[[int, int], None]
"""Called with the total bytes and the bytes that are in place, from any thread, one at a time."""

_THREADS = 8
_SPARE_BYTES = 64 << 20  # left free beside the jars
_OTHER_PLACE = "set SPECGRAPH_CACHE_DIR"


def cache_dir() -> Path:
    """Return the folder of this Neo4j version in the user's cache; it may not exist yet."""
    base = os.environ.get("SPECGRAPH_CACHE_DIR") or platformdirs.user_cache_dir("specgraph")
    return Path(base).expanduser().absolute() / "neo4j" / NEO4J_VERSION


def repository_url() -> str:
    """Return the address of the Maven repository to download from.

    Raises:
        EmbeddedError: None is named and jgo, which knows the public one, is not installed.

    """
    named = os.environ.get("SPECGRAPH_MAVEN_REPOSITORY")
    if named:
        return named
    try:
        from jgo.constants import MAVEN_CENTRAL_URL
    except ImportError as error:
        raise EmbeddedError(
            "Neo4j is not in the cache yet, and jgo, which knows where to fetch it, is not "
            "installed.",
            "Run: pip install 'spack-specgraph[embedded]' - or name a Maven repository in "
            "SPECGRAPH_MAVEN_REPOSITORY.",
        ) from error
    return str(MAVEN_CENTRAL_URL)


def local_repository() -> Path:
    """Return the user's own Maven repository; it may not exist."""
    return Path.home() / ".m2" / "repository"


class JarCache:
    """The pinned jars below one folder.

    Several processes may share the folder: one fetches while the others wait for it.
    """

    def __init__(
        self,
        folder: Path,
        artifacts: Sequence[Artifact] | None = None,
        *,
        maven_local: Path | None = None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Describe a cache; nothing is touched yet.

        Args:
            folder: Where the jars are or go, see `cache_dir`.
            artifacts: What belongs there; the pinned list by default.
            maven_local: A repository on this machine to copy from, if it exists.
            first_pause: Seconds before a failed download is tried again; doubles each time.

        """
        self.folder = folder / "lib"
        self._artifacts = tuple(read_lock() if artifacts is None else artifacts)
        self._maven_local = maven_local
        self._first_pause = first_pause

    @property
    def jars(self) -> tuple[Path, ...]:
        """The place of every jar, in the order of the class path."""
        return tuple(self.folder / artifact.path for artifact in self._artifacts)

    def missing(self) -> tuple[Artifact, ...]:
        """Return what is not in place; a file there was checked before it got there."""
        return tuple(a for a in self._artifacts if _size(self.folder / a.path) != a.size)

    def ensure(self, on_progress: Progress | None = None) -> tuple[Path, ...]:
        """Bring every jar into place and return `jars`.

        Raises:
            EmbeddedError: A jar cannot be had, with what to do.

        """
        if self.missing():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self.folder.parent / "download.lock"):
                    self._fetch(self.missing(), on_progress)
            except OSError as error:
                raise file_error(
                    error, self.folder, "the cache of Neo4j's jars", _OTHER_PLACE
                ) from error
        return self.jars

    def _fetch(self, missing: Sequence[Artifact], on_progress: Progress | None) -> None:
        meter = _Meter(self._artifacts, missing, on_progress)
        left = [a for a in missing if not self._copy_from_maven_local(a, meter)]
        if not left:
            return
        needed = sum(artifact.size for artifact in left) + _SPARE_BYTES
        if shutil.disk_usage(self.folder).free < needed:
            raise EmbeddedError(
                f"Neo4j's jars need {needed >> 20} MiB below {self.folder}, which are not free.",
                f"Free some space, or {_OTHER_PLACE} to a folder on another disk.",
            )
        self._download(left, repository_url(), meter)

    def _copy_from_maven_local(self, artifact: Artifact, meter: "_Meter") -> bool:
        if self._maven_local is None:
            return False
        source = self._maven_local / artifact.path
        try:
            if _size(source) != artifact.size or sha256_of(source) != artifact.sha256:
                return False
        except OSError:  # unreadable there: download it
            return False
        target = self.folder / artifact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = target.with_name(target.name + ".copy")
        shutil.copyfile(source, copy)
        if sha256_of(copy) != artifact.sha256:
            return False
        copy.replace(target)
        meter.report(artifact, artifact.size)
        return True

    def _download(self, left: Sequence[Artifact], repository: str, meter: "_Meter") -> None:
        cancelled = threading.Event()
        with requests.Session() as session, ThreadPoolExecutor(_THREADS) as pool:
            session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=_THREADS))
            session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=_THREADS))
            futures = [
                pool.submit(
                    Download(
                        artifact,
                        self.folder / artifact.path,
                        repository,
                        session,
                        cancelled=cancelled,
                        on_bytes=meter.of(artifact),
                        first_pause=self._first_pause,
                    ).run
                )
                for artifact in left
            ]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                cancelled.set()
        _raise_first(futures)


class _Meter:
    """Adds up the bytes of files that arrive in parallel."""

    def __init__(
        self,
        artifacts: Sequence[Artifact],
        missing: Sequence[Artifact],
        on_progress: Progress | None,
    ) -> None:
        self._total = sum(artifact.size for artifact in artifacts)
        self._done = dict.fromkeys((a.path for a in missing), 0)
        self._present = self._total - sum(a.size for a in missing)
        self._on_progress = on_progress
        self._lock = threading.Lock()

    def of(self, artifact: Artifact) -> Callable[[int], None]:
        """Return what takes the bytes of `artifact` that are in place."""
        return lambda done: self.report(artifact, done)

    def report(self, artifact: Artifact, done: int) -> None:
        """Note that `done` bytes of `artifact` are in place."""
        with self._lock:
            self._done[artifact.path] = done
            if self._on_progress is not None:
                self._on_progress(self._total, self._present + sum(self._done.values()))


def _raise_first(futures: Sequence[Future[None]]) -> None:
    """Raise the first failure that is more than the echo of another one."""
    failures = [failure for future in futures if (failure := future.exception()) is not None]
    for failure in failures:
        if not isinstance(failure, CancelledError):
            raise failure


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
