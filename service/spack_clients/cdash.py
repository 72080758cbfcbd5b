"""`PUT /submit.php`: CDash reports of an unmodified Spack, answered as CDash answers.

Spack reads one thing in an answer: `<buildId>`, digits, from which it makes the link that it shows,
`/buildSummary.php?buildid=`. An answer other than 2xx it prints and goes on.
"""

import hashlib
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from loaders import source
from loaders.errors import DocumentError
from loaders.pipeline import cdash_uploads
from loaders.reports.report import Report
from service.api import auth
from service.api.problems import status_of
from service.api.request import database, redactor

blueprint = Blueprint("cdash", __name__)

MAX_DIGITS = 18
"""Most digits of a buildId."""
MAX_NAME = 200
"""Longest name of a project, in characters."""
_UNREAD = "its files are kept, but nothing is known of what they tell"


def register(app: Flask) -> None:
    """Let the app take reports where CDash takes them."""
    app.register_blueprint(blueprint)
    app.register_error_handler(_RefusedError, _refused)


class _RefusedError(Exception):
    """A file that is not kept.

    :ivar status: of the answer.
    """

    def __init__(self, status: int, message: str, md5: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.md5 = md5


@blueprint.route("/submit.php", methods=["PUT", "POST"])
def submit() -> Response:
    """Keep a file of a report."""
    project = request.args.get("project", "").strip()
    if not 0 < len(project) <= MAX_NAME or not project.isprintable():
        raise _RefusedError(400, "the address names no project: submit.php?project=NAME")
    body = request.get_data(cache=False)
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    expected = request.args.get("MD5", "").strip().lower()
    if expected and expected != md5:
        message = f"the checksum does not match: {expected[:40]!r} was told, {md5} came"
        raise _RefusedError(400, message, md5)
    try:
        received = cdash_uploads.receive(
            database(),
            source.unpack(body, current_app.config["MAX_DOCUMENT_BYTES"]),
            project=project,
            site=auth.bound_site(),
            redactor=redactor(),
        )
    except DocumentError as error:
        raise _RefusedError(status_of(error.fault), error.detail, md5) from error
    return _answer(200, "OK", _told(received.report), md5, received.number)


def _told(report: Report) -> str:
    """What the report tells by now, for a person who looks."""
    if report.attempts:
        spec = report.attempts[0].spec
        version = f"@{spec.version}" if spec.version else ""
        return f"{spec.name}{version}/{spec.hash[:7]} {report.attempts[0].status.value}"
    if report.test_runs:
        run = report.test_runs[0]
        return f"tests of {run.spec.name}/{run.spec.hash[:7]} {run.status.value}"
    return f"kept; {_why_not(report)}"


def _why_not(report: Report) -> str:
    return report.problems[0].error.detail if report.problems else _UNREAD


def _refused(error: _RefusedError) -> Response:
    return _answer(error.status, "ERROR", str(error), error.md5)


def _answer(status: int, word: str, message: str, md5: str, number: int | None = None) -> Response:
    """An answer as CDash gives it: `<cdash>` with status, message, md5 and buildId."""
    printable = "".join(each if each.isprintable() else " " for each in message)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<cdash version="3.2.0">',
        f"  <status>{word}</status>",
        f"  <message>{escape(printable)}</message>",
        f"  <md5>{md5}</md5>",
        *([f"  <buildId>{number}</buildId>"] if number is not None else []),
        "</cdash>",
    ]
    text = "\n".join(lines) + "\n"
    return Response(text, status=status, content_type="text/xml; charset=utf-8")


@blueprint.get("/buildSummary.php")
def summary() -> Answer:
    """The page that Spack prints a link to: of the attempt, or of the spec that was tested."""
    number = request.args.get("buildid", "")
    known = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    report = cdash_uploads.report_numbered(database(), int(number)) if known else None
    if report is None:
        raise NotFound(f"no report has the buildid {number[:40]!r}")
    if report.attempts:
        return redirect(f"/build/{report.attempts[0].uid}")
    if report.test_runs:
        return redirect(f"/spec/{report.test_runs[0].spec.hash}")
    raise NotFound(f"the report is kept, but no attempt is known from it: {_why_not(report)}")
