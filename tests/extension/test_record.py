"""`spack specgraph record`: installations run unchanged and are recorded afterwards."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.documents import CASES
from tests.extension.running import FakeSpack, build_statuses, waiting_names

UNREACHABLE = "http://127.0.0.1:9"


def test_installed_specs_are_recorded(spack: FakeSpack, url: str) -> None:
    done = spack.run("-e", "mine", "specgraph", "record", "--", "install", "-j2", "lab-sim")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "installing -j2 lab-sim in mine",
        "==> specgraph: 1 spec document sent, 0 known already; 10 new specs",
        "==> specgraph: 1 build, 1 new: 1 succeeded",
        "==> specgraph: 1 installation, 1 new",
    ]
    assert done.stderr == ""
    assert build_statuses(url) == {("lab-sim", "succeeded")}


def test_failed_and_skipped_builds_are_recorded(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "lab-fail-dep", "lab-fail-test")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("==> specgraph: 3 builds, 3 new: ")
    assert build_statuses(url) == {
        ("lab-fail-build", "failed"),
        ("lab-fail-dep", "skipped"),
        ("lab-fail-test", "failed"),
    }


def test_nothing_is_sent_if_nothing_was_built(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "--fail")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "==> specgraph: nothing was built, so nothing is recorded"
    ]
    assert build_statuses(url) == set()


def test_everything_is_spooled_if_the_service_is_unreachable(offline_spack: FakeSpack) -> None:
    words = ("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    done = offline_spack.run("specgraph", "record", "--url", UNREACHABLE, "--", *words)
    assert done.returncode == 1
    assert f"kept in {offline_spack.spool} for `spack specgraph push`" in done.stderr
    kinds = sorted(name.split(".")[1] for name in waiting_names(offline_spack.spool))
    assert kinds == ["failures", "installed", "spec", "stage", "store"]


def test_spooled_files_are_pushed(spack: FakeSpack, url: str) -> None:
    folder = spack.root / "spool"
    words = ("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    spack.run("specgraph", "record", "--spool", str(folder), "--", *words)
    assert build_statuses(url) == set()
    done = spack.run("specgraph", "push", str(folder))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"==> 0 left in {folder}")
    assert build_statuses(url) == {
        ("lab-sim", "succeeded"),
        ("lab-fail-build", "failed"),
        ("lab-fail-dep", "skipped"),
        ("lab-fail-test", "failed"),
    }


def test_killed_installation_keeps_its_exit_code(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "lab-sim", "killed")
    assert done.returncode == 137
    assert build_statuses(url) == {("lab-sim", "succeeded")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_rest_is_spooled_if_sending_is_interrupted(
    offline_spack: FakeSpack, number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        record = subprocess.Popen(
            offline_spack.command("specgraph", "record", "--url", url, "--", "install", "lab-sim"),
            env=offline_spack.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        with silent.accept()[0]:
            record.send_signal(number)
            _, warning = record.communicate(timeout=60)
    assert record.returncode == 0
    kept = f"kept in {offline_spack.spool} for `spack specgraph push`"
    assert warning == f"==> Warning: specgraph: interrupted; {kept}\n"
    kinds = sorted(name.split(".")[1] for name in waiting_names(offline_spack.spool))
    assert kinds == ["installed", "spec", "store"]


# Runs the command with a shorter time to send than a minute.
HURRIED = """
import sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
import spack.main
load = spack.main._load_extension
def hurry():
    module = load()
    import spack.extensions.specgraph.record as record
    record.SENDING_SECONDS = 2
    return module
spack.main._load_extension = hurry
sys.exit(spack.main.main())
"""


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_rest_is_spooled_if_sending_takes_too_long(offline_spack: FakeSpack, answer: bytes) -> None:
    """A service that accepts requests but never answers, or answers a byte at a time."""
    over = threading.Event()

    def trickle(server: socket.socket) -> None:
        # The client closes the connection when it gives up.
        with contextlib.suppress(OSError), server.accept()[0] as client:
            client.sendall(answer)
            while not over.wait(0.2):
                if answer:
                    client.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        words = offline_spack.command(
            "specgraph", "record", "--url", url, "--", "install", "lab-sim"
        )
        start = time.monotonic()
        try:
            done = subprocess.run(
                [words[0], "-c", HURRIED, *words[1:]],
                env=offline_spack.environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            seconds = time.monotonic() - start
            over.set()
            thread.join()
    assert (done.returncode, seconds < 30) == (0, True)
    kept = f"kept in {offline_spack.spool} for `spack specgraph push`"
    assert done.stderr == (
        f"==> Warning: specgraph: not everything was sent in 2 seconds; {kept}\n"
    )
    kinds = sorted(name.split(".")[1] for name in waiting_names(offline_spack.spool))
    assert kinds == ["installed", "spec", "store"]


def test_installation_under_nohup_outlives_the_terminal(offline_spack: FakeSpack) -> None:
    words = offline_spack.command("specgraph", "record", "--", "install", "hung-up")
    plain = subprocess.run(words, env=offline_spack.environment, timeout=120, check=False)
    assert plain.returncode == 128 + signal.SIGHUP
    done = subprocess.run(
        words, env=offline_spack.environment, timeout=120, check=False, preexec_fn=ignore_hang_up
    )
    assert done.returncode == 0


def test_log_removed_during_the_scan_of_stages_is_skipped(spack: FakeSpack, url: str) -> None:
    stage = spack.root / "stage" / f"spack-stage-other-1.0-{'a' * 32}"
    stage.mkdir(parents=True)
    (stage / "spack-build-out.txt").symlink_to("gone")
    done = spack.run("specgraph", "record", "--", "install", "lab-sim")
    assert (done.returncode, done.stderr) == (0, "")
    assert build_statuses(url) == {("lab-sim", "succeeded")}


def test_log_next_to_the_stages_is_sent_without_its_stage(spack: FakeSpack, url: str) -> None:
    (log,) = (CASES / "spack-1.2-1.3" / "stage-root").iterdir()
    stages = spack.root / "stage"
    stages.mkdir(parents=True, exist_ok=True)
    (stages / log.name).write_bytes(log.read_bytes())
    old = stages / log.name.replace("powd8fj9", "aaaaaaaa")
    old.write_bytes(log.read_bytes())
    os.utime(old, (1, 1))
    done = spack.run("specgraph", "record", "--", "install", "lab-sim")
    assert (done.returncode, done.stderr) == (0, "")
    assert build_statuses(url) == {("lab-sim", "succeeded"), ("zlib", "failed")}


def ignore_hang_up() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_spool_and_site_settings_apply_without_a_service(
    offline_spack: FakeSpack, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    variables = {"SPECGRAPH_SPOOL": str(folder), "SPECGRAPH_SITE": "cluster"}
    done = offline_spack.run("specgraph", "record", "--", "install", "lab-sim", **variables)
    assert done.returncode == 0
    assert done.stderr.startswith("==> Warning: specgraph: no service address: give --url")
    assert f"kept in {folder} for" in done.stdout
    assert any(".installed.site=cluster." in name for name in waiting_names(folder))
    assert not offline_spack.spool.exists()


@pytest.mark.parametrize("what", ["spool", "token", "config", "database"])
def test_errors_after_the_installation_are_warnings(
    spack: FakeSpack, what: str, tmp_path: Path
) -> None:
    folder = spack.home / ".config/specgraph"
    folder.mkdir(parents=True)
    words = ["--spool", "/dev/null/x"] if what == "spool" else []
    if what in ("token", "config"):
        (folder / what).write_text("not as it must be")
        (folder / what).chmod(0o644)
    if what == "database":
        (tmp_path / "fake-db.jsonl").write_text("broken")
    for package, code in (("lab-sim", 0), ("lab-fail-test", 1)):
        done = spack.run("specgraph", "record", *words, "--", "install", package)
        assert done.returncode == code
        assert done.stderr.startswith("==> Warning: specgraph: ")
        assert len(done.stderr.splitlines()) == 1
