"""The findings of an examination."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cypher.run import Database

EXAMPLES = 5
"""Number of examples that a finding names."""

Row = dict[str, Any]
"""A record of a statement."""
OnChecked = Callable[[int], None]
"""Called with the number of nodes that were checked since the last call."""


@dataclass
class Finding:
    """The result of one check.

    Attributes:
        checked: Number of nodes that were checked.
        wrong: Number of those in which something is wrong.
        examples: Descriptions of the first few of them.
        repaired: Number of those that were repaired.
    """

    checked: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    repaired: int = 0

    def add(self, example: str, count: int = 1) -> None:
        """Count nodes in which something is wrong."""
        self.wrong += count
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass(frozen=True)
class Check:
    """One check of the graph.

    Attributes:
        name: A short stable word.
        title: The statement that holds if nothing is found.
        advice: How to mend it.
        run: Makes the check, and repairs if its second argument is true.
        repairs: Whether it can repair anything.
        is_notice: Whether a finding is no damage.
    """

    name: str
    title: str
    advice: str
    run: Callable[[Database, bool, OnChecked], Finding]
    repairs: bool = False
    is_notice: bool = False


def find_wrong(
    database: Database, statement: str, key: str, limit: int, is_wrong: Callable[[Row], bool]
) -> Iterator[tuple[int, list[Row]]]:
    """Read all records of a statement in pages, and those that seem wrong twice.

    An upload may have changed them in between.

    Args:
        database: The database.
        statement: A statement with the parameters `after` and `limit`.
        key: The column that it sorts by.
        limit: Number of records in a page.
        is_wrong: Whether something is wrong with a record.

    Yields:
        For each page the number of its records, and those that are wrong.
    """
    after = ""
    while page := [record.data() for record in database.read(statement, after=after, limit=limit)]:
        suspects = {row[key] for row in page if is_wrong(row)}
        wrong = []
        if suspects:
            again = database.read(statement, after=after, limit=len(page))
            rows = [record.data() for record in again if record[key] in suspects]
            wrong = [row for row in rows if is_wrong(row)]
        yield len(page), wrong
        after = page[-1][key]
