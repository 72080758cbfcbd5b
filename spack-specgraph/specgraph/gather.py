"""What this Spack has: specs of its database and environment, and what builds left behind."""

import datetime
import os
import re
import sys

import spack.cmd
import spack.environment
import spack.hash_types
import spack.stage
import spack.store

from . import packing

CLOCK_SECONDS = 2
"""A file system's clock may be so much behind."""

_STAGE = re.compile(r"spack-stage-.+-([a-z2-7]{32})$")
_MARKER = re.compile(r".+-([a-z2-7]{32})$")
_STAGE_LOG = "spack-build-"
_STAGE_ENVIRONMENT = "spack-build-env.txt"
_LOG_ID = re.compile(r"\bSPACK_DEBUG_LOG_ID=[\"']?([\w.-]+)-[a-z2-7]{7}\b")


class NothingFoundError(Exception):
    """No spec is meant."""


def database():
    """Spack's database of what is installed."""
    return spack.store.STORE.db


def selected(texts, whole_env, everything):
    """The specs that are meant.

    :param texts: specs as typed: what is installed and satisfies one of them.
    :param whole_env: the roots of the active environment, installed or not.
    :param everything: all of the database.
    :raises NothingFoundError: there are none.
    """
    if whole_env:
        return _of_environment()
    if everything:
        return database().query()
    found = {}
    for spec in spack.cmd.parse_specs(texts):
        matching = database().query(spec)
        if not matching:
            raise NothingFoundError("%s matches no installed package" % spec)
        found.update((each.dag_hash(), each) for each in matching)
    return list(found.values())


def _of_environment():
    env = spack.environment.active_environment()
    if env is None:
        raise NothingFoundError("no environment is active")
    roots = [spec for _, spec in env.concretized_specs()]
    if not roots:
        raise NothingFoundError("the environment is not concretized: run `spack concretize`")
    return list({spec.dag_hash(): spec for spec in roots}.values())


def installed_since(start):
    """What was installed since a time, in seconds since 1970."""
    when = datetime.datetime.fromtimestamp(start - CLOCK_SECONDS)
    return database().query(start_date=when)


def roots_of(specs):
    """Those of some specs that were asked for, and what none of their DAGs holds.

    They are enough to store all of them; a document of each would take what is only a dependency
    for something that somebody asked for.
    """
    explicit = _explicit()
    covered, roots = set(), []
    order = sorted(specs, key=lambda spec: (spec.dag_hash() not in explicit, spec.name))
    asked = [spec for spec in order if spec.dag_hash() in explicit]
    for spec in asked:
        covered.update(each.dag_hash() for each in spec.traverse())
        roots.append(spec)
    rest = {spec.dag_hash(): spec for spec in order[len(asked) :] if spec.dag_hash() not in covered}
    below = set()
    for spec in rest.values():
        below.update(each.dag_hash() for each in spec.traverse(root=False))
    return roots + [spec for hash_, spec in sorted(rest.items()) if hash_ not in below]


def _explicit():
    return {spec.dag_hash() for spec in database().query(explicit=True)}


def documents(specs):
    """A spec document for each spec, as Spack writes it into `spec.json`."""
    return [
        packing.SpecPiece(spec.dag_hash(), label(spec), _Text(spec))
        for spec in sorted(specs, key=lambda spec: (spec.name, spec.dag_hash()))
    ]


class _Text(object):
    """The document of a spec, made when it is asked for."""

    def __init__(self, spec):
        self._spec = spec

    def __call__(self):
        return self._spec.to_json(hash=spack.hash_types.dag_hash)


def label(spec):
    """A spec in short."""
    return "%s@%s/%s" % (spec.name, spec.version, spec.dag_hash(7))


def builds(specs, query):
    """What is kept in the prefixes of specs; externals have nothing."""
    for spec in specs:
        if spec.external:
            continue
        piece = packing.installed(str(spec.prefix), label(spec), query)
        if piece is not None:
            yield piece


def with_dependencies(specs):
    """Specs and all that they depend on, each once."""
    found = {}
    for spec in specs:
        found.update((each.dag_hash(), each) for each in spec.traverse())
    return list(found.values())


def store_index(query):
    """The index of Spack's store."""
    root = str(spack.store.STORE.root)
    return packing.store(root, os.path.join(root, ".spack-db", "index.json"), query)


def failure_markers(start):
    """Paths of the markers of what failed since a time, and of their marked dependencies."""
    folder = os.path.join(str(spack.store.STORE.root), ".spack-db", "failures")
    fresh, older = {}, {}
    for entry in _entries(folder):
        marked = _MARKER.match(entry.name)
        written = _changed(entry) if marked and entry.is_file(follow_symlinks=False) else None
        if written is not None:
            new = written >= start - CLOCK_SECONDS
            (fresh if new else older)[marked.group(1)] = entry.path
    text = "".join(_content(path) for path in fresh.values())
    explaining = [path for hash_, path in older.items() if hash_ in text]
    return set(fresh), list(fresh.values()) + explaining


def stages(start, hashes):
    """Folders of the stages that were written to since a time and are no longer in use.

    :param hashes: of what is known to have failed or been installed since.
    """
    for entry in _entries(spack.stage.get_stage_root()):
        found = _STAGE.match(entry.name)
        if not found or not entry.is_dir(follow_symlinks=False):
            continue
        written = _written(entry.path)
        if written is None or written < start - CLOCK_SECONDS:
            continue
        if found.group(1) in hashes or not _in_use(found.group(1)):
            yield entry.path


def unfinished(folders, failed):
    """Names of markers for stages of what neither failed nor is installed: it was interrupted.

    :param failed: hashes of what has a marker.
    """
    names = []
    for folder in folders:
        hash_ = _STAGE.match(os.path.basename(folder)).group(1)
        _, record = database().query_by_spec_hash(hash_)
        name = _LOG_ID.search(_content(os.path.join(folder, _STAGE_ENVIRONMENT)))
        if name and hash_ not in failed and not (record and record.installed):
            names.append("%s-%s" % (name.group(1), hash_))
    return names


def _written(folder):
    """When a log of a stage was last written to; None where it has none yet."""
    logs = [entry for entry in _entries(folder) if entry.name.startswith(_STAGE_LOG)]
    return max(filter(None, map(_changed, logs)), default=None)


def _changed(entry):
    """When a file was last written to; None where another Spack has removed it meanwhile."""
    try:
        return entry.stat().st_mtime
    except OSError:
        return None


def _in_use(hash_):
    """Whether another process holds Spack's lock on the prefix: it is still building."""
    try:
        import fcntl

        import spack.util.hash

        bits = sys.maxsize.bit_length()
        place = spack.util.hash.base32_prefix_bits(hash_, bits)
        path = os.path.join(str(spack.store.STORE.root), ".spack-db", "prefix_lock")
        with open(path, "rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, place)
    except ImportError:
        return False
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _content(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _entries(folder):
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
