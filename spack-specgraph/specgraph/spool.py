"""Files that wait to be sent: each named by the digest of its bytes, whole or not there.

A file is written under another name, brought to the disk and only then renamed, so a crash leaves
no part of one. The same content has the same name, so writing it again adds nothing. What the
service has acknowledged is moved to `sent/`, what it refused to `refused/`, with the reason beside.
Logs and environments may hold secrets until the service has taken them out, so nobody else can read
the files.
"""

import contextlib
import hashlib
import os
import time
import urllib.parse
import uuid

from .packing import KINDS, SPEC

SENT = "sent"
REFUSED = "refused"
_BEGUN = ".begun-"
_DAMAGED = ".damaged"
_REASON = ".reason"
_STALE_SECONDS = 24 * 3600
_SPEC_END = ".spec.json.gz"
_ARCHIVE_END = ".tar.gz"


class Spooled(object):
    """A file of a spool.

    :ivar query: the parameters to send it with.
    """

    def __init__(self, path, digest, kind, query):
        self.path = path
        self.digest = digest
        self.kind = kind
        self.query = query

    def open(self):
        """The open file, at its begin; None where its bytes do not have the digest of its name.

        :raises OSError: it cannot be read, or is gone.
        """
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(open(self.path, "rb"))
            if _digest(file) != self.digest:
                return None
            file.seek(0)
            opened.pop_all()
            return file


class Spool(object):
    """A folder of such files."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, piece):
        """Write something.

        :returns: whether it was not there before, sent or not.
        :raises OSError: it cannot be read, or the folder cannot be written to.
        """
        self._make(SENT)
        begun = os.path.join(self.folder, _BEGUN + uuid.uuid4().hex)
        try:
            with open(begun, "xb+", opener=_private) as file:
                piece.pack(file)
                file.flush()
                os.fsync(file.fileno())
                file.seek(0)
                name = _name(piece, _digest(file))
            if self._has(name):
                return False
            os.rename(begun, os.path.join(self.folder, name))
            _sync(self.folder)
            return True
        finally:
            if os.path.exists(begun):
                os.unlink(begun)

    def waiting(self):
        """What is to be sent, in the order to send it in."""
        found = [_spooled(self.folder, name) for name in self._names("")]
        kept = [each for each in found if each is not None]
        return sorted(kept, key=lambda each: (KINDS.index(each.kind), each.digest))

    def refused(self):
        """How many files the service has refused."""
        return sum(1 for name in self._names(REFUSED) if not name.endswith(_REASON))

    def sent(self, spooled):
        """Note that the service has a file."""
        self._move(spooled, SENT)

    def refuse(self, spooled, reason, damaged=False):
        """Put a file aside that the service does not take.

        :param damaged: it is not what its name says, which may be written again.
        """
        self._move(spooled, REFUSED, _DAMAGED if damaged else "")
        path = os.path.join(self.folder, REFUSED, spooled.digest + _REASON)
        with open(path, "w", encoding="utf-8", opener=_private) as file:
            file.write(reason + "\n")

    def clean(self):
        """Remove what a writer left that was ended; what is younger than a day may be written."""
        for name in self._names(""):
            path = os.path.join(self.folder, name)
            try:
                if (
                    name.startswith(_BEGUN)
                    and time.time() - os.stat(path).st_mtime > _STALE_SECONDS
                ):
                    os.unlink(path)
            except OSError:
                continue

    def _has(self, name):
        return any(
            os.path.exists(os.path.join(self.folder, each, name)) for each in ("", SENT, REFUSED)
        )

    def _names(self, below):
        try:
            return sorted(os.listdir(os.path.join(self.folder, below)))
        except FileNotFoundError:
            return []

    def _make(self, below):
        """Make the folder and one in it; of both only what is new gets its rights."""
        os.makedirs(os.path.dirname(os.path.abspath(self.folder)), exist_ok=True)
        for folder in (self.folder, os.path.join(self.folder, below)):
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, 0o700)

    def _move(self, spooled, below, end=""):
        self._make(below)
        place = os.path.join(self.folder, below, os.path.basename(spooled.path) + end)
        with contextlib.suppress(FileNotFoundError):  # Another push was faster.
            os.rename(spooled.path, place)


def _private(path, flags):
    """Open a file that nobody else can read, where it is new."""
    return os.open(path, flags, 0o600)


def _name(piece, digest):
    if piece.kind == SPEC:
        return digest + _SPEC_END
    query = urllib.parse.urlencode(sorted(piece.query.items()))
    return "%s.%s.%s%s" % (digest, piece.kind, query, _ARCHIVE_END)


def _spooled(folder, name):
    """A file of the spool by its name; None where it is something else."""
    path = os.path.join(folder, name)
    digest, _, rest = name.partition(".")
    if len(digest) != 64:
        return None
    if name.endswith(_SPEC_END):
        return Spooled(path, digest, SPEC, {})
    kind, _, rest = rest.partition(".")
    if kind not in KINDS or not name.endswith(_ARCHIVE_END):
        return None
    return Spooled(path, digest, kind, dict(urllib.parse.parse_qsl(rest[: -len(_ARCHIVE_END)])))


def _digest(file):
    digest = hashlib.sha256()
    for chunk in iter(lambda: file.read(1 << 20), b""):
        digest.update(chunk)
    return digest.hexdigest()


def _sync(folder):
    """Bring a folder's names to the disk, where the system can."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.fsync(opened)
    os.close(opened)
