"""Other roots of a package that differ from one in a single thing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import BadRequest

from cypher.run import Database
from service.dags.dag import Dag, Tick, load_dags, no_tick
from service.dags.single_difference import Contrast, Deployed, Thing
from service.paging import cursors, offsets

MAX_CANDIDATES = 500
"""Most roots that are compared for one answer."""

_CHUNK = 50
"""How many of them are read at once."""

_WORDS = ("version", "target", "os", "compiler", "variants")
_KINDS = ("variant", "virtual", "package")
_OWN = ("version", "namespace", "platform", "os", "target", "compiler", "compiler_version")
_MAY_DIFFER = {
    "compiler": {"compiler", "compiler_version"},
    "variant": {"variants"},
    **{word: {word} for word in ("version", "target", "os", "variants")},
}
"""Which of the root's own properties may differ, where that is all that may."""


def thing_of(text: str, dag: Dag) -> Thing:
    """What `only` means for a DAG: a plain name is a virtual there, a package or a variant.

    A name that is none of these is taken for a package that other DAGs have.

    :raises BadRequest: no name at all, or the root's own.
    """
    kind, colon, name = text.strip().partition(":")
    if not colon and kind in _WORDS:
        return Thing(kind)
    if colon and kind in _KINDS and name:
        thing = Thing(kind, name)
    elif kind and not colon:
        thing = _named(kind, dag)
    else:
        words = ", ".join([*_WORDS, *(f"{kind}:NAME" for kind in _KINDS)])
        raise BadRequest(f"only: one of {words}, or the name of a virtual, package or variant")
    deployed = Deployed(dag)
    own = dag.nodes[dag.root].name
    if thing.kind == "package" and thing.name == own and not deployed.named(own):
        raise BadRequest(f"only: {own} is the root itself; ask for version, variants or target")
    return thing


def _named(name: str, dag: Dag) -> Thing:
    deployed = Deployed(dag)
    variants = dag.nodes[dag.root].properties["variants"]
    if deployed.providing({name}):
        return Thing("virtual", name)
    if deployed.named(name) or all(entry.partition("=")[0] != name for entry in variants):
        return Thing("package", name)
    return Thing("variant", name)


@dataclass(frozen=True)
class Block:
    """A run of candidates that are compared for one answer, and what of it was shown.

    :ivar before: how many variations the blocks before it hold.
    :ivar shown: how many of its own are on pages before.
    :ivar version_key: of the last root of the block before, as its `hash`.
    """

    before: int = 0
    shown: int = 0
    version_key: str = ""
    hash: str = ""

    @classmethod
    def of(cls, cursor: str | None, scope: str) -> "Block":
        """The place that a cursor stands for.

        :raises CursorError: not a cursor, or one of another query.
        """
        if not cursor:
            return cls()
        position = cursors.decode(cursor, scope)
        before, _, shown = position.name.partition(" ")
        numbers = offsets.number(before), offsets.number(shown)
        return cls(*numbers, position.version_key, position.hash)

    def cursor(self, scope: str) -> str:
        """The cursor that stands for this place."""
        place = {"version_key": self.version_key, "hash": self.hash}
        return cursors.encode({"name": f"{self.before} {self.shown}", **place}, scope)


@dataclass(frozen=True)
class Variations:
    """Some variations, where they go on, and how many there are at least."""

    items: list[dict[str, Any]]
    following: Block | None
    count: int
    exact: bool


def variations(
    database: Database,
    dag: Dag,
    thing: Thing | None,
    block: Block,
    limit: int,
    tick: Tick = no_tick,
) -> Variations:
    """The variations of a spec from a place on.

    :param thing: in what they differ; None for any one thing.
    :param tick: called before each comparison; may raise to end the work.
    """
    candidates = database.read_one(
        "variation_candidates",
        root=dag.root,
        package=dag.nodes[dag.root].name,
        own=_own(dag, thing),
        version_key=block.version_key,
        hash=block.hash,
        limit=MAX_CANDIDATES + 1,
    )
    compared = candidates[:MAX_CANDIDATES]
    more = len(candidates) > MAX_CANDIDATES
    found = list(_compared(database, dag, thing, compared, tick))
    end = block.shown + limit
    following = None
    if end < len(found):
        following = Block(block.before, end, block.version_key, block.hash)
    elif more:
        last = compared[-1]
        following = Block(block.before + len(found), 0, last["version_key"], last["hash"])
    return Variations(found[block.shown : end], following, block.before + len(found), not more)


def _own(dag: Dag, thing: Thing | None) -> dict[str, Any]:
    """What of the root's own properties a candidate must have; null where any will do."""
    properties = dag.nodes[dag.root].properties
    own: dict[str, Any] = {key: properties.get(key, "") for key in _OWN}
    own["variants"] = properties["variants"]
    if thing is None:
        return dict.fromkeys(own)
    differing = _MAY_DIFFER.get(thing.kind, set())
    return {key: None if key in differing else value for key, value in own.items()}


def _compared(
    database: Database,
    dag: Dag,
    thing: Thing | None,
    candidates: Sequence[dict[str, Any]],
    tick: Tick,
) -> Iterator[dict[str, Any]]:
    """Those of some candidates that differ in one thing, or in the thing that is asked for."""
    a = Deployed(dag)
    labels = {candidate["hash"]: candidate for candidate in candidates}
    hashes = list(labels)
    for start in range(0, len(hashes), _CHUNK):
        for other in load_dags(database, hashes[start : start + _CHUNK]):
            tick()
            contrast = Contrast(a, Deployed(other))
            found = contrast.thing() if thing is None else (thing, contrast.only(thing))
            if found is not None and found[1] is not None:
                told, (left, right) = found[0], found[1]
                yield {**labels[other.root], "only": str(told), "a": left, "b": right}
