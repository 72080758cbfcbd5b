"""Keep records of specs in a temporary file, so that a large index need not fit into memory."""

import sqlite3
from collections.abc import Iterator

from cachetools import LRUCache

from loaders import source

CACHE_BYTES = 32 * source.MIB
"""Size of the records held in memory, most recently used first, in bytes."""

# Nothing has to survive a crash, so journal and synchronous writes are off.
_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE record (id INTEGER PRIMARY KEY, name TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE row (position INTEGER PRIMARY KEY, id INTEGER NOT NULL, raw BLOB NOT NULL);
BEGIN;
"""


class RecordSpool:
    """Names and JSON of records by number, in an SQLite database that is deleted when closed.

    A record may have a row: what is to be stored of it besides the spec.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._cache: LRUCache[int, bytes] = LRUCache(CACHE_BYTES, getsizeof=len)

    def close(self) -> None:
        """Delete all records."""
        self._database.close()

    def put(self, number: int, name: str, raw: bytes) -> None:
        """Store a record, replacing the one with that number."""
        self._cache.pop(number, None)
        self._database.execute(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (number, name, raw)
        )

    def record_json(self, number: int) -> bytes:
        """Return the JSON of a stored record."""
        found = self._cache.get(number)
        if found is None:
            row = self._database.execute("SELECT raw FROM record WHERE id = ?", (number,))
            found = bytes(row.fetchone()[0])
            # One huge record must not evict all others.
            if len(found) < CACHE_BYTES // 16:
                self._cache[number] = found
        return found

    def put_row(self, number: int, raw: bytes) -> None:
        """Store the row of a record."""
        self._database.execute("INSERT INTO row (id, raw) VALUES (?, ?)", (number, raw))

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Yield all rows, each with the number of its record, in their order."""
        yield from self._database.execute("SELECT id, raw FROM row ORDER BY position")

    def record_name(self, number: int) -> str:
        """Return the name of a stored record."""
        row = self._database.execute("SELECT name FROM record WHERE id = ?", (number,))
        return str(row.fetchone()[0])
