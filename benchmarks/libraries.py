"""How fast programs and libraries are read: the facts of real files, and what is stored of them.

    python -m benchmarks.libraries [FOLDER ...] [--most N]

The ELF files in and below the folders, by default `/usr/lib`, are read one by one by one process.
Times are processor time, which other programs on the machine hardly change. Each file is read
once before, so that its content is in the page cache: what is measured is the work, not the disk.
"""

import argparse
import hashlib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loaders.elf.file import ElfError, is_elf
from loaders.elf.packing import pack_facts
from loaders.elf.reader import read_elf
from loaders.prefixes.contents import looks_like_library

_FOLDERS = ("/usr/lib",)
_HEAD = 16


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the work on all files.

    Attributes:
        name: Name of the step.
        files: Number of files.
        seconds: Processor time.
    """

    name: str
    files: int
    seconds: float

    @property
    def row(self) -> str:
        """A row of the table in `docs/benchmarks.md`."""
        rate = self.files / self.seconds if self.seconds else 0
        return f"| {self.name} | {self.files:,} | {self.seconds:.2f} s | {rate:,.0f} |"


def find_libraries(folders: Sequence[Path], most: int) -> list[Path]:
    """Return ELF files that are named like libraries, each once, links not followed."""
    found = []
    for path in (each for folder in folders for each in sorted(folder.rglob("*.so*"))):
        if looks_like_library(path.name) and not path.is_symlink() and path.is_file():
            with path.open("rb") as file:
                if is_elf(file.read(_HEAD)):
                    found.append(path)
        if len(found) >= most:
            break
    return found


def measure(paths: Sequence[Path]) -> list[Step]:
    """Return the processor time of each step of reading some libraries, and of all."""
    seconds: dict[str, float] = defaultdict(float)
    exports = imports = 0
    for path in paths:
        path.read_bytes()
        clock = _Clock(seconds)
        content = path.read_bytes()
        clock.note("the file from the page cache")
        try:
            facts = read_elf(content)
        except ElfError as error:
            print(f"{path}: {error}")
            continue
        clock.note("facts, with all dynamic symbols")
        hashlib.sha256(content)
        clock.note("SHA-256 of the file")
        pack_facts(facts)
        clock.note("packing, with words for the search")
        exports += len(facts.exports)
        imports += len(facts.references)
    print(f"{exports:,} exported symbols, {imports:,} references\n")
    steps = [Step(name, len(paths), each) for name, each in seconds.items()]
    return [*steps, Step("all", len(paths), sum(seconds.values()))]


class _Clock:
    """Adds the processor time since the last note to that of a step."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.last = seconds, time.process_time()

    def note(self, step: str) -> None:
        now = time.process_time()
        self.seconds[step] += now - self.last
        self.last = now


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[Path(each) for each in _FOLDERS])
    parser.add_argument("--most", type=int, default=5_000, help="most files that are read")
    options = parser.parse_args(words)
    paths = find_libraries(options.folders, options.most)
    size = sum(path.stat().st_size for path in paths)
    print(f"{len(paths):,} libraries, {size / 1e6:,.0f} MB")
    steps = measure(paths)
    print("| step | files | processor time | files a second and core |\n| --- | --- | --- | --- |")
    for step in steps:
        print(step.row)


if __name__ == "__main__":
    main()
