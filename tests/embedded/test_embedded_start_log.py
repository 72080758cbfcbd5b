"""The messages of a start of Neo4j that takes long."""

from pathlib import Path

import pytest

from service.embedded import status
from service.embedded.start_log import StartLog
from service.embedded.status import StatusReport

# Lines as written by Neo4j 5.26, cut.
TIME = "2026-11-27 20:07:08.880+0000"
RECOVERY = (
    f"{TIME} INFO  [o.n.k.d.Database] [neo4j/72e8975d] Recovery required from position "
    "LogPosition{logVersion=1, byteOffset=3238}\n"
)
PERCENT = f"{TIME} INFO  [o.n.k.r.Recovery] [neo4j/72e8975d]  40% completed\n"
RECOVERED = (
    f"{TIME} INFO  [o.n.k.d.Database] [neo4j/72e8975d] Recovery in 'full' mode completed. ...\n"
)
POPULATING = f"{TIME} INFO  [o.n.k.i.a.i.IndexPopulationJob] [neo4j/7] Index population started:\n"
POPULATED = f"{TIME} INFO  [o.n.k.i.a.i.IndexPopulationJob] [neo4j/7] Index creation finished for\n"
LISTENING = f"{TIME} INFO  [o.n.b.BoltServer] Bolt server started\n"
NOT_OPENED = (
    f"{TIME} ERROR [o.n.d.d.DatabaseLifecycles] Failed to start DatabaseId{{72e8975d[neo4j]}}\n"
    "java.lang.RuntimeException: failed to initialize\n"
    "\tat org.neo4j.kernel.recovery.Recovery.performRecovery(Recovery.java:772)\n"
    "Caused by: java.lang.RuntimeException: Error reading logs, recovery not possible.\n"
)
MISSING = (
    f"{TIME} ERROR [o.n.k.r.Recovery] [neo4j/72e8975d] Transaction logs are missing and recovery "
    "is not possible.\n"
)
ASKED = (
    f"{TIME} WARN  [o.n.r.QueryRouter] Could not eagerly create kernel transaction due to: "
    "org.neo4j.graphdb.DatabaseShutdownException: This database is shutdown.\n"
)


@pytest.fixture
def debug_log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "debug.log"
    log.write_text(NOT_OPENED)
    transactions = tmp_path / "data" / "transactions" / "neo4j"
    transactions.mkdir(parents=True)
    for number in range(3):
        (transactions / f"neostore.transaction.db.{number}").write_bytes(bytes(1 << 20))
    (transactions / "checkpoint.0").write_bytes(b"")
    return log


def append(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_recovery_names_its_reason_logs_and_progress(debug_log: Path, tmp_path: Path) -> None:
    log = StartLog(tmp_path)
    append(debug_log, RECOVERY)
    log.follow()
    expected = (
        "recovering its database neo4j from 2 transaction logs (2 MiB), because it was not shut "
        "down cleanly"
    )
    assert log.stage == expected
    append(debug_log, PERCENT)
    log.follow()
    assert log.stage == f"{expected}: 40 % done"
    append(debug_log, RECOVERED)
    log.follow()
    assert log.stage == "opening the recovered database"
    assert not log.not_opened


def test_indexes_and_the_first_answer_are_stages(debug_log: Path, tmp_path: Path) -> None:
    log = StartLog(tmp_path)
    stages = [log.stage]
    for line in (POPULATING, POPULATED, LISTENING):
        append(debug_log, line)
        log.follow()
        stages.append(log.stage)
    assert stages == [
        "loading its classes and opening its databases",
        "building indexes",
        "loading its classes and opening its databases",
        "waiting for its first answer",
    ]


@pytest.mark.parametrize("lines", [NOT_OPENED, MISSING])
def test_a_database_that_does_not_open_is_noticed_with_its_reason(
    debug_log: Path, tmp_path: Path, lines: str
) -> None:
    log = StartLog(tmp_path)
    seen = []
    for part in ("", lines[:50], lines[50:], lines):
        append(debug_log, part)
        log.follow()
        seen.append(log.not_opened)
    assert seen == [False, False, True, True]  # the log of an earlier start does not count
    assert "recovery" in log.problems[-1]
    assert len(log.problems) == len(set(log.problems))
    assert not any("\tat " in line for line in log.problems)


def test_lines_are_progress(debug_log: Path, tmp_path: Path) -> None:
    log = StartLog(tmp_path)
    before = log.moved
    log.follow()
    assert log.moved == before
    append(debug_log, PERCENT)
    log.follow()
    assert log.moved > before


def test_lines_that_the_waiting_service_causes_are_no_progress(
    debug_log: Path, tmp_path: Path
) -> None:
    log = StartLog(tmp_path)
    before = log.moved
    append(debug_log, ASKED * 3)
    log.follow()
    assert log.moved == before


def test_rotated_or_missing_log_is_followed(debug_log: Path, tmp_path: Path) -> None:
    log = StartLog(tmp_path)
    debug_log.write_text(LISTENING)
    log.follow()
    assert log.stage == "waiting for its first answer"
    debug_log.unlink()
    log.follow()


def test_short_start_says_nothing_and_a_long_one_names_each_stage_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    report = StatusReport(lines.append)
    report.update("Neo4j is starting")
    assert lines == []
    monkeypatch.setattr(status, "QUIET_SECONDS", 0.0)
    for text in ("Neo4j is recovering", "Neo4j is recovering: 40 % done", "Neo4j is opening"):
        report.update(text)
    assert lines == ["Neo4j is recovering (0 s)", "Neo4j is opening (0 s)"]
    monkeypatch.setattr(status, "REPEAT_SECONDS", 0.0)
    report.update("Neo4j is opening")
    assert lines[2:] == ["Neo4j is opening (0 s)"]
