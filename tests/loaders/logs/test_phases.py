import gzip
import io
import re
import tracemalloc
from pathlib import Path

import pytest

from loaders import source
from loaders.evidence import Attempt, Phase, Source, SpecName, Status
from loaders.logs import log_parser, phases
from loaders.logs.cleaning import clean_log
from loaders.logs.failure_cause import find_cause
from loaders.logs.phases import read_phase, read_phases
from loaders.logs.redaction import MARK, Redactor
from tests.loaders.logs.streams import repeated

BUILD = b"""==> zlib: Executing phase: 'build'
==> [2026-11-24-00:07:47.183273] 'make'
a.c:5:11: error: no member
a.c:5:12: note: declared here
b.c:1:1: warning: unused
make: *** [Makefile:9: a.o] Error 1
"""
WHOLE = b"==> fetched\n==> zlib: Executing phase: 'configure'\nchecking for x... yes\n" + BUILD


def places(phase: Phase) -> list[tuple[str, int]]:
    return [(finding.kind, finding.line) for finding in phase.findings]


def test_a_phase_holds_its_log_and_findings() -> None:
    phase = read_phase("build", 2, Status.FAILED, io.BytesIO(BUILD), seconds=1.5)
    assert phase.log == clean_log(BUILD)
    assert (phase.name, phase.order, phase.status, phase.seconds) == (
        "build",
        2,
        Status.FAILED,
        1.5,
    )
    assert places(phase) == [("error", 3), ("warning", 5), ("error", 6)]
    assert (phase.errors, phase.warnings) == (2, 1)
    assert phase.findings[0].notes == ("a.c:5:12: note: declared here",)


def test_an_empty_log_is_a_phase_without_findings() -> None:
    phase = read_phase("build", 0, Status.SUCCEEDED, b"")
    assert (phase.log, phase.findings, phase.errors) == (clean_log(b""), (), 0)


def test_a_complete_log_is_split_into_phases() -> None:
    found = read_phases(WHOLE, Status.FAILED, seconds={"build": 3.0})
    assert [(each.name, each.order, each.status, each.seconds) for each in found] == [
        ("stage", 0, Status.SUCCEEDED, None),
        ("configure", 1, Status.SUCCEEDED, None),
        ("build", 2, Status.FAILED, 3.0),
    ]
    assert found[2] == read_phase("build", 2, Status.FAILED, BUILD, seconds=3.0)
    logs = [each.log for each in found if each.log]
    assert "".join(log.text for log in logs) == WHOLE.decode()
    assert sum(log.size for log in logs) == len(WHOLE)


def test_the_failed_phase_can_be_given() -> None:
    log = WHOLE + b"==> zlib: Executing phase: 'install'\n"
    found = read_phases(log, Status.FAILED, failed_phase="build")
    assert [each.status for each in found] == [
        Status.SUCCEEDED,
        Status.SUCCEEDED,
        Status.FAILED,
        Status.FAILED,
    ]
    other = read_phases(log, Status.FAILED, failed_phase="unknown")
    assert [each.status for each in other].count(Status.FAILED) == 1


def test_a_repeated_phase_gets_a_number() -> None:
    found = read_phases(BUILD + BUILD, Status.SUCCEEDED)
    assert [each.name for each in found] == ["build", "build (2)"]
    assert places(found[0]) == places(found[1])


def test_the_number_of_phases_is_limited() -> None:
    marker = b"==> a: Executing phase: 'b'\n"
    found = read_phases(marker * 5000, Status.SUCCEEDED)
    assert len(found) == phases.MAX_PHASES
    assert sum(each.log.lines for each in found if each.log) == 5000


def test_a_log_without_markers_is_one_phase_and_a_blank_one_none() -> None:
    (phase,) = read_phases(b"FAIL: x\n", Status.FAILED)
    assert (phase.name, phase.errors) == ("stage", 1)
    assert read_phases(b" \n\n", Status.FAILED) == ()


def test_secrets_are_redacted_in_log_and_findings() -> None:
    log = b"TOKEN=abcd1234\nerror: https://user:pa55@host failed\nMY_PASSWORD=abcd\n"
    phase = read_phase("build", 0, Status.FAILED, log, Redactor())
    assert phase.log is not None
    (finding,) = phase.findings
    assert finding.text == f"error: https://{MARK}@host failed"
    assert (finding.before, finding.after) == ((f"TOKEN={MARK}",), (f"MY_PASSWORD={MARK}",))
    assert "abcd" not in phase.log.text + finding.normal
    assert "pa55" not in phase.log.text + finding.normal


def test_line_numbers_are_those_of_the_uncut_log() -> None:
    filler = b"10%\r20%\r\x1b[1mdone\n" * 300_000
    phase = read_phase("build", 0, Status.FAILED, filler + b"a.c:1:1: error: no\n" + filler)
    assert phase.log is not None
    assert phase.log.capped
    assert "error" not in phase.log.text
    assert places(phase) == [("error", 300_001)]
    assert phase.findings[0].before == ("done",) * 6


def test_findings_in_a_truncated_archive_are_kept() -> None:
    packed = gzip.compress(BUILD + b"x\n" * 100_000)
    phase = read_phase(
        "build", 0, Status.FAILED, source.open_decompressed(io.BytesIO(packed[:-20]))
    )
    assert phase.log is not None
    assert phase.log.capped
    assert places(phase) == [("error", 3), ("warning", 5), ("error", 6)]


def test_memory_does_not_grow_with_the_log() -> None:
    # Nothing but errors and notes: the size and the number of those kept are bounded.
    block = b"a.c:1:1: error: " + b"x" * 40_000 + b"\n" + b"a.c:2:2: note: " + b"y" * 60_000 + b"\n"
    tracemalloc.start()
    try:
        phase = read_phase("b", 0, Status.FAILED, repeated(block, 100_000_000), Redactor())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert phase.errors == 100_000_000 // len(block) + 1
    assert peak < 30_000_000


def test_the_cause_of_real_failures_is_the_first_error_of_the_phase(corpus: Path) -> None:
    causes = {}
    for path in sorted((corpus / "store").glob("spack-1.1.0/failed-stages/*/spack-build-out.txt")):
        found = read_phases(path.read_bytes(), Status.FAILED)
        spec = SpecName(path.parent.name[-32:], "lab")
        attempt = Attempt(
            spec, "k", Status.FAILED, Source.FOLDER, failed_phase=found[-1].name, phases=found
        )
        name = path.parent.name.removeprefix("spack-stage-lab-fail-")[:-33]
        cause = find_cause(attempt)
        causes[name] = cause and (cause.phase.name, cause.finding.normal)
    assert causes == {
        "build-1.0": (
            "build",
            "broken.c: fatal error: missing_header.h: No such file or directory",
        ),
        "build-1.1": ("build", "broken.c: error: 'struct s' has no member named 'nosuchfield'"),
        "configure-1.0": (
            "configure",
            "configure: error: nosuch/quantum.h not found; install its development files",
        ),
        "install-1.0": (
            "install",
            "install: cannot stat 'doc/manual.pdf': No such file or directory",
        ),
        "link-1.0": ("build", "ld: cannot find -lnosuchlib: No such file or directory"),
        "test-1.0": None,
    }


@pytest.mark.parametrize("version", ["1.1.0", "0.23.0"])
def test_phases_of_a_complete_log_equal_those_of_separate_files(corpus: Path, version: str) -> None:
    stages = sorted((corpus / "store" / f"spack-{version}" / "failed-stages").iterdir())
    compared = 0
    for stage in stages:
        if not (stage / "spack-build-out.txt").exists():
            continue
        with (stage / "spack-build-out.txt").open("rb") as raw:
            whole = read_phases(raw, Status.FAILED)
        for phase, path in zip(
            whole, sorted(stage.glob("spack-build-[0-9]*-out.txt")), strict=True
        ):
            name = path.name.split("-")[3]
            alone = read_phase(name, phase.order, phase.status, path.read_bytes())
            assert phase == alone
            compared += 1
    assert compared > 10


class Pieces(io.BytesIO):
    """A stream that returns a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read1(self, size: int | None = -1) -> bytes:
        return super().read1(self._size)


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_a_log_reads_the_same_in_pieces_of_any_size(size: int) -> None:
    content = WHOLE + (
        b"10%\r20%\r\n\r\rdone\r\n\x1b[31merror: red\x1b[0m\nna\xc3\xafve \xff\n\n"
        b"-----BEGIN RSA PRIVATE KEY-----\nMIIabc==\n-----END RSA PRIVATE KEY-----\n"
        b"API_TOKEN=abcdef123456\n" + b"x" * 9000 + b"\nExecuting phase\n"
        b"==> zlib: Executing phase: 'install'\nfatal error: no newline"
    )
    found = read_phases(Pieces(content, size), Status.FAILED, Redactor())
    assert found == read_phases(content, Status.FAILED, Redactor())
    assert [each.name for each in found] == ["stage", "configure", "build", "install"]
    assert found[2].log is not None
    assert MARK in found[2].log.text


@pytest.mark.parametrize("marked", [False, True])
def test_lines_that_are_not_searched_are_kept_and_redacted_as_others(
    marked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_parser, "MAX_COUNTED", 20_000)
    lines = [b"f.c:%d: error: thing %d PASSWORD=abc%d\n" % (n, n, n) for n in range(150_000)]
    if marked:
        lines[60_000] = b"that is no marker: Executing phase\n"
    content = b"".join(lines)
    whole = clean_log(content, redactor=Redactor())
    [phase] = read_phases(content, Status.FAILED, Redactor())
    assert phase.errors == 20_032
    assert phase.log is not None
    mark = "[... errors and warnings after line 20032 are not counted]\n"
    assert phase.log.text == whole.text + mark
    assert (phase.log.lines, phase.log.size) == (whole.lines, whole.size)
    assert "abc" not in phase.log.text


def test_lines_that_are_not_searched_may_become_much_shorter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_parser, "MAX_COUNTED", 20_000)
    secret = b"PASSWORD=" + b"s" * 3000 + b"\n"
    phase = read_phase(
        "build", 0, Status.FAILED, b"error: nothing works\n" * 30_000 + secret * 5000, Redactor()
    )
    assert phase.log is not None
    kept = phase.log.text.count(f"PASSWORD={MARK}\n")
    assert 0 < kept < 5000
    [left_out] = re.findall(r"^\[\.\.\. (\d+) lines left out\]$", phase.log.text, re.MULTILINE)
    assert phase.log.text.count("\n") - 2 + int(left_out) == phase.log.lines == 35_000
