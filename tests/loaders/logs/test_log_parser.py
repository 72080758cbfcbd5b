import io
import re
from pathlib import Path

import pytest

from loaders import source
from loaders.evidence import Finding, Status
from loaders.logs import log_parser
from loaders.logs.cleaning import split_phases
from loaders.logs.log_lines import LogLines
from loaders.logs.log_parser import CONTEXT, LIMIT, LogScanner, ScanResult, scan_lines
from loaders.logs.phases import read_phase
from tests.loaders.logs.spack_findings import (
    SpackFinding,
    findings_in_cdash,
    findings_on_console,
    logs_by_hash,
    outputs_in_junit,
)


def scan_text(text: str) -> ScanResult:
    return scan_lines(text.strip("\n").split("\n"))


def summarise(found: ScanResult) -> list[tuple[str, int, str | None, int | None]]:
    return [(each.kind, each.line, each.source_file, each.source_line) for each in found.findings]


ERRORS = {
    "gcc": ("a.c:12:3: error: 'x' undeclared", "a.c", 12),
    "gcc, fatal": ("src/a.cc:1:10: fatal error: b.h: No such file or directory", "src/a.cc", 1),
    "gcc without a place": ("gcc: error: unrecognized command-line option '-mfoo'", None, None),
    "gcc, killed": ("g++: fatal error: Killed signal terminated program cc1plus", None, None),
    "gcc, internal": ("a.c:5:1: internal compiler error: Segmentation fault", "a.c", 5),
    "clang": ("/x/a.cpp:7:9: error: use of undeclared identifier 'y'", "/x/a.cpp", 7),
    "nvcc": ('k.cu(12): error: identifier "z" is undefined', "k.cu", 12),
    "nvcc, fatal": ("nvcc fatal   : Unsupported gpu architecture 'compute_20'", None, None),
    "ptxas": ("ptxas error   : Entry function 'k' uses too much shared data", None, None),
    "ifort": ("m.f90(22): error #6404: This name does not have a type", "m.f90", 22),
    "ifort, aborting": ("/tmp/i.i(53): catastrophic error: Too many errors", "/tmp/i.i", 53),
    "icc": ('a.c(3): error: identifier "q" is undefined', "a.c", 3),
    "edg": ('"a.cpp", line 9: error: expected a ";"', "a.cpp", 9),
    "nvfortran": (
        "NVFORTRAN-S-0034-Syntax error at or near identifier rank (../m.fh: 56)",
        "../m.fh",
        56,
    ),
    "nvfortran without a line": (
        "NVFORTRAN-S-0038-Symbol, f, has not been declared (./src/api.f90)",
        "./src/api.f90",
        None,
    ),
    "nvfortran, fatal": (
        "NVFORTRAN-F-0004-Unable to open MODULE file a.mod (t.f90: 2)",
        "t.f90",
        2,
    ),
    "cray ftn": ("ftn-855 crayftn: ERROR MOD_A, File = a.f90, Line = 1, Column = 8", "a.f90", 1),
    "cray cc": ("CC-20 crayc++: ERROR File = b.cpp, Line = 4", "b.cpp", 4),
    "xl": ('"t.f", line 12.5: 1513-036 (S) The bounds are wrong.', "t.f", 12),
    "fujitsu": ('jwd1003i-u  "t.f90", line 3: Cannot open the module.', "t.f90", 3),
    "nag": ("Error: t.f90, line 7: Implicit type for I", "t.f90", 7),
    "assembler": ("a.s:14: Error: no such instruction: `vfoo'", "a.s", 14),
    "ld, symbol": (
        "/usr/bin/ld: /b/main.c:2: undefined reference to `zz_dgemm_'",
        "/b/main.c",
        2,
    ),
    "ld, symbol in a section": (
        "main.c:(.text+0x14): undefined reference to `f'",
        "main.c",
        None,
    ),
    "ld, library": ("/usr/bin/ld: cannot find -lfoo", None, None),
    "ld, twice": ("b.o:(.data+0x0): multiple definition of `v'; a.o:(.data+0x0)", "b.o", None),
    "lld": ("ld.lld: error: undefined symbol: f", None, None),
    "ld of Apple": ("ld: library not found for -lfoo", None, None),
    "collect2": ("collect2: error: ld returned 1 exit status", None, None),
    "relocation": ("a.o: relocation truncated to fit: R_X86_64_32 against `.bss'", None, None),
    "make": ("make[2]: *** [Makefile:9: broken.o] Error 1", None, None),
    "make, no rule": ("make: *** No rule to make target 'x', needed by 'y'.  Stop.", None, None),
    "make, syntax": ("Makefile:12: *** missing separator.  Stop.", "Makefile", 12),
    "bsd make": ("*** Error code 1", None, None),
    "configure": ("configure: error: q.h not found", None, None),
    "configure behind a check": ("checking for z... configure: error: z not found", None, None),
    "cmake": ("CMake Error at CMakeLists.txt:5 (find_package):", "CMakeLists.txt", 5),
    "cmake alone": ("CMake Error: The source directory does not exist.", None, None),
    "meson": ('meson.build:12:0: ERROR: Dependency "zlib" not found', "meson.build", 12),
    "install": ("install: cannot stat 'doc/m.pdf': No such file or directory", None, None),
    "shell": ("./configure: line 12: nasm: command not found", "./configure", 12),
    "dash": ("/bin/sh: 1: nasm: not found", None, None),
    "denied": ("mkdir: cannot create directory '/x': Permission denied", None, None),
    "crash": ("Segmentation fault (core dumped)", None, None),
    "crash with its process": ("/bin/sh: line 1: 4711 Segmentation fault  ./t", "/bin/sh", 1),
    "rust": ("error[E0432]: unresolved import `foo`", None, None),
    "cargo": ("error: could not compile `foo` (lib) due to 2 previous errors", None, None),
    "go": ("./m.go:8:2: undefined: f", "./m.go", 8),
    "perl": ("Can't locate XML/Parser.pm in @INC at x.pl line 3.", "x.pl", 3),
    "java": ("[ERROR] Failed to execute goal", None, None),
    "git": ("fatal: unable to access 'https://x/': Could not resolve host", None, None),
    "disk": ("cp: error writing 'x': No space left on device", None, None),
    "automake test": ("FAIL: test_foo", None, None),
    "ctest": ("  3/10 Test  #3: foo ....................***Failed    0.12 sec", None, None),
    "ctest, list": ("The following tests FAILED:", None, None),
    "googletest": ("[  FAILED  ] Suite.name (0 ms)", None, None),
    "pytest": ("FAILED tests/test_a.py::test_b - AssertionError", None, None),
    "patch": ("Hunk #1 FAILED at 12.", None, None),
    "spack": ("==> Error: FetchError: All fetchers failed", None, None),
}

WARNINGS = {
    "gcc": ("a.c:4:7: warning: unused variable 'v' [-Wunused-variable]", "a.c", 4),
    "gcc without a place": (
        "cc1: warning: command-line option '-Werror=x' is not valid",
        None,
        None,
    ),
    "of an error": ('a.c:1:2: warning: #warning "error: old"', "a.c", 1),
    "nvcc": ('k.cu(3): warning #177-D: variable "v" was declared', "k.cu", 3),
    "ifort": ("m.f90(2): warning #5117: Bad # preprocessor line", "m.f90", 2),
    "icc, remark": ("a.c(3): remark #15009: loop vectorized", "a.c", 3),
    "nvfortran": ("NVFORTRAN-W-0155-Unused variable (a.f90: 5)", "a.f90", 5),
    "cray": ("ftn-969 crayftn: WARNING KPP, File = a.F90, Line = 13, Column = 9", "a.F90", 13),
    "xl": ('"t.f", line 12.5: 1516-036 (W) Unused.', "t.f", 12),
    "ld": ("/usr/bin/ld: warning: libx.so.1, needed by liby.so, not found", None, None),
    "libtool": ("libtool: warning: relinking 'libx.la'", None, None),
    "configure": ("configure: WARNING: unrecognized options: --with-x", None, None),
    "cmake": ("CMake Warning at CMakeLists.txt:3 (message):", "CMakeLists.txt", 3),
    "python": ("setup.py:3: DeprecationWarning: use another", "setup.py", 3),
    "rust": ("warning: unused import: `x`", None, None),
    "spack": ("==> Warning: using the old form", None, None),
}

HARMLESS = [
    "gcc -Wall -Werror=format-security -c error.c -o error.o",
    "[ 12%] Building C object CMakeFiles/x.dir/error.c.o",
    "checking for strerror... no",
    "checking whether errors are fatal: not found",
    "-- Performing Test HAVE_FATAL_WARNINGS - Failed",
    "-- Looking for error.h - not found",
    "  0 inform,   0 warnings,   1 severes, 0 fatal for main",
    "# FAIL:  0",
    "# ERROR: 0",
    "XFAIL: test_bar",
    "PASS: test error: handling",
    "make: *** Waiting for unfinished jobs....",
    "make: [Makefile:3: clean] Error 1 (ignored)",
    "std::error: a name",
    "Tests: 0 errors",
    "    5 |   return p->error + undeclared_name;",
    "g++ -DERROR=1 -Wno-error -c warning.cpp",
    "make[1]: warning:  Clock skew detected.  Your build may be incomplete.",
    "broken.c: In function 'fb':",
    "compilation terminated.",
]


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_recognised(name: str) -> None:
    text, file, line = ERRORS[name]
    assert summarise(scan_text(text)) == [("error", 1, file, line)]
    assert scan_text(text).findings[0].text == text.strip()


@pytest.mark.parametrize("name", WARNINGS)
def test_a_warning_is_recognised(name: str) -> None:
    text, file, line = WARNINGS[name]
    assert summarise(scan_text(text)) == [("warning", 1, file, line)]


@pytest.mark.parametrize("text", HARMLESS)
def test_lines_that_only_mention_errors_are_ignored(text: str) -> None:
    assert scan_text(text) == ScanResult((), 0, 0)


def test_gfortran_prints_the_position_before_the_message() -> None:
    found = scan_text(
        """
src/a.f90:12:7:

   12 |    call bar(x)
      |       1
Error: Symbol 'x' at (1) has no IMPLICIT type
b.f90:3.14:

 use nothing
            1
Fatal Error: Cannot open module file 'nothing.mod'
"""
    )
    assert summarise(found) == [("error", 5, "src/a.f90", 12), ("error", 10, "b.f90", 3)]


def test_rust_prints_the_position_after_the_message() -> None:
    found = scan_text(
        "error[E0432]: unresolved import `foo`\n  --> src/main.rs:3:5\n   |\n3 | use foo;\n"
    )
    assert summarise(found) == [("error", 1, "src/main.rs", 3)]


def test_messages_of_cmake_and_cray_are_in_the_following_lines() -> None:
    first = scan_text(
        'CMake Error at a/CMakeLists.txt:5 (find_package):\n  No "FindFoo.cmake"\n\nbar\n'
    )
    second = scan_text(
        'CMake Error at a/CMakeLists.txt:9 (find_package):\n  No "FindBar.cmake"\n\nbar\n'
    )
    assert first.findings[0].normal == (
        'CMake Error at a/CMakeLists.txt (find_package): No "FindFoo.cmake"'
    )
    assert first.findings[0].fingerprint != second.findings[0].fingerprint
    cray = scan_text(
        "ftn-113 ftn: ERROR S, File = a.F90, Line = 2, Column = 5\n  IMPLICIT NONE is on.\n\n x\n"
    )
    assert cray.findings[0].normal.endswith("Column = <n> IMPLICIT NONE is on.")


TRACEBACK = """
Running setup
Traceback (most recent call last):
  File "/x/setup.py", line 3, in <module>
    import nothing
  File "/x/y.py", line 8, in f
    raise KeyError
          ^^^^^^^^
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/x/z.py", line 5, in g
    h()
my.package.Broken
"""


def test_a_python_exception_is_an_error_at_its_last_frame() -> None:
    found = scan_text(TRACEBACK)
    assert [(each.text, each.source_file, each.source_line) for each in found.findings] == [
        ("KeyError: 'a'", "/x/y.py", 8),
        ("my.package.Broken", "/x/z.py", 5),
    ]


@pytest.mark.parametrize(
    ("rest", "texts"),
    [
        (
            "RuntimeError: cmake failed with exit code 1\ndone\n",
            ["RuntimeError: cmake failed with exit code 1"],
        ),
        ("done\nKeyError: 'a'\n", []),
        ("socket.timeout: timed out\n", ["socket.timeout: timed out"]),
        ("SystemExit\n", ["SystemExit"]),
        ("    more\nvalue: x\n", []),
    ],
)
def test_only_the_line_after_the_frames_is_an_exception(rest: str, texts: list[str]) -> None:
    found = scan_text(f'Traceback:\n  File "/x/y.py", line 8, in f\n    raise x\n{rest}')
    assert [each.text for each in found.findings] == texts
    assert all(each.source_line == 8 for each in found.findings)


def test_headers_beyond_the_limit_are_not_counted_twice() -> None:
    block = ["FAILED: a.o", "a.cc:1:1: error: no", "[2/3] Building b.o"]
    found = scan_lines(block * 10, limit=3)
    assert (found.errors, len(found.findings)) == (10, 3)


def test_an_exception_in_pip_output_replaces_the_header_as_the_error() -> None:
    inner = "\n".join(f"      {line}" for line in TRACEBACK.strip().split("\n")[:7])
    found = scan_text(
        "  error: subprocess-exited-with-error\n\n  x Building wheel did not run.\n"
        f"  [12 lines of output]\n{inner}\n      KeyError: 'a'\n      [end of output]\n"
    )
    assert [each.text for each in found.findings] == ["KeyError: 'a'"]
    assert found.errors == 1


def test_a_ninja_header_is_not_an_error_if_the_command_reports_one() -> None:
    found = scan_text("FAILED: a.o\ng++ -c a.cc\na.cc:1:1: error: no\n[2/3] Building b.o\n")
    assert summarise(found) == [("error", 3, "a.cc", 1)]
    assert found.errors == 1


def test_a_ninja_header_is_an_error_if_the_command_reports_none() -> None:
    found = scan_text(
        "FAILED: a.o\ng++ -c a.cc\nx: warning: y\n[2/3] Building b.o\nb.cc:1:1: error: no\n"
        "FAILED: c.o\ntrue\n"
    )
    assert [(each.kind, each.line, each.text) for each in found.findings] == [
        ("error", 1, "FAILED: a.o"),
        ("warning", 3, "x: warning: y"),
        ("error", 5, "b.cc:1:1: error: no"),
        ("error", 6, "FAILED: c.o"),
    ]
    assert (found.errors, found.warnings) == (3, 1)


def test_notes_belong_to_the_preceding_finding() -> None:
    found = scan_text(
        """
a.c:1:1: note: of nothing
a.c:2:2: error: no member 'm'
    2 | x.m
a.c:3:3: note: declared here
b.c:4:4: warning: old
b.c:5:5: note: use another
   = help: or none
"""
    )
    assert [(each.kind, each.notes) for each in found.findings] == [
        ("error", ("a.c:3:3: note: declared here",)),
        ("warning", ("b.c:5:5: note: use another", "= help: or none")),
    ]
    assert (found.errors, found.warnings) == (1, 1)


def test_a_distant_note_is_ignored() -> None:
    found = scan_text("a.c:2:2: error: no\n" + "x\n" * 40 + "a.c:3:3: note: late\n")
    assert found.findings[0].notes == ()


def test_context_lines_are_kept() -> None:
    lines = [f"line {number}" for number in range(1, 21)]
    lines[9] = "a.c:1:1: error: no"
    (found,) = scan_lines(lines).findings
    assert found.line == 10
    assert found.before == tuple(f"line {number}" for number in range(4, 10))
    assert found.after == tuple(f"line {number}" for number in range(11, 17))


def test_context_is_shorter_at_the_ends() -> None:
    (found,) = scan_text("one\na.c:1:1: error: no\ntwo").findings
    assert (found.before, found.after) == (("one",), ("two",))


def test_all_findings_are_counted_and_the_first_are_kept() -> None:
    lines = []
    for number in range(LIMIT + 20):
        lines += [f"a.c:{number + 1}:1: error: no", f"a.c:{number + 1}:1: warning: no"] * 2
    found = scan_lines(lines)
    assert (found.errors, found.warnings) == (2 * (LIMIT + 20), 2 * (LIMIT + 20))
    kinds = [each.kind for each in found.findings]
    assert (kinds.count("error"), kinds.count("warning")) == (LIMIT, LIMIT)
    assert [each.line for each in found.findings] == list(range(1, 2 * LIMIT + 1))


def test_the_search_ends_after_very_many_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_parser, "MAX_COUNTED", 100)
    found = scan_lines(["error: bad"] * 1_000)
    assert found.searched == found.errors
    assert 100 <= found.errors < 200
    assert found.findings == scan_lines(["error: bad"] * 99).findings
    assert scan_lines(["error: bad"] * 99 + [""] * 1_000).searched is None


def test_a_log_says_that_its_search_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_parser, "MAX_COUNTED", 100)
    phase = read_phase("build", 0, Status.FAILED, b"error: bad\n" * 1_000)
    assert phase.log is not None
    said = f"[... errors and warnings after line {phase.errors} are not counted]\n"
    assert phase.log.text.endswith(said)
    assert (phase.log.lines, phase.log.capped) == (1_000, True)


def test_the_limit_can_be_set() -> None:
    found = scan_lines(["x: error: a", "x: error: b"], limit=1)
    assert ([each.text for each in found.findings], found.errors) == (["x: error: a"], 2)


def test_feeding_line_by_line_equals_scanning() -> None:
    lines = [text for text, _, _ in ERRORS.values()] * 3
    scanner = LogScanner()
    for line in lines:
        scanner.feed_line(line)
    assert scanner.finish_scan() == scan_lines(lines)


def test_only_the_beginning_of_very_long_lines_is_read() -> None:
    line = "a.c:1:1: error: " + "x" * 1_000_000
    (found,) = scan_lines([line, "y" * 1_000_000]).findings
    assert len(found.text) < 5000
    assert len(found.after[0]) < 2000
    assert (found.source_file, found.source_line) == ("a.c", 1)


def test_a_real_failure_of_the_linker() -> None:
    found = scan_text(
        """
gcc -shared fl.o  -Wl,-z,defs -lnosuchlib -o libfl.so.1
/usr/bin/ld: cannot find -lnosuchlib: No such file or directory
collect2: error: ld returned 1 exit status
make: *** [Makefile:11: libfl.so.1] Error 1
"""
    )
    assert found.findings[0].text.startswith("/usr/bin/ld: cannot find -lnosuchlib")
    assert found.findings[0].normal == "ld: cannot find -lnosuchlib: No such file or directory"
    assert found.errors == 3


# Comparison with Spack's own parser


def _lines(log: bytes | str) -> list[str]:
    raw = log if isinstance(log, bytes) else log.encode()
    return [line.text for line in LogLines(raw)]


def _matches(found: Finding, spack: SpackFinding) -> bool:
    same = (found.kind, found.line, found.text) == (spack.kind, spack.line, spack.text.strip())
    place = spack.source_file is None or (
        (found.source_file, found.source_line) == (spack.source_file, spack.source_line)
    )
    return same and place


def _is_note_of(findings: tuple[Finding, ...], spack: SpackFinding) -> bool:
    """Return whether Spack counted as a warning a note that belongs to a finding here.

    This is the only accepted deviation.
    """
    return any(spack.text.strip() in each.notes for each in findings)


def test_everything_that_spack_reports_to_cdash_is_found(corpus: Path) -> None:
    compared = 0
    for report in sorted((corpus / "store").glob("*/reports/*/*Build.xml")):
        logs = logs_by_hash(report.parents[2])
        configured = report.with_name(report.name.replace("Build", "Configure")).read_text()
        stage = re.search(r"spack-stage-[\w.\-]*?-([a-z2-7]{32})/", configured)
        assert stage is not None
        with logs[stage.group(1)].open("rb") as raw:
            log = source.open_decompressed(raw).read().decode()
        # CDash's build phase is Spack's build and install, each preceded by a marker line.
        built = [each.text for each in split_phases(log) if each.name in ("build", "install")]
        findings = scan_lines(_lines("".join(built))).findings
        notes = 0
        for spack in findings_in_cdash(report):
            if _is_note_of(findings, spack):
                notes += 1
                continue
            (found,) = [each for each in findings if _matches(each, spack)]
            compared += 1
            if spack.before:
                assert found.before == spack.before
            # Spack appends lines of its own to the log, and names the phases differently.
            same = min(len(spack.after), len(found.after), _up_to_marker(found.after))
            assert [_cut(line) for line in spack.after[:same]] == list(found.after[:same])
        assert len(findings) == len(findings_in_cdash(report)) - notes
    assert compared == 10


def _up_to_marker(lines: tuple[str, ...]) -> int:
    return next((at for at, line in enumerate(lines) if line.startswith("==> ")), CONTEXT)


def _cut(line: str) -> str:
    return line if len(line) <= 1000 else f"{line[:1000]} [...]"


def _log_of_console(output: Path) -> str | None:
    """Return the log behind console output, from the JUnit report of the same run or the stage."""
    if "cdash" in output.name:
        name = output.stem.replace("install-cdash-", "")
        package, _, version = f"lab-{name}".rpartition("-")
        stages = output.parents[1].glob(f"failed-stages/spack-stage-{package}-{version}-*")
        return next((path / "spack-build-out.txt").read_text() for path in stages)
    reports = output.parent.glob(f"junit-{output.stem.removeprefix('install-')}.xml")
    older = output.parent.glob(f"junit-{output.stem.removeprefix('install-')[:-4]}.xml")
    texts = [text for report in (*reports, *older) for text in outputs_in_junit(report)]
    return texts[-1] if texts else None


def test_everything_that_spack_marks_on_the_console_is_found(corpus: Path) -> None:
    compared = 0
    for output in sorted((corpus / "store").glob("*/reports/install-*.out")):
        marked = findings_on_console(output.read_text())
        if not marked:
            continue
        log = _log_of_console(output)
        assert log is not None, output
        found = scan_lines(_lines(log))
        errors = [each for each in found.findings if each.kind == "error"]
        assert [(each.line, each.text) for each in errors] == [
            (each.line, each.text.strip()) for each in marked
        ], output
        compared += len(marked)
    assert compared == 33


def test_logs_of_installed_specs_have_no_errors(corpus: Path) -> None:
    read = 0
    for store in (corpus / "store").glob("spack-*"):
        for path in store.rglob("*/.spack/spack-build-out.txt.gz"):
            with path.open("rb") as raw:
                found = scan_lines(
                    line.text for line in LogLines(io.BytesIO(source.open_decompressed(raw).read()))
                )
            assert found.errors == 0, path
            read += 1
    assert read > 30
