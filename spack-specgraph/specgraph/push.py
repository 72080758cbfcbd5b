"""Sends the files of a spool. Works without Spack, too: `python3 -m specgraph.push DIR --url URL`.

Sending a file twice changes nothing in the service, and a file is moved only after the service
acknowledged it. An interrupted push is therefore continued by running it again.
"""

import argparse
import gzip
import os
import sys
import zlib
from typing import IO, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from . import settings
from .client import Client, NotAllowedError, RefusedError, UnavailableError
from .packing import SPEC
from .progress import Progress
from .report import Report
from .senders import SpecUpload, split_batches
from .spool import Spool, SpooledFile

EXIT_LEFT = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


class Push:
    """One push of a spool.

    Attributes:
        report: the summary of this push.

    """

    def __init__(self, spool: Spool, client: Client, allow_unverified: bool = False) -> None:
        self.report = Report()
        self._spool = spool
        self._client = client
        self._upload: SpecUpload[SpooledFile] = SpecUpload(
            client, self._note_stored, self._note_refused, allow_unverified
        )

    def run(self) -> None:
        """Send all waiting files.

        Raises:
            ServiceError: if the service becomes unavailable. Acknowledged files are not sent again.
            OSError: if a file that was sent cannot be moved.

        """
        waiting = self._spool.waiting_files()
        with Progress(len(waiting), "files") as progress:
            specs = [file for file in waiting if file.kind == SPEC]
            for batch in split_batches(self._read_specs(specs, progress)):
                self._upload.send(batch)
                progress.step(len(batch))
            # The list is sorted by kind, and spec documents come first.
            for file in waiting[len(specs) :]:
                self._send_archive(file)
                progress.step()

    def _read_specs(
        self, files: Iterable[SpooledFile], progress: Progress
    ) -> Iterator[Tuple[SpooledFile, bytes]]:
        for file in files:
            content = self._open(file)
            document = None if content is None else self._read_document(file, content)
            if document is None:
                progress.step()
            else:
                yield file, document

    def _open(self, file: SpooledFile) -> Optional[IO[bytes]]:
        """Open and verify a file; if this fails, report it and return None."""
        try:
            content = file.open_verified()
        except FileNotFoundError:
            return None  # Another push has moved it.
        except OSError as error:
            self.report.add_refusal(file.path, f"cannot be read: {error}")
            return None
        if content is None:
            reason = "damaged: the content does not match the digest in its name"
            self._note_refused(file, reason, damaged=True)
        return content

    def _read_document(self, file: SpooledFile, content: IO[bytes]) -> Optional[bytes]:
        """Return the spec document in a file; if it cannot be unpacked, report it."""
        with content:
            try:
                with gzip.GzipFile(fileobj=content) as unpacked:
                    return unpacked.read().strip()
            except (OSError, EOFError, zlib.error) as error:
                self._note_refused(file, f"cannot be unpacked: {error}")
                return None

    def _note_stored(self, files: List[SpooledFile], answer: Dict[str, object]) -> None:
        self.report.add_specs(answer)
        for file in files:
            self._spool.mark_sent(file)

    def _note_refused(self, file: SpooledFile, reason: str, damaged: bool = False) -> None:
        self.report.add_refusal(file.path, reason)
        self._spool.mark_refused(file, reason, damaged)

    def _send_archive(self, file: SpooledFile) -> None:
        content = self._open(file)
        if content is None:
            return
        with content:
            length = os.fstat(content.fileno()).st_size
            try:
                answer = self._client.post_packed("/documents", content, length, **file.query)
            except RefusedError as error:
                self._note_refused(file, str(error))
                return
        self.report.add_documents(file.path, answer)
        self._spool.mark_sent(file)


def require_folder(folder: str) -> str:
    """Return a folder named by the user.

    Raises:
        SettingsError: if it does not exist, which must not look like an empty spool.

    """
    if not os.path.isdir(folder):
        raise settings.SettingsError(f"there is no folder {folder}")
    return folder


def push(
    folder: str,
    client: Client,
    inform: Callable[[str], object],
    warn: Callable[[str], object],
    allow_unverified: bool = False,
) -> int:
    """Send the files of a folder and print a summary.

    Args:
        folder: the folder of the spool.
        client: the client for the service.
        inform: prints a line.
        warn: prints a warning.
        allow_unverified: whether the service shall store specs whose hash does not match.

    Returns:
        The exit code: 0 only if no file is left or refused.

    """
    spool = Spool(folder)
    run = Push(spool, client, allow_unverified)
    code = 0
    try:
        run.run()
    except (UnavailableError, NotAllowedError) as error:
        warn(str(error))
        code = EXIT_UNAVAILABLE
    except OSError as error:
        warn(f"a file that was sent cannot be moved: {error}")
        code = EXIT_LEFT
    spool.remove_stale()
    for line in run.report.lines():
        inform(line)
    for line in run.report.problem_lines():
        warn(line)
    left, refused = len(spool.waiting_files()), spool.count_refused()
    summary = f"{left} left in {folder}"
    if refused:
        summary += f", {refused} in its folder `refused`, with the reasons"
    inform(summary)
    return code or (EXIT_LEFT if left or refused else 0)


def main(argv: Optional[List[str]] = None) -> int:
    """Push from a command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m specgraph.push", description="Send the files of a spool to the service."
    )
    parser.add_argument("folder", metavar="DIR", help="the spool")
    parser.add_argument("--url", help="address of the service; by default SPECGRAPH_URL")
    parser.add_argument(
        "--allow-unverified", action="store_true", help="store specs whose hash does not match"
    )
    args = parser.parse_args(argv)

    def warn(line: str) -> None:
        sys.stderr.write(f"Warning: {line}\n")

    try:
        found = settings.find_settings(url=args.url)
        client = Client(found.require_url(), found.token)
        folder = require_folder(args.folder)
    except settings.SettingsError as error:
        sys.stderr.write(f"Error: {error}\n")
        return EXIT_USAGE
    return push(folder, client, print, warn, args.allow_unverified)


if __name__ == "__main__":
    sys.exit(main())
