"""`specgraph query`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import click
from rich.text import Text

from service.cli.api import Api, open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    chosen_format,
    end_if_empty,
    fact_cells,
    fact_columns,
    for_people,
    name_of,
    print_record,
    show_count,
    show_for_programs,
    spec_format_options,
    table,
)
from service.cli.screen import out, path_text
from service.cli.shell import SITE_NAME, SPEC
from service.cli.spack_format import FormatError, FormattedSpec, format_spec, needs_dependencies
from service.queries.filters import FILTERS, FilterKind, SpecFilter

F = TypeVar("F", bound=Callable[..., Any])

_PAGE = 1000
"""Most items on a page of the service."""


_SHORT_OPTIONS = {"--environment": ("--env",), "--site": ("--at",)}


def filter_options(filters: Iterable[SpecFilter] = FILTERS) -> Callable[[F], F]:
    """Return a decorator that adds the options of filters; `q` is the command's argument."""

    def decorate(function: F) -> F:
        for each in reversed([each for each in filters if each.name != "q"]):
            function = _filter_option(each)(function)
        return function

    return decorate


def _filter_option(spec_filter: SpecFilter) -> Callable[[F], F]:
    option = spec_filter.option
    if spec_filter.kind is FilterKind.FLAG:
        both = f"{option}/--not-{option.removeprefix('--')}"
        return click.option(both, default=None, help=spec_filter.help)
    if spec_filter.kind in (FilterKind.SPEC, FilterKind.ONE_SPEC):
        return click.option(option, type=SPEC, metavar="SPEC", help=spec_filter.help)
    kind = SITE_NAME if spec_filter.name == "site" else None
    names = [option, *_SHORT_OPTIONS.get(option, ())]
    return click.option(*names, type=kind, metavar="NAME", help=spec_filter.help)


@click.command()
@click.argument("spec", type=SPEC, nargs=-1)
@filter_options()
@click.option("--all", "every", is_flag=True, help="All specs, not only roots.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Most items.")
@click.option("--count", "exact", is_flag=True, help="Count all matches, however many.")
@click.option("-l", "--long", "short_hash", is_flag=True, help="Hashes first, as spack find -l.")
@click.option("-L", "--very-long", "full_hash", is_flag=True, help="The same, with full hashes.")
@click.option("-v", "--variants", "variants", is_flag=True, help="With variants, as spack find -v.")
@click.option("-d", "--deps", "deps", is_flag=True, help="With dependencies, as spack find -d.")
@spec_format_options
@target_options
def query(
    spec: tuple[str, ...],
    every: bool,
    limit: int,
    exact: bool,
    short_hash: bool,
    full_hash: bool,
    variants: bool,
    deps: bool,
    **options: Any,
) -> None:
    """Find specs by themselves and by what they were built and are deployed with.

    Specs are in Spack's syntax, with `not` and `any of ( )` around it:

    \b
      specgraph query 'hdf5@1.14+mpi not ^openssl@:1.1'
      specgraph query --built-with mpich@4 --deployed-with mvapich2
      specgraph query --deployed-with 'any of (xz@5.6.0:5.6.1, zlib@:1.2)' --json
      specgraph query hdf5 -l -v
      specgraph query hdf5 --format '{name}{@version}{%compiler.name}{/hash:7}'
    """
    target = take_target(options)
    given = {"q": " ".join(spec) or None, "scope": "all" if every else "roots", **options}
    template = _template(short=short_hash, full=full_hash, variants=variants, deps=deps)
    with open_api(target) as api:
        facts = "auto" if template is None else "all"
        count = "exact" if exact else "auto"
        answer = collect(api, "/specs", limit, count=count, facts=facts, **given)
        if template is not None:
            _print_formatted(api, template, answer, deps=deps)
    if template is None and not show_for_programs(answer):
        show_matches(answer)
    end_if_empty(answer)


def collect(api: Api, path: str, limit: int, /, **parameters: Any) -> dict[str, Any]:
    """Return the first `limit` items of a list, fetched page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = api.get(path, limit=min(limit - len(items), _PAGE), cursor=cursor, **parameters)
        items += page["items"]
        cursor = page["next"]
        if cursor is None or len(items) >= limit:
            return {**page, "items": items}


def show_matches(answer: dict[str, Any]) -> None:
    """Print a list of specs with the facts that tell them apart, and the reason for each match."""
    items = answer["items"]
    columns = fact_columns(items)
    titles = ["spec", *map(_title, columns)]
    if not for_people() or not any(item.get("matches") for item in items):
        rows = [[_name(item), *fact_cells(item, columns)] for item in items]
        table("", titles if for_people() else [], rows)
    else:
        for item in items:
            cells = map(Text, fact_cells(item, columns))
            print_record(_name(item), list(zip(titles[1:], cells, strict=True)))
            for line in _reasons(item):
                out.print(f"  {line}", markup=False, soft_wrap=True)
    show_count(answer)


def _title(column: str) -> str:
    return column.replace("_", " ")


def _name(item: Mapping[str, Any]) -> Text:
    if not for_people():
        return Text(name_of(item))
    name = Text(name_of(item), "bold")
    return name.append("  spliced", "not bold magenta") if item.get("spliced") else name


def _reasons(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each side on which something matched, with the nearest match."""
    for side, found in (item.get("matches") or {}).items():
        for match in found[:1]:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            yield f"{side.replace('_', ' '):13} {path_text(match['path'])}{more}"


def _template(*, short: bool, full: bool, variants: bool, deps: bool) -> str | None:
    """Return the format string of the options that `spack find` has too, None without them."""
    chosen = chosen_format() or ""
    if "{" in chosen:
        return chosen
    if not (short or full or variants or deps):
        return None
    hash_ = "{hash} " if full else "{hash:7} " if short else ""
    return f"{hash_}{{name}}{{@version}}{'{variants}' if variants else ''}"


def _print_formatted(api: Api, template: str, answer: Mapping[str, Any], *, deps: bool) -> None:
    """Print each spec by a format string; with its dependencies, each below what needs it.

    Raises:
        click.UsageError: The format string is not one.
    """
    try:
        for item in answer["items"]:
            if not deps and not needs_dependencies(template):
                click.echo(format_spec(template, _formatted(item)))
                continue
            for depth, each in _tree(api, item):
                click.echo("    " * depth + format_spec(template, each))
                if not deps:
                    break
            if deps:
                click.echo()
    except FormatError as error:
        raise click.UsageError(f"--format: {error}") from error


def _formatted(item: Mapping[str, Any], **more: Any) -> FormattedSpec:
    facts = item.get("facts", {})
    return FormattedSpec(
        name=item["name"] or "",
        version=item["version"] or "",
        hash=item["hash"],
        namespace=facts.get("namespace", ""),
        compiler=facts.get("compiler", ""),
        platform=facts.get("platform", ""),
        os=facts.get("os", ""),
        target=facts.get("target", ""),
        variants=_joined(facts.get("variants", "").split()),
        **more,
    )


def _joined(variants: Sequence[str]) -> list[str]:
    """Return variants with the values of each joined by commas."""
    values: dict[str, list[str]] = {}
    for each in variants:
        name, equals, value = each.partition("=")
        values.setdefault(name + equals, []).append(value)
    return [f"{name}{','.join(each)}" for name, each in values.items()]


def _tree(api: Api, item: Mapping[str, Any]) -> Iterator[tuple[int, FormattedSpec]]:
    """Yield a spec and its dependencies, each once where it is nearest, with their depths."""
    name = f"{item['hash']}:{item['content']}" if item.get("content") else item["hash"]
    graph = api.get(f"/specs/{name}/graph", facts="all")
    nodes = {node["hash"]: node for node in graph["nodes"]}
    edges: dict[str, list[dict[str, Any]]] = {}
    for edge in graph["edges"]:
        if edge["kind"] == "DEPENDS_ON":
            edges.setdefault(edge["source"], []).append(edge)
    children = _nearest(graph["root"], edges, nodes)
    below: dict[str, FormattedSpec] = {}
    for hash_ in children:
        for edge in edges.get(hash_, ()):
            spec = _formatted(nodes[edge["target"]])
            for each in (spec.name, *edge["virtuals"]):
                below.setdefault(each, spec)
    pending = [(0, graph["root"])]
    while pending:
        depth, hash_ = pending.pop()
        yield depth, _formatted(nodes[hash_], dependencies=below if depth == 0 else {})
        pending += [(depth + 1, child) for child in reversed(children[hash_])]


def _nearest(
    root: str, edges: Mapping[str, Sequence[Mapping[str, Any]]], nodes: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return for each node the dependencies that are reached from it first, by name."""
    children: dict[str, list[str]] = {root: []}
    level = [root]
    while level:
        following = []
        for hash_ in level:
            targets = {edge["target"] for edge in edges.get(hash_, ())} & nodes.keys()
            for target in sorted(targets, key=lambda each: (nodes[each]["name"], each)):
                if target not in children:
                    children[target] = []
                    children[hash_].append(target)
                    following.append(target)
        level = following
    return children
