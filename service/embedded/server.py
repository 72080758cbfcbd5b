"""Neo4j as a child process of this one."""

import atexit
import logging
import os
import shutil
import threading
from pathlib import Path
from types import TracebackType

from service.embedded import settings as conf
from service.embedded.artifacts import JarCache, Progress, cache_dir, local_repository
from service.embedded.class_archive import ClassArchive
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.existing import Connection, absolute, end_stale_java
from service.embedded.failures import StartError
from service.embedded.java import find_java
from service.embedded.launch import Machine, Run, set_password_by_admin_command
from service.embedded.lock import (
    OTHER_PLACE,
    DataDirLock,
    State,
    remove_state,
    write_state,
)
from service.embedded.ports import choose_port
from service.embedded.supervisor import DEFAULT_RESTART, OnLog, RestartPolicy, Supervisor

USUAL_BOLT_PORT = 7687
USUAL_HTTP_PORT = 7474
LEAST_FREE_BYTES = 256 << 20

_logger = logging.getLogger("specgraph.embedded")


class EmbeddedNeo4j:
    """Real Neo4j Community, run for the life of this object as a child process.

    It listens on loopback only, reports nothing to anyone, asks for a generated password and
    ends with this process. When it ends by itself, it is started again on the same ports.
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
        restart: RestartPolicy = DEFAULT_RESTART,
        on_progress: Progress | None = None,
        on_log: OnLog | None = None,
    ) -> None:
        """Describe the database; nothing runs yet.

        Args:
            data_dir: Where the data, the password and the logs are; made if absent.
            bolt_port: The port for drivers; by default 7687, or a free one if that is in use.
            http_port: The port of Neo4j Browser; by default 7474, or a free one.
            heap_mib: Java's heap in MiB; by default 1024, with `quick` 512.
            page_cache_mib: Neo4j's page cache in MiB; by default 512, with `quick` 128.
            quick: Start and stop soonest and take little memory, for tests and demos, at the
                cost of slower queries.
            guide: The address of a guide for Neo4j Browser to play when it has connected; the
                Browser may then fetch from there, and from nowhere else.
            start_timeout: Seconds that a start may take once everything is downloaded;
                recovery after a crash of a big database takes the longest.
            restart: When to start Neo4j again if it ends by itself; `NO_RESTART` for never.
            on_progress: Hears of the download.
            on_log: Hears of ends and restarts; by default they are logged.

        """
        self.data_dir = absolute(data_dir)
        self._asked = (bolt_port, http_port)
        self._heap_mib = heap_mib or (512 if quick else 1024)
        self._page_cache_mib = page_cache_mib or (128 if quick else 512)
        self._quick = quick
        self._guide = guide
        self._start_timeout = start_timeout
        self._policy = restart
        self._on_progress = on_progress
        self._on_log = on_log or _logger.warning
        self._guard = threading.RLock()
        self._machine: Machine | None = None
        self._lock: DataDirLock | None = None
        self._supervisor: Supervisor | None = None
        self._connection: Connection | None = None

    @property
    def up(self) -> bool:
        """Whether Neo4j answered last and has not been seen to end since."""
        return self._supervisor is not None and self._supervisor.up

    @property
    def failure(self) -> EmbeddedError | None:
        """Why Neo4j stays down, once restarting it has been given up."""
        return self._supervisor.failure if self._supervisor else None

    @property
    def archive(self) -> ClassArchive | None:
        """The class archive that later starts use; None before the first start."""
        return self._machine.archive if self._machine else None

    def start(self) -> Connection:
        """Fetch what is missing, start Neo4j and return once it answers queries.

        Raises:
            EmbeddedError: It cannot be started, with the reason and the way out.

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
                raise file_error(error, self.data_dir, "the data directory", OTHER_PLACE) from error
            except BaseException:
                self.stop()
                raise
            atexit.register(self.stop)
            machine.archive.build_in_background()
            return self._connection

    def stop(self, patience: float = 60.0) -> None:
        """Stop Neo4j with a checkpoint; after `patience` seconds kill it, which is safe for data.

        Harmless when it does not run.
        """
        supervisor = self._supervisor
        if supervisor is not None:
            supervisor.stop(patience)
        with self._guard:
            atexit.unregister(self.stop)
            if self._machine is not None:
                self._machine.archive.stop()
            self._supervisor = self._connection = None
            if self._lock is not None:
                remove_state(self.data_dir)
                self._lock.release()
                self._lock = None

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
                f"The cache folder {cache} has {os.pathsep!r} in its name, which Java takes for "
                "the end of a path.",
                "Set SPECGRAPH_CACHE_DIR to another folder.",
            )
        jars = JarCache(cache, maven_local=local_repository()).ensure(self._on_progress)
        archive = ClassArchive(java, jars, cache)
        return Machine(java, jars, archive, self._heap_mib, self._quick)

    def _take_data_dir(self) -> None:
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = DataDirLock(self.data_dir)
        lock.acquire()
        self._lock = lock
        end_stale_java(self.data_dir)
        write_state(self.data_dir, State(service_pid=os.getpid()))
        conf.check_version(self.data_dir)
        free = shutil.disk_usage(self.data_dir).free
        if free < LEAST_FREE_BYTES:
            raise EmbeddedError(
                f"The disk that holds the data directory {self.data_dir} is full: "
                f"{free >> 20} MiB are free, Neo4j needs {LEAST_FREE_BYTES >> 20}.",
                "Free some space, or choose a data directory on another disk.",
            )

    def _start_on_free_ports(self, machine: Machine) -> Connection:
        password = conf.ensure_password(self.data_dir)
        fresh = not conf.is_initialised(self.data_dir)
        new_data = not (self.data_dir / "data" / "databases").exists()
        if fresh:
            conf.write_initial_password(self.data_dir, password)
        for attempt in range(3):
            settings = self._choose_settings()
            conf.write_configuration(self.data_dir, settings)
            try:
                self._supervise(machine, settings, password)
                break
            except StartError as error:
                if attempt == 2 or not self._can_try_again(error, machine, new_data, password):
                    raise
        conf.mark_initialised(self.data_dir)
        return Connection(settings.bolt_uri, conf.USER, password, settings.browser_url)

    def _can_try_again(
        self, error: StartError, machine: Machine, new_data: bool, password: str
    ) -> bool:
        """Tell whether another attempt can do better, and prepare it."""
        if error.cause == "port":
            return None in self._asked
        if error.cause == "crash":
            machine.archive.discard()
            return True
        if error.cause == "password" and new_data:
            shutil.rmtree(self.data_dir / "data")
            set_password_by_admin_command(self.data_dir, machine, password)
            return True
        return False

    def _choose_settings(self) -> conf.Settings:
        bolt = choose_port(self._asked[0], USUAL_BOLT_PORT, "--bolt-port", taken=self._asked[1])
        http = choose_port(self._asked[1], USUAL_HTTP_PORT, "--browser-port", taken=bolt)
        return conf.Settings(bolt, http, self._page_cache_mib, self._guide)

    def _supervise(self, machine: Machine, settings: conf.Settings, password: str) -> None:
        def launch(stopping: threading.Event) -> Run:
            try:
                run = Run(self.data_dir, machine, settings)
            except OSError as error:
                raise file_error(error, self.data_dir, "the data directory", OTHER_PLACE) from error
            try:
                run.wait_until_ready(password, self._start_timeout, stopping)
            except EmbeddedError:
                run.kill()
                raise
            return run

        self._supervisor = Supervisor(launch, self._policy, self._on_log)
        self._supervisor.start()
