import io
import json
from pathlib import Path

import pytest

from loaders.errors import DocumentError, Fault
from loaders.evidence import Status
from loaders.logs.cleaning import clean_log
from loaders.reports.junit import read_junit
from loaders.reports.test_runs import TestSuite, is_suite_file, parse_test_parts, read_test_suite
from loaders.specs.document import parse_document
from tests.loaders.reports.samples import DATA, opened

FOLDER = DATA / "test-suite"
FULL = ("tpy7islu7qc7q2acthqi3vp2ltdldxzo", "q5kytv4aju5qruyuh2cgts63dth6xd63")
NAMES = ("lab-stats-1.2.0-tpy7isl", "lab-stats-0.9.0-q5kytv4")


def files(*, without: str = "\0", **changed: bytes) -> list[tuple[str, io.BytesIO]]:
    found = {path.name: path.read_bytes() for path in FOLDER.iterdir() if without not in path.name}
    for name, content in changed.items():
        found[".".join(name.rsplit("_", 1))] = content
    return [(name, io.BytesIO(found[name])) for name in sorted(found)]


def statuses(suite: TestSuite) -> list[str]:
    return [run.status.value for run in suite.runs]


def test_a_suite_folder_is_read() -> None:
    suite = read_test_suite(files())
    assert (suite.name, suite.problems) == ("lab-stats-run", ())
    assert [run.spec.hash for run in suite.runs] == list(FULL)
    assert [run.spec.version for run in suite.runs] == ["1.2.0", "0.9.0"]
    assert statuses(suite) == ["succeeded", "succeeded"]
    first = suite.runs[0]
    assert first.started == 1795479227.667045
    assert first.seconds == pytest.approx(0.006887)
    assert [(part.name, part.status) for part in first.parts] == [
        ("LabStats::test_stats", "PASSED")
    ]
    assert first.log is not None
    assert "mean 2.5 sd 1.29099 digest 0ced622b\n" in first.log.text
    assert first.message is None


def test_the_specs_of_a_suite_are_documents_byte_for_byte() -> None:
    suite = read_test_suite(files())
    parsed = [parse_document(raw) for raw in suite.documents]
    assert [document.root.hash for document in parsed] == list(FULL)
    assert not any(document.unverified_nodes for document in parsed)
    text = (FOLDER / "test_suite.lock").read_bytes()
    assert all(raw in text for raw in suite.documents)


def test_folder_and_report_give_the_same_runs() -> None:
    report = read_junit(opened(DATA / "spack-1.1.0/junit-test-run-lab-stats.xml"), "report.xml")
    suite = read_test_suite(files())
    assert [run.uid for run in report.test_runs] == [run.uid for run in suite.runs]
    assert [run.spec for run in report.test_runs] == [run.spec for run in suite.runs]
    assert len({run.uid for run in suite.runs}) == 2


def test_a_real_suite_folder(corpus: Path) -> None:
    (folder,) = (corpus / "store/spack-1.1.0/test-results").iterdir()
    given = [(path.name, opened(path)) for path in folder.iterdir() if path.is_file()]
    suite = read_test_suite(given)
    assert [run.spec.hash for run in suite.runs] == list(FULL)
    assert not suite.problems


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (b"{0} FAILED\n{1} SKIPPED\n", ["failed", "skipped"]),
        (b"{0} NO_TESTS\n{1} NO-TESTS\n", ["skipped", "skipped"]),
        (b"{0} FAILED\n{0} PASSED\n{1} FAILED\n", ["succeeded", "failed"]),
        (b"{1} FAILED\n", ["succeeded", "failed"]),
    ],
)
def test_the_results_file_is_preferred(results: bytes, expected: list[str]) -> None:
    text = results.replace(b"{0}", NAMES[0].encode()).replace(b"{1}", NAMES[1].encode())
    assert statuses(read_test_suite(files(results_txt=text))) == expected


@pytest.mark.parametrize(
    ("number", "status"),
    [(b"-1", "skipped"), (b"0\n", "skipped"), (b"1\n", "failed"), (b"2\n", "succeeded")],
)
def test_the_status_file_comes_second(number: bytes, status: str) -> None:
    given = [
        (name, io.BytesIO(number) if name == f"{NAMES[0]}-tested.txt" else stream)
        for name, stream in files(without="results")
    ]
    assert statuses(read_test_suite(given)) == [status, "succeeded"]


def test_the_parts_in_the_log_come_third() -> None:
    log = b"==> Testing package lab-stats-1.2.0-tpy7isl\nPASSED: A::test_a\nFAILED: A::test_b: no\n"
    given = [
        (name, io.BytesIO(log) if name == f"{NAMES[0]}-test-out.txt" else stream)
        for name, stream in files(without="ed.txt")
        if name != "results.txt"
    ]
    assert statuses(read_test_suite(given)) == ["failed", "succeeded"]


def test_a_spec_that_was_not_reached_is_not_a_run() -> None:
    given = [each for each in files() if NAMES[1] not in each[0] and each[0] != "results.txt"]
    assert [run.spec.hash for run in read_test_suite(given).runs] == [FULL[0]]


def test_a_status_without_a_log_is_a_run() -> None:
    suite = read_test_suite(files(without="test-out"))
    assert statuses(suite) == ["succeeded", "succeeded"]
    assert [(run.log, run.parts, run.started, run.seconds) for run in suite.runs] == [
        (None, (), None, None)
    ] * 2


def test_a_suite_without_an_alias_has_no_name() -> None:
    lock = json.loads((FOLDER / "test_suite.lock").read_bytes())
    del lock["alias"]
    suite = read_test_suite(files(test_suite_lock=json.dumps(lock).encode()))
    assert suite.name is None
    assert len(suite.runs) == 2


def test_a_broken_spec_is_a_problem_and_the_rest_is_read() -> None:
    lock = json.loads((FOLDER / "test_suite.lock").read_bytes())
    del lock["specs"][0]["spec"]["nodes"][0]["hash"]
    suite = read_test_suite(files(test_suite_lock=json.dumps(lock).encode()))
    assert [run.spec.hash for run in suite.runs] == [FULL[1]]
    ((file, error),) = suite.problems
    assert file == "test_suite.lock"
    assert error.pointer.startswith("/specs/0/spec/nodes/0")


@pytest.mark.parametrize(
    ("lock", "fault"),
    [(b"{", Fault.MALFORMED), (b'{"specs": 3}', Fault.INVALID), (b"\xff", Fault.MALFORMED)],
)
def test_a_broken_lock_file_is_refused(lock: bytes, fault: Fault) -> None:
    with pytest.raises(DocumentError) as caught:
        read_test_suite(files(test_suite_lock=lock))
    assert caught.value.fault is fault


def test_a_folder_without_a_lock_file_is_not_a_suite() -> None:
    with pytest.raises(DocumentError, match="not a test suite") as caught:
        read_test_suite(files(without="lock"))
    assert caught.value.fault is Fault.UNSUPPORTED


def test_unrelated_files_are_ignored() -> None:
    given = [*files(), ("repo/lab-stats/package.py", io.BytesIO(b"\xff"))]
    assert not read_test_suite(given).problems
    assert [name for name, _ in given if not is_suite_file(name)] == ["repo/lab-stats/package.py"]


PARTS = [
    (
        "FAILED: A::test_a: expected 'x' in 'y'\nPASSED: A::test_b\n",
        ["A::test_a=FAILED", "A::test_b=PASSED"],
    ),
    (
        "SKIPPED: A::test_a: no file\nNO_TESTS: A::mpi\n",
        ["A::test_a=SKIPPED", "A::mpi=NO-TESTS"],
    ),
    ("PASSED: A::test_a_one\nFAILED: A::test_a_one: no\n", ["A::test_a_one=FAILED"]),
    ("PASSED: all of them\nPASSED: A::test_a\n", ["A::test_a=PASSED"]),
    (
        "==> [x] test: a\nPASSED\n==> [x] test: b\nFAILED\n",
        ["part 1=PASSED", "part 2=FAILED"],
    ),
    ("FAILED: A::test_a: no\nA::test_a .. PASSED\n", ["A::test_a=PASSED"]),
    ("[  PASSED  ] 3 tests.\n", []),
]


@pytest.mark.parametrize(("text", "parts"), PARTS)
def test_parts_are_parsed(text: str, parts: list[str]) -> None:
    assert [f"{part.name}={part.status}" for part in parse_test_parts(text)] == parts


def test_the_summary_of_a_large_log_is_read() -> None:
    summary = (FOLDER / f"{NAMES[0]}-test-out.txt").read_bytes()
    log = b"==> Testing package x\n" + b"noise\n" * 400_000 + summary
    given = [
        (name, io.BytesIO(log) if name == f"{NAMES[0]}-test-out.txt" else stream)
        for name, stream in files()
    ]
    run = read_test_suite(given).runs[0]
    assert run.log == clean_log(log)
    assert run.log is not None
    assert run.log.capped
    assert [part.name for part in run.parts] == ["LabStats::test_stats"]
    assert run.status is Status.SUCCEEDED
