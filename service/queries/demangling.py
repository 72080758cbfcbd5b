"""Symbols as people read them: C++, Rust and Fortran names without their mangling."""

import demangle

from loaders.elf.names import fortran_name

_LANGUAGES = ("itanium", "rust")
_LIMITS = demangle.Limits(max_depth=128, max_output=8_192, max_input=4_096)


def demangle_symbol(name: str) -> str | None:
    """Return the name that a symbol has in its language, None if it is not mangled.

    Mangled names come from files that may hold anything: depth and length of the result are
    limited, as a short name can stand for one that no memory holds.
    """
    if not name.startswith("_"):
        return None
    if (found := fortran_name(name)) is not None:
        return found
    shown = demangle.demangle(name, language=_LANGUAGES, limits=_LIMITS)
    return shown if shown != name else None
