"""Answers of the server itself, for requests that the application does not see."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from service.serving.lanes import Lane


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that ends a connection, in the form that waitress sends in place of an error.

    Attributes:
        status: Status line without the version of HTTP.
        headers: Its headers.
        body: Its body.
        is_answer: Whether the application has made it.
    """

    status: str
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)
    body: bytes = b""
    is_answer: bool = False

    def to_response(self, _: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status line, headers and body."""
        return self.status, list(self.headers), self.body


def busy(detail: str, path: str, retry_after: int) -> Refusal:
    """Return the refusal of a request for which there is no room now.

    Args:
        detail: Explanation for people.
        path: Path of the request.
        retry_after: Seconds after which to try again.
    """
    status = HTTPStatus.SERVICE_UNAVAILABLE
    problem = {
        "type": "urn:specgraph:problem:busy",
        "title": "The service is busy",
        "status": status.value,
        "detail": detail,
        "instance": path,
    }
    headers = [
        ("Content-Type", "application/problem+json; charset=utf-8"),
        ("Retry-After", str(retry_after)),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Refusal(f"{status.value} {status.phrase}", headers, json.dumps(problem).encode())


def lane_is_full(lane: Lane, path: str) -> Refusal:
    """Return the refusal of a request that found no worker of its lane in time."""
    return busy(f"too many {lane.name} at the same time; try again", path, 5)
