"""How many uploads of known roots the service answers a second, clients included.

    python -m benchmarks.reupload DOCUMENT [--seconds 10] [--clients 4]

Starts `specgraph serve` with an embedded database of its own on loopback, uploads the document
once and then again and again from some client processes.
"""

import argparse
import json
import multiprocessing
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests


def start(folder: str) -> tuple[subprocess.Popen[str], str]:
    """Start the service on a free port; returns it and its address."""
    command = [sys.executable, "-m", "service.cli", "serve", "--port", "0", "--data-dir", folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"Specgraph\s+(http://\S+)/", line)
        if found:
            return process, found.group(1)
    raise RuntimeError("the service did not start")


def upload(url: str, body: bytes, seconds: float, results: "multiprocessing.Queue[int]") -> None:
    """Upload again and again; puts the number of answers."""
    count = 0
    end = time.perf_counter() + seconds
    with requests.Session() as session:
        while time.perf_counter() < end:
            response = session.post(f"{url}/api/v1/specs", data=body, timeout=30)
            if response.status_code != 200:
                raise RuntimeError(response.text)
            count += 1
    results.put(count)


def main() -> None:
    """Run and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("document", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--clients", type=int, default=4)
    arguments = parser.parse_args()
    body = arguments.document.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(folder)
        try:
            requests.post(f"{url}/api/v1/specs", data=body, timeout=60).raise_for_status()
            results: multiprocessing.Queue[int] = multiprocessing.Queue()
            clients = [
                multiprocessing.Process(target=upload, args=(url, body, arguments.seconds, results))
                for _ in range(arguments.clients)
            ]
            for client in clients:
                client.start()
            counts = [results.get(timeout=arguments.seconds + 60) for _ in clients]
            for client in clients:
                client.join()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)
    print(
        json.dumps(
            {
                "document_bytes": len(body),
                "clients": arguments.clients,
                "uploads_per_second": round(sum(counts) / arguments.seconds, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
