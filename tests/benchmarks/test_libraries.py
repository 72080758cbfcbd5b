from pathlib import Path

import pytest

from benchmarks.libraries import find_libraries, main, measure
from tests.loaders.elf.writer import Library


def test_only_libraries_are_read_and_each_once(tmp_path: Path) -> None:
    content = Library(soname="libgood.so.1").content()
    (tmp_path / "below").mkdir()
    (tmp_path / "below/libgood.so.1").write_bytes(content)
    (tmp_path / "libgood.so").symlink_to("below/libgood.so.1")
    (tmp_path / "libscript.so").write_text("INPUT(-lgood)")
    (tmp_path / "tool").write_bytes(content)
    paths = find_libraries([tmp_path], 10)
    assert paths == [tmp_path / "below/libgood.so.1"]
    steps = measure(paths)
    assert [each.files for each in steps] == [1] * 5
    assert steps[-1].seconds == sum(each.seconds for each in steps[:-1])


def test_the_table_has_a_row_for_each_step_and_names_what_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "libcut.so").write_bytes(Library(soname="libcut.so").content()[:40])
    main([str(tmp_path), "--most", "5"])
    printed = capsys.readouterr().out
    assert "1 libraries" in printed
    assert "libcut.so: " in printed
