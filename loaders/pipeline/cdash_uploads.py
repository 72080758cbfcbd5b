"""Receive the files of CDash reports one by one, as Spack uploads them.

Spack sends `Build.xml`, `Update.xml` and `Configure.xml` of a package in separate requests, and
none of them is complete: the log with the hash is in one, how the build ended in another. So the
content of each file is stored without secrets, and with each new file the report is read again from
all of them. The attempts that were read from fewer files are retracted in the same transaction. In
the end the graph is the same as after loading the folder with the files, whatever their order.
"""

import hashlib
import io
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec
import zstandard
from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.evidence import DEFAULT_SITE, MAX_SITE_LENGTH, Log
from loaders.logs.redaction import Redactor
from loaders.reports.cdash import combine_parts
from loaders.reports.cdash_parts import TESTING, ReportPart, read_part
from loaders.reports.report import Report, clean_text
from loaders.store import attempt_rows
from loaders.store.attempts import StoredAttempt, write_attempts
from loaders.store.installations import store_test_runs
from loaders.store.rows import Row, Rows, new_load_id

_MOST_NUMBERS = 10**18
"""Upper limit of the numbers of reports: Neo4j's integers have 63 bits."""


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """The result of receiving a file.

    Attributes:
        number: Number of its report, the same for each of its files.
        report: The report as read from all files received so far.
        attempts: Results of storing the attempts of the report; none if nothing changed.
    """

    number: int
    report: Report
    attempts: tuple[StoredAttempt, ...] = ()


class _StoredReport(NamedTuple):
    """The files of a report that were received so far.

    Attributes:
        revision: Number of times that a file changed the report.
        attempts: Uid and digest of each attempt that was read from it, joined by a colon.
        parts: Content of the files.
        site: Site of the build.
    """

    revision: int
    attempts: list[str]
    parts: list[ReportPart]
    site: str


def receive_file(
    database: Database,
    raw: bytes,
    *,
    project: str,
    site: str | None,
    redactor: Redactor,
    owner: str | None = None,
) -> ReceivedFile:
    """Store a file of a report, and the attempts and test runs of the report so far.

    Args:
        database: The database to write to.
        raw: Content of the file.
        project: Project of CDash that it was sent to.
        site: Site of the build; None takes the site in the file.
        redactor: Removes secrets.
        owner: Name of the token that sends it; empty or None without one.

    Raises:
        DocumentError: It is not a file of a CDash report by Spack.
        neo4j.exceptions.Neo4jError: The database refused.
    """
    part = read_part("", io.BytesIO(raw), redactor)
    place = site or _find_site(part, redactor)
    uid = _report_uid(part, project, place, owner or "")
    _store_part(database, part, uid, project, place)
    while True:
        # Again if another file of the report arrives between the read and the write.
        stored = _load_report(database, uid)
        report = _read_parts(stored, place, redactor)
        settled = _replace_attempts(database, uid, stored, report, place, owner)
        if settled is not None:
            break
    store_test_runs(database, report.test_runs, site=place)
    return ReceivedFile(_report_number(uid), report, tuple(settled))


def read_report(database: Database, number: int) -> Report | None:
    """Return the report with a number as received so far, or None if there is none."""
    uid = database.read_one("report_by_number", number=number)
    if uid is None:
        return None
    stored = _load_report(database, uid)
    return _read_parts(stored, stored.site)


def _read_parts(stored: "_StoredReport", site: str, redactor: Redactor | None = None) -> Report:
    """Return a report as read from the files received so far."""
    report = combine_parts(stored.parts, redactor)
    attempts = tuple(replace(each, site=site) for each in report.attempts)
    return replace(report, attempts=attempts)


def _find_site(part: ReportPart, redactor: Redactor) -> str:
    named = clean_text(part.site.get("Name", ""), redactor)
    return " ".join(named.split())[:MAX_SITE_LENGTH].strip() or DEFAULT_SITE


def _report_uid(part: ReportPart, project: str, site: str, owner: str) -> str:
    """Return the identity of the report that a file belongs to; each owner has its own.

    A build name that the user chose is the same for the tests of all packages, so the names of the
    tests distinguish them.
    """
    tests = sorted(each.name for each in part.tests) if part.kind == TESTING else []
    identity = [project, site, part.build, part.stamp, f"{part.began}", *tests]
    identity += [f"owner {owner}"] if owner else []
    return hashlib.sha256("\0".join(identity).encode("utf-8", "replace")).hexdigest()[:32]


def _report_number(uid: str) -> int:
    return int(uid, 16) % _MOST_NUMBERS


def _store_part(database: Database, part: ReportPart, uid: str, project: str, site: str) -> None:
    """Store the content of a file, and the properties that identify its report."""
    text = msgspec.json.encode(part).decode()
    blobs = attempt_rows.Blobs()
    digest = blobs.add_log(Log(text, 1, len(text)))
    properties: Row = {
        "number": _report_number(uid),
        "project": project,
        "site": site,
        "build": part.build,
        "stamp": part.stamp,
    }

    def write_part(tx: ManagedTransaction) -> None:
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

    database.write(write_part)


def _load_report(database: Database, uid: str) -> _StoredReport:
    record = database.read("received_report", uid=uid)[0]
    unpacker = zstandard.ZstdDecompressor()
    texts = [unpacker.decompress(bytes(data)) for data in record["texts"]]
    parts = [msgspec.json.decode(text, type=ReportPart) for text in texts]
    return _StoredReport(record["revision"], record["attempts"], parts, record["site"])


def _replace_attempts(
    database: Database,
    uid: str,
    stored: _StoredReport,
    report: Report,
    site: str,
    owner: str | None,
) -> list[StoredAttempt] | None:
    """Store the attempts of a report in place of those that were read from fewer files.

    Returns:
        The results; None if another file arrived meanwhile and nothing was written.
    """
    attempts = sorted(f"{each.uid}:{attempt_rows.digest_of(each)}" for each in report.attempts)
    if attempts == sorted(stored.attempts):
        return []
    pairs = [entry.partition(":") for entry in stored.attempts]
    retracted: Rows = [{"uid": build, "digest": digest} for build, _, digest in pairs]
    load = new_load_id()

    def write_report(tx: ManagedTransaction) -> list[StoredAttempt] | None:
        settled = run_one(
            tx,
            "settle_report",
            uid=uid,
            revision=stored.revision,
            attempts=attempts,
            now=time.time(),
        )
        if not settled:
            return None
        run_one(tx, "retract_evidence", attempts=retracted)
        return write_attempts(
            tx, report.attempts, site=site, origin="submit.php", load=load, owner=owner
        )

    return database.write(write_report)
