"""Whether the libraries of one build can stand in for those of another, for files that need them.

Symbols and versions are bound by the rules of `service/abi/binding.py`. What a file finds in the
libraries of the first build, it must find in those of the second one, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from posixpath import basename, dirname

from loaders.elf.facts import ElfFacts
from service.abi.binding import check_symbols, check_versions
from service.abi.deployment import SpecFiles, join_files
from service.abi.files import split_path
from service.abi.findings import Finding, Kind
from service.abi.loading import LoadedFile, Loading
from service.abi.system import System
from service.abi.verdict import is_program

_CLIENT = "/client"
_NOTHING_ELSE = System(assumed=frozenset(), unversioned=frozenset())


@dataclass(frozen=True)
class ProvidedLibrary:
    """A library of a build as others find it.

    Attributes:
        name: The name by which they need it.
        path: Path of the file itself, below the prefix.
        folder: Folder in which it is found under its name, below the prefix.
        facts: Its facts.
    """

    name: str
    path: str
    folder: str
    facts: ElfFacts


class Provider:
    """The libraries of one build.

    Attributes:
        libraries: Those that others can find by their SONAMEs or file names, by name.
    """

    def __init__(self, files: SpecFiles) -> None:
        """Find the libraries in some files.

        Args:
            files: All files of the build, with symbols.
        """
        self._hash, self._tree = files.hash, join_files([files])
        self._folders = sorted({dirname(path) for path in (*files.files, *files.links)})
        self.libraries: dict[str, ProvidedLibrary] = {}
        for path, facts in sorted(files.files.items()):
            name = facts.soname or basename(path)
            if not is_program(facts) and (facts.soname or facts.exports):
                found = self.find(name, dirname(path))
                if found and found.path == path:
                    self.libraries.setdefault(name, found)

    def find(self, name: str, folder: str) -> ProvidedLibrary | None:
        """Return the library that is found by a name in a folder, links followed, or None."""
        real_path = self._tree.real_path("/".join(filter(None, (f"/{self._hash}", folder, name))))
        facts = self._tree.files[real_path] if real_path else None
        place = split_path(real_path) if real_path else None
        if place is None or not isinstance(facts, ElfFacts):
            return None
        return ProvidedLibrary(name, place[1], folder, facts)

    def find_elsewhere(self, name: str) -> ProvidedLibrary | None:
        """Return the first library that is found by a name in any folder, or None."""
        found = (self.find(name, folder) for folder in self._folders)
        return next((each for each in found if each), None)

    @cached_property
    def symbols(self) -> frozenset[str]:
        """The names of all symbols that the libraries export."""
        return frozenset(
            symbol.name for each in self.libraries.values() for symbol in each.facts.exports
        )

    @property
    def machines(self) -> set[tuple[int, int, bool]]:
        """The machines for which the libraries are made."""
        return {machine_of(each.facts) for each in self.libraries.values()}


@dataclass(frozen=True)
class ClientCheck:
    """What one file uses of the libraries of a build, and finds in those of another one.

    Attributes:
        used: The symbols of the first build that it uses, sorted.
        lost: What it does not find in the second one, sorted.
        elsewhere: Libraries that the second one has in another folder.
    """

    used: Sequence[str]
    lost: Sequence[Finding]
    elsewhere: Sequence[str]


def machine_of(facts: ElfFacts) -> tuple[int, int, bool]:
    """Return the machine for which a file is made: its number, bits, and byte order."""
    return facts.machine, facts.bits, facts.little_endian


def reduce_client(client: ElfFacts, build: Provider) -> ElfFacts | None:
    """Return what a file wants of the libraries of a build; None if it needs none of them.

    Files that want the same have equal results, and need to be checked only once.

    Args:
        client: The facts of the file, with symbols.
        build: The build.
    """
    needed = tuple(name for name in client.needed if name in build.libraries)
    if not needed or machine_of(client) not in build.machines:
        return None
    return ElfFacts(
        bits=client.bits,
        little_endian=client.little_endian,
        os_abi=client.os_abi,
        machine=client.machine,
        file_type=client.file_type,
        is_dynamic=True,
        needed=needed,
        needs=tuple(sorted(each for each in client.needs if each.file in build.libraries)),
        references=tuple(sorted(each for each in client.references if each.name in build.symbols)),
    )


def check_client(client: ElfFacts, old: Provider, new: Provider) -> ClientCheck:
    """Check a file that needs libraries of one build with those of another one.

    Args:
        client: What the file wants of the first build, see `reduce_client`.
        old: The build whose libraries it needs.
        new: The build that is put in its place.
    """
    chosen: dict[str, ProvidedLibrary] = {}
    elsewhere = []
    for name in client.needed:
        found = new.find(name, old.libraries[name].folder)
        if found is None and (found := new.find_elsewhere(name)):
            elsewhere.append(name)
        if found:
            chosen[name] = found
    before = _unbound(client, _mapped({name: old.libraries[name] for name in client.needed}, old))
    after = _unbound(client, _mapped(chosen, new))
    unbound = {each.what.partition("@")[0] for each in before}
    used = sorted({each.name for each in client.references} - unbound)
    missing = {
        Finding(Kind.MISSING_LIBRARY, _CLIENT, name) for name in client.needed if name not in chosen
    }
    return ClientCheck(used, sorted(missing or after - before), elsewhere)


def _mapped(needed: Mapping[str, ProvidedLibrary], build: Provider) -> Iterator[ProvidedLibrary]:
    """Yield the needed libraries of a build, and those of the same build that they need."""
    waiting, seen = list(needed.values()), set(needed)
    for each in waiting:  # The list grows while it is walked.
        yield each
        for name in each.facts.needed:
            if name not in seen and name in build.libraries:
                seen.add(name)
                waiting.append(build.libraries[name])


def _unbound(client: ElfFacts, libraries: Iterator[ProvidedLibrary]) -> set[Finding]:
    """Return the symbols and versions that a file does not find in some libraries."""
    program = LoadedFile(_CLIENT, _CLIENT, client)
    files = [
        LoadedFile(each.path, each.path, replace(each.facts, references=(), needs=()))
        for each in libraries
    ]
    for file in files:
        file.loader = program
    loading = Loading([program, *files])
    check_versions(loading)
    check_symbols(loading, _NOTHING_ELSE)
    return {replace(each, file="") for each in loading.trouble.findings}
