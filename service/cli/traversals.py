"""`specgraph why`, `diff`, `splice`, `common` and `variations`."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import click
from rich.markup import escape
from rich.text import Text

from service.cli import exits
from service.cli.abi_diff import show_abi_diff
from service.cli.api import Api, open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    file_text,
    for_people,
    for_programs,
    format_options,
    name_of,
    note,
    show_for_programs,
    table,
)
from service.cli.screen import err, out, path_text
from service.cli.shell import SPEC

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


_HASH = re.compile(r"/?[a-z2-7]{1,32}(:[0-9a-f]{1,32})?", re.IGNORECASE)


def find_hash(api: Api, spec: str) -> str:
    """Return the hash of the one spec that a hash or a spec means, as it stands in a path.

    Raises:
        ProblemError: It means no spec, or several, which are listed.
    """
    text = spec.strip()
    if _HASH.fullmatch(text):
        return text.removeprefix("/").lower()
    found = api.get("/resolve", spec=text)
    return f"{found['hash']}:{found['content']}" if found.get("content") else str(found["hash"])


def _two_or_more(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse fewer than two specs.

    Raises:
        click.BadParameter: There are fewer.
    """
    if len(values) < 2:
        raise click.BadParameter("give two or more hashes or specs")
    return values


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
        screen = out if for_people() else err
        screen.print(f"{shown} of {at_least}{total['count']}; --limit shows more", style="dim")


@click.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@click.argument("dependency", type=SPEC)
@_deptypes("build,link,run,test")
@_limit(10)
@format_options
@target_options
def why(spec: str, dependency: str, deptypes: str, limit: int, **options: Any) -> None:
    """Explain why DEPENDENCY (a spec) is in the DAG of SPEC: all shortest chains.

    A SPEC may be a hash, the start of one, or a spec that only one stored spec satisfies:

    \b
      specgraph why hdf5@1.12 xz
      specgraph why /4oqy2ny mpi
    """
    given = {"dependency": dependency, "deptypes": deptypes}
    with open_api(take_target(options)) as api:
        path = f"/specs/{find_hash(api, spec)}/why"
        answer = collect_parts(api, path, ("chains",), limit, **given)
    if not show_for_programs(answer):
        for chain in answer["chains"]:
            path = path_text(chain["path"])
            if for_people():
                out.print(f"{chain['side']:9} {path}", markup=False, soft_wrap=True)
            else:
                click.echo(f"{chain['side']}\t{path}")
        show_count(len(answer["chains"]), answer["total"])
    if not answer["chains"]:
        if not for_programs():
            text = f"{name_of(answer['root'])} does not depend on {dependency}"
            err.print(text, markup=False, soft_wrap=True)
        end_if_empty(answer, "chains")


@click.command()
@click.argument("a", metavar="SPEC", type=SPEC)
@click.argument("b", metavar="SPEC", type=SPEC)
@click.option("--runtime", is_flag=True, help="Short for --deptypes link,run.")
@click.option("--deptypes", help="Dependency types to follow; all by default.")
@click.option(
    "--abi",
    is_flag=True,
    help="Compare their libraries instead: symbols, versions, and who uses those that are gone.",
)
@click.option(
    "--at", "site", metavar="SITE", help="With --abi: only files that were read at this site."
)
@_limit(1000)
@format_options
@target_options
def diff(
    a: str,
    b: str,
    runtime: bool,
    deptypes: str | None,
    abi: bool,
    site: str | None,
    limit: int,
    **options: Any,
) -> None:
    """Compare the DAGs of two specs by package, or their libraries by symbol.

    \b
      specgraph diff 4oqy2ny carijoz
      specgraph diff 'hdf5 %gcc@12' 'hdf5 %gcc@13'
      specgraph diff --abi hdf5@1.12.2 hdf5@1.14.6
    """
    if abi and (runtime or deptypes):
        raise click.UsageError("--abi: not together with --runtime or --deptypes.")
    if site and not abi:
        raise click.UsageError("--at: only with --abi.")
    given: dict[str, Any] = {"runtime": runtime or None, "deptypes": deptypes}
    with open_api(take_target(options)) as api:
        given |= {"a": find_hash(api, a), "b": find_hash(api, b)}
        if abi:
            most = min(limit, _PAGE)
            show_abi_diff(api.get("/diff/abi", a=given["a"], b=given["b"], site=site, limit=most))
            return
        answer = collect_parts(api, "/diff", ("entries",), limit, **given)
    if show_for_programs(answer):
        return
    rows = []
    for entry in answer["entries"]:
        sides = [", ".join(name_of(node) for node in entry[side]) or "-" for side in "ab"]
        rows.append([entry["name"], entry["change"], *sides, "; ".join(changed_fields(entry))])
    title = f"{name_of(answer['a'])} and {name_of(answer['b'])}: {answer['same']} specs in both"
    table(title, ["package", "change", "a", "b", "fields"], rows)
    compilers = answer["compilers"]
    if compilers["a"] != compilers["b"]:
        note(f"compilers: {_side(compilers['a'])} -> {_side(compilers['b'])}", "")
    show_count(len(answer["entries"]), answer["total"])


def changed_fields(entry: dict[str, Any]) -> Iterator[str]:
    """Yield each field that differs with both values; for several specs, pair by pair."""
    for field, values in entry["fields"].items():
        yield f"{field}: {_side(values[0])} -> {_side(values[1])}"
    for pair in entry.get("pairs", ()):
        changed = ", ".join(changed_fields(pair))
        if changed:
            yield f"{name_of(pair['a'])} and {name_of(pair['b'])}: {changed}"


def _side(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


_SECTIONS = ("taken_out", "put_in", "relinked", "kept")


@click.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@_deptypes("link,run")
@_limit(1000)
@format_options
@target_options
def splice(spec: str, deptypes: str, limit: int, **options: Any) -> None:
    """List the specs that the splice of SPEC kept, relinked, took out and put in.

    Also texts of relinked specs that still name the prefix of a spec from before the splice, such
    as files for CMake and pkg-config; only the files of loaded install trees and build caches are
    known.
    """
    with open_api(take_target(options)) as api:
        path = f"/specs/{find_hash(api, spec)}/splice"
        answer = collect_parts(api, path, _SECTIONS, limit, deptypes=deptypes)
    if not show_for_programs(answer):
        show_splice(answer)
    if not answer["spliced"]:
        raise SystemExit(exits.NOTHING)


def show_splice(answer: dict[str, Any]) -> None:
    """Print the changes of a splice."""
    if not answer["spliced"]:
        out.print(f"{name_of(answer['root'])} was not spliced", markup=False)
        return
    if answer["stripped"]:
        out.print(
            f"{name_of(answer['build_spec'])} was spliced, but its build spec was lost: Spack's "
            "database does not keep it. Load its install folder or the archive of a build cache.",
            markup=False,
        )
    if answer["root"]["hash"] == answer["build_spec"]["hash"]:
        return
    counts = answer["counts"]
    root, build_spec = escape(name_of(answer["root"])), escape(name_of(answer["build_spec"]))
    if for_people():
        out.print(f"[bold]{root}[/] built as {build_spec}", soft_wrap=True)
    note(
        f"{counts['kept']} kept, {counts['relinked']} relinked, "
        f"{counts['taken_out']} taken out, {counts['put_in']} put in",
        "",
    )
    rows = [[Text("out", "red"), name_of(node), ""] for node in answer["taken_out"]]
    for node in answer["put_in"]:
        replaced = f"for {name_of(node['replaces'])}" if node["replaces"] else ""
        rows.append([Text("in", "green"), name_of(node), replaced])
    rows += [
        [Text("relinked", "yellow"), name_of(node), f"built as /{node['build_spec'][:7]}"]
        for node in answer["relinked"]
    ]
    rows += [
        [Text("stale", "magenta"), file_text(text["file"]), f"names {name_of(text['names'])}"]
        for text in answer["stale_texts"]
    ]
    table("", ["", "spec", ""], rows)
    if answer["stale_texts"]:
        count = answer["stale_text_count"]
        note(f"{count} {'text names' if count == 1 else 'texts name'} specs from before the splice")


@click.command()
@click.argument("specs", metavar="SPEC SPEC...", type=SPEC, nargs=-1, callback=_two_or_more)
@_deptypes("build,link,run,test")
@_limit(50)
@format_options
@target_options
def common(specs: tuple[str, ...], deptypes: str, limit: int, **options: Any) -> None:
    """List the specs that are in the DAGs of all of two or more specs."""
    with open_api(take_target(options)) as api:
        given = {"hashes": ",".join(find_hash(api, each) for each in specs), "deptypes": deptypes}
        answer = collect_parts(api, "/common", ("items",), limit, **given)
    if not show_for_programs(answer):
        roots = ", ".join(name_of(spec) for spec in answer["specs"])
        columns = fact_columns(answer["items"])
        rows = [
            [name_of(item), "yes" if item["deployed"] else "-", *fact_cells(item, columns)]
            for item in answer["items"]
        ]
        title = f"{answer['total']['count']} specs in {roots}"
        table(title, ["spec", "at run time", *columns], rows)
        show_count(len(answer["items"]), answer["total"])
        other = [[each["name"], ", ".join(each["versions"])] for each in answer["packages"]]
        if other and for_people():
            more = ", the first ones" if answer["packages_truncated"] else ""
            table(f"packages in all, as differing specs{more}", ["package", "versions"], other)
    end_if_empty(answer)


@click.command()
@click.argument("spec", metavar="SPEC", type=SPEC)
@click.option(
    "--only",
    metavar="THING",
    help="The one thing that differs: version, target, os, compiler, variants, or the name of a "
    "virtual, a package or a variant.",
)
@_limit(50)
@format_options
@target_options
def variations(spec: str, only: str | None, limit: int, **options: Any) -> None:
    """List the other roots of the package of SPEC that differ in one thing only.

    \b
      specgraph variations SPEC
      specgraph variations SPEC --only mpi
      specgraph variations SPEC --only variant:mpi
    """
    with open_api(take_target(options)) as api:
        path = f"/specs/{find_hash(api, spec)}/variations"
        answer = collect_parts(api, path, ("items",), limit, only=only)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        rows = [
            [
                *(name_of(item), item["only"], _side(item["a"]), _side(item["b"])),
                *fact_cells(item, columns),
            ]
            for item in answer["items"]
        ]
        table("", ["spec", "differs in", "here", "there", *columns], rows)
        show_count(len(answer["items"]), answer["total"])
    end_if_empty(answer)
