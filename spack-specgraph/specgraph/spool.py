"""A spool: files that wait to be sent, each named by the digest of its content.

A file is written under a temporary name, synchronized to disk and only then renamed, so a crash
leaves no partial file. The same content has the same name, so writing it again adds nothing. Files
that the service acknowledged are moved to `sent/`, refused ones to `refused/` with the reason next
to them. Logs and environments may contain secrets, which only the service redacts, so new files and
folders are readable only by their owner.
"""

import contextlib
import hashlib
import os
import time
import urllib.parse
import uuid
from typing import IO, Dict, List, Optional

from .packing import KINDS, SPEC, Payload

SENT = "sent"
REFUSED = "refused"
_TEMPORARY_PREFIX = ".begun-"
_DAMAGED_SUFFIX = ".damaged"
_REASON_SUFFIX = ".reason"
_STALE_SECONDS = 24 * 3600
_SPEC_SUFFIX = ".spec.json.gz"
_ARCHIVE_SUFFIX = ".tar.gz"


class SpooledFile:
    """A file of a spool.

    Attributes:
        path: its path.
        digest: SHA-256 of its content according to its name, hexadecimal.
        kind: one of `packing.KINDS`.
        query: the query parameters of the request.

    """

    def __init__(self, path: str, digest: str, kind: str, query: Dict[str, str]) -> None:
        self.path = path
        self.digest = digest
        self.kind = kind
        self.query = query

    def open_verified(self) -> Optional[IO[bytes]]:
        """Open the file for reading; return None if its content does not match its digest.

        Raises:
            OSError: if it cannot be read, or no longer exists.

        """
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(open(self.path, "rb"))
            if _digest(file) != self.digest:
                return None
            file.seek(0)
            opened.pop_all()
            return file


class Spool:
    """A folder of files to be sent."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def add(self, payload: Payload) -> bool:
        """Write a payload and return whether it is new, rather than waiting, sent or refused.

        Raises:
            OSError: if the payload cannot be read, or the folder cannot be written to.

        """
        self._make_folders(SENT)
        temporary = os.path.join(self.folder, _TEMPORARY_PREFIX + uuid.uuid4().hex)
        try:
            with open(temporary, "xb+", opener=_open_private) as file:
                payload.pack(file)
                file.flush()
                # Before the rename: after a crash, a file with its final name is complete.
                os.fsync(file.fileno())
                file.seek(0)
                name = _file_name(payload, _digest(file))
            if self._contains(name):
                return False
            os.rename(temporary, os.path.join(self.folder, name))
            _sync_folder(self.folder)
            return True
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)

    def waiting_files(self) -> List[SpooledFile]:
        """Return the files to be sent, in the order of sending."""
        found = (_parse_name(self.folder, name) for name in self._list_names(""))
        files = [file for file in found if file is not None]
        return sorted(files, key=lambda file: (KINDS.index(file.kind), file.digest))

    def count_refused(self) -> int:
        """Return the number of files that the service refused."""
        return sum(1 for name in self._list_names(REFUSED) if not name.endswith(_REASON_SUFFIX))

    def mark_sent(self, file: SpooledFile) -> None:
        """Move a file that the service acknowledged to `sent/`."""
        self._move(file, SENT)

    def mark_refused(self, file: SpooledFile, reason: str, damaged: bool = False) -> None:
        """Move a file that the service refused to `refused/`, and write down the reason.

        Args:
            file: the file.
            reason: why it was refused.
            damaged: whether its content does not match its name, which may then be spooled again.

        """
        # Without its proper name, a damaged file does not count as spooled before.
        self._move(file, REFUSED, _DAMAGED_SUFFIX if damaged else "")
        path = os.path.join(self.folder, REFUSED, file.digest + _REASON_SUFFIX)
        with open(path, "w", encoding="utf-8", opener=_open_private) as reason_file:
            reason_file.write(reason + "\n")

    def remove_stale(self) -> None:
        """Remove temporary files older than a day; younger ones may still be in use."""
        for name in self._list_names(""):
            path = os.path.join(self.folder, name)
            try:
                if (
                    name.startswith(_TEMPORARY_PREFIX)
                    and time.time() - os.stat(path).st_mtime > _STALE_SECONDS
                ):
                    os.unlink(path)
            except OSError:
                continue

    def _contains(self, name: str) -> bool:
        return any(
            os.path.exists(os.path.join(self.folder, subfolder, name))
            for subfolder in ("", SENT, REFUSED)
        )

    def _list_names(self, subfolder: str) -> List[str]:
        try:
            return sorted(os.listdir(os.path.join(self.folder, subfolder)))
        except FileNotFoundError:
            return []

    def _make_folders(self, subfolder: str) -> None:
        """Create the folder and a subfolder; the mode of existing folders stays as it is."""
        os.makedirs(os.path.dirname(os.path.abspath(self.folder)), exist_ok=True)
        for folder in (self.folder, os.path.join(self.folder, subfolder)):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)

    def _move(self, file: SpooledFile, subfolder: str, suffix: str = "") -> None:
        self._make_folders(subfolder)
        target = os.path.join(self.folder, subfolder, os.path.basename(file.path) + suffix)
        with contextlib.suppress(FileNotFoundError):  # Another push has moved it already.
            os.rename(file.path, target)


def _open_private(path: str, flags: int) -> int:
    """Open a file that, if it is new, only its owner can read."""
    return os.open(path, flags, 0o600)


def _file_name(payload: Payload, digest: str) -> str:
    if payload.kind == SPEC:
        return digest + _SPEC_SUFFIX
    query = urllib.parse.urlencode(sorted(payload.query.items()))
    return f"{digest}.{payload.kind}.{query}{_ARCHIVE_SUFFIX}"


def _parse_name(folder: str, name: str) -> Optional[SpooledFile]:
    """Return the file with this name; None if it is not a file of a spool."""
    path = os.path.join(folder, name)
    digest, _, rest = name.partition(".")
    if len(digest) != 64:
        return None
    if name.endswith(_SPEC_SUFFIX):
        return SpooledFile(path, digest, SPEC, {})
    kind, _, rest = rest.partition(".")
    if kind not in KINDS or not name.endswith(_ARCHIVE_SUFFIX):
        return None
    query = dict(urllib.parse.parse_qsl(rest[: -len(_ARCHIVE_SUFFIX)]))
    return SpooledFile(path, digest, kind, query)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(lambda: file.read(1 << 20), b""):
        digest.update(chunk)
    return digest.hexdigest()


def _sync_folder(folder: str) -> None:
    """Synchronize the names in a folder to disk, if the system supports it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.fsync(descriptor)
    os.close(descriptor)
