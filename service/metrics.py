"""Metrics of the service in the exposition formats of Prometheus.

The number of time series is bounded: labels have values of the program itself, such as the template
of a route or the name of a statement, never what a client sent.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from cypher.observer import Observer
from cypher.run import Database
from service.serving.lanes import LaneState

NO_ROUTE = "none"
"""The route of a request for a path that does not exist."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_SECONDS = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0)
_STATEMENT_SECONDS = (0.005, 0.05, 0.5, 5.0)
_COUNTS_SECONDS = 60.0
"""For how long the counts of the graph are not asked for again."""

CountGraph = Callable[[], Mapping[str, int] | None]
"""Returns the numbers of nodes by label, of all nodes (`all`) and of `relationships`; None if the
database does not answer."""


class Metrics(Observer):
    """The counts and times of a service.

    Args:
        database: The database. Its statements are counted once this is its observer.
        count_graph: Counts the graph.
        disk: A folder of the embedded database, whose free space is shown; None without one.
    """

    def __init__(
        self,
        database: Database,
        count_graph: CountGraph,
        disk: Path | None = None,
    ) -> None:
        # They are times of the first use of each series, and double its number.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "specgraph_requests",
            "Requests that were answered, by the template of their route",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "specgraph_request_seconds",
            "Seconds until the head of the answer was made",
            ["method", "route"],
            buckets=_REQUEST_SECONDS,
            registry=self._registry,
        )
        self._uploads = Counter(
            "specgraph_uploads",
            "Uploads: accepted, refused because of what was sent, or failed",
            ["outcome"],
            registry=self._registry,
        )
        self._upload_bytes = Counter(
            "specgraph_upload_bytes",
            "Size of the bodies of accepted uploads, as sent",
            registry=self._registry,
        )
        self._statement_seconds = Histogram(
            "specgraph_statement_seconds",
            "Seconds that Cypher statements took, by name",
            ["statement"],
            buckets=_STATEMENT_SECONDS,
            registry=self._registry,
        )
        self._retries = Counter(
            "specgraph_transaction_retries",
            "Transactions that ran once more after a transient failure",
            ["kind"],
            registry=self._registry,
        )
        for outcome in ("accepted", "refused", "failed"):
            self._uploads.labels(outcome)
        for kind in ("read", "write"):
            self._retries.labels(kind)
        self._state = _State(database, count_graph, disk)
        self._registry.register(self._state)
        ProcessCollector(registry=self._registry)

    def ran(self, statement: str, seconds: float) -> None:
        """Count a statement."""
        self._statement_seconds.labels(statement).observe(seconds)

    def retried(self, kind: str) -> None:
        """Count a repeated transaction."""
        self._retries.labels(kind).inc()

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: Its HTTP method.
            route: The template of its route, or None if there is none.
            status: Status of the answer.
            seconds: Time until the answer was made.
        """
        known = method if method in _METHODS else "other"
        named = route if route is not None else NO_ROUTE
        self._requests.labels(known, named, str(status)).inc()
        self._request_seconds.labels(known, named).observe(seconds)

    def uploaded(self, status: int, size: int) -> None:
        """Count an upload.

        Args:
            status: Status of the answer.
            size: Length of the body in bytes, 0 if unknown.
        """
        outcome = "accepted" if status < 400 else "refused" if status < 500 else "failed"
        self._uploads.labels(outcome).inc()
        if outcome == "accepted":
            self._upload_bytes.inc(size)

    def watch_lanes(self, states: Callable[[], Iterable[LaneState]]) -> None:
        """Show the state of the server's lanes from now on."""
        self._state.lanes = states

    def expose(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics and their media type.

        Args:
            accept: The header `Accept` of the request, which chooses the format.
        """
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _State(Collector):
    """The metrics that are looked up for each scrape, not counted."""

    def __init__(
        self,
        database: Database,
        count_graph: CountGraph,
        disk: Path | None,
    ) -> None:
        self.lanes: Callable[[], Iterable[LaneState]] = tuple
        self._database = database
        self._counts = _Cached(count_graph)
        self._disk = disk

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering asks nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics as of now; those that are unknown now are missing."""
        info = GaugeMetricFamily(
            "specgraph_info", "Always 1; the version of the service", labels=["version"]
        )
        info.add_metric([version("spack-specgraph")], 1)
        yield info
        yield GaugeMetricFamily(
            "specgraph_database_connections_in_use",
            "Connections to the database that transactions use now",
            self._database.connections_in_use,
        )
        yield from self._collect_graph()
        # After the counts, since asking for them is what notices that the database is away.
        yield GaugeMetricFamily(
            "specgraph_database_up",
            "0 while the database is known to be away and requests are refused at once, otherwise "
            "1",
            int(not self._database.is_away),
        )
        yield from self._collect_lanes()
        yield from self._collect_disk()

    def _collect_graph(self) -> Iterator[Metric]:
        counts = None if self._database.is_away else self._counts.value()
        if counts is None:
            return
        nodes = GaugeMetricFamily(
            "specgraph_graph_nodes",
            "Nodes of the graph by label; `all` is all of them",
            labels=["label"],
        )
        for label, number in counts.items():
            if label != "relationships":
                nodes.add_metric([label], number)
        yield nodes
        yield GaugeMetricFamily(
            "specgraph_graph_relationships", "Relationships of the graph", counts["relationships"]
        )

    def _collect_lanes(self) -> Iterator[Metric]:
        workers = GaugeMetricFamily(
            "specgraph_lane_workers", "Requests of a lane answered at a time", labels=["lane"]
        )
        busy = GaugeMetricFamily(
            "specgraph_lane_busy", "Requests of a lane that are answered now", labels=["lane"]
        )
        waiting = GaugeMetricFamily(
            "specgraph_lane_waiting", "Requests that wait for a worker", labels=["lane"]
        )
        refused = CounterMetricFamily(
            "specgraph_lane_refused", "Requests refused for want of a worker", labels=["lane"]
        )
        for state in self.lanes():
            key = [state.lane.key]
            workers.add_metric(key, state.lane.workers)
            busy.add_metric(key, state.busy)
            waiting.add_metric(key, state.waiting)
            refused.add_metric(key, state.refused)
        yield from (workers, busy, waiting, refused)

    def _collect_disk(self) -> Iterator[Metric]:
        if self._disk is None:
            return
        try:
            free = shutil.disk_usage(self._disk).free
        except OSError:
            return
        yield GaugeMetricFamily(
            "specgraph_disk_free_bytes", "Free space on the disk of the embedded database", free
        )


class _Cached:
    """The counts of the graph, asked for at most once a minute."""

    def __init__(self, count_graph: CountGraph) -> None:
        self._count_graph = count_graph
        self._lock = threading.Lock()
        self._counts: Mapping[str, int] | None = None
        self._ends = 0.0

    def value(self) -> Mapping[str, int] | None:
        """Return the counts, or None if the database does not answer."""
        with self._lock:
            if time.monotonic() >= self._ends:
                self._counts = self._count_graph()
                if self._counts is not None:
                    self._ends = time.monotonic() + _COUNTS_SECONDS
            return self._counts
