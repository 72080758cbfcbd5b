"""Take a secret or a name out of everything stored, and say where it was.

Identities stay: hashes, digests and fingerprints name what was received, so that the same document
sent again is recognized and does not bring the secret back.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypedDict

import zstandard
from neo4j import ManagedTransaction, Record

from cypher.run import Database, run_one
from loaders.logs.redaction import MARK
from loaders.store.removal.packed_facts import PACKED_FACTS, redact_packed

SCAN_SECONDS = 3_600.0
"""Time budget of one scan of the graph."""
MOST_PLACES = 1_000
"""Limit of the places that a report names."""
SHORTEST = 4
"""Length of the shortest text that may be taken out, in characters."""
_MOST_BYTES = 1 << 30
_ROWS_PER_TRANSACTION = 200
_MOST_ROUNDS = 3

_MARKED = frozenset({"Spec", "Claim", "Document", "Blob", "Diagnostic", "Variable"})
"""Labels whose nodes note that they were redacted."""
_PROVEN = frozenset({"Spec", "Claim"})
"""Labels whose nodes say whether their text proves their hash, which it does no longer."""
_PACKED = {"Blob": "data", "PhaseReport": "content"}
"""Properties that are texts compressed by zstd."""
_IDENTITIES = frozenset(
    {
        *("uid", "hash", "digest", "fingerprint", "standing", "sort_key", "evidence", "records"),
        *("received", "told", "load", "prefix_hash", "checksum", "sha256", "package_hash"),
        *("runtime_hash", "build_hash", "full_hash", "pure_hash", "build_suffix"),
        *("deprecated_for", "key", "places"),
        *("name", "version", "version_key", "compiler", "compiler_version", "namespace"),
        *("compiler_version_key", "platform", "site", "status", "kind", "path", "package"),
        *("phase", "failed_phase", "stamp", "environment", "unexplained", "layout"),
        "soname",
    }
)
"""Properties that identify a node or refer to one, or that the service itself chose."""


_WORDS = ("SymbolSet", "words")
"""Made from the names of symbols, which have the text."""


class Place(TypedDict):
    """A property in which the pattern was found.

    Attributes:
        label: Label of the node, or type of the relationship.
        name: Identity of the node, or None for a relationship.
        property: Name of the property.
        count: How often it occurs there.
        lines: The first ten lines of a text that have it, from 1.
        owners: For a text the records that it belongs to.
    """

    label: str
    name: str | None
    property: str
    count: int
    lines: list[int]
    owners: list[str]


@dataclass
class Redaction:
    """The matches, and those that were taken out.

    Attributes:
        counts: Number of nodes and relationships by label or type from which it was taken out.
        places: Where that was, at most `MOST_PLACES`.
        kept: Where it was found in an identity, which cannot change: delete that record instead.
    """

    counts: Counter[str] = field(default_factory=Counter)
    places: list[Place] = field(default_factory=list)
    kept: list[Place] = field(default_factory=list)


class _Change(TypedDict):
    """A row of `rewrite_nodes` and `rewrite_relationships`."""

    id: str
    before: dict[str, Any]
    after: dict[str, Any]


def compile_pattern(
    text: str, *, regex: bool = False, ignore_case: bool = False
) -> re.Pattern[str]:
    """Return the pattern of the text to take out.

    Args:
        text: The text itself, or a regular expression of Python.
        regex: Whether it is a regular expression.
        ignore_case: Whether upper and lower case are the same.

    Raises:
        ValueError: It is too short, not a regular expression, or matches nothing or the mark.
    """
    flags = re.IGNORECASE if ignore_case else re.NOFLAG
    if not regex:
        if len(text) < SHORTEST:
            raise ValueError(f"a text of less than {SHORTEST} characters occurs everywhere")
        # In JSON a text may be escaped.
        forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        text = "|".join(re.escape(each) for each in sorted(forms, key=len, reverse=True))
    try:
        pattern = re.compile(text, flags)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if pattern.search(""):
        raise ValueError("the regular expression matches an empty text")
    if pattern.search(MARK):
        raise ValueError(f"it matches {MARK}, which takes the place of what is taken out")
    return pattern


def redact_stored(
    database: Database, pattern: re.Pattern[str], *, dry_run: bool = False
) -> Redaction:
    """Replace the matches of a pattern in everything stored, and report their places.

    It may be interrupted and run again. Nodes that an upload changes meanwhile are looked at again.

    Args:
        database: The database to write to.
        pattern: See `compile_pattern`.
        dry_run: Only report.
    """
    redaction = Redaction()
    for statement, rewrite in (
        ("stored_nodes", "rewrite_nodes"),
        ("stored_relationships", "rewrite_relationships"),
    ):
        for round_ in range(_MOST_ROUNDS):
            scan = _Scan(pattern, redaction, first=round_ == 0)
            missed = 0
            for changes in _in_chunks(scan.changes(_stream(database, statement))):
                if not dry_run:
                    written = database.write(partial(_rewrite, statement=rewrite, rows=changes))
                    missed += len(changes) - written
            if not missed:
                break
    _name_owners(database, redaction.places)
    return redaction


def _stream(database: Database, statement: str) -> Iterator[Record]:
    return database.stream(statement, seconds=SCAN_SECONDS)


def _rewrite(tx: ManagedTransaction, statement: str, rows: list[_Change]) -> int:
    return len(run_one(tx, statement, rows=rows) or ())


def _in_chunks(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    chunk: list[_Change] = []
    for each in changes:
        chunk.append(each)
        if len(chunk) >= _ROWS_PER_TRANSACTION:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


class _Scan:
    """One scan of nodes or relationships.

    Args:
        pattern: The text to look for.
        redaction: Takes the matches.
        first: Whether this is the first scan, so that identities are reported.
    """

    def __init__(self, pattern: re.Pattern[str], redaction: Redaction, *, first: bool) -> None:
        self._pattern = pattern
        self._redaction = redaction
        self._first = first

    def changes(self, records: Iterable[Record]) -> Iterator[_Change]:
        """Yield the changes that some nodes or relationships need."""
        for record in records:
            label, properties = record["label"], record["properties"]
            after = self._changed(label, properties)
            if after:
                self._redaction.counts[label] += 1
                before = {
                    key: properties[key] for key in after if not isinstance(properties[key], bytes)
                }
                if label in _MARKED:
                    after["redacted"] = True
                if label in _PROVEN:
                    after["verified"] = False
                yield {"id": record["id"], "before": before, "after": after}

    def _changed(self, label: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        after: dict[str, Any] = {}
        for key, value in properties.items():
            if PACKED_FACTS.get(label) == key:
                after |= self._changed_facts(label, properties, key)
            if PACKED_FACTS.get(label) == key or (label, key) == _WORDS:
                continue
            packed = _PACKED.get(label) == key
            text = _as_text(value, packed=packed)
            if text is None or not self._pattern.search(text):
                continue
            place = self._place(label, properties, key, text)
            if key in _IDENTITIES:
                if self._first:
                    _add_place(self._redaction.kept, place)
                continue
            _add_place(self._redaction.places, place)
            after[key] = self._replaced(value, packed=packed)
            if packed and label == "Blob":
                after["size"] = len(_unpack(after[key]).encode())
        return after

    def _changed_facts(
        self, label: str, properties: Mapping[str, Any], key: str
    ) -> Mapping[str, Any]:
        """Return the changed properties of a node with packed facts of files."""
        found = redact_packed(label, properties[key], self._pattern, MARK)
        for places, strings in (
            (self._redaction.places, found.taken),
            (self._redaction.kept if self._first else [], found.kept),
        ):
            if strings:
                _add_place(places, self._place(label, properties, key, "\0".join(strings)))
        return found.properties

    def _place(self, label: str, properties: Mapping[str, Any], key: str, text: str) -> Place:
        found = list(self._pattern.finditer(text))
        lines = sorted({text.count("\n", 0, each.start()) + 1 for each in found[:10]})
        names = (properties.get(name) for name in ("uid", "digest", "fingerprint", "name"))
        return Place(
            label=label,
            name=next((each for each in names if each is not None), None),
            property=key,
            count=len(found),
            lines=lines if "\n" in text else [],
            owners=[],
        )

    def _replaced(self, value: Any, *, packed: bool) -> Any:
        if packed:
            return zstandard.ZstdCompressor(level=6).compress(self._redact(_unpack(value)).encode())
        if isinstance(value, list):
            return [self._redact(each) if isinstance(each, str) else each for each in value]
        return self._redact(value)

    def _redact(self, text: str) -> str:
        """Return a text without the matches of the pattern; JSON stays JSON."""
        replaced = self._pattern.sub(MARK, text)
        if text[:1] not in ("{", "[") or _is_json(replaced) or not _is_json(text):
            return replaced
        plain = partial(self._pattern.sub, MARK)
        return json.dumps(_map_strings(json.loads(text), plain), separators=(",", ":"))


def _add_place(places: list[Place], place: Place) -> None:
    if len(places) < MOST_PLACES:
        places.append(place)


def _as_text(value: Any, *, packed: bool) -> str | None:
    if packed:
        return _unpack(value)
    if isinstance(value, list):
        return "\n".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else None


def _unpack(value: bytes) -> str:
    unpacked = zstandard.ZstdDecompressor().decompress(bytes(value), max_output_size=_MOST_BYTES)
    return unpacked.decode("utf-8", "replace")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _map_strings(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON with all its strings changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_strings(each, change) for each in value]
    if isinstance(value, dict):
        return {change(key): _map_strings(each, change) for key, each in value.items()}
    return value


def _name_owners(database: Database, places: list[Place]) -> None:
    """Add to the places in texts whose texts these are."""
    texts = {each["name"]: each for each in places if each["label"] == "Blob" and each["name"]}
    if texts:
        for found in database.read_one("owners_of_texts", digests=sorted(map(str, texts))):
            texts[found["digest"]]["owners"] = found["owners"]
