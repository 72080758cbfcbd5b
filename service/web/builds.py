"""`/builds` and `/build/<uid>`: attempts at building, and one that failed with its first error."""

from dataclasses import replace
from functools import partial
from typing import TypedDict

import marshmallow as ma
from flask import Blueprint, abort, render_template, request
from marshmallow import fields, validate

from service.api.listing import attempt_filter, page_by_time, with_advice, with_facts
from service.api.request import Total, bounded, total_of
from service.api.schemas import builds as schemas
from service.queries.attempt_details import AttemptDetails, load_attempt, read_log
from service.queries.attempts import (
    ADVICE,
    AttemptFilter,
    AttemptItem,
    count_by_status,
    find_attempts,
)
from service.queries.choices import STATUSES
from service.text import format_duration, format_time
from service.web import logs
from service.web.statements import draw_page
from service.web.views import address_of, arguments_of
from spec_syntax import SpecConstraint

blueprint = Blueprint("build_pages", __name__)

MOST_OTHERS = 8
"""Other attempts that hit the same diagnostic, shown with an attempt."""
FILTERS = ("q", "status", "phase", "site", "since", "until", "diagnostic")

blueprint.add_app_template_filter(format_time, "when")
blueprint.add_app_template_filter(format_duration, "duration")
blueprint.add_app_template_global(address_of, "address")


class FirstError(TypedDict):
    """The error that an attempt died of, with the lines around it if its finding was kept.

    `text` is the whole message, `log_line` its first line.
    """

    phase: str
    line: int
    text: str
    log_line: str
    source_file: str | None
    source_line: int | None
    fingerprint: str
    before: list[str]
    after: list[str]
    has_log: bool


class OtherAttempts(TypedDict):
    """Some of the other attempts that hit a diagnostic, and how many there are."""

    items: list[AttemptItem]
    total: Total


class LogPage(ma.Schema):
    """Which part of a log."""

    phase = fields.String(load_default=None)
    start = fields.Integer(
        load_default=1, data_key="from", validate=validate.Range(1, 1_000_000_000)
    )


def given_filters(names: tuple[str, ...] = FILTERS) -> dict[str, str]:
    """Return the parts of the address that filter a list, as the user gave them."""
    return {name: request.args.get(name, "").strip() for name in names}


def next_address(following: str | None) -> str | None:
    """Return the address of the page of this list that a cursor leads to."""
    if following is None:
        return None
    return address_of(request.path, **{**request.args, "cursor": following})


@blueprint.get("/builds")
def list_builds() -> str:
    """Show the attempts, newest first."""
    given = given_filters()
    arguments = arguments_of(schemas.AttemptArguments, request.args)
    criteria = attempt_filter(arguments)
    page = page_by_time(arguments, partial(find_attempts, bounded(ADVICE), criteria))
    page = with_facts(page, arguments, "spec_uid")
    page = with_advice(page, arguments, [criteria.constraint])
    draw_page("builds", uids=[each["uid"] for each in page["items"]])
    # They are the same on every page of the list. A diagnostic has a page with counts of its own.
    with_counts = not arguments["cursor"] and not criteria.diagnostic
    return render_template(
        "builds/list.html",
        page=page,
        given=given,
        statuses=STATUSES,
        counts=_totals_by_status(criteria) if with_counts else {},
        next=next_address(page["next"]),
        nothing_at_all=not page["items"] and not any(given.values()),
        json_twin=address_of("/api/v1/builds", **given),
    )


def _totals_by_status(criteria: AttemptFilter) -> dict[str, Total]:
    """Return how many attempts of each status there are, whatever status is asked for."""
    counts = count_by_status(bounded(ADVICE), replace(criteria, statuses=STATUSES))
    return {each.status: total_of(each.count, exact=each.exact) for each in counts}


@blueprint.get("/build/<uid>")
def show_build(uid: str) -> str:
    """Show one attempt."""
    build = load_attempt(bounded(ADVICE), uid)
    draw_page("builds", uids=[build["uid"]])
    phase = request.args.get("phase") or default_phase(build)
    shown = logs.excerpt(log_rows(build, phase)) if phase else []
    return render_template(
        "builds/build.html",
        build=build,
        first_error=first_error(build),
        others=others_with_same_error(build),
        blamed=blamed_attempt(build),
        phase=phase,
        rows=shown,
        whole_log=f"/api/v1/builds/{build['uid']}/log",
        longest=max((each["seconds"] or 0 for each in build["phases"]), default=0),
        json_twin=f"/api/v1/builds/{build['uid']}",
    )


def default_phase(build: AttemptDetails) -> str | None:
    """Return the phase whose log is shown: the failed one, else the last one that has a log."""
    kept = [each["name"] for each in build["phases"] if each["has_log"]]
    died = build["cause"]["phase"] if build["cause"] else build["failed_phase"]
    # The failed phase may have no log, as when a report only names it.
    return died if died in kept else (kept[-1] if kept else None)


def log_rows(build: AttemptDetails, phase: str) -> list[logs.Row]:
    """Return the log of a phase of an attempt, line by line.

    Raises:
        NotInGraphError: No log of such a phase was kept.
    """
    text = read_log(bounded(ADVICE), build["uid"], phase=phase).decode()
    # A log was found, so there is such a phase.
    found = next(each for each in build["phases"] if each["name"] == phase)
    cause = build["cause"]
    first = cause["line"] if cause and cause["phase"] == phase else None
    return logs.rows_of(text, found["findings"], first, capped=bool(found["capped"]))


def first_error(build: AttemptDetails) -> FirstError | None:
    """Return the error that an attempt died of, or None if it has none."""
    cause = build["cause"]
    if not cause:
        return None
    for phase in build["phases"]:
        if phase["name"] == cause["phase"]:
            for each in phase["findings"]:
                if each["kind"] == "error" and each["line"] == cause["line"]:
                    before, after = each["before"], each["after"]
                    has_log = phase["has_log"]
                    return {
                        **cause,
                        "log_line": each["text"],
                        "before": before,
                        "after": after,
                        "has_log": has_log,
                    }
    # Only the first findings of a phase are loaded: the cause may be a later one.
    return {**cause, "log_line": cause["text"], "before": [], "after": [], "has_log": False}


def others_with_same_error(build: AttemptDetails) -> OtherAttempts | None:
    """Return other attempts that reported the first error of this one, None if it has none."""
    if not build["cause"]:
        return None
    criteria = AttemptFilter(diagnostic=build["cause"]["fingerprint"])
    # This attempt is among those found, and in their total.
    found = find_attempts(bounded(ADVICE), criteria, "", MOST_OTHERS + 1)
    others = [item for item in found.items if item["uid"] != build["uid"]]
    return {"items": others[:MOST_OTHERS], "total": total_of(found.total - 1)}


def blamed_attempt(build: AttemptDetails) -> AttemptItem | None:
    """Return the newest failure of the dependency because of which this one was skipped."""
    if not build["culprit"]:
        return None
    culprit = SpecConstraint(abstract_hash=build["culprit"]["hash"])
    criteria = AttemptFilter(constraint=culprit, statuses=("failed",))
    found = find_attempts(bounded(ADVICE), criteria, "", 1)
    return found.items[0] if found.items else None


@blueprint.get("/build/<uid>/log")
def show_log(uid: str) -> str:
    """Show a part of the log of a phase, with links to its other parts and its marked lines."""
    asked = arguments_of(LogPage, request.args)
    build = load_attempt(bounded(ADVICE), uid)
    phase = asked["phase"] or default_phase(build)
    if phase is None:
        abort(404, f"no log was kept of attempt {build['uid']}")
    rows = log_rows(build, phase)
    shown = logs.from_line(rows, asked["start"])
    return render_template(
        "builds/log.html",
        build=build,
        phase=phase,
        rows=shown,
        first=asked["start"],
        until=logs.last_line(shown),
        last=logs.last_line(rows),
        marked=[row for row in rows if isinstance(row, logs.LogLine) and row.kind],
        chunk=logs.CHUNK,
        chunk_start=logs.chunk_start,
        json_twin=address_of(f"/api/v1/builds/{build['uid']}/log", phase=phase),
    )
