"""What keeps a program from starting, and what cannot be known."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong."""

    MISSING_LIBRARY = "missing-library"
    MISSING_VERSION = "missing-version"
    UNDEFINED_SYMBOL = "undefined-symbol"
    WRONG_MACHINE = "wrong-machine"
    COPY_RELOCATION = "copy-relocation"
    DAMAGED_FILE = "damaged-file"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A reason for which the loader ends a program.

    Attributes:
        kind: What is wrong.
        needed_by: Path of the file that needs it.
        what: The library, version or symbol.
        file: Path or name of the library concerned, or empty.
    """

    kind: Kind
    needed_by: str
    what: str
    file: str = ""


@dataclass(slots=True)
class Trouble:
    """What was found while a program was loaded.

    Attributes:
        findings: Reasons for which it does not start.
        unknown: Paths and names of files about which too little is known.
    """

    findings: list[Finding] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
