"""Helpers shared by the views of the monitor's API: request bodies, answers, errors."""

from collections.abc import Mapping
from typing import TypedDict

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from neo4j.exceptions import AuthError, ClientError

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.monitor import bodies
from loaders.monitor.announcements import Announcement, Monitor
from service.api import auth, problems
from service.api.request import database, redactor
from service.spack_clients.monitor import challenge

PREFIX = "/ms1"


class BuildEntry(TypedDict):
    """An announced build in an answer; `build_id` is the number that the client sends back."""

    build_id: int
    spec_full_hash: str
    spec_name: str


def make_blueprint(name: str) -> Blueprint:
    """Return a blueprint for requests that write: all need a bearer if tokens are required."""
    blueprint = Blueprint(f"monitor_{name}", __name__, url_prefix=PREFIX)
    blueprint.before_request(challenge.check_bearer)
    blueprint.register_error_handler(DocumentError, _answer_document_error)
    blueprint.register_error_handler(ClientError, _answer_client_error)
    # A ClientError too, but of the service's own password: the client's message is not at fault.
    blueprint.register_error_handler(AuthError, problems.answer_database_error)
    return blueprint


def read_body() -> bodies.Body:
    """Return the JSON object in the request's body, whatever the content type.

    Raises:
        DocumentError: The body is not a JSON object, or too large.
    """
    limit = current_app.config["MAX_DOCUMENT_BYTES"]
    return bodies.decode_body(source.unpack_body(request.get_data(cache=False), limit))


def make_monitor() -> Monitor:
    """Return the writer of messages for the request's site."""
    return Monitor(
        database(),
        challenge.request_site(),
        redactor(),
        only=auth.bound_site(),
        owner=auth.owner(),
    )


def make_answer(message: str, data: Mapping[str, object], code: int = 200) -> ResponseReturnValue:
    """Return an answer in the clients' format, which repeats the status in the body."""
    return jsonify({"message": message, "data": data, "code": code}), code


def describe_build(announcement: Announcement) -> BuildEntry:
    """Return an announced build as it appears in answers."""
    return {
        "build_id": announcement.number,
        "spec_full_hash": announcement.hash,
        "spec_name": announcement.spec.name,
    }


def make_unknown_build() -> ResponseReturnValue:
    """Return the answer for a build id that was never given out."""
    return make_answer("No build with this id was announced.", {}, 404)


def _answer_document_error(error: DocumentError) -> ResponseReturnValue:
    code = 413 if error.fault is Fault.TOO_LARGE else 400
    return make_answer(str(error), {}, code)


def _answer_client_error(error: ClientError) -> ResponseReturnValue:
    return make_answer(f"the database refused it: {error.message}"[:500], {}, 400)
