"""One run of Neo4j: its command line, its process, and waiting until it answers."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from service.embedded.class_archive import ClassArchive, module_options
from service.embedded.errors import EmbeddedError
from service.embedded.failures import (
    CRASH,
    NOT_OPENED,
    TIMEOUT,
    Cause,
    LogMark,
    StartError,
    diagnose_failure,
)
from service.embedded.java import Java
from service.embedded.lock import DataDirState, write_state
from service.embedded.panic import PanicWatch, reason_not_opened
from service.embedded.ports import is_listening, speaks_bolt
from service.embedded.processes import identify_process, lean_environment, listens_on, spawn_process
from service.embedded.settings import USER, Settings, home_arguments, password_path
from service.embedded.start_log import StartLog, log_size, read_from
from service.embedded.status import OnStatus, StatusReport

_STARTED = "INFO  Started."
"""The end of Neo4j's log when it listens on all of its ports."""
_POLL_SECONDS = 0.05
_CONSOLE_BYTES = 1 << 20
_ADMIN_SECONDS = 60
_TAIL_LINES = 15
_ANSWER_SECONDS = 10
_CRASH_SIGNALS = frozenset({signal.SIGABRT, signal.SIGSEGV, signal.SIGILL})


@dataclass(frozen=True, slots=True)
class Machine:
    """The Java virtual machine that Neo4j runs on.

    Attributes:
        java: the launcher.
        jars: the class path.
        archive: the class archive of this Java and these jars.
        heap_mib: size of the heap in MiB.
        quick: whether to optimize for fast starts and stops (serial collector, first compiler
            only) rather than for the speed of queries of a server that runs for days.

    """

    java: Java
    jars: Sequence[Path]
    archive: ClassArchive
    heap_mib: int
    quick: bool

    def java_command(self, data_dir: Path) -> list[str]:
        """Return the command that runs Neo4j on a data directory."""
        scratch = scratch_dir(data_dir)
        tuning = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] if self.quick else []
        return [
            str(self.java.executable),
            *module_options(self.java),
            *self.archive.java_options(scratch),
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
    """Return the folder of Java's temporary files, which is emptied before each start."""
    return data_dir / "tmp"


class Run:
    """A process of Neo4j, from its start to its end."""

    def __init__(self, data_dir: Path, machine: Machine, settings: Settings) -> None:
        """Spawn Neo4j and record its process in the data directory.

        Raises:
            OSError: if it cannot be spawned, or the data directory cannot be written to.

        """
        self._data_dir = data_dir
        self._settings = settings
        (data_dir / "logs").mkdir(exist_ok=True)
        shutil.rmtree(scratch_dir(data_dir), ignore_errors=True)
        scratch_dir(data_dir).mkdir(exist_ok=True)
        console = data_dir / "logs" / "java.log"
        if console.exists() and console.stat().st_size > _CONSOLE_BYTES:
            console.replace(console.with_suffix(".log.1"))
        self._panic_watch: PanicWatch | None = None
        self._mark = LogMark(data_dir)
        self._log = StartLog(data_dir)
        environment = lean_environment({"CLASSPATH": os.pathsep.join(map(str, machine.jars))})
        with console.open("ab") as output:
            self.process = spawn_process(
                machine.java_command(data_dir), environment=environment, output=output
            )
        self._record_state(ready=False)

    def _record_state(self, *, ready: bool) -> None:
        """Record the process, and its addresses once it answers there and not another one."""
        identity = identify_process(self.process.pid)
        state = DataDirState(
            service_pid=os.getpid(),
            java_pid=self.process.pid,
            java_started=identity.started if identity else None,
            bolt_uri=self._settings.bolt_uri if ready else None,
            browser_url=self._settings.browser_url if ready else None,
        )
        try:
            write_state(self._data_dir, state)
        except OSError:
            self.kill()  # without the record, a later start could not find this process
            raise

    def wait_until_ready(
        self, password: str, timeout: float, stopping: threading.Event, on_status: OnStatus
    ) -> None:
        """Wait until Neo4j answers a query and serves its Browser.

        Args:
            password: the password of `USER`.
            timeout: seconds to wait after Neo4j has last written to its log.
            stopping: aborts the wait when it is set.
            on_status: called with the current step if it takes long.

        Raises:
            StartError: if Neo4j ended, refused the password, could not open a database, or did
                not answer in time.
            EmbeddedError: if `stopping` was set.

        """
        status = StatusReport(on_status)
        bolt, http = self._settings.bolt_port, self._settings.http_port
        checks: list[Callable[[], bool]] = [
            # Another Neo4j may have taken a port first: only the own log and the system prove that
            # this one listens. One that finds a port taken ends, and is started on other ports;
            # meanwhile it refuses every password, so it must not be asked before.
            lambda: _STARTED in self._mark.added_text(),
            lambda: self._owns(bolt) and self._owns(http),
            lambda: speaks_bolt(bolt) and is_listening(http),
            lambda: self._answers_queries(password),
        ]
        for check in checks:
            while not check():
                self._check_alive(stopping)
                self._log.follow()
                if self._log.not_opened:
                    raise self._start_error("", NOT_OPENED)
                if time.monotonic() > self._log.moved + timeout:
                    raise self._start_error(f"It does not answer after {timeout:g} s.", TIMEOUT)
                status.update(f"Neo4j is {self._log.stage}")
                time.sleep(_POLL_SECONDS)
        self._check_alive(stopping)
        self._record_state(ready=True)

    def _owns(self, port: int) -> bool:
        """Return whether Neo4j listens on a port, or the system does not tell."""
        return listens_on(self.process.pid, port) is not False

    def _check_alive(self, stopping: threading.Event) -> None:
        if stopping.is_set():
            raise EmbeddedError(
                "The start was aborted by a call of stop.", "Start again if that is wrong."
            )
        code = self.process.poll()
        if code is not None:
            fallback = CRASH if -code in _CRASH_SIGNALS else None
            raise self._start_error(f"Java ended with code {code}.", fallback)

    def _start_error(self, ending: str, fallback: Cause | None = None) -> StartError:
        ports = f"bolt_port was {self._settings.bolt_port}, http_port {self._settings.http_port}."
        self._log.follow()
        text = "\n".join([self._mark.added_text(), *self._log.problems])
        return diagnose_failure(
            text, self._mark.log, ending=f"{ending} Its {ports}".strip(), fallback=fallback
        )

    def _answers_queries(self, password: str) -> bool:
        try:
            with GraphDatabase.driver(
                self._settings.bolt_uri,
                auth=(USER, password),
                telemetry_disabled=True,
                connection_timeout=_ANSWER_SECONDS,
                max_transaction_retry_time=0,
            ) as driver:
                return self._serves_database(driver)
        except AuthError as error:
            raise StartError(
                f"Neo4j does not accept the password in {password_path(self._data_dir)}.",
                "Restore the file as it was when the password was last changed.",
                "password",
            ) from error
        except DriverError:  # not ready yet
            return False

    def _serves_database(self, driver: Driver) -> bool:
        try:
            driver.execute_query("RETURN 1", database_="neo4j")
        except AuthError:
            raise
        except (DriverError, Neo4jError) as error:
            if reason := reason_not_opened(driver):
                raise self._start_error(reason, NOT_OPENED) from error
            return False
        return True

    def watch(self, password: str, on_log: Callable[[str], None]) -> None:
        """Kill Neo4j if its database panics, as it does not end by itself then.

        Args:
            password: the password of `USER`.
            on_log: called with a line for the operator.

        """

        def kill() -> None:
            on_log("Neo4j refuses all transactions after a failed write: it is restarted.")
            self.process.kill()

        self._panic_watch = PanicWatch(self._settings.bolt_uri, password, kill)

    def wait(self) -> int:
        """Wait for Java to end and return its exit code, negative for a signal."""
        try:
            return self.process.wait()
        finally:
            self._stop_watching()

    def _stop_watching(self) -> None:
        if self._panic_watch is not None:
            self._panic_watch.stop()

    def end(self, patience: float) -> None:
        """Stop Neo4j cleanly or, after `patience` seconds, kill it, which is safe for the data."""
        self._stop_watching()
        self.process.terminate()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill Neo4j and wait for its end."""
        self.process.kill()
        self.process.wait()


def run_admin_command(
    data_dir: Path, machine: Machine, words: Sequence[str], seconds: float | None = None
) -> tuple[int, str]:
    """Run one of Neo4j's own commands on a data directory, in another Java process.

    Args:
        data_dir: the data directory.
        machine: runs the command.
        words: the command and its arguments, as after `neo4j-admin`.
        seconds: when to end it; None for never.

    Returns:
        Its exit code and its output, which is also appended to `logs/java.log`.

    Raises:
        OSError: if it cannot be run.

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
        *words,
    ]
    log = data_dir / "logs" / "java.log"
    start = log_size(log)
    with log.open("ab") as output:
        process = spawn_process(command, environment=environment, output=output)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    return code, read_from(log, start, _CONSOLE_BYTES)[0]


def set_password_by_admin_command(data_dir: Path, machine: Machine, password: str) -> None:
    """Set the initial password by Neo4j's own command.

    Raises:
        StartError: if the command failed.
        OSError: if it cannot be run.

    """
    words = ("dbms", "set-initial-password", "--", password)
    code, text = run_admin_command(data_dir, machine, words, _ADMIN_SECONDS)
    if code != 0:
        log = data_dir / "logs" / "java.log"
        raise diagnose_failure(text, log, ending="Its password could not be set.")


def check_store(data_dir: Path, machine: Machine) -> None:
    """Check the consistency of a stopped database by Neo4j's own command.

    Raises:
        EmbeddedError: if it is inconsistent, or the check failed.
        OSError: if the command cannot be run.

    """
    reports = data_dir / "logs"
    words = ("database", "check", "neo4j", f"--report-path={reports}")
    code, text = run_admin_command(data_dir, machine, words)
    if code != 0:
        lines = [line for line in text.splitlines() if line.strip()]
        tail = "\n".join(f"    {line[:300]}" for line in lines[-_TAIL_LINES:])
        raise EmbeddedError(
            f"Neo4j finds the database inconsistent, or could not check it:\n{tail}",
            f"Read the reports in {reports}, and restore a backup.",
        )
