"""The spec documents in the tarballs of build caches, which still name build specs."""

import gzip
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest
import zstandard

from cypher.run import Database
from loaders.collections import tarballs
from loaders.collections.buildcache import MIRROR_KIND, read_mirror
from loaders.collections.mirror_entries import parse_spec_file
from loaders.collections.tarballs import read_spec_document
from loaders.errors import DocumentError, Fault
from loaders.evidence import EmbeddedDocument
from loaders.folder import Folder
from loaders.specs.document import parse_document
from tests.documents import REWIRED, document, dumped, node
from tests.graph import value
from tests.loaders.collections.gathered import Gathered, gather
from tests.loaders.collections.test_buildcache import blob, manifest
from tests.loading import load

SPLICED = "ekhqpr4b4u7qf5ww7g22ucnxr5lcipow"
BUILT = "rduow63atur4sld6ilkyew6sah4633m7"


def written(hash_: str) -> bytes:
    """Return the document that Spack wrote into the prefix of `app`."""
    [path] = (REWIRED / "opt").glob(f"app-1.0-{hash_}/.spack/spec.json")
    return path.read_bytes()


def stripped(hash_: str) -> bytes:
    """Return the spec of `app` in the real cache, which lacks the build specs."""
    [path] = (REWIRED / "cache" / "v3").rglob(f"*{hash_}.spec.manifest.json")
    data = json.loads(path.read_bytes())["data"]
    [checksum] = [each["checksum"] for each in data if ".spec." in each["mediaType"]]
    packed = REWIRED / "cache" / "blobs" / "sha256" / checksum[:2] / checksum
    return gzip.decompress(packed.read_bytes())


def tar(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def tarball(content: bytes) -> bytes:
    """Return the tarball of a prefix with this `spec.json`, as Spack packs it."""
    prefix = f"srv/opt/linux-x86_64_v3/app-1.0-{SPLICED}"
    members = {
        f"{prefix}/README": b"read me",
        f"{prefix}/.spack/install_manifest.json": b"{}",
        f"{prefix}/.spack/spec.json": content,
        f"{prefix}/lib/libapp.so": b"\x7fELF" + bytes(100_000),
    }
    return gzip.compress(tar(members), mtime=0)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a copy of a real build cache of layout 3, without its tarballs."""
    return Path(shutil.copytree(REWIRED / "cache", tmp_path / "cache"))


def add_tarball(cache: Path, hash_: str, packed: bytes) -> Path:
    """Add a tarball to a cache, and its checksum to the manifest; return the tarball's path."""
    [path] = (cache / "v3" / "manifests" / "spec").rglob(f"*{hash_}.spec.manifest.json")
    content = json.loads(path.read_bytes())
    entry = blob(cache, packed, "install.v2.tar+gzip")
    content["data"][0] = entry
    path.write_bytes(dumped(content))
    checksum = str(entry["checksum"])
    return cache / "blobs" / "sha256" / checksum[:2] / checksum


def embedded(found: Gathered) -> list[EmbeddedDocument]:
    return [row for row in found.rows if isinstance(row, EmbeddedDocument)]


def test_document_in_the_tarball_of_a_splice_is_read(cache: Path) -> None:
    path = add_tarball(cache, SPLICED, tarball(written(SPLICED)))
    found = gather(read_mirror(cache))
    assert found.problems == []
    assert embedded(found) == [EmbeddedDocument(str(path), written(SPLICED))]
    root = parse_document(embedded(found)[0].raw).root
    assert root.build_spec is not None
    assert (root.hash, root.build_spec[0]) == (SPLICED, "app")
    own = next(each for each in found.documents if each.root == SPLICED)
    assert own.unverifiable
    assert parse_document(own.raw, allow_unverified=True).root.build_spec is None


def test_tarball_of_a_spec_that_proves_its_hash_is_not_read(cache: Path) -> None:
    add_tarball(cache, BUILT, b"this is no tarball")
    found = gather(read_mirror(cache))
    assert (found.problems, embedded(found)) == ([], [])


def test_broken_tarball_is_named_and_the_others_are_read(cache: Path) -> None:
    whole = tarball(written(SPLICED))
    broken = add_tarball(cache, "zyvos4chh5ydokpbvi5h4vg5qiglsafg", whole[:400])
    good = add_tarball(cache, SPLICED, whole)
    found = gather(read_mirror(cache))
    [problem] = found.problems
    assert (problem.place, problem.error.fault) == (str(broken), Fault.MALFORMED)
    assert problem.error.detail.startswith("broken or truncated tarball: ")
    assert [each.place for each in embedded(found)] == [str(good)]
    assert len(found.documents) == 4


def test_tarball_of_another_spec_is_refused(cache: Path) -> None:
    add_tarball(cache, SPLICED, tarball(written(BUILT)))
    found = gather(read_mirror(cache))
    detail = f"the document in the tarball is that of app/{BUILT}"
    assert [problem.error.detail for problem in found.problems] == [detail]
    assert embedded(found) == []


@pytest.mark.parametrize("folder", ["linux-x86_64_v3/gcc-12.2.0/app-1.0", "linux-x86_64_v3/app"])
@pytest.mark.parametrize(("layout", "is_read"), [(2, True), (1, True), (None, False)])
def test_tarball_of_the_old_layout_is_found_by_its_hash(
    tmp_path: Path, folder: str, layout: int | None, is_read: bool
) -> None:
    old = tmp_path / "build_cache"
    name = f"linux-x86_64_v3-app-1.0-{SPLICED}"
    spec = json.loads(stripped(SPLICED))
    spec.pop("buildcache_layout_version", None)
    more = {} if layout is None else {"buildcache_layout_version": layout}
    old.mkdir()
    (old / f"{name}.spec.json").write_bytes(dumped({**spec, **more}))
    packed = old / folder / f"{name}.spack"
    packed.parent.mkdir(parents=True)
    packed.write_bytes(tarball(written(SPLICED)))
    found = gather(read_mirror(tmp_path))
    assert found.problems == []
    expected = [EmbeddedDocument(str(packed), written(SPLICED))] if is_read else []
    assert embedded(found) == expected


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize("name", [".spack/spec.json", "./.spack/spec.json", "a/b/.spack/spec.json"])
def test_tarball_may_be_compressed_in_any_way(tmp_path: Path, compression: str, name: str) -> None:
    members = {"x.spack/spec.json": b"1", "a/.spack/spec.json/x": b"2", name: b"{}", "b": b"3"}
    packed = tar(members)
    if compression == "gzip":
        packed = gzip.compress(packed)
    elif compression == "zstd":
        packed = zstandard.compress(packed)
    path = tmp_path / "tarball"
    path.write_bytes(packed)
    assert read_spec_document(path) == b"{}"


def test_search_ends_once_the_document_is_found(tmp_path: Path) -> None:
    path = tmp_path / "tarball"
    packed = tarball(b"{}")
    path.write_bytes(packed[: len(packed) - 60])
    assert read_spec_document(path) == b"{}"


def test_search_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tarball"
    path.write_bytes(tar({"big": bytes(200_000), ".spack/spec.json": b"{}"}))
    with monkeypatch.context() as patched:
        patched.setattr(tarballs, "MAX_BYTES", 100_000)
        with pytest.raises(DocumentError, match="MiB of the tarball do not include") as caught:
            read_spec_document(path)
    assert caught.value.fault is Fault.TOO_LARGE
    monkeypatch.setattr(tarballs, "MAX_MEMBERS", 1)
    with pytest.raises(DocumentError, match="the first 1 members of the tarball do not include"):
        read_spec_document(path)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no tarball at all",
        gzip.compress(b"no tarball at all", mtime=0),
        gzip.compress(bytes(10_000), mtime=0),
        tar({"README": b"read me"}),
        gzip.compress(tar({"README": b"read me"}), mtime=0)[:-20],
        b"\x28\xb5\x2f\xfd broken",
    ],
)
def test_tarball_without_the_document_is_malformed(tmp_path: Path, packed: bytes) -> None:
    path = tmp_path / "tarball"
    path.write_bytes(packed)
    with pytest.raises(DocumentError) as caught:
        read_spec_document(path)
    assert caught.value.fault is Fault.MALFORMED


def test_link_in_place_of_the_document_is_not_followed(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(".spack/spec.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    path = tmp_path / "tarball"
    path.write_bytes(packed.getvalue())
    with pytest.raises(DocumentError, match=r"the tarball has no \.spack/spec\.json"):
        read_spec_document(path)


def test_dependency_with_a_mismatch_is_enough_to_read_the_tarball(tmp_path: Path) -> None:
    wrong = {**node("libfoo"), "version": "2.0"}
    root = node("app", dependencies=[(wrong, ["link"])])
    packed = document(root, wrong, node("other"))
    install = blob(tmp_path, tarball(dumped(packed)), "install.v2.tar+gzip")
    manifest(tmp_path, install, blob(tmp_path, gzip.compress(dumped(document(root, wrong)))))
    found = gather(read_mirror(tmp_path))
    assert [each.raw for each in embedded(found)] == [dumped(packed)]
    assert parse_spec_file(found.documents[0].raw).spec.hash == root["hash"]


def test_only_the_document_of_a_tarball_is_sent(cache: Path) -> None:
    packed = add_tarball(cache, SPLICED, tarball(written(SPLICED)))
    broken = add_tarball(cache, "zyvos4chh5ydokpbvi5h4vg5qiglsafg", b"broken")
    add_tarball(cache, BUILT, tarball(written(BUILT)))
    folder = Folder(cache)
    parts = list(MIRROR_KIND.files_to_send(MIRROR_KIND.folder_candidate(cache), folder))
    [reduced] = [part for part in parts if part.content is not None]
    assert reduced.name == packed.relative_to(cache).as_posix()
    assert len(reduced.content or b"") < 4_000
    assert [problem.place for problem in folder.problems] == [broken.relative_to(cache).as_posix()]

    for part in parts:
        assert part.name not in (broken.name, packed.name)
    packed.write_bytes(reduced.content or b"")
    found = embedded(gather(read_mirror(cache)))
    assert [each.raw for each in found] == [written(SPLICED)]


def test_splices_of_a_cache_are_stored_with_their_build_specs(
    cache: Path, database: Database
) -> None:
    add_tarball(cache, SPLICED, tarball(written(SPLICED)))
    load(database, [cache])
    query = """
    MATCH (:Spec {hash: $spliced})-[:SPLICED_FROM]->(built:Spec) RETURN collect(DISTINCT built.hash)
    """
    assert value(database, query, spliced=SPLICED) == [BUILT]
