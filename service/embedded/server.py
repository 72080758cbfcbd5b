"""The embedded Neo4j: prepares, starts, supervises and stops the database."""

import atexit
import logging
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from service.embedded import settings as conf
from service.embedded.artifacts import JarCache, Progress, cache_dir, local_repository
from service.embedded.class_archive import ClassArchive
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.exchange import finish_exchange
from service.embedded.existing import Connection, absolute_path, end_stale_java
from service.embedded.failures import StartError
from service.embedded.java import find_java
from service.embedded.launch import Machine, Run, check_store, set_password_by_admin_command
from service.embedded.lock import (
    HOW_TO_MOVE,
    DataDirLock,
    DataDirState,
    remove_state,
    write_state,
)
from service.embedded.ports import PortReservations, choose_port
from service.embedded.room import MIN_FREE_MIB, NoRoomError, require_room
from service.embedded.status import OnStatus
from service.embedded.supervisor import DEFAULT_RESTART, OnLog, RestartPolicy, Supervisor

DEFAULT_BOLT_PORT = 7687
DEFAULT_HTTP_PORT = 7474
_ROOM_POLL_SECONDS = 1.0

_logger = logging.getLogger("specgraph.embedded")


class EmbeddedNeo4j:
    """A real Neo4j Community that runs as a child process.

    It listens on the loopback interface only, sends no telemetry, requires a generated password and
    ends with this process. If it ends on its own, it is restarted on the same ports.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        bolt_port: int | None = None,
        http_port: int | None = None,
        heap_mib: int | None = None,
        page_cache_mib: int | None = None,
        quick: bool = False,
        guide: str | None = None,
        start_timeout: float = 180.0,
        min_free_mib: int | None = None,
        restart: RestartPolicy = DEFAULT_RESTART,
        force_recovery: bool = False,
        more_settings: Mapping[str, str] | None = None,
        on_progress: Progress | None = None,
        on_log: OnLog | None = None,
        on_status: OnStatus | None = None,
    ) -> None:
        """Initialize without starting the database.

        Args:
            data_dir: the folder of the data, the password and the logs; created if necessary.
            bolt_port: the port for drivers; by default 7687, or any free one if that is in use.
            http_port: the port of Neo4j Browser; by default 7474, or any free one.
            heap_mib: Java's heap in MiB; by default 1024, or 512 with `quick`.
            page_cache_mib: Neo4j's page cache in MiB; by default 512, or 128 with `quick`.
            quick: start and stop fast and use little memory, at the cost of slower queries, as for
                tests and demos.
            guide: address of a guide for Neo4j Browser to play when it has connected; the Browser
                may then send requests to that host, and to no other.
            start_timeout: seconds that a start may take, after all downloads, without a line in
                Neo4j's logs; a recovery that goes on may take longer.
            min_free_mib: free space in MiB on the disk of the data directory that a start needs;
                by default 256.
            restart: when to restart Neo4j if it ends on its own; `NO_RESTART` for never.
            force_recovery: open a database whose transaction logs are damaged or missing, and lose
                what cannot be read of them; see `recovery`.
            more_settings: further settings of Neo4j, by their names.
            on_progress: called during the download.
            on_log: called with a line when Neo4j ends or is restarted; by default these are
                logged.
            on_status: called with the current step of a start if it takes long; by default that is
                logged.

        """
        self.data_dir = absolute_path(data_dir)
        self._requested_ports = (bolt_port, http_port)
        self._ports = PortReservations(cache_dir() / "ports")
        self._heap_mib = heap_mib or (512 if quick else 1024)
        self._page_cache_mib = page_cache_mib or (128 if quick else 512)
        self._quick = quick
        self._guide = guide
        self._start_timeout = start_timeout
        self._min_free_mib = MIN_FREE_MIB if min_free_mib is None else min_free_mib
        self._policy = restart
        self._on_progress = on_progress
        self._force_recovery = force_recovery
        self._more_settings = dict(more_settings or {})
        self._on_log = on_log or _logger.warning
        self._on_status = on_status or _logger.info
        self._guard = threading.RLock()
        self._machine: Machine | None = None
        self._lock: DataDirLock | None = None
        self._supervisor: Supervisor | None = None
        self._connection: Connection | None = None

    @property
    def is_up(self) -> bool:
        """Whether Neo4j has answered and, as far as is known, not ended since."""
        return self._supervisor is not None and self._supervisor.is_up

    @property
    def failure(self) -> EmbeddedError | None:
        """Why Neo4j stays down, if there will be no more restarts."""
        return self._supervisor.failure if self._supervisor else None

    @property
    def class_archive(self) -> ClassArchive | None:
        """The class archive for later starts; None before the first start."""
        return self._machine.archive if self._machine else None

    def start(self) -> Connection:
        """Download missing jars, start Neo4j and wait until it answers queries.

        Raises:
            EmbeddedError: if it cannot be started.

        """
        with self._guard:
            if self._connection is not None:
                return self._connection
            machine = self._machine = self._prepare_machine()
            try:
                self._take_data_dir()
                self._connection = self._start_on_free_ports(machine)
            except OSError as error:
                self.stop()
                raise file_error(error, self.data_dir, "the data directory", HOW_TO_MOVE) from error
            except BaseException:
                self.stop()
                raise
            atexit.register(self.stop)
            machine.archive.build_in_background()
            return self._connection

    def stop(self, patience: float = 60.0) -> None:
        """Stop Neo4j with a checkpoint or, after `patience` seconds, kill it, which is safe.

        Does nothing if Neo4j does not run.
        """
        supervisor = self._supervisor
        if supervisor is not None:
            supervisor.stop(patience)
        with self._guard:
            atexit.unregister(self.stop)
            if self._machine is not None:
                self._machine.archive.abort_build()
            self._supervisor = self._connection = None
            self._ports.release()
            if self._lock is not None:
                remove_state(self.data_dir)
                self._lock.release()
                self._lock = None

    def check_store(self) -> None:
        """Check the consistency of the database, which must have been started and stopped.

        Raises:
            EmbeddedError: if it is inconsistent or was never started, or the check failed.
            OSError: if the check cannot be run.

        """
        if self._machine is None or self._connection is not None:
            raise EmbeddedError(
                "Only a database that was started and stopped can be checked.", "Stop it first."
            )
        check_store(self.data_dir, self._machine)

    def __enter__(self) -> Connection:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _prepare_machine(self) -> Machine:
        java = find_java()
        cache = cache_dir()
        if os.pathsep in str(cache):
            raise EmbeddedError(
                f"The path of the cache folder {cache} contains {os.pathsep!r}, which Java "
                "takes for the end of a path.",
                "Set SPECGRAPH_CACHE_DIR to another folder.",
            )
        jars = JarCache(cache, maven_local=local_repository()).ensure_jars(self._on_progress)
        archive = ClassArchive(java, jars, cache)
        return Machine(java, jars, archive, self._heap_mib, self._quick)

    def _take_data_dir(self) -> None:
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DataDirLock(self.data_dir)
        lock.acquire()
        self._lock = lock
        end_stale_java(self.data_dir, self._on_status)
        finish_exchange(self.data_dir)
        write_state(self.data_dir, DataDirState(service_pid=os.getpid()))
        conf.check_version(self.data_dir)
        try:
            require_room(self.data_dir, self._min_free_mib)
        except NoRoomError as error:
            raise EmbeddedError(
                f"The data directory {self.data_dir} has no room: {error}.",
                "Free some space, or choose a data directory on another disk.",
            ) from error

    def _start_on_free_ports(self, machine: Machine) -> Connection:
        password = conf.ensure_password(self.data_dir)
        fresh = not conf.is_initialised(self.data_dir)
        new_data = not (self.data_dir / "data" / "databases").exists()
        if fresh:
            conf.write_initial_password(self.data_dir, password)
        # Another program may take a port between the choice of it and Neo4j's start.
        for attempt in range(3):
            settings = self._choose_settings()
            conf.write_configuration(self.data_dir, settings)
            try:
                self._start_supervised(machine, settings, password)
                break
            except StartError as error:
                if attempt == 2 or not self._prepare_retry(error, machine, new_data, password):
                    raise
        conf.mark_initialised(self.data_dir)
        return Connection(settings.bolt_uri, conf.USER, password, settings.browser_url)

    def _prepare_retry(
        self, error: StartError, machine: Machine, new_data: bool, password: str
    ) -> bool:
        """Return whether another attempt may succeed, after preparing it."""
        if error.cause == "port":
            return None in self._requested_ports
        if error.cause == "crash":
            machine.archive.discard_archive()
            return True
        if error.cause == "password" and new_data:
            # This Neo4j does not read `auth.ini` as expected: let its own command write it.
            shutil.rmtree(self.data_dir / "data")
            set_password_by_admin_command(self.data_dir, machine, password)
            return True
        return False

    def _choose_settings(self) -> conf.Settings:
        bolt, http = self._requested_ports
        self._ports.release()
        bolt = choose_port(bolt, DEFAULT_BOLT_PORT, "--bolt-port", self._ports, reserved=http)
        http = choose_port(http, DEFAULT_HTTP_PORT, "--browser-port", self._ports, reserved=bolt)
        return conf.Settings(
            bolt,
            http,
            self._page_cache_mib,
            self._guide,
            self._force_recovery,
            self._more_settings,
        )

    def _start_supervised(self, machine: Machine, settings: conf.Settings, password: str) -> None:
        def launch_run(stopping: threading.Event) -> Run:
            self._wait_for_room(stopping)
            try:
                run = Run(self.data_dir, machine, settings)
            except OSError as error:
                raise file_error(error, self.data_dir, "the data directory", HOW_TO_MOVE) from error
            try:
                run.wait_until_ready(password, self._start_timeout, stopping, self._on_status)
            except EmbeddedError:
                run.kill()
                raise
            run.watch(password, self._on_log)
            return run

        self._supervisor = Supervisor(launch_run, self._policy, self._on_log)
        self._supervisor.start()

    def _wait_for_room(self, stopping: threading.Event) -> None:
        """Wait until the disk has room: a start without it fails, and starts are limited."""
        waiting = False
        while not stopping.is_set():
            try:
                require_room(self.data_dir, self._min_free_mib)
            except NoRoomError as error:
                if not waiting:
                    self._on_log(f"Neo4j is not started: {error}.")
                waiting = True
                stopping.wait(_ROOM_POLL_SECONDS)
            else:
                return
