"""Real spec documents, and small ones built by tests with the hashes that Spack would compute."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loaders.specs.dag_hash import compute_hash

DATA = Path(__file__).parent / "data"
SPECS = sorted((DATA / "specs").glob("*.json"))
CASES = DATA / "cases"
REWIRED = DATA / "rewired"
SPLICED = sorted((DATA / "spliced").glob("*/*.json"))


def named(prefix: str) -> Path:
    """Return the spec document whose file name starts with a prefix."""
    return next(path for path in [*SPECS, *SPLICED] if path.name.startswith(prefix))


def cases() -> list[dict[str, Any]]:
    """Return the recorded splices; their files are relative to `data/spliced`."""
    lines = (DATA / "spliced" / "cases.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def node(
    name: str,
    version: str = "1.0",
    dependencies: Sequence[tuple[Any, ...]] = (),
    build_spec: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a node of format 5 with the hash of its content.

    Args:
        name: Name of the package.
        version: Version of the package.
        dependencies: For each a node, the types of the edge to it and, if any, the virtuals.
        build_spec: The node that a spliced spec was built as.
        more: Further members of the node, or others in place of the defaults.
    """
    body: dict[str, Any] = {
        "name": name,
        "version": version,
        "arch": {"platform": "linux", "platform_os": "debian12", "target": "x86_64_v3"},
        "namespace": "builtin",
        "parameters": {"build_system": "generic", "cflags": []},
        **more,
        "package_hash": "a" * 52 + "====",
    }
    if dependencies:
        body["dependencies"] = [
            {
                "name": child["name"],
                "hash": child["hash"],
                "parameters": {
                    "deptypes": list(deptypes),
                    "virtuals": list(*virtuals),
                },
            }
            for child, deptypes, *virtuals in dependencies
        ]
    if build_spec is not None:
        body["build_spec"] = {"name": build_spec["name"], "hash": build_spec["hash"]}
    body["annotations"] = {"original_specfile_version": 5}
    return {**body, "hash": compute_hash(body, 5)}


def document(*nodes: dict[str, Any], version: int = 5) -> dict[str, Any]:
    """Return a document of nodes, of which the first is the root."""
    return {"spec": {"_meta": {"version": version}, "nodes": list(nodes)}}


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()
