"""Every error as a problem document (RFC 9457, application/problem+json)."""

import json
import logging
from typing import Any

import marshmallow as ma
from flask import Flask, Request, Response, request
from flask_smorest import Api
from neo4j.exceptions import (
    AuthError,
    ClientError,
    DriverError,
    Neo4jError,
    ServiceUnavailable,
    TransientError,
)
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException

from cypher.run import BudgetExceededError, is_timeout
from loaders.errors import DocumentError, Fault
from service.paging.cursors import CursorError
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    NotInGraphError,
    TooComplexError,
)
from service.queries.errors import ParameterSyntaxError as ParameterSyntaxError

_LOG = logging.getLogger(__name__)

ADVICE = "narrow it: name a package and a version range, or ask for one side only"
"""What is said of a read that ran too long, unless its question knows better."""

_STATUS = {Fault.MALFORMED: 400, Fault.TOO_LARGE: 413}
_TITLES = {
    Fault.MALFORMED: "The document cannot be read",
    Fault.TOO_LARGE: "The document is too large",
    Fault.UNKNOWN_FORMAT: "Unknown spec format",
    Fault.INVALID: "The document is not as Spack writes it",
    Fault.NOT_CONCRETE: "The spec is not concrete",
    Fault.HASH_MISMATCH: "A node's hash does not match its content",
    Fault.MISSING_DEPENDENCY: "A dependency is missing from the document",
    Fault.CYCLE: "Cyclic dependencies",
    Fault.UNSUPPORTED: "Not a spec document",
}


class ProblemSchema(ma.Schema):
    """A problem document; members beyond these depend on the type."""

    type = ma.fields.String(metadata={"description": "A URI that names the kind of problem."})
    title = ma.fields.String(metadata={"description": "The kind of problem in words."})
    status = ma.fields.Integer(metadata={"description": "The HTTP status."})
    detail = ma.fields.String(metadata={"description": "This very problem, for a person."})
    instance = ma.fields.String(metadata={"description": "The path that was asked for."})
    pointer = ma.fields.String(
        metadata={"description": "JSON pointer to the place in an uploaded document."}
    )
    parameter = ma.fields.String(metadata={"description": "The query parameter at fault."})
    position = ma.fields.Integer(
        metadata={"description": "Index of the first character at fault in that parameter."}
    )
    errors = ma.fields.Raw(metadata={"description": "Each parameter at fault and why."})


class BodyParser(FlaskParser):
    """webargs' parser, for which JSON beyond Python's limits is bad JSON and not a failure."""

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """The request's JSON.

        :raises BadRequest: no JSON, nested too deeply, or with a number of too many digits.
        """
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError) as error:
            raise BadRequest("Invalid JSON body.") from error


class ProblemApi(Api):  # type: ignore[misc, unused-ignore]
    """flask-smorest's API with problem documents as its errors."""

    ERROR_SCHEMA = ProblemSchema

    def handle_http_exception(self, error: HTTPException) -> Response:  # type: ignore[override, unused-ignore]
        """An HTTP error, webargs' validation errors included, as a problem document."""
        extra: dict[str, Any] = {}
        data = getattr(error, "data", None) or {}
        messages = data.get("errors") or data.get("messages")
        detail = data.get("message") or error.description or ""
        if messages:
            extra["errors"] = messages
            detail = "; ".join(_flatten(messages))
        status = error.code or 500
        kind = ""
        if status == 413:
            kind = Fault.TOO_LARGE.value
            limit = request.max_content_length or 0
            told = f"{limit >> 20} MiB" if limit >> 20 else f"{limit} bytes"
            detail = f"the request is larger than {told}; send its documents apart"
        response = problem(status, error.name, detail, kind, **extra)
        if isinstance(error.get_headers(), list):
            for key, value in error.get_headers():
                if key.lower() in ("allow", "retry-after", "www-authenticate"):
                    response.headers[key] = value
        return response


def _flatten(messages: Any, prefix: str = "") -> list[str]:
    if isinstance(messages, dict):
        parts = []
        for key, value in messages.items():
            inner = prefix if key in ("query", "json", "_schema") else f"{prefix}{key}: "
            parts += _flatten(value, inner)
        return parts
    if isinstance(messages, list):
        return [prefix + str(message) for message in messages]
    return [prefix + str(messages)]


def problem(status: int, title: str, detail: str, kind: str = "", **extra: Any) -> Response:
    """A problem document as a response.

    :param kind: a stable word for the type; without it the type is `about:blank`.
    """
    body = {
        "type": f"urn:specgraph:problem:{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        **extra,
    }
    return Response(
        json.dumps(body), status=status, content_type="application/problem+json; charset=utf-8"
    )


def status_of(fault: Fault) -> int:
    """The HTTP status that answers a document with a fault."""
    return _STATUS.get(fault, 422)


def _document(error: DocumentError) -> Response:
    return problem(
        status_of(error.fault),
        _TITLES[error.fault],
        error.detail,
        error.fault.value,
        pointer=error.pointer,
    )


def _syntax(error: ParameterSyntaxError) -> Response:
    cause = error.error
    return problem(
        400,
        "Not a spec",
        cause.message,
        "spec-syntax",
        parameter=error.parameter,
        text=cause.text[:1000],
        position=cause.position,
        length=cause.length,
    )


def _ambiguous(error: AmbiguousHashError) -> Response:
    detail = f"several specs have a hash that starts with {error.prefix}"
    return problem(409, "Ambiguous hash", detail, "ambiguous-hash", candidates=error.candidates)


def _invalid(error: InvalidQuestionError) -> Response:
    return problem(400, "Bad Request", str(error))


def _not_in_graph(error: NotInGraphError) -> Response:
    return problem(404, "Not Found", str(error))


def _cursor(error: CursorError) -> Response:
    return problem(400, "Bad cursor", str(error), "bad-cursor", parameter="cursor")


def _too_complex(error: TooComplexError) -> Response:
    detail = "the query has too many alternatives; ask it in parts"
    return problem(400, "The query is too complex", detail, "too-complex")


def _timeout(error: BudgetExceededError) -> Response:
    return problem(504, "The query ran too long", error.advice, "timeout")


def _database(error: Neo4jError | DriverError) -> Response:
    if is_timeout(error):
        return _timeout(BudgetExceededError(ADVICE))
    if isinstance(error, ClientError) and not isinstance(error, AuthError):
        _LOG.error("the database refused a statement: %s", error)
        return problem(500, "Internal error", "the database refused a statement", "internal")
    _LOG.warning("the database is unavailable: %s", error)
    kinds = (ServiceUnavailable, TransientError)
    detail = "the database does not answer" if isinstance(error, kinds) else "the database failed"
    response = problem(503, "Database unavailable", detail + "; try again", "database")
    response.headers["Retry-After"] = "5"
    return response


def register(app: Flask) -> None:
    """Let the app answer the project's own errors as problem documents."""
    app.register_error_handler(DocumentError, _document)
    app.register_error_handler(ParameterSyntaxError, _syntax)
    app.register_error_handler(AmbiguousHashError, _ambiguous)
    app.register_error_handler(InvalidQuestionError, _invalid)
    app.register_error_handler(NotInGraphError, _not_in_graph)
    app.register_error_handler(CursorError, _cursor)
    app.register_error_handler(TooComplexError, _too_complex)
    app.register_error_handler(BudgetExceededError, _timeout)
    app.register_error_handler(Neo4jError, _database)
    app.register_error_handler(DriverError, _database)
