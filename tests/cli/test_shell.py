"""Completion in shells, manual pages, and the user's own file of settings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from cypher.run import Database
from service.app import create_app
from service.cli.main import main
from tests.cli.commands import run
from tests.documents import SPECS
from tests.loading import load
from tests.service.answers import upload
from tools.man_pages import page_of, write_pages

STORE = Path(__file__).parents[1] / "data" / "store"


def proposals(url: str, *words: str) -> list[str]:
    """Return the proposals for the last word of a command."""
    kind = get_completion_class("zsh")
    assert kind is not None
    completion = kind(main, {}, "specgraph", "_SPECGRAPH_COMPLETE")
    arguments = [words[0], "--url", url, *words[1:-1]]
    return [item.value for item in completion.get_completions(arguments, words[-1])]


def first_words(group: str, incomplete: str) -> list[str]:
    """Return the proposals for the word after the name of a group."""
    completion = get_completion_class("zsh")
    assert completion is not None
    found = completion(main, {}, "specgraph", "_SPECGRAPH_COMPLETE")
    return [item.value for item in found.get_completions([group], incomplete)]


def test_specs_hashes_and_sites_are_completed(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(database).test_client()
    upload(client, *(path.read_bytes() for path in SPECS))
    load(database, [STORE])
    assert proposals(url, "query", "hd") == ["hdf5"]
    assert proposals(url, "query", "hdf5@1.1") == ["hdf5@1.14.6", "hdf5@1.12.2", "hdf5@1.10.7"]
    assert "mpich" in proposals(url, "why", "hdf5", "mp")
    assert "hdf5+mpi" in proposals(url, "query", "--built-with", "hdf5+mp")
    hdf5 = client.get("/api/v1/specs?q=hdf5@1.14").get_json()["items"][0]["hash"]
    assert proposals(url, "splice", f"/{hdf5[:4]}") == [f"/{hdf5[:7]}"]
    site = client.get("/api/v1/sites").get_json()["items"][0]["name"]
    assert proposals(url, "builds", "--site", site[:2]) == [site]
    assert proposals(url, "query", "--site", "no") == []
    assert proposals(url, "abi", "hd") == ["hdf5"]
    monkeypatch.setenv("SPECGRAPH_URL", url)
    assert first_words("abi", "hd") == ["hdf5"]
    assert first_words("abi", f"/{hdf5[:4]}") == [f"/{hdf5[:7]}"]
    assert first_words("abi", "pro") == ["propose"]
    assert {"--at", "--types", "--help"} <= set(first_words("abi", "--"))


def test_nothing_is_proposed_without_a_service() -> None:
    assert proposals("http://127.0.0.1:1", "query", "hd") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_words_that_it_splits(url: str, database: Database) -> None:
    upload(create_app(database).test_client(), *(path.read_bytes() for path in SPECS))
    script = (
        'eval "$(_SPECGRAPH_COMPLETE=bash_source specgraph)"\n'
        'COMP_LINE="$1"; COMP_POINT=${#1}; _specgraph_completion specgraph\n'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SPECGRAPH_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"

    def completed(line: str) -> list[str]:
        done = subprocess.run(
            ["bash", "-c", script, "bash", line],
            capture_output=True,
            text=True,
            env={**clean, "PATH": path, "SPECGRAPH_URL": url},
            timeout=120,
            check=True,
        )
        return done.stdout.split()

    assert completed("specgraph quer") == ["query"]
    assert completed("specgraph query hdf5@1.1") == ["1.14.6", "1.12.2", "1.10.7"]
    assert "build_type=Release" in completed("specgraph query 'hdf5 build_type=")


def test_every_command_has_a_manual_page(tmp_path: Path) -> None:
    pages = write_pages(tmp_path)
    names = {page.stem for page in pages}
    assert {"specgraph", *(f"specgraph-{name}" for name in main.commands)} <= names
    text = page_of(("specgraph", "query"), main.commands["query"])
    assert "specgraph\\-query \\- Find specs by themselves" in text
    assert "Usage: specgraph query" in run("query", "-h").stdout
    for parameter in main.commands["query"].params:
        for option in parameter.opts:
            if option.startswith("--"):
                assert option.replace("-", "\\-") in text
    if shutil.which("groff"):
        for page in pages:
            checked = subprocess.run(
                ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            assert checked.stderr == "", page


def test_the_users_own_file_of_settings_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "specgraph").mkdir()
    own = tmp_path / "specgraph" / "config.toml"
    own.write_text('url = "no-such-scheme://own"\n')
    assert "no-such-scheme://own" in run("query", status=3).stderr
    own.write_text('unknown = "x"\n')
    assert "'unknown' is not a setting" in run("query", status=2).stderr
    other = tmp_path / "other.toml"
    other.write_text('url = "no-such-scheme://other"\n')
    assert "no-such-scheme://other" in run("query", "--config", str(other), status=3).stderr
