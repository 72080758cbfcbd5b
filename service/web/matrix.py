"""`/matrix`: the success of builds as a heat map, a row a package."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
from flask import Blueprint, render_template, request
from marshmallow import fields, validate

from service.api.builds import matrix
from service.api.schemas.builds import COLUMNS, MatrixArguments
from service.web.builds import given_filters
from service.web.views import address, answer, arguments_of
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


@dataclass(frozen=True)
class Cell:
    """How the attempts at a package with one value ended.

    :ivar step: how well: `s0` none succeeded to `s4` all did, `skipped` where none was made.
    :ivar href: the attempts themselves, if a spec can tell which they are.
    """

    succeeded: int
    tried: int
    skipped: int
    last: str
    step: str
    href: str | None


@dataclass(frozen=True)
class Row:
    """One package.

    :ivar cells: one for each column, None where nobody tried.
    """

    package: str
    succeeded: int
    tried: int
    cells: Sequence[Cell | None]


@dataclass(frozen=True)
class HeatMap:
    """What is shown of a matrix.

    :ivar left_out: values that have no column, since too many have more attempts.
    :ivar packages: how many there are on all pages.
    """

    columns: Sequence[str]
    rows: Sequence[Row]
    left_out: int
    packages: int


def heat_map(found: Mapping[str, Any], asked: Mapping[str, Any], site: str) -> HeatMap:
    """The rows that are asked for, with the columns that they need."""
    by_package: dict[str, list[dict[str, Any]]] = {name: [] for name in found["packages"]}
    for cell in found["cells"]:
        by_package[cell["package"]].append(cell)
    names = _ordered(by_package, asked["order"])
    names = names[asked["row"] : asked["row"] + ROWS]
    weights: Counter[str] = Counter()
    for name in names:
        for cell in by_package[name]:
            weights[cell["value"]] += tried(cell) + cell["skipped"]
    chosen = [value for value, _ in weights.most_common(MOST_COLUMNS)]
    columns = sorted(chosen, key=lambda value: _place(found["by"], value))
    rows = [_row(name, by_package[name], columns, found["by"], site) for name in names]
    return HeatMap(columns, rows, len(weights) - len(chosen), len(by_package))


def tried(cell: Mapping[str, Any]) -> int:
    """How many attempts of a cell were made."""
    return int(cell["succeeded"] + cell["failed"] + cell["other"])


def _ordered(by_package: Mapping[str, list[dict[str, Any]]], order: str) -> list[str]:
    if order == "name":
        return sorted(by_package)
    failures = {name: sum(each["failed"] for each in cells) for name, cells in by_package.items()}
    return sorted(by_package, key=lambda name: (-failures[name], name))


def _place(by: str, value: str) -> tuple[str, ...]:
    """Where a value stands: versions as Spack orders them, those of a compiler below its name."""
    if value == NONE:
        return ("1",)
    if by == "version":
        return ("0", version_key(value), value)
    name, _, version = value.partition("@")
    return ("0", name, version_key(version) if version else "", value)


def _row(
    name: str, cells: Sequence[dict[str, Any]], columns: Sequence[str], by: str, site: str
) -> Row:
    at = {cell["value"]: cell for cell in cells}
    return Row(
        name,
        sum(cell["succeeded"] for cell in cells),
        sum(map(tried, cells)),
        [_cell(at[value], by, site) if value in at else None for value in columns],
    )


def _cell(cell: Mapping[str, Any], by: str, site: str) -> Cell:
    made = tried(cell)
    share = 4 * cell["succeeded"] / made if made else 0.0
    # Only what succeeded without exception is s4, only what never did is s0.
    step = f"s{min(max(round(share), 1), 3) if 0 < share < 4 else int(share)}"
    return Cell(
        cell["succeeded"],
        made,
        cell["skipped"],
        cell["last"],
        step if made else "skipped",
        _attempts(cell["package"], by, cell["value"], site),
    )


def _attempts(package: str, by: str, value: str, site: str) -> str | None:
    """The address of the attempts of a cell."""
    if value == NONE:
        return None
    if by == "site":
        return address("/builds", q=package, site=value)
    if by == "version":
        exact = "@" if value.startswith("git.") else "@="
        return address("/builds", q=f"{package}{exact}{value}", site=site)
    name, _, version = value.partition("@")
    told = f"{name}@={version}" if by == "compiler" and version else value
    return address("/builds", q=_CONSTRAINTS[by].format(package, told), site=site)


@blueprint.get("/matrix")
def page() -> str:
    """The page of the heat map."""
    given = given_filters(("by", "q", "site", "order"))
    asked = arguments_of(MatrixPage, request.args)
    found = answer(matrix, MatrixArguments, request.args)
    shown = heat_map(found, asked, given["site"])
    after = asked["row"] + ROWS
    return render_template(
        "builds/matrix.html",
        map=shown,
        by=found["by"],
        given=given,
        order=asked["order"],
        columns=COLUMNS,
        first=asked["row"] + 1,
        next=address("/matrix", **given, row=after) if after < shown.packages else None,
        json_twin=address("/api/v1/matrix", by=given["by"], q=given["q"], site=given["site"]),
    )
