"""The walls between the rooms: which packages may import which, and where statements run."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import cypher

ROOT = Path(__file__).parents[1]
FIRST_PARTY = ("cypher", "graph_models", "loaders", "service", "spec_syntax")
WEB_FRAMEWORK = frozenset({"flask", "flask_smorest", "marshmallow", "webargs", "werkzeug"})

_ANY_KIND = {"loaders.document_kinds", "loaders.errors", "loaders.evidence", "loaders.specs"}
_ANY_READER = _ANY_KIND | {"loaders.known_versions", "loaders.limits"}

MAY_IMPORT: dict[str, set[str]] = {
    "spec_syntax": set(),
    "cypher": set(),
    "graph_models": set(),
    "loaders.errors": set(),
    "loaders.limits": {"loaders.errors"},
    "loaders.source": {"loaders.errors", "loaders.limits"},
    "loaders.known_versions": {"loaders.errors"},
    "loaders.specs": {"loaders.errors", "loaders.known_versions", "loaders.limits", "spec_syntax"},
    "loaders.evidence": set(),
    "loaders.elf": set(),
    "loaders.logs": {"loaders.evidence", "loaders.limits", "loaders.source"},
    "loaders.folder": {"loaders.errors", "loaders.evidence", "loaders.limits", "loaders.source"},
    "loaders.load_options": {"loaders.evidence", "loaders.folder", "loaders.logs"},
    "loaders.document_kinds": {"loaders.errors", "loaders.evidence", "loaders.folder"}
    | {"loaders.known_versions", "loaders.load_options", "cypher"},
    "loaders.prefixes": {"loaders.elf", "loaders.errors", "loaders.evidence", "loaders.folder"}
    | {"loaders.limits"},
    "loaders.builds": _ANY_READER
    | {"loaders.folder", "loaders.load_options", "loaders.logs", "loaders.prefixes"},
    "loaders.collections": _ANY_READER
    | {"loaders.folder", "loaders.load_options", "loaders.prefixes", "loaders.source"}
    | {"spec_syntax"},
    "loaders.reports": _ANY_READER
    | {"loaders.builds", "loaders.folder", "loaders.logs", "loaders.source"},
    "loaders.store": {"loaders.evidence", "loaders.logs", "loaders.specs", "spec_syntax", "cypher"}
    | {"loaders.errors"}
    | {"loaders.collections", "loaders.elf", "loaders.prefixes", "loaders.reports"},
    "loaders.monitor": _ANY_READER
    | {"loaders.builds", "loaders.logs", "loaders.source", "loaders.store", "cypher"},
    "loaders.backup": {"loaders.monitor", "loaders.postings", "loaders.store"}
    | {"graph_models", "cypher"},
    "loaders.postings": {"cypher"},
    "loaders.doctor": {"loaders.errors", "loaders.monitor", "loaders.specs", "loaders.store"}
    | {"loaders.postings"}
    | {"graph_models", "cypher"},
    "loaders.pipeline": _ANY_KIND
    | {"loaders.folder", "loaders.limits", "loaders.load_options", "loaders.source"}
    | {"loaders.logs", "loaders.builds", "loaders.collections", "loaders.monitor"}
    | {"loaders.prefixes", "loaders.reports", "loaders.store", "cypher"},
    "service.text": set(),
    "service.facts": {"service.text", "spec_syntax"},
    "service.tables": set(),
    "service.client": set(),
    "service.paging": set(),
    "service.dags": {"loaders.specs"},
    "service.abi": {"loaders.elf"},
    "service.queries": {"service.dags", "service.paging", "service.text", "spec_syntax"}
    | {"service.abi", "service.facts"}
    | {"loaders.elf", "loaders.evidence", "loaders.specs", "cypher"},
    "service.api.problems": {"service.paging", "service.queries", "loaders.errors", "cypher"}
    | {"loaders.specs"},
    "service.api.schemas": {"service.queries"},
    "service.api": {
        "service.tables",
        "service.access",
        "service.api.problems",
        "service.api.schemas",
        "service.owner",
    }
    | {"service.dags"}
    | {"service.paging", "service.queries", "spec_syntax", "cypher"}
    | {"loaders.document_kinds", "loaders.errors", "loaders.evidence", "loaders.load_options"}
    | {
        "loaders.limits",
        "loaders.logs",
        "loaders.pipeline",
        "loaders.source",
        "loaders.specs",
        "loaders.store",
    },
    "service.web.pictures": {"service.dags", "service.queries", "service.text", "loaders.specs"},
    "service.web": {"service.api", "service.api.schemas", "service.web.pictures", "service.dags"}
    | {"service.paging", "service.queries", "service.text", "spec_syntax", "cypher"}
    | {"loaders.specs", "loaders.store", "service.access"},
    "service.spack_clients": {"service", "service.api", "service.api.problems"}
    | {"loaders.errors", "loaders.evidence", "loaders.monitor", "loaders.pipeline"}
    | {"loaders.reports", "loaders.source", "loaders.store"},
    "service.sockets": set(),
    "service.embedded": {"service.sockets"},
    "service.guard": set(),
    "service.owner": {"service.sockets"},
    "service.access": {"service.guard", "loaders.store"},
    "service.serving": {"service.access"},
    "service.access_log": {"service.access"},
    "service.metrics": {"service.serving", "cypher"},
    "service.app": {
        "service.access",
        "service.guard",
        "service.metrics",
        "service.queries",
        "service.api",
        "service.api.problems",
        "service.spack_clients",
        "service.web",
    }
    | {"loaders.limits", "loaders.source", "cypher"},
}
"""The rooms that the modules of a room may import. Rooms that are not here may import any."""

SPEAKS_HTTP = ("service.api", "service.app", "service.cli", "service.spack_clients", "service.web")
"""Only below these may the web framework be imported."""

RUNS_READS = ("service.queries", "service.app", "loaders", "cypher", "graph_models")
"""Only below these may a module run a reading statement."""

VIEW_MODULES_ARE_PRIVATE = ("service.web", "service.cli", "service.spack_clients")
"""Below these, nothing of `service.api` may be imported but what is shared on purpose."""
SHARED_BY_THE_API = frozenset(
    {"request", "listing", "library_lists", "problems", "schemas", "auth", "archives"}
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in FIRST_PARTY:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                name = ".".join(parts).removesuffix(".__init__")
                yield name, ast.parse(path.read_text("utf-8"))


MODULES = dict(modules())


def imports(name: str) -> Iterator[str]:
    """Yield the dotted names that a module imports, those under TYPE_CHECKING included."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


def room_of(module: str) -> str:
    """Return the narrowest room of the table that a module is in, or its first two parts."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        room = ".".join(parts[:length])
        if room in MAY_IMPORT:
            return room
    return ".".join(parts[:2])


def arrows() -> dict[str, dict[str, set[str]]]:
    """Map each room to the rooms that it imports, and these to the modules that do."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name in MODULES:
        for target in imports(name):
            if target.split(".")[0] in FIRST_PARTY and room_of(target) != room_of(name):
                found[room_of(name)][room_of(target)].add(name)
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    assert any(room_of(name) == room for name in MODULES)
    beyond = {to: by for to, by in arrows()[room].items() if to not in MAY_IMPORT[room]}
    assert beyond == {}


def test_the_table_allows_no_more_than_is_used() -> None:
    used = arrows()
    unused = {room: allowed - used[room].keys() for room, allowed in MAY_IMPORT.items()}
    assert {room: rooms for room, rooms in unused.items() if rooms} == {}


def test_rooms_do_not_import_each_other_in_a_circle() -> None:
    left = {room: set(targets) for room, targets in arrows().items()}
    while left:
        lowest = {room for room, targets in left.items() if not targets & left.keys()}
        assert lowest, f"a circle among {sorted(left)}"
        left = {room: targets for room, targets in left.items() if room not in lowest}


def test_only_rooms_that_speak_http_import_the_web_framework() -> None:
    speaking = {
        name
        for name in MODULES
        if any(target.split(".")[0] in WEB_FRAMEWORK for target in imports(name))
    }
    assert {name for name in speaking if not name.startswith(SPEAKS_HTTP)} == set()


def test_views_are_called_by_nobody() -> None:
    calling = {
        (name, target)
        for name in MODULES
        if name.startswith(VIEW_MODULES_ARE_PRIVATE)
        for target in imports(name)
        if target.startswith("service.api.") and target.split(".")[2] not in SHARED_BY_THE_API
    }
    assert calling == set()


def test_no_page_or_view_runs_a_statement() -> None:
    statements = set(cypher.statement_names())
    running = {
        (name, node.args[0].value)
        for name, tree in MODULES.items()
        if not name.startswith(RUNS_READS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("read", "read_one")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value in statements
    }
    assert running == set()


@pytest.mark.parametrize("name", cypher.statement_names())
def test_a_statement_says_who_uses_it(name: str) -> None:
    statement = cypher.statement(name)
    assert statement.used_by
    users = {
        path.relative_to(ROOT).as_posix()
        for package in ("cypher", "loaders", "service")
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts
        and re.search(rf'["\']{name}["\']', path.read_text("utf-8"))
    }
    assert set(statement.used_by) <= users
