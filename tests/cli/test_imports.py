"""Modules that the commands import: the help and a question to a service need no web framework."""

import json
import os
import subprocess
import sys

from service.cli.main import main
from tests.documents import named

WEB_FRAMEWORK = {"flask", "flask_smorest", "marshmallow", "waitress", "werkzeug"}
DATABASE = {"neo4j", "neomodel"}
PROGRAM = """
import json, sys
import click
from service.cli import main
for words in json.loads(sys.argv[1]):
    try:
        main(words, prog_name="specgraph", standalone_mode=False)
    except (SystemExit, click.ClickException):
        pass
print()
print(json.dumps(sorted(sys.modules)))
"""


def imported_by(*commands: list[str]) -> set[str]:
    """Run commands in a process of their own and return the names of all imported modules."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("SPECGRAPH_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        capture_output=True,
        text=True,
        env=clean,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_neither_web_framework_nor_driver() -> None:
    modules = imported_by(["--help"], *([name, "--help"] for name in main.commands))
    assert modules & (WEB_FRAMEWORK | DATABASE) == set()


def test_a_question_to_a_service_imports_neither_web_framework_nor_driver(url: str) -> None:
    modules = imported_by(["query", "zlib", "--url", url], ["why", "zlib", "xz", "--url", url])
    assert "httpx" in modules
    assert modules & (WEB_FRAMEWORK | DATABASE) == set()


def test_a_load_into_a_service_imports_no_web_framework(url: str) -> None:
    modules = imported_by(["load", str(named("zlib-1.3.1")), "--url", url])
    assert "httpx" in modules
    assert modules & WEB_FRAMEWORK == set()
