"""The specs that really load a file of some spec, whatever their documents say."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.queries.abi import Sides, StoredFiles, find_loaded_specs
from service.queries.errors import InvalidQuestionError
from service.queries.query import Query
from service.queries.selection import resolve_hashes, select
from service.queries.stored_dags import load_dag
from spec_syntax import AllOf, AnyOf, Atom, Side, SpecConstraint

MOST = 200
"""Most specs of which the files are looked at for one question."""
FindUids = Callable[[Query, int], Sequence[str]]
"""Returns the identities of the specs that a query asks for, at most so many."""


def with_running(database: Database, query: Query, find: FindUids) -> Query:
    """Return a query that names the specs which run with its `runs_with`.

    Only specs that are deployed or built with it are looked at, and other contents of their
    hashes: what is linked is one of the two. All of them are, or if these are too many, those that
    the rest of the query leaves. A spec of which no file was read is none of them.

    Args:
        database: The graph.
        query: The question; without `runs_with` it is returned as it is.
        find: Finds the specs of a query without it.

    Raises:
        InvalidQuestionError: More than `MOST` specs would have to be looked at.
    """
    if query.runs_with is None:
        return query
    wanted = {hash_of(uid) for uid in select(database, query.runs_with)}
    candidates = _candidates(query, query.runs_with, find) if wanted else ()
    contents = resolve_hashes(database, {hash_of(uid) for uid in candidates})
    every = {*candidates, *(uid for uids in contents.values() for uid in uids)}
    running = [uid for uid in sorted(every) if not wanted.isdisjoint(_loaded_by(database, uid))]
    return replace(query, running=tuple(running))


def _candidates(query: Query, constraint: SpecConstraint, find: FindUids) -> Sequence[str]:
    """Return the specs that may run with one that the query names."""
    sides = (Side.DEPLOYED_WITH, Side.BUILT_WITH)
    related = AnyOf(tuple(Atom(side, constraint, "") for side in sides))
    found = find(Query(related), MOST + 1)
    if len(found) > MOST:
        rest = AllOf((related, query.expression))
        found = find(replace(query, expression=rest, runs_with=None, exact=False), MOST + 1)
    if len(found) > MOST:
        raise InvalidQuestionError(
            f"runs_with: the files of more than {MOST} specs would have to be looked at; name a "
            "version or a hash, or add other conditions"
        )
    return found


def _loaded_by(database: Database, uid: str) -> set[str]:
    """Return the hashes of the specs of which the dynamic loader maps a file for a spec."""
    dag = load_dag(database, uid)
    if dag is None:
        return set()
    sides = replace(Sides.of_dag(dag), built=())
    return find_loaded_specs(sides, StoredFiles.read(database, sides, None))
