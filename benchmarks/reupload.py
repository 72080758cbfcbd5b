"""Measure how many uploads of known roots the service answers per second, including clients.

    python -m benchmarks.reupload DOCUMENT [--seconds 10] [--clients 3] [--warm-up 20]

Starts `specgraph serve` with a separate embedded database on loopback, uploads the document once
and then repeatedly from some client processes. The warm-up is not counted: Java compiles code only
after some use, and a service runs for days.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests


def start(folder: str, checkout: Path | None = None) -> tuple[subprocess.Popen[str], str]:
    """Start the service on a free port; returns it and its address.

    Args:
        folder: data directory of the embedded database.
        checkout: folder of the code to run; by default the working directory.

    """
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--data-dir", folder]
    # As a variable, which a checkout from before the access log ignores.
    environment = {**os.environ, "SPECGRAPH_ACCESS_LOG": "none"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=checkout, env=environment
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"Specgraph\s+(http://\S+)/", line)
        if found:
            return process, found.group(1)
    raise RuntimeError("the service did not start")


def upload(url: str, body: bytes, seconds: float, results: "multiprocessing.Queue[int]") -> None:
    """Upload repeatedly for some seconds, and put the number of answers into a queue."""
    count = 0
    end = time.perf_counter() + seconds
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    with contextlib.closing(connection):
        while time.perf_counter() < end:
            connection.request("POST", "/api/v1/specs", body=body)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(answer.decode())
            count += 1
    results.put(count)


def upload_from_all(url: str, body: bytes, seconds: float, clients: int) -> int:
    """Upload from several processes at once and return the number of answers."""
    results: multiprocessing.Queue[int] = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=upload, args=(url, body, seconds, results))
        for _ in range(clients)
    ]
    for process in processes:
        process.start()
    counts = [results.get(timeout=seconds + 60) for _ in processes]
    for process in processes:
        process.join()
    return sum(counts)


def main() -> None:
    """Run and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("document", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--warm-up", type=float, default=20.0)
    arguments = parser.parse_args()
    body = arguments.document.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(folder)
        try:
            requests.post(f"{url}/api/v1/specs", data=body, timeout=60).raise_for_status()
            upload_from_all(url, body, arguments.warm_up, arguments.clients)
            count = upload_from_all(url, body, arguments.seconds, arguments.clients)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)
    print(
        json.dumps(
            {
                "document_bytes": len(body),
                "clients": arguments.clients,
                "uploads_per_second": round(count / arguments.seconds, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
