"""`POST /documents`: upload whatever Spack leaves behind, as a file or as an archive of files."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypedDict

import marshmallow as ma
from flask import current_app, request
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from loaders import limits, source
from loaders.document_kinds import Candidate
from loaders.errors import DocumentError, Fault
from loaders.evidence import DEFAULT_SITE, MAX_SITE_LENGTH
from loaders.load_options import UNNAMED, LoadOptions
from loaders.pipeline.discovery import discover
from loaders.pipeline.kind_loader import KindLoader
from loaders.pipeline.loader import Loader, document_store
from loaders.pipeline.reports import (
    DocumentReport,
    LoadReport,
    LoadSummary,
    Outcome,
    ReportDigest,
    ReportEntry,
    load_summary,
    report_entry,
)
from service.api import archives, auth
from service.api.openapi import upload_body
from service.api.problems import RefusedUploadError
from service.api.request import database, redactor
from service.api.schemas.specs import described
from service.queries.times import parse_time

blueprint = Blueprint(
    "documents", __name__, description="Stores, logs, reports, lockfiles and other documents."
)


class DocumentsArgumentsSchema(ma.Schema):
    """Statements of the client about the documents."""

    site = fields.String(
        load_default=DEFAULT_SITE,
        validate=validate.Length(1, MAX_SITE_LENGTH),
        **described("Site that they come from; by default that of the token."),
    )
    name = fields.String(
        load_default=None,
        validate=validate.Length(1, 200),
        **described("Name of the store, build cache or environment, if they belong to one."),
    )
    upstream = fields.Boolean(
        load_default=False, **described("Whether the store is an upstream of others.")
    )
    # A schema has an attribute `partial` of its own.
    partial_ = fields.Boolean(
        data_key="partial",
        attribute="partial",
        load_default=False,
        **described("Whether an index lists only some specs of the store; others are not gone."),
    )
    as_of = fields.String(
        load_default=None,
        **described(
            "Time of a store's index in ISO 8601; specs that it does not list are gone since."
        ),
    )
    allow_unverified = fields.Boolean(
        load_default=False,
        **described("Accept nodes whose hash does not match, and mark them."),
    )


class ReportedBuildSchema(ma.Schema):
    """The build, an attempt at building a spec, that a document is about."""

    uid = fields.String()
    hash = fields.String(**described("Hash of its spec."))
    status = fields.String(**described("How it ended, by the best evidence for it."))
    marked = fields.Boolean(
        **described(
            "Whether the document only marks a failure, so that it may be about the same build as "
            "another one."
        )
    )


class ReportSchema(ma.Schema):
    """The report on one document, or on a part of one."""

    source = fields.String(**described("The file in the archive."))
    outcome = fields.String(**described("stored, known, refused or ignored."))
    what = fields.String(
        **described(
            "spec, build, installations, compilers, environment, offers, tests or can_splice."
        )
    )
    told = fields.String(**described("Description in a few words."))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    build = fields.Nested(
        ReportedBuildSchema,
        **described("The build that the document is about, if it is about one."),
    )
    documents = fields.Integer(
        **described(
            "Number of documents that the report stands for: after 1,000 of an "
            "outcome, the rest is summed up."
        )
    )
    root = fields.String(**described("Hash of the root, if it is a spec document."))
    name = fields.String()
    version = fields.String()
    digest = fields.String()
    new = fields.Boolean()
    specs = fields.Integer()
    new_specs = fields.Integer()
    edges = fields.Integer()
    unverified = fields.Integer()
    conflicts = fields.List(fields.String())
    defects = fields.List(
        fields.String(), **described("Known defects of Spack that the document shows.")
    )
    fault = fields.String(**described("Why it was refused, as a stable word."))
    reason = fields.String()
    pointer = fields.String()


class DocumentsAnswerSchema(ma.Schema):
    """The reports on an upload, and its totals."""

    documents = fields.List(fields.Nested(ReportSchema))
    summary = fields.Dict()


class DocumentsArguments(TypedDict):
    """The arguments of an upload, as `DocumentsArgumentsSchema` loads them."""

    site: str
    name: str | None
    upstream: bool
    partial: bool
    as_of: str | None
    allow_unverified: bool


class DocumentsAnswer(TypedDict):
    """The answer to an upload."""

    documents: list[ReportEntry]
    summary: LoadSummary


@blueprint.route("/documents", methods=["POST"])
@blueprint.doc(
    requestBody=upload_body("A document, or a tar archive of files and folders.", archives=True)
)
@blueprint.arguments(DocumentsArgumentsSchema, location="query", unknown=RAISE)
@blueprint.response(200, DocumentsAnswerSchema, description="Everything was stored before.")
@blueprint.alt_response(201, schema=DocumentsAnswerSchema, description="Something new was stored.")
def documents(arguments: DocumentsArguments) -> tuple[DocumentsAnswer, int]:
    """Upload any document that Spack leaves behind, or a tar archive of files and folders.

    Files are recognized by their content, folders by their name: an install tree or parts of one,
    the `.spack` folder of a package, build stages, `.spack-db`, lockfiles, build caches, Cray
    manifests, JUnit and CDash reports, spec documents. They may be compressed with gzip or zstd. A
    bad document is reported and does not stop the rest; documents that are stored already are not
    written again.
    """
    options = LoadOptions(
        site=auth.site_for(arguments["site"]),
        name=arguments["name"],
        upstream=arguments["upstream"],
        partial=arguments["partial"],
        as_of=parse_time("as_of", arguments["as_of"]),
        redactor=redactor(),
        abi=True,
        owner=auth.owner(),
    )
    with tempfile.TemporaryDirectory(prefix="specgraph-") as folder:
        with limits.budget():
            candidates, base = _receive_body(Path(folder))
        # The client's paths are unknown, except for those in an archive.
        options = replace(options, base=base or Path(folder))
        with limits.budget():
            reports, totals = _load(candidates, options, arguments["allow_unverified"])
        shown = [replace(each, source=_shown_source(each.source, folder)) for each in reports]
    body: DocumentsAnswer = {
        "documents": [report_entry(each) for each in shown],
        "summary": load_summary(totals),
    }
    _refuse_if_nothing_accepted(shown, body)
    return body, 201 if totals.outcomes[Outcome.STORED] else 200


def _load(
    candidates: list[Candidate], options: LoadOptions, allow_unverified: bool
) -> tuple[list[DocumentReport], LoadReport]:
    digest = ReportDigest()
    loader = Loader(
        document_store(database()),
        kind_loader=KindLoader(database(), options),
        allow_unverified=allow_unverified,
        on_document=digest.add,
    )
    totals = loader.run(candidates)
    return digest.reports, totals


def _refuse_if_nothing_accepted(reports: list[DocumentReport], body: DocumentsAnswer) -> None:
    """Refuse an upload if each of its documents is refused or ignored.

    Raises:
        DocumentError: It holds one document.
        RefusedUploadError: It holds several; the answer has the reports on them.
    """
    accepted = {Outcome.STORED, Outcome.KNOWN}
    if any(report.outcome in accepted for report in reports):
        return
    # What is refused says more than that other files are no documents.
    refused = [report for report in reports if report.outcome is Outcome.REFUSED] or reports
    for report in refused:
        if report.error is not None:
            raise _with_count(report, sum(each.documents for each in reports), body)
    raise DocumentError(Fault.UNSUPPORTED, "the archive holds no document of a known kind")


def _with_count(report: DocumentReport, count: int, body: DocumentsAnswer) -> Exception:
    """Return the error of an upload by the report on its first document."""
    error = report.error
    assert error is not None
    if count == 1:
        return error
    first = f"{report.source}: {error.detail}"
    detail = f"none of its {count} files or documents can be stored; {first}"
    return RefusedUploadError(DocumentError(error.fault, detail, error.pointer), body)


def _shown_source(source_: str, folder: str) -> str:
    return source_.removeprefix(folder).lstrip("/") or UNNAMED


def _receive_body(folder: Path) -> tuple[list[Candidate], Path | None]:
    """Write the request's body to files in a folder.

    Returns:
        The candidates, and the folder with the content of an archive if the body is one.

    Raises:
        DocumentError: The body is empty, too large, or a broken archive.
    """
    packed = folder / "packed"
    with packed.open("wb") as file:
        shutil.copyfileobj(request.stream, file, source.MIB)
    if not packed.stat().st_size:
        raise DocumentError(Fault.MALFORMED, "the request has no body")
    limit = current_app.config["MAX_UNPACKED_BYTES"]
    plain = folder / UNNAMED
    # Even logs that repeat themselves are not packed as tightly as a bomb.
    limit = min(limit, max(limits.RATIO_BYTES, packed.stat().st_size * limits.current().ratio))
    with source.open_path(packed) as stream, plain.open("wb") as file:
        for chunk in _bounded_chunks(stream, limit):
            file.write(chunk)
    packed.unlink()
    if not archives.is_tar(plain):
        return [Candidate(plain, plain.stat().st_size, named=True)], None
    inside = folder / "files"
    inside.mkdir()
    # Reading an archive of empty files gives time for all of its size, unpacking it does not.
    with limits.budget():
        archives.unpack(plain, inside, limit)
    plain.unlink()
    with limits.budget():
        return discover([inside]), inside


def _bounded_chunks(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in source.read_chunks(stream):
        total += len(chunk)
        if total > limit:
            raise DocumentError(
                Fault.TOO_LARGE, f"the upload is larger than {limit >> 20} MiB when unpacked"
            )
        yield chunk
