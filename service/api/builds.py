"""`/builds`: attempts at building specs, their logs, how they ended, and what broke them."""

import json
import re
from dataclasses import replace
from typing import Any

import zstandard
from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE
from werkzeug.exceptions import BadRequest, NotFound

from service.api.request import Page, bounded, finish_page_by_time, parse_parameter, scope_of
from service.api.schemas import builds as schemas
from service.api.schemas.specs import NoArguments
from service.dags.dag import load_dag
from service.dags.deptypes import ALL
from service.dags.diff import compare
from service.paging import cursors
from service.queries.attempts import Filter, attempts, bounds, filter_of, specs_tried
from service.queries.regression import differing, turning_point, values_of

blueprint = Blueprint("builds", __name__, description="Attempts at building specs.")

ADVICE = "narrow it: name a package and a version range, a site, or a time"
MOST_FINDINGS = 100
"""Errors and warnings of a phase that are told with an attempt."""
_UID = re.compile(r"[0-9a-f]{4,32}\Z")
_FINGERPRINT = re.compile(r"[0-9a-f]{4,64}\Z")
_HOST = ("host_os", "platform", "host_target", "hostname", "kernel_version")


@blueprint.route("/builds")
@blueprint.arguments(schemas.AttemptArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AttemptPageSchema)
def builds(arguments: dict[str, Any]) -> Page:
    """List attempts, newest first: by spec, status, phase, site, time, or what they reported."""
    constraint = parse_parameter("q", arguments["q"])
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    database = bounded(ADVICE)
    wanted = filter_of(database, arguments, constraint)
    if arguments["diagnostic"] is not None:
        fingerprint = _fingerprint(arguments["diagnostic"])
        if constraint is not None:
            raise BadRequest("diagnostic: not together with q")
        wanted = replace(wanted, fingerprint=fingerprint)
    items, total, exact = attempts(database, wanted, position.name, limit + 1)
    return finish_page_by_time(items, total, limit, scope, exact=exact, seen=position.seen)


def full_uid(text: str) -> str:
    """The uid of the attempt that a uid or the start of one names.

    :raises BadRequest: it is no uid, or several attempts fit.
    :raises NotFound: none has it.
    """
    if not _UID.match(text):
        raise BadRequest(f"{text[:40]!r} is no uid of an attempt: 4 to 32 hexadecimal digits")
    found = [record["uid"] for record in bounded(ADVICE).read("builds_named", prefix=text)]
    if not found:
        raise NotFound(f"no attempt has a uid that starts with {text}")
    if len(found) > 1 and text not in found:
        raise BadRequest(f"several attempts have a uid that starts with {text}; write more of it")
    return text if text in found else str(found[0])


def attempt_of(uid: str) -> dict[str, Any]:
    """An attempt, whole; raises as :func:`full_uid`."""
    records = bounded(ADVICE).read("build", uid=full_uid(uid), findings=MOST_FINDINGS)
    if not records:
        raise NotFound(f"attempt {uid} has just gone: something better told of the same")
    record = records[0]
    names = ("phases", "environment", "variables", "attachments", "recipes", "sources", "others")
    found = {**record["build"], **{name: record[name] for name in names}}
    return {**found, "more": json.loads(found["more"] or "{}")}


@blueprint.route("/builds/<uid>")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AttemptSchema)
def build(arguments: dict[str, Any], uid: str) -> dict[str, Any]:
    """One attempt: its phases with errors and warnings, its environment, and what was kept."""
    return attempt_of(uid)


@blueprint.route("/builds/<uid>/log")
@blueprint.arguments(schemas.LogArguments, location="query", unknown=RAISE)
@blueprint.alt_response(200, description="The text, in UTF-8.", success=True)
def log(arguments: dict[str, Any], uid: str) -> Response:
    """Return the log of an attempt, or of one phase, or a document that was kept with it."""
    found = full_uid(uid)
    rows = bounded(ADVICE).read("build_texts", uid=found, **arguments)
    if not rows:
        raise NotFound(_no_text(found, arguments))
    unpacker = zstandard.ZstdDecompressor()
    text = b"".join(unpacker.decompress(bytes(row["data"])) for row in rows)
    response = Response(text, content_type="text/plain; charset=utf-8")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _no_text(uid: str, arguments: dict[str, Any]) -> str:
    if arguments["attachment"]:
        return f"nothing called {arguments['attachment'][:80]!r} was kept with attempt {uid}"
    if arguments["phase"]:
        return f"attempt {uid} has no log of a phase {arguments['phase'][:80]!r}"
    return f"attempt {uid} has no log"


@blueprint.route("/matrix")
@blueprint.arguments(schemas.MatrixArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.MatrixSchema)
def matrix(arguments: dict[str, Any]) -> dict[str, Any]:
    """Tell how attempts ended, by package and compiler, version, target, system or site."""
    database = bounded(ADVICE)
    constraint = parse_parameter("q", arguments["q"])
    if constraint is None:
        hashes = database.read_one("specs_built")
    else:
        hashes = specs_tried(database, constraint)
    cells = database.read_one("matrix", hashes=hashes, by=arguments["by"], site=arguments["site"])
    return {
        "by": arguments["by"],
        "packages": sorted({cell["package"] for cell in cells}),
        "values": sorted({cell["value"] for cell in cells}),
        "cells": cells,
    }


@blueprint.route("/regression")
@blueprint.arguments(schemas.RegressionArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.RegressionSchema)
def regression(arguments: dict[str, Any]) -> dict[str, Any]:
    """Tell what separates the last success of a package from the first failure after it.

    The packages of both DAGs that differ, the host, and the environment variables.
    """
    database = bounded(ADVICE)
    constraint = parse_parameter("q", arguments["q"])
    if constraint is None or constraint.name is None:
        raise BadRequest("q: name one package")
    hashes = specs_tried(database, constraint)
    low, high = bounds(None, None)
    every = Filter(hashes, ("succeeded", "failed"), None, arguments["site"], low, high)
    items, _, _ = attempts(database, every, "", 100_000)
    success, failure = turning_point(items[::-1])
    answer: dict[str, Any] = {"success": success, "failure": failure, "same": None}
    answer |= {"entries": [], "without_dag": [], "host": [], "variables": [], "same_spec": False}
    if success is None or failure is None:
        return answer
    answer["same_spec"] = success["hash"] == failure["hash"]
    old, new = attempt_of(success["uid"]), attempt_of(failure["uid"])
    answer["host"] = differing(_host(old), _host(new))
    answer["variables"] = differing(values_of(old["variables"]), values_of(new["variables"]))
    dags = {hash_: load_dag(database, hash_) for hash_ in (success["hash"], failure["hash"])}
    answer["without_dag"] = [hash_ for hash_, dag in dags.items() if dag is None]
    a, b = dags[success["hash"]], dags[failure["hash"]]
    if a is not None and b is not None:
        answer["same"], answer["entries"] = compare(a, b, ALL)
    return answer


def _host(attempt: dict[str, Any]) -> dict[str, Any]:
    environment = attempt["environment"] or {}
    found = {key: environment.get(key) for key in _HOST}
    found |= {"spack_version": attempt.get("spack_version"), "site": attempt.get("site")}
    return {key: value for key, value in found.items() if value is not None}


def _fingerprint(prefix: str) -> str:
    """The fingerprint that starts so.

    :raises BadRequest: no fingerprint, or several fit.
    :raises NotFound: none has it.
    """
    if not _FINGERPRINT.match(prefix):
        raise BadRequest(f"{prefix[:40]!r} is no fingerprint: 4 to 64 hexadecimal digits")
    found = bounded(ADVICE).read("diagnostics_named", prefix=prefix)
    if not found:
        raise NotFound(f"no diagnostic has a fingerprint that starts with {prefix}")
    if len(found) > 1:
        raise BadRequest(f"several fingerprints start with {prefix}; write more of it")
    return str(found[0]["fingerprint"])


def _diagnostic(prefix: str) -> dict[str, Any]:
    """The record of a diagnostic; raises as :func:`_fingerprint`."""
    found = bounded(ADVICE).read("diagnostic", prefix=_fingerprint(prefix))
    names = ("packages", "compilers", "targets", "sites")
    return {**found[0]["diagnostic"], **{name: found[0][name] for name in names}}


@blueprint.route("/diagnostics")
@blueprint.arguments(schemas.DiagnosticArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiagnosticPageSchema)
def diagnostics(arguments: dict[str, Any]) -> dict[str, Any]:
    """List distinct errors and warnings, the most frequent first."""
    scope = scope_of(arguments)
    position = cursors.decode(arguments["cursor"], scope)
    limit = arguments["limit"]
    database = bounded(ADVICE)
    told = {key: arguments[key] for key in ("kind", "causes", "text")}
    told |= {"skip": position.seen, "limit": limit + 1}
    constraint = parse_parameter("q", arguments["q"])
    if constraint is None and arguments["site"] is None:
        items = database.read_one("diagnostics", **told)
    else:
        hashes = specs_tried(database, constraint) if constraint else None
        if hashes is None:
            hashes = database.read_one("specs_built")
        items = database.read_one("diagnostics_of", hashes=hashes, site=arguments["site"], **told)
    following = None
    if len(items) > limit:
        following = cursors.encode_key("", scope, position.seen + limit)
    return {"items": items[:limit], "next": following}


@blueprint.route("/diagnostics/<fingerprint>")
@blueprint.arguments(NoArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.DiagnosticSchema)
def diagnostic(arguments: dict[str, Any], fingerprint: str) -> dict[str, Any]:
    """One diagnostic: which packages, compilers, targets and sites hit it.

    The attempts themselves: `/builds?diagnostic=`.
    """
    return _diagnostic(fingerprint)
