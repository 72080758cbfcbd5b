"""Opaque cursors over lists ordered by name, version and hash."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_PARTS = msgspec.json.Decoder(tuple[str, str, str, str, str])


_COUNT = re.compile(r"[0-9]{1,12}\Z")


class CursorError(ValueError):
    """A cursor that this service did not issue for this query."""


@dataclass(frozen=True)
class Position:
    """The last item of the page before; the start of the list by default.

    Attributes:
        name: Name of its package, or the first part of another sort key.
        version_key: Its version key.
        uid: Its identity: a hash, or that of a content.
        seen: Number of items on the pages before.
    """

    name: str = ""
    version_key: str = ""
    uid: str = ""
    seen: int = 0

    def parameters(self) -> dict[str, str]:
        """Return the parameters of a statement that lists the next rows."""
        return {"name": self.name, "version_key": self.version_key, "uid": self.uid}


def _scope_tag(scope: str) -> str:
    # 32 bits: this catches a cursor used for another query by mistake, it is no protection.
    return hashlib.sha256(scope.encode()).hexdigest()[:8]


def encode(item: Mapping[str, Any], scope: str, seen: int = 0) -> str:
    """Return a cursor that continues after an item.

    Args:
        item: The item, with name, version key, and hash or uid.
        scope: The query; a cursor of another query is refused.
        seen: Number of items up to this one, itself included.
    """
    last = item["uid"] if "uid" in item else item["hash"]
    parts = [_scope_tag(scope), item["name"], item["version_key"], last, str(seen)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def encode_key(key: str, scope: str, seen: int) -> str:
    """Return a cursor that continues after a sort key; see :func:`encode`."""
    return encode({"name": key, "version_key": "", "hash": ""}, scope, seen)


def decode(cursor: str | None, scope: str) -> Position:
    """Return the position that a cursor stands for, the start without one.

    Raises:
        CursorError: It is not a cursor, or one of another query.
    """
    if not cursor:
        return Position()
    try:
        # `encode` strips the padding, which would have to be quoted in an address.
        padded = cursor + "=" * (-len(cursor) % 4)
        tag, name, version_key, last, seen = _PARTS.decode(base64.urlsafe_b64decode(padded))
    except (ValueError, msgspec.MsgspecError) as error:
        raise CursorError("this is not a cursor") from error
    if tag != _scope_tag(scope):
        raise CursorError("this cursor belongs to another query")
    if not _COUNT.match(seen):
        raise CursorError("this is not a cursor")
    return Position(name, version_key, last, int(seen))
