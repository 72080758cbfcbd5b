"""`/builds` and `/build/<uid>`: attempts at building, and one that failed with its first error."""

from dataclasses import replace
from typing import Any

import marshmallow as ma
from flask import Blueprint, abort, render_template, request
from marshmallow import fields, validate

from service.api.builds import ADVICE, attempt_of, builds, full_uid
from service.api.builds import log as log_view
from service.api.request import bounded, parse_parameter
from service.api.schemas import builds as schemas
from service.queries.attempts import STATUSES, attempts, filter_of
from service.text import duration, when
from service.web import logs
from service.web.views import address, answer, arguments_of

blueprint = Blueprint("build_pages", __name__)

OTHERS = 8
"""Other attempts that hit the same diagnostic, shown with one."""
FILTERS = ("q", "status", "phase", "site", "since", "until", "diagnostic")

blueprint.add_app_template_filter(when)
blueprint.add_app_template_filter(duration)
blueprint.add_app_template_global(address)


class LogPage(ma.Schema):
    """Which part of a log."""

    phase = fields.String(load_default=None)
    start = fields.Integer(
        load_default=1, data_key="from", validate=validate.Range(1, 1_000_000_000)
    )


def given_filters(names: tuple[str, ...] = FILTERS) -> dict[str, str]:
    """The parts of the address that narrow a list, as they were given."""
    return {name: request.args.get(name, "").strip() for name in names}


def next_address(following: str | None) -> str | None:
    """The address of the page of this list that a cursor leads to."""
    if following is None:
        return None
    return address(request.path, **{**request.args, "cursor": following})


@blueprint.get("/builds")
def listed() -> str:
    """The page of attempts, newest first."""
    given = given_filters()
    page = answer(builds, schemas.AttemptArguments, request.args)
    return render_template(
        "builds/list.html",
        page=page,
        given=given,
        statuses=STATUSES,
        counts={} if request.args.get("cursor") else by_status(given),
        next=next_address(page["next"]),
        nothing_at_all=not page["items"] and not any(given.values()),
        json_twin=address("/api/v1/builds", **given),
    )


def by_status(given: dict[str, str]) -> dict[str, dict[str, Any]]:
    """How many attempts there are of each status, whatever status is asked for."""
    arguments = arguments_of(schemas.AttemptArguments, {**given, "status": ""})
    if arguments["diagnostic"]:
        return {}
    database = bounded(ADVICE)
    wanted = filter_of(database, arguments, parse_parameter("q", arguments["q"]))
    counts = {}
    for status in STATUSES:
        _, total, exact = attempts(database, replace(wanted, statuses=(status,)), "", 1)
        if total:
            counts[status] = {"count": total, "type": "EXACT" if exact else "AT_LEAST"}
    return counts


@blueprint.get("/build/<uid>")
def one(uid: str) -> str:
    """The page of one attempt."""
    build = attempt_of(uid)
    phase = request.args.get("phase") or default_phase(build)
    excerpt = logs.windows(log_rows(build, phase)) if phase else []
    return render_template(
        "builds/build.html",
        build=build,
        first_error=first_error(build),
        others=others_that_hit_it(build),
        blamed=blamed_attempt(build),
        phase=phase,
        rows=excerpt,
        shown=sum(isinstance(row, logs.LogLine) for row in excerpt),
        whole_log=f"/api/v1/builds/{build['uid']}/log",
        longest=max((each["seconds"] or 0 for each in build["phases"]), default=0),
        json_twin=f"/api/v1/builds/{build['uid']}",
    )


def default_phase(build: dict[str, Any]) -> str | None:
    """The phase whose log is shown: that which failed, else the last one that has any."""
    kept: list[str] = [each["name"] for each in build["phases"] if each["has_log"]]
    died = build["cause"]["phase"] if build["cause"] else build["failed_phase"]
    return died if died in kept else (kept[-1] if kept else None)


def log_rows(build: dict[str, Any], phase: str) -> list[logs.Row]:
    """The log of a phase of an attempt, line by line; raises as the resource where it has none."""
    text = answer(log_view, schemas.LogArguments, {"phase": phase}, uid=build["uid"])
    found = next(each for each in build["phases"] if each["name"] == phase)
    cause = build["cause"]
    first = cause["line"] if cause and cause["phase"] == phase else None
    content = text.get_data(as_text=True)
    return logs.rows_of(content, found["findings"], first, capped=bool(found["capped"]))


def first_error(build: dict[str, Any]) -> dict[str, Any] | None:
    """The finding that an attempt died of, with its phase and the lines around it."""
    cause = build["cause"]
    if not cause:
        return None
    for phase in build["phases"]:
        if phase["name"] == cause["phase"]:
            for found in phase["findings"]:
                if found["kind"] == "error" and found["line"] == cause["line"]:
                    return {**found, "phase": phase["name"], "has_log": phase["has_log"]}
    return {"before": [], "after": [], "has_log": False, **cause}


def others_that_hit_it(build: dict[str, Any]) -> dict[str, Any] | None:
    """Other attempts that reported the first error of this one; None where it has none."""
    if not build["cause"]:
        return None
    given = {"diagnostic": build["cause"]["fingerprint"], "limit": OTHERS + 1}
    page: dict[str, Any] = answer(builds, schemas.AttemptArguments, given)
    items = [item for item in page["items"] if item["uid"] != build["uid"]]
    return {
        "items": items[:OTHERS],
        "total": {**page["total"], "count": page["total"]["count"] - 1},
    }


def blamed_attempt(build: dict[str, Any]) -> dict[str, Any] | None:
    """The newest failure of the dependency for which this one was skipped."""
    if not build["culprit"]:
        return None
    given = {"q": f"/{build['culprit']['hash']}", "status": "failed", "limit": 1}
    items = answer(builds, schemas.AttemptArguments, given)["items"]
    return dict(items[0]) if items else None


@blueprint.get("/build/<uid>/log")
def log(uid: str) -> str:
    """A part of the log of a phase, with the ways to its other parts and to its marked lines."""
    asked = arguments_of(LogPage, request.args)
    build = attempt_of(full_uid(uid))
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
        json_twin=address(f"/api/v1/builds/{build['uid']}/log", phase=phase),
    )
