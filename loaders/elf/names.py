"""Names of symbols as people write them: C++ and Fortran names without their mangling.

The rules are those of the Itanium C++ ABI, 5.1, for functions and variables that are no templates,
and those of gfortran, whose procedures end with an underscore or have their module in front.
"""

import re
from collections.abc import Iterator

_LENGTH = re.compile(r"[1-9][0-9]{0,3}")
_FORTRAN = re.compile(r"__([a-z][a-z0-9_]*?)_MOD_([a-z][a-z0-9_]*)")
_CPP = "_Z"
_MODULE_PROCEDURE = re.compile(r"([A-Za-z]\w*)::([A-Za-z]\w*)")
_IDENTIFIER = re.compile(r"[A-Za-z]\w*")
_NESTED = re.compile(r"_ZN[rVKRO]*")
_STRUCTOR = re.compile(r"[CD][0-9]")


def qualified_name(name: str) -> str | None:
    """Return the name of a C++ function or variable with its scopes, without its parameters.

    Returns:
        None if the name is not mangled, or has a part that is more than an identifier, such as the
        arguments of a template.
    """
    if not name.startswith(_CPP):
        return None
    if (nested := _NESTED.match(name)) is None:
        parts, place = _identifiers(name, len(_CPP), 1)
        # The arguments of a template or an ABI tag may follow.
        is_whole = name[place : place + 1] not in ("I", "B")
    else:
        parts, place = _identifiers(name, nested.end(), len(name))
        if parts and (structor := _STRUCTOR.match(name, place)) is not None:
            parts.append(f"{'~' if structor.group().startswith('D') else ''}{parts[-1]}")
            place = structor.end()
        is_whole = name.startswith("E", place)
    return "::".join(parts) if is_whole and parts and parts != ["std"] else None


def _identifiers(name: str, place: int, most: int) -> tuple[list[str], int]:
    """Return the identifiers from a place on, each after its length, and the place after them."""
    parts: list[str] = []
    if name.startswith("St", place):
        parts.append("std")
        place, most = place + 2, most + 1
    while len(parts) < most and (length := _LENGTH.match(name, place)) is not None:
        place = length.end() + int(length.group())
        if place > len(name):
            return [], place
        parts.append(name[length.end() : place])
    return parts, place


def fortran_name(name: str) -> str | None:
    """Return the name of a procedure or variable of a Fortran module, None for other names."""
    found = _FORTRAN.fullmatch(name)
    return "::".join(found.groups()) if found else None


def spellings_of(asked: str) -> list[str]:
    """Return the symbols that a name may have, without those of C++: as it is, and in Fortran."""
    found = [asked]
    if (procedure := _MODULE_PROCEDURE.fullmatch(asked)) is not None:
        module, name = (part.lower() for part in procedure.groups())
        found.append(f"__{module}_MOD_{name}")
    elif _IDENTIFIER.fullmatch(asked) and not asked.endswith("_"):
        found.append(f"{asked.lower()}_")
    return found


def mangled_starts(qualified: str) -> list[str]:
    """Return how the symbols of a C++ function or variable start, see `qualified_name`."""
    return list(_mangled_starts(qualified.split("::")))


def _mangled_starts(parts: list[str]) -> Iterator[str]:
    first = ""
    if parts[0] == "std" and len(parts) > 1:
        first, parts = "St", parts[1:]
    if not all(parts):
        return
    # A constructor or a destructor has the name of its class.
    own = parts[-1].lstrip("~")
    if len(parts) > 1 and own == parts[-2]:
        scope = first + "".join(f"{len(part)}{part}" for part in parts[:-1])
        yield f"{_CPP}N{scope}{'D' if parts[-1].startswith('~') else 'C'}"
    encoded = first + "".join(f"{len(part)}{part}" for part in parts)
    if len(parts) == 1:
        yield f"{_CPP}{encoded}"
    if len(parts) > 1 or first:
        yield from (f"{_CPP}N{qualifier}{encoded}" for qualifier in ("", "K", "V", "VK"))
