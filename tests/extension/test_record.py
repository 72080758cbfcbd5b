"""`spack specgraph record`: the installation is as it would be without, and then recorded."""

import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.extension.running import FakeSpack, waiting

GONE = "http://127.0.0.1:9"


def builds(url: str) -> set[tuple[str, str]]:
    answer: Any = requests.get(f"{url}/api/v1/builds", timeout=60).json()
    return {(each["name"], each["status"]) for each in answer["items"]}


def test_what_was_installed_is_recorded(spack: FakeSpack, url: str) -> None:
    done = spack.run("-e", "mine", "specgraph", "record", "--", "install", "-j2", "lab-sim")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "installing -j2 lab-sim in mine",
        "==> specgraph: 1 spec document sent, 0 known already; 10 new specs",
        "==> specgraph: 1 build, 1 new: 1 succeeded",
    ]
    assert done.stderr == ""
    assert builds(url) == {("lab-sim", "succeeded")}


def test_failures_and_what_was_skipped_for_them_are_recorded(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "lab-fail-dep", "lab-fail-test")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("==> specgraph: 3 builds, 3 new: ")
    assert builds(url) == {
        ("lab-fail-build", "failed"),
        ("lab-fail-dep", "skipped"),
        ("lab-fail-test", "failed"),
    }


def test_where_nothing_was_built_nothing_is_sent(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "--fail")
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "==> specgraph: nothing was built, so nothing is recorded"
    ]
    assert builds(url) == set()


def test_without_the_service_it_is_spooled_and_pushed_later(lonely: FakeSpack) -> None:
    words = ("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    done = lonely.run("specgraph", "record", "--url", GONE, "--", *words)
    assert done.returncode == 1
    assert f"kept in {lonely.spool} for `spack specgraph push`" in done.stderr
    kinds = sorted(name.split(".")[1] for name in waiting(lonely.spool))
    assert kinds == ["failures", "installed", "spec", "stage"]


def test_what_was_spooled_is_pushed(spack: FakeSpack, url: str) -> None:
    folder = spack.root / "spool"
    words = ("install", "lab-sim", "lab-fail-dep", "lab-fail-test")
    spack.run("specgraph", "record", "--spool", str(folder), "--", *words)
    assert builds(url) == set()
    done = spack.run("specgraph", "push", str(folder))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"==> 0 left in {folder}")
    assert builds(url) == {
        ("lab-sim", "succeeded"),
        ("lab-fail-build", "failed"),
        ("lab-fail-dep", "skipped"),
        ("lab-fail-test", "failed"),
    }


def test_an_installation_that_is_killed_ends_so(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--", "install", "lab-sim", "killed")
    assert done.returncode == 137
    assert builds(url) == {("lab-sim", "succeeded")}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_not_sent_yet_when_it_is_ended_is_spooled(
    lonely: FakeSpack, number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        record = subprocess.Popen(
            lonely.command("specgraph", "record", "--url", url, "--", "install", "lab-sim"),
            env=lonely.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        with silent.accept()[0]:
            record.send_signal(number)
            _, told = record.communicate(timeout=60)
    assert record.returncode == 0
    kept = f"kept in {lonely.spool} for `spack specgraph push`"
    assert told == f"==> Warning: specgraph: interrupted; {kept}\n"
    assert [name.split(".")[1] for name in waiting(lonely.spool)].count("spec") == 1
    assert len(waiting(lonely.spool)) == 2


def test_under_nohup_an_installation_outlives_the_terminal(lonely: FakeSpack) -> None:
    words = lonely.command("specgraph", "record", "--", "install", "hung-up")
    plain = subprocess.run(words, env=lonely.environment, timeout=120, check=False)
    assert plain.returncode == 128 + signal.SIGHUP
    done = subprocess.run(
        words, env=lonely.environment, timeout=120, check=False, preexec_fn=ignore_hang_up
    )
    assert done.returncode == 0


def test_a_log_that_goes_away_while_stages_are_looked_at_is_passed_over(
    spack: FakeSpack, url: str
) -> None:
    stage = spack.root / "stage" / f"spack-stage-other-1.0-{'a' * 32}"
    stage.mkdir(parents=True)
    (stage / "spack-build-out.txt").symlink_to("gone")
    done = spack.run("specgraph", "record", "--", "install", "lab-sim")
    assert (done.returncode, done.stderr) == (0, "")
    assert builds(url) == {("lab-sim", "succeeded")}


def ignore_hang_up() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_where_no_service_is_set_the_spool_and_the_site_that_are_set_count(
    lonely: FakeSpack, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    variables = {"SPECGRAPH_SPOOL": str(folder), "SPECGRAPH_SITE": "cluster"}
    done = lonely.run("specgraph", "record", "--", "install", "lab-sim", **variables)
    assert done.returncode == 0
    assert done.stderr.startswith("==> Warning: specgraph: which service?")
    assert f"kept in {folder} for" in done.stdout
    assert any(".installed.site=cluster." in name for name in waiting(folder))
    assert not lonely.spool.exists()


@pytest.mark.parametrize("what", ["spool", "token", "config", "database"])
def test_whatever_goes_wrong_afterwards_is_a_warning(
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
