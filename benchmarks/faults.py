"""Upload while the service, its database and its disk fail; count what was acknowledged and kept.

    mount -t tmpfs -o size=384m tmpfs FOLDER
    python -m benchmarks.faults FOLDER [--uploads 200] [--seconds 300] [--seed 1]

FOLDER is empty and on a small file system of its own, because the disk is filled. At random moments
the service is killed (kill -9), Java is killed, both are, Java is stopped for a minute (SIGSTOP),
and the disk is full for a while. A service that was killed is started again. Four clients send each
document until it is acknowledged. `/healthz` is asked ten times a second whenever the service runs.

At the end each document has to be stored once, and `specgraph doctor` finds nothing.
"""

import argparse
import json
import os
import queue
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from benchmarks.many_clients import make_document

_MIN_FREE_MIB = 48
_CLIENTS = 4
_STOP_SECONDS = 60.0
_FULL_SECONDS = 15.0
_HEALTH_SECONDS = 0.1
_RETRY_SECONDS = 0.5
_TIMEOUT = 60.0
_LONGEST_MESSAGE = 300


@dataclass
class Outcome:
    """What happened.

    Attributes:
        acknowledged: Number of documents that were acknowledged.
        answers: Number of answers by status, and of broken connections.
        faults: The faults in their order, with the seconds since the start.
        health: Times of the health checks that were answered, in seconds.
        unhealthy: Number of health checks that failed although the service ran.
    """

    acknowledged: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[float, str]] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    unhealthy: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)


class Service:
    """A service that is started again whenever it was killed.

    Attributes:
        url: Its address while it runs, or None.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url: str | None = None
        self._process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> psutil.Process:
        """The process of the service."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def java(self) -> list[psutil.Process]:
        """Return the processes of the database."""
        children = self.process.children(recursive=True)
        return [each for each in children if "java" in each.name()]

    def start(self) -> None:
        """Start the service, again and again while the disk has no room, until it answers."""
        environment = {key: value for key, value in os.environ.items() if "NEO4J" not in key}
        environment["SPECGRAPH_MIN_FREE_MIB"] = str(_MIN_FREE_MIB)
        command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--access-log"]
        command += ["none", "--heap-mib", "256", "--page-cache-mib", "32"]
        while self.url is None:
            self._process = subprocess.Popen(
                [*command, "--data-dir", str(self._folder / "data")],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
            assert self._process.stdout is not None
            for line in self._process.stdout:
                found = re.search(r"Specgraph\s+(http://\S+)/", line)
                if found:
                    self.url = found[1]
                    break
            else:
                self._process.wait()
                time.sleep(_RETRY_SECONDS)

    def kill(self) -> None:
        """Kill the service at once."""
        assert self._process is not None
        self.url = None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Let the service end."""
        assert self._process is not None
        self.url = None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


def _kill_java(service: Service) -> None:
    for each in service.java():
        each.kill()


def _kill_service(service: Service) -> None:
    service.kill()
    service.start()


def _kill_both(service: Service) -> None:
    java = service.java()
    service.kill()
    for each in java:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    service.start()


def _stop_java(service: Service) -> None:
    java = service.java()
    for each in java:
        each.suspend()
    time.sleep(_STOP_SECONDS)
    for each in java:
        with suppress(psutil.NoSuchProcess):
            each.resume()


def _fill_disk(folder: Path) -> None:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    time.sleep(_FULL_SECONDS)
    ballast.unlink()


def _faults(folder: Path) -> list[tuple[str, Callable[[Service], None]]]:
    return [
        *[("kill -9 of the service", _kill_service)] * 2,
        *[("kill -9 of Java", _kill_java)] * 2,
        ("kill -9 of both", _kill_both),
        ("SIGSTOP of Java for 60 s", _stop_java),
        *[("full disk for 15 s", lambda _: _fill_disk(folder))] * 3,
    ]


def _be_client(
    service: Service, waiting: "queue.SimpleQueue[bytes]", pause: float, outcome: Outcome
) -> None:
    with suppress(queue.Empty):
        while True:
            send(service, waiting.get_nowait(), outcome)
            time.sleep(pause)


def send(service: Service, document: bytes, outcome: Outcome) -> None:
    """Send a document until it is acknowledged."""
    while True:
        address = service.url
        answer = "not running"
        if address is not None:
            try:
                response = requests.post(f"{address}/api/v1/specs", data=document, timeout=_TIMEOUT)
                answer = str(response.status_code)
            except requests.RequestException:
                answer = "broken connection"
        with outcome.guard:
            outcome.answers[answer] += 1
            if answer in ("200", "201"):
                outcome.acknowledged += 1
                return
        time.sleep(_RETRY_SECONDS)


def _watch_health(service: Service, done: threading.Event, outcome: Outcome) -> None:
    while not done.wait(_HEALTH_SECONDS):
        address = service.url
        if address is None:
            continue
        began = time.monotonic()
        try:
            requests.get(f"{address}/healthz", timeout=_TIMEOUT).raise_for_status()
            outcome.health.append(time.monotonic() - began)
        except requests.RequestException:
            # It may have been killed meanwhile.
            outcome.unhealthy += service.url == address


def run(folder: Path, uploads: int, seconds: float, seed: int) -> Outcome:
    """Upload documents while faults happen.

    Args:
        folder: An empty folder on a small file system.
        uploads: Number of documents.
        seconds: How long the uploads are to take, besides their own time.
        seed: Of the order and the moments of the faults, and of the documents.
    """
    rng = random.Random(seed)
    outcome, service, done = Outcome(), Service(folder), threading.Event()
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for number in range(uploads):
        waiting.put(make_document(number, seed))
    service.start()
    pause = seconds * _CLIENTS / uploads
    clients = [
        threading.Thread(target=_be_client, args=(service, waiting, pause, outcome))
        for _ in range(_CLIENTS)
    ]
    watcher = threading.Thread(target=_watch_health, args=(service, done, outcome))
    for thread in (*clients, watcher):
        thread.start()
    began = time.monotonic()
    faults = _faults(folder)
    rng.shuffle(faults)
    for name, cause in faults:
        time.sleep(rng.uniform(0.3, 1.0) * seconds / len(faults) / 2)
        outcome.faults.append((time.monotonic() - began, name))
        print(f"{outcome.faults[-1][0]:6.0f} s  {name}", file=sys.stderr, flush=True)
        cause(service)
    for thread in clients:
        thread.join()
    done.set()
    watcher.join()
    service.stop()
    return outcome


def report(outcome: Outcome, uploads: int, folder: Path) -> str:
    """Return the results as text, after counting what is stored."""
    command = [sys.executable, "-m", "service.cli"]
    place = ["--data-dir", str(folder / "data"), "--json"]
    listed = subprocess.run(
        [*command, "query", "--limit", "500", *place], capture_output=True, check=False, text=True
    )
    roots = [(each["name"], each["version"]) for each in json.loads(listed.stdout)["items"]]
    doctor = subprocess.run(
        [*command, "doctor", *place], capture_output=True, check=False, text=True
    )
    last = statistics.quantiles(outcome.health, n=100)[98]
    answers = ", ".join(f"{kind} {number}" for kind, number in sorted(outcome.answers.items()))
    lines = [
        *(f"{seconds:6.0f} s  {name}" for seconds, name in outcome.faults),
        f"acknowledged: {outcome.acknowledged} of {uploads}",
        f"stored roots: {len(roots)}, different: {len(set(roots))}",
        f"doctor: {'clean' if doctor.returncode == 0 else doctor.stdout[:_LONGEST_MESSAGE]}",
        f"answers: {answers}",
        f"/healthz: {len(outcome.health)} answers, median {_ms(statistics.median(outcome.health))},"
        f" 99 % {_ms(last)}, longest {_ms(max(outcome.health))}, "
        f"{sum(each > 1 for each in outcome.health)} longer than 1 s; without an answer while the "
        f"service ran: {outcome.unhealthy}",
    ]
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def main() -> None:
    """Run and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    outcome = run(folder, arguments.uploads, arguments.seconds, arguments.seed)
    print(report(outcome, arguments.uploads, folder))


if __name__ == "__main__":
    main()
