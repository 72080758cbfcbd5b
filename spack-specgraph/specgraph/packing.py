"""What is sent: spec documents, and archives of the folders that Spack leaves behind.

The same content packs to the same bytes, so that its digest can be its name.
"""

import gzip
import hashlib
import io
import os
import re
import stat
import tarfile

SPEC = "spec"
INSTALLED = "installed"
FAILURES = "failures"
STAGE = "stage"
STORE = "store"
CONSOLE = "console"
KINDS = (SPEC, INSTALLED, FAILURES, STAGE, CONSOLE, STORE)
"""In the order in which they are sent: what was installed and what failed helps to judge stages."""

_METADATA = ".spack"
_OF_INSTALLED = (
    *("spec.json", "install_manifest.json", "install_environment.json", "install_times.json"),
    *("spack-build-out.txt.gz", "spack-build-out.txt", "spack-build-env.txt"),
    *("install-time-test-log.txt", "spack-configure-args.txt", "spack-build-env-mods.txt"),
)
_MARKS = ("binary_distribution",)
"""Of these only whether they are there is told."""
_TREES = ("archived-files", "repos")
_OF_STAGE = re.compile(
    r"(spack-build-([0-9]+-.+-)?(out|env|env-mods)|install-time-test-log|spack-configure-args)\.txt$"
)
_SOURCES = "spack-src"
_CONFIGURED = ("config.log", "CMakeFiles/CMakeError.log", "CMakeFiles/CMakeConfigureLog.yaml")
_PATCH_FAILED = ".spack_patch_failed"
_LARGEST = 256 << 20
"""Bytes of the largest file that is sent."""


class Piece(object):
    """Something to send.

    :ivar kind: one of `KINDS`.
    :ivar label: what it is called in reports.
    :ivar query: the parameters to send it with.
    """

    def __init__(self, kind, label, write, query=None):
        self.kind = kind
        self.label = label
        self.query = query or {}
        self._write = write

    def pack(self, file):
        """Write it to a file, packed."""
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            self._write(packed)


class SpecPiece(Piece):
    """A spec document.

    :ivar hash: of its root.
    """

    def __init__(self, hash_, label, text):
        super(SpecPiece, self).__init__(SPEC, label, lambda file: file.write(self.line()))
        self.hash = hash_
        self._text = text

    def line(self):
        """The document as one line of JSON."""
        return self._text().strip().encode("utf-8") + b"\n"


def joined(documents):
    """Documents of one line each, packed together."""
    body = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, body, mtime=0) as packed:
        for document in documents:
            packed.write(document)
    return body.getvalue()


def installed(prefix, label, query):
    """What is kept in a prefix; None where nothing is."""
    folder = os.path.join(prefix, _METADATA)
    if not _is_folder(folder):
        return None
    above = "%s/%s" % (os.path.basename(os.path.realpath(prefix)) or "prefix", _METADATA)

    def write(file):
        with _archive(file) as tar:
            for name in _OF_INSTALLED:
                _add(tar, os.path.join(folder, name), "%s/%s" % (above, name))
            for name in _MARKS:
                if os.path.lexists(os.path.join(folder, name)):
                    tar.addfile(_member("%s/%s" % (above, name)))
            for name in _TREES:
                for path in _below(os.path.join(folder, name)):
                    _add(tar, path, "%s/%s" % (above, os.path.relpath(path, folder)))

    return Piece(INSTALLED, label, write, query)


def stage(folder, query):
    """The logs and the environment in a build stage, and what configuring left in its places."""
    above = os.path.basename(folder)

    def write(file):
        with _archive(file) as tar:
            tar.addfile(_member(above, tarfile.DIRTYPE))
            for name in _names(folder):
                path = os.path.join(folder, name)
                if _OF_STAGE.match(name):
                    _add(tar, path, "%s/%s" % (above, name))
                elif name == _SOURCES or (name.startswith("spack-build-") and _is_folder(path)):
                    tar.addfile(_member("%s/%s" % (above, name), tarfile.DIRTYPE))
                    for each in _CONFIGURED:
                        _add(tar, os.path.join(path, each), "%s/%s/%s" % (above, name, each))
            patch = os.path.join(_SOURCES, _PATCH_FAILED)
            if os.path.lexists(os.path.join(folder, patch)):
                tar.addfile(_member("%s/%s/%s" % (above, _SOURCES, _PATCH_FAILED)))

    return Piece(STAGE, above, write, query)


def failures(paths, unfinished, query):
    """Failure markers: read together, since one may explain another.

    :param unfinished: names of markers that Spack did not get to write, since it was interrupted.
    """

    def write(file):
        with _archive(file) as tar:
            for path in sorted(paths):
                _add(tar, path, ".spack-db/failures/" + os.path.basename(path))
            for name in sorted(unfinished):
                tar.addfile(_member(".spack-db/failures/" + name))

    return Piece(FAILURES, "failure markers", write, query)


def store(root, index, query):
    """The index of a store, as a picture of it at the time of the file."""
    path = os.path.realpath(root)
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    name = "%s-%s" % (os.path.basename(path) or "store", digest[:8])

    def write(file):
        with _archive(file) as tar:
            _add(tar, index, "%s/.spack-db/index.json" % name, largest=4 << 30)

    return Piece(STORE, name, write, dict(query, name=name))


def _archive(file):
    return tarfile.open(
        fileobj=file, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="replace"
    )


def _member(name, kind=tarfile.REGTYPE):
    member = tarfile.TarInfo(name.encode("utf-8", "backslashreplace").decode("utf-8"))
    member.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    member.type = kind
    return member


def _add(tar, path, name, largest=_LARGEST):
    """Add a regular file as it is now; what is not there, or cannot be read, is left out.

    It may be written to, or cut, meanwhile: no more than its size now is taken, and zeros are not
    made up for what went away.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return
        with open(path, "rb") as file:
            told = os.fstat(file.fileno())
            if told.st_size > largest:
                return
            if told.st_size > _IN_MEMORY:
                member = _member(name)
                member.size, member.mtime = told.st_size, int(told.st_mtime)
                tar.addfile(member, file)
                return
            content = file.read()
    except OSError:
        return
    member = _member(name)
    member.size, member.mtime = len(content), int(told.st_mtime)
    tar.addfile(member, io.BytesIO(content))


_IN_MEMORY = 32 << 20


def _names(folder):
    """The names in a folder; none where it was removed meanwhile."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)


def _below(folder):
    """The regular files below a folder, in order; links are not followed."""
    for name, folders, files in os.walk(folder):
        folders.sort()
        for each in sorted(files):
            yield os.path.join(name, each)
