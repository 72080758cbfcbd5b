"""Measure how fast a large store index is read, and with how much memory.

    python -m benchmarks.store_index [--megabytes 300] [--seed 1] [--keep FILE]

Writes an index with generated specs (see `benchmarks.generate`), then reads it in a separate
process: all rows, then all documents, which are counted and discarded.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.generate import Generator
from loaders.collections.store_index import StoreIndex, read
from loaders.collections.whole_document import WholeDocument
from loaders.errors import Problem
from loaders.evidence import Installation

MB = 1_000_000
_UNLIMITED = 10**9


def write_index(stream: BinaryIO, megabytes: float, seed: int) -> int:
    """Write an index of version 8 of about this size and return its number of records."""
    stream.write(b'{"database":{"version":"8","installs":{')
    written = records = 0
    for root in Generator(seed).run(_UNLIMITED):
        if root.spec_format != 5:
            continue
        for raw in root.new:
            hash_ = raw[-34:-2].decode()
            record = _record(hash_, raw, explicit=hash_ == root.order[0], number=records)
            stream.write(b",\n" + record if records else record)
            written += len(record)
            records += 1
        if written >= megabytes * MB:
            break
    stream.write(b"}}}")
    return records


def _record(hash_: str, raw: bytes, *, explicit: bool, number: int) -> bytes:
    rest = {
        "ref_count": 0,
        "path": f"/opt/software/linux-x86_64_v3/package-1.0-{hash_}",
        "installed": True,
        "explicit": explicit,
        "installation_time": 1_700_000_000.25 + number,
        "deprecated_for": None,
    }
    return b'"%b":{"spec":%b,%b' % (hash_.encode(), raw, json.dumps(rest).encode()[1:])


def measure(path: Path) -> dict[str, Any]:
    """Read the index in this process and return figures."""
    counts = {Installation: 0, WholeDocument: 0, Problem: 0}
    nodes_bytes = 0
    started, started_cpu = time.perf_counter(), time.process_time()
    streamed = streamed_cpu = after_rows = 0.0
    with path.open("rb") as stream:
        for found in read([StoreIndex(path.name, stream)]):
            if type(found) in counts:
                counts[type(found)] += 1
            if isinstance(found, WholeDocument):
                if not streamed:
                    streamed = time.perf_counter() - started
                    streamed_cpu = time.process_time() - started_cpu
                    after_rows = peak_mib()
                nodes_bytes += len(found.raw)
    seconds = time.perf_counter() - started - streamed
    cpu = time.process_time() - started_cpu - streamed_cpu
    size = path.stat().st_size / MB
    return {
        "index MB": round(size, 1),
        "records": counts[Installation],
        "problems": counts[Problem],
        "rows: seconds": round(streamed, 1),
        "rows: CPU seconds": round(streamed_cpu, 1),
        "rows: MB/s": round(size / streamed, 1),
        "rows: MB/CPU s": round(size / streamed_cpu, 1),
        "rows: peak RSS MiB": after_rows,
        "documents": counts[WholeDocument],
        "documents: MB": round(nodes_bytes / MB),
        "documents: seconds": round(seconds, 1),
        "documents: CPU seconds": round(cpu, 1),
        "peak RSS MiB": peak_mib(),
    }


def peak_mib() -> float:
    """Return the peak resident memory of this process in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    """Write, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the index in this file")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder, "index.json")
        with path.open("wb") as stream:
            write_index(stream, arguments.megabytes, arguments.seed)
        command = [sys.executable, "-m", "benchmarks.store_index", "--measure", str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    for name, value in json.loads(done.stdout).items():
        print(f"{name:24}{value:>12}")


if __name__ == "__main__":
    main()
