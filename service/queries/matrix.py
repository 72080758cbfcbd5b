"""How attempts ended, by package and one more property."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.queries.stub_selection import select_attempted
from service.queries.suggestions import Suggestion, find_suggestions
from spec_syntax import SpecConstraint


class MatrixCell(TypedDict):
    """How the attempts at a package with one value of the property ended.

    `other` counts the attempts that neither succeeded nor failed nor were skipped, `last` is the
    status of the newest.
    """

    package: str
    value: str
    succeeded: int
    failed: int
    skipped: int
    other: int
    last: str


@dataclass(frozen=True, slots=True)
class SuccessMatrix:
    """How attempts ended, by package and the value of one property.

    Attributes:
        by: The property, one of `MATRIX_PROPERTIES`.
        packages: Names of the packages, sorted.
        values: Values of the property, sorted as text; `(none)` stands for attempts without one.
        cells: One for each package and value that was attempted.
        advice: If there is none, what the question names and the graph does not have.
    """

    by: str
    packages: Sequence[str]
    values: Sequence[str]
    cells: Sequence[MatrixCell]
    advice: Sequence[Suggestion] = ()


def success_matrix(
    database: Database, constraint: SpecConstraint | None, by: str, site: str | None
) -> SuccessMatrix:
    """Count how attempts ended; specs unpacked from a build cache are left out.

    Args:
        database: The graph.
        constraint: Only attempts at specs that satisfy it.
        by: One of `MATRIX_PROPERTIES`.
        site: Only attempts made at this site.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    # All attempts are found without a list of their specs, which could be very long.
    hashes = None if constraint is None else select_attempted(database, constraint)
    cells: list[MatrixCell] = database.read_one("success_matrix", hashes=hashes, by=by, site=site)
    return SuccessMatrix(
        by,
        sorted({cell["package"] for cell in cells}),
        sorted({cell["value"] for cell in cells}),
        cells,
        () if cells else find_suggestions(database, [constraint] if constraint else [], site),
    )
