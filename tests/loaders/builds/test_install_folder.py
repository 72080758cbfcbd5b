import gzip
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cypher.run import Database
from loaders.builds.install_folder import read_install_folder
from loaders.errors import Fault
from loaders.evidence import (
    Attempt,
    FetchedSource,
    HostEnvironment,
    InstalledFile,
    Source,
    SpecName,
    Status,
)
from loaders.folder import Limits, ReadResult
from loaders.logs.failure_cause import find_cause
from loaders.logs.redaction import MARK, Redactor
from loaders.pipeline.reports import Outcome
from loaders.specs.dag_hash import compute_hash
from loaders.store.attempt_rows import digest_of
from tests.documents import CASES, DATA, named
from tests.effort import scale_effort
from tests.loading import load

SIM = "lab-sim-2.0-iw5yw6b6c6hrzcc7edw2mpvca5shfn7w"
HASH = "iw5yw6b6c6hrzcc7edw2mpvca5shfn7w"
ARCH = {"platform": "linux", "platform_os": "debian9", "target": "x86_64"}
FILES = [name for name in sorted(os.listdir(DATA / "store" / SIM / ".spack")) if "." in name]
VM = HostEnvironment("debian12", "linux", "x86_64_v4", "vm", "#1 SMP PREEMPT_DYNAMIC @0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a real `.spack` folder, in a prefix of the same name."""
    copied = tmp_path / SIM / ".spack"
    shutil.copytree(DATA / "store" / SIM / ".spack", copied)
    return copied


def attempt_in(reading: ReadResult) -> Attempt:
    assert reading.attempt is not None
    return reading.attempt


def faults(reading: ReadResult) -> list[tuple[str, Fault]]:
    return [(name, error.fault) for name, error in reading.problems]


def test_an_installation_is_read() -> None:
    reading = read_install_folder(DATA / "store" / SIM / ".spack")
    attempt = attempt_in(reading)
    assert reading.problems == ()
    assert attempt.spec == SpecName(HASH, "lab-sim", "2.0")
    assert (attempt.status, attempt.source) == (Status.SUCCEEDED, Source.FOLDER)
    assert attempt.key == "2026-11-24-00:12:47.197168"
    assert attempt.started == 1795479167.197168
    assert (attempt.spack_version, attempt.binary, attempt.environment) == ("1.1.0", False, VM)
    assert attempt.seconds == 4.436803817749023
    assert (attempt.failed_phase, attempt.message, find_cause(attempt)) == (None, None, None)
    assert attempt.more == {}


def test_phases_have_times_of_the_timer_and_findings_of_the_log() -> None:
    attempt = attempt_in(read_install_folder(DATA / "store" / SIM / ".spack"))
    assert [phase.name for phase in attempt.phases] == [
        *("stage", "autoreconf", "configure", "build", "install", "post-install", "test")
    ]
    assert [phase.order for phase in attempt.phases] == list(range(7))
    assert {phase.status for phase in attempt.phases} == {Status.SUCCEEDED}
    build = attempt.phases[3]
    assert build.seconds == 1.058614730834961
    assert [(each.kind, each.source_file, each.source_line) for each in build.findings] == [
        ("warning", "main.c", 3)
    ]
    assert build.log is not None
    assert build.log.text.startswith("==> lab-sim: Executing phase: 'build'\n")
    tests = attempt.phases[6]
    assert tests.log is not None
    assert "RUN-TESTS: build-time tests" in tests.log.text


def test_variables_and_attachments_are_read() -> None:
    attempt = attempt_in(read_install_folder(DATA / "store" / SIM / ".spack"))
    values = {each.name: each.value for each in attempt.variables}
    assert values["SPACK_DEBUG_LOG_ID"] == "lab-sim-iw5yw6b"
    assert values["CFLAGS"] is None
    assert [(each.name, each.kind, each.log.size) for each in attempt.attachments] == [
        ("spack-configure-args.txt", "configure-args", 368),
        ("archived-files/spack-src/config.log", "archived", 566),
        ("archived-files/spack-src/removed_la_files.txt", "archived", 0),
    ]


def test_file_paths_are_relative_to_the_prefix() -> None:
    attempt = attempt_in(read_install_folder(DATA / "store" / SIM / ".spack"))
    assert attempt.files is not None
    files = {file.path: file for file in attempt.files}
    assert files["lib/libsim.so"] == InstalledFile(
        "lib/libsim.so", "link", 0o777, target="lib/libsim.so.2"
    )
    assert files["bin/sim"].kind == "file"
    assert files["bin/sim"].mode == 0o755
    assert files["include"] == InstalledFile("include", "directory", 0o2755)
    assert not any("/opt/spack" in f"{file.path} {file.target}" for file in attempt.files)


def test_recipes_of_both_repository_layouts_are_read(folder: Path) -> None:
    texts = {
        "repos/lab/packages/lab-h5/package.py": "class LabH5: pass\n",
        "repos/lab/packages/lab-h5/fix.patch": "--- a\n+++ b\n",
        "repos/lab/repo.yaml": "repo:\n",
        "repos/spack_repo/site/hpc/packages/_7zip_base/package.py": "class _7zipBase: pass\n",
        "repos/spack_repo/site/hpc/repo.yaml": "repo:\n",
        "repos/packages/package.py": "belongs to no repository\n",
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    recipes = attempt_in(read_install_folder(folder)).recipes
    assert [(each.namespace, each.package, each.path) for each in recipes] == [
        ("lab", "lab-h5", "packages/lab-h5/fix.patch"),
        ("lab", "lab-h5", "packages/lab-h5/package.py"),
        ("site.hpc", "7zip-base", "packages/_7zip_base/package.py"),
    ]
    assert recipes[1].log.text == "class LabH5: pass\n"


def test_an_installation_from_a_build_cache_is_binary(folder: Path) -> None:
    times = {"total": 2.5, "cache": True, "phases": [{"name": "install", "seconds": 1.5}]}
    (folder / "install_times.json").write_text(json.dumps(times))
    attempt = attempt_in(read_install_folder(folder))
    assert (attempt.binary, attempt.seconds) == (True, None)
    assert attempt.more == {"unpack_seconds": 2.5}
    assert {phase.name: phase.seconds for phase in attempt.phases}["install"] is None


@pytest.mark.parametrize("mark", ["binary_distribution", "spec.json"])
def test_a_rewired_installation_is_binary(folder: Path, mark: str) -> None:
    if mark == "spec.json":
        document = json.loads((folder / mark).read_text())
        original = document["spec"]["nodes"][1]["hash"]
        document["spec"]["nodes"][0]["build_spec"] = {"name": "lab-sim", "hash": original}
        (folder / mark).write_text(json.dumps(document))
    else:
        (folder / mark).write_text("{buildpath: /opt/spack/store}")
    assert attempt_in(read_install_folder(folder)).binary is True


def test_fetched_urls_in_the_log_are_sources(folder: Path) -> None:
    log = (
        "==> Fetching https://user:hunter2hunter2@mirror.example.org/a.tar.gz\n"
        "==> [2026-11-24-00:05:59.369971] Fetching file:///opt/lab/b.tar.gz\n"
        "==> Fetching file:///opt/lab/b.tar.gz\n"
        "==> Fetching manifest\n"
        "==> lab-sim: Executing phase: 'install'\n"
    )
    (folder / "spack-build-out.txt.gz").write_bytes(gzip.compress(log.encode()))
    attempt = attempt_in(read_install_folder(folder, Redactor()))
    assert attempt.sources[1] == FetchedSource("file:///opt/lab/b.tar.gz")
    assert len(attempt.sources) == 2
    assert "hunter2" not in str(attempt)


@pytest.mark.parametrize("name", ["spack-build-out.txt", "build.out", "build.txt"])
def test_file_names_of_older_releases_are_read(folder: Path, name: str) -> None:
    log = gzip.decompress((folder / "spack-build-out.txt.gz").read_bytes())
    (folder / "spack-build-out.txt.gz").unlink()
    (folder / name).write_bytes(log)
    (folder / "spack-build-env.txt").rename(folder / "build.env")
    attempt = attempt_in(read_install_folder(folder))
    assert attempt == attempt_in(read_install_folder(DATA / "store" / SIM / ".spack"))


def test_secrets_are_redacted(folder: Path) -> None:
    with (folder / "spack-build-env.txt").open("a") as file:
        file.write("export MIRROR_TOKEN=hunter2hunter2;\n")
    (folder / "spack-build-env-mods.txt").write_text("export MIRROR_TOKEN=hunter2hunter2;\n")
    (folder / "spack-configure-args.txt").write_text("--x --with-password=hunter2hunter2")
    attempt = attempt_in(read_install_folder(folder))
    assert {each.name: each.value for each in attempt.variables}["MIRROR_TOKEN"] == MARK
    assert "modifications" in {each.kind for each in attempt.attachments}
    assert "hunter2" not in str(attempt)


def test_the_identity_of_spack_0_17_is_the_full_hash(folder: Path) -> None:
    document = named("cmake-3.21.4").read_bytes()
    (folder / "spec.json").write_bytes(document)
    root = json.loads(document)["spec"]["nodes"][0]
    spec = attempt_in(read_install_folder(folder)).spec
    assert spec == SpecName(root["full_hash"], "cmake", "3.21.4")
    assert root["hash"] != root["full_hash"]


def test_a_log_without_markers_is_one_phase(folder: Path) -> None:
    (folder / "spack-build-out.txt.gz").write_bytes(gzip.compress(b"make\nx.c:1:2: error: no\n"))
    (folder / "install_times.json").unlink()
    phases = attempt_in(read_install_folder(folder)).phases
    assert [(phase.name, phase.errors) for phase in phases] == [("build", 1), ("test", 0)]


def test_a_phase_named_test_differs_from_build_time_tests(folder: Path) -> None:
    log = b"==> lab-sim: Executing phase: 'test'\n==> lab-sim: Executing phase: 'install'\n"
    (folder / "spack-build-out.txt.gz").write_bytes(gzip.compress(log))
    (folder / "install_times.json").unlink()
    names = [phase.name for phase in attempt_in(read_install_folder(folder)).phases]
    assert names == ["test", "install", "build-time-tests"]


# Missing, broken and foreign files


def test_an_empty_folder_gives_only_the_name_of_its_prefix(tmp_path: Path) -> None:
    folder = tmp_path / "lab-fail-build-1.1-nenbxcxclbgzsye4jcs3oa2y7afyha6a" / ".spack"
    folder.mkdir(parents=True)
    reading = read_install_folder(folder)
    attempt = attempt_in(reading)
    spec = SpecName("nenbxcxclbgzsye4jcs3oa2y7afyha6a", "lab-fail-build", "1.1")
    assert (attempt.spec, attempt.phases, attempt.files) == (spec, (), None)
    assert (attempt.binary, attempt.environment, attempt.seconds) == (None, None, None)
    assert reading.problems == ()


def test_a_folder_without_a_known_spec_has_no_attempt(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / ".spack"
    folder.mkdir(parents=True)
    reading = read_install_folder(folder)
    assert reading.attempt is None
    assert faults(reading) == [("spec.json", Fault.UNSUPPORTED)]
    assert read_install_folder(tmp_path / "not there").attempt is None


BROKEN = [
    ("spec.json", b'{"spec": {"_meta": {"version": 5}, "nodes": [', Fault.MALFORMED),
    ("spec.json", b'{"database": {}}', Fault.INVALID),
    ("spec.json", b'{"spec": {"_meta": {"version": 5}, "nodes": []}}', Fault.INVALID),
    ("spec.json", b"\xff\xfe", Fault.MALFORMED),
    ("spec.json", b"", Fault.MALFORMED),
    ("spec.json", b"[" * 100_000, Fault.INVALID),
    ("install_times.json", b'{"phases": {}}', Fault.INVALID),
    ("install_times.json", b"{", Fault.MALFORMED),
    ("install_environment.json", b"[]", Fault.INVALID),
    ("install_environment.json", b"nonsense", Fault.MALFORMED),
    ("install_manifest.json", b"[]", Fault.INVALID),
    ("install_manifest.json", b"{", Fault.MALFORMED),
    ("install_manifest.json", b"[" * 100_000, Fault.MALFORMED),
    ("install_manifest.json", b'{"/usr/bin/ls": {}}', Fault.INVALID),
]


@pytest.mark.parametrize(("name", "content", "fault"), BROKEN)
def test_a_broken_file_is_a_problem_and_the_rest_is_read(
    folder: Path, name: str, content: bytes, fault: Fault
) -> None:
    whole = attempt_in(read_install_folder(folder))
    (folder / name).write_bytes(content)
    reading = read_install_folder(folder)
    attempt = attempt_in(reading)
    assert faults(reading) == [(name, fault)]
    assert attempt.spec == whole.spec
    assert attempt.variables == whole.variables
    assert attempt.attachments == whole.attachments


@pytest.mark.parametrize("name", sorted(os.listdir(DATA / "store" / SIM / ".spack")))
def test_a_missing_file_is_not_a_problem(folder: Path, name: str) -> None:
    if name == "archived-files":
        shutil.rmtree(folder / name)
    else:
        (folder / name).unlink()
    reading = read_install_folder(folder)
    assert reading.problems == ()
    assert attempt_in(reading).spec.hash == HASH


@pytest.mark.parametrize("name", sorted(os.listdir(DATA / "store" / SIM / ".spack")))
def test_an_empty_file_does_not_stop_the_reader(folder: Path, name: str) -> None:
    if not (folder / name).is_dir():
        (folder / name).write_bytes(b"")
    assert attempt_in(read_install_folder(folder)).spec.hash == HASH


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.99])
@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_the_readable_part_of_a_truncated_log_is_kept(
    folder: Path, cut: float, pack: object
) -> None:
    lines = "".join(f"line {number} of {os.urandom(6).hex()}\n" for number in range(60_000))
    log = b"==> lab-sim: Executing phase: 'build'\n" + lines.encode()
    assert callable(pack)
    packed = pack(log)
    (folder / "spack-build-out.txt.gz").write_bytes(packed[: int(len(packed) * cut)])
    (folder / "install_times.json").unlink()
    reading = read_install_folder(folder)
    build = attempt_in(reading).phases[0]
    assert faults(reading) == [("spack-build-out.txt.gz", Fault.MALFORMED)]
    assert build.log is not None
    assert build.log.capped
    assert cut * 0.8 < build.log.lines / 60_000 < cut * 1.2


def test_an_invalid_archive_is_a_problem(folder: Path) -> None:
    (folder / "spack-build-out.txt.gz").write_bytes(b"\x1f\x8b broken")
    (folder / "archived-files" / "a.txt").write_bytes(b"\x1f\x8b broken")
    reading = read_install_folder(folder)
    assert {name for name, _ in reading.problems} == {
        *("spack-build-out.txt.gz", "archived-files/a.txt")
    }
    assert attempt_in(reading).seconds is not None


def test_links_out_of_the_folder_are_not_followed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("==> x: Executing phase: 'build'\nhunter2\n")
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "secret").write_text("hunter2")
    for name in ("spack-build-out.txt.gz", "spec.json", "spack-configure-args.txt"):
        (folder / name).unlink()
        (folder / name).symlink_to(secret)
    (folder / "archived-files" / "link").symlink_to("../../../secret")
    (folder / "archived-files" / "folder").symlink_to(tmp_path / "all")
    (folder / "repos").symlink_to(tmp_path / "all")
    reading = read_install_folder(folder)
    assert attempt_in(reading).spec.hash == HASH
    assert "hunter2" not in str(reading)
    assert faults(reading) == [
        ("spack-build-out.txt.gz", Fault.INVALID),
        ("spec.json", Fault.INVALID),
        ("spack-configure-args.txt", Fault.INVALID),
        ("archived-files/link", Fault.INVALID),
    ]


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "archived-files" / "again").symlink_to("spack-src/config.log")
    logs = {each.name: each.log for each in attempt_in(read_install_folder(folder)).attachments}
    assert logs["archived-files/again"] == logs["archived-files/spack-src/config.log"]


def test_pipes_and_folders_in_place_of_files_are_problems(folder: Path) -> None:
    (folder / "spec.json").unlink()
    os.mkfifo(folder / "spec.json")
    (folder / "install_manifest.json").unlink()
    (folder / "install_manifest.json").mkdir()
    reading = read_install_folder(folder)
    assert attempt_in(reading).spec.hash == HASH
    assert faults(reading) == [
        ("spec.json", Fault.INVALID),
        ("install_manifest.json", Fault.INVALID),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_problem(folder: Path) -> None:
    (folder / "spec.json").chmod(0)
    reading = read_install_folder(folder)
    assert attempt_in(reading).spec.hash == HASH
    assert faults(reading) == [("spec.json", Fault.MALFORMED)]


def test_only_the_size_of_a_binary_file_is_kept(folder: Path) -> None:
    (folder / "archived-files" / "a.o").write_bytes(b"\x7fELF\0" + bytes(5000))
    logs = {each.name: each.log for each in attempt_in(read_install_folder(folder)).attachments}
    kept = logs["archived-files/a.o"]
    assert (kept.text, kept.lines, kept.size, kept.capped) == ("", 0, 5005, True)


def test_failures_to_archive_are_kept(folder: Path) -> None:
    (folder / "archived-files" / "errors.txt").write_text("[FAILED TO ARCHIVE]: x\n")
    kinds = {each.name: each.kind for each in attempt_in(read_install_folder(folder)).attachments}
    assert kinds["archived-files/errors.txt"] == "errors"


def test_names_that_are_not_utf8_are_escaped(folder: Path) -> None:
    (folder / "archived-files" / os.fsdecode(b"caf\xe9.log")).write_text("x")
    attempt = attempt_in(read_install_folder(folder))
    names = [each.name for each in attempt.attachments]
    assert "archived-files/caf\\udce9.log" in names
    str(attempt).encode("utf-8")


def test_the_number_of_files_is_limited(folder: Path) -> None:
    for number in range(30):
        (folder / "archived-files" / f"{number:02}.log").write_text("x")
        recipe = folder / "repos" / "lab" / "packages" / f"p{number:02}" / "package.py"
        recipe.parent.mkdir(parents=True)
        recipe.write_text("x")
    limits = Limits(files=5, attachments=10, recipes=7)
    reading = read_install_folder(folder, limits=limits)
    attempt = attempt_in(reading)
    assert attempt.files is not None
    assert (len(attempt.files), len(attempt.attachments), len(attempt.recipes)) == (5, 11, 7)
    assert attempt.more == {"files_left_out": 20}
    assert faults(reading) == [("archived-files", Fault.TOO_LARGE), ("repos", Fault.TOO_LARGE)]
    few = read_install_folder(folder, limits=Limits(entries=20))
    assert ("repos", Fault.TOO_LARGE) in faults(few)


def test_a_manifest_of_twenty_thousand_lines_is_read_quickly(folder: Path) -> None:
    prefix = f"/opt/spack/store/linux/{SIM}"
    entry = {"mode": 0o100644, "owner": 0, "group": 0, "hash": "A" * 32, "time": 1.5, "size": 7}
    entries: dict[str, object] = {f"{prefix}/.spack": {"mode": 0o40755}}
    entries |= {f"{prefix}/share/{number // 100}/{number}": entry for number in range(20_000)}
    (folder / "install_manifest.json").write_text(json.dumps(entries))
    start = time.monotonic()
    attempt = attempt_in(read_install_folder(folder))
    assert time.monotonic() - start < 5
    assert attempt.files is not None
    assert len(attempt.files) == 20_001
    assert attempt.files[-1] == InstalledFile("share/199/19999", "file", 0o644, 7, "A" * 32)


@settings(max_examples=scale_effort(150))
@given(st.sampled_from(FILES), st.binary(max_size=300), st.integers(0, 3))
def test_no_content_of_a_file_stops_the_reader(name: str, noise: bytes, way: int) -> None:
    original = (DATA / "store" / SIM / ".spack" / name).read_bytes()
    middle = len(original) // 2
    content = (
        noise,
        original[:middle] + noise,
        original[:middle] + noise + original[middle:],
        original.replace(b":", noise[:1], 3),
    )[way]
    with tempfile.TemporaryDirectory() as temporary:
        copied = Path(temporary) / SIM / ".spack"
        shutil.copytree(DATA / "store" / SIM / ".spack", copied)
        (copied / name).write_bytes(content)
        reading = read_install_folder(copied)
    digest_of(attempt_in(reading))


# Real installations


def test_real_installations_are_read(corpus: Path) -> None:
    folders = sorted(corpus.glob("store/spack-*/opt-store/**/.spack"))
    assert len(folders) == 38
    versions: Counter[str] = Counter()
    for path in folders:
        reading = read_install_folder(path)
        attempt = attempt_in(reading)
        assert reading.problems == (), path
        assert f"{attempt.spec.name}-{attempt.spec.version}-{attempt.spec.hash}" == path.parent.name
        assert (attempt.status, attempt.environment) == (Status.SUCCEEDED, VM)
        assert attempt.variables
        assert attempt.recipes
        assert attempt.files
        assert attempt.more.keys() <= {"build_spec"}
        names = [phase.name for phase in attempt.phases if phase.name != "test"]
        assert (names[0], names[-1]) == ("stage", "post-install")
        assert all(phase.log for phase in attempt.phases[1:-1] if phase.name != "post-install")
        versions[attempt.spack_version or ""] += 1
    assert versions == {"1.1.0": 24, "0.23.0": 14}


def test_real_rewired_installations_are_binary(corpus: Path) -> None:
    folders = sorted(corpus.glob("store/spack-*/opt-store/**/.spack"))
    attempts = [attempt_in(read_install_folder(path)) for path in folders]
    rewired = {each.spec.hash[:7]: each for each in attempts if each.binary}
    assert sorted(rewired) == ["hzo7whw", "kodmfa2", "pgwyrfg", "tcg4g3m"]
    spliced = rewired["pgwyrfg"]
    original = next(each for each in attempts if each.spec.hash == spliced.more["build_spec"])
    assert original.spec.hash.startswith("he5pbzr")
    assert (spliced.key, spliced.uid != original.uid) == (original.key, True)


def test_recipes_of_real_installations_are_read(corpus: Path) -> None:
    def recipes(hash_: str) -> list[tuple[str | None, str]]:
        path = next(corpus.glob(f"store/spack-*/opt-store/**/*-{hash_}*/.spack"))
        return [
            (each.namespace, each.package) for each in attempt_in(read_install_folder(path)).recipes
        ]

    assert recipes("dheyqfb") == [("lab", "lab-h5")]
    assert recipes("dxsv4dv") == [
        *(("builtin", "gcc-runtime"), ("lab", "lab-h5"), ("lab", "lab-mpich"), ("lab", "lab-zx"))
    ]


def test_the_bill_of_materials_is_kept(folder: Path) -> None:
    raw = (CASES / "spack-1.2-1.3" / "spdx-2.3-sbom.json").read_text()
    (folder / "spdx-2.3-sbom.json").write_text(raw)
    attachments = attempt_in(read_install_folder(folder)).attachments
    kept = [each for each in attachments if each.kind == "sbom"]
    assert [(each.name, each.log.text) for each in kept] == [("spdx-2.3-sbom.json", raw)]


def test_a_folder_of_spack_0_16_has_its_spec_in_yaml(tmp_path: Path, database: Database) -> None:
    leaf: dict[str, Any] = {
        "version": "2.12",
        "arch": ARCH,
        "namespace": "builtin",
        "parameters": {"shared": True},
    }
    leaf["hash"] = leaf["build_hash"] = compute_hash({"leaf": leaf}, 1)
    root = {**leaf, "dependencies": {"leaf": {"hash": leaf["hash"], "type": ["build", "link"]}}}
    del root["hash"], root["build_hash"]
    identity = compute_hash({"app": root}, 1)
    root |= {"hash": identity, "build_hash": identity}
    text = yaml.safe_dump({"spec": [{"app": root}, {"leaf": leaf}]}, sort_keys=False)
    folder = tmp_path / f"app-2.12-{identity}" / ".spack"
    folder.mkdir(parents=True)
    (folder / "spec.yaml").write_text(text)
    (folder / "spack-build-out.txt").write_text("==> app: Executing phase: 'install'\n")
    attempt = attempt_in(read_install_folder(folder))
    assert (attempt.spec, attempt.binary) == (SpecName(identity, "app", "2.12"), False)
    totals, reports = load(database, [tmp_path])
    assert {(each.kind, each.outcome) for each in reports} == {
        ("spec", Outcome.STORED),
        ("build", Outcome.STORED),
    }
    assert (totals.new_specs, totals.unverified) == (2, 0)
    _, again = load(database, [tmp_path])
    assert {each.outcome for each in again} == {Outcome.KNOWN}


def test_a_broken_spec_in_yaml_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / f"app-1.0-{HASH}" / ".spack"
    folder.mkdir(parents=True)
    (folder / "spec.yaml").write_text("spec:\n- app: [")
    reading = read_install_folder(folder)
    assert attempt_in(reading).spec == SpecName(HASH, "app", "1.0")
    assert faults(reading) == [("spec.yaml", Fault.MALFORMED)]
