"""Comparing the types of libraries where their files are, with `abidiff` of libabigail."""

import hashlib
import shutil
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service.abi.type_report import Outcome, TypeChange, UnreadableReportError, read_report

TOOL = "abidiff"
PAIR_SECONDS = 120.0
"""Time limit for two libraries; nearly all need less than a second, some minutes."""
_DEBUG_SECTION = b".debug_info"
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
_PREFIX_DEPTH = 4
"""Most folders between an install tree and a prefix in it."""


class NotComparedError(Exception):
    """Two libraries that cannot be compared; the text says why."""


@dataclass(frozen=True)
class TypeComparer:
    """Compares types until the time is up.

    Attributes:
        program: Path of abidiff.
        tool: Its name and version.
        deadline: When the time is up, as of `time.monotonic`.
        trees: Install trees in which files are looked for that are not where they were read.
    """

    program: str
    tool: str
    deadline: float
    trees: Sequence[Path] = field(default_factory=tuple)

    @classmethod
    def find(cls, seconds: float, trees: Sequence[Path]) -> "TypeComparer | None":
        """Return a comparer with so many seconds; None if abidiff is not installed."""
        program = shutil.which(TOOL)
        if program is None:
            return None
        shown = subprocess.run(  # noqa: S603 - found in PATH
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
        version = (shown.stdout or shown.stderr).strip().rpartition(" ")[2]
        return cls(program, f"{TOOL} {version}", time.monotonic() + seconds, trees)

    def compare(self, pair: Mapping[str, Any]) -> dict[str, Any]:
        """Compare two libraries.

        Args:
            pair: One of the `types` of a verdict.

        Returns:
            The result, as `POST /types` takes it.

        Raises:
            NotComparedError: The files are not here, the time is up, or abidiff failed.
        """
        before, after = (self._find_file(pair, side) for side in ("before", "after"))
        changes: list[TypeChange] = []
        outcome = Outcome.NO_DEBUG_INFORMATION
        if has_debug_information(before) and has_debug_information(after):
            changes = self._run(before, after)
            outcome = Outcome.CHANGED if changes else Outcome.SAME
        return {
            "before": pair["before_library"],
            "after": pair["after_library"],
            "outcome": str(outcome),
            "changes": [{"name": each.name, "type": each.type} for each in changes],
            "tool": self.tool,
        }

    def _find_file(self, pair: Mapping[str, Any], side: str) -> Path:
        """Return the file of one side, which must have the content that the service knows."""
        label = pair[side]
        there = pair[f"{side}_at"]
        found = [Path(there)] if there else []
        found += self._in_trees(label)
        present = [each for each in found if each.is_file()]
        for path in present:
            if _sha256(path) == pair[f"{side}_library"]:
                return path
        name = f"{label['name']}@{label['version']}/{label['hash'][:7]}: {label['path']}"
        raise NotComparedError(
            f"{name}: the file here has another content" if present else f"{name}: no file here"
        )

    def _in_trees(self, label: Mapping[str, Any]) -> Iterator[Path]:
        for tree in self.trees:
            for depth in range(_PREFIX_DEPTH):
                for prefix in tree.glob("*/" * depth + f"*{label['hash']}"):
                    yield prefix / label["path"]

    def _run(self, before: Path, after: Path) -> list[TypeChange]:
        left = min(self.deadline - time.monotonic(), PAIR_SECONDS)
        if left <= 0:
            raise NotComparedError(f"{after.name}: no time is left; give more with --types-seconds")
        # Without --redundant, functions are left out of which the type was reported before.
        words = [self.program, "--redundant", str(before), str(after)]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the files are arguments
                words,
                capture_output=True,
                timeout=left,
                check=False,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise NotComparedError(f"{after.name}: {TOOL} took over {left:.0f} seconds") from error
        try:
            return read_report(done.stdout.decode("utf-8", "replace"), done.returncode)
        except UnreadableReportError as error:
            raise NotComparedError(f"{after.name}: {error}") from error


def compare_all(
    comparer: TypeComparer, pairs: Iterable[Mapping[str, Any]], refuse: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return the results of all pairs that were not compared before and can be now.

    Args:
        comparer: Compares them.
        pairs: The `types` of a verdict.
        refuse: Takes the reason for each that cannot be compared.
    """
    found = []
    for pair in pairs:
        if pair["outcome"] is None:
            try:
                found.append(comparer.compare(pair))
            except (NotComparedError, OSError) as error:
                refuse(str(error))
    return found


def has_debug_information(path: Path) -> bool:
    """Return whether a file of ELF has DWARF, by the names of its sections.

    abidiff does not say so: it finds no changes in files without any.
    """
    with path.open("rb") as file:
        head = file.read(64)
        if len(head) < 52 or head[:4] != b"\x7fELF":
            return False
        order = "<" if head[5] == 1 else ">"
        wide = head[4] == 2
        if wide and len(head) < 64:
            return False
        layout, at = (f"{order}Q", 40) if wide else (f"{order}I", 32)
        (offset,) = struct.unpack_from(layout, head, at)
        size, count, names = struct.unpack_from(f"{order}HHH", head, 58 if wide else 46)
        where = f"{order}QQ" if wide else f"{order}II"
        file.seek(offset + names * size)
        section = file.read(size)
        if not offset or len(section) < (64 if wide else 40) or names >= count:
            return False
        start, length = struct.unpack_from(where, section, 24 if wide else 16)
        file.seek(start)
        return _DEBUG_SECTION in file.read(min(length, 1 << 20)).split(b"\0")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
