"""Merge a node that both the graph and a backup have.

Where one record supersedes another, as for specs and attempts, the better one counts, whichever
side it is on; the other fills its gaps. Times only widen. Numbers only grow.
"""

from collections.abc import Callable, Mapping
from typing import Any

from loaders.backup.kinds import DERIVED_PROPERTIES

Properties = Mapping[str, Any]

_HASHES = ("runtime_hash", "build_hash", "full_hash")
_ABOUT_BUILD = ("version", "version_key", "started", "seconds", "spack_version", "binary")
_ABOUT_END = ("failed_phase", "message")
_MAX_RECEIVED = 16


def merge(kind: str, stored: Properties, restored: Properties) -> dict[str, Any]:
    """Return the properties of a node that the graph has, and a backup as well.

    Args:
        kind: Its label.
        stored: Its properties in the graph.
        restored: Its properties in the backup.
    """
    merger = _MERGERS.get(kind)
    return {**stored} if merger is None else merger(stored, restored)


def is_shown(kind: str, stored: Properties, restored: Properties) -> bool:
    """Return whether the graph shows a node as the backup has it, once they are merged."""
    deciding = {"Spec": "standing", "Build": "standing", "Report": "revision"}.get(kind)
    return deciding is None or stored.get(deciding) == restored.get(deciding)


def _newest(stored: Properties, restored: Properties, *names: str) -> dict[str, Any]:
    values = {name: [each[name] for each in (stored, restored) if name in each] for name in names}
    return {name: max(found) for name, found in values.items() if found}


def _oldest(stored: Properties, restored: Properties, *names: str) -> dict[str, Any]:
    values = {name: [each[name] for each in (stored, restored) if name in each] for name in names}
    return {name: min(found) for name, found in values.items() if found}


def _filled(better: Properties, worse: Properties, *names: str) -> dict[str, Any]:
    return {name: worse[name] for name in names if name in worse and name not in better}


def _merge_specs(stored: Properties, restored: Properties) -> dict[str, Any]:
    better, worse = stored, restored
    if _supersedes(restored, stored):
        better, worse = restored, stored
    # Observations of a content do not depend on the record that is shown.
    observed = {"on_disk": True} if stored.get("on_disk") or restored.get("on_disk") else {}
    return {
        **better,
        **_filled(better, worse, *_HASHES),
        **observed,
        **{name: stored[name] for name in DERIVED_PROPERTIES if name in stored},
        **_newest(stored, restored, "installed_at"),
    }


def _supersedes(restored: Properties, stored: Properties) -> bool:
    """Return whether the record of the backup is better than that of the graph."""
    if "standing" not in restored:
        return False
    return "standing" not in stored or restored["standing"] < stored["standing"]


def _merge_builds(stored: Properties, restored: Properties) -> dict[str, Any]:
    better, worse = stored, restored
    if _supersedes(restored, stored):
        better, worse = restored, stored
    names = [*_ABOUT_BUILD]
    if "started" not in better:
        # The sort key is derived from the start.
        better = {name: value for name, value in better.items() if name != "sort_key"}
        names.append("sort_key")
        worse = {"sort_key": stored["sort_key"], **worse}
    if better["status"] == worse["status"]:
        names += _ABOUT_END
    evidence = {*stored.get("evidence", ()), *restored.get("evidence", ())}
    return {**better, **_filled(better, worse, *names), "evidence": sorted(evidence)}


def _merge_documents(stored: Properties, restored: Properties) -> dict[str, Any]:
    received = dict.fromkeys([*restored.get("received", ()), *stored.get("received", ())])
    return {**stored, "received": list(received)[-_MAX_RECEIVED:]} if received else {**stored}


def _merge_installations(stored: Properties, restored: Properties) -> dict[str, Any]:
    newer = restored if restored["last_told"] > stored["last_told"] else stored
    return {
        **newer,
        **_oldest(stored, restored, "first_seen"),
        **_newest(stored, restored, "last_seen"),
    }


def _merge_stores(stored: Properties, restored: Properties) -> dict[str, Any]:
    return {**stored, **_newest(stored, restored, "as_of")}


def _merge_tokens(stored: Properties, restored: Properties) -> dict[str, Any]:
    return {**stored, **_newest(stored, restored, "last_used", "revoked")}


def _merge_reports(stored: Properties, restored: Properties) -> dict[str, Any]:
    return {**(restored if restored["revision"] > stored["revision"] else stored)}


def _merge_concretizations(stored: Properties, restored: Properties) -> dict[str, Any]:
    return {
        **stored,
        **_oldest(stored, restored, "first_seen"),
        **_newest(stored, restored, "last_seen", "sort_key", "times"),
    }


def _merge_counters(stored: Properties, restored: Properties) -> dict[str, Any]:
    return {**stored, **_newest(stored, restored, "value")}


_MERGERS: Mapping[str, Callable[[Properties, Properties], dict[str, Any]]] = {
    "Spec": _merge_specs,
    "Build": _merge_builds,
    "Document": _merge_documents,
    "Installation": _merge_installations,
    "Store": _merge_stores,
    "Token": _merge_tokens,
    "Report": _merge_reports,
    "FailedConcretization": _merge_concretizations,
    "Counter": _merge_counters,
}
"""Kinds whose nodes change; of the others the node in the graph stays as it is."""
