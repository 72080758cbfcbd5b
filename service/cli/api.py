"""Call the REST API: that of a service over HTTP, or that of an app in this process.

httpx, Flask and the app are imported when they are needed: they would take most of the time of a
command that prints its help, or that asks a service.
"""

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from service.cli import exits
from service.cli.commands import user_name
from service.cli.connection import Target, Unavailable, open_database
from service.cli.patience import READ_SECONDS, WRITE_SECONDS, send_patiently
from service.facts import facts_text

if TYPE_CHECKING:
    import httpx
    from flask import Flask

PREFIX = "/api/v1"

CONNECT_SECONDS = 10.0
"""Time limit for connecting to a service."""
ANSWER_SECONDS = 120.0
"""Time limit for an answer."""
UPLOAD_SECONDS = 3600.0
"""Time limit for the answer to a file, which may take long to be stored."""

JsonObject = dict[str, Any]
"""An answer of the API, as its OpenAPI document describes it."""
Parameter = str | int | float | bool | None
"""A query parameter; None leaves it out."""


class ProblemError(click.ClickException):
    """The service answered with a problem document.

    Attributes:
        kind: Last part of the problem's type, such as `ambiguous-hash`.
    """

    def __init__(self, body: JsonObject) -> None:
        detail = str(body.get("detail") or body.get("title") or "the service failed")
        if "position" in body:
            detail = f"{detail}\n{body['text']}\n{' ' * body['position']}{'^' * body['length']}"
        if body.get("pointer"):
            detail += f" (at {body['pointer']})"
        for candidate in body.get("candidates", ()):
            facts = candidate.get("facts") or {}
            facts = "  ".join(facts_text(facts) if isinstance(facts, dict) else facts)
            label = f"{candidate['name']}@{candidate['version']}"
            detail += f"\n  {candidate['hash']}  {label}  {facts}".rstrip()
        super().__init__(detail)
        self.kind = str(body.get("type", "")).rpartition(":")[2]
        # `exit_code` is a class variable of click's exception.
        vars(self)["exit_code"] = _exit_code(body.get("status", 500))


def _exit_code(status: int) -> int:
    if status >= 500 or status in (401, 403):
        return exits.UNAVAILABLE
    return exits.NOT_FOUND if status in (404, 409) else exits.USAGE


class Api:
    """Calls of the resources below `/api/v1`.

    Args:
        client: Client of the service; its base URL is that of the service.
        patient: Whether to wait for a service that puts requests off.
    """

    def __init__(self, client: "httpx.Client", *, patient: bool = False) -> None:
        self._client = client
        self._patient = patient

    def get(self, path: str, /, **parameters: Parameter) -> JsonObject:
        """Return the JSON answer to a GET.

        Raises:
            ProblemError: The service refused.
            Unavailable: It cannot be reached.
        """
        return self._read_json(self._request("GET", path, parameters))

    def delete(self, path: str, /, **parameters: Parameter) -> JsonObject:
        """Return the JSON answer to a DELETE, which may take long; raises as `get`."""
        return self._read_json(self._request("DELETE", path, parameters, seconds=UPLOAD_SECONDS))

    def text(self, path: str, /, **parameters: Parameter) -> str:
        """Return the answer to a GET as text; raises as `get`."""
        return self._request("GET", path, parameters).text

    def post(self, path: str, body: bytes, /, **parameters: Parameter) -> JsonObject:
        """Return the JSON answer to a POST of a document; raises as `get`."""
        return self._read_json(self._request("POST", path, parameters, body))

    def ask(
        self,
        path: str,
        parameters: Mapping[str, Parameter] | None = None,
        /,
        **question: Parameter | list[str],
    ) -> JsonObject:
        """Return the JSON answer to a POST of a question, which writes nothing; raises as `get`."""
        body = json.dumps(question).encode()
        answer = self._request(
            "POST", path, parameters or {}, body, content_type="application/json"
        )
        return self._read_json(answer)

    def post_json(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        """Return the JSON answer to a POST of a JSON body; raises as `get`."""
        content = json.dumps(body).encode()
        return self._read_json(
            self._request("POST", path, {}, content, content_type="application/json")
        )

    def send(self, path: str, body: BinaryIO, /, **parameters: Parameter) -> JsonObject:
        """Return the JSON answer to a POST of a file, which is streamed; raises as `get`."""
        answer = self._request("POST", path, parameters, body, seconds=UPLOAD_SECONDS)
        return self._read_json(answer)

    def _request(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Parameter],
        body: bytes | BinaryIO | None = None,
        *,
        seconds: float = ANSWER_SECONDS,
        content_type: str | None = None,
    ) -> "httpx.Response":
        import httpx

        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)

        def send() -> httpx.Response:
            if body is not None and not isinstance(body, bytes):
                body.seek(0)  # An earlier try may have sent some of it.
            return self._client.request(
                method,
                PREFIX + path,
                params=given,
                content=body,
                headers={"Content-Type": content_type} if content_type else None,
                timeout=timeout,
            )

        patience = READ_SECONDS if method == "GET" else WRITE_SECONDS
        try:
            answer = send_patiently(send, patience if self._patient else 0.0)
        except httpx.InvalidURL as error:
            raise ProblemError({"status": 400, "detail": f"{path!r}: {error}"}) from error
        except httpx.HTTPError as error:
            raise Unavailable(f"no service answers at {self._address}: {error}") from error
        if answer.is_error:
            raise ProblemError(self._read_json(answer))
        return answer

    def _read_json(self, answer: "httpx.Response") -> JsonObject:
        try:
            body = answer.json()
        except ValueError as error:
            raise Unavailable(f"{self._address} is not a Specgraph service") from error
        return body if isinstance(body, dict) else {"status": answer.status_code}

    @property
    def _address(self) -> str:
        return str(self._client.base_url).rstrip("/")


def _text(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextlib.contextmanager
def open_api(target: Target) -> Iterator[Api]:
    """Open the API of a service, or of an app in this process over a database.

    Args:
        target: The service or database that the options name.

    Raises:
        Unavailable: The address is not one, or the database cannot be reached or started.
    """
    if target.url:
        with _open_service(target.url, target.data_dir) as api:
            yield api
        return
    with open_database(target) as database:
        from service.app import create_app

        yield in_process_api(create_app(database, {"COMMAND_USER": user_name()}))


def in_process_api(app: "Flask") -> Api:
    """Return the API of an app in this process, called without a network."""
    import httpx

    # Without connections, the client need not be closed.
    transport = httpx.WSGITransport(app=app, remote_addr=socket.gethostname())
    return Api(httpx.Client(transport=transport, base_url="http://localhost"))


@contextlib.contextmanager
def _open_service(url: str, data_dir: Path) -> Iterator[Api]:
    import httpx

    from service.cli.owner import find_token

    # As `auth` and not as a header, the token is not replaced by a user name in the URL. httpx
    # drops it if the service redirects to another host.
    token = os.environ.get("SPECGRAPH_TOKEN", "").strip() or find_token(url, data_dir)
    auth = (lambda request: _authorize(request, token)) if token else None
    try:
        client = httpx.Client(base_url=url, auth=auth, follow_redirects=True)
    except httpx.InvalidURL as error:
        raise Unavailable(f"{url} is not an address: {error}") from error
    with client:
        yield Api(client, patient=True)


def _authorize(request: "httpx.Request", token: str) -> "httpx.Request":
    request.headers["Authorization"] = f"Bearer {token}"
    return request
