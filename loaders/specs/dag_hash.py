"""Spack's DAG hash, recomputed from a node's own JSON.

The rule is one for all formats: take the node's dictionary in the key order in which it was
written, without the hashes themselves, write it as text, take SHA-1, then base32 in lower case.
Formats differ in the text and in what a hash covers; where each rule comes from is told in
`docs/dag-hash.md`.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

import yaml

HASH_KEYS = ("hash", "full_hash", "build_hash")
SUFFIX = 7
"""A spliced spec keeps this many last characters of its build spec's hash."""


class Proof(IntEnum):
    """How well a record proves the hash that it carries; the lower the better."""

    DIRECT = 0
    REPAIRED = 1
    NONE = 2


class _FlowDumper(yaml.SafeDumper):
    """Writes flow style on one line and never an alias, as Spack 0.16 did."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _digest(text: str) -> str:
    digest = hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def node_text(body: Mapping[str, Any], spec_format: int) -> str:
    """The text that Spack hashes for a node's dictionary.

    :param body: the node without its hash keys; for format 1 with its name as the only key.
    """
    if spec_format == 1:
        return yaml.dump(
            body,
            Dumper=_FlowDumper,
            default_flow_style=True,
            sort_keys=False,
            width=2**31 - 1,
        )
    if spec_format in (2, 3):
        return json.dumps(body, indent=2, separators=(",", ": "))
    return json.dumps(body, separators=(",", ":"))


def body_of(node: Mapping[str, Any]) -> dict[str, Any]:
    """The node's dictionary without the hashes."""
    return {key: value for key, value in node.items() if key not in HASH_KEYS}


def compute(body: Mapping[str, Any], spec_format: int) -> str:
    """The DAG hash of a node's dictionary, 32 characters.

    A spliced node ends in the last seven characters of its build spec's hash.
    """
    computed = _digest(node_text(body, spec_format))
    build_spec = body.get("build_spec")
    if build_spec:
        original = next((build_spec[key] for key in HASH_KEYS if key in build_spec), "")
        computed = computed[:-SUFFIX] + original[-SUFFIX:]
    return computed


def prove(node: Mapping[str, Any], claimed: str, spec_format: int) -> tuple[Proof, str]:
    """Whether a node of formats 2 to 5 proves the hash that it claims.

    :returns: the proof, and the hash that the plain rule gives.
    """
    body = body_of(node)
    computed = compute(body, spec_format)
    if computed == claimed:
        return (Proof.DIRECT if hashes_last(node) else Proof.REPAIRED), computed
    for repaired, as_format in _repairs(body, spec_format):
        if compute(repaired, as_format) == claimed:
            return Proof.REPAIRED, computed
    return Proof.NONE, computed


def hashes_last(node: Mapping[str, Any]) -> bool:
    """Whether the hashes stand where Spack writes them: only then does a hash fix all of a node."""
    hashes = [key for key in HASH_KEYS if key in node]
    return list(node)[-len(hashes) :] == hashes


def _repairs(body: dict[str, Any], spec_format: int) -> Iterator[tuple[dict[str, Any], int]]:
    """What Spack may have hashed instead of what it wrote, and in which format.

    Externals of packages.yaml are hashed before their namespace is set. A node that was first
    read from an older document keeps the hash of its older form; from format 5 on it says so.
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


def rewritten_from(node: Mapping[str, Any]) -> int | None:
    """The older format that Spack 1.x says it first read this node from, if any."""
    annotations = node.get("annotations")
    if not isinstance(annotations, Mapping):
        return None
    version = annotations.get("original_specfile_version")
    return version if isinstance(version, int) and version < 5 else None


def _with_compiler(body: Mapping[str, Any]) -> dict[str, Any]:
    """The node as format 4 wrote it: the compiler an attribute after the architecture."""
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


def _runtime_only(body: Mapping[str, Any]) -> dict[str, Any]:
    """The node as its `hash` of format 2 covers it: no recipe, link and run dependencies only."""
    runtime = {key: value for key, value in body.items() if key != "package_hash"}
    kept = [
        entry
        for entry in runtime.pop("dependencies", [])
        if {"link", "run"} & set(entry.get("type", []))
    ]
    return {**runtime, "dependencies": kept} if kept else runtime


def _as_format1(body: Mapping[str, Any]) -> dict[str, Any]:
    inner = {key: value for key, value in body.items() if key != "name"}
    if "dependencies" in inner:
        inner["dependencies"] = {
            entry["name"]: {"hash": entry["hash"], "type": sorted(entry["type"])}
            for entry in inner["dependencies"]
        }
    return {str(body.get("name")): inner}


def _with_plain_deptypes(body: Mapping[str, Any]) -> dict[str, Any]:
    """The node with its edges as format 3 wrote them."""
    dependencies = [
        {
            "name": entry.get("name"),
            "hash": entry.get("hash"),
            "type": entry.get("parameters", {}).get("deptypes", []),
        }
        for entry in body.get("dependencies", [])
    ]
    return {key: dependencies if key == "dependencies" else value for key, value in body.items()}
