"""Create, find, list and revoke tokens. Only the digests of their secrets are stored."""

import contextlib
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from cypher.run import Database, WriteRefusedError, run_one

READ = "read"
"""The scope that requests that read need, where reading needs a token."""
UPLOAD = "upload"
"""The scope that requests that write need."""
ADMIN = "admin"
"""The scope that requests that delete need."""
SCOPES = (READ, UPLOAD, ADMIN)
"""All scopes; each includes those before it."""
USE_INTERVAL = 60.0
"""Seconds between two recorded uses of a token: a write for every request would cost too much."""
_KEY_PURPOSE = b"specgraph signing key"
# 43 characters of base64 are the 256 bits of `token_urlsafe(32)`.
_TEXT = re.compile(r"sg_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """A stored token, without its secret. Times are seconds since 1970.

    Attributes:
        site: The only site for which it may upload, or None for all sites.
        expires: Time of expiry, or None for never.
    """

    public_id: str
    name: str
    scopes: tuple[str, ...]
    site: str | None = None
    created: float = 0.0
    expires: float | None = None
    last_used: float | None = None
    revoked: bool = False

    def allows(self, scope: str) -> bool:
        """Return whether it has a scope, or one that includes it."""
        return not set(self.scopes).isdisjoint(SCOPES[SCOPES.index(scope) :])

    def state(self, now: float) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


class _StoredToken(TypedDict):
    public_id: str
    name: str
    scopes: list[str]
    site: str | None
    created: float
    expires: float | None
    last_used: float | None
    revoked: bool
    digest: NotRequired[str]


def create_token(
    database: Database,
    name: str,
    *,
    site: str | None = None,
    scopes: Sequence[str] = (UPLOAD,),
    expires: float | None = None,
) -> tuple[str, Token]:
    """Create and store a token.

    Args:
        database: The database to write to.
        name: Name for people, in the list of tokens.
        site: The only site for which it may upload, or None for all sites.
        scopes: Rights of its holder.
        expires: Time of expiry in seconds since 1970, or None for never.

    Returns:
        The token's text, which cannot be recovered later, and the token as stored.
    """
    secret = secrets.token_urlsafe(32)
    token = Token(secrets.token_hex(6), name, tuple(scopes), site, time.time(), expires)
    parameters = {
        "public_id": token.public_id,
        "digest": _digest_secret(secret),
        "name": name,
        "scopes": list(scopes),
        "site": site,
        "created": token.created,
        "expires": expires,
    }
    database.write(lambda tx: run_one(tx, "create_token", **parameters))
    return f"sg_{token.public_id}_{secret}", token


def find_token(database: Database, text: str) -> Token | None:
    """Return the token with this text, or None if there is none or it is no longer valid."""
    match = _TEXT.fullmatch(text)
    stored = _read_valid(database, match["id"]) if match else None
    if match is None or stored is None:
        return None
    # In constant time, so that the answer's timing gives nothing away.
    matches = hmac.compare_digest(stored["digest"], _digest_secret(match["secret"]))
    return _to_token(stored) if matches else None


def find_with_key(database: Database, public_id: str) -> tuple[Token, bytes] | None:
    """Return the token with this public id and the key that signs what is issued for it.

    Only for a client that proves its possession of the token by the signature. All services on one
    database have the same key, also after a restart.

    Returns:
        The token and its key, or None if the token is unknown or no longer valid.
    """
    stored = _read_valid(database, public_id)
    if stored is None:
        return None
    return _to_token(stored), hmac.digest(stored["digest"].encode(), _KEY_PURPOSE, "sha256")


def _read_valid(database: Database, public_id: str) -> _StoredToken | None:
    stored: _StoredToken | None = database.read_one("token_by_id", public_id=public_id)
    valid = stored is not None and _to_token(stored).state(time.time()) == "valid"
    return stored if valid else None


def record_use(database: Database, token: Token) -> None:
    """Record that a token was used now, unless a use was recorded within the last minute."""
    now = time.time()
    since = now - USE_INTERVAL
    if token.last_used is None or token.last_used < since:
        parameters = {"public_id": token.public_id, "now": now, "since": since}
        # A token stays valid while the disk is full.
        with contextlib.suppress(WriteRefusedError):
            database.write(lambda tx: run_one(tx, "record_token_use", **parameters))


def find_all(database: Database) -> list[Token]:
    """Return all tokens, the newest first."""
    return [_to_token(stored) for stored in database.read_one("all_tokens")]


def revoke_token(database: Database, public_id: str) -> bool:
    """Revoke a token; return False if there is none."""
    found = database.write(lambda tx: run_one(tx, "revoke_token", public_id=public_id))
    return found is not None


def _digest_secret(secret: str) -> str:
    # A plain hash is enough: unlike a password, a random secret of 256 bits cannot be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()


def _to_token(stored: _StoredToken) -> Token:
    return Token(
        public_id=stored["public_id"],
        name=stored["name"],
        scopes=tuple(stored["scopes"]),
        site=stored["site"],
        created=stored["created"],
        expires=stored["expires"],
        last_used=stored["last_used"],
        revoked=stored["revoked"],
    )
