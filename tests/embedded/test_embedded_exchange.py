"""Exchanging a database for a copy, interrupted at any step."""

from pathlib import Path

import pytest

from service.embedded.exchange import exchange_data, finish_exchange


def make(folder: Path, content: str) -> None:
    folder.mkdir(parents=True)
    (folder / "store").write_text(content)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    make(tmp_path / "data", "former")
    make(tmp_path / "recovery" / "data", "copy")
    return tmp_path


def test_the_copy_takes_the_place_and_the_former_database_is_kept(data_dir: Path) -> None:
    kept = exchange_data(data_dir)
    assert kept.parent == data_dir
    assert (kept / "store").read_text() == "former"
    assert (data_dir / "data" / "store").read_text() == "copy"
    assert not (data_dir / "recovery" / "data").exists()


def test_a_copy_in_progress_is_not_taken(data_dir: Path) -> None:
    finish_exchange(data_dir)
    assert (data_dir / "data" / "store").read_text() == "former"


def test_an_exchange_interrupted_between_its_steps_is_completed(data_dir: Path) -> None:
    (data_dir / "data").rename(data_dir / "data-before-recovery-x")
    finish_exchange(data_dir)
    assert (data_dir / "data" / "store").read_text() == "copy"
    finish_exchange(data_dir)
    assert (data_dir / "data" / "store").read_text() == "copy"


def test_without_a_copy_nothing_happens(tmp_path: Path) -> None:
    finish_exchange(tmp_path)
    assert list(tmp_path.iterdir()) == []
