"""Files that the dynamic loader uses, with the symbols that they define and need."""

from typing import ClassVar

from neomodel import (
    ArrayProperty,
    BooleanProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
    StructuredRel,
)

from graph_models.bytes_property import BytesProperty


class Installs(StructuredRel):
    """A program or library in a prefix."""

    __type__ = "INSTALLS"
    __text_indexes__: ClassVar = ("path",)

    path = StringProperty(help_text="Path relative to the prefix.")


class TypesCompared(StructuredRel):
    """The result of comparing the types of two libraries, from the one that was there before."""

    __type__ = "TYPES_COMPARED"

    outcome = StringProperty(help_text="same, changed, or no-debug-information.")
    names = ArrayProperty(
        StringProperty(), help_text="Functions and variables of which a type changed."
    )
    types = ArrayProperty(
        StringProperty(), help_text="The struct, class, union or enum that changed of each."
    )
    tool = StringProperty(help_text="Program that compared them, with its version.")
    compared_at = FloatProperty(help_text="Time of the upload, in seconds since 1970.")


class Prefix(StructuredNode):
    """The files of a spec as they were read at one place: in a store, a build cache or outside.

    If the same spec was read at several places, there are several, as their files may differ.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the spec's uid, the kind and name of the place, and the path.",
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    path = StringProperty(
        help_text="The prefix for which the files were made, as it is in RPATHs; in a build cache "
        "that of the machine that pushed them."
    )
    kind = StringProperty(help_text="store, cache or external.")
    mirror = StringProperty(help_text="Name of the build cache; absent elsewhere.")
    read_at = FloatProperty(help_text="Time of the newest read, in seconds since 1970.")
    complete = BooleanProperty(
        help_text="True if all files were looked at, so that others are known to be absent."
    )
    digest = StringProperty(help_text="SHA-256 of all that was found.")
    libraries = IntegerProperty(help_text="Number of programs and libraries.")
    entries = BytesProperty(
        help_text="JSON, compressed by zstd: `links` with their targets, files that the loader "
        "`refused` and those of which nothing is known (`unknown`) with the reasons, and the DAG "
        "hashes that `texts` name, each by path."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    installs = RelationshipTo("Library", "INSTALLS", model=Installs)
    at = RelationshipTo("graph_models.site.Site", "AT")


class Library(StructuredNode):
    """The content of an ELF file: a program, a shared library or a plug-in.

    Facts are those that the loader uses. Copies of a file with other RPATHs, such as rewired ones,
    are other libraries with the same build ID and the same symbols.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the file as it was read. "
        "The Spack extension condenses files to the parts that the loader reads before it sends "
        "them; `load --url` sends path, size and facts, of which it is the SHA-256.",
    )
    build_id = StringProperty(
        index=True, help_text="Build ID of the linker, hexadecimal; absent without one."
    )
    soname = StringProperty(help_text="SONAME; absent without one.")
    bits = IntegerProperty(help_text="32 or 64.")
    machine = IntegerProperty(help_text="e_machine, such as 62 for x86-64.")
    file_type = IntegerProperty(help_text="e_type: 2 for programs, 3 for shared objects.")
    interpreter = StringProperty(help_text="Loader that a program asks for.")
    rpath = StringProperty(help_text="RPATH, if there is no RUNPATH.")
    runpath = StringProperty(help_text="RUNPATH.")
    size = IntegerProperty(help_text="Size of the file as it was read, in bytes.")
    facts = BytesProperty(
        help_text="JSON, compressed by zstd: all facts but the symbols, with the names of "
        "`loaders/elf/facts.py`; those that are false, zero, empty or absent are left out."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    exports = RelationshipTo("SymbolSet", "EXPORTS")
    imports = RelationshipTo("SymbolSet", "IMPORTS")
    needs = RelationshipTo("Soname", "NEEDS")
    has = RelationshipTo("Soname", "HAS")
    types_compared = RelationshipTo("Library", "TYPES_COMPARED", model=TypesCompared)


class SymbolSet(StructuredNode):
    """The symbols that some libraries export, or that their relocations name."""

    __fulltext_indexes__: ClassVar = ("words",)

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the unpacked symbols."
    )
    count = IntegerProperty(help_text="Number of symbols.")
    size = IntegerProperty(help_text="Size of the unpacked symbols in bytes.")
    data = BytesProperty(
        help_text="JSON, compressed by zstd: `exports` or `references`, the distinct forms of the "
        "symbols, the index of the form of each symbol, and the sorted names."
    )
    words = StringProperty(
        help_text="Six letters and digits for each distinct name, made from its CRC-32, and for "
        "that of C++ functions and variables without mangling: the full-text index finds sets by "
        "them."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")


class Soname(StructuredNode):
    """The name of a shared library, such as libmpi.so.40."""

    name = StringProperty(unique_index=True, required=True, help_text="The name.")
