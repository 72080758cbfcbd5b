"""`/complete`: what may be typed next in a query, from what is in the graph."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from cypher.run import Database
from service.api.request import database
from service.api.schemas.specs import DEPTYPES, described
from service.text import as_written
from spec_syntax import (
    COMPILER_LANGUAGES,
    CompletionContext,
    CompletionKind,
    completion_context,
)
from spec_syntax.parser import MAX_SPEC_LENGTH

blueprint = Blueprint("complete", __name__, description="Completion of queries.")

MOST_ITEMS = 20
MOST_NAMES, MOST_COUNTED = 300, 300
"""Packages that are sought for a prefix, and specs of each that are counted."""
MOST_VERSIONS = 200
LOOKED_AT = 1_000
"""Specs whose variants and targets are looked at."""
SECONDS = 2.0
"""Nobody waits longer for a proposal."""

_SIDES = ("built_with", "deployed_with", "spliced_from")
_OPENERS = ("not", "any of (", *_SIDES)
_CONNECTIVES = ("and", "or", "not", *_SIDES)
_KEYS = ("target=", "os=", "platform=")
_EDGE = ("virtuals=", "deptypes=", "when=")
_ALIASES = {"operating_system": "os"}
_BARE = re.compile(r"[A-Za-z0-9_\-+*.,:=%^~/\\]+\Z")
_LONG = re.compile(r"patches=|.{60}")

Item = dict[str, Any]


class CompleteArguments(ma.Schema):
    """A query and where in it the cursor is."""

    text = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_SPEC_LENGTH),
        **described("The query as far as it is written, in spec syntax."),
    )
    at = fields.Integer(
        load_default=None,
        validate=validate.Range(0),
        **described("Characters before the cursor; by default the cursor is at the end."),
    )


class CompletionItemSchema(ma.Schema):
    """One proposal."""

    text = fields.String(**described("What to put in the place of what was typed."))
    kind = fields.String(
        **described("package, virtual, compiler, version, variant, value, attribute, word, hash.")
    )
    count = fields.Integer(
        allow_none=True, **described("Specs that have it, of those that were looked at.")
    )
    note = fields.String(**described("Whose hash it is."))


class CompletionSchema(ma.Schema):
    """What may stand in the place of what is being typed."""

    start = fields.Integer(**described("Index of the first character that is replaced."))
    end = fields.Integer(**described("Index behind the last one."))
    items = fields.List(
        fields.Nested(CompletionItemSchema),
        **described(f"Most frequent first, versions newest first; at most {MOST_ITEMS}."),
    )


@blueprint.route("/complete")
@blueprint.arguments(CompleteArguments, location="query", unknown=RAISE)
@blueprint.response(200, CompletionSchema)
def complete(arguments: dict[str, Any]) -> dict[str, Any]:
    """Propose how to go on with a query: packages, versions, variants, targets, words.

    Proposals come from what is in the graph. Of a large one only some specs are looked at.
    """
    text = arguments["text"]
    at = len(text) if arguments["at"] is None else min(arguments["at"], len(text))
    typed = completion_context(text, at)
    if typed is None:
        return {"start": at, "end": at, "items": []}
    items: dict[str, Item] = {}
    for item in _OFFERS[typed.kind](database(), typed):
        items.setdefault(item["text"], item)
    return {"start": typed.start, "end": typed.end, "items": list(items.values())[:MOST_ITEMS]}


def _names(database: Database, typed: CompletionContext) -> Iterator[Item]:
    """Packages and virtuals."""
    if not typed.prefix:
        yield from _items("package", _any(database)["packages"])
        return
    found = _known_names(database, typed.prefix)
    items = [*_items("package", found["packages"]), *_items("virtual", found["virtuals"])]
    yield from sorted(items, key=lambda item: (-item["count"], len(item["text"]), item["text"]))


def _starts(database: Database, typed: CompletionContext) -> Iterator[Item]:
    """What a spec may start with, and the words before one."""
    words = [*_words(_OPENERS, typed), *_attributes(_KEYS, typed)] if typed.prefix else []
    yield from list(_names(database, typed))[: MOST_ITEMS - len(words)]
    yield from words


def _direct(database: Database, typed: CompletionContext) -> Iterator[Item]:
    """Compilers first, since `%` is mostly about them, then packages."""
    packages = database.read_one(
        "complete_compilers",
        seconds=SECONDS,
        languages=sorted(COMPILER_LANGUAGES),
        prefix=typed.prefix,
        looked_at=LOOKED_AT,
        limit=MOST_ITEMS,
    )
    yield from _items("compiler", packages)
    counts: dict[str, int] = {}
    for entry, count in _any(database, f"%{typed.prefix}")["entries"]:
        name = entry[1:].partition("@")[0]
        counts[name] = counts.get(name, 0) + count
    yield from _items("compiler", counts.items())
    yield from _names(database, typed) if typed.prefix else ()


def _versions(database: Database, typed: CompletionContext) -> Iterator[Item]:
    if typed.package is None:
        return
    found = database.read_one(
        "complete_versions",
        seconds=SECONDS,
        name=typed.package,
        prefix=typed.prefix,
        most=MOST_VERSIONS,
        counted=MOST_COUNTED,
        limit=MOST_ITEMS,
    )
    yield from _items("version", found)
    if typed.direct:
        behind = f"%{typed.package}@"
        entries = _any(database, f"{behind}{typed.prefix}")["entries"]
        yield from _items("version", ((e.removeprefix(behind), count) for e, count in entries))


def _switches(database: Database, typed: CompletionContext) -> Iterator[Item]:
    end = "=true" if typed.key.startswith("+") else "=false"
    entries = _entries(database, typed.package, typed.prefix, end)
    named = ((typed.key + entry.removesuffix(end), count) for entry, count in entries)
    yield from _items("variant", named)


def _values(database: Database, typed: CompletionContext) -> Iterator[Item]:
    if typed.key == "deptypes":
        yield from _words(DEPTYPES, typed, "value")
        return
    if typed.key == "virtuals":
        yield from _items("virtual", _known_names(database, typed.prefix)["virtuals"])
        return
    before = f"{_ALIASES.get(typed.key, typed.key)}="
    entries = _entries(database, typed.package, before + typed.prefix)
    values = ((entry.removeprefix(before), count) for entry, count in entries)
    yield from _items("value", ((v, count) for v, count in values if _BARE.match(v)))


def _further(database: Database, typed: CompletionContext) -> Iterator[Item]:
    """What may follow the name of a package: words, and what its specs are like."""
    yield from _words(_CONNECTIVES, typed)
    entries = _entries(database, typed.package, typed.prefix)
    written = (
        (as_written(entry), count)
        for entry, count in entries
        if _BARE.match(entry) and not _LONG.match(entry)
    )
    yield from _items("variant", written)
    yield from _attributes(_KEYS, typed)


def _hashes(database: Database, typed: CompletionContext) -> Iterator[Item]:
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


def _edge(_: Database, typed: CompletionContext) -> Iterator[Item]:
    yield from _attributes(_EDGE, typed)


_OFFERS: dict[CompletionKind, Callable[[Database, CompletionContext], Iterator[Item]]] = {
    CompletionKind.NAME: _starts,
    CompletionKind.DEPENDENCY: _names,
    CompletionKind.DIRECT: _direct,
    CompletionKind.VERSION: _versions,
    CompletionKind.SWITCH: _switches,
    CompletionKind.VALUE: _values,
    CompletionKind.ATTRIBUTE: _further,
    CompletionKind.EDGE: _edge,
    CompletionKind.HASH: _hashes,
}


def _known_names(database: Database, prefix: str) -> dict[str, Any]:
    """Packages and virtuals whose names start so."""
    start = prefix.lower()
    records = database.read(
        "complete_names",
        seconds=SECONDS,
        prefix=start,
        above=f"{start}\uffff",
        most=MOST_NAMES,
        counted=MOST_COUNTED,
        limit=MOST_ITEMS,
    )
    return dict(records[0])


def _any(database: Database, prefix: str = "", value: str = "") -> dict[str, Any]:
    """What specs of any package are like."""
    given = {"prefix": prefix, "value": value, "looked_at": LOOKED_AT, "limit": 2 * MOST_ITEMS}
    return dict(database.read("complete_any", seconds=SECONDS, **given)[0])


def _entries(
    database: Database, package: str | None, prefix: str, value: str = ""
) -> list[tuple[str, int]]:
    """What specs of a package are like, or of any."""
    if package is None:
        return list(_any(database, prefix, value)["entries"])
    given = {"prefix": prefix, "value": value, "looked_at": LOOKED_AT, "limit": 2 * MOST_ITEMS}
    return list(database.read_one("complete_entries", seconds=SECONDS, name=package, **given))


def _items(kind: str, found: Iterable[tuple[str, int]]) -> Iterator[Item]:
    return ({"text": text, "kind": kind, "count": count} for text, count in found)


def _words(words: Iterable[str], typed: CompletionContext, kind: str = "word") -> Iterator[Item]:
    fitting = (word for word in words if word.startswith(typed.prefix))
    return ({"text": word, "kind": kind, "count": None} for word in fitting)


def _attributes(keys: Iterable[str], typed: CompletionContext) -> Iterator[Item]:
    return _words(keys, typed, "attribute")
