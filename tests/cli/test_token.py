"""`specgraph token`, and the commands on a service that requires tokens."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from loaders.store.tokens import SCOPES
from service.app import create_app
from service.cli import main
from tests.cli.commands import Commands, run
from tests.documents import document, dumped, node
from tests.serving import served


@pytest.fixture
def closed(database: Database) -> Iterator[Commands]:
    """The commands on a service that requires tokens."""
    app = create_app(database, {"REQUIRE_TOKEN": True})
    with served(app) as address:
        yield Commands("--url", address)


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "spec.json"
    path.write_bytes(dumped(document(node("zlib"))))
    return str(path)


def test_a_token_is_printed_once_and_then_listed(specgraph: Commands) -> None:
    result = specgraph.run("token", "create", "--name", "ci")
    text = result.stdout.strip()
    assert re.fullmatch(r"sg_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", text)
    assert "not shown again" in result.stderr
    (entry,) = specgraph.json("token", "list")
    assert entry["expires"] - entry["created"] == pytest.approx(90 * 86400, abs=60)
    assert {key: entry[key] for key in entry if key not in ("created", "expires")} == {
        "id": text.split("_")[1],
        "name": "ci",
        "scopes": ["upload"],
        "site": None,
        "state": "valid",
        "last_used": None,
    }
    shown = specgraph.run("token", "list").stdout
    assert text.split("_")[1] in shown
    assert text not in shown


def test_a_token_may_have_a_site_and_an_expiry(specgraph: Commands) -> None:
    made = specgraph.json("token", "create", "--name", "ci", "--site", "lab", "--days", "2")
    assert made["token"].startswith(f"sg_{made['id']}_")
    assert made["site"] == "lab"
    assert made["expires"] - made["created"] == pytest.approx(2 * 86400, abs=60)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_has_a_scope(specgraph: Commands, scope: str) -> None:
    made = specgraph.json("token", "create", "--name", "ci", "--scope", scope)
    assert made["scopes"] == [scope]


def test_an_empty_list_exits_with_1(specgraph: Commands) -> None:
    assert specgraph.json("token", "list", status=1) == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--name", " "),
        ("--name", "a" * 1001),
        ("--name", "a\nb"),
        ("--name", "ci", "--scope", "all"),
        ("--name", "ci", "--days", "0"),
        ("--name", "ci", "--days", "nan"),
        ("--name", "ci", "--days", "inf"),
        ("--name", "ci", "--site", ""),
    ],
)
def test_invalid_options_of_a_token_are_wrong_usage(words: tuple[str, ...]) -> None:
    run("token", "create", *words, status=2)


def test_a_revoked_token_stays_in_the_list(specgraph: Commands) -> None:
    made = specgraph.json("token", "create", "--name", "ci")
    assert specgraph.run("token", "revoke", made["id"]).stdout == f"revoked {made['id']}\n"
    specgraph.run("token", "revoke", made["token"])
    assert [each["state"] for each in specgraph.json("token", "list")] == ["revoked"]
    specgraph.run("token", "revoke", "0" * 12, status=4)


def test_load_sends_the_token_of_the_environment(
    specgraph: Commands, closed: Commands, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPECGRAPH_TOKEN", raising=False)
    refused = closed.run("load", spec, status=3)
    assert "writing needs a token" in refused.stderr
    monkeypatch.setenv("SPECGRAPH_TOKEN", specgraph.json("token", "create", "--name", "a")["token"])
    answer: dict[str, Any] = closed.json("load", spec)
    assert answer["summary"]["new_specs"] == 1


def test_load_uploads_for_the_site_of_its_token(
    specgraph: Commands, closed: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = specgraph.json("token", "create", "--name", "ci", "--site", "lab")
    monkeypatch.setenv("SPECGRAPH_TOKEN", made["token"])
    report = str(Path(__file__).parents[1] / "data" / "reports" / "spack-1.1.0" / "cdash-lab-sim")
    refused = closed.run("load", "--site", "other", report, status=3)
    assert "this token is for the site lab, not for other" in refused.stderr
    closed.run("load", report)
    assert [site["name"] for site in closed.json("sites")["items"]] == ["lab"]


def test_serve_reads_require_token_from_the_environment() -> None:
    (option,) = (each for each in main.commands["serve"].params if each.name == "require_token")
    assert option.envvar == ["SPECGRAPH_REQUIRE_TOKEN"]
