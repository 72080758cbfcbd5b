"""The owner's token of an embedded database: its file, and how commands find it."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cypher.run import Database
from loaders.store import tokens
from service.app import create_app
from service.cli import owner
from service.cli.commands import user_name
from service.cli.owner import announced, ensure_token, find_token, token_path
from tests.cli.commands import Commands
from tests.documents import document, dumped, node
from tests.serving import served

DAY = 86400.0


@contextmanager
def listening(host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    with socket.create_server((host, 0)) as server:
        name, port = server.getsockname()[:2]
        yield name, port


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a token."""
    token_path(tmp_path).write_text("sg_secret\n")
    token_path(tmp_path).chmod(0o600)
    return tmp_path


def test_the_token_is_kept_in_a_file_of_its_owner(database: Database, tmp_path: Path) -> None:
    text = ensure_token(database, tmp_path)
    path = token_path(tmp_path)
    assert path.read_text() == f"{text}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = tokens.find_token(database, text)
    assert found is not None
    assert found.scopes == (tokens.ADMIN,)
    assert found.expires == pytest.approx(found.created + 365 * DAY, abs=60)
    assert ensure_token(database, tmp_path) == text
    assert len(tokens.find_all(database)) == 1


def test_a_token_of_another_graph_is_replaced(database: Database, folder: Path) -> None:
    text = ensure_token(database, folder)
    assert text != "sg_secret"
    assert ensure_token(database, folder) == text


def test_a_file_that_others_can_read_is_replaced(database: Database, tmp_path: Path) -> None:
    text = ensure_token(database, tmp_path)
    token_path(tmp_path).chmod(0o644)
    assert ensure_token(database, tmp_path) != text
    assert stat.S_IMODE(token_path(tmp_path).stat().st_mode) == 0o600


def test_an_old_token_is_replaced_and_revoked(database: Database, tmp_path: Path) -> None:
    old = ensure_token(database, tmp_path)
    with database.driver.session() as session:
        session.run("MATCH (t:Token) SET t.expires = t.expires - 100 * 86400").consume()
    assert tokens.find_token(database, old) is not None
    new = ensure_token(database, tmp_path)
    assert new != old
    assert tokens.find_token(database, old) is None
    assert tokens.find_token(database, new) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_the_token_of_a_running_service_is_found(folder: Path, host: str) -> None:
    with listening() as address, announced(folder, address):
        assert find_token(f"http://{host}:{address[1]}/", folder) == "sg_secret"
    assert find_token(f"http://{host}:{address[1]}", folder) is None


def test_a_service_that_listens_everywhere_is_found_on_this_machine(folder: Path) -> None:
    with listening("0.0.0.0") as address, announced(folder, address):
        port = address[1]
        assert find_token(f"http://127.0.0.1:{port}", folder) == "sg_secret"
        assert find_token(f"http://specgraph.example.org:{port}", folder) is None


def test_the_token_of_the_demo_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner, "default_data_dir", lambda: folder)
    demo = folder / "demo"
    demo.mkdir()
    token_path(folder).rename(token_path(demo))
    with listening() as address, announced(demo, address):
        assert find_token(f"http://127.0.0.1:{address[1]}", folder) == "sg_secret"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{other}",
        "http://127.0.0.2:{port}",
        "https://127.0.0.1:{port}",
        "http://localhost.example.org:{port}",
        "http://127.0.0.1:many",
        "nonsense",
    ],
)
def test_no_token_is_found_for_another_address(folder: Path, url: str) -> None:
    with listening() as address, announced(folder, address):
        port = address[1]
        assert find_token(url.format(port=port, other=port - 1), folder) is None


@pytest.mark.parametrize("change", [{"started": "0"}, {"pid": 2**22 + 1}, {"port": None}])
def test_no_token_is_found_after_the_service_was_killed(
    folder: Path, change: dict[str, object]
) -> None:
    with listening() as address, announced(folder, address):
        path = folder / "specgraph-service.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        assert find_token(f"http://127.0.0.1:{address[1]}", folder) is None


def test_no_token_is_sent_where_another_user_listens(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as address, announced(folder, address):
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        assert find_token(f"http://127.0.0.1:{address[1]}", folder) is None


def test_commands_find_the_token_that_their_service_requires(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPECGRAPH_TOKEN", raising=False)
    spec = tmp_path / "spec.json"
    spec.write_bytes(dumped(document(node("zlib"))))
    ensure_token(database, tmp_path)
    with served(create_app(database, {"REQUIRE_TOKEN_TO_READ": True})) as url:
        address = "127.0.0.1", int(url.rpartition(":")[2])
        specgraph = Commands("--url", url, "--data-dir", str(tmp_path))
        assert "needs a token" in specgraph.run("load", str(spec), status=3).stderr
        with announced(tmp_path, address):
            assert specgraph.json("load", str(spec))["summary"]["new_specs"] == 1
            (found,) = specgraph.json("query", "zlib")["items"]
            (entry,) = specgraph.json("audit")["items"]
            assert entry["name"] == user_name()
            specgraph.run("delete", "spec", found["hash"], "--yes")
