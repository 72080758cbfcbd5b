"""Records of nodes, split so that a spliced node is written fast."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

import msgspec
from cachetools import LRUCache

from loaders.specs.contents import hash_of
from loaders.specs.dag_hash import body_of
from loaders.specs.node import DEPTYPES, NodeRecord

BUILD, LINK, RUN, TEST = 1, 2, 4, 8
ALL = BUILD | LINK | RUN | TEST
_FLAG = dict(zip(DEPTYPES, (BUILD, LINK, RUN, TEST), strict=True))


class Entry(NamedTuple):
    """A dependency as a record has it; `flags` are its types."""

    name: str
    hash: str
    flags: int
    virtuals: tuple[str, ...]
    direct: bool


@dataclass(frozen=True, eq=False, slots=True)
class Template:
    """What all copies of a spec have in common: its record without its dependencies.

    Attributes:
        uid: Identity of the record that it was read from.
        hash: DAG hash of that record.
        version: Sort key of the version.
        head: JSON of the record up to the dependencies, without a bracket at the end.
        tail: JSON of the text after the build spec, with the bracket at the end.
        entries: The dependencies of the record.
    """

    uid: str
    hash: str
    name: str
    version: str
    head: str
    tail: str
    entries: tuple[Entry, ...]


_TEMPLATES: LRUCache[tuple[str, str], Template] = LRUCache(8192)
_TEMPLATES_LOCK = Lock()


def template_of(record: NodeRecord) -> Template:
    """Return the template of a node of format 4 or 5. Cached, since DAGs share most nodes."""
    key = record.digest, record.hash
    with _TEMPLATES_LOCK:
        known = _TEMPLATES.get(key)
    if known is None:
        known = _make_template(record)
        with _TEMPLATES_LOCK:
            _TEMPLATES[key] = known
    return known


def _make_template(record: NodeRecord) -> Template:
    body: dict[str, Any] = body_of(msgspec.json.decode(record.document))
    entries = tuple(_read_entry(entry) for entry in body.pop("dependencies", None) or ())
    body.pop("build_spec", None)
    annotations = body.pop("annotations", None)
    return Template(
        uid=record.hash,
        hash=hash_of(record.hash),
        name=record.name,
        version=record.properties["version_key"],
        head=_json(body)[:-1],
        tail="}" if annotations is None else f',"annotations":{_json(annotations)}}}',
        entries=entries,
    )


def without_package_hash(template: Template) -> Template:
    """Return a template without the hash of the package's recipe."""
    head = json.loads(template.head + "}")
    head.pop("package_hash", None)
    return replace(template, head=_json(head)[:-1])


def _read_entry(entry: Mapping[str, Any]) -> Entry:
    parameters = entry["parameters"]
    flags = sum(_FLAG[each] for each in set(parameters["deptypes"]))
    virtuals = tuple(sorted(set(parameters.get("virtuals") or ())))
    return Entry(entry["name"], entry["hash"], flags, virtuals, bool(parameters.get("direct")))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Return the hash of a node's JSON."""
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode("ascii").lower()


def node_json(
    template: Template,
    entries: Iterable[Entry],
    build_spec: tuple[str, str] | None,
) -> str:
    """Return the JSON of a node without its hash, as Spack hashes it.

    Args:
        template: All of the node but its dependencies and its build spec.
        entries: Its dependencies in order.
        build_spec: Name and hash of its build spec.
    """
    parts = [template.head]
    joined = ",".join(
        _entry_start(each.name) + each.hash + _entry_end(each.flags, each.virtuals, each.direct)
        for each in entries
    )
    if joined:
        parts.append(f',"dependencies":[{joined}]')
    if build_spec is not None:
        name, hash_ = build_spec
        parts.append(f',"build_spec":{{"name":{_json(name)},"hash":"{hash_}"}}')
    parts.append(template.tail)
    return "".join(parts)


@lru_cache(maxsize=4096)
def _entry_start(name: str) -> str:
    return f'{{"name":{_json(name)},"hash":"'


@lru_cache(maxsize=4096)
def _entry_end(flags: int, virtuals: tuple[str, ...], direct: bool) -> str:
    deptypes = [name for name, flag in _FLAG.items() if flags & flag]
    parameters: dict[str, object] = {"deptypes": deptypes, "virtuals": virtuals}
    if direct:
        parameters["direct"] = True
    return f'","parameters":{_json(parameters)}}}'
