"""Read the install manifest: the files, folders and links of a prefix, as Spack found them.

`install_manifest.json` is an object with absolute paths as keys (`lib/spack/spack/verify.py`). Up
to Spack 0.19 an entry has a `type`, and the mode of a link is that of its target; later entries
have `lstat`'s mode and no `type`. An entry is empty if the file could not be examined. The prefix
is removed from every path and never stored.
"""

import json
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.evidence import InstalledFile
from loaders.folder import printable

_METADATA = "/.spack"
_CHECKSUM = re.compile(r"[A-Z2-7]{8,64}=*\Z")
_TYPES = {"file": "file", "dir": "directory", "link": "link"}
_MAX_MODE = 1 << 32
_MAX_SIZE = 1 << 63


@dataclass(frozen=True, slots=True)
class InstallManifest:
    """The lines of a manifest.

    Attributes:
        files: In the order of the manifest, without the prefix itself.
        outside: Number of entries outside the prefix, which are omitted.
        unknown: Number of entries that are neither file, folder nor link, which are omitted.
        left_out: Number of entries beyond the limit.
    """

    files: tuple[InstalledFile, ...]
    outside: int = 0
    unknown: int = 0
    left_out: int = 0


def read_manifest(raw: bytes, folder_name: str, limit: int) -> InstallManifest:
    """Read the lines of a manifest, with paths relative to the prefix.

    Args:
        raw: Content of the file.
        folder_name: Current name of the prefix's folder.
        limit: Maximum number of lines to keep.

    Raises:
        DocumentError: It is not a manifest, or the prefix cannot be derived.
    """
    entries = _decode_entries(raw)
    if not entries:
        return InstallManifest(())
    prefix = _find_prefix(entries, folder_name)
    if prefix is None:
        raise DocumentError(Fault.INVALID, "the prefix cannot be derived from the entries")
    files: list[InstalledFile] = []
    outside = unknown = left_out = 0
    for path, entry in entries.items():
        limits.spend()
        relative = _make_relative(prefix, path)
        if relative == ".":
            continue
        if relative is None:
            outside += 1
        elif len(files) >= limit:
            left_out += 1
        elif (file := _make_file(prefix, relative, entry)) is None:
            unknown += 1
        else:
            files.append(file)
    return InstallManifest(tuple(files), outside, unknown, left_out)


def _decode_entries(raw: bytes) -> Mapping[str, object]:
    # Spack writes file names that are not UTF-8 with lone surrogates, which msgspec rejects and the
    # standard library accepts.
    limits.check_json(raw)
    try:
        entries = json.loads(raw)
    except RecursionError as error:
        raise DocumentError(Fault.MALFORMED, "the JSON is nested too deeply") from error
    except ValueError as error:
        raise DocumentError(Fault.MALFORMED, f"not JSON: {error}") from error
    if not isinstance(entries, dict):
        raise DocumentError(Fault.INVALID, "not an object of paths")
    return entries


def _find_prefix(entries: Mapping[str, object], folder_name: str) -> str | None:
    """Return the prefix at the time of installation; it may have been moved since.

    It is the parent of the outermost `.spack` or, without any, the path that ends with the folder's
    current name.
    """
    parents = [path[: -len(_METADATA)] for path in entries if path.endswith(_METADATA)]
    if parents:
        return min(parents, key=len)
    suffix = f"/{folder_name}"
    for path in entries:
        before, separator, _ = f"{path}/".partition(f"{suffix}/")
        if separator:
            return before + suffix
    return None


def _make_relative(prefix: str, path: str) -> str | None:
    """Return a path relative to the prefix, `.` for the prefix itself, None outside of it."""
    path = posixpath.normpath(path)
    root = posixpath.normpath(prefix)
    if path == root:
        return "."
    return path[len(root) + 1 :] if path.startswith(f"{root}/") else None


def _make_file(prefix: str, path: str, entry: object) -> InstalledFile | None:
    values = entry if isinstance(entry, dict) else {}
    mode = _parse_count(values.get("mode"), _MAX_MODE)
    kind = _find_kind(values, mode)
    if kind is None:
        return None
    # Spack before 0.20 wrote the mode of the link's target.
    is_target_mode = kind == "link" and values.get("type") == "link"
    return InstalledFile(
        path=printable(path),
        kind=kind,
        mode=None if mode is None or is_target_mode else stat.S_IMODE(mode),
        size=_parse_count(values.get("size"), _MAX_SIZE),
        checksum=_parse_checksum(values.get("hash")),
        target=_make_target(prefix, path, values.get("dest")) if kind == "link" else None,
    )


def _find_kind(values: Mapping[str, object], mode: int | None) -> str | None:
    named_type = values.get("type")
    if isinstance(named_type, str) and named_type in _TYPES:
        return _TYPES[named_type]
    if "dest" in values:
        return "link"
    if mode is None:
        return None
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "directory"), (stat.S_ISLNK, "link"))
    return next((kind for test, kind in kinds if test(mode)), None)


def _parse_count(value: object, limit: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < limit else None


def _parse_checksum(value: object) -> str | None:
    return value if isinstance(value, str) and _CHECKSUM.match(value) else None


def _make_target(prefix: str, path: str, target: object) -> str | None:
    """Return the target of a link: relative to the prefix if inside of it, else unchanged."""
    if not isinstance(target, str) or not target:
        return None
    absolute = posixpath.join(prefix, posixpath.dirname(path), target)
    return printable(_make_relative(prefix, absolute) or target)


def count_omitted(manifest: InstallManifest) -> Iterator[tuple[str, int]]:
    """Yield the number of omitted entries by kind, if there are any."""
    counts = {
        "files_outside": manifest.outside,
        "files_unknown": manifest.unknown,
        "files_left_out": manifest.left_out,
    }
    return ((name, count) for name, count in counts.items() if count)
