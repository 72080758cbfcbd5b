"""The verdict on generated programs and libraries, held against the real loader."""

import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.abi.verdict import Judgement, Verdict, judge
from tests.service.abi.workshop import GCC, Workshop, start, tree_of

pytestmark = pytest.mark.skipif(GCC is None, reason="no gcc to compile programs with")

LIBRARY = """
int foo_add(int a, int b) { return a + b; }
int foo_mul(int a, int b) { return a * b; }
int foo_table[4] = {1, 2, 3, 4};
__thread int foo_local = 7;
"""
CALL = "int foo_add(int, int); int main(void) { return foo_add(1, -1); }"
CALL_BOTH = (
    "int foo_add(int, int); int foo_mul(int, int);"
    "int main(void) { return foo_add(1, -1) + foo_mul(0, 1); }"
)
DATA = "extern int foo_table[4]; int main(void) { return foo_table[0] - 1; }"
THREAD_LOCAL = "extern __thread int foo_local; int main(void) { return foo_local - 7; }"
WEAK = "int foo_mul(int, int) __attribute__((weak)); int main(void) { return foo_mul ? 0 : 0; }"
POINTER = (
    "int foo_add(int, int); int (*volatile p)(int, int) = foo_add;"
    "int main(void) { return p(1, -1); }"
)
OWN = "int foo_mul(int a, int b) { return a * b; }" + CALL
NOTHING = "int main(void) { return 0; }"
MIDDLE = "int foo_add(int, int); int mid(void) { return foo_add(1, -1); }"
MIDDLE_BOTH = (
    "int foo_add(int, int); int foo_mul(int, int);"
    "int mid(void) { return foo_add(1, -1) + foo_mul(0, 1); }"
)
CALL_MIDDLE = "int mid(void); int main(void) { return mid(); }"
CALL_MIDDLE_OWN = "int mid(void); int foo_mul(int a, int b) { return 0; }" + (
    "int main(void) { return mid(); }"
)
FOO_1 = "FOO_1 { global: *; };"
FOO_2 = "FOO_2 { global: *; };"
ADD_ONLY = "FOO_1 { global: foo_add; local: *; };"
BOTH = "FOO_1 { global: foo_mul; foo_table; foo_local; foo_add; }; FOO_2 { } FOO_1;"
TWO_VERSIONS = """
__asm__(".symver old_add, foo_add@FOO_1");
__asm__(".symver new_add, foo_add@@FOO_2");
int old_add(int a, int b) { return a + b; }
int new_add(int a, int b) { return a + b; }
int foo_mul(int a, int b) { return a * b; }
int foo_table[4] = {1, 2, 3, 4};
__thread int foo_local = 7;
"""
HIDDEN_OLD = TWO_VERSIONS.replace("foo_add@@FOO_2", "foo_other@@FOO_2")
FOO = "libfoo.so.1"
DEPENDENCIES = "$ORIGIN/../lib"


def libraries(shop: Workshop) -> dict[str, Path]:
    """Return the libraries that may stand in for each other, by what is special about them."""
    without = {
        "no function": LIBRARY.replace("foo_mul", "foo_other"),
        "no called function": LIBRARY.replace("foo_add", "foo_other"),
        "no data": LIBRARY.replace("foo_table", "foo_other"),
        "no thread-local variable": LIBRARY.replace("foo_local", "foo_other"),
        "plain variable": LIBRARY.replace("__thread int", "int"),
        "hidden function": LIBRARY.replace(
            "int foo_mul(", '__attribute__((visibility("hidden"))) int foo_mul('
        ),
        "static function": LIBRARY.replace("int foo_mul(", "static int foo_mul("),
        "weak definitions": LIBRARY.replace("int foo_", "__attribute__((weak)) int foo_"),
        "more functions": LIBRARY + "int foo_sub(int a, int b) { return a - b; }",
    }
    found = {name: shop.library(FOO, source) for name, source in without.items()}
    found |= {
        "the same": shop.library(FOO, LIBRARY),
        "version 1": shop.library(FOO, LIBRARY, versions=FOO_1),
        "version 2": shop.library(FOO, LIBRARY, versions=FOO_2),
        "version 1, one function": shop.library(FOO, LIBRARY, versions=ADD_ONLY),
        "versions 1 and 2": shop.library(FOO, LIBRARY, versions=BOTH),
        "two versions of a function": shop.library(FOO, TWO_VERSIONS, versions=BOTH),
        "an old version of a function": shop.library(FOO, HIDDEN_OLD, versions=BOTH),
        "another soname": shop.library("libfoo.so.2", LIBRARY),
        "the old hash table": shop.library(FOO, LIBRARY, "-Wl,--hash-style=sysv"),
        "no C library": shop.library(FOO, LIBRARY, "-nostdlib"),
        "no C library, version 1": shop.library(FOO, LIBRARY, "-nostdlib", versions=FOO_1),
        "needs what is missing": shop.library(FOO, LIBRARY, *needing(shop, "libgone.so.1")),
    }
    return found


def needing(shop: Workshop, name: str) -> list[str]:
    """Return options that link a library which is not installed."""
    return ["-Wl,--no-as-needed", str(shop.library(name, "int gone;")), "-Wl,--as-needed"]


def programs(shop: Workshop) -> dict[str, tuple[Path, list[Path]]]:
    """Return the programs, by what is special about them, with further libraries of each."""
    plain, versioned = shop.library(FOO, LIBRARY), shop.library(FOO, LIBRARY, versions=FOO_1)
    newest = shop.library(FOO, TWO_VERSIONS, versions=BOTH)
    runpath = ["-Wl,--enable-new-dtags", f"-Wl,-rpath,{DEPENDENCIES}"]
    rpath = ["-Wl,--disable-new-dtags", f"-Wl,-rpath,{DEPENDENCIES}"]

    def program(source: str, *words: str | Path, search: list[str] = runpath) -> Path:
        return shop.compile(
            "program", source, *map(str, words), *search, "-Wl,--allow-shlib-undefined"
        )

    def middle(source: str, *words: str) -> Path:
        return shop.library("libmid.so.1", source, *words)

    through, through_both = middle(MIDDLE, str(plain)), middle(MIDDLE_BOTH, str(plain))
    with_runpath = middle(MIDDLE, str(plain), *runpath)
    lazy = middle(MIDDLE_BOTH)
    return {
        "a call": (program(CALL, plain), []),
        "two calls": (program(CALL_BOTH, plain), []),
        "by RPATH": (program(CALL_BOTH, plain, search=rpath), []),
        "${ORIGIN}": (program(CALL, plain, search=[runpath[0], "-Wl,-rpath,${ORIGIN}/../lib"]), []),
        "no search path": (program(CALL, plain, search=[]), []),
        "a copy relocation": (program(DATA, plain, "-no-pie", "-fno-pic"), []),
        "data without a copy": (program(DATA, plain, "-fPIC"), []),
        "a thread-local variable": (program(THREAD_LOCAL, plain), []),
        "a weak reference": (program(WEAK, plain, "-Wl,--no-as-needed", plain), []),
        "a pointer": (program(POINTER, plain, "-no-pie", "-fno-pic"), []),
        "needed and unused": (program(NOTHING, "-Wl,--no-as-needed", plain), []),
        "a versioned call": (program(CALL, versioned), []),
        "versioned calls": (program(CALL_BOTH, versioned), []),
        "versioned data": (program(DATA, versioned, "-no-pie", "-fno-pic"), []),
        "the newest version": (program(CALL, newest), []),
        "through another": (program(CALL_MIDDLE, through, search=rpath), [through]),
        "through another by RUNPATH": (program(CALL_MIDDLE, through), [through]),
        "through another with a RUNPATH": (program(CALL_MIDDLE, with_runpath), [with_runpath]),
        "two calls through another": (
            program(CALL_MIDDLE, through_both, search=rpath),
            [through_both],
        ),
        "interposed": (
            program(CALL_MIDDLE_OWN, through_both, "-rdynamic", search=rpath),
            [through_both],
        ),
        "not interposed": (
            program(CALL_MIDDLE_OWN.replace("int foo_mul", "static int foo_mul"), through_both),
            [through_both],
        ),
        "in the global scope": (
            program(CALL_MIDDLE, lazy, "-Wl,--no-as-needed", plain),
            [lazy],
        ),
        "static": (program(NOTHING, "-static"), []),
        "static and independent of its place": (program(NOTHING, "-static-pie"), []),
    }


def patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def without_sections(content: bytes) -> bytes:
    return patched(patched(content, 0x28, bytes(8)), 0x3C, bytes(4))


def cut_short(content: bytes) -> bytes:
    """Return a file without the end of its last loaded segment."""
    offset, size, count = (
        struct.unpack_from("<Q", content, 0x20)[0],
        *struct.unpack_from("<HH", content, 0x36),
    )
    rows = [struct.unpack_from("<IIQQQQQQ", content, offset + size * n) for n in range(count)]
    return content[: max(row[2] for row in rows if row[0] == 1)]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "without section headers": without_sections,
    "of another machine": lambda content: patched(content, 0x12, struct.pack("<H", 183)),
    "of 32 bits": lambda content: patched(content, 4, b"\x01"),
    "of another byte order": lambda content: patched(content, 5, b"\x02"),
    "of another OS ABI": lambda content: patched(content, 7, b"\x09"),
    "an object file": lambda content: patched(content, 0x10, struct.pack("<H", 1)),
    "a text": lambda _: b"INPUT(-lfoo)\n",
    "empty": lambda _: b"",
    "without an end": cut_short,
}


def arrange(folder: Path, program: Path, further: list[Path], library: bytes | None) -> Path:
    """Put a program into `bin` and its libraries into `lib`; return the path of the program."""
    for name in ("bin", "lib"):
        (folder / name).mkdir(parents=True)
    shutil.copy(program, folder / "bin" / "program")
    for each in further:
        shutil.copy(each, folder / "lib" / each.name)
    if library is not None:
        (folder / "lib" / FOO).write_bytes(library)
    return folder / "bin" / "program"


def judged(program: Path) -> Judgement:
    return judge([str(program)], tree_of(program.parents[1]))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("made"))


def differences(cases: Iterator[tuple[str, Path]]) -> tuple[int, int, dict[str, object]]:
    """Return the number of programs that load and that do not, and wrong verdicts by name."""
    loads = broken = 0
    wrong: dict[str, object] = {}
    for name, program in cases:
        judgement, failure = judged(program), start(program)
        loads += failure is None
        broken += failure is not None
        if judgement.verdict is not (Verdict.BROKEN if failure else Verdict.LOADS):
            wrong[name] = (judgement, failure)
    return loads, broken, wrong


def test_the_verdict_on_every_program_with_every_library_is_that_of_the_loader(
    shop: Workshop, tmp_path: Path
) -> None:
    def cases() -> Iterator[tuple[str, Path]]:
        made = libraries(shop)
        for number, (wanted, (program, further)) in enumerate(programs(shop).items()):
            for other, (special, library) in enumerate(made.items()):
                folder = tmp_path / f"{number}-{other}"
                yield (
                    f"{wanted} with {special}",
                    arrange(folder, program, further, library.read_bytes()),
                )

    loads, broken, wrong = differences(cases())
    assert wrong == {}
    assert loads > 150
    assert broken > 100


def test_the_verdict_on_damaged_libraries_is_that_of_the_loader(
    shop: Workshop, tmp_path: Path
) -> None:
    plain = shop.library(FOO, LIBRARY).read_bytes()
    chosen = ("a call", "needed and unused", "through another", "a versioned call", "static")
    made = programs(shop)

    def cases() -> Iterator[tuple[str, Path]]:
        for number, wanted in enumerate(chosen):
            program, further = made[wanted]
            yield f"{wanted} alone", arrange(tmp_path / f"{number}", program, further, None)
            for other, (special, damage) in enumerate(DAMAGE.items()):
                folder = tmp_path / f"{number}-{other}"
                yield f"{wanted}, {special}", arrange(folder, program, further, damage(plain))

    _, broken, wrong = differences(cases())
    assert wrong == {}
    assert broken > 20
