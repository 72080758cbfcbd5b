"""`specgraph installed`, `owns` and `sites`."""

from typing import TYPE_CHECKING

import click

from service.cli.api import open_api
from service.cli.builds import LIMIT, SITE
from service.cli.connection import take_target, target_options
from service.cli.output import (
    end_if_empty,
    fact_cells,
    fact_columns,
    for_people,
    format_options,
    name_of,
    show_count,
    show_for_programs,
    table,
)
from service.cli.queries import collect
from service.cli.shell import SPEC
from service.text import format_time

if TYPE_CHECKING:
    from service.queries.installations import InstallationItem


@click.command()
@click.argument("spec", required=False, type=SPEC)
@SITE
@click.option("--on", metavar="DATE", help="List installations of this date, not of now.")
@click.option("--explicit", is_flag=True, default=None, help="Only specs that a user asked for.")
@click.option("--gone", is_flag=True, help="Include specs that are no longer installed.")
@LIMIT
@format_options
@target_options
def installed(spec: str | None, limit: int, **options: object) -> None:
    """List installed specs with site and store, newest first.

    \b
      specgraph installed hdf5
      specgraph installed 'xz@5.6.0:5.6.1' --on 2026-03-29 --at frontier
    """
    target = take_target(options)
    with open_api(target) as api:
        answer = collect(api, "/installations", limit, q=spec, **options)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        rows = [
            [
                *(name_of(i), i["site"], i["store"], format_time(i.get("installed_at"))),
                *(*fact_cells(i, columns), _notes(i)),
            ]
            for i in answer["items"]
        ]
        table("", ["spec", "site", "store", "installed", *columns, "notes"], rows)
        show_count(answer)
    end_if_empty(answer)


def _notes(item: "InstallationItem") -> str:
    notes = [key for key in ("explicit", "external", "upstream") if item.get(key)]
    if item["deprecated_for"]:
        notes.append(f"deprecated for /{item['deprecated_for'][:7]}")
    if not item["present"]:
        seen = format_time(item["last_seen"])
        notes.append(f"gone, last seen {seen}" if seen else "not installed")
    return ", ".join(notes)


@click.command()
@click.argument("path")
@LIMIT
@format_options
@target_options
def owns(path: str, limit: int, **options: object) -> None:
    """List the specs that installed a file.

    PATH is a path below the prefix or its end, a file name, an absolute path as ldd prints it, or
    the SONAME of a library.

    \b
      specgraph owns lib/libhdf5.so
      specgraph owns h5dump
    """
    with open_api(take_target(options)) as api:
        answer = collect(api, "/owners", limit, path=path)
    if not show_for_programs(answer):
        columns = fact_columns(answer["items"])
        rows = [
            [
                name_of({"name": i["spec"], "version": i["version"], "hash": i["hash"]}),
                i["path"] + (f" -> {i['target']}" if i.get("target") else ""),
                i["kind"],
                "" if i.get("size") is None else i["size"],
                ", ".join(i["sites"]),
                *fact_cells(i, columns),
            ]
            for i in answer["items"]
        ]
        table("", ["spec", "path", "kind", "bytes", "sites", *columns], rows)
    end_if_empty(answer)


@click.command()
@format_options
@target_options
def sites(**options: object) -> None:
    """List the sites with their stores.

    Each with the numbers of its installations and of its builds.
    """
    with open_api(take_target(options)) as api:
        answer = api.get("/sites")
    if not show_for_programs(answer):
        rows = []
        for site in answer["items"]:
            rows.append([site["name"], "", site["installations"], site["builds"], ""])
            for store in site["stores"]:
                kind = "upstream" if store["upstream"] else ""
                count, as_of = store["installations"], format_time(store["as_of"])
                shown = "" if for_people() else site["name"]
                rows.append([shown, f"{store['name']} {kind}".strip(), count, "", as_of])
        table("", ["site", "store", "installations", "builds", "as of"], rows)
    end_if_empty(answer)
