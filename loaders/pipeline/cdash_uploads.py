"""CDash reports whose files come one by one, as Spack uploads them.

Spack sends `Build.xml`, `Update.xml` and `Configure.xml` of a package, each by itself, and none of
them tells all: the hash stands in the log of one, how it ended in another. So what the files told
is kept, secrets taken out, and with each that comes the report is read anew from all of them. What
was read from fewer is taken back in the same transaction. In the end the graph is the one that a
load of their folder makes, whatever their order.
"""

import hashlib
import io
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import zstandard
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import DEFAULT_SITE, MAX_SITE_LENGTH, Log
from loaders.logs.redaction import Redactor
from loaders.reports.cdash import combine_parts
from loaders.reports.cdash_parts import TESTING, Part, read_part
from loaders.reports.report import Report, clean_text
from loaders.store import attempt_rows as rows
from loaders.store.attempts import StoredAttempt, write_attempts
from loaders.store.installations import store_test_runs
from loaders.store.rows import new_load_id

_MOST_NUMBERS = 10**18
"""Numbers of reports are below: integers of Neo4j have 63 bits."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a file.

    :ivar number: of its report, the same for each of its files.
    :ivar report: what all files that came so far tell together.
    :ivar attempts: those of the report, as they were stored; none where nothing changed.
    """

    number: int
    report: Report
    attempts: tuple[StoredAttempt, ...] = ()


def receive(
    database: Database, raw: bytes, *, project: str, site: str | None, redactor: Redactor
) -> Received:
    """Keep a file of a report and store what is known from the report by now.

    :param site: where it was built; None for the site that the file names.
    :raises DocumentError: it is no file of a CDash report by Spack.
    :raises neo4j.exceptions.Neo4jError: the database refused.
    """
    part = read_part("", io.BytesIO(raw), redactor)
    place = site or _site_of(part, redactor)
    uid = _uid(part, project, place)
    _keep(database, part, uid, project, place)
    while True:
        revision, told, parts = _kept(database, uid)
        report = combine_parts(parts, redactor)
        settled = _settle(database, uid, revision, told, report, place)
        if settled is not None:
            break
    store_test_runs(database, report.test_runs, site=place)
    return Received(_number(uid), report, tuple(settled))


def report_numbered(database: Database, number: int) -> Report | None:
    """What the report with a number tells; None where there is none."""
    uid = database.read_one("report_by_number", number=number)
    return None if uid is None else combine_parts(_kept(database, uid)[2])


def _site_of(part: Part, redactor: Redactor) -> str:
    named = clean_text(part.site.get("Name", ""), redactor)
    return " ".join(named.split())[:MAX_SITE_LENGTH].strip() or DEFAULT_SITE


def _uid(part: Part, project: str, site: str) -> str:
    """Identity of the report that a file belongs to.

    A build name that the user chose is the same for the tests of all packages: these are told
    apart by their names.
    """
    tests = sorted(each.name for each in part.tests) if part.kind == TESTING else []
    told = (project, site, part.build, part.stamp, f"{part.began}", *tests)
    return hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest()[:32]


def _number(uid: str) -> int:
    return int(uid, 16) % _MOST_NUMBERS


def _keep(database: Database, part: Part, uid: str, project: str, site: str) -> None:
    """Keep what a file told, with what its report is known by."""
    text = msgspec.json.encode(part).decode()
    blobs = rows.Blobs()
    digest = blobs.add(Log(text, 1, len(text)))
    properties = {
        "number": _number(uid),
        "project": project,
        "site": site,
        "build": part.build,
        "stamp": part.stamp,
    }

    def work(tx: ManagedTransaction) -> None:
        run_one(tx, "merge_blobs", blobs=blobs.rows)
        run_one(
            tx,
            "merge_report",
            uid=uid,
            properties=properties,
            kind=part.kind,
            digest=digest,
            now=time.time(),
        )

    database.write(work)


def _kept(database: Database, uid: str) -> tuple[int, list[str], list[Part]]:
    """How often a report changed, what was read from it last, and what its files told."""
    record = database.read("received_report", uid=uid)[0]
    unpacker = zstandard.ZstdDecompressor()
    texts = [unpacker.decompress(bytes(data)) for data in record["texts"]]
    parts = [msgspec.json.decode(text, type=Part) for text in texts]
    return record["revision"], record["attempts"], parts


def _settle(
    database: Database, uid: str, revision: int, before: Sequence[str], report: Report, site: str
) -> list[StoredAttempt] | None:
    """Store what a report tells in place of what was read from fewer files.

    :returns: what became of its attempts; None where another file came meanwhile.
    """
    told = sorted(f"{each.uid}:{rows.digest_of(each)}" for each in report.attempts)
    if told == sorted(before):
        return []
    pairs = [entry.partition(":") for entry in before]
    taken = [{"uid": build, "digest": digest} for build, _, digest in pairs]
    load = new_load_id()

    def work(tx: ManagedTransaction) -> list[StoredAttempt] | None:
        parameters = {"uid": uid, "revision": revision, "attempts": told, "now": time.time()}
        if not run_one(tx, "settle_report", **parameters):
            return None
        run_one(tx, "retract_evidence", attempts=taken)
        return write_attempts(tx, report.attempts, site=site, origin="submit.php", load=load)

    return database.write(work)
