import tracemalloc
from pathlib import Path

import pytest

from loaders.builds.stage_folder import read_stage_folder
from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, Source, SpecName, Status
from loaders.logs.cleaning import attempt_key, clean_log, open_log
from loaders.logs.failure_cause import find_cause
from loaders.logs.phases import read_phases
from loaders.logs.redaction import Redactor
from loaders.reports.junit import iter_junit, looks_like, read_junit
from loaders.reports.report import NotAttempted
from tests.loaders.reports.samples import (
    DATA,
    HASH,
    OTHER,
    STAMPED,
    THIRD,
    case,
    junit,
    opened,
    output,
)

FAILED_LOG = f"==> lab-zx: Executing phase: 'build'\n{STAMPED}x.c:3:4: error: bad < worse\n"
MESSAGE = "ProcessError: Command exited with status 2:\n    'make' 'install'"


def attempts(path: Path) -> dict[str, Attempt]:
    with path.open("rb") as stream:
        return {attempt.spec.hash: attempt for attempt in read_junit(stream, path.name).attempts}


def only(*cases: str, **given: str) -> Attempt:
    (attempt,) = read_junit(junit(*cases, **given), "report.xml").attempts
    return attempt


def failure(message: str, details: str = "Traceback", tag: str = "failure") -> str:
    shown = message.replace("'", "&#39;")
    return f'            <{tag} message="{shown}">\n{details}\n            </{tag}>\n'


STORE = "store/spack-{}/reports/junit-lab-fail-{}.xml"
PLANTED = [
    ("1.1.0", "build-1.0", "build", 9, "fatal error: missing_header.h: No such", "broken.c", 2),
    ("1.1.0", "build-1.1", "build", 10, "error: 'struct s' has no member named", "broken.c", 5),
    ("1.1.0", "dep", "build", 10, "error: 'struct s' has no member named", "broken.c", 5),
    ("1.1.0", "configure-1.0", "configure", 12, "nosuch/quantum.h not found", None, None),
    ("1.1.0", "link-1.0", "build", 7, "cannot find -lnosuchlib", None, None),
    ("1.1.0", "install-1.0", "install", 7, "cannot stat 'doc/manual.pdf'", None, None),
    ("1.1.0", "test-1.0", "test", 1, "ProcessError: Command exited with status 2:", None, None),
    ("1.1.0", "fetch-1.0", "stage", 1, "ChecksumError: sha256 checksum failed", None, None),
    ("0.23.0", "build-1.1", "build", 10, "error: 'struct s' has no member named", "broken.c", 5),
    ("0.23.0", "configure-1.0", "configure", 11, "nosuch/quantum.h not found", None, None),
    ("0.23.0", "install-1.0", "install", 7, "cannot stat 'doc/manual.pdf'", None, None),
    ("0.23.0", "test-1.0", "test", 1, "ProcessError: Command exited with status 2:", None, None),
]


@pytest.mark.parametrize(("spack", "name", "phase", "line", "text", "file", "at"), PLANTED)
def test_planted_failures_are_found(
    corpus: Path, spack: str, name: str, phase: str, line: int, text: str, file: str, at: int
) -> None:
    (attempt,) = attempts(corpus / STORE.format(spack, name)).values()
    assert attempt.status is Status.FAILED
    assert attempt.source is Source.JUNIT
    assert attempt.failed_phase == phase
    cause = find_cause(attempt)
    assert cause is not None
    found, finding = cause
    assert (found.name, found.status, finding.line) == (phase, Status.FAILED, line)
    assert text in finding.text
    assert (finding.source_file, finding.source_line) == (file, at)
    others = {each.status for each in attempt.phases if each.name != phase}
    assert others <= {Status.SUCCEEDED}


REPORTED_STAGES = [
    ("1.1.0", "build-1.0"),
    ("1.1.0", "configure-1.0"),
    ("1.1.0", "install-1.0"),
    ("1.1.0", "link-1.0"),
    ("0.23.0", "build-1.1"),
    ("0.23.0", "configure-1.0"),
    ("0.23.0", "install-1.0"),
    ("0.23.0", "test-1.0"),
]


@pytest.mark.parametrize(("spack", "name"), REPORTED_STAGES)
def test_a_failure_is_the_attempt_of_its_stage(corpus: Path, spack: str, name: str) -> None:
    (reported,) = attempts(corpus / STORE.format(spack, name)).values()
    folder = corpus / f"store/spack-{spack}/failed-stages"
    stage = folder / f"spack-stage-lab-fail-{name}-{reported.spec.hash}"
    staged = read_stage_folder(stage).attempt
    assert staged is not None
    assert reported.uid == staged.uid
    assert reported.key.startswith("2026-11-24-00:")
    assert (reported.spec, reported.failed_phase, reported.started) == (
        staged.spec,
        staged.failed_phase,
        staged.started,
    )
    log = (stage / "spack-build-out.txt").read_bytes()
    in_log = read_phases(log, Status.FAILED, Redactor())
    assert [each.log for each in reported.phases[: len(in_log)]] == [each.log for each in in_log]
    assert [each.findings for each in reported.phases if each.name != "test"] == [
        each.findings for each in in_log
    ]


@pytest.mark.parametrize("spack", ["1.1.0", "0.23.0"])
def test_a_success_is_the_attempt_of_its_installation(corpus: Path, spack: str) -> None:
    reported = attempts(corpus / f"store/spack-{spack}/reports/junit-lab-suite.xml")
    assert {attempt.status for attempt in reported.values()} == {Status.SUCCEEDED}
    assert len(reported) == {"1.1.0": 10, "0.23.0": 9}[spack]
    logs = list((corpus / f"store/spack-{spack}/opt-store").rglob("*/.spack/spack-build-out.txt*"))
    compared = 0
    for path in logs:
        attempt = reported.get(path.parents[1].name[-32:])
        if attempt is not None:
            log = open_log(path)
            assert attempt.key == attempt_key(log)
            kept = "".join(each.log.text for each in attempt.phases if each.log)
            assert kept == log.text
            assert path.parents[1].name == "-".join(
                (attempt.spec.name, attempt.spec.version or "?", attempt.spec.hash)
            ) or attempt.spec.name in ("lab-nocode", "lab-suite", "compiler-wrapper")
            compared += 1
    assert compared == len(reported)


def test_a_failed_build_is_read() -> None:
    reported = attempts(DATA / "spack-1.1.0/junit-lab-fail-build-1.1.xml")
    (attempt,) = reported.values()
    assert attempt.spec == SpecName(OTHER, "lab-fail-build", "1.1")
    assert attempt.key == "2026-11-24-00:07:46.836490"
    assert attempt.started == 1795478866.83649
    assert attempt.seconds == 2.500349760055542
    assert attempt.message == (
        "ProcessError: Command exited with status 2:\n    '/usr/bin/make' '-j2' 'V=1'"
    )
    assert attempt.binary is None
    assert [
        (each.name, each.status.value, each.errors, each.warnings) for each in attempt.phases
    ] == [
        ("autoreconf", "succeeded", 0, 0),
        ("configure", "succeeded", 0, 0),
        ("build", "failed", 4, 4),
    ]
    last = attempt.phases[-1]
    assert last.log is not None
    assert last.log.text.endswith("\nmake: *** Waiting for unfinished jobs....\n")
    assert [each.line for each in last.findings if each.kind == "error"] == [10, 13, 21, 32]
    (traceback,) = attempt.attachments
    assert (traceback.name, traceback.kind) == ("traceback.txt", "message")
    assert traceback.log.text.startswith("Traceback (most recent call last):\n")
    assert "in _real_install" in traceback.log.text


def test_a_failed_fetch_is_in_the_stage_phase() -> None:
    (attempt,) = attempts(DATA / "spack-1.1.0/junit-lab-fail-fetch-1.0.xml").values()
    assert attempt.spec == SpecName("bkoazfc3i6lb7zc2566tvpcyw5fhjzds", "lab-fail-fetch", "1.0")
    assert attempt.started == 1795478896.0
    (phase,) = attempt.phases
    assert (phase.name, phase.status, phase.errors, phase.log) == ("stage", Status.FAILED, 1, None)
    assert attempt.message is not None
    assert phase.findings[0].text == attempt.message.splitlines()[0]
    assert phase.findings[0].after[0].startswith("    Expected 00000")


def test_fetches_that_fail_at_different_times_are_different_attempts() -> None:
    report = (DATA / "spack-1.1.0/junit-lab-fail-fetch-1.0.xml").read_text()
    later = report.replace("24 Nov 2026 00:08:16", "25 Nov 2026 00:08:16")
    keys = set()
    for text in (report, later, report):
        cases = text[text.index("<testcase") : text.index("</testsuite>")]
        stamp = text.partition('timestamp="')[2].partition('"')[0]
        keys.add(only(cases, name="lab-fail-fetch", timestamp=stamp).key)
    assert len(keys) == 2


def test_build_time_tests_are_a_separate_phase() -> None:
    (attempt,) = attempts(DATA / "spack-0.23.0/junit-lab-fail-test-1.0.xml").values()
    assert [(each.name, each.order, each.status.value) for each in attempt.phases] == [
        ("autoreconf", 0, "succeeded"),
        ("configure", 1, "succeeded"),
        ("build", 2, "succeeded"),
        ("test", 3, "failed"),
    ]
    assert attempt.failed_phase == "test"
    assert attempt.phases[-1].findings[0].after == ("    '/usr/bin/make' '-j2' 'check'",)


def test_a_root_that_was_not_attempted_has_culprits() -> None:
    report = read_junit(opened(DATA / "spack-1.1.0/junit-lab-fail-dep.xml"), "report.xml")
    assert [attempt.status for attempt in report.attempts] == [Status.FAILED]
    culprit = SpecName(OTHER, "lab-fail-build", "1.1")
    assert report.not_attempted == (NotAttempted("lab-fail-dep", None, (culprit,), 1795478911.0),)


def test_a_root_of_spack_0_23_has_a_hash_prefix() -> None:
    failed = case("lab-zx", HASH, failure("no"))
    report = read_junit(junit(failed, name="lab-fail-dep_dek5utf"), "report.xml")
    assert report.not_attempted[0].name == "lab-fail-dep"
    assert report.not_attempted[0].hash_prefix == "dek5utf"
    named = junit(failed, case("lab-fail-dep", THIRD, failure("no")), name="lab-fail-dep_dek5utf")
    assert read_junit(named, "report.xml").not_attempted == ()
    other = junit(failed, case("lab-fail-dep", OTHER, ""), name="lab-fail-dep_dek5utf")
    assert len(read_junit(other, "report.xml").not_attempted) == 1


def test_an_installed_package_is_not_an_attempt() -> None:
    skipped = case("gcc", OTHER, "<skipped />", "0.0")
    report = read_junit(junit(skipped, case("lab-zx", HASH, output(STAMPED))), "report.xml")
    assert [attempt.spec.name for attempt in report.attempts] == ["lab-zx"]
    assert not report.not_attempted
    assert not report.problems


def test_an_installed_root_is_not_an_attempt() -> None:
    report = read_junit(junit(case("lab-zx", HASH, "<skipped />", "0.0")), "report.xml")
    assert not report.attempts
    assert not report.not_attempted


def test_a_root_skipped_by_spack_1_2_is_blamed_on_the_failure() -> None:
    root = case("lab-fail-dep", THIRD, "<skipped />", "0.0")
    between = case("lab-mid", OTHER, "<skipped />", "0.0")
    failed = case("lab-zx", HASH, failure("no"))
    reported = read_junit(junit(root, between, failed, name="lab-fail-dep"), "report.xml")
    assert [(each.spec.name, each.status) for each in reported.attempts] == [
        ("lab-zx", Status.FAILED),
        ("lab-fail-dep", Status.SKIPPED),
    ]
    skipped = reported.attempts[1]
    assert skipped.culprit == SpecName(HASH, "lab-zx")
    assert skipped.message == "skipped since lab-zx failed"
    assert skipped.more == {"inferred": True}
    assert reported.not_attempted == ()


def test_a_compiler_with_the_same_name_is_not_the_root() -> None:
    failed = case("lab-zx", HASH, failure("no"))
    outer = case("gcc", OTHER, "<skipped />", "0.0")
    report = read_junit(junit(case("gmake", THIRD, "<skipped/>"), outer, failed, name="gcc"), "r")
    assert [attempt.spec.name for attempt in report.attempts] == ["lab-zx"]
    assert [root.name for root in report.not_attempted] == ["gcc"]


@pytest.mark.parametrize(
    ("inner", "culprit"),
    [
        ('<skipped message="Dependencies failed to install" />', SpecName(HASH, "lab-zx")),
        (
            f"<skipped>Skipping lab-mid-1.0-{THIRD} since lab-old-2.0-{OTHER} failed</skipped>",
            SpecName(OTHER, "lab-old", "2.0"),
        ),
    ],
)
def test_a_stated_reason_is_used(inner: str, culprit: SpecName) -> None:
    skipped = case("lab-mid", THIRD, inner, "0.0")
    report = read_junit(junit(case("lab-zx", HASH, failure("no")), skipped), "report.xml")
    (attempt,) = [each for each in report.attempts if each.status is Status.SKIPPED]
    assert attempt.spec == SpecName(THIRD, "lab-mid")
    assert attempt.culprit == culprit
    assert attempt.more == {}


@pytest.mark.parametrize("reason", ["Spec external or already installed", "Spec is external"])
def test_packages_skipped_for_other_reasons_are_not_attempts(reason: str) -> None:
    skipped = case("lab-mid", THIRD, f'<skipped message="{reason}" />', "0.0")
    report = read_junit(junit(case("lab-zx", HASH, failure("no")), skipped), "report.xml")
    assert [attempt.spec.hash for attempt in report.attempts] == [HASH]


def test_the_message_is_removed_from_the_log() -> None:
    attempt = only(case("lab-zx", HASH, failure(MESSAGE) + output(FAILED_LOG + MESSAGE)))
    assert attempt.message == MESSAGE
    assert attempt.phases[0].log == clean_log(FAILED_LOG.encode())
    assert [each.text for each in attempt.phases[0].findings] == ["x.c:3:4: error: bad < worse"]


def test_a_log_end_that_only_resembles_the_message_is_kept() -> None:
    log = FAILED_LOG + "ProcessError: something else"
    attempt = only(case("lab-zx", HASH, failure("something else, too") + output(log)))
    assert attempt.phases[0].log == clean_log(log.encode())


def test_a_success_keeps_a_log_that_ends_with_blank_lines() -> None:
    log = f"==> lab-zx: Executing phase: 'install'\n{STAMPED}\n   \n"
    attempt = only(case("lab-zx", HASH, output(log)))
    assert attempt.phases[0].log == clean_log(log.encode())


def test_a_success_without_output_has_no_phases() -> None:
    attempt = only(case("lab-zx", HASH, ""))
    assert (attempt.status, attempt.seconds, attempt.phases) == (Status.SUCCEEDED, 1.5, ())
    assert attempt.started == 1795478864.0


def test_a_success_without_a_readable_log_has_no_phases() -> None:
    attempt = only(case("lab-zx", HASH, output("Cannot open log for lab-zx@=1.0%gcc@12/mdhv6yc")))
    assert (attempt.status, attempt.phases) == (Status.SUCCEEDED, ())
    assert attempt.spec.version == "1.0"


def test_a_failed_patch_differs_from_a_failed_fetch() -> None:
    reported = "  File 'x', line 1, in do_patch\nInstallError: patch did not apply"
    assert only(case("lab-zx", HASH, failure("no", reported))).failed_phase == "patch"
    reported = "  in do_patch\n  in do_stage\n  in do_fetch\nFetchError: 404"
    assert only(case("lab-zx", HASH, failure("no", reported))).failed_phase == "stage"


def test_an_error_of_spack_itself_is_marked() -> None:
    attempt = only(case("lab-zx", HASH, failure("no", tag="error") + output(FAILED_LOG + "no")))
    assert attempt.status is Status.FAILED
    assert attempt.more == {"outside_build": True}


def test_an_interrupt_is_not_a_failure() -> None:
    inner = failure("Unknown error", "Traceback\nKeyboardInterrupt", "error")
    attempt = only(case("lab-zx", HASH, inner + output(FAILED_LOG + "Unknown error")))
    assert attempt.status is Status.CANCELLED
    assert attempt.failed_phase is None
    assert attempt.phases[-1].status is Status.CANCELLED


def test_a_log_longer_than_the_attempt_means_a_build_cache() -> None:
    log = f"{STAMPED}==> [2026-11-24-00:09:46.836490] 'make'\n"
    attempt = only(case("lab-zx", HASH, output(log), "0.4"))
    assert attempt.binary is True
    assert attempt.seconds is None
    assert attempt.more == {"unpack_seconds": 0.4}
    assert attempt.key == "2026-11-24-00:07:46.836490"
    built = only(case("lab-zx", HASH, output(log), "121"))
    assert (built.binary, built.seconds, built.more) == (None, 121.0, {})


def test_a_failure_never_comes_from_a_build_cache() -> None:
    log = f"{FAILED_LOG}==> [2026-11-24-00:09:46.836490] 'make'\n"
    attempt = only(case("lab-zx", HASH, failure("no") + output(log + "no"), "0.4"))
    assert (attempt.binary, attempt.seconds) == (None, 0.4)


def test_an_attempt_in_two_suites_is_yielded_once() -> None:
    inner = case("lab-zx", HASH, output(STAMPED))
    assert only(inner, '</testsuite><testsuite name="lab-sim">', inner).spec.hash == HASH


def test_secrets_are_redacted() -> None:
    token = "ghp_" + "A1b2C3d4E5" * 4
    log = FAILED_LOG + f"error: clone https://me:{token}@example.org\n"
    inner = failure(f"failed {token}", f"Traceback {token}")
    attempt = only(case("lab-zx", HASH, inner + output(log + f"failed {token}")))
    assert token not in repr(attempt)
    assert attempt.message is not None
    assert attempt.message.startswith("failed ")


def test_control_characters_and_invalid_bytes_are_cleaned() -> None:
    log = f"==> lab-zx: Executing phase: 'install'\n{STAMPED}\x1b[1mbold\x1b[0m \udcff & <x>\n"
    attempt = only(case("lab-zx", HASH, output(log)))
    assert attempt.phases[0].log == clean_log(log.encode("utf-8", "surrogateescape"))
    assert attempt.phases[0].log is not None
    assert attempt.phases[0].log.text.endswith("bold � & <x>\n")


def test_runs_of_spack_test_are_read() -> None:
    path = DATA / "spack-1.1.0/junit-test-run-lab-stats.xml"
    report = read_junit(opened(path), path.name)
    assert not report.attempts
    assert not report.not_attempted
    assert [
        (run.spec.version, run.spec.hash[:7], run.status.value) for run in report.test_runs
    ] == [
        ("1.2.0", "tpy7isl", "succeeded"),
        ("0.9.0", "q5kytv4", "succeeded"),
    ]
    first = report.test_runs[0]
    assert first.seconds == 0.13796591758728027
    assert first.started == 1795479227.667045
    assert [(part.name, part.status) for part in first.parts] == [
        ("LabStats::test_stats", "PASSED")
    ]
    assert first.log == open_log(DATA / "test-suite/lab-stats-1.2.0-tpy7isl-test-out.txt")


def test_a_failed_test_run_is_not_an_attempt() -> None:
    log = (
        "==> Testing package lab-zx-1.0-mdhv6yc\n==> [2026-11-24-00:13:47.667045] test: test_a: x\n"
        "FAILED: LabZx::test_a: no\n"
    )
    inner = failure("TestFailure: 1 test failed.") + output(log + "TestFailure: 1 test failed.")
    report = read_junit(junit(case("lab-zx", HASH, inner)), "report.xml")
    assert not report.attempts
    assert not report.not_attempted
    (run,) = report.test_runs
    assert (run.spec, run.status) == (SpecName(HASH, "lab-zx", "1.0"), Status.FAILED)
    assert run.message == "TestFailure: 1 test failed."
    assert run.log == clean_log(log.encode())


def test_a_test_run_without_log_is_recognised_by_its_traceback() -> None:
    details = "Traceback\n  File 'install_test.py', line 901, in test_process\nTestFailure: no"
    inner = failure("no", details) + output("Cannot open log for lab-zx@1.0 /mdhv6ycno")
    report = read_junit(junit(case("lab-zx", HASH, inner), name="another"), "report.xml")
    assert not report.attempts
    assert not report.not_attempted
    (run,) = report.test_runs
    assert (run.spec, run.status) == (SpecName(HASH, "lab-zx", "1.0"), Status.FAILED)
    assert (run.log, run.message, run.parts) == (None, "no", ())


def test_a_large_report_takes_little_memory() -> None:
    hashes = ["".join(pair) for pair in zip("abcdefghijkl", [HASH[1:]] * 12, strict=True)]
    log = FAILED_LOG + f"{'noise ' * 100}\n" * 1000
    stream = junit(*(case("lab-zx", each, output(log)) for each in hashes))
    tracemalloc.start()
    reported = [each.spec.hash for each in iter_junit(stream) if isinstance(each, Attempt)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reported == hashes
    assert peak < 9 * len(log)


@pytest.mark.parametrize(
    ("document", "fault", "detail"),
    [
        (b"<html><body/></html>", Fault.UNSUPPORTED, "root element is <html>"),
        (b"<Site BuildName='x'/>", Fault.UNSUPPORTED, "root element is <Site>"),
        (b"", Fault.MALFORMED, "ends early"),
        (b"<testsuites><testsuite name='x'><testcase", Fault.MALFORMED, "ends early"),
    ],
)
def test_other_documents_are_refused(
    document: bytes, fault: Fault, detail: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.xml"
    path.write_bytes(document)
    with pytest.raises(DocumentError, match=detail) as caught:
        attempts(path)
    assert caught.value.fault is fault


def test_a_truncated_report_is_refused(tmp_path: Path) -> None:
    report = (DATA / "spack-1.1.0/junit-lab-fail-build-1.1.xml").read_bytes()
    path = tmp_path / "report.xml"
    for length in range(50, len(report) - 12, 997):
        path.write_bytes(report[:length])
        with pytest.raises(DocumentError) as caught:
            attempts(path)
        assert caught.value.fault is Fault.MALFORMED


def test_a_report_of_another_tool_is_refused() -> None:
    with pytest.raises(DocumentError, match="'test_adds' is not a DAG hash"):
        read_junit(junit(case("tests.sums", "test_adds", "")), "report.xml")


def test_a_bad_testcase_is_a_problem() -> None:
    bad = case("../evil", OTHER, output(STAMPED))
    report = read_junit(junit(bad, case("lab-zx", HASH, output(STAMPED))), "report.xml")
    assert [attempt.spec.hash for attempt in report.attempts] == [HASH]
    ((origin, error),) = report.problems
    assert origin == "report.xml"
    assert "is not a package name" in error.detail


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0.5", 0.5), ("", None), ("None", None), ("-1", None), ("nan", None), ("inf", None)],
)
def test_invalid_durations_are_dropped(written: str, seconds: float | None) -> None:
    assert only(case("lab-zx", HASH, "", written)).seconds == seconds


@pytest.mark.parametrize(
    "date",
    [
        "Tue, d Nov 2026 00:07:44",  # as Spack 1.0 wrote it before its first release
        "Tue, 99999999999999999999 Nov 2026 00:07:44",
        "Tue, 24 Nov 99999 00:07:44",
        "yesterday",
        "",
    ],
)
def test_an_invalid_date_leaves_the_start_unknown(date: str) -> None:
    assert only(case("lab-zx", HASH, ""), timestamp=date).started is None


def test_a_suite_may_be_the_root() -> None:
    stream = junit(case("lab-zx", HASH, output(STAMPED)))
    text = stream.read().replace(b"<testsuites>", b"").replace(b"</testsuites>", b"")
    report = read_junit(type(stream)(text), "report.xml")
    assert [attempt.spec.hash for attempt in report.attempts] == [HASH]


def test_reports_are_recognised_by_their_first_bytes() -> None:
    for path in DATA.rglob("junit-*.xml"):
        assert looks_like(path.read_bytes()[:400])
    assert not looks_like((DATA / "spack-1.1.0/cdash-lab-fail-build/Build.xml").read_bytes())
    assert not looks_like(b'{"spec": {}}')
