"""Recompute Spack's DAG hash from a node's own JSON.

All formats share one rule: take the node's dictionary in the key order in which it was written,
without the hashes themselves, serialize it, and encode the SHA-1 of that as lower-case base32.
Formats differ in the serialization and in what a hash covers; `docs/dag-hash.md` names the source
of each rule.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import yaml

JsonObject = Mapping[str, Any]
"""A decoded JSON object of any shape."""

HASH_KEYS = ("hash", "full_hash", "build_hash")
SUFFIX = 7
"""Number of characters at the end of its build spec's hash that a spliced spec keeps."""


class Proof(IntEnum):
    """How well a record proves the hash that it carries, best first.

    `DIRECT`: the hash of the record as written is the claimed one. `REPAIRED`: the claimed hash
    is that of the record in another form that Spack may have hashed. `NONE`: no match.
    """

    DIRECT = 0
    REPAIRED = 1
    NONE = 2


class _FlowDumper(yaml.SafeDumper):
    """Dumper that writes flow style on one line and never an alias, as Spack 0.16 did."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _base32_digest(text: str) -> str:
    digest = hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def node_text(body: JsonObject, spec_format: int) -> str:
    """Serialize a node's dictionary to the text that Spack hashes.

    Args:
        body: The node without its hash keys; in format 1 with its name as the only key.
        spec_format: Format of the document, 1 to 5.
    """
    if spec_format == 1:
        return yaml.dump(
            body,
            Dumper=_FlowDumper,
            # One line however long, as in Spack's own YAML.
            default_flow_style=True,
            sort_keys=False,
            width=2**31 - 1,
        )
    if spec_format in (2, 3):
        return json.dumps(body, indent=2, separators=(",", ": "))
    return json.dumps(body, separators=(",", ":"))


def body_of(node: JsonObject) -> dict[str, Any]:
    """Return the node's dictionary without the hashes."""
    return {key: value for key, value in node.items() if key not in HASH_KEYS}


def compute_hash(body: JsonObject, spec_format: int) -> str:
    """Return the DAG hash of a node's dictionary, 32 characters.

    The hash of a spliced node ends in the last seven characters of its build spec's hash.
    """
    computed = _base32_digest(node_text(body, spec_format))
    build_spec = body.get("build_spec")
    if build_spec:
        original = next((build_spec[key] for key in HASH_KEYS if key in build_spec), "")
        computed = computed[:-SUFFIX] + original[-SUFFIX:]
    return computed


def prove_hash(node: JsonObject, claimed: str, spec_format: int) -> tuple[Proof, str]:
    """Check whether a node of formats 2 to 5 proves the hash that it claims.

    Returns:
        The proof, and the hash that the plain rule gives.
    """
    body = body_of(node)
    computed = compute_hash(body, spec_format)
    if computed == claimed:
        return (Proof.DIRECT if hashes_last(node) else Proof.REPAIRED), computed
    for repaired, as_format in _repaired_forms(body, spec_format):
        if compute_hash(repaired, as_format) == claimed:
            return Proof.REPAIRED, computed
    return Proof.NONE, computed


def hashes_last(node: JsonObject) -> bool:
    """Return whether the hashes are the last keys, as Spack writes them.

    The hash does not cover their position, so only then does it determine all of a node.
    """
    hashes = [key for key in HASH_KEYS if key in node]
    return list(node)[-len(hashes) :] == hashes


def _repaired_forms(body: JsonObject, spec_format: int) -> Iterator[tuple[JsonObject, int]]:
    """Yield other forms of a node that Spack may have hashed, each with its format.

    Externals of packages.yaml are hashed before their namespace is set. A node that was first
    read from an older document keeps the hash of its older form; since format 5 it is annotated.
    """
    older = body
    if spec_format >= 5:
        if body.get("external"):
            yield {key: value for key, value in body.items() if key != "namespace"}, 5
        if rewritten_from(body) is None:
            return
        older = _with_compiler(body)
        yield older, 4
    if spec_format >= 4:
        older = _with_plain_deptypes(older)
        yield older, 3
    if spec_format >= 3:
        runtime = _runtime_only(older)
        yield runtime, 2
        yield _as_format1(runtime), 1


def rewritten_from(node: JsonObject) -> int | None:
    """Return the older format from which Spack 1.x read this node, or None."""
    annotations = node.get("annotations")
    if not isinstance(annotations, Mapping):
        return None
    version = annotations.get("original_specfile_version")
    return version if isinstance(version, int) and version < 5 else None


def _with_compiler(body: JsonObject) -> dict[str, Any]:
    """Return the node as format 4 wrote it, with the compiler as an attribute after `arch`."""
    older: dict[str, Any] = {}
    compiler = str(body["annotations"].get("compiler", ""))
    name, _, version = compiler.partition("@")
    for key, value in body.items():
        if key == "annotations":
            continue
        older[key] = value
        if key == "arch" and name:
            older["compiler"] = {"name": name, "version": version.removeprefix("=")}
    return older


def _runtime_only(body: JsonObject) -> dict[str, Any]:
    """Return the part that `hash` covers in format 2: no recipe, only link and run dependencies."""
    runtime = {key: value for key, value in body.items() if key != "package_hash"}
    kept = [
        entry
        for entry in runtime.pop("dependencies", [])
        if {"link", "run"} & set(entry.get("type", []))
    ]
    return {**runtime, "dependencies": kept} if kept else runtime


def _as_format1(body: JsonObject) -> dict[str, Any]:
    inner = {key: value for key, value in body.items() if key != "name"}
    if "dependencies" in inner:
        inner["dependencies"] = {
            entry["name"]: {"hash": entry["hash"], "type": sorted(entry["type"])}
            for entry in inner["dependencies"]
        }
    return {str(body.get("name")): inner}


def _with_plain_deptypes(body: JsonObject) -> dict[str, Any]:
    """Return the node with its edges as format 3 wrote them."""
    dependencies = [
        {
            "name": entry.get("name"),
            "hash": entry.get("hash"),
            "type": entry.get("parameters", {}).get("deptypes", []),
        }
        for entry in body.get("dependencies", [])
    ]
    return {key: dependencies if key == "dependencies" else value for key, value in body.items()}
