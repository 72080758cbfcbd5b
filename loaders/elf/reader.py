"""Read the facts of an ELF file from its headers and its dynamic segment.

The format is that of the System V ABI (https://www.sco.com/developers/gabi/latest/contents.html)
with the versions of symbols of the Linux Standard Base, part "Symbol Versioning". Section headers
are ignored, as the loader ignores them.
"""

from dataclasses import replace

from loaders.elf import dynamic as tags
from loaders.elf.dynamic import DynamicSegment
from loaders.elf.facts import ElfFacts
from loaders.elf.file import DYNAMIC, INTERPRETER, LOAD, NOTE, ElfFile
from loaders.elf.symbols import SymbolTable

_GNU_BUILD_ID = 3
MAX_BUILD_ID = 64
"""Longest build ID in bytes; linkers write 8 to 32."""


def read_elf(content: bytes) -> ElfFacts:
    """Return the facts of a file.

    Args:
        content: The whole file.

    Raises:
        ElfError: The file is not an ELF file, or is damaged where the loader would read it.
    """
    file = ElfFile(content)
    truncated = any(
        kind == LOAD and offset + size > len(content) for kind, offset, _, size in file.segments
    )
    segment = next((each for each in file.segments if each.kind == DYNAMIC), None)
    facts = ElfFacts(
        bits=file.bits,
        little_endian=file.little_endian,
        os_abi=file.os_abi,
        machine=file.machine,
        file_type=file.file_type,
        interpreter=_interpreter(file),
        build_id=_build_id(file),
        is_dynamic=segment is not None,
        is_truncated=truncated,
    )
    if segment is None or truncated:
        return facts
    return _with_dynamic(facts, DynamicSegment(file, segment))


def _with_dynamic(facts: ElfFacts, dynamic: DynamicSegment) -> ElfFacts:
    defined, definitions = dynamic.read_definitions()
    needed, needs = dynamic.read_needs()
    symbols = SymbolTable(dynamic, {**defined, **needed})
    flags = dynamic.entries.get(tags.FLAGS_1, 0)
    runpath = dynamic.string_of(tags.RUNPATH, "the RUNPATH")
    return replace(
        facts,
        soname=dynamic.soname,
        needed=dynamic.needed,
        rpath=dynamic.string_of(tags.RPATH, "the RPATH") if runpath is None else None,
        runpath=runpath,
        no_default_folders=bool(flags & tags.NODEFLIB),
        is_program=bool(flags & tags.PIE),
        needs=needs,
        definitions=definitions,
        has_version_table=tags.VERSYM in dynamic.entries,
        exports=tuple(symbols.exports()),
        references=tuple(symbols.references()),
    )


def _interpreter(file: ElfFile) -> str | None:
    for segment in file.segments:
        if segment.kind == INTERPRETER:
            return file.text(segment.offset, "the path of the loader")
    return None


def _build_id(file: ElfFile) -> str | None:
    """Return the build ID among the notes; notes of any other shape are passed over."""
    for segment in file.segments:
        start = segment.offset
        end = min(start + segment.size, len(file.content)) if segment.kind == NOTE else 0
        while start + 12 <= end:
            name_size, size, kind = (file.word(start + at, "a note") for at in (0, 4, 8))
            body = start + 12 + _aligned(name_size)
            is_gnu = file.content[start + 12 : start + 16] == b"GNU\0"
            if kind == _GNU_BUILD_ID and is_gnu and size <= MAX_BUILD_ID:
                return file.content[body : min(body + size, end)].hex()
            start = body + _aligned(size)
    return None


def _aligned(size: int) -> int:
    return (size + 3) & ~3
