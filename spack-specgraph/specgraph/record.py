"""`spack specgraph record -- install ...`: the very installation, and then what became of it.

The installation is a process of its own, of the same Spack with the same options, on the same
terminal. Nothing is done before it begins or while it runs. Whatever goes wrong afterwards is a
line of warning; the exit code is that of the installation.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time

import spack.main

from . import gather, packing, settings
from .client import Client
from .look import msg, warn
from .progress import Progress
from .report import Report
from .sending import ToService, ToSpool
from .spool import Spool

TRIES = 3
"""Tries to reach the service, before what is to be sent is spooled."""
_FROM_KEYBOARD = [getattr(signal, n) for n in ("SIGINT", "SIGQUIT") if hasattr(signal, n)]
_FORWARDED = [getattr(signal, n) for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]


def command_line(arguments):
    """The command that runs this Spack with its own options and some arguments."""
    parser = spack.main.make_argument_parser()
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = sys.argv[1:]
    told, _ = parser.parse_known_args(given)
    options = given[: len(given) - len(told.command)]
    return [sys.executable, sys.argv[0], *options, *arguments]


def run(command):
    """Run a command to its end, and leave an interrupt from the keyboard to it.

    What this process was told to ignore, as by `nohup`, the command ignores as well.

    :returns: its exit code, as a shell tells it.
    """
    running = []

    def handle(number, frame):
        """The keyboard interrupts the child as well; what only this process got goes on to it."""
        if running and number not in _FROM_KEYBOARD:
            running[0].send_signal(number)

    with _handled((*_FROM_KEYBOARD, *_FORWARDED), handle):
        running.append(subprocess.Popen(command))
        code = running[0].wait()
    return code if code >= 0 else 128 - code


@contextlib.contextmanager
def _handled(numbers, handle):
    """Handle signals for a while, but for those that this process was told to ignore."""
    before = {}
    try:
        for number in numbers:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                before[number] = signal.signal(number, handle)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number, frame):
    """End what is sent, so that the rest is spooled, before the batch system kills it all."""
    raise KeyboardInterrupt


def record(arguments, site=None, url=None, spool=None):
    """Run an installation and record it.

    :param spool: where to write everything instead of sending it.
    :returns: the exit code of the installation.
    """
    start = time.time()
    code = run(command_line(arguments))
    sys.stdout.flush()
    try:
        with _handled(_FORWARDED, _interrupt):
            _record(start, site, url, spool)
    except KeyboardInterrupt:
        warn("specgraph: not all was recorded: interrupted")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the installation was done.
        warn("specgraph: this was not recorded: " + _one_line(error))
    return code


def _record(start, site, url, folder):
    found, client = _destination(site, url, folder)
    documents, pieces = _gathered(start, {"site": found.site} if found.site else {})
    if not pieces and not documents:
        msg("specgraph: nothing was built, so nothing is recorded")
        return
    report = Report()
    spool = ToSpool(Spool(found.spool), report)
    sender = spool if client is None else ToService(client, report, spool=spool)
    with Progress(len(pieces) + len(documents), "recorded") as progress:
        sender.specs(documents, progress)
        for piece in pieces:
            sender.piece(piece)
            progress.step()
    _tell(report, sender.lost, found.spool)


def _destination(site, url, folder):
    """The settings, and the service to send to; None where all goes into the spool."""
    place = os.path.abspath(os.path.expanduser(folder or settings.default_spool()))
    found = settings.Settings(site=site, spool=place)
    try:
        found = settings.find(url, site, folder)
        return found, None if folder else Client(found.service(), found.token, tries=TRIES)
    except settings.SettingsError as error:
        warn("specgraph: " + _one_line(error))
        return found, None


def _gathered(start, query):
    """Spec documents of what was installed since a time, and what its builds left behind."""
    new = gather.installed_since(start)
    failed, markers = gather.failure_markers(start)
    hashes = failed | {spec.dag_hash() for spec in new}
    stages = list(gather.stages(start, hashes))
    unfinished = gather.unfinished(stages, failed)
    pieces = list(gather.builds(new, query))
    if markers or unfinished:
        pieces.append(packing.failures(markers, unfinished, query))
    pieces += [packing.stage(folder, query) for folder in stages]
    return gather.documents(gather.roots_of(new)), pieces


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__


def _tell(report, lost, folder):
    for line in report.lines():
        msg("specgraph: " + line)
    for line in report.problems():
        warn("specgraph: " + line)
    if lost is not None:
        kept = "kept in %s for `spack specgraph push`" % folder
        warn("specgraph: %s; %s" % (_one_line(lost), kept))
    elif report.counts["spooled"]:
        msg("specgraph: kept in %s for `spack specgraph push`" % folder)
