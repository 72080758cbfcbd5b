"""Which requests need a token, and with which scope: by method, path and headers alone.

One rule holds for every route: deletions and the audit need the scope `admin`; all other
requests that write need `upload`; the rest reads. Each scope includes the ones before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from loaders.store.tokens import ADMIN, READ, UPLOAD
from service.guard import Headers

COOKIE = "specgraph-token"
"""Name of the cookie in which a browser keeps the token that was given to the login page."""
REQUEST_ID = "specgraph.request_id"
"""Key of a WSGI environment: the id of the request in the access log."""
GRANT_ID = "specgraph.grant"
"""Key of a WSGI environment: the public id of the request's token."""
HEADER_ONLY = "specgraph.header_only"
"""Key of a WSGI environment: the body is still to come, and the answer 204 lets it."""
INTERNAL = "specgraph.internal"
"""Key of a WSGI environment: the service asks itself. No header of a client becomes this key."""
API = "/api/v1"
METRICS_PATH = "/metrics"
AUDIT_PATHS = frozenset({f"{API}/audit", "/audit"})
"""Paths of the audit and of its page."""
READ_POSTS = frozenset(
    f"{API}/{path}" for path in ("specs/missing", "splices/plan", "splices/plans", "splices/fixes")
)
"""Paths of POST requests that only read."""
_READ_METHODS = frozenset({"GET", "HEAD"})
_OPEN_PATHS = frozenset(
    {
        *("/healthz", "/readyz", f"{API}/healthz", f"{API}/readyz"),
        *("/login", "/logout", "/auth/token", "/auth/token/", "/ms1", "/ms1/"),
        *("/browser/guide.html", "/browser/favourites.zip", "/browser/specgraph.grass"),
    }
)
"""Paths that hold nothing of the graph, or that a client needs before it has a token."""
_OPEN_FOLDERS = ("/static/", "/docs/assets/", "/browser/favourites/")
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Policy:
    """Whether writing and reading need a token."""

    write: bool = False
    read: bool = False

    def requires(self, scope: str | None) -> bool:
        """Return whether a request that needs a scope is refused without a token."""
        return self.read if scope == READ else scope is not None and (self.write or self.read)


def scope_of(method: str, path: str) -> str | None:
    """Return the scope that a request needs; None if it is open to everybody."""
    if method == "OPTIONS" or path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS):
        return None
    if method == "DELETE" or path.rstrip("/") in AUDIT_PATHS:
        return ADMIN
    return READ if method in _READ_METHODS or path in READ_POSTS else UPLOAD


def writes(method: str, path: str) -> bool:
    """Return whether a request writes to the graph."""
    return method not in _READ_METHODS and scope_of(method, path) not in (None, READ)


def reads(method: str, path: str) -> bool:
    """Return whether a request reads the graph and does not write to it."""
    return scope_of(method, path) == READ


def uploads(method: str, path: str) -> bool:
    """Return whether a request brings something to the graph, unlike one that deletes."""
    return writes(method, path) and scope_of(method, path) == UPLOAD


def is_only_header(environ: Mapping[str, object], status: int) -> bool:
    """Return whether an answer only lets the body of a request come, which is answered later.

    Args:
        environ: The request's WSGI environment.
        status: HTTP status of the answer.
    """
    return HEADER_ONLY in environ and status == 204


def presented_token(scope: str | None, headers: Headers, method: str = "POST") -> str | None:
    """Return the text of the token that a request presents, or None.

    A cookie counts for reading only, of the audit too: a browser sends it by itself.
    """
    header = headers.get("Authorization") or ""
    # The scheme is case-insensitive: RFC 9110, section 11.1.
    if header.lower().startswith(_SCHEME):
        return header[len(_SCHEME) :].strip()
    reads = scope == READ or method in _READ_METHODS
    return _cookie(headers.get("Cookie") or "") if reads else None


def _cookie(header: str) -> str | None:
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value:
            return value
    return None
