"""The edges of a splice along which something is missing."""

from loaders.specs.contents import hash_of
from service.dags.splices import Splice
from service.queries.abi import AbiVerdict
from service.queries.type_changes import TYPE_CHANGE


def broken_edges(splice: Splice, verdict: AbiVerdict) -> dict[tuple[str, str], str]:
    """Return what a spec needs and does not get, by that spec and the one that should give it.

    Each text names the missing library or symbol, or the changed type.

    That is the spec in the place of the one that gave it before the splice.
    """
    after = {hash_of(old): new for new, old in splice.before_relinking.items()}
    after |= {hash_of(old): new for new, old in splice.stands_for.items()}
    deployed = {hash_of(uid): uid for uid, role in splice.roles.items() if role != "taken_out"}
    found: dict[tuple[str, str], list[str]] = {}
    for finding in verdict.findings:
        giver = finding["provided_before_by"]
        source = deployed.get(finding["needed_by"]["hash"] or "")
        target = after.get(giver["hash"] or "") if giver else None
        if finding["by_splice"] and source and target and source != target:
            is_changed = finding["kind"] == TYPE_CHANGE
            text = f"{finding['what']} changed" if is_changed else f"no {finding['what']}"
            found.setdefault((source, target), []).append(text)
    return {arrow: _shortened(texts) for arrow, texts in found.items()}


def _shortened(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} and {len(texts) - 1} more"
