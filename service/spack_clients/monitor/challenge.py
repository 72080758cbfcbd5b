"""Tokens as the monitor's clients ask for them, in the way of Docker's registry.

A request that writes without a bearer is answered 401 with where to get one. There the client shows
the user's token as a password and gets a bearer that lasts for an hour and a half.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeTimedSerializer

from loaders.evidence import DEFAULT_SITE
from loaders.store import tokens
from service.api import auth
from service.api.request import database

SECONDS = 6000
"""How long a bearer lasts."""
SCOPE = "build"
_SALT = "specgraph-monitor"
_KEY = "specgraph-monitor-key"

blueprint = Blueprint("monitor_tokens", __name__)


@blueprint.record_once
def _make_key(state: Any) -> None:
    """A key that signs bearers; after a restart a client gets a new one by itself."""
    state.app.extensions[_KEY] = secrets.token_bytes(32)


@blueprint.get("/auth/token/", strict_slashes=False)
def token() -> ResponseReturnValue:
    """A bearer for the user's token, which comes as a password."""
    given = request.authorization
    secret = given.password if given is not None and given.type == "basic" else None
    grant = auth.grant_for(secret, tokens.UPLOAD) if secret else None
    if grant is None:
        return Response(status=403)
    body = {
        "token": _signer().dumps(grant.id),
        "expires_in": SECONDS,
        "issued_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def check() -> Response | None:
    """Refuse a request without a bearer, where tokens are required, before its body is read."""
    bearer = auth.bearer()
    g.grant = _grant_for(bearer) if bearer else None
    return _challenge() if g.grant is None and auth.required() else None


def site() -> str:
    """The site that the request tells of."""
    return auth.site_for(DEFAULT_SITE)


def _grant_for(bearer: str) -> auth.Grant | None:
    """What a bearer, or a token itself, grants; None where it is not valid, or its token ended."""
    grant = auth.grant_for(bearer, tokens.UPLOAD)
    if grant is not None:
        return grant
    try:
        public_id = str(_signer().loads(bearer, max_age=SECONDS))
    except BadData:
        return None
    return auth.grant_of(tokens.find_by_id(database(), public_id), tokens.UPLOAD)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.extensions[_KEY], salt=_SALT)


def _challenge() -> Response:
    host = _outside()
    response = Response(status=401)
    response.headers["Www-Authenticate"] = (
        f'realm="{host}/auth/token/",service="{host}",scope="{SCOPE}"'
    )
    return response


def _outside() -> str:
    """The service's address as the client sees it, also where it lies behind a proxy."""
    scheme = request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip()
    if scheme not in ("http", "https"):
        scheme = request.scheme
    return f"{scheme}://{request.host}"
