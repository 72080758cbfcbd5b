"""Replay the recorded requests of real clients of Spack 0.17.3 and 0.18.1."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.documents import DATA

SAMPLE = DATA / "ms1" / "transcript.jsonl"
"""One recording of each kind; the complete transcript is in the corpus."""


@dataclass(frozen=True)
class Exchange:
    """A request, and the answer of spack-monitor."""

    seq: int
    scenario: str
    method: str
    path: str
    body: bytes | None
    status: int
    answer: Any

    @property
    def message(self) -> Any:
        """Return the JSON in the request's body, or None if it has none."""
        return json.loads(self.body) if self.body else None


def exchanges(path: Path) -> Iterator[Exchange]:
    """Yield the exchanges of a transcript in order."""
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        body = entry["request_body"]
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        yield Exchange(
            entry["seq"],
            entry["scenario"],
            entry["method"],
            entry["path"],
            body.encode() if body is not None else None,
            entry["status"],
            entry["response_body"],
        )


class Replay:
    """Sends exchanges as their client did, but with the build ids of this service."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.numbers: dict[int, int] = {}

    def send(self, exchange: Exchange) -> TestResponse:
        """Send one request and return the response."""
        body = exchange.body
        message = exchange.message
        if message and message.get("build_id") in self.numbers:
            number = self.numbers[message["build_id"]]
            body = json.dumps({**message, "build_id": number}).encode()
        if exchange.method == "GET":
            return self.client.get(exchange.path)
        response = self.post(exchange.path, body or b"")
        if exchange.path.endswith("/builds/new/") and exchange.status in (200, 201):
            recorded = exchange.answer["data"]["build"]["build_id"]
            self.numbers[recorded] = response.get_json()["data"]["build"]["build_id"]
        return response

    def post(self, path: str, body: bytes) -> TestResponse:
        """Send a POST request with the headers of Python's urllib."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
        return self.client.post(path, data=body, headers=headers)
