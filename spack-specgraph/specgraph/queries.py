"""Queries to the service, with answers printed in Spack's style."""

import argparse
import json
import re
import sys
from typing import Any, Dict, List, Optional, Sequence

from . import terminal
from .client import Client, JsonObject, RefusedError

EXIT_NOTHING = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 4
EXIT_OF_VERDICT = {"loads": 0, "broken": 1, "unknown": 2}
_PAGE_SIZE = 200
_FORMAT = "{name}{@version}{compiler_flags}{variants}"
_SECTIONS = ("taken_out", "put_in", "relinked", "kept")


class AmbiguousError(Exception):
    """A spec that several roots of the service satisfy, or none."""


def query(client: Client, args: argparse.Namespace) -> int:
    """Find specs by `GET /specs` and return the exit code."""
    answer = _collect_pages(
        client,
        "/specs",
        ("items",),
        args.limit,
        q=" ".join(args.spec) or None,
        built_with=args.built_with,
        deployed_with=args.deployed_with,
        runs_with=args.runs_with,
        spliced_from=args.spliced_from,
        spliced=args.spliced,
        site=args.site,
        environment=args.environment,
        scope="all" if args.every else "roots",
    )
    if args.as_json:
        _print_json(answer)
    else:
        _print_matches(client, answer, args.variants)
    return 0 if answer["items"] else EXIT_NOTHING


def _print_matches(client: Client, answer: JsonObject, variants: bool) -> None:
    for item in answer["items"]:
        line = terminal.list_label(item)
        if variants:
            line = _full_label(client, item) or line
        if item.get("spliced"):
            line += "  " + terminal.coloured("m", "spliced")
        terminal.print_line(line)
        for side, matches in sorted((item.get("matches") or {}).items()):
            for match in matches[:1]:
                heading = terminal.coloured("*", "{:<13}".format(side.replace("_", " ")))
                terminal.print_line(f"    {heading} {terminal.format_chain(match['path'])}")
    _print_count(len(answer["items"]), answer["total"])


def _full_label(client: Client, item: JsonObject) -> Optional[str]:
    """Return a spec as printed by `spack find -lv`; None if this Spack cannot read it."""
    import spack.spec

    try:
        document = client.get(f"/specs/{item['hash']}/spec.json")
        spec = spack.spec.Spec.from_dict(document)
        text = "{} {}".format(spec.cformat(_FORMAT).rstrip(), spec.cformat("{arch=architecture}"))
    except (RefusedError, KeyError, TypeError, ValueError, AttributeError):
        return None
    short_hash = terminal.coloured("K", item["hash"][: terminal.HASH_LETTERS])
    return f"{short_hash} {terminal.escape(text)}"


def why(client: Client, args: argparse.Namespace) -> int:
    """Print the chains to a dependency by `GET /specs/{hash}/why` and return the exit code."""
    path = f"/specs/{resolve_root(client, args.root)}/why"
    dependency = " ".join(args.dependency)
    answer = _collect_pages(
        client, path, ("chains",), args.limit, dependency=dependency, deptypes=args.deptypes
    )
    if args.as_json:
        _print_json(answer)
    else:
        for chain in answer["chains"]:
            heading = terminal.coloured("*", "{:<9}".format(chain["side"]))
            terminal.print_line(f"{heading} {terminal.format_chain(chain['path'])}")
        if not answer["chains"]:
            root = terminal.inline_label(answer["root"])
            terminal.print_line(f"{root} does not depend on {terminal.escape(dependency)}")
        _print_count(len(answer["chains"]), answer["total"])
    return 0 if answer["chains"] else EXIT_NOTHING


def splice(client: Client, args: argparse.Namespace) -> int:
    """Print the changes of a splice by `GET /specs/{hash}/splice` and return the exit code."""
    path = "/specs/{}/splice".format(resolve_root(client, " ".join(args.root)))
    answer = _collect_pages(client, path, _SECTIONS, args.limit, deptypes=args.deptypes)
    if args.as_json:
        _print_json(answer)
    elif not answer["spliced"]:
        terminal.print_line(f"{terminal.inline_label(answer['root'])} was not spliced")
    else:
        _print_splice(answer)
    return 0 if answer["spliced"] else EXIT_NOTHING


def plan(client: Client, args: argparse.Namespace) -> int:
    """Print a planned splice by `POST /splices/plan` and return the exit code."""
    answer = client.post_json("/splices/plan", _plan_question(args))
    if args.as_json:
        _print_json(answer)
    elif args.configuration:
        sys.stdout.write(answer["configuration"])
    else:
        _print_plan(answer)
    return 0


def check(client: Client, args: argparse.Namespace) -> int:
    """Print whether a planned splice would start and return the exit code."""
    answer = client.post_json("/splices/plan", _plan_question(args), abi="true")
    verdict = answer["abi"]
    if args.as_json:
        _print_json(verdict)
    else:
        terminal.print_line(_plan_title(answer))
        _print_verdict(verdict)
    return EXIT_OF_VERDICT[verdict["verdict"]]


def _plan_question(args: argparse.Namespace) -> JsonObject:
    return {
        "target": args.target,
        "replacement": args.replacement,
        "transitive": not args.intransitive,
        "replace": args.replace,
    }


def _plan_title(answer: JsonObject) -> str:
    label = terminal.inline_label
    kind = "transitive" if answer["transitive"] else "intransitive"
    return f"{label(answer['target'])} with {label(answer['replacement'])}, {kind}"


def _print_verdict(verdict: JsonObject) -> None:
    colour = {"loads": "*g", "broken": "*r", "unknown": "*y"}[verdict["verdict"]]
    terminal.print_line("verdict: {}".format(terminal.coloured(colour, verdict["verdict"])))
    for each in verdict["findings"]:
        what = terminal.coloured("r", "{:<16}".format(each["kind"]))
        terminal.print_line(
            f"{what} {terminal.escape(each['what'])} needed by {_file_label(each['needed_by'])}"
        )
        before = each["provided_before_by"]
        if before:
            terminal.print_line("{:<16} before: {}".format("", _file_label(before)))
    coverage = verdict["coverage"]
    read = coverage["specs"] - coverage["without_files"]
    terminal.print_line(f"files of {read} of {coverage['specs']} deployed specs were read")
    for each in verdict["missing"] if verdict["verdict"] == "unknown" else ():
        terminal.print_line(f"no files of {terminal.inline_label(each)}")
    if verdict["verdict"] == "loads":
        terminal.print_line(terminal.escape(verdict["note"]))


def _file_label(file: JsonObject) -> str:
    path = terminal.escape(file["path"])
    return f"{terminal.inline_label(file)}: {path}" if file["hash"] else path


def _print_plan(answer: JsonObject) -> None:
    label = terminal.inline_label
    terminal.print_line(_plan_title(answer))
    for claim in answer["claimed"]:
        terminal.print_line(f"hash in Spack {claim['spack']}: {claim['hash']}")
    for section, word in (("taken_out", "out"), ("put_in", "in"), ("relinked", "relinked")):
        for node in answer["summary"][section]:
            terminal.print_line(f"{word:9} {label(node)}")
    for known in answer["known"]:
        other = known["by"] == "claimed hash"
        same = "another spec with that hash" if other else "this splice"
        terminal.print_line(f"stored: {label(known)} is {same}")
    terminal.print_line("")
    sys.stdout.write(answer["configuration"])


def _print_splice(answer: JsonObject) -> None:
    root = terminal.inline_label(answer["root"])
    terminal.print_line(f"{root} built as {terminal.inline_label(answer['build_spec'])}")
    terminal.print_line(
        "{kept} kept, {relinked} relinked, {taken_out} taken out, {put_in} put in".format(
            **answer["counts"]
        )
    )
    for node in answer["taken_out"]:
        heading = terminal.coloured("r", "out     ")
        terminal.print_line(f"{heading}  {terminal.list_label(node)}")
    for node in answer["put_in"]:
        heading = terminal.coloured("g", "in      ")
        replaced = node["replaces"]
        note = f"  for {terminal.inline_label(replaced)}" if replaced else ""
        terminal.print_line(f"{heading}  {terminal.list_label(node)}{note}")
    for node in answer["relinked"]:
        heading = terminal.coloured("y", "relinked")
        build_spec = terminal.coloured("K", "/" + node["build_spec"][: terminal.HASH_LETTERS])
        terminal.print_line(f"{heading}  {terminal.list_label(node)}  built as {build_spec}")


def resolve_root(client: Client, text: str) -> str:
    """Return the hash, or the start of one, of a root given as `/hash` or as a spec.

    Raises:
        AmbiguousError: if the text is a spec, and not exactly one root of the service satisfies it.
        ServiceError: if the service cannot be asked.

    """
    text = text.strip()
    if re.match(r"/[a-z2-7]{1,32}$", text):
        return text[1:]
    if re.match(r"[a-z2-7]{32}$", text):
        return text
    items = client.get("/specs", q=text, limit=10)["items"]
    if len(items) == 1:
        return str(items[0]["hash"])
    if not items:
        # No package has this name, so it may be a hash without its slash.
        if re.match(r"[a-z2-7]{4,32}$", text):
            return text
        raise AmbiguousError(f"no root of the service matches {text}")
    lines = [f"several roots match {text}; give the hash of one, after a slash:"]
    lines += ["    /{} {}@{}".format(i["hash"][:7], i["name"], i["version"]) for i in items]
    raise AmbiguousError("\n".join(lines))


def _collect_pages(
    client: Client, path: str, lists: Sequence[str], limit: int, **parameters: Any
) -> JsonObject:
    """Request pages until an answer has `limit` entries in its lists, or there are no more."""
    collected: Dict[str, List[Any]] = {name: [] for name in lists}
    cursor = None
    while True:
        remaining = limit - sum(len(entries) for entries in collected.values())
        page = client.get(path, limit=min(remaining, _PAGE_SIZE), cursor=cursor, **parameters)
        for name in lists:
            collected[name] += page[name]
        cursor = page["next"]
        if cursor is None or sum(len(entries) for entries in collected.values()) >= limit:
            page.update(collected)
            return page


def _print_count(shown: int, total: JsonObject) -> None:
    at_least = "at least " if total["type"] == "AT_LEAST" else ""
    more = "; --limit shows more" if shown < total["count"] else ""
    terminal.print_line(f"{shown} of {at_least}{total['count']}{more}")


def _print_json(answer: JsonObject) -> None:
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")


def exit_code(error: RefusedError) -> int:
    """Return the exit code for a refusal."""
    return EXIT_NOT_FOUND if error.status in (404, 409) else EXIT_USAGE


def error_message(error: RefusedError) -> str:
    """Return the text of a refusal, with the position in a spec and the candidates for a hash."""
    lines = [str(error)]
    body = error.body
    if "position" in body and "text" in body:
        lines += [body["text"], " " * body["position"] + "^" * max(1, body.get("length", 1))]
    for spec in body.get("candidates", ()):
        lines.append("    /{} {}@{}".format(spec["hash"], spec["name"], spec["version"]))
    return "\n".join(lines)
