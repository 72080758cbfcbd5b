"""Spools: files that survive a crash, and pushes that are idempotent."""

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from cypher.run import Database
from tests.documents import SPECS, named
from tests.extension.running import FakeSpack, start_push, waiting_names
from tests.graph import snapshot, wipe
from tests.loading import load


def wait_for(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return the exit code, the output and the errors of a process."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_spooling_twice_adds_nothing(offline_spack: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    offline_spack.run("install", "lab-sim")
    offline_spack.add_installed(named("xz-5.6.3"))
    first = offline_spack.run("specgraph", "spool", str(folder), "--all", "--builds")
    names = waiting_names(folder)
    second = offline_spack.run("specgraph", "spool", str(folder), "--all", "--builds")
    assert first.stdout == "==> 5 files written, 0 there already\n"
    assert second.stdout == "==> 0 files written, 5 there already\n"
    assert waiting_names(folder) == names


def test_sent_files_are_not_spooled_again(spack: FakeSpack, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    spack.add_installed(named("xz-5.6.3"))
    spack.run("specgraph", "spool", str(folder), "--all")
    assert spack.run("specgraph", "push", str(folder)).returncode == 0
    again = spack.run("specgraph", "spool", str(folder), "--all")
    assert again.stdout == "==> 0 files written, 1 there already\n"
    assert waiting_names(folder) == []


def test_push_without_spack_creates_the_same_graph_as_load(
    offline_spack: FakeSpack, tmp_path: Path, url: str, database: Database
) -> None:
    folder = tmp_path / "spool"
    for document in SPECS:
        offline_spack.add_installed(document)
    offline_spack.run("specgraph", "upload", "--all", "--spool", str(folder))
    code, out, err = wait_for(start_push(folder, url))
    assert (code, err, out.splitlines()[-1]) == (0, "", f"0 left in {folder}")
    pushed = snapshot(database)
    wipe(database)
    load(database, SPECS)
    assert pushed == snapshot(database)


def test_truncated_file_is_moved_aside_and_can_be_spooled_again(
    offline_spack: FakeSpack, tmp_path: Path, url: str
) -> None:
    folder = tmp_path / "spool"
    offline_spack.add_installed(named("xz-5.6.3"))
    offline_spack.add_installed(named("zlib-1.3.1"))
    offline_spack.run("specgraph", "spool", str(folder), "--all")
    [damaged, good] = waiting_names(folder)
    content = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(content[: len(content) // 2])
    code, out, err = wait_for(start_push(folder, url))
    summary = f"0 left in {folder}, 1 in its folder `refused`, with the reasons"
    assert (code, out.splitlines()[-1]) == (1, summary)
    assert "damaged: the content does not match the digest in its name" in err
    assert [path.name for path in (folder / "sent").iterdir()] == [good]
    again = offline_spack.run("specgraph", "spool", str(folder), "--all")
    assert again.stdout == "==> 1 file written, 1 there already\n"
    assert waiting_names(folder) == [damaged]
    assert wait_for(start_push(folder, url))[1].splitlines()[-1] == summary
    assert sorted(path.name for path in (folder / "sent").iterdir()) == sorted([damaged, good])


def test_spooled_files_are_private(offline_spack: FakeSpack, tmp_path: Path, url: str) -> None:
    folder = tmp_path / "spools" / "mine"
    offline_spack.add_installed(named("xz-5.6.3"))
    before = os.umask(0)
    try:
        offline_spack.run("specgraph", "spool", str(folder), "--all")
        [name] = waiting_names(folder)
        (folder / name).write_bytes(b"damaged")
        wait_for(start_push(folder, url))
    finally:
        os.umask(before)
    paths = [path for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o077]
    assert paths == []
    assert len(list(folder.rglob("*"))) == 4


@pytest.mark.parametrize("kind", ["spec.json.gz", "stage..tar.gz"])
def test_foreign_file_does_not_stop_the_others(
    offline_spack: FakeSpack, tmp_path: Path, url: str, kind: str
) -> None:
    folder = tmp_path / "spool"
    offline_spack.add_installed(named("xz-5.6.3"))
    offline_spack.run("specgraph", "spool", str(folder), "--all")
    odd = folder / f"{hashlib.sha256(b'odd').hexdigest()}.{kind}"
    odd.write_bytes(b"odd")
    code, out, _ = wait_for(start_push(folder, url))
    summary = f"0 left in {folder}, 1 in its folder `refused`, with the reasons"
    assert (code, out.splitlines()[-1]) == (1, summary)
    assert (folder / "refused" / odd.name).is_file()


def test_missing_folder_is_an_error_and_not_an_empty_spool(
    spack: FakeSpack, tmp_path: Path, url: str
) -> None:
    folder = tmp_path / "mistyped"
    code, _, err = wait_for(start_push(folder, url))
    assert (code, err) == (2, f"Error: there is no folder {folder}\n")
    done = spack.run("specgraph", "push", str(folder))
    assert (done.returncode, done.stderr) == (2, f"==> Error: there is no folder {folder}\n")
    by_default = spack.run("specgraph", "push")
    assert (by_default.returncode, by_default.stderr) == (0, "")


def test_remaining_files_are_counted_if_the_service_is_unreachable(
    offline_spack: FakeSpack, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    offline_spack.add_installed(named("xz-5.6.3"))
    offline_spack.run("specgraph", "spool", str(folder), "--all")
    code, out, _ = wait_for(start_push(folder, "http://127.0.0.1:9"))
    assert (code, out.splitlines()[-1]) == (3, f"1 left in {folder}")


def test_next_push_completes_one_that_was_killed(
    offline_spack: FakeSpack, tmp_path: Path, url: str, database: Database
) -> None:
    folder = tmp_path / "spool"
    offline_spack.run("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    for document in SPECS:
        offline_spack.add_installed(document)
    offline_spack.run("specgraph", "spool", str(folder), "--all", "--builds")
    push = start_push(folder, url)
    end = time.monotonic() + 60
    while not list((folder / "sent").iterdir()) and time.monotonic() < end:
        time.sleep(0.005)
    push.send_signal(signal.SIGKILL)
    wait_for(push)
    assert wait_for(start_push(folder, url))[0] == 0
    assert waiting_names(folder) == []
    once = snapshot(database)
    for path in (folder / "sent").iterdir():
        path.rename(folder / path.name)
    assert wait_for(start_push(folder, url))[0] == 0
    assert snapshot(database) == once
