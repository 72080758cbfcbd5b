"""`PUT /submit.php`: CDash reports of an unmodified Spack, answered as CDash answers.

The reporter (`lib/spack/spack/reporters/cdash.py`) reads only `<buildId>` in an answer, as digits,
and prints a link to `/buildSummary.php?buildid=` with it. If the status is not 2xx, it prints the
answer and goes on.
"""

import hashlib
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, current_app, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from loaders import source
from loaders.errors import DocumentError
from loaders.pipeline import cdash_uploads
from loaders.reports.report import Report
from service.api import auth
from service.api.problems import status_of
from service.api.request import database, redactor

blueprint = Blueprint("cdash", __name__)

MAX_DIGITS = 18
"""Maximum length of a build id: Neo4j's integers have 63 bits."""
MAX_NAME = 200
"""Maximum length of a project's name, in characters."""
_NOTHING_FOUND = "no build or test could be read from its files"


def register(app: Flask) -> None:
    """Add the routes and the error handler to an app."""
    app.register_blueprint(blueprint)
    app.register_error_handler(_RefusedUploadError, _answer_refused)


class _RefusedUploadError(Exception):
    """An upload that cannot be stored.

    Attributes:
        status: HTTP status of the answer.
        md5: MD5 of the body, or an empty text if the body was not read.
    """

    def __init__(self, status: int, message: str, md5: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.md5 = md5


@blueprint.route("/submit.php", methods=["PUT", "POST"])
def submit_file() -> Response:
    """Store one file of a report."""
    project = request.args.get("project", "").strip()
    if not 0 < len(project) <= MAX_NAME or not project.isprintable():
        raise _RefusedUploadError(400, "no valid project is given; use submit.php?project=NAME")
    body = request.get_data(cache=False)
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    expected = request.args.get("MD5", "").strip().lower()
    if expected and expected != md5:
        message = f"the checksum does not match: expected {expected[:40]!r}, received {md5}"
        raise _RefusedUploadError(400, message, md5)
    try:
        received = cdash_uploads.receive_file(
            database(),
            source.unpack_body(body, current_app.config["MAX_DOCUMENT_BYTES"]),
            project=project,
            site=auth.bound_site(),
            redactor=redactor(),
            owner=auth.owner(),
        )
    except DocumentError as error:
        raise _RefusedUploadError(status_of(error.fault), error.detail, md5) from error
    return _make_answer(200, "OK", _summarize(received.report), md5, received.number)


def _summarize(report: Report) -> str:
    """Return the content of the files received so far, in a few words for people."""
    if report.attempts:
        spec = report.attempts[0].spec
        version = f"@{spec.version}" if spec.version else ""
        return f"{spec.name}{version}/{spec.hash[:7]} {report.attempts[0].status.value}"
    if report.test_runs:
        run = report.test_runs[0]
        return f"tests of {run.spec.name}/{run.spec.hash[:7]} {run.status.value}"
    return f"kept; {_explain_empty(report)}"


def _explain_empty(report: Report) -> str:
    return report.problems[0].error.detail if report.problems else _NOTHING_FOUND


def _answer_refused(error: _RefusedUploadError) -> Response:
    return _make_answer(error.status, "ERROR", str(error), error.md5)


def _make_answer(
    status: int, word: str, message: str, md5: str, number: int | None = None
) -> Response:
    """Return an answer in CDash's format: `<cdash>` with status, message, md5 and buildId."""
    # XML 1.0 has no way to write most control characters, not even escaped.
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
def show_summary() -> BaseResponse:
    """Redirect the link that Spack prints to the page of the build, or of the tested spec."""
    number = request.args.get("buildid", "")
    valid = number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS
    report = cdash_uploads.read_report(database(), int(number)) if valid else None
    if report is None:
        raise NotFound(f"no report has the buildid {number[:40]!r}")
    if report.attempts:
        return redirect(f"/build/{report.attempts[0].uid}")
    if report.test_runs:
        return redirect(f"/spec/{report.test_runs[0].spec.hash}")
    raise NotFound(f"the report is stored, but has no build: {_explain_empty(report)}")
