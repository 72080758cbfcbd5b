"""Measure what other clients of an HTTP server notice while it is under load.

    pip install gunicorn granian hypercorn
    python -m benchmarks.servers [--seconds 4]

Each server runs the same small application: a question that waits 50 ms, as for the database, one
that waits 2 s, an upload, and a health check that answers at once. The servers have 24 threads,
which is the number of workers in all lanes of `service/serving/`. Those that are not installed are
left out. While 64 clients ask questions, or ask heavy ones, or send bodies at 10 kB/s, or while 200
connections are idle, a question and a health check are asked in turn on new connections. Times are
the median and the longest, in ms; a request without an answer within 5 s is counted as lost.
"""

import argparse
import http.client
import importlib.util
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.serving.server import create_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEALTH, QUESTION, HEAVY = "/healthz", "/api/v1/specs", "/api/v1/impact"
UPLOAD = "/api/v1/documents"
_WAITS = {QUESTION: 0.05, HEAVY: 2.0}
_THREADS = "24"
_CLIENTS = 64
_IDLE = 200
_TIMEOUT = 5.0
_BODY = 40_000
_PIECE = 1_000
_PIECE_SECONDS = 0.1
_START_SECONDS = 30.0
_APP = "benchmarks.servers:app"

_PYTHON = [sys.executable, "-m"]
SERVERS: Mapping[str, tuple[str, list[str]]] = {
    "lanes (ours)": ("waitress", ["benchmarks.servers", "--serve", "{port}"]),
    "waitress": (
        "waitress",
        ["waitress", "--listen=127.0.0.1:{port}", f"--threads={_THREADS}", _APP],
    ),
    "gunicorn, 1 process": (
        "gunicorn",
        ["gunicorn", "-k", "gthread", "--threads", _THREADS, "-b", "127.0.0.1:{port}", _APP],
    ),
    "gunicorn, 2 processes": (
        "gunicorn",
        ["gunicorn", "-k", "gthread", "-w2", "--threads", "12", "-b", "127.0.0.1:{port}", _APP],
    ),
    "granian": (
        "granian",
        [
            "granian",
            "--interface",
            "wsgi",
            "--port",
            "{port}",
            "--blocking-threads",
            _THREADS,
            _APP,
        ],
    ),
    "hypercorn": ("hypercorn", ["hypercorn", "-b", "127.0.0.1:{port}", _APP]),
}
"""The module that a server needs, and its arguments after `python -m`."""


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer as slowly as the service would."""
    time.sleep(_WAITS.get(environ["PATH_INFO"], 0.0))
    if environ["REQUEST_METHOD"] == "POST":
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


@dataclass
class Answers:
    """The answers to one kind of request.

    Attributes:
        seconds: Times of the answers of 200.
        busy: Number of answers of 503.
        lost: Number of requests without an answer, or with another one.
    """

    seconds: list[float] = field(default_factory=list)
    busy: int = 0
    lost: int = 0

    def ask(self, port: int, path: str) -> None:
        """Ask on a new connection."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.lost += 1
            return
        finally:
            connection.close()
        if answer.status == 200:
            self.seconds.append(time.monotonic() - began)
        elif answer.status == 503:
            self.busy += 1
        else:
            self.lost += 1

    def __str__(self) -> str:
        if not self.seconds:
            shown = "none"
        else:
            middle, longest = statistics.median(self.seconds), max(self.seconds)
            shown = f"{middle * 1000:,.0f} ({longest * 1000:,.0f})"
        return f"{shown}, {self.lost} lost" if self.lost else shown


def _ask_all_the_time(path: str) -> Callable[[int, float], None]:
    def ask(port: int, end: float) -> None:
        answers = Answers()
        while time.monotonic() < end:
            answers.ask(port, path)

    return ask


def _send_slowly(port: int, end: float) -> None:
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {_BODY}\r\n\r\n"
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), _TIMEOUT) as client:
            client.sendall(head.encode())
            for _ in range(_BODY // _PIECE):
                client.sendall(b"x" * _PIECE)
                time.sleep(_PIECE_SECONDS)
                if time.monotonic() >= end:
                    break


def _be_idle(port: int, end: float) -> None:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), _TIMEOUT):
        time.sleep(max(0.0, end - time.monotonic()))


LOADS: Mapping[str, tuple[int, Callable[[int, float], None]]] = {
    "64 clients": (_CLIENTS, _ask_all_the_time(QUESTION)),
    "64 heavy questions": (_CLIENTS, _ask_all_the_time(HEAVY)),
    "64 slow uploads": (_CLIENTS, _send_slowly),
    "200 idle": (_IDLE, _be_idle),
}


def measure(port: int, load: str, seconds: float) -> tuple[Answers, Answers]:
    """Return the answers to questions and to health checks under a load."""
    number, work = LOADS[load]
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=work, args=(port, end)) for _ in range(number)]
    for thread in threads:
        thread.start()
    time.sleep(min(0.5, seconds / 4))
    questions, health = Answers(), Answers()
    while time.monotonic() < end:
        health.ask(port, HEALTH)
        questions.ask(port, QUESTION)
    for thread in threads:
        thread.join()
    return questions, health


@contextmanager
def started(name: str) -> "Iterator[int]":
    """Run a server on a free port, until the context ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [word.format(port=port) for word in SERVERS[name][1]]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([*_PYTHON, *command], stdout=quiet, stderr=quiet)
    try:
        end = time.monotonic() + _START_SECONDS
        answers = Answers()
        while not answers.seconds:
            if time.monotonic() > end or process.poll() is not None:
                raise RuntimeError(f"{name} does not start")
            answers.ask(port, HEALTH)
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve(port: int) -> None:
    """Run the application on the server of the service."""
    create_server(app, socket.create_server(("127.0.0.1", port))).run()


def main() -> None:
    """Measure and print a table for questions and one for health checks."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
        return
    tables: dict[str, list[list[str]]] = {"question": [], "health check": []}
    for name, (module, _) in SERVERS.items():
        if importlib.util.find_spec(module) is None:
            continue
        rows = [[name], [name]]
        for load in LOADS:
            # A server of its own: connections that are left over would count for the next load.
            with started(name) as port:
                for row, answers in zip(rows, measure(port, load, arguments.seconds), strict=True):
                    row.append(str(answers))
        for table, row in zip(tables.values(), rows, strict=True):
            table.append(row)
    for title, table in tables.items():
        lines = [[title, *LOADS], ["---"] * (len(LOADS) + 1), *table]
        print("\n".join("| " + " | ".join(line) + " |" for line in lines), end="\n\n")


if __name__ == "__main__":
    main()
