"""Measure how long the first questions take after the service has become ready.

    python -m benchmarks.first_questions DATA_DIR [--repeat 3] [--apart] [--also CHECKOUT]

DATA_DIR was created by `benchmarks.bulk_import` or by `specgraph demo`; each start gets a copy of
it. `specgraph serve` starts with a cold Java, and the questions are asked one after the other from
the moment when `/readyz` answers 200, while the service still warms up. With `--apart`, each
question is the first one of a start of its own. `--also` names another checkout of this project,
which is started in turn, to compare two versions in one run. Answers of several starts are
compared; a different one ends the run. Times are medians, with the longest in parentheses, in ms.
The processor time of the service and its database, from their start to the answer to the first
question, depends least on what else the machine does.
"""

import argparse
import contextlib
import shutil
import signal
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from benchmarks.reupload import start

Question = tuple[str, Mapping[str, str]]
"""The path of a resource or a page, and its parameters."""

API = "/api/v1"
HEADLINE = {"built_with": "mpich@4", "deployed_with": "mvapich2", "limit": "50"}
QUESTIONS: Mapping[str, Question] = {
    "headline": (f"{API}/specs", HEADLINE),
    "headline, other values": (
        f"{API}/specs",
        {"built_with": "mpich@3.4", "deployed_with": "mvapich2@2.3.7", "limit": "50"},
    ),
    "deployed with": (f"{API}/specs", {"deployed_with": "xz@5.6.0:5.6.1"}),
    "q": (f"{API}/specs", {"q": "hdf5@1.14:"}),
    "q with a dependency": (f"{API}/specs", {"q": "hdf5 +mpi ^zlib"}),
    "any of, not": (
        f"{API}/specs",
        {"deployed_with": "any of (mpich, openmpi)", "built_with": "not cmake@3.27:"},
    ),
    "impact": (f"{API}/impact", {"dependency": "xz@5.6.0:5.6.1"}),
    "facets": (f"{API}/facets", {}),
    "facets of q": (f"{API}/facets", {"q": "hdf5", "virtuals": "mpi"}),
    "complete": (f"{API}/complete", {"text": "mp"}),
    "builds": (f"{API}/builds", {}),
    "home page": ("/", {}),
    "search page": ("/", HEADLINE),
    "impact page": ("/impact", {"dependency": "zlib"}),
}
_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 120.0
_TIMED_OUT = 504


@dataclass
class Times:
    """Seconds of each question, and of the start.

    Attributes:
        ready: From the start of the service until it was ready.
        processor: Processor time from the start until the first question was answered.
        questions: Of each question.
    """

    ready: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    questions: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class DifferentAnswerError(Exception):
    """The same question was answered differently."""


class Starts:
    """Starts of the service on copies of a data directory.

    Args:
        data_dir: The data directory.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._totals: dict[str, object] = {}

    def measure(self, checkout: Path, questions: Mapping[str, Question], times: Times) -> None:
        """Start the service of a checkout, ask the questions in turn, and note the times."""
        with serving_copy(self._data_dir, checkout) as served:
            times.ready.append(served.ready)
            for place, (name, (path, parameters)) in enumerate(questions.items()):
                started = time.perf_counter()
                answer = requests.get(served.url + path, params=parameters, timeout=_ANSWER_SECONDS)
                times.questions[name].append(time.perf_counter() - started)
                if place == 0:
                    times.processor.append(_processor_time(served.process))
                if answer.status_code == _TIMED_OUT:
                    continue  # on a busy machine, planning may exceed the budget of a completion
                answer.raise_for_status()
                if path.startswith(API):
                    self._compare(name, answer.json())

    def _compare(self, name: str, answer: dict[str, object]) -> None:
        if answer != self._totals.setdefault(name, answer):
            raise DifferentAnswerError(name)


@dataclass(frozen=True, slots=True)
class Served:
    """A service that is ready.

    Attributes:
        process: Its process; Java is a child of it.
        url: Its address.
        ready: Seconds from its start until it was ready.
    """

    process: psutil.Process
    url: str
    ready: float


@contextlib.contextmanager
def serving_copy(data_dir: Path, checkout: Path | None = None) -> Iterator[Served]:
    """Serve a copy of a data directory until the context ends; enter it once it is ready.

    Args:
        data_dir: The data directory, which stays as it is.
        checkout: Folder of the code to run; by default the working directory.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "data"
        shutil.copytree(data_dir, copy, ignore=shutil.ignore_patterns("*.sqlite", "rows"))
        started = time.perf_counter()
        process, url = start(str(copy), checkout)
        try:
            _wait_until_ready(url)
            yield Served(psutil.Process(process.pid), url, time.perf_counter() - started)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)


def _processor_time(service: psutil.Process) -> float:
    processes = [service, *service.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _wait_until_ready(url: str) -> None:
    while requests.get(f"{url}/readyz", timeout=_ANSWER_SECONDS).status_code != 200:
        time.sleep(_POLL_SECONDS)


def table(times: Mapping[str, Times]) -> str:
    """Return the times of each checkout as a Markdown table."""
    rows = [["", *times], ["---"] * (len(times) + 1)]
    rows.append(["ready after", *(_cell(each.ready) for each in times.values())])
    rows.append(["processor time", *(_cell(each.processor) for each in times.values())])
    for name in QUESTIONS:
        rows.append([name, *(_cell(each.questions[name]) for each in times.values())])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:,.0f} ({max(seconds) * 1000:,.0f})"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--also", type=Path, action="append", default=[], metavar="CHECKOUT")
    arguments = parser.parse_args()
    starts = Starts(arguments.data_dir.absolute())
    checkouts = [Path(__file__).parents[1], *(each.absolute() for each in arguments.also)]
    times = {str(checkout): Times() for checkout in checkouts}
    rounds = [{n: q} for n, q in QUESTIONS.items()] if arguments.apart else [QUESTIONS]
    for _ in range(arguments.repeat):
        for questions in rounds:
            for checkout in checkouts:
                starts.measure(checkout, questions, times[str(checkout)])
    print(table(times))


if __name__ == "__main__":
    main()
