"""Foresee the effect of a deletion, without writing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from cypher.run import Database
from loaders.errors import Need
from loaders.specs.contents import hash_of
from loaders.store.removal.needs import label_spec, read_needs
from loaders.store.removal.specs import SpecGoneError
from loaders.store.removal.unused import MOST_NAMED, KeptSpec, RemovedSpec, Tally


class _SpecBelow(TypedDict):
    """A row of `specs_below`: a spec, its uses, and its dependencies.

    `needed` is the number of specs that depend on it or were spliced from it, and `events` are the
    labels of the events that it had.
    """

    uid: str
    hash: str
    name: str | None
    version: str | None
    root: bool
    documents: int
    files: int
    prefixes: int
    needed: int
    events: list[str]
    below: list[str]


class StoredAttempt(TypedDict):
    """A row of `attempts_to_preview`."""

    uid: str
    name: str
    version: str | None
    status: str
    phases: int
    site: str | None
    specs: list[str]


@dataclass
class Preview:
    """The effect of a deletion.

    Attributes:
        tally: The nodes that would go.
        kept: Specs below that stay, at most `MOST_NAMED`.
        needs: Uses that forbid the deletion.
    """

    tally: Tally = field(default_factory=Tally)
    kept: list[KeptSpec] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)


def preview_root(database: Database, uid: str) -> tuple[str, Preview]:
    """Return the name of a spec for people, and the effect of its deletion.

    Raises:
        SpecGoneError: There is no spec with this identity.
    """
    found: list[RemovedSpec] = database.read_one("records_of_specs", uids=[uid])
    if not found:
        raise SpecGoneError(uid)
    # A spec that something needs stays, and so does everything below it.
    needs = read_needs(database.read_one("needs_of_spec", uid=uid) or ())
    preview = Preview()
    if not needs:
        copies = database.read_one("left_copies", uid=uid) or ()
        preview = _preview_walk(database, [uid, *copies], unrooted={uid})
        above = {uid, *copies}
        # Copies that stay belong to other documents.
        preview.kept = [each for each in preview.kept if each["uid"] not in above]
    preview.needs = needs
    [spec] = found
    return label_spec(spec["name"], spec["version"], spec["hash"]), preview


def find_attempt(database: Database, uid: str) -> StoredAttempt | None:
    """Return an attempt with all that its deletion touches, or None if there is none."""
    found: list[StoredAttempt] = database.read_one("attempts_to_preview", uids=[uid]) or []
    return found[0] if found else None


def preview_attempt(database: Database, attempt: StoredAttempt) -> Preview:
    """Foresee the deletion of an attempt."""
    preview = _preview_walk(database, attempt["specs"], forgotten={"Build"})
    preview.tally.counts["Build"] += 1
    preview.tally.counts["Phase"] += attempt["phases"]
    return preview


def preview_environment(database: Database, specs: Sequence[str]) -> Preview:
    """Foresee the deletion of an environment that locks some specs."""
    preview = _preview_walk(database, specs, forgotten={"Lockfile"})
    preview.tally.counts["Lockfile"] += 1
    return preview


def _preview_walk(
    database: Database,
    uids: Sequence[str],
    *,
    unrooted: Collection[str] = (),
    forgotten: Collection[str] = (),
) -> Preview:
    """Return the specs that go below others, if these lose their relationships.

    Args:
        database: The graph.
        uids: Identities of the specs to start from.
        unrooted: Those of them that are no roots any more.
        forgotten: Label of the record that is deleted. If a spec has several records of the label,
            the others are overlooked here; the deletion itself keeps the spec then.
    """
    rows: list[_SpecBelow] = database.read_one("specs_below", uids=list(uids)) or []
    specs = {row["uid"]: row for row in rows}
    reasons = _find_reasons(specs, uids, unrooted, forgotten)
    unplain = [uid for uid in specs if uid != hash_of(uid)]
    if unplain:
        leaving = next(iter(unrooted), "")
        used = database.read_one("records_in_use", uids=unplain, leaving=leaving) or ()
        reasons |= dict.fromkeys(used, "a document has a record of it")
    preview = Preview()
    for uid in _foresee_walk(specs, uids, reasons):
        row = specs.pop(uid)
        preview.tally.add_specs([_named(row)])
        preview.tally.counts["Document"] += row["documents"]
        preview.tally.counts["Artifact"] += row["files"]
        preview.tally.counts["Prefix"] += row["prefixes"]
    for row in list(specs.values())[:MOST_NAMED]:
        reason = reasons.get(row["uid"]) or _count_others(row["needed"])
        preview.kept.append(KeptSpec(**_named(row), reason=reason))
    return preview


def _named(row: _SpecBelow) -> RemovedSpec:
    return RemovedSpec(uid=row["uid"], hash=row["hash"], name=row["name"], version=row["version"])


def _count_others(needed: int) -> str:
    return "another spec depends on it" if needed == 1 else f"{needed} other specs depend on it"


_EVENT_REASONS = {
    "Build": "it was built",
    "Installation": "it was installed",
    "Announcement": "a build of it was announced",
    "Mirror": "a build cache offers it",
    "Lockfile": "an environment locks it",
    "TestRun": "it was tested",
}


def _find_reasons(
    specs: Mapping[str, _SpecBelow],
    uids: Iterable[str],
    unrooted: Collection[str],
    forgotten: Collection[str],
) -> dict[str, str]:
    """Return why specs stay whatever happens to those above them."""
    reasons = {}
    first = set(uids)
    for uid, row in specs.items():
        events = [each for each in row["events"] if uid not in first or each not in forgotten]
        if row["root"] and uid not in unrooted:
            reasons[uid] = "it is a root itself"
        elif events:
            reasons[uid] = " and ".join(_EVENT_REASONS[each] for each in sorted(events))
    return reasons


def _foresee_walk(
    specs: Mapping[str, _SpecBelow], uids: Iterable[str], reasons: Collection[str]
) -> list[str]:
    """Return the specs that go, each after all that need it."""
    needed = {uid: row["needed"] for uid, row in specs.items()}
    waiting = [uid for uid in uids if uid in specs]
    gone: dict[str, None] = {}
    while waiting:
        uid = waiting.pop()
        if uid in gone or needed[uid] or uid in reasons:
            continue
        gone[uid] = None
        for below in specs[uid]["below"]:
            needed[below] -= 1
            waiting.append(below)
    return list(gone)


def label_attempt(attempt: StoredAttempt) -> str:
    """Return an attempt as messages name it."""
    label = label_spec(attempt["name"], attempt["version"], "").rstrip("/")
    return f"the {attempt['status']} build of {label}"
