"""Add to the rows of a list of specs the facts that tell them apart."""

from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypedDict

from cypher.run import Database
from service.facts import Dependency, Facts, SpecFacts, attributes_of, choose_facts, rows_alike
from service.text import format_time

FactChoice = Literal["auto", "all", "none"]
"""`auto`: those that tell the rows at hand apart; `all`: all, for programs; `none`."""


class _Provider(TypedDict):
    virtuals: list[str]
    name: str
    version: str | None


class _Row(TypedDict):
    """A spec as the statement returns it."""

    uid: str
    name: str | None
    version: str | None
    namespace: str | None
    platform: str | None
    os: str | None
    target: str | None
    variants: list[str] | None
    package_hash: str | None
    load: str | None
    compiler: str | None
    compilers: list[str]
    build_spec: str | None
    providers: list[_Provider]
    sites: list[str]
    installed_at: float | None


def read_facts(
    database: Database, uids: Sequence[str], *, places: bool = True
) -> dict[str, SpecFacts]:
    """Return the facts of those of some specs that are stored, by identity.

    Direct dependencies are read only of specs that read the same without them.

    Args:
        database: The graph.
        uids: Identities of the specs.
        places: Whether their sites and dates are among the facts.
    """
    if not uids:
        return {}
    rows: list[_Row] = database.read_one("row_facts", uids=list(dict.fromkeys(uids)))
    found = {row["uid"]: _facts_of(row) for row in rows}
    if not places:
        found = {uid: replace(spec, sites=(), date="") for uid, spec in found.items()}
    alike = sorted(rows_alike(found))
    if alike:
        for each in database.read_one("row_dependencies", uids=alike):
            own = [Dependency(**dependency) for dependency in each["dependencies"]]
            found[each["uid"]] = replace(found[each["uid"]], dependencies=own)
    return found


def mark_facts(
    database: Database,
    items: Sequence[MutableMapping[str, Any]],
    key: str = "uid",
    choice: FactChoice = "auto",
) -> None:
    """Add `facts` to the rows of a list: those that tell them apart.

    Args:
        database: The graph.
        items: The rows.
        key: The entry of a row that is the identity of its spec. Unless it is `uid`, the row is
            of something else, whose own site and date count.
        choice: Which facts.
    """
    if choice == "none":
        return
    uids = [item[key] for item in items if item.get(key)]
    known = read_facts(database, uids, places=key == "uid")
    if choice == "all":
        chosen: dict[str, Facts] = {uid: attributes_of(spec) for uid, spec in known.items()}
    else:
        chosen = choose_facts(known)
    for item in items:
        item["facts"] = chosen.get(item[key], {})


def _facts_of(row: _Row) -> SpecFacts:
    virtuals: dict[str, list[str]] = {}
    for provider in row["providers"]:
        label = f"{provider['name']}@{provider['version']}"
        for virtual in provider["virtuals"]:
            virtuals.setdefault(virtual, []).append(label)
    return SpecFacts(
        name=row["name"],
        version=row["version"],
        compilers=[*([row["compiler"]] if row["compiler"] else []), *row["compilers"]],
        virtuals=virtuals,
        target=row["target"],
        os=row["os"],
        platform=row["platform"],
        namespace=row["namespace"],
        variants=row["variants"] or (),
        build_spec=row["build_spec"],
        package_hash=row["package_hash"],
        sites=row["sites"],
        date=_day(row),
    )


def _day(row: _Row) -> str:
    """Return the day of the newest installation, or that of the upload."""
    if row["installed_at"]:
        return format_time(row["installed_at"])[:10]
    load = row["load"] or ""
    return f"{load[:4]}-{load[4:6]}-{load[6:8]}" if load[:8].isdigit() else load[:10]
