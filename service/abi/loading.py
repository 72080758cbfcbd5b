"""Which files the loader maps for a program, in which order.

The rules are those of glibc 2.36, `elf/dl-load.c` and `elf/dl-deps.c`; musl differs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import basename, dirname, normpath

from loaders.elf.facts import EXECUTABLE, SHARED, ElfFacts
from service.abi.files import Absent, FileTree, Unreadable, split_path
from service.abi.findings import Finding, Kind, Trouble
from service.abi.system import System

_OS_ABIS = frozenset({0, 3})


@dataclass(eq=False, slots=True)
class LoadedFile:
    """A file that the loader has mapped.

    Attributes:
        path: Where it was found; links are not followed.
        real_path: The file itself.
        facts: Its facts.
        loader: The file that needed it first; None for the program.
        names: Names under which later needs find it.
    """

    path: str
    real_path: str
    facts: ElfFacts
    loader: "LoadedFile | None" = None
    names: set[str] = field(default_factory=set)

    @property
    def origin(self) -> str:
        """The value of `$ORIGIN` in its paths."""
        return dirname(self.path if self.loader else self.real_path)

    def answers_to(self, name: str) -> bool:
        """Return whether a need of this name is satisfied by this file."""
        return name in self.names or name in (self.path, self.facts.soname)


@dataclass(slots=True)
class Loading:
    """A program with all files that the loader maps for it.

    Attributes:
        files: The program and its libraries in the order in which symbols are looked up.
        assumed: Names of libraries of the system that are taken to be there.
        trouble: What was found.
    """

    files: list[LoadedFile]
    assumed: set[str] = field(default_factory=set)
    trouble: Trouble = field(default_factory=Trouble)

    def find(self, name: str) -> LoadedFile | None:
        """Return the loaded file that answers to a name, or None."""
        return next((each for each in self.files if each.answers_to(name)), None)


def load_program(path: str, tree: FileTree, system: System) -> Loading:
    """Load a program as the loader would, breadth first.

    Args:
        path: Path of the program in the tree.
        tree: All deployed files.
        system: The machine.

    Raises:
        KeyError: There is no program of this path about which facts are known.
    """
    real_path = tree.real_path(path)
    facts = tree.files[real_path] if real_path else None
    if real_path is None or not isinstance(facts, ElfFacts):
        raise KeyError(path)
    loading = Loading([LoadedFile(path, real_path, facts)])
    if facts.is_truncated:
        loading.trouble.findings.append(_damaged(path, path, "a segment ends beyond its end"))
    elif (facts.machine, facts.bits) != (system.machine, system.bits):
        loading.trouble.findings.append(Finding(Kind.WRONG_MACHINE, path, basename(path), path))
    elif facts.interpreter is None:
        if facts.rpath is not None or facts.runpath is not None:
            # An assertion of glibc fails where such a program relocates itself.
            reason = "a program without a loader must have no RPATH and no RUNPATH"
            loading.trouble.findings.append(_damaged(path, path, reason))
    else:
        _Loader(loading, tree, system).load_all()
    return loading


def _damaged(needed_by: str, file: str, reason: str) -> Finding:
    return Finding(Kind.DAMAGED_FILE, needed_by, reason, file)


class _Loader:
    """The loading of one program."""

    def __init__(self, loading: Loading, tree: FileTree, system: System) -> None:
        self.loading, self.tree, self.system = loading, tree, system

    def load_all(self) -> None:
        """Load the libraries that the program needs, then those that they need, and so on."""
        for file in self.loading.files:  # The list grows while it is walked.
            for name in file.facts.needed:
                self._load(name, file)

    def _load(self, name: str, loader: LoadedFile) -> None:
        if self.loading.find(name):
            return
        found = self._open(name, loader)
        if found is None:
            self._note_missing(name, loader)
            return
        path, real_path = found
        # A prefix of which nothing is known comes first: the library may be found there.
        self.loading.trouble.unknown += self._unread_folders(loader, before=path)
        same = next((each for each in self.loading.files if each.real_path == real_path), None)
        if same:
            same.names.add(name)
            return
        facts = self.tree.files[real_path]
        if isinstance(facts, Absent):
            self.loading.trouble.unknown.append(path)
        elif isinstance(facts, Unreadable):
            self._refuse(loader, path, facts.reason)
        elif reason := _reason_to_refuse(facts, loader.facts):
            self._refuse(loader, path, reason)
        else:
            self.loading.files.append(LoadedFile(path, real_path, facts, loader, {name}))

    def _refuse(self, loader: LoadedFile, path: str, reason: str) -> None:
        self.loading.trouble.findings.append(_damaged(loader.path, path, reason))

    def _note_missing(self, name: str, loader: LoadedFile) -> None:
        if name in self.system.assumed:
            self.loading.assumed.add(name)
        elif self._may_be_found(name, loader):
            self.loading.trouble.unknown.append(name)
        else:
            self.loading.trouble.findings.append(
                Finding(Kind.MISSING_LIBRARY, loader.path, name, name)
            )

    def _may_be_found(self, name: str, loader: LoadedFile) -> bool:
        """Return whether a library may be in a folder, or behind a link, that is not known."""
        if "/" in name:
            folders, name = [dirname(name)], basename(name)
        else:
            folders = list(self._folders(loader))
        return any(
            f"{folder}/{name}" in self.tree.links
            or not (folder in self.system.folders or self.tree.is_covered(folder))
            for folder in map(normpath, folders)
        )

    def _unread_folders(self, loader: LoadedFile, before: str) -> Iterator[str]:
        """Yield the prefixes without known files that are searched before a file is found."""
        if self.tree.covered is None:
            return
        for folder in map(normpath, self._folders(loader)):
            if before.startswith(f"{folder}/"):
                return
            if split_path(folder) and not self.tree.is_covered(folder):
                yield folder

    def _open(self, name: str, loader: LoadedFile) -> tuple[str, str] | None:
        """Return where a library is found, and its real path; None if it is not found."""
        if "/" in name:
            path = _expand(name, loader.origin)
            real_path = self.tree.real_path(path)
            return (path, real_path) if real_path else None
        for folder in self._folders(loader):
            for below in (*self.system.hardware, ""):
                path = normpath(f"{folder}/{below}/{name}")
                real_path = self.tree.real_path(path)
                if real_path and not self._is_for_another_machine(real_path, loader):
                    return path, real_path
        return None

    def _is_for_another_machine(self, real_path: str, loader: LoadedFile) -> bool:
        """Return whether the loader passes over a file and goes on searching."""
        facts = self.tree.files[real_path]
        wanted = loader.facts
        return isinstance(facts, ElfFacts) and (
            facts.bits != wanted.bits
            or (facts.machine != wanted.machine and facts.little_endian == wanted.little_endian)
        )

    def _folders(self, loader: LoadedFile) -> Iterator[str]:
        if loader.facts.runpath is None:
            program = self.loading.files[0]
            by = loader
            while by is not program and by.loader:
                yield from _split(by.facts.rpath, by.origin)
                by = by.loader
            yield from _split(program.facts.rpath, program.origin)
        yield from _split(loader.facts.runpath, loader.origin)
        if not loader.facts.no_default_folders:
            yield from self.system.folders


def _reason_to_refuse(facts: ElfFacts, wanted: ElfFacts) -> str | None:
    """Return why the loader ends the program when it opens such a file, or None."""
    if facts.little_endian != wanted.little_endian:
        return "it has another byte order"
    if facts.bits != wanted.bits or facts.machine != wanted.machine:
        return "it is for another machine"
    if facts.os_abi not in _OS_ABIS:
        return "its OS ABI is not valid"
    if facts.file_type not in (EXECUTABLE, SHARED):
        return "it is neither a program nor a shared library"
    if facts.is_truncated:
        return "a segment ends beyond its end"
    return None if facts.is_dynamic else "it has no dynamic segment"


def _split(paths: str | None, origin: str) -> Iterator[str]:
    """Yield the folders of an RPATH or RUNPATH; an empty one is the working folder: left out."""
    for folder in (paths or "").split(":"):
        if folder:
            yield _expand(folder, origin)


def _expand(text: str, origin: str) -> str:
    for token in ("${ORIGIN}", "$ORIGIN"):
        text = text.replace(token, origin)
    return text
