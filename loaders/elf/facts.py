"""Facts about an ELF file that decide whether the dynamic loader starts it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, NamedTuple

from msgspec import Meta

MAX_SYMBOLS = 1_000_000
"""Most symbols of a file; the largest libraries in use have some 500,000."""
EXECUTABLE, SHARED = 2, 3
"""Types of files that the loader maps: ET_EXEC and ET_DYN."""


class Use(IntEnum):
    """How a relocation uses its symbol; this decides which definitions the loader accepts."""

    PLAIN = 0
    CALL = 1
    COPY = 2
    THREAD_LOCAL = 3


class Export(NamedTuple):
    """A definition of the dynamic symbol table that other objects may bind to.

    Attributes:
        name: Name of the symbol.
        version: Name of its version, or empty for the base version and without versions.
        version_index: Index of its version; 0 and 1 are unversioned, 2 is the first version.
        hidden: The version is not the default one, as in `name@VERSION`.
        thread_local: The symbol is a thread-local variable.
        is_stub: The symbol is undefined, and its value is the address of a stub in a program.
    """

    name: str
    version: str
    version_index: int
    hidden: bool
    thread_local: bool
    is_stub: bool


class Reference(NamedTuple):
    """A symbol that a relocation names.

    Attributes:
        name: Name of the symbol.
        version: Name of the wanted version, or empty.
        file: Name of the library that should define the version, or empty.
        hidden: Only a definition of just this version is accepted.
        weak: The loader continues without a definition.
        use: How the relocation uses the symbol.
    """

    name: str
    version: str
    file: str
    hidden: bool
    weak: bool
    use: Use


class VersionNeed(NamedTuple):
    """A version that a library must define.

    Attributes:
        file: Name of the library, one of the needed ones.
        name: Name of the version.
        weak: The loader only warns if the version is missing.
    """

    file: str
    name: str
    weak: bool


@dataclass(frozen=True, slots=True)
class ElfFacts:
    """Facts of one file, all from its headers and its dynamic segment.

    Section headers are not read: they may be stripped, and the loader ignores them too.

    Attributes:
        bits: 32 or 64.
        little_endian: The byte order.
        os_abi: EI_OSABI; 0 is System V and 3 is Linux.
        machine: e_machine, such as 62 for x86-64.
        file_type: e_type.
        interpreter: Path of the loader that a program asks for.
        is_dynamic: The file has a dynamic segment.
        soname: Name that programs linked to this library need.
        needed: Names of the needed libraries, in order.
        rpath: Folders searched for needed libraries, also for those of needed libraries; None if
            there is a `runpath`, as the loader ignores it then.
        runpath: Folders searched for the needed libraries of this file only.
        no_default_folders: The file asks the loader not to search system folders.
        is_program: The linker marked the file as a program that may be loaded at any address.
        needs: Versions that needed libraries must define.
        definitions: Versions that the file defines, without its base version; None if it defines
            no versions, so that the loader does not check those that others need of it.
        has_version_table: Its symbols have versions, their own or needed ones.
        exports: Definitions that others may bind to.
        references: Symbols that its relocations name, each once for each use.
        build_id: Build ID of the linker in hexadecimal.
        is_truncated: A loaded segment ends beyond the end of the file.
    """

    bits: int
    little_endian: bool
    os_abi: int
    machine: int
    file_type: int
    interpreter: str | None = None
    is_dynamic: bool = False
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: str | None = None
    runpath: str | None = None
    no_default_folders: bool = False
    is_program: bool = False
    needs: tuple[VersionNeed, ...] = ()
    definitions: tuple[str, ...] | None = None
    has_version_table: bool = False
    exports: Annotated[tuple[Export, ...], Meta(max_length=MAX_SYMBOLS)] = ()
    references: Annotated[tuple[Reference, ...], Meta(max_length=MAX_SYMBOLS * len(Use))] = ()
    build_id: str | None = None
    is_truncated: bool = False
