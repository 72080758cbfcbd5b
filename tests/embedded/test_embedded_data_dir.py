import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from service.embedded import settings
from service.embedded.errors import EmbeddedError
from service.embedded.existing import attach
from service.embedded.lock import DataDirLock, DataDirState, read_state, remove_state, write_state
from service.embedded.settings import Settings

STATE = DataDirState(4711, 4712, "99", "bolt://127.0.0.1:1", "http://127.0.0.1:2/browser/")


def test_state_is_unchanged_by_writing_and_reading(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE
    remove_state(tmp_path)
    assert read_state(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"unknown": 1}'])
def test_broken_state_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "specgraph-state.json").write_text(text)
    assert read_state(tmp_path) is None


def test_error_for_a_locked_directory_names_process_and_address(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    first = DataDirLock(tmp_path)
    first.acquire()
    with pytest.raises(EmbeddedError, match=r"process 4711, at bolt://127\.0\.0\.1:1"):
        DataDirLock(tmp_path).acquire()
    first.release()
    second = DataDirLock(tmp_path)
    second.acquire()
    second.release()


def test_lock_is_released_when_its_process_ends(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from service.embedded.lock import DataDirLock\n"
        "lock = DataDirLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True)\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        lock = DataDirLock(tmp_path)
        with pytest.raises(EmbeddedError, match="in use by another process"):
            lock.acquire()
        holder.kill()
        holder.wait()
    lock.acquire()
    lock.release()


def test_attach_returns_none_for_an_empty_or_stale_directory(tmp_path: Path) -> None:
    assert attach(tmp_path) is None
    write_state(tmp_path, STATE)
    assert attach(tmp_path) is None


def test_password_is_generated_once_and_is_private(tmp_path: Path) -> None:
    password = settings.ensure_password(tmp_path)
    path = settings.password_path(tmp_path)
    assert len(password) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert settings.ensure_password(tmp_path) == password
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_lost_password_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    settings.mark_initialised(tmp_path)
    with pytest.raises(EmbeddedError, match="gone or empty"):
        settings.ensure_password(tmp_path)


def test_initial_password_is_written_as_a_digest(tmp_path: Path) -> None:
    settings.write_initial_password(tmp_path, "secret words")
    written = tmp_path / "data" / "dbms" / "auth.ini"
    user, credential, rest = written.read_text().rstrip("\n").split(":")
    assert (user, rest) == ("neo4j", "")
    assert [len(field) for field in credential.split(",")] == [7, 64, 64, 4]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


@pytest.mark.parametrize("written", ["5.27.0", "2026.8.1", "unknown"])
def test_directory_of_a_newer_neo4j_is_rejected(tmp_path: Path, written: str) -> None:
    (tmp_path / "neo4j-version").write_text(written + "\n")
    with pytest.raises(EmbeddedError, match=f"written by Neo4j {written}"):
        settings.check_version(tmp_path)


@pytest.mark.parametrize("written", ["5.26.30", "5.26.2", "5.9.0"])
def test_directory_of_this_or_an_older_neo4j_is_accepted(tmp_path: Path, written: str) -> None:
    (tmp_path / "neo4j-version").write_text(written + "\n")
    settings.check_version(tmp_path)


def configuration(tmp_path: Path, guide: str | None = None) -> dict[str, str]:
    settings.write_configuration(tmp_path, Settings(1234, 5678, 64, guide))
    lines = (tmp_path / "conf" / "neo4j.conf").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_configuration_listens_on_loopback_and_disables_telemetry(tmp_path: Path) -> None:
    written = configuration(tmp_path)
    listening = {k: v for k, v in written.items() if k.endswith("listen_address")}
    assert listening == {
        "server.default_listen_address": "127.0.0.1",
        "server.bolt.listen_address": "127.0.0.1:1234",
        "server.http.listen_address": "127.0.0.1:5678",
    }
    assert written["dbms.usage_report.enabled"] == "false"
    assert written["client.allow_telemetry"] == "false"
    assert written["dbms.security.auth_enabled"] == "true"


def test_recovery_is_forced_only_on_demand(tmp_path: Path) -> None:
    forced = {
        "internal.dbms.tx_log.fail_on_corrupted_log_files": "false",
        "db.recovery.fail_on_missing_files": "false",
    }
    assert not forced.keys() & configuration(tmp_path).keys()
    settings.write_configuration(tmp_path, Settings(1, 2, 64, force_recovery=True))
    written = (tmp_path / "conf" / "neo4j.conf").read_text().splitlines()
    assert {f"{name}={value}" for name, value in forced.items()} <= set(written)


def test_further_settings_are_written(tmp_path: Path) -> None:
    more = {"dbms.cypher.min_replan_interval": "12h"}
    settings.write_configuration(tmp_path, Settings(1, 2, 64, more=more))
    written = (tmp_path / "conf" / "neo4j.conf").read_text().splitlines()
    assert "dbms.cypher.min_replan_interval=12h" in written


ALLOWED_HOSTS = "browser.remote_content_hostname_whitelist"
START_COMMAND = "browser.post_connect_cmd"
POLICY = "dbms.security.http_static_content_security_policy_header"


def allowed_origins(written: dict[str, str]) -> set[str]:
    """Return the hosts that the Browser may send requests to."""
    words = written[POLICY].replace(";", " ").split()
    return {word for word in words if "." in word or "*" in word or word.endswith(":")} - {"data:"}


def test_browser_without_a_guide_connects_to_its_database_only(tmp_path: Path) -> None:
    written = configuration(tmp_path)
    assert ALLOWED_HOSTS not in written
    assert START_COMMAND not in written
    assert allowed_origins(written) == {"http://127.0.0.1:1234", "ws://127.0.0.1:1234"}


def test_guide_is_played_and_its_origin_is_the_only_other_one(tmp_path: Path) -> None:
    written = configuration(tmp_path, "http://127.0.0.1:8642/browser/guide.html")
    # Without the port: the Browser compares scheme and host, and would not match a port.
    assert written[ALLOWED_HOSTS] == "http://127.0.0.1"
    assert written[START_COMMAND] == "guide http://127.0.0.1:8642/browser/guide.html"
    assert allowed_origins(written) == {
        "http://127.0.0.1:1234",
        "ws://127.0.0.1:1234",
        "http://127.0.0.1:8642",
    }


@pytest.mark.parametrize(
    "guide",
    [
        "http://a/b\nserver.x=1",
        "http://a,b/",
        "http://a/;play http://b/",
        "http://a/; script-src *",
        "http://a",
        "ftp://a/b",
        "http://*/b",
        "http://u@a/b",
        "//a/b",
    ],
)
def test_address_of_a_guide_cannot_inject_a_setting_or_a_host(tmp_path: Path, guide: str) -> None:
    with pytest.raises(ValueError, match="guide"):
        configuration(tmp_path, guide)


def test_state_contains_no_secret(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    state = tmp_path / "specgraph-state.json"
    assert set(json.loads(state.read_text())) == {
        "service_pid",
        "java_pid",
        "java_started",
        "bolt_uri",
        "browser_url",
    }
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [state]
