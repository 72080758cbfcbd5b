"""Bodies that an upload refuses, each with the expected problem."""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import zstandard

from tests.documents import document, dumped, named, node

XZ = named("xz-5.6.3").read_bytes()
ZLIB = node("zlib", "1.3")
APP = node("app", dependencies=[(ZLIB, ["build", "link"])])


@dataclass(frozen=True)
class Bad:
    """A body, and the status, type and pointer of the expected problem.

    Attributes:
        lenient: Accept unverified nodes, so that the hash is not the reason of the refusal.
    """

    name: str
    body: bytes
    status: int
    kind: str
    pointer: str = ""
    lenient: bool = False


def _with(**more: Any) -> bytes:
    return dumped(document({**ZLIB, **more}))


def _edge(**more: Any) -> bytes:
    entry = {**APP["dependencies"][0], **more}
    return dumped(document({**APP, "dependencies": [entry]}, ZLIB))


def _edge_parameters(**more: Any) -> bytes:
    return _edge(parameters={"deptypes": ["link"], "virtuals": [], **more})


def _meta(meta: Any) -> bytes:
    return dumped({"spec": {"_meta": meta, "nodes": [ZLIB]}})


def _literal(text: bytes) -> bytes:
    """Return a document with this text as the value of an unread member of its node."""
    return _with(comment="PLACE").replace(b'"PLACE"', text)


def _cycle() -> bytes:
    x, y = {**node("x"), "hash": "x" * 32}, {**node("y"), "hash": "y" * 32}
    for one, other in ((x, y), (y, x)):
        parameters = {"deptypes": ["link"], "virtuals": []}
        one["dependencies"] = [
            {"name": other["name"], "hash": other["hash"], "parameters": parameters}
        ]
    return dumped(document(x, y))


def _abstract() -> bytes:
    return dumped(
        {"spec": {"_meta": {"version": 5}, "nodes": [{"name": "zlib", "versions": [":"]}]}}
    )


DEEP = b"[" * 100_000
NODE = "/spec/nodes/0"
SPEC = {"spec": 1}

_VERSIONS: tuple[Any, ...] = (0, 1, 7, -1, "5", None, True, 5.5, [5], 10**30)
_NO_META: tuple[Any, ...] = (None, [], {}, *({"version": version} for version in _VERSIONS))
_NO_SPEC: tuple[Any, ...] = (1, None, "zlib", True, [])
_NO_EDGE: tuple[Any, ...] = (None, 1, "x", [], {})

UNREADABLE = [
    Bad("not JSON", b"hello", 400, "malformed"),
    Bad("no body", b"", 400, "malformed"),
    Bad("white space", b" \n\t", 400, "malformed"),
    Bad("truncated JSON", XZ[:-5], 400, "malformed"),
    Bad("something after the JSON", XZ.strip() + b" x", 400, "malformed"),
    Bad("truncated gzip", gzip.compress(XZ)[:-9], 400, "malformed"),
    Bad("broken gzip", gzip.compress(XZ)[:40] + b"\0" * 40, 400, "malformed"),
    Bad("truncated zstd", zstandard.compress(XZ)[:-9], 400, "malformed"),
    Bad("gzip in gzip", gzip.compress(gzip.compress(XZ)), 400, "malformed"),
    Bad("UTF-16", json.dumps(SPEC).encode("utf-16"), 400, "malformed"),
    Bad("invalid UTF-8", _with().replace(b"zlib", b"z\xff"), 400, "malformed", NODE, True),
    Bad("lone surrogate", _with().replace(b'"zlib"', b'"\\ud800"'), 400, "malformed"),
    Bad("lone surrogate in an unread member", _literal(b'"\\ud800"'), 400, "malformed"),
    Bad("NaN", _literal(b"NaN"), 400, "malformed"),
    Bad("Infinity", _literal(b"-Infinity"), 400, "malformed"),
    Bad("deep list", DEEP, 400, "malformed"),
    Bad("deep spec", b'{"spec":' + DEEP, 400, "malformed"),
    Bad("deep member", b'{"x":' + DEEP + b"]" * 100_000 + b"}", 400, "malformed"),
    Bad("deep member of a node", _literal(DEEP + b"]" * 100_000), 400, "malformed"),
]

FOREIGN = [
    Bad("object", b"{}", 422, "unsupported-document"),
    Bad("lockfile", b'{"_meta":{},"roots":[],"concrete_specs":{}}', 422, "unsupported-document"),
    Bad("database", b'{"database":{"installs":{}}}', 422, "unsupported-document"),
    Bad("Cray manifest", b'{"specs":[],"compilers":[]}', 422, "unsupported-document"),
    Bad("one in a list", b"[" + XZ + b",{}]", 422, "unsupported-document", "/1"),
    Bad("number", b"1", 422, "invalid"),
    Bad("string", b'"spec"', 422, "invalid"),
    Bad("null", b"null", 422, "invalid"),
    Bad("empty list", b"[]", 422, "invalid"),
    Bad("list of null", b"[null]", 422, "invalid", "/0"),
    Bad("list in a list", b"[[" + XZ + b"]]", 422, "invalid", "/0"),
    *(
        Bad(f"spec is {value!r}", dumped({"spec": value}), 422, "invalid", "/spec")
        for value in _NO_SPEC
    ),
    Bad("no nodes", dumped({"spec": {"_meta": {"version": 5}}}), 422, "invalid", "/spec"),
    Bad("empty node list", dumped(document()), 422, "invalid", "/spec/nodes"),
    Bad(
        "nodes are an object",
        dumped({"spec": {"_meta": {"version": 5}, "nodes": {}}}),
        422,
        "invalid",
        "/spec/nodes",
    ),
    Bad(
        "node is null",
        dumped({"spec": {"_meta": {"version": 5}, "nodes": [None]}}),
        422,
        "invalid",
        NODE,
    ),
    *(
        Bad(f"_meta is {meta}", _meta(meta), 422, "unknown-format", "/spec/_meta/version")
        for meta in _NO_META
    ),
    Bad(
        "no _meta",
        dumped({"spec": {"nodes": [ZLIB]}}),
        422,
        "unknown-format",
        "/spec/_meta/version",
    ),
]

UNTRUE = [
    Bad("cycle", _cycle(), 422, "cycle", "/spec/nodes", True),
    Bad(
        "dependency without a node",
        dumped(document(APP)),
        422,
        "missing-dependency",
        f"{NODE}/dependencies/0",
    ),
    Bad("root with a wrong hash", _with(version="1.4"), 422, "hash-mismatch", f"{NODE}/hash"),
    Bad(
        "dependency with a wrong hash",
        dumped(document(APP, {**ZLIB, "version": "1.4"})),
        422,
        "hash-mismatch",
        "/spec/nodes/1/hash",
    ),
    Bad(
        "two nodes with one hash",
        dumped(document(ZLIB, {**ZLIB, "version": "1.4"})),
        422,
        "invalid",
        "/spec/nodes/1",
        True,
    ),
    Bad("abstract", _abstract(), 422, "not-concrete", NODE),
    Bad("marked abstract", _with(concrete=False), 422, "not-concrete", f"{NODE}/concrete", True),
    Bad("hash in upper case", _with(hash=ZLIB["hash"].upper()), 422, "invalid", f"{NODE}/hash"),
    Bad("short hash", _with(hash="abc"), 422, "invalid", f"{NODE}/hash"),
    Bad("hash with a line end", _with(hash="a" * 32 + "\n"), 422, "invalid", f"{NODE}/hash"),
    Bad("name of 2000", dumped(document(node("z" * 2000))), 413, "too-large", f"{NODE}/name"),
    Bad(
        "version of 2000",
        dumped(document(node("z", "1" * 2000))),
        413,
        "too-large",
        f"{NODE}/version",
    ),
    Bad(
        "node of 2 MB", dumped(document(node("z", comment="z" * 2_000_000))), 413, "too-large", NODE
    ),
]

_WRONG: dict[str, tuple[Any, ...]] = {
    "name": (None, 1, [], {}, True),
    "version": (None, 1.2, [], {}, True),
    "arch": (1, [], True),
    "namespace": (1, [], {}, True),
    "parameters": (None, 1, "x", [], True),
    "package_hash": (1, [], {}, True),
    "external": (1, "x", [], True),
    "compiler": (1, "gcc", []),
    "concrete": (1, "x", []),
    "dependencies": (None, 1, "x", {}, True),
    "build_spec": (1, "x", [], True),
    "hash": (None, 1, [], {}, True),
}
MISTYPED = [
    *(
        Bad(f"{key} is {value!r}", _with(**{key: value}), 422, "invalid", f"{NODE}/{key}", True)
        for key, values in _WRONG.items()
        for value in values
    ),
    *(
        Bad(f"arch.{key} is 1", _with(arch={key: 1}), 422, "invalid", f"{NODE}/arch/{key}", True)
        for key in ("platform", "platform_os", "target")
    ),
    *(
        Bad(
            f"compiler.{key} is 1",
            _with(compiler={"name": "gcc", "version": "12", key: 1}),
            422,
            "invalid",
            f"{NODE}/compiler/{key}",
            True,
        )
        for key in ("name", "version")
    ),
    Bad(
        "build_spec.name is 1",
        _with(build_spec={"name": 1}),
        422,
        "invalid",
        f"{NODE}/build_spec/name",
    ),
    Bad(
        "build_spec has no hash",
        _with(build_spec={"name": "z"}),
        422,
        "invalid",
        f"{NODE}/build_spec",
    ),
    *(
        Bad(
            f"dependency is {value!r}",
            _with(dependencies=[value]),
            422,
            "invalid",
            f"{NODE}/dependencies/0",
            True,
        )
        for value in _NO_EDGE
    ),
    *(
        Bad(f"edge.{key} is {value!r}", _edge(**{key: value}), 422, "invalid", pointer, True)
        for key, value, pointer in (
            ("name", 1, f"{NODE}/dependencies/0/name"),
            ("hash", 1, f"{NODE}/dependencies/0/hash"),
            ("hash", "Z" * 32, f"{NODE}/dependencies/0"),
            ("parameters", None, f"{NODE}/dependencies/0/parameters"),
        )
    ),
    *(
        Bad(
            f"edge {key} {value!r}", _edge_parameters(**{key: value}), 422, "invalid", pointer, True
        )
        for key, value, pointer in (
            ("deptypes", "link", f"{NODE}/dependencies/0/parameters/deptypes"),
            ("deptypes", [1], f"{NODE}/dependencies/0/parameters/deptypes/0"),
            ("deptypes", ["links"], f"{NODE}/dependencies/0"),
            ("virtuals", "mpi", f"{NODE}/dependencies/0/parameters/virtuals"),
            ("virtuals", [None], f"{NODE}/dependencies/0/parameters/virtuals/0"),
        )
    ),
]

ALL = [*UNREADABLE, *FOREIGN, *UNTRUE, *MISTYPED]
