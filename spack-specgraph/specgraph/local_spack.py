"""Reads the local Spack: installed specs, the active environment, and the remains of builds."""

import datetime
import os
import re
import sys
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

import spack.cmd
import spack.environment
import spack.hash_types
import spack.stage
import spack.store

from . import packing

CLOCK_SKEW_SECONDS = 2
"""How far the clock of a (network) file system may be behind this machine's."""

Spec = Any
"""A `spack.spec.Spec`, which has no type outside Spack."""

_STAGE = re.compile(r"spack-stage-.+-([a-z2-7]{32})$")
_STAGE_LOG = re.compile(r"spack-stage-.+-([a-z2-7]{32})-[^-]+\.log$")
_MARKER = re.compile(r".+-([a-z2-7]{32})$")
_STAGE_LOG_PREFIX = "spack-build-"
_STAGE_ENVIRONMENT = "spack-build-env.txt"
_LOG_ID = re.compile(r"\bSPACK_DEBUG_LOG_ID=[\"']?([\w.-]+)-[a-z2-7]{7}\b")


class NothingSelectedError(Exception):
    """The user's selection contains no spec."""


def database() -> Any:
    """Return Spack's database of installed specs."""
    return spack.store.STORE.db


def select_specs(texts: Sequence[str], whole_env: bool, everything: bool) -> List[Spec]:
    """Return the specs that the user selected.

    Args:
        texts: abstract specs; selects the installed specs that satisfy one of them.
        whole_env: selects the roots of the active environment, installed or not.
        everything: selects the whole database.

    Raises:
        NothingSelectedError: if there are none.

    """
    if whole_env:
        return _environment_roots()
    if everything:
        return list(database().query())
    found: Dict[str, Spec] = {}
    for spec in spack.cmd.parse_specs(texts):
        matching = database().query(spec)
        if not matching:
            raise NothingSelectedError(f"{spec} matches no installed package")
        found.update((each.dag_hash(), each) for each in matching)
    return list(found.values())


def _environment_roots() -> List[Spec]:
    env = spack.environment.active_environment()
    if env is None:
        raise NothingSelectedError("no environment is active")
    roots = [spec for _, spec in env.concretized_specs()]
    if not roots:
        raise NothingSelectedError("the environment is not concretized: run `spack concretize`")
    return list({spec.dag_hash(): spec for spec in roots}.values())


def installed_since(start: float) -> List[Spec]:
    """Return the specs installed since a time, in seconds since 1970."""
    # Spack's database takes local time without a zone.
    when = datetime.datetime.fromtimestamp(start - CLOCK_SKEW_SECONDS)  # noqa: DTZ006
    return list(database().query(start_date=when))


def covering_roots(specs: Iterable[Spec]) -> List[Spec]:
    """Return explicitly installed specs, and those that no DAG of the others contains.

    Their documents contain all the specs. Sending a document of every spec instead would turn mere
    dependencies into roots.
    """
    explicit = _explicit_hashes()
    covered: Set[str] = set()
    roots: List[Spec] = []
    # Explicit specs come first: all of them are roots, and their DAGs cover most of the others.
    order = sorted(specs, key=lambda spec: (spec.dag_hash() not in explicit, spec.name))
    requested = [spec for spec in order if spec.dag_hash() in explicit]
    for spec in requested:
        covered.update(each.dag_hash() for each in spec.traverse())
        roots.append(spec)
    rest = {
        spec.dag_hash(): spec for spec in order[len(requested) :] if spec.dag_hash() not in covered
    }
    dependencies: Set[str] = set()
    for spec in rest.values():
        dependencies.update(each.dag_hash() for each in spec.traverse(root=False))
    return roots + [spec for hash_, spec in sorted(rest.items()) if hash_ not in dependencies]


def _explicit_hashes() -> Set[str]:
    return {spec.dag_hash() for spec in database().query(explicit=True)}


def spec_documents(specs: Iterable[Spec]) -> List[packing.SpecPayload]:
    """Return a spec document for each spec, as written by Spack into `spec.json`."""
    return [
        packing.SpecPayload(spec.dag_hash(), label(spec), _DocumentReader(spec))
        for spec in sorted(specs, key=lambda spec: (spec.name, spec.dag_hash()))
    ]


class _DocumentReader:
    """Reads the document of a spec: the bytes of its `spec.json` if it is installed.

    Spack's database does not read `build_spec` back (`_read_from_file` in `database.py` up to 1.1),
    so `Spec.to_json` of an installed spec no longer says that the spec was spliced.
    """

    def __init__(self, spec: Spec) -> None:
        self._spec = spec

    def __call__(self) -> bytes:
        content = None if self._spec.external else read_spec_file(self._spec)
        return write_document(self._spec) if content is None else content


def write_document(spec: Spec) -> bytes:
    """Return the document of a spec as Spack holds it in memory."""
    return str(spec.to_json(hash=spack.hash_types.dag_hash)).encode("utf-8")


def read_spec_file(spec: Spec) -> Optional[bytes]:
    """Return the content of the `spec.json` in the prefix of a spec.

    Returns:
        None if there is none, or if it is incomplete or describes another spec: Spack 1.0 and 1.1
        leave that of the build spec behind if a splice cannot be rewired.

    """
    path = os.path.join(str(spec.prefix), ".spack", "spec.json")
    try:
        with open(path, "rb") as file:
            content = file.read().strip()
    except OSError:
        return None
    is_complete = content.startswith(b"{") and content.endswith(b"}")
    return content if is_complete and spec.dag_hash().encode("ascii") in content else None


def label(spec: Spec) -> str:
    """Return a short form of a spec: `name@version/hash`."""
    return f"{spec.name}@{spec.version}/{spec.dag_hash(7)}"


def build_archives(
    specs: Iterable[Spec], query: Dict[str, str], libraries: bool = True
) -> Iterator[packing.Payload]:
    """Yield archives of the metadata in the prefixes of specs; externals have none.

    Args:
        specs: installed specs.
        query: the query parameters of the request.
        libraries: whether to add the parts of programs and libraries that the dynamic loader reads.

    """
    for spec in specs:
        if spec.external:
            continue
        payload = packing.prefix_archive(str(spec.prefix), label(spec), query, libraries)
        if payload is not None:
            yield payload


def with_dependencies(specs: Iterable[Spec]) -> List[Spec]:
    """Return specs and all their dependencies, each once."""
    found: Dict[str, Spec] = {}
    for spec in specs:
        found.update((each.dag_hash(), each) for each in spec.traverse())
    return list(found.values())


def store_archive(query: Dict[str, str]) -> packing.Payload:
    """Return an archive of the index of Spack's store."""
    return packing.store_archive(str(spack.store.STORE.root), _index_path(), query)


def index_time() -> Optional[float]:
    """Return when the index of the store was last written, in seconds since 1970; None without."""
    try:
        return os.stat(_index_path()).st_mtime
    except OSError:
        return None


def installations_archive(
    specs: Iterable[Spec], as_of: float, query: Dict[str, str]
) -> Optional[packing.Payload]:
    """Return an archive of the records of some installed specs, as the index has them.

    Specs in upstream stores are left out: they are installed there.

    Args:
        specs: installed specs.
        as_of: a time at which they were installed, not later than the last look at the index.
        query: the query parameters of the request.

    """
    records = []
    for spec in specs:
        upstream, record = database().query_by_spec_hash(spec.dag_hash())
        if record is not None and not upstream:
            records.append(_index_record(spec, record))
    if not records:
        return None
    return packing.installations_archive(str(spack.store.STORE.root), as_of, records, query)


def _index_record(spec: Spec, record: Any) -> Dict[str, Any]:
    node = {"name": spec.name, "version": str(spec.version), "hash": spec.dag_hash()}
    if spec.external:
        node["external"] = {"path": str(record.path)}
    return {
        "spec": node,
        "path": str(record.path),
        "installed": bool(record.installed),
        "explicit": bool(record.explicit),
        "installation_time": record.installation_time,
    }


def _index_path() -> str:
    return os.path.join(str(spack.store.STORE.root), ".spack-db", "index.json")


def failure_markers(start: float) -> Tuple[Set[str], List[str]]:
    """Return the failures since a time, in seconds since 1970.

    Returns:
        The hashes of the specs that failed, and the paths of their markers and of older markers
        of their dependencies, which explain why a spec was skipped.

    """
    folder = os.path.join(str(spack.store.STORE.root), ".spack-db", "failures")
    recent: Dict[str, str] = {}
    older: Dict[str, str] = {}
    for entry in _scan_folder(folder):
        marker = _MARKER.match(entry.name)
        if marker is None or not entry.is_file(follow_symlinks=False):
            continue
        modified = _modified_time(entry)
        if modified is not None:
            is_recent = modified >= start - CLOCK_SKEW_SECONDS
            (recent if is_recent else older)[marker.group(1)] = entry.path
    text = "".join(_read_text(path) for path in recent.values())
    explaining = [path for hash_, path in older.items() if hash_ in text]
    return set(recent), list(recent.values()) + explaining


def finished_stages(start: float, finished: Set[str]) -> Iterator[str]:
    """Yield the folders of stages modified since a time that no build uses any more.

    Args:
        start: the time, in seconds since 1970.
        finished: hashes of specs known to have failed or been installed since.

    """
    for entry in _scan_folder(spack.stage.get_stage_root()):
        match = _STAGE.match(entry.name)
        if not match or not entry.is_dir(follow_symlinks=False):
            continue
        modified = _last_log_time(entry.path)
        if modified is None or modified < start - CLOCK_SKEW_SECONDS:
            continue
        if match.group(1) in finished or not _is_locked(match.group(1)):
            yield entry.path


def finished_stage_logs(start: float, finished: Set[str]) -> Iterator[str]:
    """Yield the logs next to the stages, which Spack 1.2 keeps of builds that failed.

    Only those modified since a time, of builds that no process works on any more. Their stages may
    be gone, or have never been made.

    Args:
        start: the time, in seconds since 1970.
        finished: hashes of specs known to have failed or been installed since.

    """
    for hash_, entry in _stage_logs():
        modified = _modified_time(entry)
        if modified is None or modified < start - CLOCK_SKEW_SECONDS:
            continue
        if hash_ in finished or not _is_locked(hash_):
            yield entry.path


def kept_stage_logs(hashes: Optional[Set[str]]) -> Iterator[str]:
    """Yield the logs next to the stages of builds that no process works on any more.

    Args:
        hashes: hashes of the specs whose logs to yield; None for all specs.

    """
    for hash_, entry in _stage_logs():
        if (hashes is None or hash_ in hashes) and not _is_locked(hash_):
            yield entry.path


def _stage_logs() -> "Iterator[Tuple[str, os.DirEntry[str]]]":
    for entry in _scan_folder(spack.stage.get_stage_root()):
        match = _STAGE_LOG.match(entry.name)
        if match and entry.is_file(follow_symlinks=False):
            yield match.group(1), entry


def interrupted_builds(folders: Iterable[str], failed: Set[str]) -> List[str]:
    """Return names for the failure markers that Spack had no time to write.

    These are for stages of specs that neither failed nor are installed.

    Args:
        folders: the folders of the stages.
        failed: hashes of the specs that have a marker.

    """
    names = []
    for folder in folders:
        stage = _STAGE.match(os.path.basename(folder))
        if stage is None:
            continue
        hash_ = stage.group(1)
        _, record = database().query_by_spec_hash(hash_)
        name = _LOG_ID.search(_read_text(os.path.join(folder, _STAGE_ENVIRONMENT)))
        if name and hash_ not in failed and not (record and record.installed):
            names.append(f"{name.group(1)}-{hash_}")
    return names


def _last_log_time(folder: str) -> Optional[float]:
    """Return when a log of a stage was last modified; None if it has no log."""
    logs = [entry for entry in _scan_folder(folder) if entry.name.startswith(_STAGE_LOG_PREFIX)]
    return max(filter(None, map(_modified_time, logs)), default=None)


def _modified_time(entry: "os.DirEntry[str]") -> Optional[float]:
    """Return when a file was last modified; None if another process has removed it meanwhile."""
    try:
        return entry.stat().st_mtime
    except OSError:
        return None


def _is_locked(hash_: str) -> bool:
    """Return whether another process holds Spack's lock on a prefix, since it is still building.

    Spack locks the byte of `prefix_lock` whose offset is the start of the hash (`database.py`).
    """
    try:
        import fcntl

        import spack.util.hash

        bits = sys.maxsize.bit_length()
        offset = spack.util.hash.base32_prefix_bits(hash_, bits)
        path = os.path.join(str(spack.store.STORE.root), ".spack-db", "prefix_lock")
        with open(path, "rb") as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, offset)
    except (ImportError, FileNotFoundError):
        return False
    except OSError:
        return True
    return False


def _read_text(path: str) -> str:
    """Return the text of a file; the empty text if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _scan_folder(folder: str) -> "List[os.DirEntry[str]]":
    """Return the sorted entries of a folder; none if it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
