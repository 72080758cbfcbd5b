"""Answer every error with a problem document (RFC 9457, `application/problem+json`)."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import marshmallow as ma
from apispec import APISpec
from flask import Flask, Request, Response, request
from flask_smorest import Api, Blueprint
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

from cypher.availability import DatabaseAwayError
from cypher.run import BudgetExceededError, WriteRefusedError, is_timeout
from loaders.errors import DocumentError, Fault, StillNeededError
from loaders.specs.contents import content_of
from service.paging.cursors import CursorError
from service.queries.errors import (
    AmbiguousHashError,
    InvalidQuestionError,
    NotInGraphError,
    ParameterSyntaxError,
    SeveralContentsError,
    SeveralSpecsError,
    TooComplexError,
    UnplannableError,
)

MEDIA_TYPE = "application/problem+json"

_LOG = logging.getLogger(__name__)

ADVICE = "narrow it: name a package and a version range, or ask for one side only"
"""Advice for a read that ran too long, unless its question gives its own."""

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


class RefusedUploadError(Exception):
    """An upload of several documents of which none can be stored.

    Attributes:
        error: Why the first of them cannot be stored.
        members: Further members of the problem document.
    """

    def __init__(self, error: DocumentError, members: Mapping[str, object]) -> None:
        super().__init__(error.detail)
        self.error = error
        self.members = members


class ProblemSchema(ma.Schema):
    """A problem document; some types add members of their own."""

    type = ma.fields.String(metadata={"description": "URI of the type of problem."})
    title = ma.fields.String(metadata={"description": "The type of problem in words."})
    status = ma.fields.Integer(metadata={"description": "The HTTP status."})
    detail = ma.fields.String(metadata={"description": "Explanation of this problem, for people."})
    instance = ma.fields.String(metadata={"description": "Path of the request."})
    pointer = ma.fields.String(
        metadata={"description": "JSON pointer to the place in an uploaded document."}
    )
    parameter = ma.fields.String(metadata={"description": "Name of the invalid query parameter."})
    position = ma.fields.Integer(
        metadata={"description": "Index of the first invalid character in that parameter."}
    )
    errors = ma.fields.Raw(metadata={"description": "Messages by invalid parameter."})

    class Meta:
        """Members of a type of problem, such as the candidates of an ambiguous hash."""

        unknown = ma.INCLUDE


class BodyParser(FlaskParser):
    """A parser that refuses JSON beyond Python's limits as invalid, instead of failing."""

    def load_json(self, req: Request, schema: ma.Schema) -> object:
        """Return the request's JSON.

        Raises:
            BadRequest: The body is not JSON, is nested too deeply, or has a number of too many
                digits.
        """
        try:
            return super().load_json(req, schema)
        except (RecursionError, ValueError) as error:
            raise BadRequest("Invalid JSON body.") from error


class ProblemApi(Api):  # type: ignore[misc, unused-ignore]
    """flask-smorest's API, with problem documents as errors.

    Its OpenAPI document is made when it is asked for, since it takes as long as all the rest of an
    app, and most processes, such as commands, never show it.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, **options: Any) -> None:
        self._guard = threading.RLock()
        self._descriptions: list[Callable[[APISpec], None]] = []
        self._spec: APISpec | None = None
        super().__init__(app, **options)

    @property
    def spec(self) -> APISpec | None:
        """The OpenAPI document, with everything that was registered so far."""
        with self._guard:
            if self._spec is not None:
                while self._descriptions:
                    self._descriptions[0](self._spec)
                    del self._descriptions[0]
            return self._spec

    @spec.setter
    def spec(self, spec: APISpec | None) -> None:
        self._spec = spec

    def describe(self, describe: Callable[[APISpec], None]) -> None:
        """Let a function complete the OpenAPI document when it is asked for."""
        self._descriptions.append(describe)

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        """Register the views of a blueprint, to be described when the document is asked for."""
        app = self._app
        app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        app.register_blueprint(blp, **options)

        def describe(spec: APISpec) -> None:
            blp.register_views_in_doc(self, app, spec, name=blp.name, parameters=None)
            spec.tag({"name": blp.name, "description": blp.description})

        self.describe(describe)

    def handle_http_exception(self, error: HTTPException) -> Response:  # type: ignore[override, unused-ignore]
        """Return the problem document of an HTTP error, webargs' validation errors included."""
        extra: dict[str, object] = {}
        data = getattr(error, "data", None) or {}
        messages = data.get("errors") or data.get("messages")
        detail = data.get("message") or error.description or ""
        if messages:
            extra["errors"] = messages
            detail = "; ".join(_flatten_messages(messages))
        status = error.code or 500
        kind = ""
        if status == 413:
            kind = Fault.TOO_LARGE.value
            limit = request.max_content_length or 0
            shown = f"{limit >> 20} MiB" if limit >> 20 else f"{limit} bytes"
            detail = f"the request is larger than {shown}; upload its documents separately"
        response = make_problem(status, error.name, detail, kind, **extra)
        for key, value in error.get_headers():
            if key.lower() in ("allow", "retry-after", "www-authenticate"):
                response.headers[key] = value
        return response


def _flatten_messages(messages: object, prefix: str = "") -> Iterator[str]:
    """Yield marshmallow's nested messages, each after the names that lead to it."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            # webargs' location, and marshmallow's key for whole schemas, name no parameter.
            inner = prefix if key in ("query", "json", "_schema") else f"{prefix}{key}: "
            yield from _flatten_messages(value, inner)
    elif isinstance(messages, list):
        for message in messages:
            yield f"{prefix}{message}"
    else:
        yield f"{prefix}{messages}"


def make_problem(status: int, title: str, detail: str, kind: str = "", **extra: object) -> Response:
    """Return a problem document as a response.

    Args:
        status: HTTP status.
        title: The type of problem in words.
        detail: Explanation of this problem, for people.
        kind: A stable word for the type; without one, the type is `about:blank`.
        extra: Further members, which must be JSON.
    """
    body = {
        "type": f"urn:specgraph:problem:{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        **extra,
    }
    return Response(json.dumps(body), status=status, content_type=f"{MEDIA_TYPE}; charset=utf-8")


def status_of(fault: Fault) -> int:
    """Return the HTTP status for a document with this fault."""
    return _STATUS.get(fault, 422)


def _answer_document(error: DocumentError, **members: object) -> Response:
    return make_problem(
        status_of(error.fault),
        _TITLES[error.fault],
        error.detail,
        error.fault.value,
        pointer=error.pointer,
        **members,
    )


def _answer_refused_upload(error: RefusedUploadError) -> Response:
    return _answer_document(error.error, **error.members)


def _answer_syntax(error: ParameterSyntaxError) -> Response:
    cause = error.error
    return make_problem(
        400,
        "Not a spec",
        cause.message,
        "spec-syntax",
        parameter=error.parameter,
        text=cause.text[:1000],
        position=cause.position,
        length=cause.length,
    )


def _answer_ambiguous(error: AmbiguousHashError) -> Response:
    detail = f"several specs have a hash that starts with {error.prefix}"
    return make_problem(
        409, "Ambiguous hash", detail, "ambiguous-hash", candidates=error.candidates
    )


def _answer_several_specs(error: SeveralSpecsError) -> Response:
    return make_problem(
        409,
        "Several specs",
        f"{error}; name one by its hash",
        "several-specs",
        parameter=error.parameter,
        candidates=error.candidates,
    )


def _answer_unplannable(error: UnplannableError) -> Response:
    return make_problem(422, "The splice cannot be planned", str(error), "splice")


def _answer_several_contents(error: SeveralContentsError) -> Response:
    contents = [content_of(uid) or "" for uid in error.uids]
    detail = (
        f"{error.hash} has {len(contents)} contents: name one by content="
        f"{' or '.join(each[:7] for each in contents)}"
    )
    return make_problem(409, "Several contents", detail, "several-contents", contents=contents)


def _answer_still_needed(error: StillNeededError) -> Response:
    return make_problem(409, "Still needed", str(error), "still-needed", needs=error.needs)


def _answer_invalid(error: InvalidQuestionError) -> Response:
    return make_problem(400, "Bad Request", str(error))


def _answer_not_in_graph(error: NotInGraphError) -> Response:
    return make_problem(404, "Not Found", str(error))


def _answer_cursor(error: CursorError) -> Response:
    return make_problem(400, "Bad cursor", str(error), "bad-cursor", parameter="cursor")


def _answer_too_complex(error: TooComplexError) -> Response:
    detail = "the query has too many alternatives; split it into several queries"
    return make_problem(400, "The query is too complex", detail, "too-complex")


def _answer_timeout(error: BudgetExceededError) -> Response:
    return make_problem(504, "The query ran too long", error.advice, "timeout")


def answer_database_error(error: Neo4jError | DriverError) -> Response:
    """Return the answer to a request during which the database failed."""
    if is_timeout(error):
        return _answer_timeout(BudgetExceededError(ADVICE))
    # A refused statement is a bug of the service: trying again does not help.
    if isinstance(error, ClientError) and not isinstance(error, AuthError):
        _LOG.error("the database refused a statement: %s", error)
        return make_problem(500, "Internal error", "the database refused a statement", "internal")
    # That it is away was logged when it was noticed.
    level = logging.DEBUG if isinstance(error, DatabaseAwayError) else logging.WARNING
    _LOG.log(level, "the database is unavailable: %s", error)
    unanswered = isinstance(error, (ServiceUnavailable, TransientError, DatabaseAwayError))
    detail = "the database does not answer" if unanswered else "the database failed"
    response = make_problem(503, "Database unavailable", detail + "; try again", "database")
    response.headers["Retry-After"] = "5"
    return response


def _answer_refused_write(error: WriteRefusedError) -> Response:
    response = make_problem(507, "Insufficient Storage", str(error), "insufficient-storage")
    response.headers["Retry-After"] = "60"
    return response


def register(app: Flask) -> None:
    """Answer the project's own errors in an app with problem documents."""
    app.register_error_handler(DocumentError, _answer_document)
    app.register_error_handler(RefusedUploadError, _answer_refused_upload)
    app.register_error_handler(ParameterSyntaxError, _answer_syntax)
    app.register_error_handler(AmbiguousHashError, _answer_ambiguous)
    app.register_error_handler(SeveralContentsError, _answer_several_contents)
    app.register_error_handler(SeveralSpecsError, _answer_several_specs)
    app.register_error_handler(UnplannableError, _answer_unplannable)
    app.register_error_handler(StillNeededError, _answer_still_needed)
    app.register_error_handler(InvalidQuestionError, _answer_invalid)
    app.register_error_handler(NotInGraphError, _answer_not_in_graph)
    app.register_error_handler(CursorError, _answer_cursor)
    app.register_error_handler(TooComplexError, _answer_too_complex)
    app.register_error_handler(BudgetExceededError, _answer_timeout)
    app.register_error_handler(WriteRefusedError, _answer_refused_write)
    app.register_error_handler(Neo4jError, answer_database_error)
    app.register_error_handler(DriverError, answer_database_error)
