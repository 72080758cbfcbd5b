import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.specs.dag_hash import HASH_KEYS, Proof, compute_hash, prove_hash
from loaders.specs.document import parse_document
from tests.documents import SPECS, SPLICED, document, dumped, named, node

FLAGS = ("cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs")
FEATURES = """
adx aes avx avx2 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vpopcntdq avx512bw avx512cd avx512dq
avx512f avx512ifma avx512vbmi avx512vl bmi1 bmi2 clflushopt clwb f16c fma gfni mmx movbe pclmulqdq
popcnt rdpid rdrand rdseed sha_ni sse sse2 sse4_1 sse4_2 ssse3 umip vaes vpclmulqdq xsavec xsaveopt
"""
ICELAKE = {
    "name": "icelake",
    "vendor": "GenuineIntel",
    "features": FEATURES.split(),
    "generation": 0,
    "parents": ["cascadelake", "cannonlake"],
}


def format1(version: str, **more: Any) -> dict[str, Any]:
    return {
        "version": version,
        "arch": {"platform": "linux", "platform_os": "ubuntu20.04", "target": ICELAKE},
        "compiler": {"name": "gcc", "version": "9.4.0"},
        "namespace": "builtin",
        "parameters": {flag: [] for flag in FLAGS},
        **more,
    }


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_hash_of_every_node_written_by_spack_is_verified(path: Path) -> None:
    assert [each.name for each in parse_document(path.read_bytes()).unverified_nodes] == []


def test_format_1_is_hashed_as_yaml_in_flow_style() -> None:
    """The hash is the one that Spack 0.16 gave libsigsegv on an icelake machine."""
    body = {"libsigsegv": format1("2.12")}
    assert compute_hash(body, 1) == "sktrhlsjieou7bsns3jjnws4mvrxjwwj"


def test_format_1_build_hash_covers_build_dependencies() -> None:
    dependencies = {
        "libtool": {"hash": "gc2dl5inzj3lxlm3cbmvcx7nmtkppd4k", "type": ["build"]},
        "pkgconf": {"hash": "j7e5j3s23n7lk5nzp2qlgubldtpfqe3u", "type": ["build"]},
        "util-macros": {"hash": "yhhpr4rbkj3dbjamxtqqz4lu32e6aenw", "type": ["build"]},
    }
    with_build = {"libpciaccess": format1("0.16", dependencies=dependencies)}
    assert compute_hash(with_build, 1) == "25jfglkoz7ddiyq5cuy3hiknx2xdbex2"
    assert compute_hash({"libpciaccess": format1("0.16")}, 1) == "n6gf6qdyfowaq6fiyqbbzn5atl25rocd"


def test_format_1_specs_are_identified_by_build_hash_if_their_edges_use_it() -> None:
    leaf = format1("2.12")
    leaf_hash = compute_hash({"libsigsegv": leaf}, 1)
    leaf |= {"hash": leaf_hash, "build_hash": leaf_hash}
    edge = {"libsigsegv": {"hash": leaf_hash, "type": ["build", "link"]}}
    root = format1("1.4.18", dependencies=edge)
    root_hash = compute_hash({"m4": root}, 1)
    root |= {"hash": root_hash, "build_hash": root_hash}
    parsed = parse_document(dumped({"spec": [{"m4": root}, {"libsigsegv": leaf}]}))
    assert parsed.spec_format == 1
    assert [each.hash for each in parsed.nodes] == [root_hash, leaf_hash]
    assert parsed.unverified_nodes == ()
    assert [(edge.name, edge.deptypes) for edge in parsed.root.edges] == [
        ("libsigsegv", ("build", "link"))
    ]


def test_format_1_hash_over_runtime_dependencies_only_is_verified_after_repair() -> None:
    tool = format1("1.7.3")
    tool["hash"] = compute_hash({"pkgconf": tool}, 1)
    root = format1("1.0")
    root_hash = compute_hash({"app": root}, 1)
    root |= {"dependencies": {"pkgconf": {"hash": tool["hash"], "type": ["build"]}}}
    root["hash"] = root_hash
    parsed = parse_document(dumped({"spec": [{"app": root}, {"pkgconf": tool}]}))
    assert parsed.root.proof is Proof.REPAIRED
    assert parsed.root.hash == root_hash


@pytest.mark.parametrize("kind", ["hash", "build_hash", "full_hash"])
def test_each_of_the_three_hashes_of_format_2_is_checked(kind: str) -> None:
    spec = json.loads(named("hdf5-1.10.7").read_bytes())
    root = spec["spec"]["nodes"][0]
    assert parse_document(dumped(spec)).root.is_verified
    root[kind] = "a" * 32
    assert not parse_document(dumped(spec), allow_unverified=True).root.is_verified


def test_an_external_of_packages_yaml_is_verified_without_its_namespace() -> None:
    documents = [
        parse_document(path.read_bytes()) for path in SPECS if path.name.startswith("zlib-1.3.1")
    ]
    gcc = next(each for each in documents[0].nodes if each.name == "gcc")
    assert gcc.proof is Proof.REPAIRED
    assert gcc.is_verified


@pytest.mark.parametrize(("prefix", "spec_format"), [("fftw-3.3.10", 4), ("cmake-3.23.1", 3)])
def test_a_node_rewritten_by_spack_1_from_an_older_format_is_verified(
    prefix: str, spec_format: int
) -> None:
    for original in json.loads(named(prefix).read_bytes())["spec"]["nodes"]:
        if original.get("external"):
            continue
        body = {key: value for key, value in original.items() if key not in ("compiler", "hash")}
        compiler = original["compiler"]
        for edge in body.get("dependencies", []):
            if "type" in edge:
                edge["parameters"] = {"deptypes": edge.pop("type"), "virtuals": []}
        body["annotations"] = {
            "original_specfile_version": spec_format,
            "compiler": f"{compiler['name']}@={compiler['version']}",
        }
        proof, _ = prove_hash(body, original["hash"], 5)
        assert proof is Proof.REPAIRED


@pytest.mark.parametrize("spec_format", [3, 4])
def test_a_node_of_format_2_rewritten_by_a_later_spack_is_verified(spec_format: int) -> None:
    nodes = json.loads(named("hdf5-1.10.7").read_bytes())["spec"]["nodes"]
    by_full = {each["full_hash"]: each["hash"] for each in nodes}
    for original in nodes:
        body = {key: value for key, value in original.items() if key not in HASH_KEYS}
        for edge in body.get("dependencies", []):
            kinds = edge.pop("type")
            edge["hash"] = by_full[edge.pop("full_hash")]
            later = {"parameters": {"deptypes": kinds, "virtuals": []}}
            edge |= later if spec_format == 4 else {"type": kinds}
        assert prove_hash(body, original["hash"], spec_format)[0] is Proof.REPAIRED


def test_a_node_of_format_1_rewritten_by_a_later_spack_is_verified() -> None:
    inner = format1("2.12")
    body = {"name": "libsigsegv", **inner, "package_hash": "a" * 52 + "===="}
    assert prove_hash(body, "sktrhlsjieou7bsns3jjnws4mvrxjwwj", 3)[0] is Proof.REPAIRED


def test_the_hash_of_a_spliced_node_ends_like_that_of_its_build_spec() -> None:
    built = node("app")
    spliced = node("app", "1.0", build_spec=built)
    assert spliced["hash"][-7:] == built["hash"][-7:]
    assert spliced["hash"][:-7] != built["hash"][:-7]
    assert prove_hash(spliced, spliced["hash"], 5)[0] is Proof.DIRECT


def test_spliced_documents_are_consistent_or_not_as_recorded_with_the_case() -> None:
    expected = {
        "lab-sim-2.0-pgwyrfgkq6tdz7enlwptgzmvmldqrmmq": True,
        "lab-sim-2.0-mnrqfecgb5cuuv7p5mloxpek22nlz3nq": False,
    }
    for path in SPLICED:
        consistent = expected.get(path.stem.removeprefix("results--"))
        if consistent is not None:
            assert (parse_document(path.read_bytes()).unverified_nodes == ()) is consistent


@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_is_part_of_the_hash(shuffler: random.Random) -> None:
    spec = json.loads(named("cmake-3.23.1").read_bytes())["spec"]["nodes"][0]
    keys = [key for key in spec if key not in HASH_KEYS]
    shuffled = list(keys)
    shuffler.shuffle(shuffled)
    same = compute_hash({key: spec[key] for key in shuffled}, 3) == spec["hash"]
    assert same is (shuffled == keys)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_unknown_keys_of_a_node_are_hashed_and_kept(more: dict[str, Any]) -> None:
    known = {"name", "version", "arch", "compiler", "namespace", "parameters", "external"}
    known |= {"package_hash", "dependencies", "build_spec", "annotations", "concrete", *HASH_KEYS}
    made = node("app", **{key: each for key, each in more.items() if key not in known})
    parsed = parse_document(dumped(document(made)))
    assert parsed.root.proof is Proof.DIRECT
    assert json.loads(parsed.root.document) == made
    assert list(json.loads(parsed.root.document)) == list(made)
