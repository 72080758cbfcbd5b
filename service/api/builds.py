"""`/builds`, and `/matrix`, `/regression` and `/diagnostics`, which are derived from builds."""

from functools import partial

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.listing import (
    UncountedPage,
    attempt_filter,
    diagnostic_filter,
    page_by_rank,
    page_by_time,
    with_advice,
    with_facts,
)
from service.api.request import Arguments, Page, bounded
from service.api.schemas import builds as schemas
from service.api.schemas.specs import NoArguments
from service.queries.attempt_details import AttemptDetails, load_attempt, read_log
from service.queries.attempts import ADVICE, find_attempts
from service.queries.diagnostics import DiagnosticSummary, rank_diagnostics, summarize_diagnostic
from service.queries.matrix import SuccessMatrix, success_matrix
from service.queries.parsing import parse_one
from service.queries.regression import Regression, find_regression

blueprint = Blueprint("builds", __name__, description="Attempts at building specs.")


@blueprint.route("/builds")
@blueprint.arguments(schemas.AttemptArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AttemptPageSchema)
def builds(arguments: Arguments) -> Page:
    """List attempts, newest first: by spec, status, phase, site, time or reported diagnostic."""
    criteria = attempt_filter(arguments)
    found = partial(find_attempts, bounded(ADVICE), criteria)
    page = with_facts(page_by_time(arguments, found), arguments, "spec_uid")
    return with_advice(page, arguments, [criteria.constraint])


@blueprint.route("/builds/<uid>")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AttemptSchema)
def build(arguments: Arguments, uid: str) -> AttemptDetails:
    """Return one attempt: phases with errors and warnings, host, and the documents kept."""
    return load_attempt(bounded(ADVICE), uid)


@blueprint.route("/builds/<uid>/log")
@blueprint.arguments(schemas.LogArguments, location="query", unknown=RAISE)
@blueprint.alt_response(200, description="The text, in UTF-8.", success=True)
def log(arguments: Arguments, uid: str) -> Response:
    """Return the log of an attempt or of one phase, or a document that was kept with it."""
    response = Response(
        read_log(bounded(ADVICE), uid, **arguments), content_type="text/plain; charset=utf-8"
    )
    # A log may hold any text: without this a browser could take it for a page or a script.
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.route("/matrix")
@blueprint.arguments(schemas.MatrixArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.MatrixSchema)
def matrix(arguments: Arguments) -> SuccessMatrix:
    """Count how attempts ended, by package and compiler, version, target, system or site."""
    constraint = parse_one("q", arguments["q"])
    return success_matrix(bounded(ADVICE), constraint, arguments["by"], arguments["site"])


@blueprint.route("/regression")
@blueprint.arguments(schemas.RegressionArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RegressionSchema)
def regression(arguments: Arguments) -> Regression:
    """Compare the last success of a package to the first failure after it.

    The answer has the packages of both DAGs, the properties of both hosts and the environment
    variables that differ.
    """
    constraint = parse_one("q", arguments["q"])
    return find_regression(bounded(ADVICE), constraint, arguments["site"])


@blueprint.route("/diagnostics")
@blueprint.arguments(schemas.DiagnosticArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiagnosticPageSchema)
def diagnostics(arguments: Arguments) -> UncountedPage:
    """List distinct errors and warnings, the most frequent first."""
    ranked = partial(rank_diagnostics, bounded(ADVICE), diagnostic_filter(arguments))
    return page_by_rank(arguments, ranked)


@blueprint.route("/diagnostics/<fingerprint>")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiagnosticSchema)
def diagnostic(arguments: Arguments, fingerprint: str) -> DiagnosticSummary:
    """Return which packages, compilers, targets and sites hit a diagnostic.

    `/builds?diagnostic=` lists the attempts themselves.
    """
    return summarize_diagnostic(bounded(ADVICE), fingerprint)
