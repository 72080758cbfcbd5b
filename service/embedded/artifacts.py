"""Neo4j's jars in the user's cache, copied from a local Maven repository or downloaded."""

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
"""Called with the total bytes and the bytes in place, from any thread but never concurrently."""

_THREADS = 8
_SPARE_BYTES = 64 << 20  # to be left free on the disk
_HOW_TO_MOVE = "set SPECGRAPH_CACHE_DIR"


def cache_dir() -> Path:
    """Return the folder of this Neo4j version in the user's cache, which may not exist yet."""
    base = os.environ.get("SPECGRAPH_CACHE_DIR") or platformdirs.user_cache_dir("specgraph")
    return Path(base).expanduser().absolute() / "neo4j" / NEO4J_VERSION


def repository_url() -> str:
    """Return the address of the Maven repository to download from.

    Raises:
        EmbeddedError: if none is set, and jgo, which has the address of the public one, is not
            installed.

    """
    configured = os.environ.get("SPECGRAPH_MAVEN_REPOSITORY")
    if configured:
        return configured
    try:
        from jgo.constants import MAVEN_CENTRAL_URL
    except ImportError as error:
        raise EmbeddedError(
            "Neo4j is not in the cache yet, and jgo, which is needed to download it, is not "
            "installed.",
            "Run: pip install 'spack-specgraph[embedded]', or set SPECGRAPH_MAVEN_REPOSITORY to "
            "the address of a Maven repository.",
        ) from error
    return str(MAVEN_CENTRAL_URL)


def local_repository() -> Path:
    """Return the folder of the user's local Maven repository, which may not exist."""
    return Path.home() / ".m2" / "repository"


class JarCache:
    """The pinned jars in one folder.

    Several processes may share the folder: one downloads while the others wait for it.
    """

    def __init__(
        self,
        folder: Path,
        artifacts: Sequence[Artifact] | None = None,
        *,
        maven_local: Path | None = None,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Initialize without touching the folder.

        Args:
            folder: the folder of the cache, see `cache_dir`.
            artifacts: the jars of the cache; the pinned list by default.
            maven_local: folder of a Maven repository to copy from, if it exists.
            first_pause: seconds before the first retry of a download; doubled for each further one.

        """
        self.folder = folder / "lib"
        self._artifacts = tuple(read_lock() if artifacts is None else artifacts)
        self._maven_local = maven_local
        self._first_pause = first_pause

    @property
    def jars(self) -> tuple[Path, ...]:
        """The paths of all jars, in the order of the class path."""
        return tuple(self.folder / artifact.path for artifact in self._artifacts)

    def missing_artifacts(self) -> tuple[Artifact, ...]:
        """Return the jars that are absent or have a wrong size.

        The digest is not computed again: it was checked before a jar was moved into the cache.
        """
        return tuple(a for a in self._artifacts if _file_size(self.folder / a.path) != a.size)

    def ensure_jars(self, on_progress: Progress | None = None) -> tuple[Path, ...]:
        """Copy or download missing jars and return `jars`.

        Raises:
            EmbeddedError: if a jar cannot be obtained.

        """
        if self.missing_artifacts():
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                with FileLock(self.folder.parent / "download.lock"):
                    # Another process may have downloaded them while this one waited.
                    self._fetch_missing(self.missing_artifacts(), on_progress)
            except OSError as error:
                raise file_error(
                    error, self.folder, "the cache of Neo4j's jars", _HOW_TO_MOVE
                ) from error
        return self.jars

    def _fetch_missing(self, missing: Sequence[Artifact], on_progress: Progress | None) -> None:
        meter = _Meter(self._artifacts, missing, on_progress)
        to_download = [a for a in missing if not self._copy_from_maven_local(a, meter)]
        if not to_download:
            return
        needed = sum(artifact.size for artifact in to_download) + _SPARE_BYTES
        if shutil.disk_usage(self.folder).free < needed:
            raise EmbeddedError(
                f"Not enough disk space: Neo4j's jars need {needed >> 20} MiB in {self.folder}.",
                f"Free some space, or {_HOW_TO_MOVE} to a folder on another disk.",
            )
        self._download_all(to_download, repository_url(), meter)

    def _copy_from_maven_local(self, artifact: Artifact, meter: "_Meter") -> bool:
        if self._maven_local is None:
            return False
        source = self._maven_local / artifact.path
        try:
            if _file_size(source) != artifact.size or sha256_of(source) != artifact.sha256:
                return False
        except OSError:  # unreadable: download it instead
            return False
        target = self.folder / artifact.path
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = target.with_name(target.name + ".copy")
        shutil.copyfile(source, copy)
        if sha256_of(copy) != artifact.sha256:  # it was changed while it was copied
            return False
        copy.replace(target)
        meter.report_bytes(artifact, artifact.size)
        return True

    def _download_all(
        self, artifacts: Sequence[Artifact], repository: str, meter: "_Meter"
    ) -> None:
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
                        on_bytes=meter.listener_for(artifact),
                        first_pause=self._first_pause,
                    ).run
                )
                for artifact in artifacts
            ]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                cancelled.set()
        _raise_first(futures)


class _Meter:
    """Adds up the bytes of files that are downloaded in parallel."""

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

    def listener_for(self, artifact: Artifact) -> Callable[[int], None]:
        """Return a function to call with the bytes of an artifact that are in place."""
        return lambda done: self.report_bytes(artifact, done)

    def report_bytes(self, artifact: Artifact, done: int) -> None:
        """Record that `done` bytes of an artifact are in place."""
        with self._lock:
            self._done[artifact.path] = done
            if self._on_progress is not None:
                self._on_progress(self._total, self._present + sum(self._done.values()))


def _raise_first(futures: Sequence[Future[None]]) -> None:
    """Raise the first failure that is not just the cancellation after another one."""
    failures = [failure for future in futures if (failure := future.exception()) is not None]
    for failure in failures:
        if not isinstance(failure, CancelledError):
            raise failure


def _file_size(path: Path) -> int:
    """Return the size of a file in bytes; -1 if it does not exist."""
    try:
        return path.stat().st_size
    except OSError:
        return -1
