"""What all parts of the monitor's API share: bodies, answers, errors."""

from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from neo4j.exceptions import AuthError, ClientError

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.monitor import bodies
from loaders.monitor.announcements import Announcement, Monitor
from service.api import auth
from service.api.request import database, redactor
from service.spack_clients.monitor import challenge

PREFIX = "/ms1"


def part(name: str) -> Blueprint:
    """A part of the API whose requests all write."""
    made = Blueprint(f"monitor_{name}", __name__, url_prefix=PREFIX)
    made.before_request(challenge.check)
    made.register_error_handler(DocumentError, _refused)
    made.register_error_handler(ClientError, _refused_by_database)
    return made


def body() -> bodies.Body:
    """The object in the request's body, whatever its content type says.

    :raises DocumentError: there is none.
    """
    limit = current_app.config["MAX_DOCUMENT_BYTES"]
    return bodies.decode(source.unpack(request.get_data(cache=False), limit))


def monitor() -> Monitor:
    """What writes what the client tells, for the site that it may write for."""
    return Monitor(database(), challenge.site(), redactor(), only=auth.bound_site())


def answer(message: str, data: Any, code: int = 200) -> ResponseReturnValue:
    """An answer as the clients read it."""
    return jsonify({"message": message, "data": data, "code": code}), code


def of_build(announcement: Announcement) -> dict[str, Any]:
    """A build in an answer."""
    return {
        "build_id": announcement.number,
        "spec_full_hash": announcement.hash,
        "spec_name": announcement.spec.name,
    }


def unknown_build() -> ResponseReturnValue:
    """The answer where no build has the number."""
    return answer("No build with this id was announced.", {}, 404)


def _refused(error: DocumentError) -> ResponseReturnValue:
    code = 413 if error.fault is Fault.TOO_LARGE else 400
    return answer(str(error), {}, code)


def _refused_by_database(error: ClientError) -> ResponseReturnValue:
    if isinstance(error, AuthError):
        raise error
    return answer(f"the database refused it: {error.message}"[:500], {}, 400)
