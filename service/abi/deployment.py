"""The files of deployed specs as one tree, each prefix under the hash of its spec."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from posixpath import normpath

from loaders.elf.facts import EXECUTABLE, ElfFacts
from service.abi.files import Absent, FileTree, Unreadable, split_path
from service.abi.verdict import is_program

_PREFIX = re.compile(r"/(?:[^/:]*[^/:a-z0-9])?([a-z2-7]{32})(?=[/:]|$)")
"""The last folder of a prefix, by the hash at its end."""
START = "/start/"
"""Folder of the programs that stand for the start of a library."""


@dataclass(frozen=True)
class SpecFiles:
    """What is known of the files of one spec.

    Attributes:
        hash: Its DAG hash, the name of its folder in the tree.
        files: Facts of ELF files by path relative to the prefix.
        links: Targets of symbolic links by path.
        refused: Reasons by path for files that the loader refuses.
        unread: Files of which nothing else is known, with the reason.
        folders: Folders in which all libraries are known; None if all files of the prefix are.
    """

    hash: str
    files: Mapping[str, ElfFacts] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    folders: frozenset[str] | None = None


def join_files(specs: Iterable[SpecFiles]) -> FileTree:
    """Return the tree of the files of some specs; of two with one hash, the first counts."""
    files: dict[str, ElfFacts | Unreadable | Absent] = {}
    links: dict[str, str] = {}
    covered: dict[str, frozenset[str] | None] = {}
    for spec in specs:
        if spec.hash in covered:
            continue
        covered[spec.hash] = spec.folders
        prefix = f"/{spec.hash}/"
        files |= {prefix + path: facts for path, facts in spec.files.items()}
        files |= {prefix + path: Unreadable(reason) for path, reason in spec.refused.items()}
        files |= {prefix + path: Absent() for path in spec.unread}
        links |= {prefix + path: target for path, target in spec.links.items()}
    return FileTree(
        files,
        links,
        frozenset(hash_ for hash_, folders in covered.items() if folders is None),
        frozenset(
            normpath(f"/{hash_}/{folder}")
            for hash_, folders in covered.items()
            for folder in folders or ()
        ),
    )


def started_files(spec: SpecFiles, tree: FileTree) -> tuple[list[str], FileTree]:
    """Return what is started to judge a spec: its programs, else its libraries.

    Returns:
        The paths of the programs, and the tree with a program for each library if there are none.
    """
    prefix = f"/{spec.hash}/"
    programs = sorted(prefix + path for path, facts in spec.files.items() if is_program(facts))
    if programs:
        return programs, tree
    starts = {
        f"{START}{number}": _program_of(prefix + path, facts)
        for number, (path, facts) in enumerate(sorted(spec.files.items()))
    }
    return list(starts), replace(tree, files={**tree.files, **starts})


def _program_of(path: str, library: ElfFacts) -> ElfFacts:
    """Return a program that needs a library and nothing else."""
    return ElfFacts(
        bits=library.bits,
        little_endian=library.little_endian,
        os_abi=0,
        machine=library.machine,
        file_type=EXECUTABLE,
        interpreter="loader",
        is_dynamic=True,
        needed=(path,),
    )


def searched_hashes(files: Iterable[ElfFacts]) -> Iterator[str]:
    """Yield the hashes of the specs whose prefixes are in search paths of files."""
    for facts in files:
        for folder in f"{facts.rpath or ''}:{facts.runpath or ''}".split(":"):
            if found := split_path(folder):
                yield found[0]
        for name in facts.needed:
            if "/" in name and (found := split_path(name)):
                yield found[0]


def locate(spec: SpecFiles, own: str, externals: Mapping[str, str] | None = None) -> SpecFiles:
    """Return files with a slash and the hash of the spec in place of each prefix in their paths.

    In Spack's projections the last folder of a prefix ends with the hash. RPATHs and links name
    absolute paths of the machine for which the spec was built, which may be another one.

    Args:
        spec: The files as they were read.
        own: Prefix of the spec itself, of which the last folder need not end with its hash; empty
            if it is not known.
        externals: Hashes of other specs by their prefixes, which do not end with them.
    """

    def move(path: str) -> str:
        if own and (path == own or path.startswith(f"{own}/")):
            return f"/{spec.hash}{path[len(own) :]}"
        if found := list(_PREFIX.finditer(path)) if path.startswith("/") else []:
            return f"/{found[-1][1]}{path[found[-1].end() :]}"
        above = [each for each in externals or () if path == each or path.startswith(f"{each}/")]
        if above:
            longest = max(above, key=len)
            return f"/{(externals or {})[longest]}{path[len(longest) :]}"
        return path

    return _move_all(spec, move)


def rewire(spec: SpecFiles, hash_: str, prefixes: Mapping[str, str]) -> SpecFiles:
    """Return the files of a splice, made from those of its build spec as Spack relocates them.

    Args:
        spec: The files of the build spec; in their paths hashes stand for prefixes.
        hash_: Hash of the splice.
        prefixes: The hash that stands for the new prefix, by that which stands for the old one.
    """

    def move(path: str) -> str:
        found = split_path(path)
        new = prefixes.get(found[0]) if found else None
        return f"/{new}{path[len(new) + 1 :]}" if new else path

    return replace(_move_all(spec, move), hash=hash_)


def _move_all(spec: SpecFiles, move: Callable[[str], str]) -> SpecFiles:
    return replace(
        spec,
        files={path: _moved(facts, move) for path, facts in spec.files.items()},
        links={path: move(target) for path, target in spec.links.items()},
    )


def _moved(facts: ElfFacts, move: Callable[[str], str]) -> ElfFacts:
    def move_all(paths: str | None) -> str | None:
        return paths and ":".join(move(each) for each in paths.split(":"))

    return replace(
        facts,
        interpreter=facts.interpreter and move(facts.interpreter),
        rpath=move_all(facts.rpath),
        runpath=move_all(facts.runpath),
        needed=tuple(move(each) if "/" in each else each for each in facts.needed),
    )
