"""Files that wait to be sent: each named by the digest of its bytes, whole or not there.

A file is written under another name, brought to the disk and only then renamed, so a crash leaves
no part of one. The same content has the same name, so writing it again adds nothing. What the
service has acknowledged is moved to `sent/`, what it refused to `refused/`, with the reason beside.
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

    def read(self):
        """Its bytes; None where they do not have the digest that its name tells.

        :raises OSError: it cannot be read, or is gone.
        """
        with open(self.path, "rb") as file:
            content = file.read()
        return content if hashlib.sha256(content).hexdigest() == self.digest else None


class Spool(object):
    """A folder of such files."""

    def __init__(self, folder):
        self.folder = folder

    def add(self, piece):
        """Write something.

        :returns: whether it was not there before, sent or not.
        :raises OSError: it cannot be read, or the folder cannot be written to.
        """
        os.makedirs(os.path.join(self.folder, SENT), mode=0o700, exist_ok=True)
        begun = os.path.join(self.folder, _BEGUN + uuid.uuid4().hex)
        try:
            with open(begun, "wb+") as file:
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
        return sum(1 for name in self._names(REFUSED) if _spooled(self.folder, name))

    def sent(self, spooled):
        """Note that the service has a file."""
        self._move(spooled, SENT)

    def refuse(self, spooled, reason):
        """Put a file aside that the service does not take."""
        self._move(spooled, REFUSED)
        path = os.path.join(self.folder, REFUSED, spooled.digest + ".reason")
        with open(path, "w", encoding="utf-8") as file:
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

    def _move(self, spooled, below):
        os.makedirs(os.path.join(self.folder, below), mode=0o700, exist_ok=True)
        place = os.path.join(self.folder, below, os.path.basename(spooled.path))
        with contextlib.suppress(FileNotFoundError):  # Another push was faster.
            os.rename(spooled.path, place)


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
