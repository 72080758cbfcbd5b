"""Measure a service that many clients use at once: errors, times, health checks and memory.

    python -m benchmarks.many_clients DATA_DIR [--clients 64] [--seconds 120]

DATA_DIR was created by `benchmarks.bulk_import` or by `specgraph demo --once`; the service gets a
copy of it. Each client asks questions of all kinds, looks at pages and now and then uploads a
document of its own, one request after the other. `/healthz` is asked ten times a second meanwhile.
An answer of 503 with `Retry-After` says that the service is busy; the client waits as long as it
says, at most 5 s. Every other answer of 500 or more, and every broken connection, is an error. The
clients run on the same machine as the service, so the times contain their work.
"""

import argparse
import json
import random
import statistics
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from benchmarks.first_questions import API, QUESTIONS, Question, serving_copy
from loaders.specs.dag_hash import compute_hash

_UPLOAD_EVERY = 20
"""Requests of a client for each upload."""
_HEALTH_SECONDS = 0.1
_MEMORY_SECONDS = 1.0
_TIMEOUT = 60.0
_LONGEST_WAIT = 5.0


@dataclass
class Load:
    """The results of all clients.

    Attributes:
        seconds: Times of the answers by kind of request, in seconds.
        busy: Number of answers that the service is busy.
        errors: Number of other failures by status or exception.
        health: Times of the health checks, in seconds.
        memory: Resident memory of service and database in MiB, once a second.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    busy: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, answer: requests.Response | None, seconds: float) -> float:
        """Count an answer, or None for a broken connection; return how long to wait now."""
        with self._lock:
            if answer is None:
                self.errors["broken connection"] += 1
            elif answer.status_code == 503 and "Retry-After" in answer.headers:
                self.busy += 1
                return min(_LONGEST_WAIT, float(answer.headers["Retry-After"]))
            elif answer.status_code >= 400:
                self.errors[f"{kind}: {answer.status_code}"] += 1
            else:
                self.seconds[kind].append(seconds)
        return 0.0


def make_document(number: int, seed: int) -> bytes:
    """Return a small spec document that no other number and seed have."""
    node = {
        "name": f"benchmark-{seed}",
        "version": f"1.{number}",
        "arch": {"platform": "linux", "platform_os": "debian12", "target": "x86_64"},
        "namespace": "builtin",
        "parameters": {"build_system": "generic", "cflags": []},
    }
    nodes = [{**node, "hash": compute_hash(node, 4)}]
    return json.dumps({"spec": {"_meta": {"version": 4}, "nodes": nodes}}).encode()


def _be_client(url: str, seed: int, end: float, load: Load) -> None:
    rng = random.Random(seed)
    kinds = list(QUESTIONS)
    with requests.Session() as session:
        number = 0
        while time.monotonic() < end:
            number += 1
            kind = "upload" if number % _UPLOAD_EVERY == 0 else rng.choice(kinds)
            began = time.monotonic()
            answer = _ask(session, url, kind, make_document(number, seed))
            time.sleep(load.note(kind, answer, time.monotonic() - began))


def _ask(
    session: requests.Session, url: str, kind: str, document: bytes
) -> requests.Response | None:
    try:
        if kind == "upload":
            return session.post(f"{url}{API}/specs", data=document, timeout=_TIMEOUT)
        question: Question = QUESTIONS[kind]
        path, parameters = question
        return session.get(url + path, params=parameters, timeout=_TIMEOUT)
    except requests.RequestException:
        return None


def _watch_health(url: str, end: float, load: Load) -> None:
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            requests.get(f"{url}/healthz", timeout=_TIMEOUT).raise_for_status()
        except requests.RequestException:
            load.errors["health"] += 1
        load.health.append(time.monotonic() - began)
        time.sleep(_HEALTH_SECONDS)


def _watch_memory(service: psutil.Process, end: float, load: Load) -> None:
    while time.monotonic() < end:
        children = service.children(recursive=True)
        database = sum(child.memory_info().rss for child in children)
        load.memory.append((service.memory_info().rss / 2**20, database / 2**20))
        time.sleep(_MEMORY_SECONDS)


def measure(url: str, service: psutil.Process, clients: int, seconds: float) -> Load:
    """Let clients use a service.

    Args:
        url: Address of the service.
        service: Its process.
        clients: Number of clients.
        seconds: How long.
    """
    load = Load()
    end = time.monotonic() + seconds
    workers = [
        threading.Thread(target=_be_client, args=(url, seed, end, load)) for seed in range(clients)
    ]
    workers.append(threading.Thread(target=_watch_health, args=(url, end, load)))
    workers.append(threading.Thread(target=_watch_memory, args=(service, end, load)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return load


def report(load: Load) -> str:
    """Return the results as a Markdown table, with times in ms."""
    rows = [["", "answers", "median", "99 %", "longest"], ["---"] * 5]
    rows += [_row(kind, times) for kind, times in sorted(load.seconds.items())]
    rows.append(_row("all", [each for times in load.seconds.values() for each in times]))
    rows.append(_row("/healthz", load.health))
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    errors = ", ".join(f"{kind} {number}" for kind, number in load.errors.items()) or "none"
    return f"{table}\n\nbusy (503): {load.busy}; errors: {errors}\n{_memory(load.memory)}"


def _row(name: str, times: Sequence[float]) -> list[str]:
    if not times:
        return [name, "0", "", "", ""]
    last = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
    return [name, f"{len(times):,}"] + [
        f"{each * 1000:,.0f}" for each in (statistics.median(times), last, max(times))
    ]


def _memory(samples: Sequence[tuple[float, float]]) -> str:
    """Return the memory in the quarters of the time, as medians."""
    size = max(1, len(samples) // 4)
    quarters = [samples[start : start + size] for start in range(0, 4 * size, size)]
    lines = []
    for place, name in enumerate(("service", "database")):
        middles = [statistics.median(each[place] for each in part) for part in quarters if part]
        lines.append(f"{name}: {', '.join(f'{middle:,.0f}' for middle in middles)} MiB")
    return "\n".join(lines)


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    with serving_copy(arguments.data_dir.absolute()) as served:
        print(report(measure(served.url, served.process, arguments.clients, arguments.seconds)))


if __name__ == "__main__":
    main()
