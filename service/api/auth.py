"""Authorization of writes by tokens in `Authorization: Bearer`. Reads are open to everybody.

If the service requires tokens, each request that writes needs one with the scope `upload`. If it
does not, a token may still be sent, and then binds the upload to the token's site.
"""

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request

from loaders.store import tokens
from service.api.problems import make_problem
from service.api.request import database

_READ_METHODS = ("GET", "HEAD", "OPTIONS")
_READ_POSTS = frozenset({"/api/v1/specs/missing"})
"""Paths of POST requests that only read."""
_OWN_CHALLENGE = ("/ms1/", "/auth/")
"""Prefixes of paths whose views check tokens in the way that their clients expect."""
_SITE_PATHS = frozenset({"/api/v1/documents"})
"""Paths whose parameter `site` is the site of the upload."""
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a token's holder.

    Attributes:
        id: The token's public id.
        name: The token's name for people.
        site: The only site for which it may upload, or None for all sites.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    site: str | None


def required() -> bool:
    """Return whether writing requires a token."""
    return bool(current_app.config["REQUIRE_TOKEN"])


def find_grant(text: str, scope: str) -> Grant | None:
    """Return the grant of the token with this text.

    Args:
        text: The whole token, with its secret.
        scope: The scope that is needed.

    Returns:
        The grant, or None if there is no such token, or it is expired, revoked or lacks the scope.
    """
    return use_token(tokens.find_token(database(), text), scope)


def use_token(token: tokens.Token | None, scope: str) -> Grant | None:
    """Return the grant of a valid token, and record its use; None if it lacks the scope."""
    if token is None or scope not in token.scopes:
        return None
    tokens.record_use(database(), token)
    return Grant(token.public_id, token.name, token.scopes, token.site)


def bearer_token() -> str | None:
    """Return the token in the request's `Authorization: Bearer`, or None if there is none."""
    header = request.headers.get("Authorization", "")
    # The scheme is case-insensitive: RFC 9110, section 11.1.
    return header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else None


def current_grant() -> Grant | None:
    """Return the grant of the request's token, or None if it has no valid token."""
    grant: Grant | None = g.get("grant")
    return grant


def bound_site() -> str | None:
    """Return the only site for which the request may upload, or None for all sites."""
    grant = current_grant()
    return grant.site if grant is not None else None


def site_for(given: str) -> str:
    """Return the site of an upload: the one to which the token is bound, else the given one."""
    return bound_site() or given


def register(app: Flask) -> None:
    """Check the token of every request that writes to an app."""
    app.before_request(_check_token)


def _check_token() -> Response | None:
    """Refuse a request that writes without permission, before its body is read."""
    reads = request.method in _READ_METHODS or request.path in _READ_POSTS
    # A path or method that does not exist is answered with 404 or 405, not with 401.
    if reads or request.path.startswith(_OWN_CHALLENGE) or request.routing_exception is not None:
        return None
    token = bearer_token()
    scope = tokens.ADMIN if request.method == "DELETE" else tokens.UPLOAD
    grant = find_grant(token, scope) if token is not None else None
    if grant is None:
        return _refuse_token(token) if required() else None
    g.grant = grant
    site = request.args.get("site")
    if request.path in _SITE_PATHS and grant.site is not None and site not in (None, grant.site):
        detail = f"this token is for the site {grant.site}, not for {site}"
        return make_problem(403, "Forbidden", detail, "other-site", parameter="site")
    return None


def _refuse_token(token: str | None) -> Response:
    """Return the answer to a missing or invalid token (RFC 6750, section 3)."""
    if token is None:
        detail = "writing needs a token: send Authorization: Bearer TOKEN"
        challenge = "Bearer"
    else:
        detail = "this token is not valid: unknown, expired, revoked, or without the scope upload"
        challenge = 'Bearer error="invalid_token"'
    response = make_problem(401, "Unauthorized", detail, "token")
    response.headers["WWW-Authenticate"] = challenge
    return response
