import hashlib
import os
import shutil
from pathlib import Path

import pytest

from loaders.builds.failure_marks import read_failure_marks
from loaders.builds.install_folder import read_install_folder
from loaders.builds.stage_folder import read_stage_folder
from loaders.errors import Fault
from loaders.evidence import Attempt, FetchedSource, Source, SpecName, Status
from loaders.folder import Limits, ReadResult
from loaders.logs.failure_cause import find_cause
from loaders.logs.redaction import MARK
from tests.documents import DATA

STAGE = "spack-stage-lab-fail-test-1.0-dyrbfqnlaiwogos4tgwu63szhjizz7aw"
HASH = "dyrbfqnlaiwogos4tgwu63szhjizz7aw"


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A copy of a real stage, of a build that failed in its tests."""
    copied = tmp_path / STAGE
    shutil.copytree(DATA / "store" / STAGE, copied)
    return copied


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A stage with nothing but unpacked sources."""
    folder = tmp_path / f"spack-stage-py-my-tool-2.0-rc1-{HASH}"
    (folder / "spack-src").mkdir(parents=True)
    return folder


def attempt_in(reading: ReadResult) -> Attempt:
    assert reading.attempt is not None
    return reading.attempt


def write_phases(folder: Path, **logs: str) -> None:
    """Write the numbered logs of phases, and the one of all phases."""
    texts = {}
    for number, (phase, lines) in enumerate(logs.items(), 1):
        texts[phase] = f"==> py-my-tool: Executing phase: '{phase}'\n{lines}"
        (folder / f"spack-build-{number:02}-{phase}-out.txt").write_text(texts[phase])
    (folder / "spack-build-out.txt").write_text("".join(texts.values()))


def outcome(attempt: Attempt) -> tuple[str, str | None, list[tuple[str, str]]]:
    phases = [(phase.name, phase.status.value) for phase in attempt.phases]
    return attempt.status.value, attempt.failed_phase, phases


def test_a_failure_in_build_time_tests_is_read() -> None:
    reading = read_stage_folder(DATA / "store" / STAGE)
    attempt = attempt_in(reading)
    assert reading.problems == ()
    assert attempt.spec == SpecName(HASH, "lab-fail-test", "1.0")
    assert attempt.source is Source.FOLDER
    assert outcome(attempt) == (
        "failed",
        "test",
        [
            ("autoreconf", "succeeded"),
            ("configure", "succeeded"),
            ("build", "succeeded"),
            ("test", "failed"),
        ],
    )
    assert [phase.order for phase in attempt.phases] == [0, 1, 2, 3]
    assert attempt.key == "2026-11-24-00:20:46.160641"
    assert attempt.started == 1795479646.160641
    assert attempt.binary is False
    cause = find_cause(attempt)
    assert cause is not None
    phase, finding = cause
    assert (phase.name, finding.text) == ("test", "FAIL: ft_test: 1 of 2 tests failed")


def test_archive_environment_and_attachments_are_read() -> None:
    folder = DATA / "store" / STAGE
    attempt = attempt_in(read_stage_folder(folder))
    name = "lab-fail-test-1.0.tar.gz"
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert attempt.sources == (FetchedSource(None, name, digest, 1072),)
    values = {each.name: each.value for each in attempt.variables}
    assert values["SPACK_DEBUG_LOG_ID"] == "lab-fail-test-dyrbfqn"
    assert [(each.name, each.kind) for each in attempt.attachments] == [
        ("spack-build-env-mods.txt", "modifications"),
        ("spack-src/config.log", "archived"),
    ]


def test_the_package_name_comes_from_log_or_environment(bare: Path) -> None:
    write_phases(bare, install="x.py:1:1: error: no\n")
    assert attempt_in(read_stage_folder(bare)).spec == SpecName(HASH, "py-my-tool", "2.0-rc1")
    (bare / "spack-build-01-install-out.txt").unlink()
    (bare / "spack-build-out.txt").write_text("no markers\n")
    renamed = bare.rename(bare.with_name(f"spack-stage-py-3to2-1.1-{HASH}"))
    (renamed / "spack-build-env.txt").write_text(
        f"SPACK_DEBUG_LOG_ID=py-3to2-{HASH[:7]}; export SPACK_DEBUG_LOG_ID\n"
    )
    assert attempt_in(read_stage_folder(renamed)).spec == SpecName(HASH, "py-3to2", "1.1")


def test_phase_names_are_those_of_the_markers(bare: Path) -> None:
    log = "==> py-my-tool: Executing phase: 'runBuild'\nx.c:1:2: error: no\n"
    (bare / "spack-build-01-runbuild-out.txt").write_text(log)
    attempt = attempt_in(read_stage_folder(bare))
    assert outcome(attempt) == ("failed", "runBuild", [("runBuild", "failed")])
    assert attempt.key == hashlib.sha256(log.encode()).hexdigest()


OUTCOMES = [
    ("the phase that began last", {"build": "x.c:1:2: error: no\n"}, "build"),
    ("killed without an error", {"configure": "ok\n", "build": "gcc -c x.c\n"}, "build"),
    ("an error of an earlier phase", {"build": "x: error: no\n", "install": "cp x\n"}, None),
    ("an error in install", {"build": "ok\n", "install": "cp: cannot stat 'x'\n"}, "install"),
    ("a stage kept on success", {"build": "ok\n", "install": "cp x y\n"}, None),
    ("a phase behind install", {"install": "ok\n", "check_it": "ok\n"}, None),
    ("an error behind install", {"install": "ok\n", "fix": "x: fatal error: no\n"}, "fix"),
]


@pytest.mark.parametrize(
    ("logs", "failed_phase"), [each[1:] for each in OUTCOMES], ids=[each[0] for each in OUTCOMES]
)
def test_the_outcome_is_inferred_from_the_logs(
    bare: Path, logs: dict[str, str], failed_phase: str | None
) -> None:
    write_phases(bare, **logs)
    attempt = attempt_in(read_stage_folder(bare))
    assert attempt.status is (Status.FAILED if failed_phase else Status.SUCCEEDED)
    assert attempt.failed_phase == failed_phase
    statuses = {phase.name: phase.status for phase in attempt.phases}
    assert statuses == {
        name: Status.FAILED if name == failed_phase else Status.SUCCEEDED for name in logs
    }


TRACEBACK = """Traceback (most recent call last):
  File "/s/build_environment.py", line 1100, in _setup_pkg_and_run
    return_value = function(pkg, kwargs)
  File "/s/package.py", line 30, in install
    os.rename("a", "b")
FileNotFoundError: [Errno 2] No such file or directory: 'a' -> 'b'
"""


@pytest.mark.parametrize("where", ["all phases", "one log", "every log"])
def test_an_install_that_died_in_python_failed(bare: Path, where: str) -> None:
    write_phases(bare, build="ok\n", install=f"cp x y\n{TRACEBACK}")
    if where == "all phases":
        phase = bare / "spack-build-02-install-out.txt"
        phase.write_text(phase.read_text().removesuffix(TRACEBACK))
    elif where == "one log":
        for phase in bare.glob("spack-build-*-out.txt"):
            phase.unlink()
    attempt = attempt_in(read_stage_folder(bare))
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "install")
    cause = find_cause(attempt)
    assert cause is not None
    assert cause.finding.text.startswith("FileNotFoundError: ")
    assert attempt_in(read_stage_folder(bare, failed=False)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "end",
    [
        "Traceback (most recent call last):\n  ...\nlocal variable 'x' is missing\n",
        "    Traceback (most recent call last):\n      odd\n",
        "ProcessError: Command exited with status 1:\n    'python3' 'install.py'\n",
        "Command exited with status 1:\n    'python3' 'install.py'\n",
    ],
)
def test_any_end_in_python_is_a_failure(bare: Path, end: str) -> None:
    write_phases(bare, build="ok\n", install=f"cp x y\n{end}")
    assert attempt_in(read_stage_folder(bare)).failed_phase == "install"


def test_an_error_of_python_in_an_earlier_phase_is_not_the_end(bare: Path) -> None:
    write_phases(bare, build=TRACEBACK, install="ok\n")
    assert attempt_in(read_stage_folder(bare)).status is Status.SUCCEEDED


def test_a_given_outcome_is_used(bare: Path) -> None:
    write_phases(bare, build="ok\n", install="cp x y\n")
    attempt = attempt_in(read_stage_folder(bare, failed=True))
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "install")
    write_phases(bare, build="x.c:1:2: error: no\n")
    assert attempt_in(read_stage_folder(bare, failed=False)).status is Status.SUCCEEDED


def test_old_releases_log_the_success(bare: Path) -> None:
    write_phases(bare, build="==> py-my-tool: Successfully installed py-my-tool-2.0-rc1-x\n")
    assert attempt_in(read_stage_folder(bare)).status is Status.SUCCEEDED


TESTING = "==> Testing package py-my-tool-2.0-dyrbfqn\n"
STAMPED = "==> [2022-06-01-10:00:00.5] RUN-TESTS: build-time tests [check]\n"
TESTED = [
    ("fail", {"build": TESTING}, "FAIL: 1 of 2\nmake: *** [x] Error 1\n", ("test", "failed")),
    ("0.18", {"build": TESTING + STAMPED}, "make: *** [x] Error 1\n", ("test", "failed")),
    ("echoed", {"build": f"{TESTING}more\n"}, "make: *** [x] Error 1\n", ("test", "failed")),
    ("killed", {"build": TESTING}, "running\n", ("test", "failed")),
    ("pass", {"build": TESTING, "install": "ok\n"}, "PASS\n", (None, "succeeded")),
    ("then", {"build": TESTING, "install": "x: error: no\n"}, "PASS\n", ("install", "succeeded")),
    ("late", {"build": "ok\n", "install": TESTING}, "FAIL: 1 of 2\n", ("test", "failed")),
    ("good", {"build": "ok\n", "install": TESTING}, "PASS\n", (None, "succeeded")),
]


@pytest.mark.parametrize(
    ("logs", "tests", "expected"), [each[1:] for each in TESTED], ids=[each[0] for each in TESTED]
)
def test_build_time_tests_decide_the_outcome(
    bare: Path, logs: dict[str, str], tests: str, expected: tuple[str | None, str]
) -> None:
    write_phases(bare, **logs)
    (bare / "install-time-test-log.txt").write_text(tests)
    attempt = attempt_in(read_stage_folder(bare))
    assert [phase.name for phase in attempt.phases] == [*logs, "test"]
    assert (attempt.failed_phase, attempt.phases[-1].status.value) == expected


def test_phases_of_an_earlier_build_are_ignored(bare: Path) -> None:
    logs = {
        "configure": "==> [2026-11-24-00:20:32.1] 'configure'\nconfigure: error: no\n",
        "build": "==> [2026-11-23-00:20:32.1] 'make'\nx.c:1:2: error: no\n",
        "install": "",
    }
    write_phases(bare, **logs)
    (bare / "install-time-test-log.txt").write_text("FAIL: 1 of 2 tests failed\n")
    attempt = attempt_in(read_stage_folder(bare))
    assert outcome(attempt) == ("failed", "configure", [("configure", "failed")])
    assert attempt.more == {"stale_phases": 2}
    assert attempt.key == "2026-11-24-00:20:32.1"


def test_a_stage_before_0_17_has_a_single_log(stage: Path) -> None:
    for path in stage.glob("spack-build-0*"):
        path.unlink()
    whole = attempt_in(read_stage_folder(DATA / "store" / STAGE))
    assert attempt_in(read_stage_folder(stage)) == whole
    (stage / "spack-build-out.txt").rename(stage / "spack-build.out")
    assert attempt_in(read_stage_folder(stage)) == whole


def test_a_stage_without_the_complete_log_is_read(stage: Path) -> None:
    (stage / "spack-build-out.txt").unlink()
    assert attempt_in(read_stage_folder(stage)) == attempt_in(
        read_stage_folder(DATA / "store" / STAGE)
    )


NEW = [
    ("make\nx.c:1:2: error: no\nTraceback (most recent call last):\n", True, "build"),
    ("cp x y\nTraceback (most recent call last):\n", True, "build"),
    ("==> Fetching https://example.org/x.tgz\ncurl: (6) error: no\n", False, "stage"),
    ("make\ncp x y\n", True, None),
]


@pytest.mark.parametrize(("log", "unpacked", "failed_phase"), NEW)
def test_a_log_of_the_new_installer_is_one_phase(
    bare: Path, log: str, unpacked: bool, failed_phase: str | None
) -> None:
    if not unpacked:
        (bare / "spack-src").rmdir()
    (bare / "spack-build-out.txt").write_text(log)
    attempt = attempt_in(read_stage_folder(bare))
    assert attempt.failed_phase == failed_phase
    assert attempt.status is (Status.FAILED if failed_phase else Status.SUCCEEDED)
    assert [phase.name for phase in attempt.phases] == [failed_phase or "build"]


# Missing logs, links, broken files


def test_a_stage_without_a_log_only_marks_a_failure(bare: Path) -> None:
    (bare / "my-tool-2.0.tar.gz").write_bytes(b"sources")
    (bare / "spack-src" / ".spack_patch_failed").touch()
    attempt = attempt_in(read_stage_folder(bare))
    assert (attempt.source, attempt.status, attempt.failed_phase) == (
        *(Source.MARK, Status.FAILED, "stage"),
    )
    assert attempt.spec == SpecName(HASH, "py-my-tool", "2.0-rc1")
    assert (attempt.phases, attempt.binary, attempt.started) == ((), None, None)
    assert attempt.more == {"patch_failed": True}
    digest = hashlib.sha256(b"sources").hexdigest()
    assert attempt.sources == (FetchedSource(None, "my-tool-2.0.tar.gz", digest, 7),)
    assert read_stage_folder(bare, failed=False).attempt is None


def test_an_empty_log_means_a_failure_before_the_first_phase(bare: Path) -> None:
    (bare / "spack-build-out.txt").touch()
    attempt = attempt_in(read_stage_folder(bare))
    assert outcome(attempt) == ("failed", "stage", [])


def test_the_digest_of_a_cached_archive_is_taken_from_its_link(bare: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    cache = f"/var/cache/spack/_source-cache/archive/{digest[:2]}/{digest}.tar.gz"
    (bare / "v2.0.tar.gz").symlink_to(cache)
    (tmp_path / "secret").write_text("hunter2")
    (bare / "other.tar.gz").symlink_to(tmp_path / "secret")
    (bare / "loop").symlink_to("loop")
    (bare / "half.tar.gz.part").write_bytes(b"x")
    attempt = attempt_in(read_stage_folder(bare))
    assert attempt.sources == (FetchedSource(None, "v2.0.tar.gz", digest),)


def test_an_archive_that_is_too_large_has_no_digest(bare: Path) -> None:
    (bare / "big.tar.gz").write_bytes(bytes(100))
    attempt = attempt_in(read_stage_folder(bare, limits=Limits(archive=99)))
    assert attempt.sources == (FetchedSource(None, "big.tar.gz", None, 100),)


def test_secrets_in_the_environment_are_redacted(stage: Path) -> None:
    with (stage / "spack-build-env.txt").open("a") as file:
        file.write("AWS_SECRET_ACCESS_KEY=hunter2hunter2; export AWS_SECRET_ACCESS_KEY\n")
    with (stage / "spack-build-env-mods.txt").open("a") as file:
        file.write("export AWS_SECRET_ACCESS_KEY=hunter2hunter2;\n")
    attempt = attempt_in(read_stage_folder(stage))
    assert {each.name: each.value for each in attempt.variables}["AWS_SECRET_ACCESS_KEY"] == MARK
    assert "hunter2" not in str(attempt)


def test_links_out_of_the_stage_are_not_followed(stage: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    for name in (
        "spack-build-env.txt",
        "spack-build-03-build-out.txt",
        "install-time-test-log.txt",
    ):
        (stage / name).unlink()
        (stage / name).symlink_to(secret)
    shutil.rmtree(stage / "spack-src")
    (stage / "spack-src").symlink_to(tmp_path)
    (tmp_path / "config.log").write_text("hunter2")
    reading = read_stage_folder(stage)
    assert "hunter2" not in str(reading)
    assert {name for name, error in reading.problems if error.fault is Fault.INVALID} == {
        "spack-build-env.txt",
        "spack-build-03-build-out.txt",
        "spack-src/config.log",
    }
    assert attempt_in(reading).failed_phase == "configure"


@pytest.mark.parametrize("name", sorted(os.listdir(DATA / "store" / STAGE)))
def test_the_rest_is_read_if_a_file_is_missing_or_empty(stage: Path, name: str) -> None:
    if (stage / name).is_dir():
        shutil.rmtree(stage / name)
    else:
        (stage / name).write_bytes(b"")
        assert attempt_in(read_stage_folder(stage)).spec.hash == HASH
        (stage / name).unlink()
    reading = read_stage_folder(stage)
    assert reading.problems == ()
    attempt = attempt_in(reading)
    assert (attempt.spec.hash, attempt.status) == (HASH, Status.FAILED)


def test_unreadable_logs_leave_the_failed_phase_unknown(stage: Path, tmp_path: Path) -> None:
    for path in stage.glob("spack-build-*out.txt"):
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")
    attempt = attempt_in(read_stage_folder(stage))
    assert (attempt.source, outcome(attempt)) == (Source.MARK, ("failed", None, []))


def test_a_missing_stage_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / STAGE).touch()
    for path in (tmp_path / STAGE, tmp_path / "nowhere" / STAGE):
        reading = read_stage_folder(path)
        assert reading.attempt is None
        assert [name for name, _ in reading.problems] == ["."]


def test_random_bytes_are_read(stage: Path) -> None:
    for path in stage.glob("spack-build*"):
        path.write_bytes(os.urandom(5000))
    attempt = attempt_in(read_stage_folder(stage))
    assert attempt.spec.hash == HASH
    str(attempt).encode("utf-8")


@pytest.mark.parametrize("name", ["spack-stage-zlib-1.3.1", "zlib", f"spack-stage-{HASH}"])
def test_another_folder_is_not_a_stage(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    reading = read_stage_folder(tmp_path / name)
    assert reading.attempt is None
    assert [error.fault for _, error in reading.problems] == [Fault.UNSUPPORTED]


# Real stages

PLANTED = {
    "bwmxp3f": (
        "build",
        9,
        "broken.c:2:10: fatal error: missing_header.h: No such file or directory",
        ("broken.c", 2),
    ),
    "nenbxcx": (
        "build",
        6,
        "broken.c:5:11: error: 'struct s' has no member named 'nosuchfield'",
        ("broken.c", 5),
    ),
    "ih6zjv7": (
        "build",
        10,
        "broken.c:5:11: error: 'struct s' has no member named 'nosuchfield'",
        ("broken.c", 5),
    ),
    "ccrvv6d": (
        "configure",
        12,
        "configure: error: nosuch/quantum.h not found; install its development files",
        (None, None),
    ),
    "k4y4ata": (
        "configure",
        11,
        "configure: error: nosuch/quantum.h not found; install its development files",
        (None, None),
    ),
    "dd6626h": (
        "install",
        7,
        "install: cannot stat 'doc/manual.pdf': No such file or directory",
        (None, None),
    ),
    "ttkk5zp": (
        "install",
        7,
        "install: cannot stat 'doc/manual.pdf': No such file or directory",
        (None, None),
    ),
    "kz7uxt5": (
        "build",
        7,
        "/usr/bin/ld: cannot find -lnosuchlib: No such file or directory",
        (None, None),
    ),
    "zelqeef": ("test", 9, "FAIL: ft_test: 1 of 2 tests failed", (None, None)),
    "dyrbfqn": ("test", 9, "FAIL: ft_test: 1 of 2 tests failed", (None, None)),
}


def test_planted_failures_are_found(corpus: Path) -> None:
    found = {}
    for path in sorted(corpus.glob("store/spack-*/failed-stages/*")):
        reading = read_stage_folder(path)
        attempt = attempt_in(reading)
        spec = attempt.spec
        assert reading.problems == ()
        assert f"spack-stage-{spec.name}-{spec.version}-{spec.hash}" == path.name
        assert attempt.status is Status.FAILED
        failure = find_cause(attempt)
        if failure is not None:
            phase, cause = failure
            assert phase.name == attempt.failed_phase
            where = (cause.source_file, cause.source_line)
            found[spec.hash[:7]] = (attempt.failed_phase, cause.line, cause.text, where)
    assert found == PLANTED


def test_a_checksum_mismatch_leaves_the_archive(corpus: Path) -> None:
    path = next(corpus.glob("store/spack-1.1.0/failed-stages/*-fetch-*"))
    attempt = attempt_in(read_stage_folder(path))
    assert (attempt.source, attempt.failed_phase) == (Source.MARK, "stage")
    digest = "0747f1c9f680d30bd8664ccf27847315fb5b7c3a42cc49a658e74bb62133e607"
    assert attempt.sources == (FetchedSource(None, "lab-fail-fetch-1.0.tar.gz", digest, 591),)
    failures = corpus / "store" / "spack-1.1.0" / "opt-store" / ".spack-db" / "failures"
    marks = {mark.attempt.spec.hash: mark.attempt for mark in read_failure_marks(failures).marks}
    assert marks[attempt.spec.hash].uid == attempt.uid


def test_stage_and_installation_of_a_build_share_the_key(corpus: Path, tmp_path: Path) -> None:
    prefix = next(corpus.glob("store/spack-0.23.0/opt-store/**/lab-warn-*"))
    installed = attempt_in(read_install_folder(prefix / ".spack"))
    stage = tmp_path / f"spack-stage-{prefix.name}"
    stage.mkdir()
    for phase in installed.phases:
        if phase.log is not None:
            name = f"spack-build-{phase.order:02}-{phase.name}-out.txt"
            (stage / name).write_text(phase.log.text)
    kept = attempt_in(read_stage_folder(stage))
    assert kept.uid == installed.uid
    assert kept.status is Status.SUCCEEDED
