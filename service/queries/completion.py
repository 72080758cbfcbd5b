"""Propose how to continue a query, from the content of the graph."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from cypher.run import Database
from loaders.specs.node import DEPTYPES
from service.text import format_variant
from spec_syntax import COMPILER_LANGUAGES, CompletionContext, CompletionKind, completion_context

MOST_ITEMS = 20
"""Most proposals."""
SECONDS = 2.0
"""Time budget of each statement; a later proposal is of no use."""

_MOST_NAMES, _MOST_COUNTED = 300, 300
"""Packages that are sought for a prefix, and specs of each that are counted."""
_MOST_VERSIONS = 200
_LOOKED_AT = 1_000
"""Specs whose variants and targets are looked at."""

_SIDES = ("built_with", "deployed_with", "spliced_from")
_OPENERS = ("not", "any of (", *_SIDES)
_CONNECTIVES = ("and", "or", "not", *_SIDES)
_KEYS = ("target=", "os=", "platform=")
_EDGE_KEYS = ("virtuals=", "deptypes=", "when=")
_ALIASES = {"operating_system": "os"}
_BARE = re.compile(r"[A-Za-z0-9_\-+*.,:=%^~/\\]+\Z")
_LONG = re.compile(r"patches=|.{60}")


class Proposal(TypedDict):
    """Something that may be typed.

    Attributes:
        text: Text that replaces the typed one.
        kind: package, virtual, compiler, version, variant, value, attribute, word or hash.
        count: How many of the specs that were looked at have it; None if that was not counted.
        note: The spec that a hash names; absent otherwise.
    """

    text: str
    kind: str
    count: int | None
    note: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Completion:
    """Proposals for a place in a text.

    Attributes:
        start: Index of the first character that a proposal replaces.
        end: Index behind the last one.
        items: The proposals, the most frequent first, versions newest first.
    """

    start: int
    end: int
    items: Sequence[Proposal]


class _Counted(TypedDict):
    """An entry of the statements, and how many specs have it."""

    text: str
    count: int


class _AnyPackage(TypedDict):
    """Packages, and attributes of their specs."""

    packages: list[_Counted]
    entries: list[_Counted]


class _Names(TypedDict):
    """Names of packages and virtuals."""

    packages: list[_Counted]
    virtuals: list[_Counted]


def complete(database: Database, text: str, at: int | None = None) -> Completion:
    """Return proposals for how a query may go on.

    Args:
        database: The graph.
        text: The query as far as it is written.
        at: Characters before the cursor; None if it is at the end.
    """
    at = len(text) if at is None else min(at, len(text))
    typed = completion_context(text, at)
    if typed is None:
        return Completion(at, at, ())
    items: dict[str, Proposal] = {}
    for item in _PROPOSERS[typed.kind](database, typed):
        items.setdefault(item["text"], item)
    return Completion(typed.start, typed.end, list(items.values())[:MOST_ITEMS])


def find_similar_names(database: Database, prefix: str, most: int) -> list[str]:
    """Return names of packages and virtuals that start with a prefix.

    Args:
        database: The graph.
        prefix: The prefix.
        most: Most names of either kind.
    """
    found = _names_from(database, prefix, most=most, counted=1, limit=most)
    return [each["text"] for each in (*found["packages"], *found["virtuals"])]


def _propose_names(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    """Propose packages and virtuals."""
    if not typed.prefix:
        yield from _proposals("package", _any_package(database)["packages"])
        return
    found = _names_starting(database, typed.prefix)
    items = [
        *_proposals("package", found["packages"]),
        *_proposals("virtual", found["virtuals"]),
    ]
    yield from sorted(
        items, key=lambda each: (-(each["count"] or 0), len(each["text"]), each["text"])
    )


def _propose_starts(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    """Propose beginnings of a spec, and the words before one."""
    words = [*_words(_OPENERS, typed), *_attributes(_KEYS, typed)] if typed.prefix else []
    yield from list(_propose_names(database, typed))[: MOST_ITEMS - len(words)]
    yield from words


def _propose_direct(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    """Propose compilers first, which `%` is mostly used for, then packages."""
    packages = database.read_one(
        "complete_compilers",
        seconds=SECONDS,
        languages=sorted(COMPILER_LANGUAGES),
        prefix=typed.prefix,
        looked_at=_LOOKED_AT,
        limit=MOST_ITEMS,
    )
    yield from _proposals("compiler", packages)
    counts: dict[str, int] = {}
    for each in _any_package(database, f"%{typed.prefix}")["entries"]:
        name = each["text"][1:].partition("@")[0]
        counts[name] = counts.get(name, 0) + each["count"]
    yield from _proposals("compiler", ({"text": n, "count": c} for n, c in counts.items()))
    yield from _propose_names(database, typed) if typed.prefix else ()


def _propose_versions(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    if typed.package is None:
        return
    found = database.read_one(
        "complete_versions",
        seconds=SECONDS,
        name=typed.package,
        prefix=typed.prefix,
        most=_MOST_VERSIONS,
        counted=_MOST_COUNTED,
        limit=MOST_ITEMS,
    )
    yield from _proposals("version", found)
    if typed.direct:
        behind = f"%{typed.package}@"
        entries = _any_package(database, f"{behind}{typed.prefix}")["entries"]
        yield from _proposals("version", _without_prefix(entries, behind))


def _propose_switches(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    end = "=true" if typed.key.startswith("+") else "=false"
    entries = _entries(database, typed.package, typed.prefix, end)
    yield from _proposals(
        "variant",
        (
            {"text": typed.key + each["text"].removesuffix(end), "count": each["count"]}
            for each in entries
        ),
    )


def _propose_values(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    if typed.key == "deptypes":
        yield from _words(DEPTYPES, typed, "value")
        return
    if typed.key == "virtuals":
        yield from _proposals("virtual", _names_starting(database, typed.prefix)["virtuals"])
        return
    before = f"{_ALIASES.get(typed.key, typed.key)}="
    values = _without_prefix(_entries(database, typed.package, before + typed.prefix), before)
    yield from _proposals("value", (each for each in values if _BARE.match(each["text"])))


def _propose_further(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    """Propose continuations after the name of a package: words, and attributes of its specs."""
    yield from _words(_CONNECTIVES, typed)
    entries = _entries(database, typed.package, typed.prefix)
    yield from _proposals(
        "variant",
        (
            {"text": format_variant(each["text"]), "count": each["count"]}
            for each in entries
            if _BARE.match(each["text"]) and not _LONG.match(each["text"])
        ),
    )
    yield from _attributes(_KEYS, typed)


def _propose_hashes(database: Database, typed: CompletionContext) -> Iterator[Proposal]:
    if len(typed.prefix) < 2:
        return
    records = database.read("resolve_hash", seconds=SECONDS, prefix=typed.prefix)
    found = [
        record
        for record in map(dict, records)
        if record["hash"].startswith(typed.prefix) and typed.package in (None, record["name"])
    ]
    length = max(7, len(typed.prefix))
    while len({record["hash"][:length] for record in found}) < len(found):
        length += 1
    for record in found:
        note = f"{record['name']}@{record['version']}" if record["version"] else record["name"]
        yield {"text": record["hash"][:length], "kind": "hash", "count": None, "note": note}


def _propose_edge_keys(_: Database, typed: CompletionContext) -> Iterator[Proposal]:
    yield from _attributes(_EDGE_KEYS, typed)


_PROPOSERS: dict[CompletionKind, Callable[[Database, CompletionContext], Iterator[Proposal]]] = {
    CompletionKind.NAME: _propose_starts,
    CompletionKind.DEPENDENCY: _propose_names,
    CompletionKind.DIRECT: _propose_direct,
    CompletionKind.VERSION: _propose_versions,
    CompletionKind.SWITCH: _propose_switches,
    CompletionKind.VALUE: _propose_values,
    CompletionKind.ATTRIBUTE: _propose_further,
    CompletionKind.EDGE: _propose_edge_keys,
    CompletionKind.HASH: _propose_hashes,
}


def _names_starting(database: Database, prefix: str) -> _Names:
    """Return packages and virtuals whose names start with a prefix, in any case."""
    return _names_from(
        database, prefix.lower(), most=_MOST_NAMES, counted=_MOST_COUNTED, limit=MOST_ITEMS
    )


def _names_from(database: Database, prefix: str, *, most: int, counted: int, limit: int) -> _Names:
    record = database.read(
        "complete_names",
        seconds=SECONDS,
        prefix=prefix,
        above=f"{prefix}\uffff",
        most=most,
        counted=counted,
        limit=limit,
    )[0]
    return {"packages": record["packages"], "virtuals": record["virtuals"]}


def _any_package(database: Database, prefix: str = "", value: str = "") -> _AnyPackage:
    """Return packages, and attributes of specs of any of them."""
    record = database.read(
        "complete_any",
        seconds=SECONDS,
        prefix=prefix,
        value=value,
        looked_at=_LOOKED_AT,
        limit=2 * MOST_ITEMS,
    )[0]
    return {"packages": record["packages"], "entries": record["entries"]}


def _entries(
    database: Database, package: str | None, prefix: str, value: str = ""
) -> list[_Counted]:
    """Return attributes, as `name=value`, of the specs of a package, or of any."""
    if package is None:
        return _any_package(database, prefix, value)["entries"]
    found: list[_Counted] = database.read_one(
        "complete_entries",
        seconds=SECONDS,
        name=package,
        prefix=prefix,
        value=value,
        looked_at=_LOOKED_AT,
        limit=2 * MOST_ITEMS,
    )
    return found


def _without_prefix(entries: Iterable[_Counted], prefix: str) -> Iterator[_Counted]:
    return ({"text": each["text"].removeprefix(prefix), "count": each["count"]} for each in entries)


def _proposals(kind: str, found: Iterable[_Counted]) -> Iterator[Proposal]:
    return ({"text": each["text"], "kind": kind, "count": each["count"]} for each in found)


def _words(
    words: Iterable[str], typed: CompletionContext, kind: str = "word"
) -> Iterator[Proposal]:
    fitting = (word for word in words if word.startswith(typed.prefix))
    return ({"text": word, "kind": kind, "count": None} for word in fitting)


def _attributes(keys: Iterable[str], typed: CompletionContext) -> Iterator[Proposal]:
    return _words(keys, typed, "attribute")
