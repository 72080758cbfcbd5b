import gzip
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from loaders import source
from loaders.collections import buildcache, cray_manifest, lockfile, store_index
from loaders.collections.store_index import StoreIndex, looks_like
from loaders.errors import DocumentError, Fault
from loaders.evidence import Installation, SpecName, hash_prefix
from loaders.specs.dag_hash import compute_hash
from tests.documents import SPECS, document, dumped, named, node
from tests.loaders.collections.gathered import (
    COLLECTIONS,
    Gathered,
    gather,
    keyed_hash,
    keyed_node,
    stream,
)


def read(*indexes: Any, upstream: bool = True) -> Gathered:
    """Read a local index and those of its upstream stores."""
    return gather(
        store_index.read(
            [
                StoreIndex(f"index {number}", stream(each), upstream=upstream and number > 0)
                for number, each in enumerate(indexes)
            ]
        )
    )


def record(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = spec.get("name", "none")
    rest = {"ref_count": 0, "path": f"/opt/{name}", "installed": True, "explicit": False}
    return {"spec": spec, **rest, "installation_time": 1.5, "deprecated_for": None, **more}


def index(*records: dict[str, Any], version: str = "8") -> dict[str, Any]:
    installs = {each["spec"]["hash"]: each for each in records}
    return {"database": {"version": version, "installs": installs}}


@pytest.mark.parametrize(("release", "records", "explicit"), [("1.1.0", 27, 9), ("0.23.0", 16, 3)])
def test_a_real_index_has_every_installation_and_dag(
    corpus: Path, release: str, records: int, explicit: int
) -> None:
    store = corpus / "store" / f"spack-{release}" / "opt-store"
    raw = (store / ".spack-db" / "index.json").read_bytes()
    installs = json.loads(raw)["database"]["installs"]
    found = read(raw)
    assert found.problems == []
    assert found.rows == [
        Installation(
            SpecName(hash_, each["spec"]["name"], each["spec"]["version"]),
            explicit=each["explicit"],
            installed_at=each["installation_time"],
            prefix_hash=hash_prefix(each["path"]),
            installed=each["installed"],
            external="external" in each["spec"],
        )
        for hash_, each in installs.items()
    ]
    assert len(found.rows) == records
    assert sum(each.explicit for each in found.rows) == explicit
    folders = {}
    for path in store.glob("**/.spack/spec.json"):
        value = json.loads(path.read_bytes())
        folders[value["spec"]["nodes"][0]["hash"]] = value
    values = found.values()
    assert values == {hash_: folders[hash_] for hash_ in values}
    assert len(values) == explicit
    assert all(not found.parsed(each).unverified_nodes for each in found.documents)
    assert {node.hash for each in found.documents for node in found.parsed(each).nodes} == {
        *installs
    }


@pytest.mark.parametrize(("release", "documents"), [("1.1.0", 37), ("0.23.0", 36)])
def test_specs_from_a_cray_manifest_cannot_be_verified(
    corpus: Path, release: str, documents: int
) -> None:
    raw = (corpus / "cray" / "expected" / f"spack-{release}-index.json").read_bytes()
    found = read(raw)
    assert {each.origin for each in found.rows} == {"external-db"}
    assert all(each.unverifiable for each in found.documents)
    assert len(found.documents) == documents
    assert all(found.parsed(each).unverified_nodes for each in found.documents)


@pytest.mark.parametrize(
    ("release", "spec_format", "names", "roots"),
    [
        (
            "1.1.0",
            5,
            Counter(
                ["compiler-wrapper", "gcc", "glibc", "gmake", "gcc-runtime"]
                + ["lab-zx", "lab-stats"] * 2
            ),
            ["lab-stats"],
        ),
        ("0.23.0", 4, Counter(["glibc", "gmake", "gcc-runtime", "lab-zx"]), ["lab-zx"]),
    ],
)
def test_a_small_real_index_is_read(
    release: str, spec_format: int, names: Counter[str], roots: list[str]
) -> None:
    raw = (COLLECTIONS / f"store-index-{release}.json").read_bytes()
    found = read(raw)
    assert found.problems == []
    assert Counter(each.spec.name for each in found.rows) == names
    assert found.roots() == roots
    assert {each.spec_format for each in found.documents} == {spec_format}
    for each in found.documents:
        parsed = found.parsed(each)
        assert parsed.unverified_nodes == ()
        for known in parsed.nodes:
            original = json.loads(raw)["database"]["installs"][known.hash]["spec"]
            if known.hash != "hzo7whw2sriunu47x4zfk3apttdldxzo":
                assert known.document == json.dumps(original, separators=(",", ":"))


def test_a_lost_build_spec_is_restored_by_the_hash() -> None:
    raw = (COLLECTIONS / "store-index-1.1.0.json").read_bytes()
    spliced, original = (
        "hzo7whw2sriunu47x4zfk3apttdldxzo",
        "tpy7islu7qc7q2acthqi3vp2ltdldxzo",
    )
    assert "build_spec" not in json.loads(raw)["database"]["installs"][spliced]["spec"]
    found = read(raw)
    parsed = found.parsed(found.documents[0])
    assert parsed.root.hash == spliced
    assert parsed.root.build_spec == ("lab-stats", original)
    assert parsed.root.is_verified
    without = json.loads(raw)
    del without["database"]["installs"][original]
    [first, *_] = read(without).values()[spliced]["spec"]["nodes"]
    assert "build_spec" not in first, "nothing proves it without the other record"


def test_an_equal_suffix_alone_restores_nothing() -> None:
    one = node("one")
    two = node("two")
    forged = {**two, "hash": two["hash"][:-7] + one["hash"][-7:]}
    found = read(index(record(one), record(forged)))
    assert [each["spec"]["nodes"] for each in found.values().values()] == [[one], [forged]]


def test_an_undecodable_record_does_not_stop_the_search_for_build_specs() -> None:
    raw = (COLLECTIONS / "store-index-1.1.0.json").read_bytes()
    head, spliced, rest = raw.partition(b'"hzo7whw2sriunu47x4zfk3apttdldxzo":{"spec":{')
    found = read(head + spliced + b'"\xff":1,' + rest)
    assert len(found.rows) == 9
    faults = []
    for each in found.documents:
        try:
            found.parsed(each)
        except DocumentError as error:
            faults.append(error.fault)
    assert faults == [Fault.MALFORMED]


def test_all_fields_of_a_record_are_read() -> None:
    old, new = node("app", "1"), node("app", "2", external={"path": "/usr", "module": None})
    found = read(
        index(
            record(old, path="None", installed=False, explicit=None, deprecated_for=new["hash"]),
            record(new, path="/usr/", explicit=True, installation_time=7, origin="external-db"),
        )
    )
    assert found.rows == [
        Installation(
            SpecName(old["hash"], "app", "1"),
            explicit=False,
            installed_at=1.5,
            prefix_hash=None,
            installed=False,
            deprecated_for=new["hash"],
        ),
        Installation(
            SpecName(new["hash"], "app", "2"),
            explicit=True,
            installed_at=7.0,
            prefix_hash=hash_prefix("/usr"),
            external=True,
            origin="external-db",
        ),
    ]


def test_roots_are_explicit_records_and_those_nothing_depends_on() -> None:
    leaf = node("leaf")
    middle = node("middle", "1.0", [(leaf, ["link"])])
    top = node("top", "1.0", [(middle, ["link"])])
    records = [record(leaf), record(middle, explicit=True), record(top)]
    assert read(index(*records)).roots() == ["middle", "top"]


def test_a_dependency_is_found_in_an_upstream_store() -> None:
    leaf = node("leaf")
    top = node("top", "1.0", [(leaf, ["link"])])
    local, upstream = index(record(top)), index(record(leaf, explicit=True))
    alone = read(local)
    assert alone.documents == []
    assert [each.spec.name for each in alone.rows] == ["top"]
    assert alone.faults() == [(Fault.MISSING_DEPENDENCY, f"/database/installs/{top['hash']}/spec")]
    assert f"leaf/{leaf['hash']}" in alone.problems[0].error.detail
    found = read(local, upstream)
    assert found.problems == []
    assert [(each.spec.name, each.upstream) for each in found.rows] == [
        ("top", False),
        ("leaf", True),
    ]
    assert found.values()[top["hash"]] == document(top, leaf)


def test_an_upstream_store_may_have_an_older_format_with_equal_hashes() -> None:
    leaf = named("lab-sim-2.0-276hkku").read_bytes()
    nodes = json.loads(leaf)["spec"]["nodes"]
    upstream = index(*(record(each) for each in nodes), version="7")
    top = node("top", "1.0", [(nodes[0], ["link"])])
    found = read(index(record(top)), upstream)
    [whole] = found.documents
    assert whole.spec_format == 5
    parsed = found.parsed(whole)
    assert [known.name for known in parsed.nodes][:2] == ["top", nodes[0]["name"]]
    assert parsed.unverified_nodes == ()


LATER = [path for path in SPECS if json.loads(path.read_bytes())["spec"]["_meta"]["version"] > 2]


@pytest.mark.parametrize("path", LATER, ids=lambda path: path.stem[:30])
def test_versions_6_to_8_have_formats_3_to_5(path: Path) -> None:
    value = json.loads(path.read_bytes())
    version = {3: "6", 4: "7", 5: "8"}[value["spec"]["_meta"]["version"]]
    records = [record(each) for each in value["spec"]["nodes"]]
    found = read(index(*records, version=version))
    assert list(found.values().values()) == [value]
    assert found.parsed(found.documents[0]).unverified_nodes == ()


def runtime_nodes(path: Path) -> list[dict[str, Any]]:
    """Return the records that Spack 0.17 writes into its index, from a document of format 2."""
    nodes = json.loads(path.read_bytes())["spec"]["nodes"]
    by_hash = {each["full_hash"]: each for each in nodes}
    made = []
    for each in nodes:
        kept = [
            {"name": edge["name"], "hash": by_hash[edge["full_hash"]]["hash"], "type": edge["type"]}
            for edge in each.get("dependencies", [])
            if {"link", "run"} & {*edge["type"]}
        ]
        body = {k: v for k, v in each.items() if k not in ("package_hash", "dependencies")}
        hashes = {k: body.pop(k) for k in ("hash", "full_hash", "build_hash")}
        if kept:
            body["dependencies"] = kept
        made.append({**body, "hash": hashes["hash"], "full_hash": hashes["full_hash"]})
    return made


def test_spack_0_17_indexes_link_and_run_dependencies_by_hash() -> None:
    nodes = runtime_nodes(named("hdf5-1.10.7"))
    assert all(
        compute_hash({k: v for k, v in n.items() if "hash" not in k}, 3) == n["hash"] for n in nodes
    )
    by_hash = {each["hash"]: each for each in nodes}
    top = nodes[0]
    value = {"database": {"installs": {h: record(n) for h, n in by_hash.items()}, "version": "6"}}
    found = read(value)
    assert found.problems == []
    assert [each.spec.hash for each in found.rows] == [*by_hash]
    whole = next(each for each in found.documents if each.root == top["hash"])
    assert whole.spec_format == 3
    assert found.parsed(whole).unverified_nodes == ()
    assert found.parsed(whole).root.hash == top["hash"] != top["full_hash"]


@pytest.mark.parametrize("version", ["0.9.3", "5"])
@pytest.mark.parametrize("with_hashes", [False, True], ids=["up to 0.15", "0.16"])
def test_version_5_keys_nodes_by_name_and_may_omit_the_hash(
    version: str, with_hashes: bool
) -> None:
    leaf = keyed_node("leaf")
    leaf_hash = keyed_hash(leaf)
    top = keyed_node("top", {"leaf": (leaf_hash, ["link"])})
    top_hash = keyed_hash(top)
    if with_hashes:
        leaf["leaf"] |= {"hash": leaf_hash, "full_hash": "f" * 32}
        top["top"] |= {"hash": top_hash, "full_hash": "g" * 32}
    installs = {top_hash: record(top), leaf_hash: record(leaf)}
    found = read({"database": {"installs": installs, "version": version}})
    assert found.problems == []
    assert [each.spec for each in found.rows] == [
        SpecName(top_hash, "top", "1.0"),
        SpecName(leaf_hash, "leaf", "1.0"),
    ]
    [whole] = found.documents
    parsed = found.parsed(whole)
    assert [known.hash for known in parsed.nodes] == [top_hash, leaf_hash]
    assert parsed.unverified_nodes == ()
    put_in = {} if with_hashes else {"hash": top_hash}
    assert json.loads(whole.raw)["spec"][0] == {"top": {**top["top"], **put_in}}


@pytest.mark.parametrize("version", ["10", "99", 8.5, None, "8 "])
def test_nothing_is_read_of_an_index_of_an_unknown_version(version: Any) -> None:
    value = index(record(node("a")))
    value["database"]["version"] = version
    if version is None:
        del value["database"]["version"]
    found = read(value)
    assert (found.rows, found.documents) == ([], [])
    assert found.faults() == [(Fault.UNKNOWN_FORMAT, "/database/version")]
    assert "docs/formats.md" in found.problems[0].error.detail


BROKEN: dict[str, tuple[Any, Fault, str]] = {
    "no spec": ({"path": "/x"}, Fault.INVALID, ""),
    "a list": ([1], Fault.INVALID, ""),
    "null": (None, Fault.INVALID, ""),
    "no version": (record({"name": "b", "hash": "b" * 32}), Fault.INVALID, "/spec"),
    "no hash": (record({"name": "b", "version": "1"}), Fault.INVALID, "/spec/hash"),
    "another hash": (record(node("other")), Fault.INVALID, "/spec/hash"),
    "arch": (record({**node("b"), "hash": "b" * 32, "arch": 7}), Fault.INVALID, "/spec/arch"),
    "abstract": (
        record({"name": "b", "versions": [":"], "hash": "b" * 32}),
        Fault.NOT_CONCRETE,
        "/spec",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_corrupt_record_is_a_problem_and_the_rest_is_read(kind: str) -> None:
    broken, fault, pointer = BROKEN[kind]
    first, last = node("first"), node("last")
    value = index(record(first))
    value["database"]["installs"]["b" * 32] = broken
    value["database"]["installs"][last["hash"]] = record(last)
    found = read(value)
    assert found.faults() == [(fault, f"/database/installs/{'b' * 32}{pointer}")]
    assert found.problems[0].place == "index 0"
    assert [each.spec.name for each in found.rows] == ["first", "last"]
    assert found.roots() == ["first", "last"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b'{"spec":{"name":"b","version":"1","parameters":{"n":1e400}}}', Fault.INVALID),
        (b'{"spec":{"name":"b","version":"1","parameters":{"n":NaN}}}', Fault.MALFORMED),
        (b'{"spec":{"name":"\xff","version":"1"}}', Fault.MALFORMED),
        (b'{"spec" {"name":"b"}}', Fault.MALFORMED),
        (b'{"spec":{"name":"b","version":"1","x":' + b"[" * 9000 + b"]" * 9000 + b"}}", None),
        (b"12345678901234567890123456789012345678901234567890", Fault.INVALID),
    ],
)
def test_a_record_that_is_not_json_does_not_stop_the_reader(
    text: bytes, fault: Fault | None
) -> None:
    last = dumped(record(node("last")))
    raw = b'{"database":{"version":"8","installs":{"%b":%b,"%b":%b}}}' % (
        b"b" * 32,
        text,
        node("last")["hash"].encode(),
        last,
    )
    found = read(raw)
    assert found.roots() == ["last"]
    [(actual, pointer)] = found.faults()
    assert pointer.startswith("/database/installs/" + "b" * 32)
    assert actual in ((fault,) if fault else (Fault.MALFORMED, Fault.INVALID))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"installation_time": "yesterday"}, "/installation_time"),
        ({"installation_time": [1]}, "/installation_time"),
        ({"installed": "yes"}, "/installed"),
        ({"path": 5}, "/path"),
        ({"deprecated_for": "nothing"}, "/deprecated_for"),
    ],
)
def test_a_record_with_invalid_fields_is_still_part_of_dags(
    change: dict[str, Any], pointer: str
) -> None:
    leaf = node("leaf")
    top = node("top", "1.0", [(leaf, ["link"])])
    found = read(index(record(top), record(leaf, **change)))
    assert [each.spec.name for each in found.rows] == ["top"]
    assert found.roots() == ["top"]
    assert found.faults() == [(Fault.INVALID, f"/database/installs/{leaf['hash']}{pointer}")]


@pytest.mark.parametrize("text", [b"1e400", b"9" * 400])
def test_an_invalid_time_drops_only_the_row(text: bytes) -> None:
    value = dumped(index(record(node("a")))).replace(
        b'"installation_time": 1.5', b'"installation_time": ' + text
    )
    found = read(value)
    assert (found.rows, found.roots(), len(found.problems)) == ([], ["a"], 1)


def test_two_records_for_a_hash_are_a_problem_only_if_they_differ() -> None:
    one = node("one")
    text = dumped(record(one))
    pair = b'{"database":{"version":"8","installs":{"%b":%b,"%b":%b}}}'
    key = one["hash"].encode()
    same = read(pair % (key, text, key, text))
    assert (len(same.rows), same.roots(), same.problems) == (1, ["one"], [])
    other = dumped(record({**one, "namespace": "mine"}))
    differing = read(pair % (key, text, key, other))
    assert (len(differing.rows), differing.roots()) == (1, ["one"])
    assert differing.faults() == [(Fault.INVALID, f"/database/installs/{one['hash']}")]


def test_complete_records_of_a_truncated_file_are_read() -> None:
    leaf = node("leaf")
    top = node("top", "1.0", [(leaf, ["link"])])
    raw = dumped(index(record(node("first")), record(leaf), record(top)))
    for end in range(len(raw) - 60, len(raw) - 400, -17):
        found = read(raw[:end])
        assert found.roots() == ["first", "leaf"]
        assert found.faults() == [(Fault.MALFORMED, f"/database/installs/{top['hash']}")]
        assert [each.spec.name for each in found.rows] == ["first", "leaf"]


def test_the_format_of_an_index_without_version_is_inferred() -> None:
    leaf = keyed_node("leaf")
    value = {"database": {"installs": {keyed_hash(leaf): record(leaf)}, "version": "5"}}
    found = read(dumped(value)[:-5])
    assert found.faults() == [(Fault.MALFORMED, "/database/version")]
    assert found.roots() == ["leaf"]


def test_a_truncated_archive_is_a_truncated_file() -> None:
    padding = "x" * 2000
    nodes = [node(f"n{number}", parameters={"text": padding}) for number in range(2000)]
    raw = dumped(index(*map(record, nodes)))
    packed = gzip.compress(raw)
    broken = source.open_decompressed(io.BytesIO(packed[: len(packed) // 2]))
    found = gather(store_index.read([StoreIndex("packed", broken)]))
    assert found.problems[0].error.fault is Fault.MALFORMED
    assert 0 < len(found.rows) == len(found.documents) < 2000


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"database":{}}', b'{"database":{"installs":3}}']
)
def test_other_documents_are_one_problem(text: bytes) -> None:
    found = read(text)
    assert (found.rows, found.documents, len(found.problems)) == ([], [], 1)


def test_every_kind_of_file_is_recognised_by_its_first_bytes() -> None:
    samples = {
        "store": COLLECTIONS / "store-index-1.1.0.json",
        "store 0.23": COLLECTIONS / "store-index-0.23.0.json",
        "cache": COLLECTIONS / "build-cache-index-0.23.0.json",
        "lock": COLLECTIONS / "lab-0.23.0.lock",
        "cray": COLLECTIONS / "cray-small-site.json",
        "manifest": next((COLLECTIONS / "mirror" / "v3").rglob("*.manifest.json")),
        "spec": SPECS[0],
    }
    tests = {
        "store": looks_like,
        "cache": buildcache.looks_like_index,
        "lock": lockfile.looks_like,
        "cray": cray_manifest.looks_like,
        "manifest": buildcache.looks_like_manifest,
        "spec file": buildcache.looks_like_spec_file,
    }
    actual = {
        sample: [kind for kind, test in tests.items() if test(path.read_bytes()[: 1 << 16])]
        for sample, path in samples.items()
    }
    assert actual == {
        "store": ["store"],
        "store 0.23": ["store"],
        "cache": ["cache"],
        "lock": ["lock"],
        "cray": ["cray"],
        "manifest": ["manifest"],
        "spec": [],
    }
    assert looks_like(b' {\n "database" : {"installs"')
    assert not looks_like(b"")
