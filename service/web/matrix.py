"""`/matrix`: the success of builds as a heat map with a row for each package."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import marshmallow as ma
from flask import Blueprint, render_template, request
from marshmallow import fields, validate

from service.api.request import bounded
from service.api.schemas.builds import MatrixArguments
from service.queries.attempts import ADVICE
from service.queries.choices import MATRIX_PROPERTIES
from service.queries.matrix import (
    MatrixCell,
    SuccessMatrix,
    success_matrix,
)
from service.queries.parsing import parse_one
from service.text import describe_attempts
from service.web.builds import given_filters
from service.web.views import address_of, arguments_of
from spec_syntax import version_key

blueprint = Blueprint("matrix_page", __name__)

ROWS, MOST_COLUMNS = 60, 40
"""Packages on one page, and values that have a column."""
NONE = "(none)"
ORDERS = ("name", "failures")
_CONSTRAINTS = {"compiler": "{} %{}", "target": "{} target={}", "os": "{} os={}"}


class MatrixPage(ma.Schema):
    """Which rows, in which order."""

    order = fields.String(load_default="name", validate=validate.OneOf(ORDERS))
    row = fields.Integer(load_default=0, validate=validate.Range(0, 1_000_000))


@dataclass(frozen=True, slots=True)
class Cell:
    """How the attempts at a package with one value ended.

    Attributes:
        text: How many succeeded, as commands print it.
        succeeded: Attempts that succeeded.
        tried: Attempts that were made.
        skipped: Attempts that were skipped.
        last: Status of the newest one.
        step: Style of the cell: from `s0` if none succeeded to `s4` if all did, `skipped` if none
            was made.
        href: Address of these attempts, or None if no spec describes them.
    """

    text: str
    succeeded: int
    tried: int
    skipped: int
    last: str
    step: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One package.

    Attributes:
        package: Its name.
        succeeded: Attempts that succeeded.
        tried: Attempts that were made.
        cells: One for each column, None if there was no attempt.
    """

    package: str
    succeeded: int
    tried: int
    cells: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The part of a matrix that one page shows.

    Attributes:
        columns: Values of the property, in their own order.
        rows: The packages of this page.
        left_out: Number of values without a column, as too many others have more attempts.
        packages: Number of packages on all pages.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    left_out: int
    packages: int


def attempts_made(cell: MatrixCell) -> int:
    """Return how many attempts of a cell were made, those skipped not counted."""
    return cell["succeeded"] + cell["failed"] + cell["other"]


def heat_map(found: SuccessMatrix, order: str, first_row: int, site: str) -> HeatMap:
    """Return the rows of one page of a matrix, with the columns that they need.

    Args:
        found: The matrix.
        order: One of `ORDERS`.
        first_row: Index of the page's first package in that order.
        site: Name of the only site that attempts were counted at, empty for all.
    """
    by_package: dict[str, list[MatrixCell]] = defaultdict(list)
    for cell in found.cells:
        by_package[cell["package"]].append(cell)
    names = _ordered(by_package, order)[first_row : first_row + ROWS]
    # Each page has the columns that its own packages need most: a compiler that only others were
    # built with would be an empty column.
    weights: Counter[str] = Counter()
    for name in names:
        for cell in by_package[name]:
            weights[cell["value"]] += attempts_made(cell) + cell["skipped"]
    chosen = [value for value, _ in weights.most_common(MOST_COLUMNS)]
    columns = sorted(chosen, key=lambda value: _column_order(found.by, value))
    rows = [_row(name, by_package[name], columns, found.by, site) for name in names]
    return HeatMap(columns, rows, len(weights) - len(chosen), len(by_package))


def _ordered(by_package: Mapping[str, Sequence[MatrixCell]], order: str) -> list[str]:
    if order == "name":
        return sorted(by_package)
    failures = {name: sum(each["failed"] for each in cells) for name, cells in by_package.items()}
    return sorted(by_package, key=lambda name: (-failures[name], name))


def _column_order(by: str, value: str) -> tuple[str, ...]:
    """Return the sort key of a column: versions in Spack's order, a compiler's below its name."""
    # Attempts without a value come last, whatever the others are.
    if value == NONE:
        return ("1",)
    if by == "version":
        return ("0", version_key(value), value)
    name, _, version = value.partition("@")
    return ("0", name, version_key(version) if version else "", value)


def _row(name: str, cells: Sequence[MatrixCell], columns: Sequence[str], by: str, site: str) -> Row:
    at = {cell["value"]: cell for cell in cells}
    return Row(
        name,
        sum(cell["succeeded"] for cell in cells),
        sum(map(attempts_made, cells)),
        [_cell(at[value], by, site) if value in at else None for value in columns],
    )


def _cell(cell: MatrixCell, by: str, site: str) -> Cell:
    made = attempts_made(cell)
    share = 4 * cell["succeeded"] / made if made else 0.0
    # Only a cell without any failure is s4, and only one without any success is s0.
    step = f"s{min(max(round(share), 1), 3) if 0 < share < 4 else int(share)}"
    return Cell(
        describe_attempts(cell["succeeded"], made, cell["skipped"]),
        cell["succeeded"],
        made,
        cell["skipped"],
        cell["last"],
        step if made else "skipped",
        _attempts_address(cell["package"], by, cell["value"], site),
    )


def _attempts_address(package: str, by: str, value: str, site: str) -> str | None:
    """Return the address of the list of a cell's attempts."""
    # No spec syntax asks for the absence of a compiler or a target.
    if value == NONE:
        return None
    if by == "site":
        return address_of("/builds", q=package, site=value)
    if by == "version":
        # A git ref has no exact form in Spack's syntax.
        exact = "@" if value.startswith("git.") else "@="
        return address_of("/builds", q=f"{package}{exact}{value}", site=site)
    name, _, version = value.partition("@")
    exact_value = f"{name}@={version}" if by == "compiler" and version else value
    return address_of("/builds", q=_CONSTRAINTS[by].format(package, exact_value), site=site)


@blueprint.get("/matrix")
def show_matrix() -> str:
    """Show the heat map."""
    given = given_filters(("by", "q", "site", "order"))
    place = arguments_of(MatrixPage, request.args)
    asked = arguments_of(MatrixArguments, request.args)
    constraint = parse_one("q", asked["q"])
    found = success_matrix(bounded(ADVICE), constraint, asked["by"], asked["site"])
    shown = heat_map(found, place["order"], place["row"], given["site"])
    after = place["row"] + ROWS
    return render_template(
        "builds/matrix.html",
        map=shown,
        advice=found.advice,
        by=found.by,
        given=given,
        order=place["order"],
        columns=MATRIX_PROPERTIES,
        first=place["row"] + 1,
        next=address_of("/matrix", **given, row=after) if after < shown.packages else None,
        json_twin=address_of("/api/v1/matrix", by=given["by"], q=given["q"], site=given["site"]),
    )
