"""Authorization of requests by tokens, in `Authorization: Bearer` or in the cookie of the pages.

Which requests need a token is the rule of `service.access`. Where none is required, one may still
be sent: it binds an upload to the token's site and name, and is held to its scope. A service that
has an owner takes writes without a token from the owner's processes only, as if with the owner's.
"""

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request

from loaders.store import tokens
from service import access
from service.api.problems import make_problem
from service.api.request import database
from service.owner import Owner

_OWN_CHALLENGE = "/ms1/"
"""Prefix of paths whose views check tokens in the way that their clients expect."""
_SITE_PATHS = frozenset({"/api/v1/documents"})
"""Paths whose parameter `site` is the site of the upload."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a token's holder.

    Attributes:
        id: The token's public id.
        name: The token's name for people.
        site: The only site for which it may upload, or None for all sites.
        expires: Time of expiry in seconds since 1970, or None for never.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    site: str | None
    expires: float | None = None


def policy() -> access.Policy:
    """Return whether writing and reading need a token."""
    config = current_app.config
    return access.Policy(bool(config["REQUIRE_TOKEN"]), bool(config["REQUIRE_TOKEN_TO_READ"]))


def required() -> bool:
    """Return whether writing requires a token."""
    return policy().requires(tokens.UPLOAD)


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
    if token is None or not token.allows(scope):
        return None
    tokens.record_use(database(), token)
    return Grant(token.public_id, token.name, token.scopes, token.site, token.expires)


def admit_without_token(scope: str) -> tuple[Grant | None, bool]:
    """Return the grant of a request that presents no valid token, and whether to refuse it.

    Args:
        scope: The scope that is needed, which is not that of reading.
    """
    if policy().requires(scope):
        return None, True
    owner: Owner | None = current_app.config["OWNER"]
    if owner is None:
        return None, False
    is_own = owner.sent(request.environ)
    return (find_grant(owner.token, scope) if is_own else None), is_own is False


def bearer_token() -> str | None:
    """Return the token in the request's `Authorization: Bearer`, or None if there is none."""
    return access.presented_token(tokens.UPLOAD, request.headers)


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


def owner() -> str:
    """Return the name of the request's token, which owns what it sends; empty without one."""
    grant = current_grant()
    return grant.name if grant is not None else ""


def register(app: Flask) -> None:
    """Check the token of every request to an app."""
    app.before_request(_check_token)
    app.after_request(_note_token)


def _note_token(response: Response) -> Response:
    """Name the token in the request's environment, for the access log."""
    grant = current_grant()
    if grant is not None:
        request.environ[access.GRANT_ID] = grant.id
    return response


def is_left_to_views() -> bool:
    """Return whether a request is not checked before its view.

    A path or method that does not exist is answered with 404 or 405, and not with 401.
    """
    return request.routing_exception is not None or request.path.startswith(_OWN_CHALLENGE)


def _check_token() -> Response | None:
    """Refuse a request without permission, before its body is read."""
    if request.environ.get(access.INTERNAL):
        return None
    scope = access.scope_of(request.method, request.path)
    if scope is None or is_left_to_views():
        return None
    if scope == tokens.READ and not policy().requires(scope):
        return None
    text = access.presented_token(scope, request.headers, request.method)
    token = tokens.find_token(database(), text) if text is not None else None
    if token is None:
        g.grant, is_refused = admit_without_token(scope)
        return _refuse_token(text, scope) if is_refused else None
    grant = use_token(token, scope)
    if grant is None:
        return _refuse_scope(scope)
    g.grant = grant
    site = request.args.get("site")
    if request.path in _SITE_PATHS and grant.site is not None and site not in (None, grant.site):
        detail = f"this token is for the site {grant.site}, not for {site}"
        return make_problem(403, "Forbidden", detail, "other-site", parameter="site")
    return None


def _refuse_token(text: str | None, scope: str) -> Response:
    """Return the answer to a missing or invalid token (RFC 6750, section 3)."""
    if text is None:
        verb = "reading" if scope == tokens.READ else "writing"
        verb = "this" if scope == tokens.ADMIN else verb
        detail = f"{verb} needs a token: send Authorization: Bearer TOKEN"
        if current_app.config["OWNER"] is not None:
            detail += "; the file owner-token in the data directory has that of the service's owner"
        challenge = "Bearer"
    else:
        detail = "this token is not valid: unknown, expired or revoked"
        challenge = 'Bearer error="invalid_token"'
    response = make_problem(401, "Unauthorized", detail, "token")
    response.headers["WWW-Authenticate"] = challenge
    return response


def _refuse_scope(scope: str) -> Response:
    """Return the answer to a valid token whose scope is too low (RFC 6750, section 3.1)."""
    detail = f"this token lacks the scope {scope}"
    response = make_problem(403, "Forbidden", detail, "scope")
    response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
    return response
