"""`specgraph doctor`."""

from typing import TYPE_CHECKING, Any

import click

from service.cli import exits
from service.cli.commands import record_command
from service.cli.connection import (
    database_errors,
    database_options,
    open_database,
    take_target,
)
from service.cli.screen import count_progress, out, show_json

if TYPE_CHECKING:
    from loaders.doctor.findings import Check, Finding


@click.command()
@click.option("--repair", is_flag=True, help="Derive again what can be derived from the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--force-recovery",
    is_flag=True,
    help="Recover an embedded database that does not open because its transaction logs are damaged "
    "or missing.",
)
@database_options
def doctor(repair: bool, as_json: bool, force_recovery: bool, **options: Any) -> None:
    """Check that the graph agrees with itself, and say what to do if not.

    Recomputes every hash and digest, compares specs with their records and roots with their
    closures, and looks for what is missing. The service may run meanwhile. Nothing is changed
    without --repair. Exits with 1 if something is wrong.

    --force-recovery does none of this: it copies an embedded database that does not open, recovers
    what it can in the copy, checks it, and puts it in the place of the database, which is kept
    beside it.
    """
    from loaders.doctor.examination import examine
    from service.cli.recovery import recover_by_force

    if force_recovery:
        if repair or as_json:
            raise click.UsageError("--force-recovery excludes --repair and --json")
        recover_by_force(take_target(options))
        return
    results = []
    with (
        open_database(take_target(options), migrate=False) as database,
        database_errors(),
        count_progress("Checking") as count,
    ):
        if repair:
            record_command(database, "doctor --repair")

        def on_progress(check: "Check", checked: int) -> None:
            count(check.name, checked)

        for check, finding in examine(database, repair=repair, on_progress=on_progress):
            results.append((check, finding))
            if not as_json:
                _show(check, finding, repair=repair)
    if as_json:
        show_json([_describe(check, finding) for check, finding in results])
    if any(_is_wrong(check, finding) for check, finding in results):
        raise SystemExit(exits.NOTHING)


def _is_wrong(check: "Check", finding: "Finding") -> bool:
    return not check.is_notice and finding.wrong > finding.repaired


def _show(check: "Check", finding: "Finding", *, repair: bool) -> None:
    if not finding.wrong:
        checked = f" ({finding.checked})" if finding.checked > 1 else ""
        out.print(f"ok       {check.name}: {check.title}{checked}", markup=False)
        return
    word = "notice  " if check.is_notice else "wrong   "
    if finding.repaired >= finding.wrong:
        word = "repaired"
    out.print(f"{word} {check.name}: {finding.wrong} found", markup=False)
    for example in finding.examples:
        out.print(f"           {example}", markup=False, soft_wrap=True)
    if finding.wrong > len(finding.examples) > 1:
        out.print("           ...", markup=False)
    if finding.repaired < finding.wrong and not (repair and check.repairs):
        out.print(f"           {check.advice}", markup=False, soft_wrap=True)


def _describe(check: "Check", finding: "Finding") -> dict[str, object]:
    return {
        "check": check.name,
        "ok": not _is_wrong(check, finding),
        "title": check.title,
        "checked": finding.checked,
        "wrong": finding.wrong,
        "repaired": finding.repaired,
        "examples": finding.examples,
        "advice": check.advice if finding.wrong > finding.repaired else None,
    }
