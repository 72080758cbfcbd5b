"""The last success of a package, the first failure after it, and their differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.dags.deptypes import ALL
from service.dags.diff import PackageDiff, compare_dags
from service.queries.attempt_details import AttemptDetails, EnvironmentVariable, Host, load_attempt
from service.queries.errors import InvalidQuestionError
from service.queries.stored_dags import load_shown
from service.queries.stub_selection import select_attempted
from service.queries.suggestions import Suggestion, find_suggestions
from spec_syntax import SpecConstraint


class Change(TypedDict):
    """A named value that differs: `a` in the success, `b` in the failure."""

    name: str
    a: str | None
    b: str | None


@dataclass(frozen=True, slots=True)
class Regression:
    """A turn from success to failure, and the differences between both attempts.

    Attributes:
        success: The last success that a failure followed; without such a turn the last success.
        failure: The first failure after that; without a success the first failure.
        same_spec: Whether both are attempts at the same spec.
        same: Number of specs in both DAGs, None if they were not compared.
        entries: The packages that differ, as :func:`service.dags.diff.compare_dags` returns them.
        without_dag: Hashes of the specs whose DAG was not uploaded.
        host: Differences between hosts, sites and versions of Spack.
        variables: Differences between the environment variables that both attempts recorded.
        advice: If no attempt matches, what the question names and the graph does not have.
    """

    success: AttemptDetails | None
    failure: AttemptDetails | None
    same_spec: bool = False
    same: int | None = None
    entries: Sequence[PackageDiff] = ()
    without_dag: Sequence[str] = ()
    host: Sequence[Change] = ()
    variables: Sequence[Change] = ()
    advice: Sequence[Suggestion] = ()


def find_regression(
    database: Database, constraint: SpecConstraint | None, site: str | None
) -> Regression:
    """Find the latest turn from success to failure of a package, and compare both attempts.

    Args:
        database: The graph.
        constraint: The package, and any conditions on it.
        site: Only attempts made at this site.

    Raises:
        InvalidQuestionError: The constraint does not name a package.
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    # Between attempts at different packages a failure after a success means nothing.
    if constraint is None or constraint.name is None:
        raise InvalidQuestionError("q: name one package")
    hashes = select_attempted(database, constraint)
    turn = database.read("turning_point", hashes=hashes, site=site)[0]
    success, failure = (
        None if turn[key] is None else load_attempt(database, turn[key])
        for key in ("success", "failure")
    )
    if success is None or failure is None:
        nothing = success is None and failure is None
        advice = find_suggestions(database, [constraint], site) if nothing else ()
        return Regression(success, failure, advice=advice)
    # If both are attempts at one spec, its DAG is loaded once and differs in nothing.
    dags = {hash_: load_shown(database, hash_) for hash_ in (success["hash"], failure["hash"])}
    a, b = dags[success["hash"]], dags[failure["hash"]]
    found = compare_dags(a, b, ALL) if a is not None and b is not None else None
    return Regression(
        success,
        failure,
        same_spec=success["hash"] == failure["hash"],
        same=found.same if found else None,
        entries=found.entries if found else [],
        without_dag=[hash_ for hash_, dag in dags.items() if dag is None],
        host=differing_entries(_host_of(success), _host_of(failure)),
        variables=differing_entries(
            _values_by_name(success["variables"]), _values_by_name(failure["variables"])
        ),
    )


def differing_entries(a: Mapping[str, str | None], b: Mapping[str, str | None]) -> list[Change]:
    """Return the entries that two flat maps both have and that differ, by name.

    An entry of only one map is not a difference: for an installation Spack records the changes to
    the environment, for a failed build the whole of it.
    """
    return [
        {"name": name, "a": a[name], "b": b[name]}
        for name in sorted(a.keys() & b.keys())
        if a[name] != b[name]
    ]


def _host_of(attempt: AttemptDetails) -> dict[str, str]:
    """Return the recorded properties of the host, and Spack's version and the site."""
    host: Host = attempt["environment"] or {}
    found = {
        "host_os": host.get("host_os"),
        "platform": host.get("platform"),
        "host_target": host.get("host_target"),
        "hostname": host.get("hostname"),
        "kernel_version": host.get("kernel_version"),
        "spack_version": attempt["spack_version"],
        "site": attempt["site"],
    }
    return {key: value for key, value in found.items() if value is not None}


def _values_by_name(variables: Sequence[EnvironmentVariable]) -> dict[str, str | None]:
    return {each["name"]: each["value"] for each in variables}
