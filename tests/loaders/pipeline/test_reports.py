"""Reports on documents, and their digest."""

from dataclasses import replace

import pytest

from loaders.errors import DocumentError, Fault
from loaders.evidence import Status
from loaders.pipeline.reports import (
    DocumentReport,
    LoadReport,
    Outcome,
    ReportDigest,
    ReportedBuild,
)
from loaders.store.specs import StoredDocument


def test_reports_beyond_the_limit_are_summed_up_by_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportDigest, "MOST", 2)
    digest, sums = ReportDigest(), LoadReport()
    for number in range(7):
        stored = StoredDocument("r", "n", "1", "d", new=number != 5, specs=10, new_specs=3, edges=4)
        outcome = Outcome.STORED if stored.new else Outcome.KNOWN
        digest.add(DocumentReport(f"file:{number}", outcome, stored))
    digest.add(DocumentReport("bad", Outcome.REFUSED, error=DocumentError(Fault.INVALID, "no")))
    for report in digest.reports:
        sums.add(report)
    assert sums.outcomes == {Outcome.STORED: 6, Outcome.KNOWN: 1, Outcome.REFUSED: 1}
    assert (sums.specs, sums.new_specs, sums.edges) == (70, 21, 28)
    assert [report.documents for report in digest.reports] == [1, 1, 1, 4, 1]


def test_sums_by_outcome_and_kind_name_the_first_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ReportDigest, "MOST", 2)
    digest, sums = ReportDigest(), LoadReport()
    for number in range(9):
        error = DocumentError(Fault.INVALID, f"bad {number}", f"/{number}")
        stored = StoredDocument("r", "n", "1", "d", number == 5, 10, 3, 4, 1, conflicts=["c"] * 600)
        counts = {"builds": 1, "new_builds": number % 2}
        build = DocumentReport("log", Outcome.KNOWN, kind="build", summary="b", counts=counts)
        for report in (
            DocumentReport(f"file:{number}", Outcome.REFUSED, error=error),
            replace(build, outcome=Outcome.STORED) if number % 2 else build,
            DocumentReport(f"spec:{number}", Outcome.STORED, stored),
        ):
            digest.add(report)
            sums.add(report)
    reports = digest.reports
    summed = LoadReport()
    for report in reports:
        summed.add(report)
    assert summed == sums
    assert (summed.conflicts, summed.counts["builds"]) == (5_400, 9)
    refused = [each for each in reports if each.outcome is Outcome.REFUSED]
    assert [(each.source, each.documents, str(each.error)) for each in refused] == [
        ("file:0", 1, "bad 0 (at /0)"),
        ("file:1", 1, "bad 1 (at /1)"),
        ("file:2", 7, "bad 2 (at /2)"),
    ]
    assert refused[-1].summary == "the first of 7 more"
    rest = [each for each in reports if each.documents > 1 and each.kind == "build"]
    assert {each.outcome: each.counts for each in rest} == {
        Outcome.KNOWN: {"builds": 3, "new_builds": 0},
        Outcome.STORED: {"builds": 3, "new_builds": 3},
    }


def report_on_build(
    uid: str, status: Status, *, new: bool = False, marked: bool = False, spec: str = "s"
) -> DocumentReport:
    counts = {"build_records": 1, "new_builds": int(new)}
    outcome = Outcome.STORED if new else Outcome.KNOWN
    build = ReportedBuild(uid, spec, status, marked)
    return DocumentReport("log", outcome, kind="build", counts=counts, build=build)


def test_numbers_by_status_add_up_to_the_builds() -> None:
    sums = LoadReport()
    for report in (
        report_on_build("a", Status.SUCCEEDED, new=True),
        # Better evidence for the same build.
        report_on_build("a", Status.FAILED),
        # A marker of the same failure, and one of another spec.
        report_on_build("m", Status.FAILED, new=True, marked=True),
        report_on_build("n", Status.SKIPPED, marked=True, spec="t"),
        report_on_build("b", Status.SUCCEEDED, new=True),
    ):
        sums.add(report)
    assert sums.counts == {
        "build_records": 5,
        "builds": 3,
        "new_builds": 2,
        "failed": 1,
        "skipped": 1,
        "succeeded": 1,
    }


def test_a_sum_counts_a_build_for_each_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReportDigest, "MOST", 1)
    digest, summed = ReportDigest(), LoadReport()
    for uid in ("a", "b", "c"):
        digest.add(report_on_build(uid, Status.FAILED, new=True))
    for report in digest.reports:
        summed.add(report)
    expected = {"build_records": 3, "builds": 3, "new_builds": 3, "failed": 3}
    assert summed.counts == expected
