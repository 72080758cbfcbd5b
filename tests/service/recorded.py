"""What real clients of Spack 0.17.3 and 0.18.1 sent, sent again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.documents import DATA

SAMPLE = DATA / "ms1" / "transcript.jsonl"
"""One recording of each kind, for where the whole is not at hand."""


@dataclass(frozen=True)
class Exchange:
    """One request and what the predecessor answered."""

    seq: int
    scenario: str
    method: str
    path: str
    body: bytes | None
    status: int
    answer: Any

    @property
    def told(self) -> Any:
        return json.loads(self.body) if self.body else None


def exchanges(path: Path) -> Iterator[Exchange]:
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
    """Sends exchanges as their client did: with the build ids that this service gave."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.numbers: dict[int, int] = {}

    def send(self, exchange: Exchange) -> TestResponse:
        body = exchange.body
        told = exchange.told
        if told and told.get("build_id") in self.numbers:
            body = json.dumps({**told, "build_id": self.numbers[told["build_id"]]}).encode()
        if exchange.method == "GET":
            return self.client.get(exchange.path)
        response = self.post(exchange.path, body or b"")
        if exchange.path.endswith("/builds/new/") and exchange.status in (200, 201):
            told_then = exchange.answer["data"]["build"]["build_id"]
            self.numbers[told_then] = response.get_json()["data"]["build"]["build_id"]
        return response

    def post(self, path: str, body: bytes) -> TestResponse:
        """A POST with the headers of Python's urllib."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
        return self.client.post(path, data=body, headers=headers)
