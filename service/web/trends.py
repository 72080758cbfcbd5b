"""`/trends`: the builds and the failures of each week."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import marshmallow as ma
from flask import Blueprint, render_template, request
from marshmallow import fields, validate

from service.api.request import bounded
from service.queries.activity import (
    DAY,
    WEEK,
    WeekOfBuilds,
    count_builds_by_week,
    newest_build_time,
)
from service.queries.attempts import ADVICE
from service.text import format_time
from service.web.builds import given_filters
from service.web.views import address_of, arguments_of

blueprint = Blueprint("trend_pages", __name__)

WEEKS = 12
"""Weeks on the page by default."""
_MOST_WEEKS = 60
_HEIGHT = 120
"""Height of the longest bar in pixels."""


class TrendArguments(ma.Schema):
    """Which weeks."""

    site = fields.String(load_default=None)
    weeks = fields.Integer(load_default=WEEKS, validate=validate.Range(1, _MOST_WEEKS))


@dataclass(frozen=True, slots=True)
class Bar:
    """A week as a bar and as a row of the table.

    Attributes:
        week: Its builds.
        first: Its first day, as in an address.
        after: The first day of the next week.
        heights: Heights in pixels of the parts that succeeded, failed, and ended otherwise.
    """

    week: WeekOfBuilds
    first: str
    after: str
    heights: tuple[float, float, float]


def bars_of(weeks: Sequence[WeekOfBuilds]) -> list[Bar]:
    """Return weeks as bars, of which the longest has the full height."""
    most = max((week.total for week in weeks), default=0) or 1

    def height(number: int) -> float:
        return round(number / most * _HEIGHT, 1)

    return [
        Bar(
            week,
            format_time(week.start + 1)[:10],
            format_time(week.start + WEEK)[:10],
            (height(week.succeeded), height(week.failed), height(week.other)),
        )
        for week in weeks
    ]


@blueprint.get("/trends")
def show_trends() -> str:
    """Show builds by week, up to the week of the newest one."""
    given = given_filters(("site", "weeks"))
    arguments = arguments_of(TrendArguments, request.args)
    site = arguments["site"]
    newest = newest_build_time(bounded(ADVICE), site)
    # A clock may be wrong by hours, but no build of next year is a trend.
    until = min(newest or 0.0, time.time() + DAY)
    weeks = count_builds_by_week(bounded(ADVICE), until, arguments["weeks"], site) if newest else []
    return render_template(
        "lists/trends.html", given=given, bars=bars_of(weeks), height=_HEIGHT, newest=newest
    )


def builds_address(bar: Bar, site: str, status: str = "") -> str:
    """Return the address of the builds of a week."""
    return address_of("/builds", status=status, site=site, since=bar.first, until=bar.after)


blueprint.add_app_template_global(builds_address, "builds_of_week")
