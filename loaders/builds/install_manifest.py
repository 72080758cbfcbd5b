"""The install manifest: the files, folders and links of a prefix, as Spack found them.

`install_manifest.json` is an object of absolute paths (`lib/spack/spack/verify.py`). Up to Spack
0.19 an entry has a `type`, and the mode of a link is that of what it points at; later ones have
`lstat`'s mode and no `type`. An entry is empty where the file could not be looked at. The prefix is
taken off every path and kept nowhere.
"""

import json
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from loaders.builds.folder import printable
from loaders.errors import DocumentError, Fault
from loaders.evidence import InstalledFile

_METADATA = "/.spack"
_CHECKSUM = re.compile(r"[A-Z2-7]{8,64}=*\Z")
_TYPES = {"file": "file", "dir": "directory", "link": "link"}
_MOST_BITS = 1 << 32
_MOST_SIZE = 1 << 63


@dataclass(frozen=True, slots=True)
class Manifest:
    """The lines of a manifest.

    :ivar files: without the prefix itself, in the manifest's order.
    :ivar outside: entries that do not lie in the prefix; left out.
    :ivar unknown: entries that are neither file, folder nor link; left out.
    :ivar left_out: entries beyond the limit.
    """

    files: tuple[InstalledFile, ...]
    outside: int = 0
    unknown: int = 0
    left_out: int = 0


def read_manifest(raw: bytes, folder_name: str, most: int) -> Manifest:
    """The lines of a manifest, their paths relative to the prefix.

    :param folder_name: name of the folder that the prefix is now.
    :param most: lines to keep.
    :raises DocumentError: no manifest, or the prefix cannot be told.
    """
    entries = _entries(raw)
    if not entries:
        return Manifest(())
    prefix = _prefix_of(entries, folder_name)
    if prefix is None:
        raise DocumentError(Fault.INVALID, "the entries do not tell the prefix")
    files: list[InstalledFile] = []
    outside = unknown = left_out = 0
    for path, entry in entries.items():
        relative = _below(prefix, path)
        if relative == ".":
            continue
        if relative is None:
            outside += 1
        elif len(files) >= most:
            left_out += 1
        elif (file := _file_of(prefix, relative, entry)) is None:
            unknown += 1
        else:
            files.append(file)
    return Manifest(tuple(files), outside, unknown, left_out)


def _entries(raw: bytes) -> Mapping[str, Any]:
    # The standard library's reader takes names of files that are not UTF-8: Spack writes them with
    # lone surrogates.
    try:
        entries = json.loads(raw)
    except RecursionError as error:
        raise DocumentError(Fault.MALFORMED, "the JSON is nested too deeply") from error
    except ValueError as error:
        raise DocumentError(Fault.MALFORMED, f"not JSON: {error}") from error
    if not isinstance(entries, dict):
        raise DocumentError(Fault.INVALID, "not an object of paths")
    return entries


def _prefix_of(entries: Mapping[str, Any], folder_name: str) -> str | None:
    """The prefix at the time of installing; it may have been moved since.

    It is what lies above the outermost `.spack`; where that is not there, the path that ends with
    the folder's name of today.
    """
    above = [path[: -len(_METADATA)] for path in entries if path.endswith(_METADATA)]
    if above:
        return min(above, key=len)
    named = f"/{folder_name}"
    for path in entries:
        before, found, _ = f"{path}/".partition(f"{named}/")
        if found:
            return before + named
    return None


def _below(prefix: str, path: str) -> str | None:
    """A path relative to the prefix, `.` for itself, None outside of it."""
    whole = posixpath.normpath(path)
    root = posixpath.normpath(prefix)
    if whole == root:
        return "."
    return whole[len(root) + 1 :] if whole.startswith(f"{root}/") else None


def _file_of(prefix: str, path: str, entry: Any) -> InstalledFile | None:
    values = entry if isinstance(entry, dict) else {}
    mode = _count(values.get("mode"), _MOST_BITS)
    kind = _kind_of(values, mode)
    if kind is None:
        return None
    of_target = kind == "link" and values.get("type") == "link"
    return InstalledFile(
        path=printable(path),
        kind=kind,
        mode=None if mode is None or of_target else stat.S_IMODE(mode),
        size=_count(values.get("size"), _MOST_SIZE),
        checksum=_checksum(values.get("hash")),
        target=_target(prefix, path, values.get("dest")) if kind == "link" else None,
    )


def _kind_of(values: Mapping[str, Any], mode: int | None) -> str | None:
    told = values.get("type")
    if isinstance(told, str) and told in _TYPES:
        return _TYPES[told]
    if "dest" in values:
        return "link"
    if mode is None:
        return None
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))
    return next((kind for test, kind in kinds if test(mode)), None)


def _count(value: Any, most: int) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < most else None


def _checksum(value: Any) -> str | None:
    return value if isinstance(value, str) and _CHECKSUM.match(value) else None


def _target(prefix: str, path: str, target: Any) -> str | None:
    """Where a link points: relative to the prefix if inside of it, else as it stands."""
    if not isinstance(target, str) or not target:
        return None
    whole = posixpath.join(prefix, posixpath.dirname(path), target)
    return printable(_below(prefix, whole) or target)


def describe(manifest: Manifest) -> Iterator[tuple[str, int]]:
    """What was left out, by a short name, where anything was."""
    counts = {
        "files_outside": manifest.outside,
        "files_unknown": manifest.unknown,
        "files_left_out": manifest.left_out,
    }
    return ((name, count) for name, count in counts.items() if count)
