"""Print tables, progress bars and errors."""

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class _Console(Console):
    """A console that leaves it to the command group what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        """Raise the error that is handled, instead of ending the process."""
        self.quiet = True
        raise BrokenPipeError

    def print(self, *objects: Any, soft_wrap: bool | None = None, **more: Any) -> None:
        """Print objects; in a pipe a sentence stays on one line, whatever its length."""
        if soft_wrap is None and not self.is_terminal:
            soft_wrap = all(isinstance(each, str) for each in objects)
        super().print(*objects, soft_wrap=soft_wrap, **more)


out = _Console(highlight=False)
err = Console(stderr=True, highlight=False)


def show_status(text: str) -> None:
    """Print the current step of a command, if it takes long, as a line on standard error."""
    err.print(f"{text[:1].upper()}{text[1:]} ...", style="dim", markup=False, soft_wrap=True)


def show_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2))


def short(spec: Mapping[str, Any] | None) -> str:
    """Return a spec as Spack prints it for people: `name@version/hash7`.

    If several contents have its hash, a colon and the start of its content's digest follow.
    """
    if not spec:
        return "-"
    name = spec.get("name") or "?"
    version = f"@{spec['version']}" if spec.get("version") else ""
    content = f":{spec['content'][:4]}" if spec.get("contents") and spec.get("content") else ""
    return f"{name}{version}/{spec['hash'][:7]}{content}"


def path_text(path: Iterable[Mapping[str, Any]]) -> str:
    """Return a path on one line, with an arrow for a dependency and a wavy one for a splice."""
    parts = []
    for node in path:
        if "by" in node:
            kinds = ",".join(node.get("deptypes", ()))
            parts.append(" ~built as~> " if node["by"] == "SPLICED_FROM" else f" -{kinds}-> ")
        parts.append(short(node))
    return "".join(parts)


def _byte_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=err,
    )


@contextlib.contextmanager
def byte_progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar over bytes; yield a function that adds a number of bytes to it."""
    with _byte_bar() as progress:
        task = progress.add_task(label, total=total)
        yield lambda count: progress.update(task, advance=count)


@contextlib.contextmanager
def download_progress() -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar for the download of Neo4j, if there is something to download.

    Yields a function that takes the total and the finished number of bytes.
    """
    with contextlib.ExitStack() as stack:
        started: list[tuple[Progress, TaskID]] = []

        def show(total: int, done: int) -> None:
            if not started:
                progress = stack.enter_context(_byte_bar())
                task = progress.add_task("Downloading Neo4j (once)", total=total)
                started.append((progress, task))
            progress, task = started[0]
            progress.update(task, total=total, completed=done)

        yield show


@contextlib.contextmanager
def count_progress(label: str) -> Iterator[Callable[[str, int], None]]:
    """Show a spinner on standard error; yield a function that counts more things of a kind."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(label)
        counts: Counter[str] = Counter()

        def count(kind: str, more: int) -> None:
            counts[kind] += more
            progress.update(task, description=f"{label}: {counts[kind]} {kind}")

        yield count
