"""`specgraph delete`, `prune` and `gc`: take something out of the graph."""

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from service.cli import exits
from service.cli.api import JsonObject, open_api
from service.cli.commands import record_command
from service.cli.connection import database_options, open_database, take_target, target_options
from service.cli.screen import err, out, show_json

if TYPE_CHECKING:
    from loaders.store.removal.stored_secrets import Place, Redaction

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Delete nothing; show what would go, what would stay and why."
)
_YES = click.option(
    "--yes", is_flag=True, help="Do not ask; needed if standard input is not a terminal."
)
_SHOWN = 20
_AGE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[hdwy])")
_UNIT_SECONDS = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_557_600.0}
_STATUSES = ("failed", "cancelled", "skipped", "succeeded")


@click.group()
def delete() -> None:
    """Delete a spec, a build, a site or an environment, and all that only it needed.

    What would go is shown first. Nothing that something else needs is deleted: a spec that others
    depend on, or that was spliced, built, installed, tested, offered or locked.
    """


def _removal_options(function: Any) -> Any:
    for option in (target_options, _AS_JSON, _YES, _DRY_RUN):
        function = option(function)
    return function


@delete.command("spec")
@click.argument("hash")
@click.option("--content", help="Start of a content's digest, if the hash names several.")
@_removal_options
def delete_spec(hash: str, content: str | None, **options: Any) -> None:
    """Delete a spec with its documents, and what is below it and nothing else needs."""
    _delete(f"/specs/{quote(hash.removeprefix('/'), safe='')}", options, content=content)


@delete.command("build")
@click.argument("uid")
@_removal_options
def delete_build(uid: str, **options: Any) -> None:
    """Delete an attempt with its phases, logs, errors and warnings."""
    _delete(f"/builds/{quote(uid, safe='')}", options)


@delete.command("site")
@click.argument("name")
@_removal_options
def delete_site(name: str, **options: Any) -> None:
    """Delete a site: its builds, installations, stores, environments and test runs.

    Spec documents are not of a site, so they stay.
    """
    _delete(f"/sites/{quote(name, safe='')}", options)


@delete.command("environment")
@click.argument("environment", metavar="ID")
@_removal_options
def delete_environment(environment: str, **options: Any) -> None:
    """Delete a locked environment, named by the id that `specgraph environments` shows.

    The documents of its roots stay.
    """
    _delete(f"/environments/{quote(environment, safe='')}", options)


def _delete(path: str, options: dict[str, Any], **parameters: str | None) -> None:
    """Foresee a deletion, ask, and do it."""
    dry_run, yes = options.pop("dry_run"), options.pop("yes")
    as_json = options.pop("as_json")
    _refuse_silence(dry_run=dry_run, yes=yes)
    with open_api(take_target(options)) as api:
        foreseen = api.delete(path, dry_run=True, **parameters)
        if dry_run and as_json:
            show_json(foreseen)
        elif not as_json:
            _show_foreseen(foreseen)
        if dry_run:
            if foreseen["needs"]:
                raise SystemExit(exits.NOT_FOUND)
            return
        if not (yes or foreseen["needs"]):
            click.confirm(f"Delete {foreseen['subject']}?", abort=True, err=True)
        done = api.delete(path, dry_run=False, **parameters)
    if as_json:
        show_json(done)
    else:
        out.print(f"deleted {done['subject']}: {_count(done['removed'])}", markup=False)


def _refuse_silence(*, dry_run: bool, yes: bool) -> None:
    """Refuse to delete without a question if nobody can be asked.

    Raises:
        click.UsageError: Standard input is no terminal, and neither option is given.
    """
    if not (dry_run or yes or sys.stdin.isatty()):
        raise click.UsageError("standard input is not a terminal: give --yes, or --dry-run")


def _show_foreseen(foreseen: JsonObject) -> None:
    if foreseen["needs"]:
        from loaders.errors import describe_need

        needs = "\n".join(f"  {describe_need(each)}" for each in foreseen["needs"])
        out.print(f"{foreseen['subject']} stays, it is still needed:\n{needs}", markup=False)
        return
    out.print(f"{foreseen['subject']}: {_count(foreseen['removed'])} would go", markup=False)
    for title, specs in (("goes", foreseen["specs"]), ("stays", foreseen["kept"])):
        for each in specs[:_SHOWN]:
            reason = f": {each['reason']}" if "reason" in each else ""
            label = f"{each['name']}@{each['version']}/{each['hash'][:7]}"
            out.print(f"  {title:5}  {label}{reason}", markup=False)
        if len(specs) > _SHOWN:
            out.print(f"  {title:5}  and {len(specs) - _SHOWN} more", markup=False)


def _count(removed: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {label}" for label, number in removed.items()) or "nothing"


def _parse_age(context: click.Context, parameter: click.Parameter, given: str) -> float:
    """Return an age such as `90d` in seconds.

    Raises:
        click.BadParameter: It is none.
    """
    found = _AGE.fullmatch(given.strip().lower())
    if found is None or float(found["number"]) <= 0:
        raise click.BadParameter(
            f"{given!r} is not an age: use a number of hours, days, weeks or years, such as 90d",
            context,
            parameter,
        )
    return float(found["number"]) * _UNIT_SECONDS[found["unit"]]


@click.command()
@click.option(
    "--older-than",
    "seconds",
    required=True,
    callback=_parse_age,
    metavar="AGE",
    help="Age, such as 12h, 90d, 8w or 2y.",
)
@click.option(
    "--what",
    type=click.Choice(["attempts", "logs", "roots", "audit"]),
    default="attempts",
    show_default=True,
    help="Delete attempts; or their logs, and keep their errors and warnings; or roots that "
    "nothing needs; or entries of the audit.",
)
@click.option("--site", help="Only at this site.")
@click.option(
    "--status", "statuses", type=click.Choice(_STATUSES), multiple=True, help="Only those."
)
@click.option("--failed-only", is_flag=True, help="The same as --status failed.")
@click.option("--tag", help="Only attempts with this tag of a monitor's client.")
@_DRY_RUN
@_YES
@_AS_JSON
@database_options
def prune(
    seconds: float,
    what: str,
    site: str | None,
    statuses: tuple[str, ...],
    failed_only: bool,
    tag: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Delete attempts, logs or roots that are older than some age.

    An attempt that succeeded stays as long as its spec is installed, and a running one stays. A
    root stays if anything needs it. It needs the database and not the address of a service.
    """
    if what in ("roots", "audit") and (site or statuses or failed_only or tag):
        raise click.UsageError(f"{what}: no site, status or tag counts; give --older-than alone")
    _refuse_silence(dry_run=dry_run, yes=yes)
    from loaders.store.removal.retention import PRUNERS, Age

    age = Age(seconds, site, ("failed",) if failed_only else statuses, tag)
    with open_database(take_target(options)) as database:
        foreseen = PRUNERS[what](database, age, dry_run=True).as_dict()
        if not dry_run and foreseen:
            if not yes:
                click.confirm(f"Delete {_count(foreseen)}?", abort=True, err=True)
            record_command(database, f"prune {what}", site)
            foreseen = PRUNERS[what](database, age).as_dict()
    _show_tally(foreseen, dry_run=dry_run, as_json=as_json)


@click.command()
@click.argument("pattern")
@click.option("--regex", is_flag=True, help="PATTERN is a regular expression of Python.")
@click.option("--ignore-case", is_flag=True, help="Upper and lower case are the same.")
@_DRY_RUN
@_YES
@_AS_JSON
@database_options
def redact(
    pattern: str,
    regex: bool,
    ignore_case: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Take a leaked secret or a name out of everything stored, logs included.

    PATTERN is the text itself; - reads it from standard input, which keeps it out of the shell's
    history. It is replaced by <redacted>, and hashes and digests stay. Add a rule to the file of
    --redaction as well, so that later uploads do not bring it back. The command needs the database
    and not the address of a service.
    """
    _refuse_silence(dry_run=dry_run, yes=yes)
    from loaders.store.removal.stored_secrets import compile_pattern, redact_stored

    text = sys.stdin.read().rstrip("\n") if pattern == "-" else pattern
    try:
        compiled = compile_pattern(text, regex=regex, ignore_case=ignore_case)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with open_database(take_target(options)) as database:
        found = redact_stored(database, compiled, dry_run=True)
        if found.counts and not dry_run:
            if not yes:
                _show_places(found, dry_run=True)
                click.confirm("Replace it?", abort=True, err=True)
            record_command(database, "redact")
            found = redact_stored(database, compiled)
    if as_json:
        counts = dict(sorted(found.counts.items()))
        show_json({"dry_run": dry_run, "redacted": counts, **_places(found)})
    else:
        _show_places(found, dry_run=dry_run)
    if not (found.counts or found.kept):
        raise SystemExit(exits.NOTHING)


def _places(found: "Redaction") -> JsonObject:
    return {"places": found.places, "kept": found.kept}


def _show_places(found: "Redaction", *, dry_run: bool) -> None:
    verb = "is in" if dry_run else "was taken out of"
    out.print(f"{verb}: {_count(dict(sorted(found.counts.items())))}", markup=False)
    for each in found.places[:_SHOWN]:
        out.print(f"  {_describe_place(each)}", markup=False)
    if len(found.places) > _SHOWN:
        out.print(f"  and {len(found.places) - _SHOWN} more; --json lists 1,000", markup=False)
    for each in found.kept[:_SHOWN]:
        out.print(
            f"  stays in {_describe_place(each)}: that identifies it; delete it", markup=False
        )


def _describe_place(place: "Place") -> str:
    lines = f", line {', '.join(map(str, place['lines']))}" if place["lines"] else ""
    owners = f" of {'; '.join(place['owners'])}" if place["owners"] else ""
    name = f" {place['name'][:40]}" if place["name"] else ""
    return f"{place['property']} of {place['label']}{name}{lines}{owners}"


@click.command()
@_DRY_RUN
@_AS_JSON
@database_options
def gc(dry_run: bool, as_json: bool, **options: Any) -> None:
    """Delete all that nothing reaches, such as remains of interrupted deletions.

    It may run beside uploads, and spares what was written within the last hour. It needs the
    database and not the address of a service.
    """
    from loaders.store.removal.garbage import collect_garbage, count_garbage

    with open_database(take_target(options)) as database:
        if dry_run:
            found = count_garbage(database)
        else:
            record_command(database, "gc")
            found = collect_garbage(database).as_dict()
    _show_tally(found, dry_run=dry_run, as_json=as_json)


def _show_tally(counts: Mapping[str, int], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json({"dry_run": dry_run, "removed": counts})
    else:
        out.print(f"{'would go' if dry_run else 'deleted'}: {_count(counts)}", markup=False)
    if not counts:
        err.print("nothing to delete", style="dim")
        raise SystemExit(exits.NOTHING)
