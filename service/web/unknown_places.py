"""Sites and environments that a page was asked about and that the graph does not have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cypher.run import Database
from service.queries.places import find_place_names, is_unknown_place
from service.web.views import address_of


@dataclass(frozen=True, slots=True)
class UnknownPlace:
    """A name that no site, or no environment, has.

    Attributes:
        kind: `site` or `environment`.
        name: The name.
        known: Names that there are, each with the address of the same question about it.
    """

    kind: str
    name: str
    known: Sequence[tuple[str, str]]


def find_unknown_places(
    database: Database, path: str, given: Mapping[str, str]
) -> list[UnknownPlace]:
    """Return the site and the environment of a question that do not exist.

    Args:
        database: The graph.
        path: Path of the page.
        given: The page's parameters.
    """
    asked = [key for key in ("site", "environment") if given[key]]
    unknown = [key for key in asked if is_unknown_place(database, **{key: given[key]})]
    if not unknown:
        return []
    names = find_place_names(database)
    known = {"site": names.sites, "environment": names.environments}
    return [
        UnknownPlace(
            key,
            given[key],
            [(name, address_of(path, **{**given, "cursor": "", key: name})) for name in known[key]],
        )
        for key in unknown
    ]
