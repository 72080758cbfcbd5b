"""Lists, for views and pages alike: filters from parsed arguments, and pages from cursors.

Each function that makes a page fetches one item more than it shows, to learn whether there is a
next page.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

from service.api.request import (
    Arguments,
    Page,
    bounded,
    finish_page,
    scope_of,
    total_of,
)
from service.dags import deptypes
from service.dags.labels import SpecLabel
from service.dags.shared_specs import MAX_PACKAGES, PackageVersions, find_shared, sort_key
from service.paging import cursors
from service.queries import affected, search
from service.queries.attempts import AttemptFilter, parse_statuses
from service.queries.diagnostics import DiagnosticFilter
from service.queries.environments import EnvironmentFilter
from service.queries.errors import InvalidQuestionError
from service.queries.installations import InstallationFilter
from service.queries.listing import Item, Listing
from service.queries.parsing import parse_one, query_of
from service.queries.row_facts import mark_facts
from service.queries.stored_dags import find_dag
from service.queries.suggestions import find_suggestions
from service.queries.times import parse_end_time, parse_time
from spec_syntax import SpecConstraint, iter_atoms


class UncountedPage(TypedDict):
    """One page of a list whose items are not counted.

    `next` is the cursor of the following page, or None on the last one.
    """

    items: Sequence[Mapping[str, Any]]
    next: str | None


class SharedPage(Page):
    """A page of the specs that DAGs share, with their roots.

    `packages` are those of which each DAG has a spec that not all have.
    """

    specs: Sequence[SpecLabel]
    packages: Sequence[PackageVersions]
    packages_truncated: bool


MOST_SHARING = 50
"""Most DAGs that are compared for the specs that they share."""
SHARED_ADVICE = "narrow it: give fewer hashes"


def attempt_filter(arguments: Arguments) -> AttemptFilter:
    """Build a filter from arguments that an `AttemptArguments` schema has loaded.

    Raises:
        ParameterSyntaxError: `q` is not a spec.
        InvalidQuestionError: A status is unknown, or a time is not one.
    """
    return AttemptFilter(
        constraint=parse_one("q", arguments["q"]),
        statuses=parse_statuses(arguments["status"]),
        phase=arguments["phase"],
        site=arguments["site"],
        since=parse_time("since", arguments["since"]),
        until=parse_time("until", arguments["until"]),
        diagnostic=arguments["diagnostic"],
    )


def diagnostic_filter(arguments: Arguments) -> DiagnosticFilter:
    """Build a filter from arguments that a `DiagnosticArguments` schema has loaded.

    Raises:
        ParameterSyntaxError: `q` is not a spec.
    """
    return DiagnosticFilter(
        constraint=parse_one("q", arguments["q"]),
        site=arguments["site"],
        kind=arguments["kind"],
        text=arguments["text"],
        causes=arguments["causes"],
    )


def installation_filter(arguments: Arguments) -> InstallationFilter:
    """Build a filter from arguments that an `InstallationArguments` schema has loaded.

    Raises:
        ParameterSyntaxError: `q` is not a spec.
        InvalidQuestionError: `on` is not a time, or is together with `gone`.
    """
    return InstallationFilter(
        constraint=parse_one("q", arguments["q"]),
        site=arguments["site"],
        explicit=arguments["explicit"],
        at=parse_end_time("on", arguments["on"]),
        gone=arguments["gone"],
    )


def environment_filter(arguments: Arguments) -> EnvironmentFilter:
    """Build a filter from arguments that an `EnvironmentArguments` schema has loaded.

    Raises:
        ParameterSyntaxError: `with` is not a spec.
    """
    holding = parse_one("with", arguments["with"])
    return EnvironmentFilter(arguments["name"], arguments["site"], holding)


def page_by_time(arguments: Arguments, fetch: Callable[[str, int], Listing[Item]]) -> Page:
    """Return the page of a list by time that `limit` and `cursor` ask for; see `page_by_key`."""
    return page_by_key(arguments, "sort_key", fetch)


def page_by_key(arguments: Arguments, key: str, fetch: Callable[[str, int], Listing[Item]]) -> Page:
    """Return the page of a list ordered by a property that `limit` and `cursor` ask for.

    Args:
        arguments: As a `PagingArguments` schema has loaded them.
        key: Name of the property.
        fetch: Called with that property of the last item of the page before, or an empty string,
            and the most items to return.

    Raises:
        CursorError: The cursor is not one of this list.
    """
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    found = fetch(position.name, limit + 1)
    more = len(found.items) > limit
    # A statement sees uploads that are committed while it runs, so the count may be older than the
    # page: no page may have more items than its total, or end before it.
    total = max(found.total, position.seen + len(found.items))
    if not more and not position.seen:
        total = len(found.items)
    return {
        "items": found.items[:limit],
        "next": _next_cursor(found.items, key, limit, scope, position.seen),
        "total": total_of(total, exact=found.exact),
    }


def uncounted_page_by_key(
    arguments: Arguments, key: str, fetch: Callable[[str, int], Sequence[Item]]
) -> UncountedPage:
    """Return a page as `page_by_key` does, but of a list whose items are not counted."""
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    found = fetch(position.name, limit + 1)
    following = _next_cursor(found, key, limit, scope, position.seen)
    return {"items": found[:limit], "next": following}


SomePage = TypeVar("SomePage", bound=Page | UncountedPage)


def with_facts(page: SomePage, arguments: Arguments, key: str = "uid") -> SomePage:
    """Add to each item of a page the facts that tell it apart from the others.

    Args:
        page: The page.
        arguments: As a `FactsArguments` schema has loaded them.
        key: The entry of an item that is the identity of its spec. An item of something else, such
            as a build, has a site and a date of its own, so that those of the spec are left out.
    """
    items = [dict(item) for item in page["items"]]
    mark_facts(bounded(search.ADVICE), items, key, arguments["facts"])
    page["items"] = items
    return page


def with_advice(
    page: Page, arguments: Arguments, constraints: Iterable[SpecConstraint | None]
) -> Page:
    """Add to an empty list what its question names and the graph does not have.

    Args:
        page: The page.
        arguments: Those of the list, of which `site` and `environment` are looked up.
        constraints: Specs in the question.
    """
    if not page["items"] and not arguments["cursor"]:
        advice = find_suggestions(
            bounded(search.ADVICE),
            [each for each in constraints if each is not None],
            arguments.get("site"),
            arguments.get("environment"),
        )
        if advice:
            page["advice"] = advice
    return page


def page_of_specs(arguments: Arguments) -> Page:
    """Return the page of specs that arguments ask for, as `SpecListArguments` has loaded them.

    Raises:
        ParameterSyntaxError: A filter is not a query.
        CursorError: The cursor is not one of this list.
    """
    query, scope, limit = query_of(arguments), scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    database = bounded(search.ADVICE)
    found = search.find_specs(database, query, position, limit + 1, scope=arguments["scope"])
    page = finish_page(
        found.items, found.total, limit, scope, exact=found.exact, seen=position.seen
    )
    constraints = [atom.constraint for atom in iter_atoms(query.expression)]
    return with_advice(with_facts(page, arguments), arguments, constraints)


def page_of_affected(
    question: affected.ImpactQuestion, arguments: Arguments
) -> tuple[Page, affected.AffectedCounts | None]:
    """Return the page of affected specs that arguments ask for, as `ImpactArguments` loads them.

    Returns:
        The page, and the numbers of affected roots unless all specs were asked for.

    Raises:
        CursorError: The cursor is not one of this list.
    """
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    roots_only = arguments["scope"] == "roots"
    find = affected.find_affected if roots_only else affected.find_all_affected
    found = find(bounded(affected.ADVICE), question, arguments["when"], position, limit + 1)
    page = finish_page(found.items, found.total, limit, scope)
    constraints = [atom.constraint for atom in iter_atoms(question.any)]
    page = with_advice(with_facts(page, arguments), arguments, constraints)
    return page, found.counts


def check_sharing(number: int) -> None:
    """Refuse to compare too few or too many DAGs.

    Raises:
        InvalidQuestionError: There are fewer than 2 or more than `MOST_SHARING`.
    """
    if not 2 <= number <= MOST_SHARING:
        raise InvalidQuestionError(f"hashes: {number} of them; give 2 to {MOST_SHARING}")


def page_of_shared(arguments: Arguments, uids: Collection[str]) -> SharedPage:
    """Return the page of the specs that DAGs share, as `CommonArguments` has loaded arguments.

    Args:
        arguments: The dependency types, and the place in the list.
        uids: Identities of the roots of the DAGs.

    Raises:
        InvalidQuestionError: A dependency type is unknown.
        CursorError: The cursor is not one of this list.
    """
    types = deptypes.parse(arguments["deptypes"])
    limited = bounded(SHARED_ADVICE)
    found = find_shared((find_dag(limited, each) for each in uids), types, limited.check_clock)
    scope, limit = scope_of(arguments), arguments["limit"]
    position = cursors.decode(arguments["cursor"], scope)
    seen = position.name, position.version_key, position.uid
    after = [spec for spec in found.specs if sort_key(spec) > seen]
    page = finish_page(after, len(found.specs), limit, scope, seen=position.seen)
    return {
        **with_facts(page, arguments, "hash"),
        "specs": found.roots,
        "packages": found.packages[:MAX_PACKAGES],
        "packages_truncated": len(found.packages) > MAX_PACKAGES,
    }


def _next_cursor(
    found: Sequence[Mapping[str, Any]], key: str, limit: int, scope: str, seen: int
) -> str | None:
    if len(found) <= limit:
        return None
    return cursors.encode_key(found[limit - 1][key], scope, seen + limit)


def page_by_rank(
    arguments: Arguments, fetch: Callable[[int, int], Sequence[Mapping[str, Any]]]
) -> UncountedPage:
    """Return the page of a ranked list that `limit` and `cursor` ask for.

    Args:
        arguments: As a `PagingArguments` schema has loaded them.
        fetch: Called with the number of items to skip and the most items to return.

    Raises:
        CursorError: The cursor is not one of this list.
    """
    # A rank is not a property of an item: the cursor holds the number of items before the page.
    scope, limit = scope_of(arguments), arguments["limit"]
    skipped = cursors.decode(arguments["cursor"], scope).seen
    found = fetch(skipped, limit + 1)
    more = len(found) > limit
    following = cursors.encode_key("", scope, skipped + limit) if more else None
    return {"items": found[:limit], "next": following}
