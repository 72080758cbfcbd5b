"""One run of Neo4j: the command, the child process, and the wait until it answers."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from service.embedded.class_archive import ClassArchive, module_options
from service.embedded.errors import EmbeddedError
from service.embedded.failures import CRASH, TIMEOUT, Cause, LogMark, StartError, explain
from service.embedded.java import Java
from service.embedded.lock import State, write_state
from service.embedded.ports import listens, speaks_bolt
from service.embedded.processes import identify, lean_environment, spawn
from service.embedded.settings import USER, Settings, home_arguments, password_path

_POLL_SECONDS = 0.05
_CONSOLE_BYTES = 1 << 20
_ADMIN_SECONDS = 60
_ANSWER_SECONDS = 10
_CRASHES = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGILL})


@dataclass(frozen=True, slots=True)
class Machine:
    """What Neo4j runs on: Java, the class path, the heap (MiB), and for how long it is meant.

    `quick` starts and stops soonest (serial collector, first compiler only); without it Neo4j
    gets the full compiler, as a server that runs for days wants.
    """

    java: Java
    jars: Sequence[Path]
    archive: ClassArchive
    heap_mib: int
    quick: bool

    def command(self, data_dir: Path) -> list[str]:
        """Return the command line that runs Neo4j on a data directory."""
        scratch = scratch_dir(data_dir)
        tuning = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] if self.quick else []
        return [
            str(self.java.executable),
            *module_options(self.java),
            *self.archive.options(scratch),
            *tuning,
            f"-Xms{self.heap_mib}m",
            f"-Xmx{self.heap_mib}m",
            "-XX:-OmitStackTraceInFastThrow",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-UsePerfData",
            f"-XX:ErrorFile={data_dir / 'logs' / 'java-crash.log'}",
            f"-Djava.io.tmpdir={scratch}",
            "-Dio.netty.tryReflectionSetAccessible=true",
            "-Dlog4j2.disable.jmx=true",
            "org.neo4j.server.CommunityEntryPoint",
            *home_arguments(data_dir),
        ]


def scratch_dir(data_dir: Path) -> Path:
    """Return the folder of Java's temporary files, emptied before each start."""
    return data_dir / "tmp"


class Run:
    """Neo4j as a child process, from spawning to its end."""

    def __init__(self, data_dir: Path, machine: Machine, settings: Settings) -> None:
        """Spawn Neo4j and leave the note of it.

        Raises:
            OSError: It cannot be spawned, or the data directory cannot be written.

        """
        self._data_dir = data_dir
        self._settings = settings
        (data_dir / "logs").mkdir(exist_ok=True)
        shutil.rmtree(scratch_dir(data_dir), ignore_errors=True)
        scratch_dir(data_dir).mkdir(exist_ok=True)
        console = data_dir / "logs" / "java.log"
        if console.exists() and console.stat().st_size > _CONSOLE_BYTES:
            console.replace(console.with_suffix(".log.1"))
        self._mark = LogMark(data_dir)
        environment = lean_environment({"CLASSPATH": os.pathsep.join(map(str, machine.jars))})
        with console.open("ab") as output:
            self.process = spawn(machine.command(data_dir), environment=environment, output=output)
        self._note()

    def _note(self) -> None:
        identity = identify(self.process.pid)
        state = State(
            service_pid=os.getpid(),
            java_pid=self.process.pid,
            java_started=identity.started if identity else None,
            bolt_uri=self._settings.bolt_uri,
            browser_url=self._settings.browser_url,
        )
        try:
            write_state(self._data_dir, state)
        except OSError:
            self.kill()
            raise

    def wait_until_ready(self, password: str, timeout: float, stopping: threading.Event) -> None:
        """Return once Neo4j answers a query and serves its Browser.

        Raises:
            StartError: It ended, did not take the password, or `timeout` seconds have passed.
            EmbeddedError: `stopping` was set.

        """
        deadline = time.monotonic() + timeout
        bolt, http = self._settings.bolt_port, self._settings.http_port
        checks: list[Callable[[], bool]] = [
            lambda: speaks_bolt(bolt),
            lambda: self._answers(password),
            lambda: listens(http),
        ]
        for check in checks:
            while not check():
                self._check_alive(stopping)
                if time.monotonic() > deadline:
                    raise self._failure(f"It does not answer after {timeout:g} s.", TIMEOUT)
                time.sleep(_POLL_SECONDS)
        self._check_alive(stopping)

    def _check_alive(self, stopping: threading.Event) -> None:
        if stopping.is_set():
            raise EmbeddedError(
                "The start was given up: stop was asked for.", "Start again if that is wrong."
            )
        code = self.process.poll()
        if code is not None:
            known = CRASH if -code in _CRASHES else None
            raise self._failure(f"Java ended with code {code}.", known)

    def _failure(self, ending: str, known: Cause | None = None) -> StartError:
        ports = f"bolt_port was {self._settings.bolt_port}, http_port {self._settings.http_port}."
        text = self._mark.added()
        return explain(text, self._mark.log, ending=f"{ending} Its {ports}", known=known)

    def _answers(self, password: str) -> bool:
        try:
            with GraphDatabase.driver(
                self._settings.bolt_uri,
                auth=(USER, password),
                telemetry_disabled=True,
                connection_timeout=_ANSWER_SECONDS,
                max_transaction_retry_time=0,
            ) as driver:
                driver.execute_query("RETURN 1", database_="neo4j")
        except AuthError as error:
            raise StartError(
                f"Neo4j does not take the password in {password_path(self._data_dir)}.",
                "Put the file back as it was when the password was last changed.",
                "password",
            ) from error
        except (DriverError, Neo4jError):  # not there yet
            return False
        return True

    def wait(self) -> int:
        """Return Java's exit code at its end; negative for a signal."""
        return self.process.wait()

    def end(self, patience: float) -> None:
        """Stop Neo4j in good order; after `patience` seconds kill it, which is safe for data."""
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End Neo4j at once."""
        self.process.kill()
        self.process.wait()


def set_password_by_admin_command(data_dir: Path, machine: Machine, password: str) -> None:
    """Set the first password by Neo4j's own command, in a Java of its own.

    Raises:
        StartError: The command failed.
        OSError: It cannot be run.

    """
    environment = lean_environment(
        {
            "CLASSPATH": os.pathsep.join(map(str, machine.jars)),
            "NEO4J_HOME": str(data_dir),
            "NEO4J_CONF": str(data_dir / "conf"),
        }
    )
    command = [
        *(str(machine.java.executable), *module_options(machine.java)),
        "org.neo4j.server.startup.Neo4jAdminCommand",
        *("dbms", "set-initial-password", "--", password),
    ]
    log = data_dir / "logs" / "java.log"
    with log.open("ab") as output:
        process = spawn(command, environment=environment, output=output)
        try:
            code = process.wait(_ADMIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code != 0:
        raise explain(
            log.read_text("utf-8", "replace"), log, ending="Its password could not be set."
        )
