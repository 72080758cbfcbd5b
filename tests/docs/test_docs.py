"""Compare the documentation with the code, and check the container files."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from graph_models.schema import schema_markdown
from service.app import create_app
from service.cli import main
from service.queries.filters import FILTERS
from tools.cli_docs import cli_markdown
from tools.settings_docs import settings_markdown

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("benchmarks", "cypher", "graph_models", "loaders", "service", "spec_syntax", "tools")
EXTENSION = ROOT / "spack-specgraph" / "specgraph" / "cmd" / "specgraph.py"

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\bSPECGRAPH_[A-Z0-9_]+")
_CALL = re.compile(r"(?:^|[\s/`(])specgraph +(.*)")
_AROUND_CALL = re.compile(
    r"^(?:sudo -u specgraph|docker compose exec (?:-T )?specgraph"
    r"|kubectl -n specgraph exec \S+ --) "
)
_OTHER_PROGRAMS = ("kubectl ", "install ", "useradd ")
_SPACK_CALL = re.compile(r"\bspack (?:-\S+ \S+ )*specgraph +(.*)")
_PATH = re.compile(
    r"(?:benchmarks|cypher|docs|graph_models|loaders|scripts|service|spack-specgraph|spec_syntax"
    r"|tests|tools)/[\w./-]*"
)
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z0-9-]*")


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_of(page: Path) -> list[str]:
    """Return the lines of code in fences, with continued lines joined, and the code spans."""
    text = page.read_text("utf-8")
    fences = [fence.replace("\\\n", " ") for fence in _FENCE.findall(text)]
    lines = [line for fence in fences for line in fence.splitlines()[1:-1]]
    return lines + _SPAN.findall(_FENCE.sub("", text))


def find_call(line: str) -> re.Match[str] | None:
    """Return the call of `specgraph` in a line of code, maybe by a program that runs it."""
    line = _AROUND_CALL.sub("", line)
    return None if line.startswith(_OTHER_PROGRAMS) else _CALL.search(line)


def options_of(command: click.Command) -> set[str]:
    """Return the options of a command and, for a group other than the root, of its commands."""
    named = {"-h", "--help"}
    for parameter in command.params:
        named |= {*parameter.opts, *parameter.secondary_opts}
    if isinstance(command, click.Group) and command is not main:
        named = named.union(*map(options_of, command.commands.values()))
    return named


def slug(heading: str) -> str:
    """Return the anchor that GitHub generates for a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    text = _FENCE.sub("", page.read_text("utf-8"))
    return {slug(line.lstrip("#")) for line in text.splitlines() if line.startswith("#")}


def variables_in(*folders: str) -> set[str]:
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return {name for file in files for name in _VARIABLE.findall(file.read_text("utf-8"))}


def test_the_schema_page_matches_the_models() -> None:
    assert (ROOT / "docs" / "schema.md").read_text("utf-8") == schema_markdown()


def test_the_command_line_page_matches_the_commands() -> None:
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == cli_markdown()


def test_the_page_of_settings_matches_their_table() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == settings_markdown()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_relative_links_have_a_target(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_paths_in_code_spans_exist(page: Path) -> None:
    spans = _SPAN.findall(_FENCE.sub("", page.read_text("utf-8")))
    named = [span for span in spans if _PATH.fullmatch(span)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_options_exist(page: Path) -> None:
    known = set().union(*map(options_of, [main, *main.commands.values()]), extension_words())
    for line in code_of(page):
        called = None if _SPACK_CALL.search(line) else find_call(line)
        if called is None:
            if line.startswith("--"):
                assert line.split()[0].partition("=")[0] in known, line
            continue
        words = called[1].split("#")[0]
        name = re.match(r"[a-z]+(-[a-z]+)*\b", words)
        command = main.commands[name[0]] if name else main
        assert set(_OPTION.findall(_without_quoted(words))) <= options_of(command), line


def extension_words() -> set[str]:
    """Return the subcommands and options that appear in the source of the Spack extension."""
    return set(re.findall(r'"(--?[a-z][a-z-]*|[a-z]+)"', EXTENSION.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_options_of_the_extension_exist(page: Path) -> None:
    for line in code_of(page):
        called = _SPACK_CALL.search(line)
        if called is not None:
            words = _without_quoted(called[1].split("#")[0].partition(" -- ")[0]).split()
            named = {words[0], *(word for word in words if word.startswith("-"))}
            assert named <= extension_words(), line


def _without_quoted(words: str) -> str:
    return re.sub(r"'[^']*'|\"[^\"]*\"", "", words.partition("|")[0])


def test_every_command_is_in_a_page_written_by_hand() -> None:
    lines = [line for page in PAGES if page.name != "cli.md" for line in code_of(page)]
    called = {m[1].split()[0] for line in lines if (m := find_call(line)) and m[1].split()}
    assert set(main.commands) <= called


def test_every_environment_variable_is_documented_and_read() -> None:
    in_pages = {name for page in PAGES for name in _VARIABLE.findall(page.read_text("utf-8"))}
    in_service = variables_in(*CODE, "spack-specgraph")
    settings = [ROOT / "tests" / name for name in ("conftest.py", "effort.py")]
    of_tests = {name for file in settings for name in _VARIABLE.findall(file.read_text("utf-8"))}
    assert in_service <= in_pages
    assert in_pages <= in_service | of_tests


def test_the_page_on_rest_lists_exactly_the_routes_of_the_api() -> None:
    app = create_app(database=None)  # type: ignore[arg-type]
    routes = {
        (method, re.sub(r"<(?:[a-z]+:)?([a-z]*)_?>", r"{\1}", rule.rule).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    table = re.findall(
        r"^\| `(GET|POST|DELETE) (/[^`?]*)",
        (ROOT / "docs" / "rest.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert set(table) == routes


@pytest.mark.parametrize("path", ["/specs", "/facets"])
def test_the_page_on_rest_lists_the_filters_of_queries(path: str) -> None:
    row = re.search(
        rf"^\| `GET {path}\?([^`]*)`", (ROOT / "docs" / "rest.md").read_text("utf-8"), re.MULTILINE
    )
    assert row is not None
    arguments = [each.removesuffix("=") for each in row[1].split("&")]
    assert arguments[: len(FILTERS)] == [each.name for each in FILTERS]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return loaded


def test_the_compose_file_publishes_on_loopback_only() -> None:
    ports = [port for service in compose()["services"].values() for port in service["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_compose_file_contains_no_password_and_requires_one() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert set(re.findall(r"\$\{NEO4J_PASSWORD(.{2})", text)) == {":?"}


def test_containers_have_health_checks_and_data_are_on_a_volume() -> None:
    services = compose()["services"]
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert "healthcheck" in services["neo4j"]
    assert "HEALTHCHECK" in dockerfile
    assert "/readyz" in dockerfile
    assert services["specgraph"]["depends_on"]["neo4j"]["condition"] == "service_healthy"
    volume = services["neo4j"]["volumes"][0].partition(":")
    assert volume[0] in compose()["volumes"]
    assert volume[2] == "/data"


def test_the_image_contains_every_package_and_runs_as_an_unprivileged_user() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    packages = {folder.parent.name for folder in ROOT.glob("*/__init__.py")}
    for package in packages - {"tests", "benchmarks", "tools"}:
        assert re.search(rf"^COPY {package} ", dockerfile, re.MULTILINE), package
    assert re.search(r"^USER (?!root|0)\S+", dockerfile, re.MULTILINE)
