import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from loaders.builds.stage_folder import read_stage_folder
from loaders.errors import DocumentError, Fault
from loaders.evidence import Attempt, Finding, HostEnvironment, Phase, Source, SpecName, Status
from loaders.logs.failure_cause import find_cause
from loaders.logs.log_parser import scan_lines
from loaders.reports.cdash import looks_like, read_cdash
from loaders.reports.report import Report
from tests.loaders.reports.samples import (
    DATA,
    HASH,
    OTHER,
    build,
    configure,
    entry,
    junit,
    opened,
    site,
    update,
)

NAME = f"lab-zx@1.0/{HASH}"
STAMP = "==> [2026-11-24-00:13:13.611545] "
LOG = (
    f"configure output for lab-zx:\n{STAMP}'/tmp/spack-stage-lab-zx-1.0-{HASH}/spack-src/configure'"
)
ERROR = "x.c:3:4: error: no 'a' && <b>"


def read(paths: Iterable[Path]) -> Report:
    return read_cdash((path.name, opened(path)) for path in sorted(paths))


def folder(name: str) -> Report:
    return read((DATA / name).glob("*.xml"))


def only(*files: tuple[str, io.BytesIO]) -> Attempt:
    report = read_cdash(files)
    assert not report.problems
    (attempt,) = report.attempts
    return attempt


def findings(phase: Phase) -> list[tuple[str, int, str, str | None, int | None]]:
    return [
        (each.kind, each.line, each.text, each.source_file, each.source_line)
        for each in phase.findings
    ]


def test_a_failed_build_is_read() -> None:
    report = folder("spack-1.1.0/cdash-lab-fail-build")
    assert not report.problems
    (attempt,) = report.attempts
    assert attempt.spec == SpecName(OTHER, "lab-fail-build", "1.1")
    assert attempt.key == "2026-11-24-00:13:13.611545"
    assert attempt.source is Source.CDASH
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "build")
    assert (attempt.started, attempt.seconds) == (1795479193.611545, 4.0)
    assert (attempt.spack_version, attempt.binary) == ("1.1.0", False)
    assert attempt.environment == HostEnvironment(platform="linux", host_target="x86_64_v4")
    assert attempt.more == {
        "cdash_site": "vm",
        "cdash_stamp": "20261124-0013-Experimental",
        "os_release": "6.18.44-fc-v669",
        "spack_revision": "9cf66332df3dd988248617fc93400045be59ebab",
    }
    configured, built = attempt.phases
    assert (configured.name, configured.order, configured.status) == (
        "configure",
        0,
        Status.SUCCEEDED,
    )
    assert configured.log is not None
    assert configured.log.text.count("configure output for lab-fail-build:\n") == 1
    assert "==> [2026-11-24-00:13:13.611545] Find (max depth" in configured.log.text
    assert (built.name, built.order, built.status, built.log) == ("build", 1, Status.FAILED, None)
    assert (built.errors, built.warnings) == (4, 4)
    first = "broken.c:5:11: error: 'struct s' has no member named 'nosuchfield'"
    second = "broken.c:5:27: error: 'undeclared_name' undeclared (first use in this function)"
    assert findings(built)[:2] == [
        ("error", 6, first, "broken.c", 5),
        ("error", 9, second, "broken.c", 5),
    ]
    assert built.findings[0].after[0] == "    5 |   return p->nosuchfield + undeclared_name;"
    assert built.findings[1].notes == (
        "broken.c:5:27: note: each undeclared identifier is reported only once for each "
        "function it appears in",
    )
    assert find_cause(attempt) == (built, built.findings[0])


def test_findings_equal_those_of_the_log_in_the_stage(corpus: Path) -> None:
    store = corpus / "store/spack-1.1.0"
    (reported,) = read((store / "reports/cdash-lab-fail-build").glob("*.xml")).attempts
    stage = f"spack-stage-lab-fail-build-1.1-{reported.spec.hash}"
    staged = read_stage_folder(store / "failed-stages" / stage).attempt
    assert staged is not None
    assert reported.uid == staged.uid
    assert (reported.spec, reported.failed_phase, reported.started) == (
        staged.spec,
        staged.failed_phase,
        staged.started,
    )
    built, whole = reported.phases[-1], staged.phases[-1]
    assert (built.errors, built.warnings) == (whole.errors, whole.warnings)
    assert [_without_context(each) for each in built.findings] == [
        _without_context(each) for each in whole.findings
    ]
    # Spack appends its own message to the log before it looks for errors.
    message = ("ProcessError: Command exited with status 2:", "    '/usr/bin/make' '-j2' 'V=1'")
    assert [
        tuple(line for line in each.after if line not in message) for each in built.findings
    ] == [each.after for each in whole.findings]
    # Spack gives no lines before a finding in the first six lines.
    assert [each.before for each in built.findings if each.line > 6] == [
        each.before for each in whole.findings if each.line > 6
    ]


def _without_context(finding: Finding) -> Finding:
    return replace(finding, before=(), after=())


def test_the_log_in_a_report_is_scanned_by_our_parser() -> None:
    log = f"{LOG}\nchecking for x... no\nconfigure: error: x & y not <found>\n"
    attempt = only(("Configure.xml", site(NAME, configure(log, 1))))
    (phase,) = attempt.phases
    assert phase.findings == scan_lines(log.splitlines()).findings
    assert [each.line for each in phase.findings] == [4]
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "configure")
    assert (phase.errors, phase.status) == (1, Status.FAILED)


def test_failed_build_time_tests_are_the_attempt_of_the_stage(corpus: Path) -> None:
    store = corpus / "store/spack-1.1.0"
    (reported,) = read((store / "reports/cdash-lab-fail-test").glob("*.xml")).attempts
    stage = f"spack-stage-lab-fail-test-1.0-{reported.spec.hash}"
    staged = read_stage_folder(store / "failed-stages" / stage).attempt
    assert staged is not None
    assert reported.uid == staged.uid
    # Nothing in these files says that it failed; the stage, which takes precedence, does.
    assert (reported.status, reported.more["inferred"]) == (Status.SUCCEEDED, True)
    assert (staged.status, staged.source < reported.source) == (Status.FAILED, True)


def test_a_folder_may_report_several_packages(corpus: Path) -> None:
    for spack, reports in (("1.1.0", "cdash-lab-sim-openmpi"), ("0.23.0", "cdash-lab-sim")):
        store = corpus / f"store/spack-{spack}"
        report = read((store / "reports" / reports).glob("lab-*.xml"))
        assert not report.problems
        assert [attempt.spec.name for attempt in report.attempts] == [
            "lab-h5",
            "lab-openmpi",
            "lab-sim",
        ]
        installed = {path.name for path in store.glob("opt-store/*/*")}
        installed |= {path.name for path in store.glob("opt-store/*/*/*")}
        for attempt in report.attempts:
            assert f"{attempt.spec.name}-{attempt.spec.version}-{attempt.spec.hash}" in installed
            assert attempt.status is Status.SUCCEEDED
            assert [each.name for each in attempt.phases] == ["configure", "build"]
            # The times are those of all packages together.
            assert attempt.seconds is None
        warned = report.attempts[-1].phases[-1]
        assert findings(warned) == [
            (
                "warning",
                6,
                "main.c:3:20: warning: unused variable 'unused_counter' [-Wunused-variable]",
                "main.c",
                3,
            )
        ]


def test_the_hash_is_taken_from_the_log() -> None:
    report = folder("spack-1.1.0/cdash-lab-sim")
    assert [attempt.spec for attempt in report.attempts] == [
        SpecName("i6i4yjbi6idmudwczdwek2xzvlm35x6y", "lab-h5", "1.14.5"),
        SpecName("iw5yw6b6c6hrzcc7edw2mpvca5shfn7w", "lab-sim", "2.0"),
    ]
    named = only(("Configure.xml", site("lab-zx +shared - lab-zx", configure(LOG))))
    assert named.spec == SpecName(HASH, "lab-zx", "1.0")


def test_each_file_is_read_alone() -> None:
    path = DATA / "spack-1.1.0/cdash-lab-fail-build"
    (built,) = read([path / "Build.xml"]).attempts
    assert (built.spec.hash, built.status, built.failed_phase) == (OTHER, Status.FAILED, "build")
    assert (built.started, built.seconds) == (1795479190.0, 4.0)
    (configured,) = read([path / "Configure.xml"]).attempts
    assert configured.key == "2026-11-24-00:13:13.611545"
    assert (configured.status, configured.more["inferred"]) == (Status.RUNNING, True)
    assert built.key != configured.key
    assert read([path / "Build.xml"]).attempts == (built,)
    updated = read([path / "Update.xml"])
    assert not updated.attempts
    assert not updated.problems


def test_a_single_build_file_without_hash_is_a_problem() -> None:
    report = read([DATA / "spack-1.1.0/cdash-lab-sim/lab-h5_Build.xml"])
    assert not report.attempts
    ((file, error),) = report.problems
    assert file == "lab-h5_Build.xml"
    assert "the spec is not known" in error.detail


def test_a_failure_before_the_first_phase_is_in_stage() -> None:
    report = folder("spack-0.23.0/cdash-too-early")
    assert not report.attempts
    ((file, _),) = report.problems
    assert file == "Configure.xml"
    text = (DATA / "spack-0.23.0/cdash-too-early/Configure.xml").read_text()
    named = text.replace("/home/spack/work/lab023/lab-sim-2.0-276hkku.json", NAME)
    attempt = only(("Configure.xml", io.BytesIO(named.encode())))
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "stage")
    assert attempt.message == (
        "CompilerAccessError: Compiler 'gcc@=12.2.0' has executables that are missing or are not "
        "executable: ['/usr/bin/gfortran', '/usr/bin/gfortran']"
    )
    (phase,) = attempt.phases
    assert phase.findings[0].text == attempt.message


def test_a_complete_report_without_a_build_file_is_a_failure() -> None:
    files = (("Configure.xml", site(NAME, configure(LOG))), ("Update.xml", update(NAME)))
    attempt = only(*files)
    assert (attempt.status, attempt.failed_phase) == (Status.FAILED, "configure")
    assert attempt.phases[-1].status is Status.FAILED
    assert attempt.more["inferred"] is True
    assert attempt.more["spack_revision"] == "9cf6633"


def test_texts_are_unescaped_twice() -> None:
    attempt = only(
        ("Build.xml", site(NAME, build(entry("Error", 7, ERROR, "  3 | a->b; // &lt;"))))
    )
    (finding,) = attempt.phases[0].findings
    assert finding.text == ERROR
    assert finding.after == ("  3 | a->b; // &lt;",)
    assert (finding.source_file, finding.source_line, finding.line) == ("x.c", 3, 7)


def test_errors_of_a_package_that_was_built_keep_their_kind() -> None:
    attempt = only(("Build.xml", site(NAME, build(entry("Warning", 7, ERROR)))))
    (phase,) = attempt.phases
    assert (attempt.status, phase.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
    assert (phase.findings[0].kind, phase.errors, phase.warnings) == ("error", 1, 0)


def test_an_error_only_for_spack_stays_an_error() -> None:
    reported = entry("Error", 3, "some line that says nothing")
    attempt = only(("Build.xml", site(NAME, build(reported))))
    cause = find_cause(attempt)
    assert cause is not None
    assert cause.finding.text == "some line that says nothing"


def test_the_header_of_a_failed_command_is_replaced_by_its_error() -> None:
    reported = (
        entry("Error", 4, "FAILED: CMakeFiles/x.dir/x.c.o", f"cc -c x.c\n{ERROR}"),
        entry("Error", 6, ERROR),
    )
    attempt = only(("Build.xml", site(NAME, build(*reported))))
    cause = find_cause(attempt)
    assert cause is not None
    assert (cause.finding.text, attempt.phases[0].errors) == (ERROR, 1)


def test_a_log_with_two_hashes_of_the_package_identifies_none() -> None:
    log = LOG.replace("/tmp/spack-stage-", "/opt/") + f" /opt/lab-zx-2.0-{OTHER}/lib"
    report = read_cdash([("Configure.xml", site("lab-zx", configure(log)))])
    assert not report.attempts
    assert len(report.problems) == 1
    staged = f"{log} /tmp/spack-stage-lab-zx-2.0-{OTHER}/spack-src"
    attempt = only(("Configure.xml", site("lab-zx", configure(staged))))
    assert attempt.spec == SpecName(OTHER, "lab-zx", "2.0")


def test_findings_are_ordered_and_notes_belong_to_the_one_before() -> None:
    note = "x.c:3:4: note: declared here"
    entries = (
        entry("Warning", 9, "x.c:9:1: warning: later"),
        entry("Warning", 8, note),
        entry("Error", 7, ERROR),
    )
    phase = only(("Build.xml", site(NAME, build(*entries)))).phases[0]
    assert [(each.line, each.notes) for each in phase.findings] == [(7, (note,)), (9, ())]
    assert (phase.errors, phase.warnings) == (1, 1)


def test_reports_of_the_same_minute_are_not_mixed() -> None:
    later = site(NAME, configure(LOG.replace("13.611545", "33.6"))).getvalue()
    later = later.replace(b"1795479190", b"1795479220")
    first = ("a/Configure.xml", site(NAME, configure(LOG)))
    report = read_cdash([first, ("b/Configure.xml", io.BytesIO(later))])
    assert [attempt.key[-9:] for attempt in report.attempts] == ["13.611545", "0:13:33.6"]


def test_the_test_phase_of_old_reports_is_read() -> None:
    reported = entry("Error", 4, "FAIL: x").replace("BuildLogLine", "TestLogLine")
    tests = build(reported).replace("Build>", "Test>").replace("BuildTime>", "TestTime>")
    attempt = only(
        ("Configure.xml", site(NAME, configure(LOG))),
        ("Build.xml", site(NAME, build())),
        ("Test.xml", site(NAME, tests)),
    )
    assert [(each.name, each.status.value) for each in attempt.phases] == [
        ("configure", "succeeded"),
        ("build", "succeeded"),
        ("test", "failed"),
    ]
    assert attempt.failed_phase == "test"
    assert attempt.phases[-1].findings[0].line == 4


TESTING = """<Testing><StartTestTime>1795479227</StartTestTime>
<Test Status="passed"><Name>test_stats</Name><FullCommandLine>'a && b'</FullCommandLine><Results>
<NamedMeasurement type="numeric/double" name="Execution Time"><Value>0.25</Value></NamedMeasurement>
<NamedMeasurement type="text/string" name="Description"><Value>if a < b</Value></NamedMeasurement>
<NamedMeasurement type="text/string" name="Completion Status"><Value>Completed</Value>
</NamedMeasurement><Measurement><Value>PASSED: LabZx::test_stats</Value></Measurement>
</Results></Test>
<Test Status="{}"><Name>test_more</Name><Results>
<NamedMeasurement type="numeric/double" name="Execution Time"><Value>0.5</Value></NamedMeasurement>
</Results></Test>
<EndTestTime>1795479227</EndTestTime></Testing>"""


@pytest.mark.parametrize(
    ("file", "name"),
    [(f"lab-zx_{HASH}_Testing.xml", "nightly"), ("Testing.xml", f"lab-zx-{HASH}")],
)
@pytest.mark.parametrize(
    ("reported", "word", "status"),
    [
        ("failed", "FAILED", Status.FAILED),
        ("passed", "PASSED", Status.SUCCEEDED),
        ("skipped", "SKIPPED", Status.SUCCEEDED),
        ("notrun", "NO-TESTS", Status.SUCCEEDED),
    ],
)
def test_a_test_run_is_read(file: str, name: str, reported: str, word: str, status: Status) -> None:
    report = read_cdash([(file, site(name, TESTING.format(reported)))])
    assert not report.attempts
    (run,) = report.test_runs
    assert (run.spec.name, run.spec.hash, run.status) == ("lab-zx", HASH, status)
    assert (run.started, run.seconds) == (1795479227.0, 0.75)
    assert [(part.name, part.status) for part in run.parts] == [
        ("test_stats", "PASSED"),
        ("test_more", word),
    ]
    assert run.log is not None
    assert run.log.text == "PASSED: LabZx::test_stats\n"
    later = io.BytesIO(
        site(name, TESTING.format(reported)).getvalue().replace(b"1795479227", b"1795479300")
    )
    assert read_cdash([(file, later)]).test_runs[0].uid != run.uid


def test_a_request_that_could_not_be_concretized_is_a_problem() -> None:
    reported = update("hdf5", "<UpdateReturnStatus>no such variant</UpdateReturnStatus>")
    report = read_cdash([("Update.xml", reported)])
    assert not report.attempts
    ((_, error),) = report.problems
    assert error.fault is Fault.NOT_CONCRETE
    assert "no such variant" in error.detail


def test_a_bad_file_among_good_ones_is_a_problem() -> None:
    good = (DATA / "spack-1.1.0/cdash-lab-fail-build").glob("*.xml")
    files = [(path.name, opened(path)) for path in good]
    report = read_cdash([("x/broken_Build.xml", io.BytesIO(b"<Site><Build>")), *files])
    assert [attempt.spec.name for attempt in report.attempts] == ["lab-fail-build"]
    ((file, error),) = report.problems
    assert (file, error.fault) == ("x/broken_Build.xml", Fault.MALFORMED)


@pytest.mark.parametrize(
    ("document", "fault", "detail"),
    [
        (b"<Site BuildName='x'/>", Fault.UNSUPPORTED, "not a CDash report by Spack"),
        (b"<Site><Upload/></Site>", Fault.UNSUPPORTED, "not a CDash report by Spack"),
        (b"<testsuites/>", Fault.UNSUPPORTED, "root element is <testsuites>"),
        (b"<Site><Build>", Fault.MALFORMED, "ends early"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><Site>&b;</Site>", Fault.UNSUPPORTED, "DTD"),
    ],
)
def test_other_documents_are_refused(document: bytes, fault: Fault, detail: str) -> None:
    with pytest.raises(DocumentError, match=detail) as caught:
        read_cdash([("Build.xml", io.BytesIO(document))])
    assert caught.value.fault is fault


def test_findings_beyond_the_limit_are_only_counted() -> None:
    entries = [entry("Error", line, f"x.c:{line}:1: error: no") for line in range(1, 3001)]
    (phase,) = only(("Build.xml", site(NAME, build(*entries)))).phases
    assert phase.errors == 3000
    assert len(phase.findings) <= 100


def test_reports_are_recognised_by_their_first_bytes() -> None:
    for path in DATA.rglob("cdash-*/*.xml"):
        assert looks_like(path.read_bytes()[:400])
    assert not looks_like(junit().getvalue())


@pytest.mark.parametrize("compiler", ["%gcc@12.2.0", " %c=gcc@12.2.0"])
def test_a_build_by_spack_ci_names_its_hash(compiler: str) -> None:
    name = f"lab-zx@1.0{compiler} hash={HASH} arch=linux-debian12-zen4 (Nightly)"
    assert only(("Build.xml", site(name, build()))).spec == SpecName(HASH, "lab-zx", "1.0")


def test_a_dependency_in_a_build_by_spack_ci_does_not_get_its_hash() -> None:
    name = f"lab-zx@1.0%gcc@12.2.0 hash={HASH} arch=linux-debian12-zen4 (Nightly) - lab-h5"
    with pytest.raises(DocumentError, match="is not known"):
        raise read_cdash([("Build.xml", site(name, build()))]).problems[0][1]


def test_an_error_that_names_the_stage_identifies_the_requested_spec() -> None:
    line = f"/tmp/spack-stage-lab-zx-1.0-{HASH}/spack-src/a.c:1:2: error: no"
    reported = site("lab.lab-zx@1: +shared", build(entry("Error", 3, line)))
    assert only(("Build.xml", reported)).spec == SpecName(HASH, "lab-zx", "1.0")
