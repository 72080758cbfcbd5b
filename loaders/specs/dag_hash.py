"""Recompute Spack's DAG hash from a node's own JSON.

All formats share one rule: take the node's dictionary in the key order in which it was written,
without the hashes themselves, serialize it, and encode the SHA-1 of that as lower-case base32.
Formats differ in the serialization and in what a hash covers; `docs/dag-hash.md` names the source
of each rule.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from enum import IntEnum, StrEnum
from itertools import islice, permutations, product
from typing import Any

from loaders import limits
from loaders.specs.yaml_text import flow_yaml
from spec_syntax.draft import FLAG_NAMES

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


class Text(StrEnum):
    """How a release serializes a node to hash it.

    `YAML11` and `YAML12`: flow style on one line; `INDENTED` and `COMPACT`: JSON.
    """

    YAML11 = "YAML 1.1"
    YAML12 = "YAML 1.2"
    INDENTED = "indented JSON"
    COMPACT = "compact JSON"


TEXTS: Mapping[int, tuple[Text, ...]] = {
    # PyYAML up to Spack 0.11.
    1: (Text.YAML12, Text.YAML11),
    2: (Text.INDENTED,),
    3: (Text.INDENTED,),
    # Development versions of Spack between June and August 2023.
    4: (Text.COMPACT, Text.INDENTED),
    5: (Text.COMPACT,),
    6: (Text.COMPACT,),
}
"""The texts that releases hashed, by format, the usual one first."""

MAX_FLAG_ORDERS = 720
"""Limit of the orders of flags that are tried for one node: six flags in one list."""
_MAX_ORDERED_BYTES = 4 << 20


def _base32_digest(text: str) -> str:
    digest = hashlib.sha1(text.encode("utf-8"), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def node_text(body: JsonObject, spec_format: int, text: Text | None = None) -> str:
    """Serialize a node's dictionary to the text that Spack hashes.

    Args:
        body: The node without its hash keys; in format 1 with its name as the only key.
        spec_format: Format of the document.
        text: The serialization; by default the usual one of the format.
    """
    text = text or TEXTS[spec_format][0]
    if text is Text.YAML11:
        return flow_yaml(body, "1.1")
    if text is Text.YAML12:
        return flow_yaml(body)
    if text is Text.INDENTED:
        return json.dumps(body, indent=2, separators=(",", ": "))
    return json.dumps(body, separators=(",", ":"))


def body_of(node: JsonObject) -> dict[str, Any]:
    """Return the node's dictionary without the hashes."""
    return {key: value for key, value in node.items() if key not in HASH_KEYS}


def compute_hash(body: JsonObject, spec_format: int, text: Text | None = None) -> str:
    """Return the DAG hash of a node's dictionary, 32 characters.

    From format 3 on, the hash of a spliced node ends in the last seven characters of its build
    spec's hash.

    Args:
        body: The node without its hash keys; in format 1 with its name as the only key.
        spec_format: Format of the document.
        text: The serialization; by default the usual one of the format.
    """
    computed = _base32_digest(node_text(body, spec_format, text))
    build_spec = body.get("build_spec")
    # Up to Spack 0.18, and so in all of format 2, a splice does not keep any of it.
    if build_spec and spec_format > 2:
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
    for ordered in _flag_orders(body, spec_format):
        for repaired, as_format in _repaired_forms(ordered, spec_format):
            if claimed in _possible_hashes(repaired, as_format):
                return Proof.REPAIRED, computed
    return Proof.NONE, computed


def _possible_hashes(body: JsonObject, spec_format: int) -> Iterator[str]:
    """Yield the hashes that releases gave a node's dictionary."""
    for text in TEXTS[spec_format]:
        limits.spend()
        yield compute_hash(body, spec_format, text)
        # Spack 0.18 wrote format 3, but no hashes that end like that of the build spec.
        if spec_format == 3 and body.get("build_spec"):
            yield _base32_digest(node_text(body, spec_format, text))


def is_beyond_recomputing(node: JsonObject, spec_format: int) -> bool:
    """Return whether Spack may have rewritten a node in a way that cannot be undone.

    It was first written in an older format, or has too many flags to try all their orders.
    """
    if rewritten_from(node, spec_format) is not None:
        return True
    return spec_format >= 5 and not _can_try_orders(node, _sorted_flags(node), spec_format)


def _flag_orders(body: JsonObject, spec_format: int) -> Iterator[JsonObject]:
    """Yield a node, then the node with its sorted flags in every other order, if these are few.

    Spack 1.1.1 writes the lists of flags of a reused spec sorted, and keeps the hash over the order
    in which they were given.
    """
    yield body
    lists = _sorted_flags(body) if spec_format >= 5 else {}
    if lists and _can_try_orders(body, lists, spec_format):
        for flags in islice(product(*map(permutations, lists.values())), 1, None):
            ordered = dict(zip(lists, map(list, flags), strict=True))
            yield {**body, "parameters": {**body["parameters"], **ordered}}


def _sorted_flags(node: JsonObject) -> dict[str, list[str]]:
    """Return the lists of flags whose order may have been another, by name."""
    parameters = node.get("parameters")
    lists = parameters if isinstance(parameters, Mapping) else {}
    return {
        name: flags
        for name, flags in lists.items()
        if name in FLAG_NAMES and isinstance(flags, list)
        if all(isinstance(flag, str) for flag in flags)
        if len(set(flags)) > 1 and flags == sorted(flags)
    }


def _can_try_orders(node: JsonObject, lists: Mapping[str, list[str]], spec_format: int) -> bool:
    """Return whether trying all orders of some flags costs little: nodes come from outside."""
    orders = math.prod(math.factorial(len(flags)) for flags in lists.values())
    if orders == 1 or orders > MAX_FLAG_ORDERS:
        return orders == 1
    return orders * len(node_text(node, spec_format)) <= _MAX_ORDERED_BYTES


def hashes_last(node: JsonObject) -> bool:
    """Return whether the hashes are the last keys, as Spack writes them.

    The hash does not cover their position, so only then does it determine all of a node.
    """
    hashes = [key for key in HASH_KEYS if key in node]
    return list(node)[-len(hashes) :] == hashes


def _repaired_forms(body: JsonObject, spec_format: int) -> Iterator[tuple[JsonObject, int]]:
    """Yield forms of a node that Spack may have hashed, each with its format; first as it is.

    Externals of packages.yaml are hashed before their namespace is set. A node that was first
    read from an older document keeps the hash of its older form; since format 5 it is annotated.
    """
    yield body, spec_format
    older = body
    if spec_format >= 5:
        original = rewritten_from(body, spec_format)
        if spec_format >= 6 and original is not None:
            older = _without(older, "provided_virtuals")
            yield older, 5
        if body.get("external"):
            yield _without(older, "namespace"), 5
        if original is None or original >= 5:
            return
        older = _with_compiler(older)
        yield older, 4
    if spec_format >= 4:
        older = _with_plain_deptypes(older)
        yield older, 3
    if spec_format >= 3:
        runtime = _runtime_only(older)
        yield runtime, 2
        yield _as_format1(runtime), 1


def _without(body: JsonObject, left_out: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != left_out}


def rewritten_from(node: JsonObject, spec_format: int) -> int | None:
    """Return the older format from which Spack 1.x read this node, or None."""
    annotations = node.get("annotations")
    if not isinstance(annotations, Mapping):
        return None
    version = annotations.get("original_specfile_version")
    return version if isinstance(version, int) and version < spec_format else None


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
    runtime = _without(body, "package_hash")
    kept = [
        entry
        for entry in runtime.pop("dependencies", [])
        if {"link", "run"} & set(entry.get("type", []))
    ]
    return {**runtime, "dependencies": kept} if kept else runtime


def _as_format1(body: JsonObject) -> dict[str, Any]:
    inner = _without(body, "name")
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
