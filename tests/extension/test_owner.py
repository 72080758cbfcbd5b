"""The extension finds the owner's token of a service as the commands do."""

import importlib
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from service.app import create_app
from service.cli import owner as commands
from service.cli.owner import announced, ensure_token
from tests.documents import named
from tests.extension.running import EXTENSION, FakeSpack
from tests.serving import served


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.syspath_prepend(str(EXTENSION))
    monkeypatch.setenv("SPECGRAPH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    return importlib.import_module("specgraph.owner")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory with a token."""
    path = commands.token_path(tmp_path)
    path.write_text("sg_secret\n")
    path.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("change", [{}, {"started": "0"}, {"pid": 2**22 + 1}, {"port": None}])
@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:{port}", "http://localhost:{port}", "http://127.0.0.2:{port}"),
        *("https://127.0.0.1:{port}", "http://127.0.0.1", "http://specgraph.example.org:{port}"),
    ],
)
def test_both_find_the_same(
    owner: Any, folder: Path, url: str, change: dict[str, object], mode: int
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        announced(folder, server.getsockname()[:2]),
    ):
        path = folder / "specgraph-service.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        commands.token_path(folder).chmod(mode)
        address = url.format(port=server.getsockname()[1])
        found = owner.find_token(address)
        assert found == commands.find_token(address, folder)
        is_right = (
            not change and mode == 0o600 and url.startswith(("http://127.0.0.1:", "http://l"))
        )
        assert found == ("sg_secret" if is_right else None)


def test_no_token_is_sent_where_another_user_listens(
    owner: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        announced(folder, server.getsockname()[:2]),
    ):
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert owner.find_token(address) == "sg_secret"
        monkeypatch.setattr(os, "getuid", lambda: 12345)
        assert owner.find_token(address) is None


def test_an_upload_finds_the_token_that_the_service_requires(
    database: Database, tmp_path: Path
) -> None:
    ensure_token(database, tmp_path)
    with served(create_app(database, {"REQUIRE_TOKEN": True})) as url:
        spack = FakeSpack(tmp_path, url)
        spack.add_installed(named("xz-5.6.3"))
        spack.environment["SPECGRAPH_DATA_DIR"] = str(tmp_path)
        assert "needs a token" in spack.run("specgraph", "upload", "xz").stderr
        with announced(tmp_path, ("127.0.0.1", int(url.rpartition(":")[2]))):
            done = spack.run("specgraph", "upload", "xz")
    assert done.returncode == 0, done.stderr
