import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import Finding
from loaders.logs.diagnostics import LONGEST, normalise_message

HASH = "jrtxylmzw232laxox2s5a5wkhr7skrim"
OTHER = "alp4jjx4yjf75tj7b2wr5tnericmbzds"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("broken.c:5:27: error: 'x' undeclared", "broken.c: error: 'x' undeclared"),
        ("/a/b c.c", "b c.c"),
        (
            "/home/u/stage/spack-src/f.c:2: undefined reference to `g'",
            "f.c: undefined reference to 'g'",
        ),
        ("/usr/bin/ld: cannot find -lfoo", "ld: cannot find -lfoo"),
        (
            "fatal error: nosuch/quantum.h: No such file",
            "fatal error: nosuch/quantum.h: No such file",
        ),
        ("../../src/a.f90(12): error #6404: no type", "src/a.f90: error #6404: no type"),
        ('"/x/a.cpp", line 9: error: expected', '"a.cpp", line <n>: error: expected'),
        ("NVC-S-0034-Syntax error (../m.c: 56)", "NVC-S-0034-Syntax error (m.c)"),
        ("File = a.f90, Line = 74, Column = 14", "File = a.f90, Line = <n>, Column = <n>"),
        (f"/opt/store/linux/zlib-1.3.1-{HASH}/lib/libz.so: bad", "libz.so: bad"),
        (f"missing /opt/store/linux/lab-fail-build-1.1-{HASH}", "missing lab-fail-build"),
        (f"spack-stage-zlib-ng-2.1-rc3-{HASH} is gone", "zlib-ng is gone"),
        (f"py-foo-develop-{HASH}", "py-foo"),
        (f"hash {HASH}, commit {'0a' * 20}", "hash <hash>, commit <hash>"),
        ("Testing package lab-fail-test-1.0-zelqeef", "Testing package lab-fail-test"),
        ("in spack-build-bwmxp3f now", "in spack-build now"),
        ("lab@1.0/bwmxp3f failed", "lab@1.0 failed"),
        ("SIGSEGV at 0x7fffdeadbeef", "SIGSEGV at <address>"),
        ("main.c:(.text+0x14): undefined", "main.c:(.text): undefined"),
        ("/tmp/ccA1b2C3.o: in function 'f'", "cc<tmp>.o: in function 'f'"),
        ("/scratch/1234/main-4e1f2a.o: no", "main-<tmp>.o: no"),
        ("/tmp/tmpab12cd_3: no", "<tmp>: no"),
        ("make[3]: *** [Makefile:9: x] Error 2", "make: *** [Makefile: x] Error 2"),
        ("[ 12%] Building x", "Building x"),
        ("[3/14] Building x", "Building x"),
        ("==> [2026-11-24-00:07:36.133928] 'make'", "==> 'make'"),
        ("2026-11-24T00:07:36Z error: x", "<time> error: x"),
        ("failed after 3.25s, 2 minutes and 1m30s", "failed after <time>, <time> and <time>"),
        ("needs 12.5 MiB, 4096 bytes or 8G", "needs <size>, <size> or <size>"),
        ("==4711== Invalid read", "Invalid read"),
        ("pid 4711, process 12, JOB 99", "pid <n>, process <n>, JOB <n>"),
        ("sh: line 1: 4711 Segmentation fault", "sh: line <n>: Segmentation fault"),
        ("\u2018x\u2019 \u201cy\u201d `z\u00b4", "'x' \"y\" 'z'"),
        (
            "fetch https://mirror.example.org/a/b/zlib-1.3.tar.gz?x=1 failed",
            "fetch zlib-1.3.tar.gz failed",
        ),
        (
            "-I/a/include -L/b/lib -isystem /c/sys --prefix=/d/e",
            "-Iinclude -Llib -isystem sys --prefix=e",
        ),
        ("PATH=/a/bin:/b/sbin", "PATH=bin:sbin"),
        ("a \t b  c ", "a b c"),
    ],
)
def test_machine_specific_parts_are_removed(text: str, normal: str) -> None:
    assert normalise_message(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "error: unknown type name 'uint128_t'",
        "relocation R_X86_64_32S against '.bss'",
        "error #6404: This name does not have a type",
        "error C2065: 'x': undeclared identifier",
        "unrecognized command-line option '-march=znver5'",
        "cannot find -lcudart_static",
        "libfoo.so.12: version 'GLIBC_2.38' not found",
        "error: static assertion failed: CUDA 11 or 12",
        "operator/(int) is ambiguous",
        "std::vector<int>::at, a / b",
        "CMake 3.23 or higher is required. You are running version 3.16.3",
        "nosuch/quantum.h",
        "make: *** [x] Error 127",
        "src/tokens.c: error: no",
    ],
)
def test_distinguishing_parts_are_kept(text: str) -> None:
    assert normalise_message(text) == text


def test_different_symbols_and_headers_are_different_diagnostics() -> None:
    texts = [
        "a.c:1:2: error: 'x' undeclared",
        "a.c:1:2: error: 'y' undeclared",
        "b.c:1:2: error: 'x' undeclared",
        "a.c:1:2: error: 'x' redeclared",
    ]
    assert len({normalise_message(text) for text in texts}) == len(texts)


_COMPONENT = st.from_regex(r"\A[A-Za-z0-9_.+~@%-]{1,12}\Z").filter(lambda part: part.strip("."))
_PREFIX = st.lists(
    st.one_of(
        _COMPONENT,
        st.just(f"zlib-1.3.1-{HASH}"),
        st.just(f"spack-stage-lab-fail-1.0-{OTHER}"),
        st.just("spack-build-bwmxp3f"),
    ),
    min_size=1,
    max_size=5,
).map(lambda parts: "/" + "/".join(parts))
_MESSAGES = st.sampled_from(
    [
        "{}/a.c:5:27: error: 'x' undeclared",
        "/usr/bin/ld: {}/main.c:2: undefined reference to `f'",
        "CMake Error at {}/Modules/FindX.cmake:230 (message):",
        "{}/m.f90(12): error #6404: This name does not have a type",
        "cp: cannot stat '{}/x': No such file or directory",
        "NVC-S-0034-Syntax error ({}/m.c: 56)",
        'File "{}/setup.py", line 3, in <module>',
        "gcc -I{}/include --sysroot={}/root -c a.c: failed",
        "collect2: error: {}/lib/libz.so: not found",
    ]
)


@given(message=_MESSAGES, one=_PREFIX, other=_PREFIX)
def test_directories_do_not_matter(message: str, one: str, other: str) -> None:
    assert normalise_message(message.replace("{}", one)) == normalise_message(
        message.replace("{}", other)
    )


@given(message=_MESSAGES, places=st.tuples(st.integers(1, 99999), st.integers(1, 999)))
def test_positions_in_files_do_not_matter(message: str, places: tuple[int, int]) -> None:
    moved = re.sub(r":5:27", f":{places[0]}:{places[1]}", message)
    moved = re.sub(r"(?<=[:( ])(?:2|230|12|56|3)(?=[:) ,])", str(places[0]), moved)
    assert normalise_message(moved.replace("{}", "/x")) == normalise_message(
        message.replace("{}", "/x")
    )


_PIECES = (
    *("/", "//", "../", "./", "a", "b.c", ":", "5", ":5", "(5)", "-", HASH, f"-{HASH}", "0x1"),
    *("http://", "==", "[1]", "line ", "pid ", "+", "<", ">", "~", "-I", "1s", "2 MB", "`", "'"),
    *("spack-stage-", "spack-build-bwmxp3f", "@1/bwmxp3f", " ", "\t", '"', "x-1-bwmxp3f"),
)
_FRAGMENTS = st.lists(st.text(max_size=4) | st.sampled_from(_PIECES), max_size=12).map("".join)


@given(text=_FRAGMENTS)
def test_a_normalised_text_is_its_own_normal_form(text: str) -> None:
    assert normalise_message(normalise_message(text)) == normalise_message(text)


@given(text=_FRAGMENTS)
def test_spaces_do_not_matter(text: str) -> None:
    assert normalise_message(f"  {text}\t ") == normalise_message(text)


def test_cut_texts_are_their_own_normal_form() -> None:
    text = "/a/b:5 " * 10_000
    normal = normalise_message(text)
    assert len(normal) <= LONGEST
    assert normalise_message(normal) == normal


def test_equal_diagnostics_of_two_machines_share_a_fingerprint() -> None:
    one = normalise_message("/home/a/spack-src/x.c:5:27: error: \u2018y\u2019 undeclared")
    other = normalise_message("/tmp/b/c/x.c:9:1: error: 'y' undeclared")
    first = Finding("error", 1, "a", one).fingerprint
    assert first == Finding("error", 7, "b", other).fingerprint
    assert first != Finding("warning", 1, "a", one).fingerprint
