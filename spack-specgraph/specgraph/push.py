"""Sending what a spool holds. Also without Spack: `python3 -m specgraph.push DIR --url URL`.

The service takes the same twice without a change, and a file is moved only after it was
acknowledged. So a push that was ended anywhere goes on where it was.
"""

import argparse
import gzip
import os
import sys
import zlib

from . import settings
from .client import Client, NotAllowedError, RefusedError, UnavailableError
from .packing import SPEC
from .progress import Progress
from .report import Report
from .sending import batches, send_specs
from .spool import Spool

EXIT_LEFT = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


class Push(object):
    """One push of a spool."""

    def __init__(self, spool, client, allow_unverified=False):
        self.report = Report()
        self._spool = spool
        self._client = client
        self._allow_unverified = allow_unverified

    def run(self):
        """Send everything that waits.

        :raises UnavailableError: the service is gone; what it acknowledged is not sent again.
        """
        waiting = self._spool.waiting()
        with Progress(len(waiting), "files") as progress:
            specs = [each for each in waiting if each.kind == SPEC]
            for batch in batches(self._readable(specs, progress)):
                documents = [(document.spooled, line) for document, line in batch]
                send_specs(
                    self._client, documents, self._stored, self._refused, self._allow_unverified
                )
                progress.step(len(batch))
            for spooled in waiting[len(specs) :]:
                self._archive(spooled)
                progress.step()

    def _readable(self, specs, progress):
        for spooled in specs:
            file = self._opened(spooled)
            line = None if file is None else self._line(spooled, file)
            if line is None:
                progress.step()
            else:
                yield _Document(spooled, line)

    def _opened(self, spooled):
        """The file, open and as it was written; None where there is no such, which is told."""
        try:
            file = spooled.open()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.report.refuse(spooled.path, "cannot be read: %s" % error)
            return None
        if file is None:
            told = "damaged: its bytes do not have the digest of its name"
            self._refused(spooled, told, damaged=True)
        return file

    def _line(self, spooled, file):
        """A spec document, unpacked; None where it cannot be, which is told."""
        with file:
            try:
                with gzip.GzipFile(fileobj=file) as unpacked:
                    return unpacked.read().strip() + b"\n"
            except (OSError, EOFError, zlib.error) as error:
                self._refused(spooled, "cannot be unpacked: %s" % error)
                return None

    def _stored(self, documents, answer):
        self.report.stored(answer)
        for spooled in documents:
            self._spool.sent(spooled)

    def _refused(self, spooled, reason, damaged=False):
        self.report.refuse(spooled.path, reason)
        self._spool.refuse(spooled, reason, damaged)

    def _archive(self, spooled):
        file = self._opened(spooled)
        if file is None:
            return
        with file:
            length = os.fstat(file.fileno()).st_size
            try:
                answer = self._client.post_packed("/documents", file, length, **spooled.query)
            except RefusedError as error:
                self._refused(spooled, str(error))
                return
        self.report.evidence(spooled.path, answer)
        self._spool.sent(spooled)


class _Document(object):
    """A spec document of a spool."""

    def __init__(self, spooled, line):
        self.spooled = spooled
        self._line = line

    def line(self):
        """The document, unpacked."""
        return self._line


def existing(folder):
    """A folder that the user named.

    :raises SettingsError: there is none, which is not the same as one with nothing left.
    """
    if not os.path.isdir(folder):
        raise settings.SettingsError("there is no folder %s" % folder)
    return folder


def push(folder, client, tell, warn, allow_unverified=False):
    """Push a folder and tell how it went.

    :param tell: prints a line.
    :param warn: prints a line of warning.
    :returns: the exit code: 0 only where nothing is left.
    """
    spool = Spool(folder)
    pushing = Push(spool, client, allow_unverified)
    code = 0
    try:
        pushing.run()
    except (UnavailableError, NotAllowedError) as error:
        warn(str(error))
        code = EXIT_UNAVAILABLE
    except OSError as error:
        warn("what was sent cannot be moved to its place: %s" % error)
        code = EXIT_LEFT
    spool.clean()
    for line in pushing.report.lines():
        tell(line)
    for line in pushing.report.problems():
        warn(line)
    left, refused = len(spool.waiting()), spool.refused()
    told = "%d left in %s" % (left, folder)
    if refused:
        told += ", %d in its folder `refused`, with the reasons" % refused
    tell(told)
    return code or (EXIT_LEFT if left or refused else 0)


def main(argv=None):
    """Push from a command line.

    :returns: the exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python3 -m specgraph.push", description="Send what a spool holds to the service."
    )
    parser.add_argument("folder", metavar="DIR", help="the spool")
    parser.add_argument("--url", help="address of the service, else SPECGRAPH_URL")
    parser.add_argument("--allow-unverified", action="store_true", help="keep what has a bad hash")
    args = parser.parse_args(argv)

    def warn(line):
        sys.stderr.write("Warning: %s\n" % line)

    try:
        found = settings.find(url=args.url)
        client = Client(found.service(), found.token)
        folder = existing(args.folder)
    except settings.SettingsError as error:
        sys.stderr.write("Error: %s\n" % error)
        return EXIT_USAGE
    return push(folder, client, print, warn, args.allow_unverified)


if __name__ == "__main__":
    sys.exit(main())
