"""Compile small programs and libraries, arrange them in folders, and start them."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from loaders.elf.facts import ElfFacts
from loaders.elf.file import ElfError, is_elf
from loaders.elf.reader import read_elf
from service.abi.files import FileTree, Unreadable

GCC = shutil.which("gcc")


class Workshop:
    """Compiles into one folder; the same source with the same options is compiled once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[tuple[str, str, tuple[str, ...]], Path] = {}

    def compile(self, name: str, source: str, *options: str) -> Path:
        """Return the path of a compiled file of this name, in a folder of its own."""
        key = (name, source, options)
        if key not in self.made:
            place = self.folder / f"made-{len(self.made)}"
            place.mkdir()
            (place / "source.c").write_text(source)
            assert GCC is not None
            done = subprocess.run(
                [GCC, "-O1", "-o", str(place / name), "source.c", *options],
                cwd=place,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            self.made[key] = place / name
        return self.made[key]

    def library(self, name: str, source: str, *options: str, versions: str = "") -> Path:
        """Return the path of a shared library whose soname is its name."""
        words = ["-shared", "-fPIC", f"-Wl,-soname,{name}", *options]
        if versions:
            script = self.folder / f"versions-{abs(hash(versions))}.map"
            script.write_text(versions)
            words.append(f"-Wl,--version-script={script}")
        return self.compile(name, source, *words)


def start(program: Path) -> str | None:
    """Start a program with all symbols bound at once; return None, or why it did not start."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    done = subprocess.run(
        [str(program)],
        env={**environment, "LD_BIND_NOW": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else f"{done.returncode}: {done.stderr.strip()}"


def tree_of(folder: Path) -> FileTree:
    """Return all files and links below a folder."""
    links = {str(path): str(path.readlink()) for path in folder.rglob("*") if path.is_symlink()}
    files = {
        str(path): _read(path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    return FileTree(files, links)


@cache
def _read(content: bytes) -> ElfFacts | Unreadable:
    if not is_elf(content):
        return Unreadable("it is not an ELF file")
    try:
        return read_elf(content)
    except ElfError as error:
        return Unreadable(str(error))
