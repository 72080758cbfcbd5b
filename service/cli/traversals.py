"""`specgraph why`, `diff`, `splice`, `common` and `variations`."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import click
from rich.markup import escape
from rich.text import Text

from service.cli import exits
from service.cli.api import Api, open_api
from service.cli.connection import take_target, target_options
from service.cli.screen import out, path_text, short, show_json, table

_JSON = click.option("--json", "as_json", is_flag=True, help="The service's JSON answer.")
_PAGE = 1000
"""Most entries on a page of the service."""


def _deptypes(default: str) -> Callable[[Any], Any]:
    return click.option(
        "--deptypes", default=default, show_default=True, help="Dependency types to follow."
    )


def _limit(default: int) -> Callable[[Any], Any]:
    return click.option(
        "--limit", type=click.IntRange(1), default=default, show_default=True, help="Most results."
    )


def _hash(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a DAG hash, or the start of one, without Spack's slash and in lower case.

    A colon and the start of a content's digest may follow, where a hash has several contents.

    Raises:
        click.BadParameter: It is not a hash.
    """
    text = value.removeprefix("/").lower()
    if not re.fullmatch(r"[a-z2-7]{1,32}(:[0-9a-f]{1,32})?", text):
        raise click.BadParameter(f"{value!r} is not a hash: letters a to z and digits 2 to 7")
    return text


def _hashes(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """Return two or more hashes; see :func:`_hash`."""
    if len(values) < 2:
        raise click.BadParameter("give two or more hashes")
    return [_hash(context, parameter, value) for value in values]


def collect_parts(
    api: Api, path: str, lists: tuple[str, ...], limit: int, **parameters: Any
) -> dict[str, Any]:
    """Return an answer with the first `limit` entries of its lists, read page by page."""
    found: dict[str, list[Any]] = {name: [] for name in lists}
    cursor = None
    while True:
        left = limit - sum(map(len, found.values()))
        page = api.get(path, limit=min(left, _PAGE), cursor=cursor, **parameters)
        for name in lists:
            found[name] += page[name]
        cursor = page["next"]
        if cursor is None or sum(map(len, found.values())) >= limit:
            return {**page, **found}


def show_count(shown: int, total: dict[str, Any]) -> None:
    """Print how many there are if not all are shown."""
    if shown < total["count"] or total["type"] == "AT_LEAST":
        at_least = "at least " if total["type"] == "AT_LEAST" else ""
        out.print(f"{shown} of {at_least}{total['count']}; --limit shows more", style="dim")


@click.command()
@click.argument("spec_hash", metavar="HASH", callback=_hash)
@click.argument("dependency")
@_deptypes("build,link,run,test")
@_limit(10)
@_JSON
@target_options
def why(
    spec_hash: str, dependency: str, deptypes: str, limit: int, as_json: bool, **options: Any
) -> None:
    """Explain why DEPENDENCY (a spec) is in the DAG of HASH: all shortest chains."""
    given = {"dependency": dependency, "deptypes": deptypes}
    with open_api(take_target(options)) as api:
        answer = collect_parts(api, f"/specs/{spec_hash}/why", ("chains",), limit, **given)
    if as_json:
        show_json(answer)
    else:
        for chain in answer["chains"]:
            line = f"{chain['side']:9} {path_text(chain['path'])}"
            out.print(line, markup=False, soft_wrap=True)
        show_count(len(answer["chains"]), answer["total"])
    if not answer["chains"]:
        if not as_json:
            out.print(f"{short(answer['root'])} does not depend on {dependency}", markup=False)
        raise SystemExit(exits.NOTHING)


@click.command()
@click.argument("a", callback=_hash)
@click.argument("b", callback=_hash)
@click.option("--runtime", is_flag=True, help="Short for --deptypes link,run.")
@click.option("--deptypes", help="Dependency types to follow; all by default.")
@_limit(1000)
@_JSON
@target_options
def diff(
    a: str,
    b: str,
    runtime: bool,
    deptypes: str | None,
    limit: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare the DAGs of two hashes by package."""
    given = {"a": a, "b": b, "runtime": runtime or None, "deptypes": deptypes}
    with open_api(take_target(options)) as api:
        answer = collect_parts(api, "/diff", ("entries",), limit, **given)
    if as_json:
        show_json(answer)
        return
    rows = []
    for entry in answer["entries"]:
        sides = [", ".join(short(node) for node in entry[side]) or "-" for side in "ab"]
        rows.append([entry["name"], entry["change"], *sides, "; ".join(changed_fields(entry))])
    title = f"{short(answer['a'])} and {short(answer['b'])}: {answer['same']} specs in both"
    table(title, ["package", "change", "a", "b", "fields"], rows)
    compilers = answer["compilers"]
    if compilers["a"] != compilers["b"]:
        out.print(f"compilers: {_side(compilers['a'])} -> {_side(compilers['b'])}", markup=False)
    show_count(len(answer["entries"]), answer["total"])


def changed_fields(entry: dict[str, Any]) -> Iterator[str]:
    """Yield each field that differs with both values; for several specs, pair by pair."""
    for field, values in entry["fields"].items():
        yield f"{field}: {_side(values[0])} -> {_side(values[1])}"
    for pair in entry.get("pairs", ()):
        changed = ", ".join(changed_fields(pair))
        if changed:
            yield f"{short(pair['a'])} and {short(pair['b'])}: {changed}"


def _side(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


_SECTIONS = ("taken_out", "put_in", "relinked", "kept")


@click.command()
@click.argument("spec_hash", metavar="HASH", callback=_hash)
@_deptypes("link,run")
@_limit(1000)
@_JSON
@target_options
def splice(spec_hash: str, deptypes: str, limit: int, as_json: bool, **options: Any) -> None:
    """List the specs that the splice of HASH kept, relinked, took out and put in."""
    with open_api(take_target(options)) as api:
        path = f"/specs/{spec_hash}/splice"
        answer = collect_parts(api, path, _SECTIONS, limit, deptypes=deptypes)
    if as_json:
        show_json(answer)
    else:
        show_splice(answer)
    if not answer["spliced"]:
        raise SystemExit(exits.NOTHING)


def show_splice(answer: dict[str, Any]) -> None:
    """Print the changes of a splice."""
    if not answer["spliced"]:
        out.print(f"{short(answer['root'])} was not spliced", markup=False)
        return
    if answer["stripped"]:
        out.print(
            f"{short(answer['build_spec'])} was spliced, but its build spec was lost: Spack's "
            "database does not keep it. Load its install folder or the archive of a build cache.",
            markup=False,
        )
    if answer["root"]["hash"] == answer["build_spec"]["hash"]:
        return
    counts = answer["counts"]
    root, build_spec = escape(short(answer["root"])), escape(short(answer["build_spec"]))
    out.print(f"[bold]{root}[/] built as {build_spec}")
    out.print(
        f"{counts['kept']} kept, {counts['relinked']} relinked, "
        f"{counts['taken_out']} taken out, {counts['put_in']} put in"
    )
    rows = [[Text("out", "red"), short(node), ""] for node in answer["taken_out"]]
    for node in answer["put_in"]:
        replaced = f"for {short(node['replaces'])}" if node["replaces"] else ""
        rows.append([Text("in", "green"), short(node), replaced])
    rows += [
        [Text("relinked", "yellow"), short(node), f"built as /{node['build_spec'][:7]}"]
        for node in answer["relinked"]
    ]
    table("", ["", "spec", ""], rows)


@click.command()
@click.argument("hashes", metavar="HASH HASH...", nargs=-1, callback=_hashes)
@_deptypes("build,link,run,test")
@_limit(50)
@_JSON
@target_options
def common(hashes: list[str], deptypes: str, limit: int, as_json: bool, **options: Any) -> None:
    """List the specs that are in the DAGs of all of two or more hashes."""
    with open_api(take_target(options)) as api:
        given = {"hashes": ",".join(hashes), "deptypes": deptypes}
        answer = collect_parts(api, "/common", ("items",), limit, **given)
    if as_json:
        show_json(answer)
    else:
        roots = ", ".join(short(spec) for spec in answer["specs"])
        rows = [[short(item), "yes" if item["deployed"] else "-"] for item in answer["items"]]
        table(f"{answer['total']['count']} specs in {roots}", ["spec", "at run time"], rows)
        show_count(len(answer["items"]), answer["total"])
        other = [[each["name"], ", ".join(each["versions"])] for each in answer["packages"]]
        if other:
            more = ", the first ones" if answer["packages_truncated"] else ""
            table(f"packages in all, as differing specs{more}", ["package", "versions"], other)
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)


@click.command()
@click.argument("spec_hash", metavar="HASH", callback=_hash)
@click.option(
    "--only",
    metavar="THING",
    help="The one thing that differs: version, target, os, compiler, variants, or the name of a "
    "virtual, a package or a variant.",
)
@_limit(50)
@_JSON
@target_options
def variations(spec_hash: str, only: str | None, limit: int, as_json: bool, **options: Any) -> None:
    """List the other roots of the package of HASH that differ in one thing only.

    \b
      specgraph variations HASH
      specgraph variations HASH --only mpi
      specgraph variations HASH --only variant:mpi
    """
    with open_api(take_target(options)) as api:
        answer = collect_parts(api, f"/specs/{spec_hash}/variations", ("items",), limit, only=only)
    if as_json:
        show_json(answer)
    else:
        rows = [
            [short(item), item["only"], _side(item["a"]), _side(item["b"])]
            for item in answer["items"]
        ]
        table("", ["spec", "differs in", "here", "there"], rows)
        show_count(len(answer["items"]), answer["total"])
    if not answer["items"]:
        raise SystemExit(exits.NOTHING)
