import gzip
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import zstandard

from loaders.collections import buildcache, store_index
from loaders.collections.buildcache import (
    Archive,
    MirrorEntry,
    read_manifest,
    read_mirror,
    read_spec_file,
)
from loaders.collections.mirror_entries import strip_signature
from loaders.collections.tarballs import OldTarballs
from loaders.errors import Fault
from loaders.evidence import SpecName
from tests.documents import document, dumped, named, node
from tests.loaders.collections.gathered import COLLECTIONS, Gathered, gather, stream

MIRROR = COLLECTIONS / "mirror"
WRAPPER = "jrtxylmzw232laxox2s5a5wkhr7skrim"
RUNTIME = "bclyy6y54t7alia6wgagyitgnmvllrcl"


def read_file(raw: bytes) -> Gathered:
    """Read a spec file of the old layout that has no tarball."""
    return gather(read_spec_file(raw, "a file", OldTarballs(Path("none"))))


def signed(text: bytes) -> bytes:
    return (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        + text.replace(b"\n-", b"\n- -")
        + b"\n-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCgAdFiEE\n=abcd\n"
        b"-----END PGP SIGNATURE-----\n"
    )


def spec_file(spec: dict[str, Any], layout: int | None = 2) -> bytes:
    more: dict[str, Any] = {"binary_cache_checksum": {"hash_algorithm": "sha256", "hash": "a" * 64}}
    if layout is not None:
        more["buildcache_layout_version"] = layout
    return dumped({**spec, **more})


def blob(mirror: Path, data: bytes, kind: str = "spec.v5+json", **more: Any) -> dict[str, Any]:
    """Add a blob to a mirror and return its entry in a manifest."""
    checksum = hashlib.sha256(data).hexdigest()
    path = mirror / "blobs" / "sha256" / checksum[:2] / checksum
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {
        "contentLength": len(data),
        "mediaType": f"application/vnd.spack.{kind}",
        "compression": "gzip",
        "checksumAlgorithm": "sha256",
        "checksum": checksum,
        **more,
    }


def manifest(mirror: Path, *blobs: dict[str, Any], name: str = "app") -> Path:
    path = mirror / "v3" / "manifests" / "spec" / name / f"{name}.spec.manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dumped({"version": 3, "data": blobs}))
    return path


def faults(found: Gathered) -> list[tuple[Fault, str]]:
    return [(problem.error.fault, problem.error.pointer) for problem in found.problems]


def test_a_real_index_of_the_old_layout_is_read(corpus: Path) -> None:
    path = corpus / "env" / "buildcache-023" / "build_cache" / "index.json"
    installs = json.loads(path.read_bytes())["database"]["installs"]
    with path.open("rb") as file:
        found = gather(buildcache.read_index(file, "index"))
    assert found.problems == []
    assert found.rows == [
        MirrorEntry(
            SpecName(hash_, each["spec"]["name"], each["spec"]["version"]),
            available=each["in_buildcache"],
            external="external" in each["spec"],
        )
        for hash_, each in installs.items()
    ]
    assert (len(found.rows), sum(each.available for each in found.rows)) == (16, 14)
    assert sorted(found.roots()) == ["lab-mvapich", "lab-sim", "lab-suite"]
    for root, value in found.values().items():
        [alone] = path.parent.glob(f"*-{root}.spec.json")
        assert value == {"spec": json.loads(alone.read_bytes())["spec"]}


def test_a_real_mirror_of_the_old_layout_is_read(corpus: Path) -> None:
    folder = corpus / "env" / "buildcache-023"
    found = gather(read_mirror(folder))
    assert found.problems == []
    assert [each.archive is None for each in found.rows] == [True] * 16 + [False] * 14
    assert sorted(found.roots()) == ["lab-mvapich", "lab-sim", "lab-suite"]
    for each in found.rows[16:]:
        [path] = (folder / "build_cache").glob(f"*-{each.spec.hash}.spec.json")
        value = json.loads(path.read_bytes())
        checksum = value["binary_cache_checksum"]["hash"]
        assert each == MirrorEntry(
            each.spec, True, layout=2, signed=False, archive=Archive("sha256", checksum)
        )


def test_a_real_mirror_of_layout_3_is_read(corpus: Path) -> None:
    folder = corpus / "env" / "buildcache-110"
    found = gather(read_mirror(folder))
    assert found.problems == []
    assert (len(found.rows), sum(each.archive is not None for each in found.rows)) == (51, 24)
    store = corpus / "store" / "spack-1.1.0" / "opt-store"
    folders = [json.loads(path.read_bytes()) for path in store.glob("**/.spack/spec.json")]
    written = {each["spec"]["nodes"][0]["hash"]: each for each in folders}
    assert found.values() == {root: written[root] for root in found.values()}
    assert len(found.documents) == 7
    assert all(not found.parsed(each).unverified_nodes for each in found.documents)
    lost = set()
    for path in sorted((folder / "v3" / "manifests" / "spec").rglob("*.json")):
        alone = gather(read_manifest(path))
        [entry] = alone.rows
        assert (
            path.name
            == f"{entry.spec.name}-{entry.spec.version}-{entry.spec.hash}.spec.manifest.json"
        )
        tarball, _ = json.loads(path.read_bytes())["data"]
        assert entry.archive == Archive("sha256", tarball["checksum"], tarball["contentLength"])
        value = written[entry.spec.hash]
        if any("build_spec" in each for each in value["spec"]["nodes"]):
            lost.add(entry.spec.name)
        else:
            assert alone.values() == {entry.spec.hash: value}
    assert lost == {"lab-sim", "lab-h5", "lab-stats"}, "Spack lost their build specs on the way"


def test_a_mirror_without_an_index_is_read_from_its_spec_files() -> None:
    found = gather(read_mirror(MIRROR))
    assert found.problems == []
    assert found.rows == [
        MirrorEntry(
            SpecName(RUNTIME, "gcc-runtime", "12.2.0"),
            True,
            layout=2,
            signed=False,
            archive=Archive(
                "sha256", "daf60bf092b941322f6c3f9412a737dc5b5c43f42e8c05106c9ffc07c153a777"
            ),
        ),
        MirrorEntry(
            SpecName(WRAPPER, "compiler-wrapper", "1.0"),
            True,
            layout=3,
            signed=False,
            archive=Archive(
                "sha256",
                "a93df4810694dbd1f519b9edbedc6a9d2d96755bf57345c5f3b99e194e52174c",
                16174,
            ),
        ),
    ]
    assert found.roots() == ["gcc-runtime", "compiler-wrapper"]
    assert all(not found.parsed(each).unverified_nodes for each in found.documents)


def test_a_real_index_marks_available_specs() -> None:
    raw = (COLLECTIONS / "build-cache-index-0.23.0.json").read_bytes()
    found = gather(buildcache.read_index(stream(raw), "index"))
    assert [(each.spec.name, each.available, each.external) for each in found.rows] == [
        ("glibc", False, True),
        ("gcc-runtime", True, False),
        ("gmake", False, True),
        ("lab-zx", True, False),
    ]
    assert found.roots() == ["lab-zx"]


@pytest.mark.parametrize("layout", [None, 1, 2])
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_spec_file_may_be_signed(layout: int | None, is_signed: bool) -> None:
    value = json.loads(named("lab-sim-2.0-276hkku").read_bytes())
    raw = spec_file(value, layout)
    found = read_file(signed(raw) if is_signed else raw)
    assert found.problems == []
    root = value["spec"]["nodes"][0]
    assert found.rows == [
        MirrorEntry(
            SpecName(root["hash"], "lab-sim", "2.0"),
            True,
            layout=layout or 0,
            signed=is_signed,
            archive=Archive("sha256", "a" * 64),
        )
    ]
    assert found.values() == {root["hash"]: value}


def test_a_spec_of_format_2_is_identified_by_its_full_hash() -> None:
    value = json.loads(named("hdf5-1.10.7").read_bytes())
    found = read_file(spec_file(value, None))
    [entry] = found.rows
    assert entry.spec.hash == found.documents[0].root == value["spec"]["nodes"][0]["full_hash"]
    assert found.parsed(found.documents[0]).root.hash == entry.spec.hash


def test_dash_escapes_of_a_signed_text_are_removed() -> None:
    text = b'{"spec":\n- 5,\n"a":"\n-5"}'
    assert strip_signature(signed(text)) == (text.replace(b"\n- 5", b"\n- 5") + b"\n", True)
    assert strip_signature(signed(text).replace(b"\n", b"\r\n"))[1]
    assert strip_signature(text) == (text, False)


@pytest.mark.parametrize(
    ("raw", "fault", "pointer"),
    [
        (signed(b'{"spec":{}}')[:60], Fault.MALFORMED, ""),
        (b'{"spec":', Fault.MALFORMED, ""),
        (b'{"nodes":[]}', Fault.INVALID, ""),
        (b'{"spec":{"_meta":{"version":5},"nodes":[]}}', Fault.INVALID, "/spec/nodes"),
        (b'{"spec":{"_meta":{"version":5},"nodes":[{}]}}', Fault.INVALID, "/spec/nodes/0"),
        (b'{"spec":{"_meta":{},"nodes":[{}]}}', Fault.INVALID, "/spec/_meta"),
        (
            dumped({**document(node("a")), "binary_cache_checksum": {"hash": "../../x"}}),
            Fault.INVALID,
            "/binary_cache_checksum",
        ),
    ],
)
def test_an_invalid_spec_file_is_one_problem(raw: bytes, fault: Fault, pointer: str) -> None:
    found = read_file(raw)
    assert (found.rows, found.documents) == ([], [])
    assert faults(found) == [(fault, pointer)]
    assert found.problems[0].place == "a file"


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["plain", "gz", "zstd"]
)
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_manifest_is_read_with_its_blob(tmp_path: Path, pack: Any, is_signed: bool) -> None:
    app = node("app")
    archive = blob(tmp_path, b"tarball", "install.v2.tar+gzip")
    path = manifest(tmp_path, archive, blob(tmp_path, pack(dumped(document(app)))))
    if is_signed:
        path.write_bytes(signed(path.read_bytes()))
    found = gather(read_manifest(path))
    assert found.problems == []
    packed = Archive("sha256", archive["checksum"], 7)
    assert found.rows == [
        MirrorEntry(SpecName(app["hash"], "app", "1.0"), True, False, 3, is_signed, packed)
    ]
    assert found.values() == {app["hash"]: document(app)}


def test_a_manifest_of_an_index_is_read(tmp_path: Path) -> None:
    app = node("app")
    records = {app["hash"]: {"spec": app, "ref_count": 0, "in_buildcache": True}}
    value = dumped({"database": {"version": "8", "installs": records}})
    path = tmp_path / "v3" / "manifests" / "index" / "index.manifest.json"
    path.parent.mkdir(parents=True)
    described = blob(tmp_path, zstandard.ZstdCompressor().compress(value), "db.v8+json")
    path.write_bytes(dumped({"version": 3, "data": [described]}))
    found = gather(read_mirror(tmp_path))
    assert found.rows == [MirrorEntry(SpecName(app["hash"], "app", "1.0"), True)]
    assert found.values() == {app["hash"]: document(app)}


def test_a_manifest_of_keys_is_ignored(tmp_path: Path) -> None:
    keys = {**blob(tmp_path, b"a key"), "mediaType": "application/pgp-keys"}
    assert list(read_manifest(manifest(tmp_path, keys))) == []


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"contentLength": 5}, Fault.MALFORMED),
        ({"checksumAlgorithm": "sha512"}, Fault.MALFORMED),
        ({"checksumAlgorithm": "crc32"}, Fault.INVALID),
        ({"checksumAlgorithm": "../.."}, Fault.INVALID),
        ({"checksum": "../../../../etc/passwd"}, Fault.INVALID),
        ({"checksum": "0" * 64}, Fault.MALFORMED),
    ],
)
def test_a_blob_must_match_its_manifest(tmp_path: Path, more: dict[str, Any], fault: Fault) -> None:
    described = blob(tmp_path, gzip.compress(dumped(document(node("app")))), **more)
    found = gather(read_manifest(manifest(tmp_path, described)))
    assert (found.rows, found.documents) == ([], [])
    assert [actual for actual, _ in faults(found)] == [fault]


def test_a_modified_blob_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    shutil.copytree(MIRROR, folder)
    good = manifest(folder, blob(folder, dumped(document(node("app")))))
    [changed] = (folder / "blobs" / "sha256" / "85").iterdir()
    changed.write_bytes(changed.read_bytes()[:-1] + b"?")
    found = gather(read_mirror(folder))
    assert sorted(found.roots()) == ["app", "gcc-runtime"]
    [problem] = found.problems
    assert problem.place.endswith(f"{WRAPPER}.spec.manifest.json")
    assert "checksum" in problem.error.detail
    assert good.exists()


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'{"version":3}', b'{"version":3,"data":[{}]}', b'{"version":"3","data":[]}'],
)
def test_an_invalid_manifest_is_one_problem(tmp_path: Path, text: bytes) -> None:
    path = manifest(tmp_path)
    path.write_bytes(text)
    found = gather(read_manifest(path))
    assert [actual for actual, _ in faults(found)] in ([Fault.INVALID], [Fault.MALFORMED])


def test_a_manifest_in_another_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "app.spec.manifest.json"
    path.write_bytes(dumped({"version": 3, "data": [blob(tmp_path, b"x")]}))
    assert faults(gather(read_manifest(path))) == [(Fault.INVALID, "")]


def test_spec_files_complete_an_index_with_problems(tmp_path: Path) -> None:
    lib = node("lib")
    app = node("app", "1.0", [(lib, ["link"])])
    folder = tmp_path / "build_cache"
    folder.mkdir()
    records = {app["hash"]: {"spec": app, "in_buildcache": True}}
    index = dumped({"database": {"version": "8", "installs": records}})
    (folder / "index.json").write_bytes(index)
    (folder / "app.spec.json.sig").write_bytes(signed(spec_file(document(app, lib))))
    (folder / "bad.spec.json").write_bytes(b"{")
    found = gather(read_mirror(tmp_path))
    assert found.values() == {app["hash"]: document(app, lib)}
    assert faults(found) == [
        (Fault.MISSING_DEPENDENCY, f"/database/installs/{app['hash']}/spec"),
        (Fault.MALFORMED, ""),
    ]


def test_spec_files_are_recognised_by_first_and_last_bytes() -> None:
    raw = spec_file(json.loads(named("lab-sim-2.0-276hkku").read_bytes()))
    head, tail = raw[:1000], raw[-200:]
    assert buildcache.looks_like_spec_file(head, tail)
    assert not buildcache.looks_like_spec_file(head)
    assert buildcache.looks_like_spec_file(signed(raw)[:1000])
    assert not buildcache.looks_like_spec_file(b"", tail)
    path = next((MIRROR / "v3").rglob("*.manifest.json"))
    assert buildcache.looks_like_manifest(signed(path.read_bytes())[:400])
    assert not store_index.looks_like(raw)
