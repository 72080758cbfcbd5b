"""`specgraph doctor --force-recovery` on a database that does not open."""

import shutil
from pathlib import Path

import pytest

from service.embedded.existing import attach
from service.embedded.lock import DataDirLock
from service.embedded.start_log import StartLog
from tests.cli.commands import run
from tests.documents import SPECS

RECOVERY = ("doctor", "--force-recovery")


@pytest.mark.embedded
def test_a_database_without_its_logs_is_recovered_and_kept_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ("--data-dir", str(tmp_path))
    run("load", str(SPECS[0]), *here)
    shutil.rmtree(tmp_path / "data" / "transactions" / "neo4j")
    damaged = (tmp_path / "data" / "databases" / "neo4j" / "neostore.nodestore.db").read_bytes()
    with monkeypatch.context() as patched:
        # As if the lines were lost because the disk was full.
        patched.setattr(StartLog, "_read_line", lambda *_: None)
        failed = run("token", "list", *here, status=3)
    assert "could not open a database" in failed.stderr
    assert "Unable to start" in failed.stderr

    failed = run("token", "list", *here, status=3)
    assert "recovery is not possible" in failed.stderr
    assert "specgraph doctor --force-recovery" in failed.stderr
    assert "Transaction logs are missing" in failed.stderr

    done = run(*RECOVERY, *here)
    assert "1 of them roots" in done.stdout
    assert "Load again what was loaded last" in done.stderr
    (kept,) = tmp_path.glob("data-before-recovery-*")
    assert str(kept) in done.stdout
    store = "databases/neo4j/neostore.nodestore.db"
    assert (kept / store).read_bytes() == damaged
    assert (tmp_path / "data" / store).read_bytes() == damaged
    assert list((tmp_path / "data" / "transactions" / "neo4j").glob("neostore.transaction.db.*"))
    assert not (tmp_path / "recovery").exists()
    assert attach(tmp_path) is None


def test_a_folder_without_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    failed = run(*RECOVERY, "--data-dir", str(tmp_path), status=3)
    assert f"There is no embedded database in {tmp_path}" in failed.stderr
    assert "left as it was" in failed.stderr
    missing = run(*RECOVERY, "--data-dir", str(tmp_path / "missing"), status=3)
    assert "There is no embedded database" in missing.stderr
    assert not (tmp_path / "missing").exists()


def test_a_database_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / "databases").mkdir(parents=True)
    lock = DataDirLock(tmp_path)
    lock.acquire()
    try:
        failed = run(*RECOVERY, "--data-dir", str(tmp_path), status=3)
    finally:
        lock.release()
    assert "is in use by another process" in failed.stderr
    assert not (tmp_path / "recovery").exists()


def test_another_database_is_refused() -> None:
    failed = run(*RECOVERY, "--neo4j-uri", "bolt://127.0.0.1:1", status=2)
    assert "works on the embedded database" in failed.stderr
    run(*RECOVERY, "--repair", status=2)
