"""`spack specgraph record -- install ...`: run an installation, then record its results.

The installation is a separate process of the same Spack with the same options, on the same
terminal. Nothing else happens before or during the installation. Any error afterwards is a one-line
warning; the exit code is that of the installation.
"""

import argparse
import contextlib
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import spack.main

from . import local_spack, packing, settings, splices
from .client import Client
from .progress import Progress
from .report import Report
from .senders import ToService, ToSpool
from .spool import Spool
from .terminal import msg, warn

TRIES = 3
"""Tries to reach the service before everything is spooled."""
SENDING_SECONDS = 60
"""Seconds after which the rest is spooled, so that a slow service does not hold the shell."""
_KEYBOARD_SIGNALS = [getattr(signal, n) for n in ("SIGINT", "SIGQUIT") if hasattr(signal, n)]
_ALARM = [getattr(signal, n) for n in ("SIGALRM",) if hasattr(signal, n)]
_FORWARDED_SIGNALS = [getattr(signal, n) for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]

Handler = Callable[[int, Optional[FrameType]], None]


def spack_command(arguments: Sequence[str]) -> List[str]:
    """Return the command that runs this Spack with its own options and these arguments."""
    parser = spack.main.make_argument_parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    own_arguments = sys.argv[1:]
    parsed, _ = parser.parse_known_args(own_arguments)
    options = own_arguments[: len(own_arguments) - len(parsed.command)]
    return [sys.executable, sys.argv[0], *options, *arguments]


def run_command(command: Sequence[str]) -> int:
    """Run a command to its end, leave keyboard interrupts to it, and forward other signals.

    Signals that this process ignores, for example under `nohup`, the command ignores as well.

    Returns:
        The exit code, as a shell reports it.

    """
    running: List[subprocess.Popen[bytes]] = []

    def handle(number: int, _frame: Optional[FrameType]) -> None:
        # The terminal sends keyboard signals to the child as well; others reach only this process.
        if running and number not in _KEYBOARD_SIGNALS:
            running[0].send_signal(number)

    with _signal_handler((*_KEYBOARD_SIGNALS, *_FORWARDED_SIGNALS), handle):
        running.append(subprocess.Popen(command))
        code = running[0].wait()
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _signal_handler(numbers: Sequence[int], handler: Handler) -> Iterator[None]:
    """Handle signals within a `with` block, except for those that this process ignores."""
    before: Dict[int, Union[Handler, int, None]] = {}
    try:
        for number in numbers:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _interrupt(_number: int, _frame: Optional[FrameType]) -> None:
    """Interrupt sending, so that the rest is spooled before a batch system kills the process."""
    raise KeyboardInterrupt


def record(
    arguments: Sequence[str],
    site: Optional[str] = None,
    url: Optional[str] = None,
    spool: Optional[str] = None,
) -> int:
    """Run an installation, record it, and return the exit code of the installation.

    Args:
        arguments: the arguments of Spack, such as `install zlib`.
        site: name of the site, instead of the one that is set.
        url: address of the service, instead of the one that is set.
        spool: the folder to write everything to instead of sending it.

    """
    # Whatever is newer than this was built by the installation, or meanwhile by another Spack.
    start = time.time()
    code = run_command(spack_command(arguments))
    sys.stdout.flush()
    try:
        with _signal_handler(_FORWARDED_SIGNALS, _interrupt):
            _record_since(start, site, url, spool)
    except KeyboardInterrupt:
        warn("specgraph: interrupted: not everything was recorded")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the installation is what counts.
        warn("specgraph: recording failed: " + _one_line(error))
    return code


def _record_since(
    start: float, site: Optional[str], url: Optional[str], folder: Optional[str]
) -> None:
    found, client = _destination(site, url, folder)
    documents, archives = _collect_payloads(start, {"site": found.site} if found.site else {})
    if not archives and not documents:
        msg("specgraph: nothing was built, so nothing is recorded")
        return
    report = Report()
    spool = ToSpool(Spool(found.spool), report)
    sender = spool if client is None else ToService(client, report, spool=spool)
    with _time_limit(sender), Progress(len(archives) + len(documents), "recorded") as progress:
        sender.send_specs(documents, progress)
        for archive in archives:
            sender.send_archive(archive)
            progress.step()
    _print_report(report, sender.lost, found.spool)


@contextlib.contextmanager
def _time_limit(sender: Union[ToService, ToSpool]) -> Iterator[None]:
    """Make a sender spool whatever it has not sent after `SENDING_SECONDS`.

    An alarm, because the time-outs of the network begin anew with each byte that passes. Windows
    has none, and only those time-outs.
    """
    if isinstance(sender, ToSpool) or not _ALARM:
        yield
        return

    def give_up(_number: int, _frame: Optional[FrameType]) -> None:
        sender.give_up(f"not everything was sent in {SENDING_SECONDS} seconds")

    with _signal_handler(_ALARM, give_up):
        signal.setitimer(signal.ITIMER_REAL, SENDING_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def _destination(
    site: Optional[str], url: Optional[str], folder: Optional[str]
) -> Tuple[settings.Settings, Optional[Client]]:
    """Return the settings and a client; None instead of a client if everything is to be spooled."""
    spool = settings.absolute_path(folder or settings.default_spool())
    found = settings.Settings(site=site, spool=spool)  # if the others cannot be read
    try:
        found = settings.find_settings(url, site, folder)
        return found, None if folder else Client(found.require_url(), found.token, tries=TRIES)
    except settings.SettingsError as error:
        warn("specgraph: " + _one_line(error))
        return found, None


def _collect_payloads(
    start: float, query: Dict[str, str]
) -> Tuple[List[packing.SpecPayload], List[packing.Payload]]:
    """Return the spec documents and archives of everything built since a time."""
    # Before the database is read: it may list more than an index of this time, but never less.
    index_time = local_spack.index_time()
    installed = local_spack.installed_since(start)
    failed, markers = local_spack.failure_markers(start)
    finished = failed | {spec.dag_hash() for spec in installed}
    stages = list(local_spack.finished_stages(start, finished))
    interrupted = local_spack.interrupted_builds(stages, failed)
    archives = list(local_spack.build_archives(installed, query))
    if markers or interrupted:
        archives.append(packing.failures_archive(markers, interrupted, query))
    archives += [packing.stage_archive(folder, query) for folder in stages]
    logs = local_spack.finished_stage_logs(start, finished)
    archives += [packing.stage_log_archive(path, query) for path in logs]
    if index_time is not None:
        present = local_spack.installations_archive(installed, index_time, query)
        archives += [] if present is None else [present]
    roots = local_spack.covering_roots(installed)
    roots += splices.uncovered_splices(installed, roots)
    return local_spack.spec_documents(roots), archives


def _one_line(error: Any) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _print_report(report: Report, lost: Optional[str], folder: str) -> None:
    for line in report.lines():
        msg("specgraph: " + line)
    for line in report.problem_lines():
        warn("specgraph: " + line)
    kept = f"kept in {folder} for `spack specgraph push`"
    if lost is not None:
        warn(f"specgraph: {_one_line(lost)}; {kept}")
    elif report.counts["spooled"]:
        msg(f"specgraph: {kept}")
