"""Settings by option, variable, file and default, all from one table."""

import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from service.cli import main
from service.cli.config import config_option
from service.cli.connection import take_target, target_options
from service.cli.settings import BY_NAME, LISTENING, SAFETY, SETTINGS, setting_options
from tests.cli.commands import run

NAMES = tuple(BY_NAME)
EXPORTED = [each for each in SETTINGS if each.is_exported]


@click.command()
@setting_options(*NAMES)
@config_option
def show(**options: object) -> None:
    """Print the settings."""
    exported = {each.parameter: os.environ.get(each.variables[0]) for each in EXPORTED}
    for name, value in {**options, **exported}.items():
        click.echo(f"{name}={value}")


def run_show(words: tuple[str, ...], variables: dict[str, str], status: int = 0) -> Result:
    known = {name: None for each in SETTINGS for name in each.variables}
    result = CliRunner(env={**known, "COLUMNS": "300", **variables}).invoke(show, list(words))
    assert result.exit_code == status, result.output
    return result


def shown(*words: str, status: int = 0) -> Result:
    return run_show(words, {}, status)


def values(*words: str, **variables: str) -> dict[str, str]:
    lines = run_show(words, variables).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "specgraph.toml"


def config(file: Path, text: str) -> tuple[str, str]:
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return "--config", str(file)


def test_options_precede_variables_and_these_the_file_and_that_the_default(file: Path) -> None:
    given = config(file, "port = 1111")
    assert values()["port"] == "8642"
    assert values(*given)["port"] == "1111"
    assert values(*given, SPECGRAPH_PORT="2222")["port"] == "2222"
    assert values(*given, "--port", "3333", SPECGRAPH_PORT="2222")["port"] == "3333"


def test_each_setting_can_be_given_in_each_way(file: Path, tmp_path: Path) -> None:
    examples: dict[type, tuple[str, str]] = {
        int: ("700", "700"),
        bool: ("true", "True"),
        list: ('["a"]', "('a',)"),
        str: ('"a"', "a"),
    }
    (tmp_path / "rules").touch()
    checked = {"redaction": f"{tmp_path}/rules", "public-url": "https://specgraph.example.org"}
    checked["log-format"] = "json"
    for setting in SETTINGS:
        text, expected = examples[setting.kind]
        if setting.name in checked:
            text, expected = f'"{checked[setting.name]}"', checked[setting.name]
        found = values(*config(file, f"{setting.name} = {text}"))
        assert found[setting.parameter] == expected
        word = {"True": "1", "('a',)": "a"}.get(expected, expected)
        assert values(**{setting.variables[0]: word})[setting.parameter] == expected
        words = [f"--{setting.name}"] + ([] if setting.kind is bool else [word])
        assert values(*words)[setting.parameter] == expected


def test_a_value_may_begin_with_a_dash() -> None:
    assert values("--neo4j-password", "-Vx")["neo4j_password"] == "-Vx"
    assert values("--allow-host", "-a")["allow_host"] == "('-a',)"


def test_a_file_names_the_cache_also_for_commands_without_the_option(file: Path) -> None:
    @click.command()
    @config_option
    def other() -> None:
        click.echo(os.environ.get("SPECGRAPH_CACHE_DIR"))

    given = config(file, 'cache-dir = "/from/file"')
    for variable, expected in ((None, "/from/file"), ("", "/from/file"), ("/set", "/set")):
        runner = CliRunner(env={"SPECGRAPH_CACHE_DIR": variable})
        assert runner.invoke(other, given).stdout.strip() == expected


def test_the_file_may_be_named_by_a_variable(file: Path) -> None:
    config(file, 'allow-host = ["a", "b"]')
    assert values(SPECGRAPH_CONFIG=str(file))["allow_host"] == "('a', 'b')"
    found = values(SPECGRAPH_CONFIG=str(file), SPECGRAPH_ALLOWED_HOSTS="c d")
    assert found["allow_host"] == "('c', 'd')"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("require_token = true", "'require_token' is not a setting; did you mean 'require-token'?"),
        ("heap-mb = 1", "'heap-mb' is not a setting; did you mean 'heap-mib'?"),
        ("[neo4j]\nuri = 'bolt://a'", "'neo4j' is not a setting; did you mean 'neo4j-u"),
        ("zzzzzzzz = 1", "'zzzzzzzz' is not a setting; see docs/settings.md"),
        ("port = '80'", "port: an integer is needed"),
        ("port = true", "port: an integer is needed"),
        ("port = 70000", "port: 70000 is not in the range 0<=x<=65535."),
        ("require-token = 'no'", "require-token: true or false is needed"),
        ("allow-host = 'a'", "allow-host: a list of texts is needed"),
        ("host = 1", "host: a text is needed"),
        ("public-url = 'nonsense'", "'nonsense' is not the address of a service"),
        ("port = ", "Invalid value (at end of document)"),
    ],
)
def test_mistakes_in_a_file_are_named(file: Path, text: str, message: str) -> None:
    assert message in shown(*config(file, text), status=2).stderr


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    assert str(file) in shown("--config", str(file), status=2).stderr


@pytest.mark.parametrize(
    ("text", "mode", "warns"),
    [
        ("neo4j-password = 'a'", 0o644, True),
        ("neo4j-password = 'a'", 0o640, False),
        ("neo4j-password = 'a'", 0o600, False),
        ("port = 1", 0o644, False),
    ],
)
def test_a_password_that_everybody_can_read_gives_a_warning(
    file: Path, text: str, mode: int, warns: bool
) -> None:
    given = config(file, text)
    file.chmod(mode)
    assert ("is open to all users" in shown(*given).stderr) is warns


def test_commands_share_a_file_and_check_all_of_it(file: Path) -> None:
    given = config(file, "heap-mib = 512\nno-such-key = 1")
    assert "no-such-key" in run("doctor", *given, status=2).stderr
    assert "no-such-key" in run("query", "zlib", *given, status=2).stderr


def test_serve_warns_of_a_mistyped_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECGRAPH_REQIRE_TOKEN", "1")
    monkeypatch.setenv("SPECGRAPH_SERVICE_HOST", "10.0.0.1")
    given = ("--host", "no address", "--neo4j-uri", "bolt://127.0.0.1:1")
    message = run("serve", *given, status=3).stderr
    assert "SPECGRAPH_REQIRE_TOKEN is not a setting; did you mean SPECGRAPH_REQUIRE_TOKEN?" in (
        message
    )
    assert "SPECGRAPH_SERVICE_HOST" not in message


def test_serve_has_an_option_for_every_setting_of_a_service() -> None:
    options = {word for each in main.commands["serve"].params for word in each.opts}
    named = {f"--{each.name}" for each in SETTINGS} - {"--url", "--site"}
    assert named <= options
    assert {f"--{name}" for name in (*LISTENING, *SAFETY)} <= named


@pytest.mark.parametrize(
    ("words", "used"),
    [
        ((), "service"),
        (("--data-dir", "here"), "here"),
        (("--neo4j-uri", "bolt://here"), "bolt://here"),
        (("--url", "http://typed", "--data-dir", "here"), "http://typed"),
    ],
)
@pytest.mark.parametrize("is_variable", [True, False])
@pytest.mark.parametrize("other", [None, "bolt://other"])
def test_a_typed_database_precedes_a_service_that_is_not(
    file: Path, words: tuple[str, ...], used: str, is_variable: bool, other: str | None
) -> None:
    @click.command()
    @target_options
    def command(**options: Any) -> None:
        target = take_target(options)
        click.echo(target.url or target.neo4j_uri or target.embedded_dir)

    service = "http://service"
    given = () if is_variable else config(file, f'url = "{service}"')
    known = {name: None for each in SETTINGS for name in each.variables}
    named = {"SPECGRAPH_URL": service if is_variable else None, "NEO4J_URI": other}
    runner = CliRunner(env={**known, **named})
    expected = service if used == "service" else used
    assert runner.invoke(command, [*given, *words]).stdout.strip() == expected
    both = runner.invoke(command, [*given, "--url", "http://typed", "--neo4j-uri", "bolt://here"])
    assert both.exit_code == 2
    assert "give one of them" in both.stderr
