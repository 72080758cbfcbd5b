"""`specgraph plan`, `plans` and `fix`: splices planned before they are built."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.text import Text

from service.cli import exits
from service.cli.abi import show_findings
from service.cli.api import Api, open_api
from service.cli.connection import take_target, target_options
from service.cli.output import (
    chosen_format,
    format_options,
    name_of,
    note,
    show_for_programs,
    table,
)
from service.cli.screen import count_progress, err, out, short, show_json
from service.cli.shell import SPEC
from service.facts import facts_text
from service.queries.choices import rank_plan

_PAIR = ("target", "replacement")


@click.command()
@click.argument("target", type=SPEC)
@click.argument("replacement", type=SPEC)
@click.option(
    "--intransitive",
    is_flag=True,
    help="Take dependencies that both have from TARGET; by default from REPLACEMENT.",
)
@click.option("--replace", metavar="NAME", help="Package or virtual that must be replaced.")
@click.option("--document", is_flag=True, help="Print the spliced spec.json only.")
@click.option("--configuration", is_flag=True, help="Print the configuration of Spack only.")
@click.option("--environment", is_flag=True, help="Print a spack.yaml that splices like this only.")
@click.option("--abi", is_flag=True, help="Also judge whether it would start.")
@click.option("--at", "site", metavar="SITE", help="Judge the files that were read at this site.")
@format_options
@target_options
def plan(
    target: str,
    replacement: str,
    intransitive: bool,
    replace: str | None,
    document: bool,
    configuration: bool,
    environment: bool,
    abi: bool,
    site: str | None,
    **options: Any,
) -> None:
    """Plan the splice that puts REPLACEMENT into TARGET.

    Both are hashes or specs that one stored spec satisfies. Nothing is installed or stored. With
    `--abi`, the exit code is 1 unless the verdict is "loads", as of `specgraph abi`.

    \b
      specgraph plan 'hdf5@1.14 ^mpich@4' mvapich2@3
      specgraph plan /rduow63 /cwna5og --replace mpi --configuration
      specgraph plan /rduow63 /cwna5og --environment > planned/spack.yaml
      specgraph plan /rduow63 /cwna5og --abi
    """
    if site and not abi:
        raise click.UsageError("--at chooses the files that --abi judges; give both")
    with open_api(take_target(options)) as api:
        answer = api.ask(
            "/splices/plan",
            {"abi": True, "site": site} if abi else {},
            target=target,
            replacement=replacement,
            transitive=not intransitive,
            replace=replace,
        )
    if document:
        show_json(answer["document"])
    elif configuration:
        click.echo(answer["configuration"], nl=False)
    elif environment:
        click.echo(answer["environment"], nl=False)
    elif not show_for_programs(answer):
        _show_plan(answer)
    if abi and answer["abi"]["verdict"] != "loads":
        raise SystemExit(exits.NOTHING)


@click.command()
@click.argument("target")
@click.option(
    "--with",
    "put_in",
    metavar="SPEC",
    multiple=True,
    required=True,
    help="Stored specs that may be put in; may be repeated.",
)
@click.option("--intransitive", is_flag=True, help="As of `specgraph plan`.")
@click.option("--at", "site", metavar="SITE", help="Only specs that are at this site.")
@click.option("--new", is_flag=True, help="Only splices that are not stored yet.")
@click.option("--abi", is_flag=True, help="Also judge whether each would start.")
@click.option(
    "--limit", type=click.IntRange(1), default=50, show_default=True, help="Most splices to show."
)
@click.option(
    "--environments",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a spack.yaml for each splice to a folder below FOLDER.",
)
@format_options
@target_options
def plans(
    target: str,
    put_in: tuple[str, ...],
    intransitive: bool,
    site: str | None,
    new: bool,
    abi: bool,
    limit: int,
    folder: Path | None,
    **options: Any,
) -> None:
    """Plan every splice that could be deployed from what is built.

    TARGET is a query for the roots to splice into. Splices that a recipe declares come first, then
    those that were seen before, of these the ones that relink the fewest specs. With `--abi`, those
    that would start come first, and those that would not last. `--format jsonl` prints each as it
    comes.

    \b
      specgraph plans 'hdf5+mpi' --with 'mpich@4:' --with mvapich2 --at cluster
      specgraph plans hdf5 --with mvapich2 --new --environments planned
      specgraph plans hdf5 --with mvapich2 --abi
    """
    question: dict[str, Any] = {
        "q": target,
        "with": list(put_in),
        "transitive": not intransitive,
        "site": site,
    }
    streamed = chosen_format() == "jsonl" and folder is None
    found: list[dict[str, Any]] = []
    examined, total = 0, {}
    with open_api(take_target(options)) as api, count_progress("Planning") as count:
        for page in _pages(api, "/splices/plans", question, abi=abi or None):
            items = [each for each in page["items"] if not (new and _is_stored(each))]
            for each in items[: limit - len(found)] if streamed else ():
                click.echo(json.dumps(each))
            found += items
            examined, total = examined + page["examined"], page["total"]
            count("pairs", page["examined"])
            if streamed and len(found) >= limit:
                break
    # The order of the pages puts newer replacements first; sorting keeps it.
    found.sort(
        key=lambda each: rank_plan(each["verdict"], each["basis"], each["counts"]["relinked"])
    )
    shown = found[:limit]
    if folder is not None:
        _write_environments(shown, folder)
    if not streamed and not show_for_programs(
        {"items": shown, "examined": examined, "total": total}
    ):
        _show_plans(shown, len(found), examined, total)
    if not found:
        raise SystemExit(exits.NOTHING)


@click.command()
@click.argument("dependency", metavar="SPEC")
@click.option(
    "--with",
    "put_in",
    metavar="SPEC",
    multiple=True,
    help="What may be put in; by default other stored specs of the same package.",
)
@click.option("--at", "site", metavar="SITE", help="Only roots that are at this site.")
@format_options
@target_options
def fix(dependency: str, put_in: tuple[str, ...], site: str | None, **options: Any) -> None:
    """Find splices that get SPEC out of every deployment.

    Roots for which only a rebuild helps are listed with the reason. `--format jsonl` prints each
    root as it comes.

    \b
      specgraph fix 'xz@5.6.0:5.6.1'
    """
    question: dict[str, Any] = {"dependency": dependency, "with": list(put_in), "site": site}
    streamed = chosen_format() == "jsonl"
    found: list[dict[str, Any]] = []
    total: dict[str, Any] = {}
    with open_api(take_target(options)) as api, count_progress("Planning") as count:
        for page in _pages(api, "/splices/fixes", question):
            for each in page["items"] if streamed else ():
                click.echo(json.dumps(each))
            found += page["items"]
            total = page["total"]
            count("roots", len(page["items"]))
    if not streamed and not show_for_programs({"items": found, "total": total}):
        _show_fixes(dependency, found)
    if not found:
        raise SystemExit(exits.NOTHING)


def _pages(
    api: Api, path: str, question: Mapping[str, Any], **parameters: bool | None
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a list that a question in the body asks for."""
    page: dict[str, Any] = {"next": None}
    while True:
        page = api.ask(path, parameters, cursor=page["next"], **question)
        yield page
        if page["next"] is None:
            return


def _show_fixes(dependency: str, found: list[dict[str, Any]]) -> None:
    fixed = [each for each in found if each["splice"]]
    rows = [
        [
            _with_facts(each["root"]),
            f"{', '.join(each['splice']['replaces'])} -> "
            f"{_with_facts(each['splice']['replacement'])}",
            "transitive" if each["splice"]["transitive"] else "intransitive",
            each["splice"]["counts"]["relinked"],
        ]
        for each in fixed
    ]
    title = f"{len(fixed)} of {len(found)} affected roots are rid of {dependency} by a splice"
    table(title, ["root", "replaced", "", "relinked"], rows)
    others = [each for each in found if not each["splice"]]
    if others:
        rows = [[_with_facts(each["root"]), each["rebuild"]] for each in others]
        table("only a rebuild helps", ["root", "reason"], rows)


def _with_facts(spec: dict[str, Any]) -> str:
    return " ".join([name_of(spec), *facts_text(spec["facts"])])


def _is_stored(plan: dict[str, Any]) -> bool:
    return any(each["by"] != "claimed hash" for each in plan["known"])


def _write_environments(plans: Iterable[dict[str, Any]], folder: Path) -> None:
    """Write the environment of each plan to a folder named after its target and replacement."""
    for each in plans:
        named = (f"{each[part]['name']}-{each[part]['hash'][:7]}" for part in _PAIR)
        place = folder / "-with-".join(named)
        place.mkdir(parents=True, exist_ok=True)
        (place / "spack.yaml").write_text(each["environment"], "utf-8")
        err.print(f"wrote {place}/spack.yaml", markup=False, soft_wrap=True)


def _show_plans(found: list[dict[str, Any]], number: int, examined: int, total: Any) -> None:
    rows = [
        [
            _with_facts(each["target"]),
            f"{', '.join(each['replaces'])} -> {_with_facts(each['replacement'])}",
            each["counts"]["relinked"],
            each["counts"]["kept"],
            "stored" if _is_stored(each) else "new",
            each["basis"],
            *filter(None, [each["verdict"]]),
        ]
        for each in found
    ]
    columns = ["target", "replaced", "relinked", "kept", "", "basis"]
    columns += ["verdict"] if any(each["verdict"] for each in found) else []
    title = f"{number} splices of {examined} pairs of a target and a replacement"
    table(title, columns, rows)
    saved = sum(each["counts"]["relinked"] for each in found if not _is_stored(each))
    note(f"{saved} builds are reused by those that are new")
    if total["type"] == "AT_LEAST":
        note("not all pairs were examined; name versions to narrow it")
    if number > len(found):
        note(f"{len(found)} of {number}; --limit shows more")


def _show_plan(answer: dict[str, Any]) -> None:
    kind = "transitive" if answer["transitive"] else "intransitive"
    target, replacement = escape(short(answer["target"])), escape(short(answer["replacement"]))
    out.print(f"[bold]{target}[/] with {replacement}, {kind}", soft_wrap=True)
    out.print(f"hash of its content: {answer['hash']}", markup=False)
    for claim in answer["claimed"]:
        out.print(f"hash in Spack {claim['spack']}: {claim['hash']}", markup=False)
    if answer["unclaimed"]:
        out.print(f"hash in Spack: unknown, as {answer['unclaimed']}", markup=False, soft_wrap=True)
    summary = answer["summary"]
    rows = [[Text("out", "red"), short(node), ""] for node in summary["taken_out"]]
    for node in summary["put_in"]:
        replaced = f"for {short(node['replaces'])}" if node["replaces"] else ""
        rows.append([Text("in", "green"), short(node), replaced])
    rows += [
        [Text("relinked", "yellow"), short(node), f"built as /{node['build_spec'][:7]}"]
        for node in summary["relinked"]
    ]
    table(f"{len(summary['kept'])} kept", ["", "spec", ""], rows)
    _show_known(answer["known"])
    _show_evidence(answer["evidence"])
    if answer["abi"]:
        out.print(f"verdict: {answer['abi']['verdict']}", markup=False)
        show_findings(answer["abi"])
    out.print(answer["configuration"], markup=False, soft_wrap=True, end="")


def _show_evidence(evidence: dict[str, Any]) -> None:
    text = evidence["basis"]
    allowed = [
        f"can_splice({each['target']}, when={each['when'] or 'always'}) in {each['namespace']}."
        f"{each['package']} at {each['site']}"
        for each in evidence["directives"]
    ]
    if allowed:
        text += f": {'; '.join(allowed)}"
    if evidence["directives"] and evidence["undeclared"]:
        text += f"; no directive for {', '.join(evidence['undeclared'])}"
    out.print(text, markup=False, soft_wrap=True)


def _show_known(known: list[dict[str, Any]]) -> None:
    if not known:
        out.print("not stored: nobody has built or uploaded it", markup=False)
    for each in known:
        other = each["by"] == "claimed hash"
        same = "another spec with its claimed hash" if other else "this splice"
        places = [f"{at['site']}:{at['store']}" for at in each["installations"] if at["present"]]
        where = [f"installed at {place}" for place in places]
        where += [f"offered by {name}" for name in each["mirrors"]]
        text = f"{short(each)} is {same}: {', '.join(where) or 'not installed'}"
        out.print(text, markup=False, soft_wrap=True)
