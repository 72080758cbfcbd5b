"""A question about specs and its answer, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired

from service.dags.labels import SpecLabel
from service.dags.provenance import ProvenanceMatch
from spec_syntax import Expression, SpecConstraint


@dataclass(frozen=True, slots=True)
class Query:
    """A question about specs.

    Attributes:
        expression: Condition that must hold.
        spliced: True for spliced specs only, False for all others, None for both.
        site: Name of a site that the specs are at; None for any.
        environment: Name of an environment, or the start of its digest, that locks the specs; at
            the site if one is given. None for any.
        exact: Whether to count all specs, however long that takes.
        runs_with: A spec of which the specs must load a file; None for any.
        running: Identities of the specs that do; None if that was not looked up.
    """

    expression: Expression
    spliced: bool | None = None
    site: str | None = None
    environment: str | None = None
    exact: bool = False
    runs_with: SpecConstraint | None = None
    running: tuple[str, ...] | None = None


class SpecItem(SpecLabel):
    """A spec in an answer.

    Attributes:
        name: Package name.
        version_key: Sort key of its version.
        spliced: Whether it was spliced.
        verified: Whether its hash was recomputed from its content and matches.
        matches: For each side of the question the nearest nodes that matched.
        contents: Number of contents that have this hash, if there are several.
    """

    version_key: str
    spliced: bool
    verified: bool
    matches: NotRequired[dict[str, list[ProvenanceMatch]]]
    contents: NotRequired[int]


@dataclass(frozen=True, slots=True)
class SpecPage:
    """A page of an answer.

    Attributes:
        items: The specs, by name, version and hash.
        total: How many specs the whole answer has.
        exact: Whether that is all of them, or only as many as were counted.
    """

    items: Sequence[SpecItem]
    total: int
    exact: bool = True
