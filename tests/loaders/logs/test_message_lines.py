"""Messages of more than one line: unrelated failures differ, equal ones are the same."""

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.builds.stage_folder import read_stage_folder
from loaders.evidence import Finding
from loaders.logs.failure_cause import find_cause
from loaders.logs.log_parser import scan_lines
from loaders.logs.log_patterns import ERROR, is_generic_failure
from tests.documents import CASES
from tests.loading import load
from tests.service.answers import get

# For each form: logs of the same failure on different machines, then logs of other failures that
# begin with the same line.
FORMS: dict[str, tuple[list[str], list[str]]] = {
    "autoconf, in a directory": (
        [
            "configure: error: in `/tmp/u/spack-stage-a-1.0-x/spack-src':\n"
            "configure: error: C compiler cannot create executables\n"
            "See `config.log' for more details\n",
            "configure: error: in '/scratch/b/spack-src':\n"
            "configure: error: C compiler cannot create executables\n"
            "See 'config.log' for more details\n",
        ],
        [
            "configure: error: in `/tmp/u/spack-src':\n"
            "configure: error: cannot run C compiled programs.\n"
            "If you meant to cross compile, use `--host'.\n",
            "configure: error: in `/tmp/u/spack-src':\n"
            "configure: error: no acceptable m4 could be found in $PATH.\n",
        ],
    ),
    "autoconf, another program": (
        ["config.status: error: in `/a/src':\nconfig.status: error: could not create Makefile\n"],
        ["config.status: error: in `/b/src':\nconfig.status: error: no awk\n"],
    ),
    "autoconf, pkg-config": (
        [
            "configure: error: The pkg-config script reports:\n\nNo package 'gl' found\n\nConsider",
            "configure: error: The pkg-config script reports:\n\nNo package 'gl' found\n\nPlease",
        ],
        ["configure: error: The pkg-config script reports:\n\nNo package 'x11' found\n\nConsider"],
    ),
    "autoconf, a box": (
        ["configure: error:\n*****\n*** OpenSSL is required\n*****\n"],
        ["configure: error:\n*****\n*** Perl is required\n*****\n"],
    ),
    "cmake, message": (
        [
            "CMake Error at CMakeLists.txt:65 (message):\n  gcc must be at least 4.9\n\n\n-- No",
            "CMake Error at CMakeLists.txt:99 (message):\n  gcc must be at\n  least 4.9\n\n\nx",
        ],
        ["CMake Error at CMakeLists.txt:65 (message):\n  gcc must be at least 5.1\n\n\n-- No"],
    ),
    "cmake, a second paragraph": (
        [
            "CMake Error at /a/M.cmake:67 (message):\n  The C compiler\n\n"
            '    "/usr/bin/cc"\n\n  is not able to compile a simple test program.\n\n'
            "  It fails with the following output:\n\n    Change Dir: TryCompile-aX1\n",
            "CMake Error at /b/M.cmake:67 (message):\n  The C compiler\n\n"
            '    "/opt/bin/cc"\n\n  is not able to compile a simple test program.\n\n'
            "  It fails with the following output:\n\n    Change Dir: TryCompile-bY2\n",
        ],
        [
            "CMake Error at /a/M.cmake:67 (message):\n  The C compiler\n\n"
            '    "/usr/bin/cc"\n\n  is broken.\n',
        ],
    ),
    "cmake, an external project": (
        ["CMake Error at a.cmake:37 (message):\n  Command failed: 1\n\n   'git' 'clone' 'a'\n"],
        ["CMake Error at a.cmake:37 (message):\n  Command failed: 1\n\n   'tar' 'xf' 'b'\n"],
    ),
    "cmake, a variable that is not found": (
        [
            "CMake Error: The following variables are used in this project, but they are set to "
            "NOTFOUND.\nPlease set them in the CMake files:\nMPI_LIB\n    linked by target a\n",
        ],
        [
            "CMake Error: The following variables are used in this project, but they are set to "
            "NOTFOUND.\nPlease set them in the CMake files:\nZLIB_LIB\n    linked by target a\n",
        ],
    ),
    "cmake, an internal variable": (
        [
            "CMake Error: Error required internal CMake variable not set, cmake may not be built "
            "correctly.\nMissing variable is:\nCMAKE_C_COMPILER_ENV_VAR\n"
        ],
        [
            "CMake Error: Error required internal CMake variable not set, cmake may not be built "
            "correctly.\nMissing variable is:\nCMAKE_FIND_LIBRARY_PREFIXES\n"
        ],
    ),
    "meson, compilers": (
        [
            "meson.build:1:0: ERROR: Unknown compiler(s): [['icc']]\n"
            'The following exception(s) were encountered:\nRunning `icc --version` gave "none"\n',
            "meson.build:4:0: ERROR: Unknown compiler(s): [['icc']]\n"
            'The following exception(s) were encountered:\nRunning `icc --version` gave "none"\n',
        ],
        [
            "meson.build:1:0: ERROR: Unknown compiler(s): [['icc']]\n"
            'The following exception(s) were encountered:\nRunning `icc --version` gave "denied"\n'
        ],
    ),
    "meson, output of a command": (
        [
            "meson.build:1:0: ERROR: Unable to detect linker for compiler `cc -Wl,--version`\n"
            "stdout: \nstderr: cc1: bad option -x\n"
        ],
        [
            "meson.build:1:0: ERROR: Unable to detect linker for compiler `cc -Wl,--version`\n"
            "stdout: \nstderr: cannot allocate\n",
            "meson.build:1:0: ERROR: Unable to detect linker for compiler `cc -Wl,--version`\n"
            "stdout: strange\nstderr:\n",
        ],
    ),
    "make": (
        [
            "python3 gen.py\ngen: no schema\nmake: *** [Makefile:3: all] Error 1\n",
            "python3 gen.py\ngen: no schema\nmake: *** [Makefile:8: all] Error 1\n",
        ],
        ["python3 gen.py\nthe grammar is ambiguous\nmake: *** [Makefile:3: all] Error 1\n"],
    ),
    "make, nested": (
        [
            "gen: no schema\nmake[1]: *** [Makefile:3: all] Error 1\n"
            "make[1]: Leaving directory '/a/b'\nmake: *** [Makefile:9: all] Error 2\n"
        ],
        [
            "ambiguous\nmake[1]: *** [Makefile:3: all] Error 1\n"
            "make[1]: Leaving directory '/a/b'\nmake: *** [Makefile:9: all] Error 2\n"
        ],
    ),
    "make, BSD": (
        ["gen: no schema\n*** Error code 1\n\nStop.\n"],
        ["ambiguous\n*** Error code 1\n\nStop.\n"],
    ),
    "scons": (
        ["gen: no schema\nscons: *** [build/a] Error 1\n"],
        ["ambiguous\nscons: *** [build/a] Error 1\n"],
    ),
    "python, no message": (
        [
            'Traceback (most recent call last):\n  File "/a/s.py", line 3, in f\n'
            "    assert dims == 3\nAssertionError\n",
            'Traceback (most recent call last):\n  File "/b/c/s.py", line 30, in f\n'
            "    assert dims == 3\n           ^^^^^^^^^\nAssertionError\n",
        ],
        [
            'Traceback (most recent call last):\n  File "/a/s.py", line 3, in f\n'
            "    assert name\nAssertionError\n"
        ],
    ),
    "python, a message in the next line": (
        [
            'Traceback (most recent call last):\n  File "/a/s.py", line 3, in f\n    g()\n'
            "RuntimeError:\n*****\nNumPy is missing\n*****\n"
        ],
        [
            'Traceback (most recent call last):\n  File "/a/s.py", line 3, in f\n    g()\n'
            "RuntimeError:\n*****\nCython is missing\n*****\n"
        ],
    ),
    "python, syntax": (
        [
            '  File "/a/s.py", line 3\n    print "x"\n          ^\nSyntaxError: invalid syntax\n',
            '  File "/b/s.py", line 8\n    print "x"\n    ^^^^^^^^^\nSyntaxError: invalid syntax\n',
        ],
        ['  File "/a/s.py", line 3\n    async = 1\n          ^\nSyntaxError: invalid syntax\n'],
    ),
    "cargo, causes": (
        [
            "error: failed to parse manifest at `/a/x/Cargo.toml`\n\nCaused by:\n"
            "  feature `edition2024` is required\n\n",
            "error: failed to parse manifest at `/b/Cargo.toml`\n\nCaused by:\n"
            "  feature `edition2024` is required\n\n",
        ],
        [
            "error: failed to parse manifest at `/a/x/Cargo.toml`\n\nCaused by:\n"
            "  no targets specified in the manifest\n",
        ],
    ),
    "cargo, nested causes": (
        [
            "error: failed to get `serde` as a dependency\n\nCaused by:\n"
            "  failed to load source\n\nCaused by:\n  could not resolve host\n",
        ],
        [
            "error: failed to get `serde` as a dependency\n\nCaused by:\n"
            "  failed to load source\n\nCaused by:\n  attempting to make a request offline\n",
        ],
    ),
    "cargo, a build script": (
        [
            "error: failed to run custom build command for `a v1.0`\n\nCaused by:\n"
            "  process didn't exit successfully: `/x/build` (exit status: 101)\n"
            "  --- stdout\n  cargo:rerun-if-env-changed=A\n  --- stderr\n  no OpenSSL here\n",
        ],
        [
            "error: failed to run custom build command for `a v1.0`\n\nCaused by:\n"
            "  process didn't exit successfully: `/x/build` (exit status: 101)\n"
            "  --- stderr\n  pkg-config is missing\n",
            "error: failed to run custom build command for `a v1.0`\n\nCaused by:\n"
            "  process didn't exit successfully: `/x/build` (exit status: 101)\n"
            "  --- stderr\n  thread 'main' panicked at 'no CMake', build.rs:3:5\n",
        ],
    ),
    "rust, a panic": (
        [
            "thread 'main' panicked at src/main.rs:2:5:\nno such device\nnote: run with\n",
            "thread 'main' (4711) panicked at src/main.rs:9:1:\nno such device\nnote: run with\n",
        ],
        ["thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds\nnote: run with\n"],
    ),
    "rust, the linker": (
        [
            'error: linking with `cc` failed: exit status: 1\n  |\n  = note: "cc" "-m64" "a.o"\n'
            "  = note: ld: cannot find -lfoo\n",
        ],
        [
            'error: linking with `cc` failed: exit status: 1\n  |\n  = note: "cc" "-m64" "a.o"\n'
            "  = note: ld: cannot find -lbar\n",
        ],
    ),
    "ninja": (
        [
            "[1/2] Generating x\nFAILED: docs/x\ncd /a/b && gen x\nno schema\n[2/2] Next\n",
            "[9/9] Generating x\nFAILED: [code=2] docs/x\ncd /c && gen x\nno schema\n",
        ],
        ["[1/2] Generating x\nFAILED: docs/x\ncd /a/b && gen x\nambiguous\n[2/2] Next\n"],
    ),
    "pip": (
        [
            "error: subprocess-exited-with-error\n\n  x Building wheel did not run.\n"
            "  | exit code: 1\n  > [2 lines of output]\n      no schema\n      [end of output]\n",
        ],
        [
            "error: subprocess-exited-with-error\n\n  x Building wheel did not run.\n"
            "  | exit code: 1\n  > [9 lines of output]\n      ambiguous\n      [end of output]\n",
        ],
    ),
    "pip, older": (
        [
            "ERROR: Command errored out with exit status 1:\n command: /a/python3 -c 'x'\n"
            "Complete output (1 lines):\n    no schema\n    -----\n",
        ],
        [
            "ERROR: Command errored out with exit status 1:\n command: /a/python3 -c 'x'\n"
            "Complete output (2 lines):\n    ambiguous\n    -----\n",
        ],
    ),
    "cargo, a killed compiler": (
        ["error: could not compile `a`\n\nCaused by:\n  rustc failed (signal: 9, SIGKILL)\n"],
        ["error: could not compile `a`\n\nCaused by:\n  rustc failed (signal: 11, SIGSEGV)\n"],
    ),
    "javac": (
        [
            "A.java:3: error: cannot find symbol\n    f();\n    ^\n  symbol:   method f()\n",
            "A.java:7: error: cannot find symbol\n  f();\n  ^\n  symbol:   method f()\n",
        ],
        ["A.java:3: error: cannot find symbol\n    f();\n    ^\n  symbol:   class B\n"],
    ),
    "R": (
        ["Error in f(x) :\n  there is no package\n"],
        ["Error in f(x) :\n  non-numeric argument\n"],
    ),
    "spack": (
        [
            "==> Error: ProcessError: Command exited with status 2:\n    'make' '-j4'\n",
            "==> Error: ProcessError: Command exited with status 2:\n    'make' '-j16'\n",
        ],
        ["==> Error: ProcessError: Command exited with status 2:\n    'meson' 'setup'\n"],
    ),
    "patch": (
        ["patching file a.c\nHunk #1 FAILED at 12.\n"],
        ["patching file b.c\nHunk #1 FAILED at 12.\n"],
    ),
    "a signal": (
        ["running a\nSegmentation fault (core dumped)\n"],
        ["running b\nSegmentation fault (core dumped)\n"],
    ),
}


def _cause(log: str) -> Finding:
    """Return the error that counts as the cause, as `find_cause` chooses it."""
    errors = [each for each in scan_lines(log.split("\n")).findings if each.kind == ERROR]
    return next((each for each in errors if not is_generic_failure(each.text)), errors[0])


@pytest.mark.parametrize("form", FORMS)
def test_equal_failures_share_a_fingerprint_and_unrelated_ones_do_not(form: str) -> None:
    equal, unrelated = FORMS[form]
    causes = [_cause(log) for log in (equal[0], *unrelated)]
    assert {_cause(log).normal for log in equal} == {causes[0].normal}
    assert len({each.fingerprint for each in causes}) == len(causes), [c.normal for c in causes]


def test_the_whole_message_is_kept_besides_the_line() -> None:
    (found,) = scan_lines(["configure: error: in `/a/b':", "configure: error: no awk"]).findings
    assert found.text == "configure: error: in `/a/b':"
    assert found.message == "configure: error: in `/a/b': configure: error: no awk"
    (found,) = scan_lines(["a.c:1:2: error: no", "see above"]).findings
    assert found.message is None


def test_the_reason_of_autoconf_is_not_a_second_error() -> None:
    log = (
        "configure: error: in `/a/spack-src':\nconfigure: error: no awk\n"
        "configure: error: something else\n"
    )
    found = scan_lines(log.split("\n"))
    assert [(each.line, each.normal) for each in found.findings] == [
        (1, "configure: error: in 'spack-src': configure: error: no awk"),
        (3, "configure: error: something else"),
    ]
    assert found.errors == 2


def test_a_generic_failure_is_joined_with_nothing_if_another_error_explains_it() -> None:
    found = scan_lines(["a.c:1:2: error: no", "compilation", "make: *** [Makefile:3: a.o] Error 1"])
    assert found.findings[1].normal == "make: *** [Makefile: a.o] Error 1"


def test_commands_of_spack_explain_nothing() -> None:
    found = scan_lines(["==> [2025-05-01-10:00:00] 'make' '-j4'", "make: *** [all] Error 1"])
    assert found.findings[0].normal == "make: *** [all] Error 1"


@pytest.mark.parametrize(
    ("package", "normal"),
    [
        (
            "confa",
            "configure: error: in 'spack-src': "
            "configure: error: C compiler cannot create executables",
        ),
        ("cma", "CMake Error at CMakeLists.txt (message): gcc version must be at least 4.9"),
    ],
)
def test_the_cause_of_a_failed_stage_has_the_reason(package: str, normal: str) -> None:
    (stage,) = (CASES / "failed-stages").glob(f"spack-stage-{package}-*")
    attempt = read_stage_folder(stage).attempt
    assert attempt is not None
    cause = find_cause(attempt)
    assert cause is not None
    assert cause.finding.normal == normal


def test_the_list_of_builds_shows_the_reason(client: FlaskClient, database: Database) -> None:
    load(database, [CASES / "failed-stages"])
    items = get(client, "/builds")["items"]
    assert sorted(each["cause"]["text"] for each in items) == [
        "CMake Error at CMakeLists.txt:65 (message): gcc version must be at least 4.9",
        "configure: error: in `/tmp/u/spack-stage-confa/spack-src': "
        "configure: error: C compiler cannot create executables",
    ]
    page = client.get(f"/build/{items[-1]['uid']}").text
    assert "C compiler cannot create executables" in page
