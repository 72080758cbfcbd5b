"""`/specs`: uploads and lists."""

from typing import Any

from flask import current_app, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import UnsupportedMediaType

from loaders import limits, source
from loaders.errors import DocumentError, Fault
from loaders.specs.document import SpecDocument, parse_document, split_documents
from loaders.store.specs import missing_documents, missing_roots, missing_specs, store_documents
from service.api.listing import page_of_specs
from service.api.openapi import upload_body
from service.api.problems import BodyParser
from service.api.request import Page, database, finish_page, scope_of
from service.api.schemas import specs as schemas
from service.paging import cursors
from service.queries.conflicts import find_conflicts

blueprint = Blueprint("specs", __name__, description="Concrete specs: upload and search.")
blueprint.ARGUMENTS_PARSER = BodyParser()

ENCODINGS = ("gzip", "x-gzip", "zstd", "identity", "")


def read_documents(body: bytes, *, allow_unverified: bool) -> list[SpecDocument]:
    """Parse and check the documents of an upload.

    Raises:
        DocumentError: One of them cannot be stored; the pointer into a list starts with its index.
    """
    raw = source.unpack_body(body, current_app.config["MAX_DOCUMENT_BYTES"])
    if not raw.strip():
        raise DocumentError(Fault.MALFORMED, "the request has no body")
    documents = []
    most = limits.current().documents
    many = raw.lstrip()[:1] == b"["
    for index, part in enumerate(split_documents(raw)):
        if index >= most:
            raise DocumentError(Fault.TOO_LARGE, f"more than {most} documents")
        try:
            documents.append(parse_document(part, allow_unverified=allow_unverified))
        except DocumentError as error:
            raise (error.with_prefix(f"/{index}") if many or index else error) from error
    if not documents:
        raise DocumentError(Fault.INVALID, "the list is empty")
    return documents


def _refuse_encoding(encoding: str | None) -> None:
    """Refuse an encoding that cannot be unpacked; which of the others it is, the first bytes show.

    Raises:
        UnsupportedMediaType: See RFC 9110, section 15.5.16.
    """
    if encoding is not None and encoding.strip().lower() not in ENCODINGS:
        raise UnsupportedMediaType(f"content encoding {encoding[:40]!r}: take gzip or zstd")


@blueprint.route("/specs")
class Specs(MethodView):
    """All specs."""

    @blueprint.arguments(schemas.SpecListArguments, location="query", unknown=RAISE)
    @blueprint.response(200, schemas.SpecPageSchema)
    def get(self, arguments: dict[str, Any]) -> Page:
        """Search specs: by their own attributes, and by either side of their provenance.

        Each item says which node matched on either side and by which path. `q`, `built_with`,
        `deployed_with` and `spliced_from` take Spack's spec syntax, with `not` and `any of (, )`
        around it.
        """
        return page_of_specs(arguments)

    @blueprint.doc(requestBody=upload_body("Spec documents: one, a JSON list, or one a line."))
    @blueprint.arguments(schemas.UploadArguments, location="query", unknown=RAISE)
    @blueprint.response(
        200, schemas.UploadAnswerSchema, description="Everything was stored already."
    )
    @blueprint.alt_response(
        201, schema=schemas.UploadAnswerSchema, description="Something new was stored."
    )
    def post(self, arguments: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Upload spec documents: one, a JSON list, or one a line; plain, gzip or zstd.

        Either all documents of a request are stored or none. A document that is stored already is
        not written again.
        """
        _refuse_encoding(request.content_encoding)
        documents = read_documents(
            request.get_data(cache=False), allow_unverified=arguments["allow_unverified"]
        )
        results = store_documents(database(), documents, origin="POST /api/v1/specs")
        counts = {
            "documents": len(results),
            "new_documents": sum(result.new for result in results),
            "specs": sum(result.specs for result in results),
            "new_specs": sum(result.new_specs for result in results),
            "edges": sum(result.edges for result in results),
            "unverified": sum(result.unverified for result in results),
            "conflicts": sum(len(result.conflicts) for result in results),
        }
        body = {
            "roots": [result.root for result in results],
            "counts": counts,
            "documents": [{**vars(result), "hash": result.root} for result in results],
        }
        return body, 201 if counts["new_documents"] else 200


@blueprint.route("/specs/missing", methods=["POST"])
@blueprint.arguments(schemas.MissingSchema)
@blueprint.response(200, schemas.MissingAnswerSchema)
def missing(body: dict[str, Any]) -> dict[str, Any]:
    """Return those of some hashes or documents that are not stored: a client sends only these."""
    answer: dict[str, Any] = {}
    if "hashes" in body:
        hashes = [hash_.removeprefix("/") for hash_ in body["hashes"]]
        find_missing = missing_roots if body["roots"] else missing_specs
        answer["missing"] = find_missing(database(), hashes)
    if "documents" in body:
        pairs = [(each["hash"].removeprefix("/"), each["digest"]) for each in body["documents"]]
        missing_pairs = missing_documents(database(), pairs)
        answer["documents"] = [{"hash": hash_, "digest": digest} for hash_, digest in missing_pairs]
    return answer


@blueprint.route("/conflicts")
@blueprint.arguments(schemas.PagingArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ConflictPageSchema)
def conflicts(arguments: dict[str, Any]) -> Page:
    """List records that claim a hash for which the graph shows another record."""
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    items, total = find_conflicts(database(), position, arguments["limit"] + 1)
    return finish_page(items, total, arguments["limit"], scope)
