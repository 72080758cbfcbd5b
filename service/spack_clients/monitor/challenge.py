"""Bearers for the monitor's clients, which authenticate as Docker's clients do.

A request that writes without a bearer is answered with 401 and the address of `/auth/token/`. There
the client sends the user's token as the password of Basic authentication and receives a bearer that
expires after 100 minutes.
"""

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, TimestampSigner

from loaders.evidence import DEFAULT_SITE
from loaders.store import tokens
from service.api import auth
from service.api.request import database, service_address

BEARER_SECONDS = 6000
"""Lifetime of a bearer."""
SCOPE = "build"
_SALT = "specgraph-monitor"

blueprint = Blueprint("monitor_tokens", __name__)


@blueprint.get("/auth/token/", strict_slashes=False)
def issue_bearer() -> ResponseReturnValue:
    """Issue a bearer for the user's token, whose name is that of the user."""
    given = request.authorization
    text = given.password if given is not None and given.type == "basic" else None
    grant = auth.find_grant(text, tokens.UPLOAD) if text else None
    if given is None or grant is None or given.username != grant.name:
        return Response(status=403)
    found = tokens.find_with_key(database(), grant.id)
    if found is None:
        return Response(status=403)
    token, key = found
    body = {
        "token": _make_signer(key).sign(token.public_id).decode(),
        "expires_in": BEARER_SECONDS,
        "issued_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def check_bearer() -> Response | None:
    """Refuse a request that lacks a required bearer, before its body is read."""
    bearer = auth.bearer_token()
    g.grant = _find_grant(bearer) if bearer else None
    if g.grant is not None:
        return None
    g.grant, is_refused = auth.admit_without_token(tokens.UPLOAD)
    return _make_challenge() if is_refused else None


def request_site() -> str:
    """Return the site of the request's builds; the protocol itself has no sites."""
    return auth.site_for(DEFAULT_SITE)


def _find_grant(bearer: str) -> auth.Grant | None:
    """Return the grant of a bearer or of a token itself; None if it is not valid, or no longer."""
    grant = auth.find_grant(bearer, tokens.UPLOAD)
    if grant is not None:
        return grant
    # Looked up on every request, so that revoking a token also ends its bearers.
    found = tokens.find_with_key(database(), bearer.partition(".")[0])
    if found is None:
        return None
    token, key = found
    try:
        signed = _make_signer(key).unsign(bearer, max_age=BEARER_SECONDS)
    except BadData:
        return None
    return auth.use_token(token, tokens.UPLOAD) if signed == token.public_id.encode() else None


def _make_signer(key: bytes) -> TimestampSigner:
    return TimestampSigner(key, salt=_SALT)


def _make_challenge() -> Response:
    address = _public_address()
    response = Response(status=401)
    # As spack-monitor sends it: no scheme such as `Bearer` before the parameters.
    response.headers["Www-Authenticate"] = (
        f'realm="{address}/auth/token/",service="{address}",scope="{SCOPE}"'
    )
    return response


def _public_address() -> str:
    """Return the service's address as the client knows it, also behind a proxy."""
    if current_app.config["PUBLIC_URL"]:
        return service_address()
    scheme = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    if scheme not in ("http", "https"):
        scheme = request.scheme
    return f"{scheme}://{request.host}"
