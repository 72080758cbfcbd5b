"""Who may write: tokens in `Authorization: Bearer`. Reading is open to all.

Where the service requires tokens, each request that writes needs one with the scope `upload`.
Where it does not, a token that is sent counts all the same for the site that it is bound to.
"""

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request

from loaders.store import tokens
from service.api.problems import problem
from service.api.request import database

_READING = ("GET", "HEAD", "OPTIONS")
_READS = frozenset({"/api/v1/specs/missing"})
"""Paths that are posted to but only read."""
_OWN_FLOW = ("/ms1/", "/auth/")
"""Below these, whoever answers asks for tokens in the way of its clients, by `grant_for`."""
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Grant:
    """What the holder of a token may do.

    :ivar id: the token's public id.
    :ivar site: the only site that may be uploaded for; None for all.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    site: str | None


def required() -> bool:
    """Whether writing needs a token."""
    return bool(current_app.config["REQUIRE_TOKEN"])


def grant_for(secret: str, scope: str) -> Grant | None:
    """What a token's whole text grants; None where it is not valid, or not for this scope."""
    return grant_of(tokens.find(database(), secret), scope)


def grant_of(token: tokens.Token | None, scope: str) -> Grant | None:
    """What a valid token grants; None where it is not for this scope.

    That the token was used is noted.
    """
    if token is None or scope not in token.scopes:
        return None
    tokens.record_use(database(), token)
    return Grant(token.public_id, token.name, token.scopes, token.site)


def bearer() -> str | None:
    """The token in the request's `Authorization: Bearer`; None without one."""
    given = request.headers.get("Authorization", "")
    return given[len(_SCHEME) :].strip() if given.lower().startswith(_SCHEME) else None


def granted() -> Grant | None:
    """What the request's token granted; None where it came without a valid one."""
    found: Grant | None = g.get("grant")
    return found


def bound_site() -> str | None:
    """The only site that the request may upload for; None where its token says none."""
    grant = granted()
    return grant.site if grant is not None else None


def site_for(given: str) -> str:
    """The site of an upload: the one that the request's token is bound to, else the given one."""
    return bound_site() or given


def register(app: Flask) -> None:
    """Let the app ask whoever writes for a token."""
    app.before_request(_check)


def _check() -> Response | None:
    """Refuse a request that writes without the right to."""
    reads = request.method in _READING or request.path in _READS
    if reads or request.path.startswith(_OWN_FLOW) or request.routing_exception is not None:
        return None
    given = bearer()
    grant = grant_for(given, tokens.UPLOAD) if given is not None else None
    if grant is None:
        return unauthorized(given) if required() else None
    g.grant = grant
    site = request.args.get("site")
    if request.path in _TELLS_SITE and grant.site is not None and site not in (None, grant.site):
        detail = f"this token is for the site {grant.site}, not for {site}"
        return problem(403, "Forbidden", detail, "other-site", parameter="site")
    return None


_TELLS_SITE = frozenset({"/api/v1/documents"})
"""Paths whose `site` is where the documents come from."""


def unauthorized(given: str | None) -> Response:
    """The answer to a request whose token is missing or not valid (RFC 6750)."""
    if given is None:
        detail, challenge = "writing needs a token: Authorization: Bearer", "Bearer"
    else:
        detail = "this token is not valid: unknown, expired, revoked, or without the scope upload"
        challenge = 'Bearer error="invalid_token"'
    response = problem(401, "Unauthorized", detail, "token")
    response.headers["WWW-Authenticate"] = challenge
    return response
