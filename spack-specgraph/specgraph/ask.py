"""Questions to the service, answered with Spack's own look."""

import json
import re
import sys

from . import look
from .client import RefusedError

EXIT_NOTHING = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 4
_PAGE = 200
_FORMAT = "{name}{@version}{compiler_flags}{variants}"
_SECTIONS = ("taken_out", "put_in", "relinked", "kept")


class AmbiguousError(Exception):
    """A spec that several roots match, or none."""


def query(client, args):
    """Find specs; see `GET /specs`.

    :returns: the exit code.
    """
    answer = _collect(
        client,
        "/specs",
        ("items",),
        args.limit,
        q=" ".join(args.spec) or None,
        built_with=args.built_with,
        deployed_with=args.deployed_with,
        spliced_from=args.spliced_from,
        spliced=args.spliced,
        scope="all" if args.every else "roots",
    )
    if args.as_json:
        _show_json(answer)
    else:
        _show_matches(client, answer, args.variants)
    return 0 if answer["items"] else EXIT_NOTHING


def _show_matches(client, answer, variants):
    for item in answer["items"]:
        told = look.label(item)
        if variants:
            told = _in_full(client, item) or told
        if item.get("spliced"):
            told += "  " + look.coloured("m", "spliced")
        look.out(told)
        for side, found in sorted((item.get("matches") or {}).items()):
            for match in found[:1]:
                words = look.coloured("*", "%-13s" % side.replace("_", " "))
                look.out("    %s %s" % (words, look.chain(match["path"])))
    _show_count(len(answer["items"]), answer["total"])


def _in_full(client, item):
    """A spec as `spack find -lv` prints it; None where this Spack cannot read it."""
    import spack.spec

    try:
        document = client.get("/specs/%s/spec.json" % item["hash"])
        spec = spack.spec.Spec.from_dict(document)
        text = "%s %s" % (spec.cformat(_FORMAT).rstrip(), spec.cformat("{arch=architecture}"))
    except (RefusedError, KeyError, TypeError, ValueError, AttributeError):
        return None
    hash_ = look.coloured("K", item["hash"][: look.HASH_LETTERS])
    return "%s %s" % (hash_, look.plain(text))


def why(client, args):
    """Tell why a dependency is in a DAG; see `GET /specs/{hash}/why`.

    :returns: the exit code.
    """
    path = "/specs/%s/why" % resolve(client, args.root)
    dependency = " ".join(args.dependency)
    answer = _collect(
        client, path, ("chains",), args.limit, dependency=dependency, deptypes=args.deptypes
    )
    if args.as_json:
        _show_json(answer)
    else:
        for each in answer["chains"]:
            words = look.coloured("*", "%-9s" % each["side"])
            look.out("%s %s" % (words, look.chain(each["path"])))
        if not answer["chains"]:
            root = look.step_label(answer["root"])
            look.out("%s does not reach %s" % (root, look.plain(dependency)))
        _show_count(len(answer["chains"]), answer["total"])
    return 0 if answer["chains"] else EXIT_NOTHING


def splice(client, args):
    """Tell what a splice changed; see `GET /specs/{hash}/splice`.

    :returns: the exit code.
    """
    path = "/specs/%s/splice" % resolve(client, " ".join(args.root))
    answer = _collect(client, path, _SECTIONS, args.limit, deptypes=args.deptypes)
    if args.as_json:
        _show_json(answer)
    elif not answer["spliced"]:
        look.out("%s was not spliced" % look.step_label(answer["root"]))
    else:
        _show_splice(answer)
    return 0 if answer["spliced"] else EXIT_NOTHING


def _show_splice(answer):
    counts = answer["counts"]
    look.out("%s built as %s" % tuple(map(look.step_label, (answer["root"], answer["build_spec"]))))
    look.out(
        "%(kept)d kept, %(relinked)d relinked, %(taken_out)d taken out, %(put_in)d put in" % counts
    )
    for node in answer["taken_out"]:
        look.out("%s  %s" % (look.coloured("r", "out     "), look.label(node)))
    for node in answer["put_in"]:
        told = "  for %s" % look.step_label(node["replaces"]) if node["replaces"] else ""
        look.out("%s  %s%s" % (look.coloured("g", "in      "), look.label(node), told))
    for node in answer["relinked"]:
        told = "  built as %s" % look.coloured("K", "/" + node["build_spec"][: look.HASH_LETTERS])
        look.out("%s  %s%s" % (look.coloured("y", "relinked"), look.label(node), told))


def resolve(client, text):
    """The hash, or the start of one, that is meant by a hash after a slash, or by a spec.

    :raises AmbiguousError: not exactly one root of the service matches.
    """
    text = text.strip()
    if re.match(r"/[a-z2-7]{1,32}$", text):
        return text[1:]
    if re.match(r"[a-z2-7]{32}$", text):
        return text
    found = client.get("/specs", q=text, limit=10)
    items = found["items"]
    if len(items) == 1:
        return items[0]["hash"]
    if not items:
        if re.match(r"[a-z2-7]{4,32}$", text):
            return text
        raise AmbiguousError("no root of the service matches %s" % text)
    several = ["several roots match %s; give the hash of one, after a slash:" % text]
    several += ["    /%s %s@%s" % (i["hash"][:7], i["name"], i["version"]) for i in items]
    raise AmbiguousError("\n".join(several))


def _collect(client, path, lists, limit, **parameters):
    """An answer with the first `limit` entries of its lists, page by page."""
    found = {name: [] for name in lists}
    cursor = None
    while True:
        left = limit - sum(len(each) for each in found.values())
        page = client.get(path, limit=min(left, _PAGE), cursor=cursor, **parameters)
        for name in lists:
            found[name] += page[name]
        cursor = page["next"]
        if cursor is None or sum(len(each) for each in found.values()) >= limit:
            page.update(found)
            return page


def _show_count(shown, total):
    at_least = "at least " if total["type"] == "AT_LEAST" else ""
    more = "; --limit shows more" if shown < total["count"] else ""
    look.out("%d of %s%d%s" % (shown, at_least, total["count"], more))


def _show_json(answer):
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")


def exit_code(error):
    """The exit code for a refusal."""
    return EXIT_NOT_FOUND if error.status in (404, 409) else EXIT_USAGE


def told(error):
    """What a refusal says, with the place in a spec and the candidates for a hash."""
    lines = [str(error)]
    body = error.body
    if "position" in body and "text" in body:
        lines += [body["text"], " " * body["position"] + "^" * max(1, body.get("length", 1))]
    for each in body.get("candidates", ()):
        lines.append("    /%s %s@%s" % (each["hash"], each["name"], each["version"]))
    return "\n".join(lines)
