"""Select specs with builds or installations by a constraint, stubs included.

A stub is a spec that a log, a report or an index names but whose DAG was not uploaded. Only its
hash, the package's name and perhaps a version are known.
"""

from collections.abc import Iterable

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.queries.node_filter import version_intervals
from service.queries.selection import resolve, select
from spec_syntax import SpecConstraint


def select_attempted(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the hashes of the specs that satisfy a constraint, attempted stubs included.

    An attempt belongs to a hash, whichever of its contents was built.

    Stubs match by hash, or by name and version; a constraint on anything else leaves them out.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    # A hash names a stub as it names any spec, so its attributes are not compared.
    hash_ = constraint.abstract_hash
    if hash_ and constraint == SpecConstraint(name=constraint.name, abstract_hash=hash_):
        return _hashes_of(resolve(database, hash_))
    uids = select(database, constraint)
    if constraint.name is None or not _only_version(constraint):
        return _hashes_of(uids)
    # Not every document names a version: only a constraint on it leaves out a stub without one.
    versions = [] if constraint.versions is None else version_intervals(constraint)
    stubs = database.read_one("attempted_stubs", name=constraint.name, versions=versions)
    # A spec may get its DAG between both reads, and is in both lists then.
    return _hashes_of([*uids, *stubs])


def _hashes_of(uids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(hash_of, uids)))


def select_installed(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the identities of the specs that satisfy a constraint, with installed or tested stubs.

    Stubs match by name alone; a constraint on anything else leaves them out.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    uids = select(database, constraint)
    if constraint.name is None or constraint != SpecConstraint(name=constraint.name):
        return uids
    stubs = database.read_one("installed_stubs", name=constraint.name)
    return list(dict.fromkeys([*uids, *stubs]))


def _only_version(constraint: SpecConstraint) -> bool:
    """Return whether a constraint is on name and version alone, and not on a git ref."""
    # Stubs have the version that a document names, which is never a git ref.
    plain = SpecConstraint(name=constraint.name, versions=constraint.versions)
    return constraint == plain and not (constraint.versions and constraint.versions.git_refs)
