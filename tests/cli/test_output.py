"""Output for people, for pipes and for programs."""

import csv
import io
import json
import os
import subprocess
import sys
from typing import Any

import click
import pytest
from click.testing import CliRunner

from service.cli import exits, output, screen
from service.cli.main import main
from service.cli.spack_format import FormatError, FormattedSpec, format_spec

ANSWER: dict[str, Any] = {
    "items": [
        {"hash": "a" * 32, "name": "hdf5", "version": "1.14", "facts": {"mpi": "mpich@4"}},
        {"hash": "b" * 32, "name": "hdf5", "version": "1.14", "facts": {"mpi": "openmpi@5"}},
    ],
    "next": None,
    "total": {"count": 2, "type": "EXACT"},
}


@click.command()
@output.format_options
def show() -> None:
    if not output.show_for_programs(ANSWER):
        rows = [
            [output.name_of(item), *output.fact_cells(item, ["mpi"]), "more than\tone word " * 4]
            for item in ANSWER["items"]
        ]
        output.table("two specs", ["spec", "mpi", "text"], rows)
        output.show_count(ANSWER)


def shown(*words: str, columns: int = 80) -> str:
    screen.out.width = columns
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(show, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_pipe_gets_a_record_a_line_with_tabs_between_and_whole_hashes() -> None:
    lines = shown().splitlines()
    assert len(lines) == 2
    cells = lines[0].split("\t")
    assert cells[:2] == [f"hdf5@1.14/{'a' * 32}", "mpich@4"]
    assert cells[2].startswith("more than\\tone word")


def test_a_terminal_gets_a_table_that_splits_no_word() -> None:
    wide = shown("--format", "table", columns=160).splitlines()
    assert wide[0] == "two specs"
    assert wide[1].split() == ["spec", "mpi", "text"]
    assert len(wide) == 5
    for columns in (80, 40, 12):
        text = shown("--format", "table", columns=columns)
        assert {"hdf5@1.14/aaaaaaa", "hdf5@1.14/bbbbbbb", "openmpi@5"} <= set(text.split())
    narrow = shown("--format", "table", columns=40).splitlines()
    assert narrow[1] == "hdf5@1.14/aaaaaaa"
    assert narrow[2].startswith("  mpi mpich@4   text more than")


def test_an_empty_list_says_so_to_people_and_nothing_in_pipes() -> None:
    @click.command()
    @output.format_options
    def empty() -> None:
        answer: dict[str, Any] = {"items": []}
        output.table("", ["spec", "site"], answer["items"])
        output.end_if_empty(answer)

    for words, said in (((), ""), (("--format", "table"), "nothing matches\n")):
        result = CliRunner().invoke(empty, words)
        assert (result.exit_code, result.stdout, result.stderr) == (exits.NOTHING, "", said)


def test_programs_get_json_json_lines_csv_or_tsv() -> None:
    assert json.loads(shown("--json")) == json.loads(shown("--format", "json")) == ANSWER
    assert [json.loads(line) for line in shown("--format", "jsonl").splitlines()] == ANSWER["items"]
    rows = list(csv.reader(io.StringIO(shown("--format", "csv"))))
    assert rows[0] == ["hash", "name", "version", "facts.mpi"]
    assert rows[2] == ["b" * 32, "hdf5", "1.14", "openmpi@5"]
    assert [line.split("\t") for line in shown("--format", "tsv").splitlines()] == rows


def test_every_list_takes_every_format() -> None:
    lists = ["query", "impact", "facets", "why", "diff", "splice", "common", "variations", "builds"]
    lists += ["diagnostics", "matrix", "regression", "installed", "owns", "sites", "environments"]
    lists += ["mirrors", "tests", "concretizations", "audit", "schema"]
    for name in lists:
        given = {each for param in main.commands[name].params for each in param.opts}
        assert {"--format", "--json"} <= given, name


def test_a_reader_that_ends_early_ends_the_command_quietly() -> None:
    program = (
        "import sys, click\nfrom service.cli.main import main\n"
        "@main.command()\ndef many():\n"
        "    for each in range(200_000): click.echo(f'line {each}')\n"
        "main(['many'], prog_name='specgraph')\n"
    )
    reading, writing = os.pipe()
    command = subprocess.Popen(
        [sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    with os.fdopen(reading) as lines:
        assert next(lines) == "line 0\n"
    _, errors = command.communicate(timeout=60)
    assert command.returncode == exits.BROKEN_PIPE
    assert errors == ""


SPEC = FormattedSpec(
    "hdf5",
    "1.14",
    "abcdefghijklmnopqrstuvwxyz234567",
    namespace="builtin",
    compiler="gcc@12.2.0",
    platform="linux",
    os="debian12",
    target="zen4",
    variants=["+mpi", "~shared", "api=default", "languages=c,cxx", "cflags=-O2"],
    dependencies={"mpi": FormattedSpec("mpich", "4.1", "b" * 32)},
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{name}{@version}{/hash:7}", "hdf5@1.14/abcdefg"),
        ("{name}{@versions}{%compiler.name}{@compiler.version}", "hdf5@1.14%gcc@12.2.0"),
        ("{fullname}{variants}", "builtin.hdf5+mpi~shared api=default languages=c,cxx"),
        ("{compiler_flags}", "cflags=-O2"),
        ("{ arch=architecture}", "arch=linux-debian12-zen4"),
        ("{architecture.target} {os}", "zen4 debian12"),
        ("{^mpi.name}{@^mpi.version}{/^mpi.hash:4}", "mpich@4.1/bbbb"),
        ("{^blas.name}{ namespace=namespace}", "namespace=builtin"),
        ("{variants.mpi} {variants.mpi.value} {variants.api.value}", "+mpi True default"),
        ("{variants.none}{hash:3}", "abc"),
        ("\\{{NAME}\\}", "{hdf5}"),
    ],
)
def test_a_format_string_prints_as_spack_does(template: str, text: str) -> None:
    assert format_spec(template, SPEC) == text


@pytest.mark.parametrize(
    "template", ["{name", "name}", "{nme}", "{}", "{@name}", "{%version}", "{/name}", "{prefix}"]
)
def test_what_is_no_format_string_is_refused(template: str) -> None:
    with pytest.raises(FormatError):
        format_spec(template, SPEC)
