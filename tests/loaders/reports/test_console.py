import io
from pathlib import Path

import pytest

from loaders.evidence import Source, SpecName, Status
from loaders.reports.console import looks_like, read_console
from tests.documents import DATA as ALL_DATA
from tests.loaders.reports.samples import DATA, HASH, OTHER, THIRD, opened

LINE = "==> Warning: Skipping build of {} since {} failed\n"


def test_a_package_with_a_failed_dependency_is_skipped() -> None:
    (attempt,) = read_console(opened(DATA / "spack-1.1.0/install-lab-fail-dep-1.0.out"))
    assert attempt.spec == SpecName(THIRD, "lab-fail-dep", "1.0")
    assert attempt.culprit == SpecName(OTHER, "lab-fail-build", "1.1")
    assert (attempt.status, attempt.source) == (Status.SKIPPED, Source.MARK)
    assert attempt.message == "skipped since lab-fail-build failed"
    assert attempt.phases == ()


def test_the_culprit_is_the_package_that_failed_itself() -> None:
    text = LINE.format(f"lab-a-1-{HASH}", f"lab-b-2-{OTHER}") + LINE.format(
        f"lab-c-3-{THIRD}", f"lab-a-1-{HASH}"
    )
    first, second = read_console(io.BytesIO(text.encode()))
    assert (first.spec.name, first.culprit) == ("lab-a", SpecName(OTHER, "lab-b", "2"))
    assert (second.spec.name, second.culprit) == ("lab-c", SpecName(OTHER, "lab-b", "2"))
    assert first.uid != second.uid


def test_each_package_is_skipped_once_and_a_cycle_ends() -> None:
    one, other = f"lab-a-1-{HASH}", f"lab-b-2-{OTHER}"
    text = LINE.format(one, other) * 2 + LINE.format(other, one)
    assert [each.spec.name for each in read_console(io.BytesIO(text.encode()))] == [
        "lab-a",
        "lab-b",
    ]


PLAIN = (ALL_DATA / "cases" / "k1-console.txt").read_bytes()
STAMP = b"==> [2025-05-01-10:30:02.196240] "
OUTPUTS = {
    "plain": PLAIN,
    "colours": (ALL_DATA / "cases" / "k2-console-colour.txt").read_bytes(),
    "times": PLAIN.replace(b"==> ", STAMP),
    "times and processes": PLAIN.replace(b"==> ", b"==> [2025-05-01-10:30:02.196240, 4711] "),
    "coloured times": PLAIN.replace(b"==> ", b"\x1b[1;34m==>\x1b[0m " + STAMP[4:]),
    "source lines": PLAIN.replace(b"==> ", b"/s/tty/__init__.py:226 " + STAMP),
    "a terminal": PLAIN.replace(b"==> ", b"fetching  10%\r\x1b[K==> ").replace(b"\n", b"\r\n"),
    "skips only": b"".join(line for line in PLAIN.splitlines(True) if b"Skipping" in line),
}


@pytest.mark.parametrize("form", OUTPUTS)
def test_colours_and_times_change_nothing(form: str) -> None:
    assert looks_like(OUTPUTS[form])
    attempts = read_console(io.BytesIO(OUTPUTS[form]))
    assert attempts == read_console(io.BytesIO(PLAIN))
    assert [(each.spec.name, each.culprit and each.culprit.name) for each in attempts] == [
        ("midly", "leafy"),
        ("toply", "leafy"),
    ]


def test_a_coloured_list_of_installed_packages_is_recognised() -> None:
    assert looks_like(b"\x1b[32m[+]\x1b[0m /sw/zlib-1.3.1\n")
    assert not looks_like(b"\x1b[32mnothing\x1b[0m of Spack\n")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"==> lab-zx: Successfully installed\n",
        b"Skipping build of lab-a since lab-b failed\n",
        b"\xff\x00\x1b[0m\n" * 3,
    ],
)
def test_other_output_has_no_attempts(text: bytes) -> None:
    assert read_console(io.BytesIO(text)) == ()


def test_real_console_output(corpus: Path) -> None:
    attempts = {
        path.name: [attempt.spec.name for attempt in read_console(opened(path))]
        for path in corpus.glob("store/spack-*/reports/*.out")
    }
    assert {name: names for name, names in attempts.items() if names} == {
        "install-lab-fail-dep-1.0.out": ["lab-fail-dep"]
    }
