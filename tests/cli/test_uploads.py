"""The parts of a folder that are sent to a service, which reads them like a local load."""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from loaders.builds import install_folder, stage_folder, stage_log_file
from loaders.collections.tarballs import pack_spec_document
from loaders.document_kinds import Candidate, DocumentKind
from loaders.folder import Folder
from loaders.load_options import LoadOptions
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import QueuedDocument
from loaders.pipeline.reports import DocumentReport, Outcome
from loaders.reports import cdash
from service.cli import uploads
from service.cli.api import Api
from tests.cli.commands import Commands
from tests.documents import DATA, REWIRED, document, dumped, named, node
from tests.graph import count_by_type

STAGE = f"spack-stage-app-1.0-{'a' * 32}"
PACKAGE = "lab-sim-2.0-iw5yw6b6c6hrzcc7edw2mpvca5shfn7w"
LATIN = os.fsdecode(b"caf\xe9")
LOG = "==> app: Executing phase: 'build'\nmake: *** [all] Error 2\n"


class RecordingApi(Api):
    """An API that records the files sent, and answers that nothing was new."""

    def __init__(self) -> None:
        self.members: dict[str, bytes | None] = {}
        self.parameters: dict[str, Any] = {}

    def send(self, path: str, body: Any, /, **parameters: Any) -> Any:
        self.parameters = parameters
        with tarfile.open(fileobj=body) as tar:
            for member in tar:
                assert member.isfile() or member.isdir()
                file = tar.extractfile(member)
                self.members[member.name] = file.read() if file else None
        return {"documents": []}


class NoDocuments:
    """A queue for clients, which leave it to the service to find documents in others."""

    def __call__(self, place: str, raw: bytes, allow_unverified: bool = False) -> QueuedDocument:
        raise AssertionError(place)

    def has_accepted(self, hash_: str) -> bool:
        raise AssertionError(hash_)

    def flush(self) -> None:
        raise AssertionError


def sent(path: Path, kind: DocumentKind | None = None) -> tuple[RecordingApi, list[DocumentReport]]:
    """Send the last candidate at a path, or that of a kind; return the record and the reports."""
    *_, candidate = (each for each in discover([path]) if kind in (None, each.kind))
    recorded = RecordingApi()
    return recorded, [*send(candidate, recorded)]


def send(candidate: Candidate, api: Api) -> Iterator[DocumentReport]:
    yield from uploads.upload_to(api, LoadOptions(), allow_unverified=False)(
        candidate, NoDocuments(), lambda count: None
    )


def put(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def graph_of(commands: Commands, database: Database, path: Path) -> Any:
    """Load a path into an empty database; return the counts and the builds of the graph."""
    with database.driver.session() as session:
        session.run("MATCH (n) DETACH DELETE n").consume()
    # Commands do not upload programs and libraries.
    answer = commands.json("load", "--site", "a", "--name", "m", "--no-abi", str(path))
    with database.driver.session() as session:
        builds = session.run("MATCH (b:Build) RETURN properties(b) AS b ORDER BY b.uid").data()
        names = session.run("MATCH (a)-[k]->(b:Blob) RETURN k.name AS n ORDER BY n").data()
    for each in builds:
        del each["b"]["load"]
    return answer["summary"]["counts"], count_by_type(database), builds, names


# Installed packages


def test_the_files_that_the_reader_needs_of_an_installed_package_are_sent(tmp_path: Path) -> None:
    folder = tmp_path / "app-1.0" / ".spack"
    read: dict[str, str | bytes] = {
        "spec.json": "{}",
        "spec.yaml": "spec:",
        "spdx-2.3-sbom.json": "{}",
        "spack-build-out.txt": LOG,
        "archived-files/spack-src/config.log": "x",
        "repos/builtin/packages/app/package.py": "class App: pass",
    }
    put(folder, read)
    put(folder, {"binary_distribution": "key: of ours"})
    put(folder, {"mirrors.yaml": "s", "gpg/secring.gpg": "s", "id_rsa": "s", "x/spec.json": "s"})
    recorded, reports = sent(folder)
    assert reports == []
    marks = {"binary_distribution": b""}
    expected = {name: str(content).encode() for name, content in read.items()} | marks
    assert recorded.members == {f"app-1.0/.spack/{name}": raw for name, raw in expected.items()}


def test_every_file_that_the_reader_opens_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    opened, has = Folder.open, Folder.has

    def recorded_open(self: Folder, *names: str) -> io.BufferedReader | None:
        asked.update(names)
        return opened(self, *names)

    def recorded_has(self: Folder, name: str) -> bool:
        asked.add(name)
        return has(self, name)

    monkeypatch.setattr(Folder, "open", recorded_open)
    monkeypatch.setattr(Folder, "has", recorded_has)
    folder = tmp_path / f"app-1.0-{'a' * 32}" / ".spack"
    put(folder, {"spec.json": named("zlib-1.3.1").read_bytes()})
    install_folder.read_install_folder(folder)
    monkeypatch.undo()
    assert len(asked) >= 12
    put(folder, dict.fromkeys(asked, "{}"))
    recorded, _ = sent(folder)
    assert asked <= {name.split(".spack/")[1] for name in recorded.members}


def test_links_are_sent_as_files_if_they_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "app-1.0" / ".spack"
    put(folder, {"spec.json": "{}", "recorded/log.txt": LOG})
    put(tmp_path, {"secret": "s3cr3t"})
    (folder / "spack-build-out.txt").symlink_to("recorded/log.txt")
    (folder / "install_times.json").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "spack-build-env.txt")
    recorded, reports = sent(folder)
    assert set(recorded.members) == {
        "app-1.0/.spack/spec.json",
        "app-1.0/.spack/spack-build-out.txt",
    }
    places = [Path(each.source).name for each in reports]
    assert sorted(places) == ["install_times.json", "spack-build-env.txt"]


def test_a_package_given_by_a_relative_path_keeps_its_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"app-1.0/.spack/spec.json": "{}"})
    monkeypatch.chdir(tmp_path / "app-1.0")
    recorded, _ = sent(Path(".spack"))
    assert set(recorded.members) == {"app-1.0/.spack/spec.json"}


# Build stages


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A stage with a log without markers, whose sources could not be patched."""
    folder = tmp_path / "stages" / STAGE
    put(
        folder,
        {
            "spack-build-out.txt": "configuring\nbuilding\n",
            "spack-src/.spack_patch_failed": "",
            "spack-src/config.log": "configured\n",
            "spack-src/CMakeFiles/CMakeError.log": "one\n",
            "spack-src/main.c": "int main;",
            "spack-build-aaaaaaa/CMakeFiles/CMakeConfigureLog.yaml": "two\n",
            "spack-build-aaaaaaa/app.o": "o",
            "app-1.0.tar.gz": b"archive",
            ".netrc": "password s",
            "spack-notes.txt": "s",
        },
    )
    put(tmp_path, {"cache/b": b"cached"})
    (folder / "patch.tar.gz").symlink_to(tmp_path / "cache" / "b")
    return folder


def test_the_files_that_the_reader_needs_of_a_stage_are_sent(stage: Path) -> None:
    recorded, reports = sent(stage)
    assert reports == []
    assert set(recorded.members) == {
        STAGE,
        f"{STAGE}/spack-src",
        *(
            f"{STAGE}/{name}"
            for name in (
                "spack-build-out.txt",
                "spack-src/.spack_patch_failed",
                "spack-src/config.log",
                "spack-src/CMakeFiles/CMakeError.log",
                "spack-build-aaaaaaa/CMakeFiles/CMakeConfigureLog.yaml",
                "app-1.0.tar.gz",
            )
        ),
    }
    assert stage_folder.PATCH_FAILED == "spack-src/.spack_patch_failed"


@pytest.mark.parametrize("change", ["whole", "no config.log", "no sources", "no log", "empty"])
def test_a_stage_is_judged_alike_locally_and_by_a_service(
    specgraph: Commands, served: Commands, database: Database, stage: Path, change: str
) -> None:
    if change == "no config.log":
        (stage / "spack-src" / "config.log").unlink()
        (stage / "spack-src" / ".spack_patch_failed").unlink()
        shutil.rmtree(stage / "spack-src" / "CMakeFiles")
    if change == "no sources":
        shutil.rmtree(stage / "spack-src")
    if change == "no log":
        (stage / "spack-build-out.txt").unlink()
    if change == "empty":
        shutil.rmtree(stage)
        stage.mkdir()
    local = graph_of(specgraph, database, stage)
    assert graph_of(served, database, stage) == local
    (build,) = local[2]
    assert build["b"]["status"] == (
        "succeeded" if change in ("whole", "no config.log") else "failed"
    )


@pytest.mark.parametrize("has_stage", [False, True])
def test_a_log_next_to_the_stages_is_sent_with_its_name(tmp_path: Path, has_stage: bool) -> None:
    log = f"{STAGE}-x1y2z3a4.log"
    put(tmp_path, {log: LOG})
    expected: dict[str, bytes | None] = {f"stages/{log}": LOG.encode()}
    if has_stage:
        put(tmp_path, {f"{STAGE}/spack-build-env.txt": "A=1"})
        (tmp_path / STAGE / "spack-build-out.txt").symlink_to(tmp_path / log)
        expected = {
            STAGE: None,
            f"{STAGE}/spack-build-env.txt": b"A=1",
            f"{STAGE}/spack-build-out.txt": LOG.encode(),
        }
    recorded, reports = sent(tmp_path, stage_folder.KIND if has_stage else stage_log_file.KIND)
    assert (recorded.members, reports) == (expected, [])


def test_a_log_next_to_the_stages_is_loaded_alike_by_a_service(
    tmp_path: Path, specgraph: Commands, served: Commands, database: Database
) -> None:
    put(tmp_path, {f"{STAGE}-x1y2z3a4.log": LOG})
    local = graph_of(specgraph, database, tmp_path)
    assert local[0] == {"build_records": 1, "builds": 1, "failed": 1, "new_builds": 1}
    assert graph_of(served, database, tmp_path) == local


# Build caches


def blob(mirror: Path, data: bytes, media_type: str) -> dict[str, Any]:
    checksum = hashlib.sha256(data).hexdigest()
    put(mirror, {f"blobs/sha256/{checksum[:2]}/{checksum}": data})
    return {
        "contentLength": len(data),
        "mediaType": media_type,
        "compression": "gzip",
        "checksumAlgorithm": "sha256",
        "checksum": checksum,
    }


def signed(text: bytes) -> bytes:
    return (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
        + text
        + b"\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
    )


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A build cache of both layouts, with archives and keys."""
    root = tmp_path / "mirror"
    shutil.copytree(DATA / "collections" / "mirror", root)
    put(
        root,
        {
            "build_cache/index.json.hash": "abc",
            "build_cache/_pgp/secret.key": "KEY",
            "build_cache/linux-app.spack": "TARBALL",
            "build_cache/linux/gcc/app-1.0/linux-app.spack": "TARBALL",
            "blobs/sha256/ff/unnamed": "TARBALL",
            "secret.txt": "KEY",
            "v3/layout.json": '{"signing": "gpg"}',
        },
    )
    app = node("app")
    kinds = "application/vnd.spack."
    spec = blob(root, gzip.compress(dumped(document(app))), f"{kinds}spec.v5+json")
    archive = blob(root, b"TARBALL of app", f"{kinds}install.v2.tar+gzip")
    text = dumped({"version": 3, "data": [archive, spec]})
    name = f"v3/manifests/spec/app/app-1.0-{app['hash']}.spec.manifest.json"
    put(root, {name: signed(text)})
    return root


def test_neither_archives_nor_keys_of_a_build_cache_are_sent(mirror: Path) -> None:
    outside = {**blob(mirror, b"x", "application/vnd.spack.spec.v5+json"), "checksum": "../../x"}
    put(
        mirror,
        {
            "v3/manifests/spec/b/b.spec.manifest.json": dumped({"version": 3, "data": [outside]}),
            "v3/manifests/spec/c/c.spec.manifest.json": "{broken",
        },
    )
    recorded, reports = sent(mirror)
    assert reports == []
    contents = [raw for raw in recorded.members.values() if raw is not None]
    assert [raw for raw in contents if b"TARBALL" in raw or b"KEY" in raw] == []
    names = {name.removeprefix("mirror/") for name in recorded.members}
    assert {"build_cache/index.json.hash", "v3/layout.json"} <= names
    assert len([name for name in names if name.startswith("blobs/")]) == 2
    assert len([name for name in names if name.endswith(".spec.json")]) == 1
    assert len([name for name in names if name.endswith(".manifest.json")]) == 4


def test_a_build_cache_is_loaded_alike_locally_and_by_a_service(
    specgraph: Commands, served: Commands, database: Database, mirror: Path
) -> None:
    add_splice(mirror)
    local = graph_of(specgraph, database, mirror)
    assert local[0]["offers"] == 4
    assert "SPLICED_FROM" in {each["t"] for each in count_by_type(database)["edges"]}
    assert graph_of(served, database, mirror) == local


def add_splice(mirror: Path) -> None:
    """Add a splice whose build specs only the tarball names."""
    [path] = (REWIRED / "opt").glob("app-1.0-ekhq*/.spack/spec.json")
    [known] = (REWIRED / "cache" / "v3").rglob("app-1.0-ekhq*.spec.manifest.json")
    [checksum] = [
        each["checksum"]
        for each in json.loads(known.read_bytes())["data"]
        if ".spec." in each["mediaType"]
    ]
    lost = (REWIRED / "cache" / "blobs" / "sha256" / checksum[:2] / checksum).read_bytes()
    kinds = "application/vnd.spack."
    spec = blob(mirror, lost, f"{kinds}spec.v5+json")
    archive = blob(mirror, pack_spec_document(path.read_bytes()), f"{kinds}install.v2.tar+gzip")
    name = f"v3/manifests/spec/app/{known.name}"
    put(mirror, {name: dumped({"version": 3, "data": [archive, spec]})})


# Names, and files that disappear


def test_names_that_are_not_utf8_are_sent_as_escapes(tmp_path: Path) -> None:
    root = tmp_path / LATIN
    put(root / "app-1.0" / ".spack", {"spec.json": "{}", f"archived-files/{LATIN}": "x"})
    put(root / f"spack-stage-{LATIN}-1.0-{'a' * 32}", {f"{LATIN}.tar.gz": "x"})
    put(root / LATIN, {f"{LATIN}_Build.xml": "<Site/>"})
    shown = "caf\\udce9"
    for kind, name in (
        (install_folder.KIND, f"app-1.0/.spack/archived-files/{shown}"),
        (stage_folder.KIND, f"spack-stage-{shown}-1.0-{'a' * 32}/{shown}.tar.gz"),
        (cdash.KIND, f"reports/{shown}_Build.xml"),
    ):
        recorded, reports = sent(root, kind)
        assert name in recorded.members
        assert reports == []
        recorded.parameters["name"].encode()


def test_files_with_names_that_are_not_utf8_are_loaded(
    served: Commands, database: Database, tmp_path: Path
) -> None:
    put(tmp_path / LATIN / STAGE, {"spack-build-out.txt": LOG, f"{LATIN}.tar.gz": "x"})
    shutil.copy(named("zlib-1.3.1"), tmp_path / LATIN / f"{LATIN}.json")
    answer = served.json("load", str(tmp_path), status=0)
    assert answer["summary"]["counts"]["new_builds"] == 1


Remove = Callable[[Path], None]


@pytest.mark.parametrize("remove", [Path.unlink, lambda path: shutil.rmtree(path.parent)])
def test_a_file_that_disappeared_is_left_out(tmp_path: Path, remove: Remove) -> None:
    folder = tmp_path / "app-1.0" / ".spack"
    put(folder, {"spec.json": "{}", "archived-files/a/b": "x"})
    put(tmp_path / "r", {"a/a_Build.xml": "x", "b_Build.xml": "y", "c_Build.xml": "z"})
    (installed,) = (each for each in discover([folder]) if each.kind is install_folder.KIND)
    remove(folder / "archived-files" / "a" / "b")
    (cdash,) = (each for each in discover([tmp_path / "r"]) if each.path.name == "r")
    (tmp_path / "r" / "b_Build.xml").unlink()
    recorded = RecordingApi()
    assert [*send(installed, recorded), *send(cdash, recorded)] == []
    assert set(recorded.members) == {"app-1.0/.spack/spec.json", "reports/c_Build.xml"}


def test_a_file_that_disappears_before_it_is_opened_is_left_out(
    stage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Folder.open_inside

    def open_late(self: Folder, name: str) -> Any:
        if name == "app-1.0.tar.gz":
            raise FileNotFoundError(2, "No such file or directory")
        if name == "spack-src/config.log":
            raise PermissionError(13, "Permission denied")
        return opened(self, name)

    monkeypatch.setattr(Folder, "open_inside", open_late)
    recorded, (report,) = sent(stage)
    assert f"{STAGE}/app-1.0.tar.gz" not in recorded.members
    assert f"{STAGE}/spack-build-out.txt" in recorded.members
    assert report.outcome is Outcome.REFUSED
    assert report.source == f"{stage}/spack-src/config.log"


def test_a_folder_that_disappeared_does_not_stop_the_load(stage: Path) -> None:
    (candidate,) = discover([stage])
    shutil.rmtree(stage)
    reports = [*send(candidate, RecordingApi())]
    assert {each.outcome for each in reports} == {Outcome.REFUSED}


def test_every_file_of_a_real_package_is_sent(tmp_path: Path) -> None:
    folder = DATA / "store" / PACKAGE / ".spack"
    files = {path for path in folder.rglob("*") if path.is_file()}
    recorded, reports = sent(folder)
    assert reports == []
    assert recorded.members == {
        f"{PACKAGE}/.spack/{path.relative_to(folder)}": path.read_bytes() for path in files
    }
    assert json.loads(recorded.members[f"{PACKAGE}/.spack/spec.json"] or b"")["spec"]
