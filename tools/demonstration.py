"""Running `specgraph demo` in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.embedded import Connection, attach

PROJECT = Path(__file__).parents[1]
DATA = PROJECT / "tests" / "data"
SPECGRAPH = (sys.executable, "-m", "service.cli")


@dataclass(frozen=True)
class Demo:
    """A running demonstration that also holds some builds and installations.

    Attributes:
        url: Address of its service, without a slash at the end.
        connection: Its embedded Neo4j.
    """

    url: str
    connection: Connection


@contextmanager
def run_demo(data_dir: Path) -> Iterator[Demo]:
    """Run the demonstration and load the builds and collections of the test data into it."""
    with subprocess.Popen(
        [*SPECGRAPH, "demo", "--port", "0", "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=_environment(),
    ) as process:
        try:
            url = _address(process)
            connection = attach(data_dir)
            assert connection is not None
            _load_builds(data_dir)
            yield Demo(url, connection)
        finally:
            process.terminate()
            process.communicate()


def _environment() -> dict[str, str]:
    """Return our environment without the variables that name another database or service."""
    others = ("NEO4J_", "SPECGRAPH_NEO4J_URI", "SPECGRAPH_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    url = None
    for line in process.stdout:
        found = re.match(r"Specgraph\s+(http://\S+)/", line)
        url = found.group(1) if found else url
        if line.startswith("Stop with"):
            break
    assert url is not None, "the demonstration ended before it printed its address"
    return url


def _load_builds(data_dir: Path) -> None:
    folders = [str(DATA / name) for name in ("store", "reports", "collections")]
    words = ["load", "--quiet", "--site", "testing", "--data-dir", str(data_dir), *folders]
    # Status 1: some of the test data is refused on purpose.
    loaded = subprocess.run(
        [*SPECGRAPH, *words], env=_environment(), capture_output=True, text=True, check=False
    )
    assert loaded.returncode in (0, 1), loaded.stderr
