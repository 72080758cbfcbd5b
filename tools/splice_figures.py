"""Compare planned splices with those that Spack recorded, and print the table of figures.

    python -m tools.splice_figures CORPUS

The corpus has folders with a `cases.jsonl` that names the files of each splice: target,
replacement, and the result as Spack returned it and with hashes computed again.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from loaders.specs.closure import build_chain
from loaders.specs.document import parse_document
from loaders.specs.pure_hash import pure_hashes
from service.dags.dag import Dag, part_of_dag
from service.dags.splicing.plan import Plan, plan_automatic_splice, plan_splice

Provides = Mapping[str, Iterable[str]]


class Agreement(StrEnum):
    """How a planned splice agrees with the recorded one.

    `EQUAL`: the hash and every node record. `CONTENT`: the same DAG and build specs, as the pure
    hash of the recorded document shows; it has other hashes. `CACHED`: the same, but one hash stood
    for two nodes in the document that Spack returned, so only the one whose hashes Spack computed
    again has both. `MEMORY`: an input was spliced in the same process, and its file has another
    content of its hash. `DIFFERENT`: none of these.
    """

    EQUAL = "equal"
    CONTENT = "same content"
    CACHED = "same content, one hash for two nodes"
    MEMORY = "input in memory only"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Comparison:
    """A recorded splice, and how the planned one agrees.

    Attributes:
        case: The line of `cases.jsonl`.
        agreement: How they agree.
        claimed: Whether the predicted hash is the one that Spack returned; None if none is.
    """

    case: Mapping[str, Any]
    agreement: Agreement
    claimed: bool | None


def read_dag(path: Path) -> Dag:
    """Return a spec document as a DAG."""
    document = parse_document(path.read_bytes(), allow_unverified=True)
    nodes = {node.hash: node for node in document.nodes}
    return Dag(
        document.root.hash,
        document.spec_format,
        document.envelope,
        tuple(nodes),
        nodes,
        document.digest,
    )


def virtuals_in(paths: Iterable[Path]) -> dict[str, set[str]]:
    """Return the virtuals that the edges of some documents name, by the package they lead to."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in paths:
        for node in json.loads(path.read_bytes())["spec"]["nodes"]:
            for entry in node.get("dependencies", ()):
                found[entry["name"]].update(entry["parameters"]["virtuals"])
    return dict(found)


def read_cases(lines: Path) -> list[dict[str, Any]]:
    """Return the lines of a `cases.jsonl`."""
    return [json.loads(line) for line in lines.read_text("utf-8").splitlines()]


def compare(folder: Path, case: Mapping[str, Any], provides: Provides) -> Comparison:
    """Plan one recorded splice again.

    Args:
        folder: The folder to which the paths of the case are relative.
        case: A line of `cases.jsonl`.
        provides: Virtuals that packages can provide, by name.
    """
    result = read_dag(folder / case["result_file"])
    if case["kind"] == "automatic":
        plan = _plan_automatic(result)
        agreement = _agree(plan, [folder / case["result_file"]], memory_only=False)
        return Comparison(case, agreement, plan.claimed[0].hash == case["result_hash"])
    target = read_dag(folder / case["base_file"])
    replacement = read_dag(folder / case["replacement_file"])
    plan = plan_splice(target, replacement, provides, transitive=case["transitive"])
    recorded = [folder / case[key] for key in ("recomputed_file", "result_file") if case.get(key)]
    unproven = any(
        node.is_spliced and not node.is_verified
        for dag in (target, replacement)
        for node in dag.nodes.values()
    )
    agreement = _agree(plan, recorded, memory_only=unproven)
    claimed = plan.claimed[0].hash == case["result_hash"] if plan.claimed else None
    return Comparison(case, agreement, claimed)


def _agree(plan: Plan, recorded: list[Path], *, memory_only: bool) -> Agreement:
    planned = {
        node["hash"]: node for node in plan.document.as_json(plan.spec_format)["spec"]["nodes"]
    }
    dags = [read_dag(path) for path in recorded]
    if dags[0].root == plan.document.root and planned == _records(recorded[0]):
        return Agreement.EQUAL
    agreeing = [pure_hashes(dag.nodes)[dag.root] == plan.document.root for dag in dags]
    if agreeing[-1]:
        return Agreement.CONTENT
    if any(agreeing):
        return Agreement.CACHED
    return Agreement.MEMORY if memory_only else Agreement.DIFFERENT


def _records(path: Path) -> dict[str, Any]:
    return {node["hash"]: node for node in json.loads(path.read_bytes())["spec"]["nodes"]}


def _plan_automatic(result: Dag) -> Plan:
    """Plan an automatic splice; what was exchanged is read from the recorded result."""
    # The file of the target may have been written again by a later case, with other records.
    built = build_chain(result.root, result.nodes)[1]
    target = part_of_dag(built, result.spec_format, result.nodes)
    exchanges = dict(find_exchanges(target.root, result.root, result))
    return plan_automatic_splice(target, exchanges)


def find_exchanges(before: str, after: str, dag: Dag) -> Iterator[tuple[tuple[str, str], Dag]]:
    """Yield what an automatic splice exchanged: a dependent, its dependency, what was put in."""
    edges = [edge for edge in dag.nodes[before].edges if edge.runtime]
    for edge in dag.nodes[after].edges:
        same = next((e for e in edges if e.name == edge.name), None)
        old = same or next((e for e in edges if set(e.virtuals) & set(edge.virtuals)), None)
        if old is None or old.hash == edge.hash or not edge.deptypes:
            continue
        build_spec = dag.nodes[edge.hash].build_spec
        if build_spec is not None and build_spec[1] == old.hash:
            yield from find_exchanges(old.hash, edge.hash, dag)
        else:
            yield (before, old.hash), part_of_dag(edge.hash, dag.spec_format, dag.nodes)


@cache
def compare_all(corpus: Path) -> Mapping[str, list[Comparison]]:
    """Return the comparisons of all recorded splices of a corpus, by the folder of the cases."""
    provides = virtuals_in(corpus.glob("v*-spliced/*/*/*.json"))
    return {
        f"{lines.parent.parent.name}/{lines.parent.name}": [
            compare(lines.parent, case, provides) for case in read_cases(lines)
        ]
        for lines in sorted(corpus.glob("v*-spliced/*/cases.jsonl"))
    }


def figures(corpus: Path) -> str:
    """Return the table of figures in Markdown."""
    kinds = list(Agreement)[:-1]
    rows = [
        ["recorded splices", "number", *kinds, "hash of Spack predicted"],
        ["---"] * (len(kinds) + 3),
    ]
    for folder, comparisons in compare_all(corpus).items():
        for automatic in (False, True):
            chosen = [c for c in comparisons if (c.case["kind"] == "automatic") is automatic]
            if chosen:
                label = f"`{folder}`" + (", automatic" if automatic else "")
                rows.append([label, *_count(chosen, kinds)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _count(comparisons: list[Comparison], kinds: list[Agreement]) -> list[str]:
    by_kind = Counter(each.agreement for each in comparisons)
    predicted = [each.claimed for each in comparisons if each.claimed is not None]
    counts = [len(comparisons), *(by_kind[kind] for kind in kinds)]
    return [*map(str, counts), f"{sum(predicted)} of {len(predicted)}"]


if __name__ == "__main__":
    print(figures(Path(sys.argv[1])), end="")
