"""`POST /documents`: whatever Spack leaves behind, as one file or as an archive of files."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import marshmallow as ma
from flask import current_app, request
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.evidence import DEFAULT_SITE, MAX_SITE_LENGTH
from loaders.pipeline.build_readers import EvidenceLoader
from loaders.pipeline.discovery import Candidate, discover
from loaders.pipeline.loader import Loader, into
from loaders.pipeline.options import UNNAMED, UPLOADED, Options
from loaders.pipeline.reports import (
    Digest,
    DocumentReport,
    LoadReport,
    Outcome,
    document_as_json,
    summary_as_json,
)
from service.api import archives, auth
from service.api.request import database, redactor
from service.api.schemas.specs import described
from service.queries.times import parse_time

blueprint = Blueprint(
    "documents", __name__, description="Stores, logs, reports, lockfiles and other documents."
)


class DocumentsArguments(ma.Schema):
    """What is said about the documents."""

    site = fields.String(
        load_default=DEFAULT_SITE,
        validate=validate.Length(1, MAX_SITE_LENGTH),
        **described("Where they come from; by default the site of the token."),
    )
    name = fields.String(
        load_default=None,
        validate=validate.Length(1, 200),
        **described("Of the store, build cache or environment, where they are of one."),
    )
    upstream = fields.Boolean(load_default=False, **described("The store is an upstream."))
    as_of = fields.String(
        load_default=None,
        **described("Time of a store's index in ISO 8601: what it does not hold is gone."),
    )
    allow_unverified = fields.Boolean(
        load_default=False,
        **described("Keep nodes whose hash does not match, marked, instead of refusing."),
    )


class ReportSchema(ma.Schema):
    """What became of one document, or of one thing that it told of."""

    source = fields.String(**described("The file in the archive."))
    outcome = fields.String(**described("stored, known, refused or ignored."))
    what = fields.String(**described("spec, build, installations, environment, offers or tests."))
    told = fields.String(**described("What it is, in a few words."))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    documents = fields.Integer(
        **described("How many it stands for: after 1,000 of an outcome the rest is summed up.")
    )
    root = fields.String(**described("Hash, where it is a spec document."))
    name = fields.String()
    version = fields.String()
    digest = fields.String()
    new = fields.Boolean()
    specs = fields.Integer()
    new_specs = fields.Integer()
    edges = fields.Integer()
    unverified = fields.Integer()
    conflicts = fields.List(fields.String())
    fault = fields.String(**described("Why it was refused, in a word."))
    reason = fields.String()
    pointer = fields.String()


class DocumentsAnswerSchema(ma.Schema):
    """What an upload brought."""

    documents = fields.List(fields.Nested(ReportSchema))
    summary = fields.Dict()


@blueprint.route("/documents", methods=["POST"])
@blueprint.arguments(DocumentsArguments, location="query", unknown=RAISE)
@blueprint.response(200, DocumentsAnswerSchema, description="All was known already.")
@blueprint.alt_response(201, schema=DocumentsAnswerSchema, description="Something new was stored.")
def documents(arguments: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Upload any document that Spack leaves behind, or a tar archive of files and folders.

    Its kind is told by its content, a folder's by its name: an install tree or parts of one, the
    `.spack` folder of a package, build stages, `.spack-db`, lockfiles, build caches, Cray
    manifests, JUnit and CDash reports, spec documents. Plain, gzip or zstd. A document that is bad
    is reported and the next one taken; what is known already is not written again.
    """
    request.max_content_length = current_app.config["MAX_ARCHIVE_BYTES"]
    options = Options(
        site=auth.site_for(arguments["site"]),
        name=arguments["name"],
        upstream=arguments["upstream"],
        as_of=parse_time("as_of", arguments["as_of"]),
        redactor=redactor(),
    )
    with tempfile.TemporaryDirectory(prefix="specgraph-") as folder:
        candidates, base = _received(Path(folder))
        # Of what the client calls its files only the paths in an archive are known.
        name = options.name or (None if base else UPLOADED)
        options = replace(options, name=name, base=base)
        reports, sums = _load(candidates, options, arguments["allow_unverified"])
        shown = [replace(each, source=_shown(each.source, folder)) for each in reports]
    _refuse_if_nothing(shown)
    body = {
        "documents": [document_as_json(each) for each in shown],
        "summary": summary_as_json(sums),
    }
    return body, 201 if sums.outcomes[Outcome.STORED] else 200


def _load(
    candidates: list[Candidate], options: Options, allow_unverified: bool
) -> tuple[list[DocumentReport], LoadReport]:
    digest = Digest()
    loader = Loader(
        into(database()),
        evidence=EvidenceLoader(database(), options),
        allow_unverified=allow_unverified,
        on_document=digest.add,
    )
    sums = loader.run(candidates)
    return digest.reports, sums


def _refuse_if_nothing(reports: list[DocumentReport]) -> None:
    """Answer as for one document where there is nothing but refusals.

    :raises DocumentError: the first of them.
    """
    taken = {Outcome.STORED, Outcome.KNOWN}
    if any(report.outcome in taken for report in reports):
        return
    for report in reports:
        if report.error is not None:
            raise report.error
    raise DocumentError(Fault.UNSUPPORTED, "the archive holds no document that is known")


def _shown(place: str, folder: str) -> str:
    return place.removeprefix(folder).lstrip("/") or UNNAMED


def _received(folder: Path) -> tuple[list[Candidate], Path | None]:
    """The request's body as files in a folder.

    :returns: the files, and the folder that holds what was in an archive, if it is one.
    :raises DocumentError: empty, too large, or a broken archive.
    """
    packed = folder / "packed"
    with packed.open("wb") as file:
        shutil.copyfileobj(request.stream, file, source.MIB)
    if not packed.stat().st_size:
        raise DocumentError(Fault.MALFORMED, "the request has no body")
    limit = current_app.config["MAX_UNPACKED_BYTES"]
    plain = folder / UNNAMED
    with source.open_path(packed) as stream, plain.open("wb") as file:
        for chunk in _bounded(stream, limit):
            file.write(chunk)
    packed.unlink()
    if not archives.is_tar(plain):
        return [Candidate(plain, plain.stat().st_size, named=True)], None
    inside = folder / "files"
    inside.mkdir()
    archives.unpack(plain, inside, limit)
    plain.unlink()
    return discover([inside]), inside


def _bounded(stream: BinaryIO, limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in source.chunks(stream):
        total += len(chunk)
        if total > limit:
            raise DocumentError(
                Fault.TOO_LARGE, f"the upload is larger than {limit >> 20} MiB when unpacked"
            )
        yield chunk
