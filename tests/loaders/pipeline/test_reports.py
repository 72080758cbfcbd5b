"""Reports on documents, and their digest."""

from dataclasses import replace

import pytest

from loaders.errors import DocumentError, Fault
from loaders.pipeline.reports import DocumentReport, LoadReport, Outcome, ReportDigest
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
