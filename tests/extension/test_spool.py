"""Spools: files that survive a crash, pushed once in effect."""

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cypher.run import Database
from tests.conftest import wipe
from tests.documents import SPECS, named
from tests.extension.running import FakeSpack, push_alone, waiting
from tests.graph import snapshot
from tests.loading import load


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_spooling_twice_adds_nothing(lonely: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    lonely.run("install", "lab-sim")
    lonely.has(named("xz-5.6.3"))
    first = lonely.run("specgraph", "spool", str(folder), "--all", "--builds")
    names = waiting(folder)
    second = lonely.run("specgraph", "spool", str(folder), "--all", "--builds")
    assert first.stdout == "==> 3 files written, 0 there already\n"
    assert second.stdout == "==> 0 files written, 3 there already\n"
    assert waiting(folder) == names


def test_what_was_sent_is_not_spooled_again(spack: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    spack.has(named("xz-5.6.3"))
    spack.run("specgraph", "spool", str(folder), "--all")
    assert spack.run("specgraph", "push", str(folder)).returncode == 0
    again = spack.run("specgraph", "spool", str(folder), "--all")
    assert again.stdout == "==> 0 files written, 1 there already\n"
    assert waiting(folder) == []


def test_a_push_needs_no_spack_and_makes_the_graph_that_load_makes(
    lonely: FakeSpack, tmp_path: Path, url: str, database: Database
) -> None:
    folder = tmp_path / "spool"
    for document in SPECS:
        lonely.has(document)
    lonely.run("specgraph", "upload", "--all", "--spool", str(folder))
    code, out, err = finished(push_alone(folder, url))
    assert (code, err, out.splitlines()[-1]) == (0, "", f"0 left in {folder}")
    pushed = snapshot(database)
    wipe(database)
    load(database, SPECS)
    assert pushed == snapshot(database)


def test_a_file_that_was_cut_on_the_way_is_put_aside(
    lonely: FakeSpack, tmp_path: Path, url: str
) -> None:
    folder = tmp_path / "spool"
    lonely.has(named("xz-5.6.3"))
    lonely.has(named("zlib-1.3.1"))
    lonely.run("specgraph", "spool", str(folder), "--all")
    [damaged, good] = waiting(folder)
    content = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(content[: len(content) // 2])
    code, out, err = finished(push_alone(folder, url))
    told = f"0 left in {folder}, 1 in its folder `refused`, with the reasons"
    assert (code, out.splitlines()[-1]) == (1, told)
    assert "damaged: its bytes do not have the digest of its name" in err
    assert [path.name for path in (folder / "sent").iterdir()] == [good]
    again = lonely.run("specgraph", "spool", str(folder), "--all")
    assert again.stdout == "==> 1 file written, 1 there already\n"
    assert waiting(folder) == [damaged]
    assert finished(push_alone(folder, url))[1].splitlines()[-1] == told
    assert sorted(path.name for path in (folder / "sent").iterdir()) == sorted([damaged, good])


def test_nobody_else_can_read_what_is_spooled(lonely: FakeSpack, tmp_path: Path, url: str) -> None:
    folder = tmp_path / "spools" / "mine"
    lonely.has(named("xz-5.6.3"))
    before = os.umask(0)
    try:
        lonely.run("specgraph", "spool", str(folder), "--all")
        [name] = waiting(folder)
        (folder / name).write_bytes(b"damaged")
        finished(push_alone(folder, url))
    finally:
        os.umask(before)
    paths = [path for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o077]
    assert paths == []
    assert len(list(folder.rglob("*"))) == 4


@pytest.mark.parametrize("kind", ["spec.json.gz", "stage..tar.gz"])
def test_what_never_was_a_file_of_a_spool_does_not_stop_the_others(
    lonely: FakeSpack, tmp_path: Path, url: str, kind: str
) -> None:
    folder = tmp_path / "spool"
    lonely.has(named("xz-5.6.3"))
    lonely.run("specgraph", "spool", str(folder), "--all")
    odd = folder / f"{hashlib.sha256(b'odd').hexdigest()}.{kind}"
    odd.write_bytes(b"odd")
    code, out, _ = finished(push_alone(folder, url))
    told = f"0 left in {folder}, 1 in its folder `refused`, with the reasons"
    assert (code, out.splitlines()[-1]) == (1, told)
    assert (folder / "refused" / odd.name).is_file()


def test_a_folder_that_is_not_there_is_no_empty_spool(
    spack: FakeSpack, tmp_path: Path, url: str
) -> None:
    folder = tmp_path / "mistyped"
    code, _, err = finished(push_alone(folder, url))
    assert (code, err) == (2, f"Error: there is no folder {folder}\n")
    done = spack.run("specgraph", "push", str(folder))
    assert (done.returncode, done.stderr) == (2, f"==> Error: there is no folder {folder}\n")
    by_default = spack.run("specgraph", "push")
    assert (by_default.returncode, by_default.stderr) == (0, "")


def test_what_is_left_is_told_where_the_service_is_gone(lonely: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    lonely.has(named("xz-5.6.3"))
    lonely.run("specgraph", "spool", str(folder), "--all")
    code, out, _ = finished(push_alone(folder, "http://127.0.0.1:9"))
    assert (code, out.splitlines()[-1]) == (3, f"1 left in {folder}")


def test_a_push_that_was_killed_is_ended_by_the_next(
    lonely: FakeSpack, tmp_path: Path, url: str, database: Database
) -> None:
    folder = tmp_path / "spool"
    lonely.run("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    for document in SPECS:
        lonely.has(document)
    lonely.run("specgraph", "spool", str(folder), "--all", "--builds")
    push = push_alone(folder, url)
    end = time.monotonic() + 60
    while not list((folder / "sent").iterdir()) and time.monotonic() < end:
        time.sleep(0.005)
    push.send_signal(signal.SIGKILL)
    finished(push)
    assert finished(push_alone(folder, url))[0] == 0
    assert waiting(folder) == []
    once = snapshot(database)
    for path in (folder / "sent").iterdir():
        path.rename(folder / path.name)
    assert finished(push_alone(folder, url))[0] == 0
    assert snapshot(database) == once
