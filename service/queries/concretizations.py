"""Specs that clients could not concretize."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cypher.run import Database
from service.queries.listing import Dated, Listing
from service.queries.node_filter import HIGHEST
from service.queries.times import sort_key_range
from spec_syntax.draft import FLAG_NAMES

ADVICE = "name a package or a site"
"""How to narrow a question that takes too long."""


class FailedConcretization(Dated):
    """A spec that clients could not concretize.

    `spec` is in spec syntax; `document` is the abstract spec as the client sent it, or None if it
    was too large to be kept whole. Times are in seconds since 1970; `times` is the number of
    reports.
    """

    uid: str
    name: str
    spec: str
    document: object
    spack_version: str | None
    site: str
    first_seen: float
    last_seen: float
    times: int


@dataclass(frozen=True, slots=True)
class ConcretizationFilter:
    """Which failed concretizations.

    Attributes:
        package: Only of this package.
        site: Only at this site.
        since: Only reported last at this time or later, in seconds since 1970.
        until: Only reported last before this time.
    """

    package: str | None = None
    site: str | None = None
    since: float | None = None
    until: float | None = None


def find_failed_concretizations(
    database: Database, asked: ConcretizationFilter, before: str, limit: int
) -> Listing[FailedConcretization]:
    """Return a part of the failed concretizations, those reported last first.

    Args:
        database: The graph.
        asked: Which of them.
        before: Sort key of the last one of the part before, empty at the start.
        limit: Most items.
    """
    since, until = sort_key_range(asked.since, asked.until)
    found = database.read(
        "concretizations_by_time",
        package=asked.package,
        site=asked.site,
        since=since,
        until=until,
        before=before or HIGHEST,
        limit=limit,
    )[0]
    return Listing([_make_item(each) for each in found["items"]], found["total"])


def _make_item(stored: dict[str, Any]) -> FailedConcretization:
    try:
        document = json.loads(stored["spec"] or "null")
    except ValueError:
        document = None
    text = format_abstract(document) or stored["name"]
    item: Any = {**stored, "spec": text, "document": document}
    return item  # type: ignore[no-any-return]


def format_abstract(document: object) -> str | None:
    """Return an abstract spec in spec syntax; None if it has no nodes of the format 3.

    Args:
        document: The abstract spec, `{"nodes": [...]}`, the root first.
    """
    nodes = document.get("nodes") if isinstance(document, dict) else None
    named = [each for each in nodes or () if isinstance(each, dict) and each.get("name")]
    return " ^".join("".join(_format_node(each)) for each in named) or None


def _format_node(node: Mapping[str, Any]) -> Iterator[str]:
    yield str(node["name"])
    yield _format_versions(node)
    compiler = node.get("compiler")
    if isinstance(compiler, dict) and compiler.get("name"):
        yield f"%{compiler['name']}{_format_versions(compiler)}"
    parameters = node.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        yield from _format_parameter(str(name), value)
    arch = node.get("arch")
    if isinstance(arch, dict):
        target = arch.get("target")
        parts = {
            "platform": arch.get("platform"),
            "os": arch.get("platform_os"),
            "target": target.get("name") if isinstance(target, dict) else target,
        }
        yield "".join(f" {name}={value}" for name, value in parts.items() if value)


def _format_versions(node: Mapping[str, Any]) -> str:
    versions = node.get("versions") or node.get("version") or []
    texts = [str(each) for each in (versions if isinstance(versions, list) else [versions])]
    return "" if texts in ([], [":"]) else f"@{','.join(texts)}"


def _format_parameter(name: str, value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"{'+' if value else '~'}{name}"
    elif name in FLAG_NAMES:
        flags = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield f' {name}="{flags}"' if flags else ""
    else:
        values = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        yield f" {name}={values}"
