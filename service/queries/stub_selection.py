"""Select specs with builds or installations by a constraint, stubs included.

A stub is a spec that a log, a report or an index names but whose DAG was not uploaded. Only its
hash, the package's name and perhaps a version are known.
"""

from cypher.run import Database
from service.queries.node_filter import version_intervals
from service.queries.selection import resolve, select
from spec_syntax import SpecConstraint


def select_attempted(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the hashes of the specs that satisfy a constraint, attempted stubs included.

    Stubs match by hash, or by name and version; a constraint on anything else leaves them out.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    # A hash names a stub as it names any spec, so its attributes are not compared.
    hash_ = constraint.abstract_hash
    if hash_ and constraint == SpecConstraint(name=constraint.name, abstract_hash=hash_):
        found = resolve(database, hash_)
        return [found] if found else []
    hashes = select(database, constraint)
    if constraint.name is None or not _only_version(constraint):
        return hashes
    # Not every document names a version: only a constraint on it leaves out a stub without one.
    versions = [] if constraint.versions is None else version_intervals(constraint)
    stubs = database.read_one("attempted_stubs", name=constraint.name, versions=versions)
    # A spec may get its DAG between both reads, and is in both lists then.
    return list(dict.fromkeys([*hashes, *stubs]))


def select_installed(database: Database, constraint: SpecConstraint) -> list[str]:
    """Return the hashes of the specs that satisfy a constraint, installed or tested stubs included.

    Stubs match by name alone; a constraint on anything else leaves them out.

    Raises:
        AmbiguousHashError: The constraint has a hash that several specs share.
    """
    hashes = select(database, constraint)
    if constraint.name is None or constraint != SpecConstraint(name=constraint.name):
        return hashes
    stubs = database.read_one("installed_stubs", name=constraint.name)
    return list(dict.fromkeys([*hashes, *stubs]))


def _only_version(constraint: SpecConstraint) -> bool:
    """Return whether a constraint is on name and version alone, and not on a git ref."""
    # Stubs have the version that a document names, which is never a git ref.
    plain = SpecConstraint(name=constraint.name, versions=constraint.versions)
    return constraint == plain and not (constraint.versions and constraint.versions.git_refs)
