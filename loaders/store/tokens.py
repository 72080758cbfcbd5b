"""Tokens in the graph: made, looked up, taken back. Only the digests of secrets are kept."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from cypher.run import Database, run_one

UPLOAD = "upload"
"""The scope of writing requests."""
NOTE_SECONDS = 60.0
"""A use is noted at most this often."""
_TEXT = re.compile(r"sg_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept; times in seconds since 1970.

    :ivar site: the only site that it may upload for; None for all.
    :ivar expires: None for never.
    """

    public_id: str
    name: str
    scopes: tuple[str, ...]
    site: str | None = None
    created: float = 0.0
    expires: float | None = None
    last_used: float | None = None
    revoked: bool = False

    def state(self, now: float) -> str:
        """valid, expired or revoked."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "valid"


def create(
    database: Database,
    name: str,
    *,
    site: str | None = None,
    scopes: Sequence[str] = (UPLOAD,),
    expires: float | None = None,
) -> tuple[str, Token]:
    """Make a token.

    :returns: its text, which cannot be had again, and what is kept of it.
    """
    secret = secrets.token_urlsafe(32)
    token = Token(secrets.token_hex(6), name, tuple(scopes), site, time.time(), expires)
    parameters = {
        "public_id": token.public_id,
        "digest": _digest(secret),
        "name": name,
        "scopes": list(scopes),
        "site": site,
        "created": token.created,
        "expires": expires,
    }
    database.write(lambda tx: run_one(tx, "create_token", **parameters))
    return f"sg_{token.public_id}_{secret}", token


def find(database: Database, text: str) -> Token | None:
    """The valid token with this text; None where there is none, or no longer."""
    given = _TEXT.fullmatch(text)
    return _valid(database, given["id"], _digest(given["secret"])) if given else None


def find_named(database: Database, public_id: str) -> Token | None:
    """The valid token with this id, for whoever has shown its text before; None where it ended."""
    return _valid(database, public_id)


def _valid(database: Database, public_id: str, digest: str | None = None) -> Token | None:
    kept = database.read_one("token", public_id=public_id)
    if kept is None:
        return None
    expected = kept.pop("digest")
    same = digest is None or hmac.compare_digest(expected, digest)
    token = _token(kept)
    return token if same and token.state(time.time()) == "valid" else None


def note_use(database: Database, token: Token) -> None:
    """Note that a token was used now, where that was not noted within the last minute."""
    now = time.time()
    since = now - NOTE_SECONDS
    if token.last_used is None or token.last_used < since:
        parameters = {"public_id": token.public_id, "now": now, "since": since}
        database.write(lambda tx: run_one(tx, "note_token_use", **parameters))


def listed(database: Database) -> list[Token]:
    """All tokens, the newest first."""
    return [_token(kept) for kept in database.read_one("tokens")]


def revoke(database: Database, public_id: str) -> bool:
    """Take a token back; False where there is none."""
    found = database.write(lambda tx: run_one(tx, "revoke_token", public_id=public_id))
    return found is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(kept: dict[str, object]) -> Token:
    return Token(**{**kept, "scopes": tuple(kept["scopes"])})  # type: ignore[arg-type]
