"""`/feeds/*.atom` and `/badge.svg`: what happened lately, for feed readers and other pages."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from flask import Blueprint, Response, render_template

from service.api.listing import attempt_filter
from service.api.request import bounded, service_address
from service.api.schemas.builds import AttemptArguments
from service.queries.activity import WEEK, find_recent_roots
from service.queries.attempts import ADVICE, AttemptItem, find_attempts
from service.queries.times import load_time
from service.web.builds import given_filters
from service.web.views import address_of, arguments_of, name_in_address

blueprint = Blueprint("feeds", __name__)

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = 50
_SPLICES_SINCE = 26 * WEEK
"""Splices loaded longer ago, in seconds, are not in the feed."""
_COLORS = {"succeeded": "#1a6f3c", "failed": "#b42318"}
_CHARACTER = 6.6
"""Average width of a character of a badge in pixels, at 11 pixels."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    Attributes:
        path: Path of its page, which also identifies it.
        title: What happened.
        updated: When, in seconds since 1970.
        summary: More about it; may be empty.
    """

    path: str
    title: str
    updated: float
    summary: str = ""


@blueprint.get("/feeds/failures.atom")
def failures() -> Response:
    """The newest builds that failed, of all packages or those that filters let through."""
    given = given_filters(("q", "site", "phase"))
    arguments = arguments_of(AttemptArguments, given)
    criteria = replace(attempt_filter(arguments), statuses=("failed",))
    found = find_attempts(bounded(ADVICE), criteria, "", _ENTRIES).items
    return _feed("Failed builds", address_of("/feeds/failures.atom", **given), map(_failure, found))


def _failure(attempt: AttemptItem) -> Entry:
    version = f"@{attempt['version']}" if attempt["version"] else ""
    phase = f" in {attempt['failed_phase']}" if attempt["failed_phase"] else ""
    place = f" at {attempt['site']}" if attempt["site"] else ""
    title = f"{attempt['name'] or '?'}{version}/{attempt['hash'][:7]} failed{phase}{place}"
    cause = attempt["cause"]
    text = cause["text"] if cause else ""
    return Entry(f"/build/{attempt['uid']}", title, attempt["started"] or 0.0, text)


@blueprint.get("/feeds/splices.atom")
def splices() -> Response:
    """The spliced roots that were loaded last."""
    since = time.time() - _SPLICES_SINCE
    found = find_recent_roots(bounded(ADVICE), since, _ENTRIES, spliced=True).items
    entries = []
    for root in found:
        origin = root["build_spec"]
        built = f", built as /{origin['hash'][:7]}" if origin else ""
        title = f"{root['name']}@{root['version']}/{root['hash'][:7]} is a splice{built}"
        path = f"/spec/{name_in_address(root)}/splice"
        entries.append(Entry(path, title, load_time(root["load"])))
    return _feed("New splices", "/feeds/splices.atom", entries)


def _feed(title: str, path: str, entries: Iterable[Entry]) -> Response:
    found = list(entries)
    root = ET.Element("feed", xmlns=_ATOM)
    _fill(root, f"{service_address()}{path}", f"{title} - Specgraph", _newest(found), "self")
    ET.SubElement(ET.SubElement(root, "author"), "name").text = "Specgraph"
    for each in found:
        entry = ET.SubElement(root, "entry")
        address = f"{service_address()}{each.path}"
        _fill(entry, address, each.title, each.updated, "alternate")
        if each.summary:
            ET.SubElement(entry, "summary").text = _printable(each.summary)
    content = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, mimetype="application/atom+xml")


def _newest(entries: Sequence[Entry]) -> float:
    return max((each.updated for each in entries), default=0.0)


def _fill(parent: ET.Element, address: str, title: str, updated: float, rel: str) -> None:
    ET.SubElement(parent, "id").text = address
    ET.SubElement(parent, "title").text = _printable(title)
    ET.SubElement(parent, "updated").text = _atom_time(updated)
    ET.SubElement(parent, "link", rel=rel, href=address)


def _atom_time(seconds: float) -> str:
    """Return a time as RFC 4287 writes it; a time that no calendar has counts as 1970."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return "1970-01-01T00:00:00Z"


def _printable(text: str) -> str:
    """Return a text without the control characters that XML 1.0 has no way to write."""
    return "".join(each for each in text if each in "\t\n" or each.isprintable() or each == " ")


@blueprint.get("/badge.svg")
def badge() -> Response:
    """Whether the newest build of a package, or of all, succeeded: `q` and `site` choose it."""
    given = given_filters(("q", "site"))
    criteria = replace(
        attempt_filter(arguments_of(AttemptArguments, given)), statuses=("succeeded", "failed")
    )
    found = find_attempts(bounded(ADVICE), criteria, "", 1).items
    status = found[0]["status"] if found else "no builds"
    label = (given["q"] or "builds")[:60]
    widths = [round(len(text) * _CHARACTER + 12) for text in (label, status)]
    drawn = render_template(
        "badge.svg", label=label, status=status, widths=widths, color=_COLORS.get(status, "#57606a")
    )
    response = Response(drawn, mimetype="image/svg+xml")
    # Pages that show it must not keep an old answer.
    response.headers["Cache-Control"] = "no-cache"
    return response
