"""Logs that the installer of Spack 1.2 leaves next to the stages."""

import os
import shutil
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.builds import stage_log_file
from loaders.builds.stage_folder import read_stage_folder
from loaders.builds.stage_log_file import read_stage_log
from loaders.document_kinds import Candidate, SentPart
from loaders.errors import Fault
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.folder import Folder, ReadResult
from loaders.logs.failure_cause import find_cause
from loaders.pipeline.discovery import discover
from loaders.pipeline.reports import Outcome
from tests.documents import CASES
from tests.graph import count_by_type
from tests.loading import load

HASH = "bkqohjjvopye6g7dbqatlij3shk2qcyu"
LOG = f"spack-stage-zlib-1.3.1-{HASH}-powd8fj9.log"
STAGE = f"spack-stage-zlib-1.3.1-{HASH}"
MARKERS = "==> zlib: Executing phase: 'build'\n==> zlib: Executing phase: 'install'\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of a folder of stages with a log and no stage."""
    return Path(shutil.copytree(CASES / "spack-1.2-1.3" / "stage-root", tmp_path / "stages"))


def attempt_in(reading: ReadResult) -> Attempt:
    assert reading.attempt is not None
    return reading.attempt


def add_stage(root: Path, target: Path) -> Path:
    """Add a stage that leads to a log."""
    stage = root / STAGE
    (stage / "spack-src").mkdir(parents=True)
    (stage / "spack-build-env.txt").write_text("CC=gcc; export CC\n")
    (stage / "spack-build-out.txt").symlink_to(target)
    return stage


def test_a_log_without_a_stage_is_a_failed_attempt(root: Path) -> None:
    reading = read_stage_log(root / LOG)
    attempt = attempt_in(reading)
    assert reading.problems == ()
    assert attempt.spec == SpecName(HASH, "zlib", "1.3.1")
    assert (attempt.status, attempt.source) == (Status.FAILED, Source.FOLDER)
    assert (attempt.failed_phase, attempt.key) == ("configure", "2026-09-01-10:00:00.1")
    (phase,) = attempt.phases
    assert phase.log is not None
    assert phase.log.text == (root / LOG).read_text()
    cause = find_cause(attempt)
    assert cause is not None
    assert cause.finding.text == "foo.c:3:1: error: unknown type name 'bar'"


@pytest.mark.parametrize(
    ("text", "status", "phase"),
    [
        ("", Status.FAILED, "stage"),
        ("==> Fetching https://x.example/a.tar.gz\n", Status.FAILED, "stage"),
        (MARKERS, Status.SUCCEEDED, None),
        (f"{MARKERS}Command exited with status 2:\n    'make'\n", Status.FAILED, "install"),
        (f"{MARKERS}Traceback (most recent call last):\n  odd\n", Status.FAILED, "install"),
    ],
)
def test_the_outcome_is_inferred_from_the_log(
    root: Path, text: str, status: Status, phase: str | None
) -> None:
    (root / LOG).write_text(text)
    attempt = attempt_in(read_stage_log(root / LOG))
    assert (attempt.status, attempt.failed_phase) == (status, phase)


def test_an_outcome_that_is_known_decides(root: Path) -> None:
    (root / LOG).write_text(MARKERS)
    assert attempt_in(read_stage_log(root / LOG, failed=True)).status is Status.FAILED
    assert attempt_in(read_stage_log(root / LOG, failed=False)).status is Status.SUCCEEDED


def test_a_log_with_another_name_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(MARKERS)
    reading = read_stage_log(tmp_path / "app.log")
    assert reading.attempt is None
    assert [error.fault for _, error in reading.problems] == [Fault.UNSUPPORTED]


def test_a_log_that_leads_out_of_its_folder_is_not_read(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("private\n")
    (root / LOG).unlink()
    (root / LOG).symlink_to(tmp_path / "secret")
    reading = read_stage_log(root / LOG)
    assert attempt_in(reading).phases == ()
    assert [name for name, _ in reading.problems] == [LOG]


@pytest.mark.parametrize("moved", [False, True])
def test_a_stage_is_read_with_its_log(root: Path, moved: bool) -> None:
    stage = add_stage(root, Path("/gone") / LOG if moved else root / LOG)
    reading = read_stage_folder(stage)
    attempt = attempt_in(reading)
    assert reading.problems == ()
    assert (attempt.key, attempt.failed_phase) == ("2026-09-01-10:00:00.1", "configure")
    assert [each.name for each in attempt.variables] == ["CC"]
    assert attempt.uid == attempt_in(read_stage_log(root / LOG)).uid


def test_a_link_to_a_log_of_another_spec_is_not_followed(root: Path) -> None:
    other = root / LOG.replace(HASH, "a" * 32)
    (root / LOG).rename(other)
    reading = read_stage_folder(add_stage(root, other))
    assert attempt_in(reading).phases == ()
    assert [name for name, _ in reading.problems] == ["spack-build-out.txt"]


def test_logs_are_found_by_name_in_folders_and_as_files(root: Path) -> None:
    (root / "notes.log").write_text("x")
    expected = {LOG: stage_log_file.KIND, "notes.log": None}
    assert {each.path.name: each.kind for each in discover([root])} == expected
    assert [each.kind for each in discover([root / LOG])] == [stage_log_file.KIND]


def test_a_stage_and_its_log_are_loaded_once(root: Path, database: Database) -> None:
    add_stage(root, root / LOG)
    older = root / LOG.replace("powd8fj9", "aaaa0000")
    older.write_text("==> zlib: Executing phase: 'build'\nmake: *** [all] Error 2\n")
    _, reports = load(database, [root])
    assert sorted((Path(each.source).name, each.outcome) for each in reports) == [
        (STAGE, Outcome.STORED),
        (older.name, Outcome.STORED),
        (LOG, Outcome.IGNORED),
    ]
    assert {"l": "Build", "n": 2} in count_by_type(database)["nodes"]
    _, again = load(database, [root])
    assert {each.outcome for each in again} == {Outcome.KNOWN, Outcome.IGNORED}


def test_a_log_is_sent_with_its_name_unless_its_stage_is(root: Path) -> None:
    (candidate,) = discover([root])
    assert [each.name for each in sent(candidate)] == [LOG]
    add_stage(root, root / LOG)
    log = next(each for each in discover([root]) if each.path.name == LOG)
    stage = next(each for each in discover([root]) if each.path.name == STAGE)
    assert sent(log) == []
    assert [each.path for each in sent(stage) if each.path] == [Path(os.path.realpath(root / LOG))]


def sent(candidate: Candidate) -> list[SentPart]:
    assert candidate.kind is not None
    folder = candidate.path if candidate.is_folder else candidate.path.parent
    return [*candidate.kind.files_to_send(candidate, Folder(folder))]
