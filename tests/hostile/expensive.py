"""Uploads that are small to send and expensive to read, unless a limit stops the reader."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import zstandard

from tests.documents import document, dumped, named, node

DOCUMENTS = "/api/v1/documents"
SPECS = "/api/v1/specs"
SUBMIT = "/submit.php?project=p"
NEW_SPEC = "/ms1/specs/new/"
NEW_BUILD = "/ms1/builds/new/"
NEW_PHASE = "/ms1/builds/phases/update/"
ANALYZE = "/ms1/analyze/builds/"
MISSING = "/api/v1/specs/missing"

Member = tuple[str, bytes]


@dataclass(frozen=True)
class Expensive:
    """An upload that must be refused, or taken, quickly.

    Attributes:
        body: Makes its body.
        routes: Where it is sent.
        accepted: Whether it may be stored, at least in part.
        slow: Whether it takes seconds, though few.
    """

    name: str
    body: Callable[[], bytes]
    routes: tuple[str, ...] = (DOCUMENTS,)
    accepted: bool = False
    slow: bool = False


def packed(members: Iterable[Member | tarfile.TarInfo], suffix: str = "gz") -> bytes:
    """Return an archive; a member without content is given by its header."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    raw = body.getvalue()
    return gzip.compress(raw, 6) if suffix == "gz" else raw


def linked(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return the header of a link or device."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """Return brackets in brackets."""
    return opening * depth + closing * depth


def _small_spec(**more: Any) -> bytes:
    return dumped(document({**node("zlib"), **more}))


def _replaced(literal: bytes) -> bytes:
    return _small_spec(comment="PLACE").replace(b'"PLACE"', literal)


def _hash(number: int) -> str:
    return f"{number:032x}".translate(str.maketrans("0189", "ghij"))


def _graph(edges: Callable[[int], list[int]], count: int) -> bytes:
    """Return a document of many small nodes; `edges` gives the dependencies of each."""
    hashes = list(map(_hash, range(count)))
    nodes = [
        {
            "name": f"p{n}",
            "version": "1",
            "hash": hashes[n],
            "dependencies": [
                {
                    "name": f"p{to}",
                    "hash": hashes[to],
                    "parameters": {"deptypes": ["link"], "virtuals": []},
                }
                for to in edges(n)
            ],
        }
        for n in range(count)
    ]
    return gzip.compress(dumped(document(*nodes)), 1)


def _laughs() -> bytes:
    lines = [b'spec:\n- zlib:\n    version: "1"\n    a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for level in range(1, 12):
        before = b", ".join([b"*a%d" % (level - 1)] * 10)
        lines.append(b"    a%d: &a%d [%b]" % (level, level, before))
    return b"\n".join(lines)


def _mappings() -> bytes:
    """Return YAML whose keys are lists, maps, numbers and null."""
    keys = b"    ? [a, b]\n    : 1\n    ? {c: d}\n    : 2\n    1: x\n"
    return b'spec:\n- zlib:\n    version: "1"\n' + keys


def _bomb() -> bytes:
    return gzip.compress(b" " * (64 << 20), 9) * 80


def _twice_packed() -> bytes:
    return gzip.compress(gzip.compress(b"\0" * (64 << 20), 9), 9)


def _zip(body: bytes = b"{}") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spec.json", body)
    return file.getvalue()


def _case(hash_: str = "a" * 32) -> str:
    return f'<testcase classname="zlib" name="{hash_}"></testcase>'


def _elements(count: int) -> bytes:
    return gzip.compress(b"<testsuites>" + b"<a/>" * count + b"</testsuites>", 9)


def _index(count: int) -> bytes:
    """Return the index of a store whose records are empty."""
    records: dict[str, Any] = {
        f"{n:032x}".translate(str.maketrans("0189", "ghij")): {} for n in range(count)
    }
    return gzip.compress(dumped({"database": {"version": "8", "installs": records}}), 6)


XZ = named("xz-5.6.3").read_bytes()

EXPENSIVE = (
    Expensive("400,000 elements", lambda: _elements(400_000)),
    Expensive(
        "400,000 elements for CDash",
        lambda: gzip.compress(b"<Site><Build>" + b"<Error/>" * 400_000 + b"</Build></Site>", 9),
        (DOCUMENTS, SUBMIT),
        slow=True,
    ),
    Expensive(
        "deep XML", lambda: b"<testsuites>" + nested(100_000, b"<a>", b"</a>"), (DOCUMENTS, SUBMIT)
    ),
    Expensive(
        "many attributes",
        lambda: b"<testsuites " + b" ".join(b'a%d="x"' % n for n in range(300_000)) + b"/>",
        slow=True,
    ),
    Expensive(
        "testcases of nothing",
        lambda: (
            b"<testsuites><testsuite>" + _case().encode() * 90_000 + b"</testsuite></testsuites>"
        ),
        slow=True,
    ),
    Expensive("100,000 empty files", lambda: packed((f"f{n}", b"") for n in range(100_000))),
    Expensive(
        "100,000 empty folders",
        lambda: packed(linked(f"f{n}", tarfile.DIRTYPE) for n in range(100_000)),
        slow=True,
    ),
    Expensive(
        "2,000 bad documents",
        lambda: packed((f"{n}.json", b'{"spec": {"_meta": {"version": 5}}}') for n in range(2_000)),
    ),
    Expensive(
        "20,000 bad documents",
        lambda: packed(
            (f"{n}.json", b'{"spec": {"_meta": {"version": 5}}}') for n in range(20_000)
        ),
        slow=True,
    ),
    Expensive(
        "20,000 bad documents and a good one",
        lambda: packed([*((f"{n}.json", b'{"spec": 1}') for n in range(20_000)), ("xz.json", XZ)]),
        accepted=True,
        slow=True,
    ),
    Expensive(
        "1,000,000 bad lines", lambda: gzip.compress(b'{"spec":1}\n' * 1_000_000, 9), slow=True
    ),
    Expensive("1,500 nested folders", lambda: packed([("d/" * 1_500 + "spec.json", XZ)])),
    Expensive(
        "90 nested folders, 1,000 times",
        lambda: packed((f"e{n}/" + "d/" * 89 + "f", b"") for n in range(1_000)),
        slow=True,
    ),
    Expensive("billion laughs in YAML", _laughs),
    Expensive("keys of YAML that are not strings", _mappings),
    Expensive("deep YAML", lambda: b"spec:\n- " + nested(100_000)),
    Expensive("deep YAML of blocks", lambda: b"spec:\n" + b"- " * 100_000 + b"x"),
    Expensive("YAML of a million scalars", lambda: b"spec:\n" + b"- a\n" * 3_000_000, slow=True),
    Expensive(
        "billion laughs in XML",
        lambda: (
            b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
            b"<testsuites>&c;</testsuites>"
        ),
        (DOCUMENTS, SUBMIT),
    ),
    Expensive(
        "deep JSON", lambda: nested(1_000_000), (DOCUMENTS, SPECS, NEW_SPEC, NEW_BUILD, MISSING)
    ),
    Expensive(
        "deep JSON in a spec",
        lambda: _replaced(nested(300_000)),
        (DOCUMENTS, SPECS),
    ),
    Expensive(
        "deep objects",
        lambda: b'{"spec":' + nested(200_000, b'{"spec":', b"}"),
        (DOCUMENTS, SPECS, NEW_SPEC),
    ),
    Expensive("huge integer", lambda: _replaced(b"9" * 500_000), (DOCUMENTS, SPECS), accepted=True),
    Expensive(
        "huge float", lambda: _replaced(b"1e" + b"9" * 500), (DOCUMENTS, SPECS), accepted=True
    ),
    Expensive(
        "huge integer for the monitor",
        lambda: b'{"build_id": ' + b"9" * 500_000 + b"}",
        (NEW_SPEC, NEW_BUILD, NEW_PHASE, ANALYZE, MISSING),
    ),
    Expensive(
        "lone surrogates", lambda: _replaced(b'"\\ud800"'), (DOCUMENTS, SPECS), accepted=True
    ),
    Expensive("lone surrogate in a name", lambda: _small_spec(name="\ud800"), (DOCUMENTS, SPECS)),
    Expensive("NUL in a version", lambda: _small_spec(version="1\0"), (DOCUMENTS, SPECS)),
    Expensive("NUL bytes", lambda: b"\0" * 1_000_000, (DOCUMENTS, SPECS, SUBMIT, NEW_SPEC)),
    Expensive(
        "a list of 20,000,000 numbers",
        lambda: gzip.compress(b"[" + b"1," * 20_000_000 + b"1]", 9),
        (DOCUMENTS, SPECS, NEW_SPEC),
        slow=True,
    ),
    Expensive(
        "a spec of 20,000,000 numbers",
        lambda: gzip.compress(
            b'{"spec":{"_meta":{"version":5},"nodes":[' + b"1," * 20_000_000 + b"1]}}", 9
        ),
        (DOCUMENTS, SPECS),
        slow=True,
    ),
    Expensive(
        "meta of 20,000,000 numbers",
        lambda: gzip.compress(b'{"spec":{"_meta":[' + b"1," * 20_000_000 + b'1],"nodes":[1]}}', 9),
        (DOCUMENTS, SPECS),
        slow=True,
    ),
    Expensive(
        "an object of 4,000,000 keys",
        lambda: gzip.compress(
            b'{"spec":1' + b"".join(b',"%d":0' % n for n in range(4_000_000)) + b"}", 1
        ),
        (DOCUMENTS, SPECS),
        slow=True,
    ),
    Expensive("gzip bomb", _bomb, (DOCUMENTS, SPECS, SUBMIT, NEW_SPEC), slow=True),
    Expensive(
        "zstd bomb",
        lambda: zstandard.compress(b" " * (1 << 29), 19),
        (DOCUMENTS, SPECS, SUBMIT),
        slow=True,
    ),
    Expensive("packed twice", _twice_packed, (DOCUMENTS, SPECS, SUBMIT), slow=True),
    Expensive("zip", _zip, (DOCUMENTS, SPECS)),
    Expensive("zip in a tar", lambda: packed([("spec.json", _zip()), ("a.zip", _zip())])),
    Expensive(
        "bombs in a tar",
        lambda: packed(
            ((f"{n}.json", gzip.compress(b" " * (32 << 20), 9)) for n in range(60)), "tar"
        ),
        slow=True,
    ),
    Expensive(
        "links and devices",
        lambda: packed(
            [
                linked("a.json", tarfile.SYMTYPE, "/etc/passwd"),
                linked("b.json", tarfile.LNKTYPE, "/etc/passwd"),
                linked("c.json", tarfile.CHRTYPE),
                linked("d.json", tarfile.FIFOTYPE),
                linked("spack-build-out.txt", tarfile.SYMTYPE, "../../../etc/passwd"),
            ]
        ),
    ),
    Expensive(
        "absolute path", lambda: packed([("/tmp/specgraph-hostile.json", XZ)]), accepted=True
    ),
    Expensive("path out of the archive", lambda: packed([("../../specgraph-hostile.json", XZ)])),
    Expensive(
        "members of the same name",
        lambda: packed([("xz.json", b"{}"), ("xz.json", XZ)]),
        accepted=True,
    ),
    Expensive("a file that is a folder", lambda: packed([("a", XZ), ("a/b.json", XZ)])),
    Expensive(
        "a folder of 250 characters", lambda: packed([("n" * 250 + "/xz.json", XZ)]), accepted=True
    ),
    Expensive("a name of 5,000 characters", lambda: packed([("n" * 5_000 + "/xz.json", XZ)])),
    Expensive(
        "DAG of 100,000 nodes", lambda: _graph(lambda n: [], 100_000), (DOCUMENTS, SPECS), slow=True
    ),
    Expensive(
        "DAG of 19,000 nodes in a chain",
        lambda: _graph(lambda n: [n + 1] if n < 18_999 else [], 19_000),
        (DOCUMENTS, SPECS),
        slow=True,
    ),
    Expensive(
        "cycle of 19,000 nodes",
        lambda: _graph(lambda n: [(n + 1) % 19_000], 19_000),
        (DOCUMENTS + "?allow_unverified=true", SPECS + "?allow_unverified=true"),
        slow=True,
    ),
    Expensive(
        "very long name", lambda: _small_spec(name="n" * 900_000), (DOCUMENTS, SPECS, NEW_SPEC)
    ),
    Expensive("very long version", lambda: _small_spec(version="1." * 400_000), (DOCUMENTS, SPECS)),
    Expensive(
        "version of 300,000 digits", lambda: _small_spec(version="1" * 300_000), (DOCUMENTS, SPECS)
    ),
    Expensive("index of 200,000 empty records", lambda: _index(200_000), slow=True),
    Expensive(
        "a log of one line",
        lambda: packed(
            [("spack-stage-zlib-1.3-" + "a" * 32 + "/spack-build-out.txt", b"error " * 8_000_000)]
        ),
        slow=True,
    ),
    Expensive(
        "a log of short lines",
        lambda: packed(
            [
                (
                    "spack-stage-zlib-1.3-" + "a" * 32 + "/spack-build-out.txt",
                    b"error: x\n" * 5_000_000,
                )
            ]
        ),
        slow=True,
    ),
)
