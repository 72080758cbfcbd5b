"""Connect the entries of a document with the contents that it describes if a hash has several.

Installations, offers and locks are stored by their hash, before the documents of a collection are.
Once these are stored, each is moved to the content that the same collection described.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.specs.contents import hash_of
from loaders.store.rows import chunks_of

ROWS_PER_TRANSACTION = 1_000

Contents = Mapping[str, str]
"""Identity of a content by its hash, for hashes that do not determine theirs."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The contents of a collection, and the statement that connects its entries with them.

    Attributes:
        statement: Name of the statement.
        holder: Its parameters besides `rows`.
        contents: The contents.
    """

    statement: str
    holder: Mapping[str, object]
    contents: Contents

    def write(self, database: Database) -> None:
        """Connect the entries."""
        rows = [{"hash": hash_, "uid": uid} for hash_, uid in sorted(self.contents.items())]
        for part in chunks_of(ROWS_PER_TRANSACTION, rows):
            database.write(partial(self._write_rows, rows=part))

    def _write_rows(self, tx: ManagedTransaction, rows: Sequence[Mapping[str, str]]) -> None:
        run_one(tx, self.statement, rows=rows, **self.holder)


def installations_of(store: str, as_of: float, contents: Contents) -> Placement:
    """Return the placement of the installations that an index of a store lists."""
    return Placement("place_installations", {"store": store, "as_of": as_of}, contents)


def offers_of(mirror: str, contents: Contents) -> Placement:
    """Return the placement of the specs that a build cache offers."""
    return Placement("place_offers", {"mirror": mirror}, contents)


def locks_of(lockfile: str, contents: Contents) -> Placement:
    """Return the placement of the roots of an environment."""
    return Placement("place_locks", {"lockfile": lockfile}, contents)


def place_install_folder(database: Database, uid: str, builds: Sequence[str]) -> None:
    """Note that a content was read from an install folder.

    Args:
        database: The database to write to.
        uid: Identity of the content.
        builds: Uids of the attempts that the folder is evidence for.
    """
    database.write(
        lambda tx: run_one(tx, "place_install_folder", uid=uid, hash=hash_of(uid), builds=builds)
    )
