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
    """A cursor that this service did not give out for this query."""


@dataclass(frozen=True)
class Position:
    """The last item that was seen; the start of the list by default.

    :ivar seen: how many items the pages before had.
    """

    name: str = ""
    version_key: str = ""
    hash: str = ""
    seen: int = 0

    def parameters(self) -> dict[str, str]:
        """As the parameters of a listing statement."""
        return {"name": self.name, "version_key": self.version_key, "hash": self.hash}


def _tag(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:8]


def encode(item: Mapping[str, Any], scope: str, seen: int = 0) -> str:
    """A cursor that goes on after `item`.

    :param scope: the query; a cursor of another query is refused.
    :param seen: how many items came up to this one, itself included.
    """
    last = item.get("uid", item["hash"])
    parts = [_tag(scope), item["name"], item["version_key"], last, str(seen)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def encode_key(key: str, scope: str, seen: int) -> str:
    """A cursor that goes on after a sort key, for lists ordered by one; see :func:`encode`."""
    return encode({"name": key, "version_key": "", "hash": ""}, scope, seen)


def decode(cursor: str | None, scope: str) -> Position:
    """The position that a cursor stands for.

    :raises CursorError: not a cursor, or one of another query.
    """
    if not cursor:
        return Position()
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        tag, name, version_key, last, seen = _PARTS.decode(base64.urlsafe_b64decode(padded))
    except (ValueError, msgspec.MsgspecError) as error:
        raise CursorError("this is not a cursor") from error
    if tag != _tag(scope):
        raise CursorError("this cursor belongs to another query")
    if not _COUNT.match(seen):
        raise CursorError("this is not a cursor")
    return Position(name, version_key, last, int(seen))
