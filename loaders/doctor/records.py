"""Check records by their hashes, and documents and texts by their digests."""

import hashlib
from collections.abc import Callable, Iterator

import zstandard

from cypher.run import Database
from loaders.doctor.findings import Finding, OnChecked, Row, find_wrong
from loaders.errors import DocumentError
from loaders.specs.dag_hash import HASH_KEYS
from loaders.specs.document import read_records
from loaders.specs.node import NodeRecord, read_node

_SPECS = 500
_DOCUMENTS = 200
_TEXTS = 50
_MAX_TEXT_BYTES = 1 << 30


def check_specs(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Recompute the hash of every spec, and compare its relationships with its record."""
    return _check_rows(database, "specs_to_check", "uid", _SPECS, spec_faults, on_checked)


def check_claims(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Recompute the digest of every claim."""
    return _check_rows(database, "claims_to_check", "uid", _SPECS, _claim_faults, on_checked)


def check_documents(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Recompute the digest of every document from those of its records."""
    return _check_rows(
        database, "documents_to_check", "digest", _DOCUMENTS, _document_faults, on_checked
    )


def check_texts(database: Database, _: bool, on_checked: OnChecked) -> Finding:
    """Recompute the digest of every stored text."""
    return _check_rows(database, "texts_to_check", "digest", _TEXTS, _text_faults, on_checked)


def _check_rows(
    database: Database,
    statement: str,
    key: str,
    limit: int,
    faults_of: Callable[[Row], Iterator[str]],
    on_checked: OnChecked,
) -> Finding:
    def is_wrong(row: Row) -> bool:
        return next(faults_of(row), None) is not None

    finding = Finding()
    for count, wrong in find_wrong(database, statement, key, limit, is_wrong):
        for row in wrong:
            finding.add(f"{row[key]}: {'; '.join(faults_of(row))}")
        finding.checked += count
        on_checked(count)
    return finding


def spec_faults(row: Row) -> Iterator[str]:
    """Yield the faults of a spec, as `specs_to_check` returns it."""
    if row["document"] is None:
        if not row["stub"] and row["standing"] is None:
            yield "it has neither a record nor the mark of a stub"
        return
    try:
        record = _read_record(row)
    except DocumentError as error:
        yield f"its record cannot be read: {error}"
        return
    if record is None:
        yield "its record has another hash"
        return
    yield from _record_faults(row, record)
    yield from _edge_faults(row, record)


def _read_record(row: Row) -> NodeRecord | None:
    """Return the record of a spec if it has the spec's hash, by whichever key.

    Raises:
        DocumentError: It cannot be read.
    """
    raw, spec_format = row["document"].encode(), row["spec_format"]
    if spec_format != 2:
        record = read_records([raw], spec_format)[0]
        return record if record.hash == row["hash"] else None
    # Which of three hashes its edges use is up to the whole document.
    for key in HASH_KEYS:
        try:
            record = read_node(raw, spec_format, key)
        except DocumentError:
            continue
        if record.hash == row["hash"]:
            return record
    return None


def _record_faults(row: Row, record: NodeRecord) -> Iterator[str]:
    # Records that lost their build spec sort behind others of the same rank, by a tilde.
    standing = row["standing"].replace("~", "")
    rank, _, digest = standing.partition(":")
    if digest != hashlib.sha256(row["document"].encode()).hexdigest():
        yield "its record was changed"
    # In format 2, a record is proven together with the others of its document.
    if row["spec_format"] != 2 and standing != record.standing_key and not record.is_abstract:
        yield f"its standing is {rank} and not {record.standing_key[0]}"
    if row["spec_format"] != 2 and row["verified"] != record.is_verified:
        yield "verified is wrong" if not row["verified"] else "its hash does not match its content"
    if (row["name"], row["version"]) != (record.name, record.version):
        yield "its name or version is not that of its record"
    if row["uid"] == row["hash"] and not (row["verified"] and not row["spliced"]):
        yield "its hash does not determine it"


def _edge_faults(row: Row, record: NodeRecord) -> Iterator[str]:
    expected = sorted(
        (edge.hash, list(edge.deptypes), list(edge.virtuals), edge.runtime) for edge in record.edges
    )
    stored = sorted(
        (uid[:32], deptypes or [], virtuals or [], runtime)
        for uid, deptypes, virtuals, runtime in row["dependencies"]
    )
    if expected != stored:
        missing = [edge[0][:7] for edge in expected if edge not in stored]
        more = [edge[0][:7] for edge in stored if edge not in expected]
        yield f"its dependencies are not those of its record (missing {missing}, more {more})"
    if row["uid"] == row["hash"] and any(":" in uid for uid, *_ in row["dependencies"]):
        yield "its hash determines it, and not what it depends on"
    originals = [uid[:32] for uid, inferred in row["build_specs"] if not inferred]
    if originals != ([record.build_spec[1]] if record.build_spec else []):
        yield "its build spec is not that of its record"


def _claim_faults(row: Row) -> Iterator[str]:
    digest = hashlib.sha256(row["document"].encode()).hexdigest()
    if row["uid"] != f"{row['hash']}:{digest}":
        yield "its record was changed"


def _document_faults(row: Row) -> Iterator[str]:
    missing = row["records"].count("")
    if missing:
        yield f"{missing} of its records are missing"
    elif row["spec_format"] != 2 and not row["other_hashes"]:
        # A hash does not cover the other hashes that a node may have. Of two records that differ
        # in these, specs show one, and the document with the other one is returned with it.
        text = "\n".join([row["envelope"], *row["records"]])
        if hashlib.sha256(text.encode()).hexdigest() != row["digest"]:
            yield "its records or its envelope are not those that were uploaded"
    if row["roots"] != 1:
        yield f"it describes {row['roots']} roots instead of one"


def _text_faults(row: Row) -> Iterator[str]:
    if not isinstance(row["data"], bytes):
        yield "it is missing"
        return
    try:
        text = zstandard.ZstdDecompressor().decompress(row["data"], _MAX_TEXT_BYTES)
    except zstandard.ZstdError:
        yield "it cannot be decompressed"
        return
    if hashlib.sha256(text).hexdigest() != row["digest"]:
        yield "it was changed"
