"""The REST API as the commands call it: over HTTP, or in this process over a database."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import click
import requests
import requests.auth

from service.app import PREFIX, create_app
from service.cli import exits
from service.cli.connection import Target, Unavailable, open_database

TIMEOUT = (10, 120)
"""Seconds to connect and to wait for an answer."""
SENDING_TIMEOUT = (10, 3600)
"""The same for a file that may take long to be stored."""


class ProblemError(click.ClickException):
    """The service answered with a problem document."""

    def __init__(self, body: dict[str, Any]) -> None:
        detail = str(body.get("detail") or body.get("title") or "the service failed")
        if "position" in body:
            detail = f"{detail}\n{body['text']}\n{' ' * body['position']}{'^' * body['length']}"
        if body.get("pointer"):
            detail += f" (at {body['pointer']})"
        for candidate in body.get("candidates", ()):
            detail += f"\n  {candidate['hash']}  {candidate['name']}@{candidate['version']}"
        super().__init__(detail)
        self.kind = str(body.get("type", "")).rpartition(":")[2]
        vars(self)["exit_code"] = _exit_code(body.get("status", 500))


def _exit_code(status: int) -> int:
    if status >= 500 or status in (401, 403):
        return exits.UNAVAILABLE
    return exits.NOT_FOUND if status in (404, 409) else exits.USAGE


class Api:
    """Calls to `/api/v1`."""

    def get(self, path: str, /, **parameters: Any) -> Any:
        """The JSON answer to a GET; parameters that are None are left out.

        :raises ProblemError: the service refused.
        :raises Unavailable: it cannot be reached.
        """
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        status, body = self._call("GET", PREFIX + path, given, None)
        return _checked(status, body)

    def text(self, path: str, /, **parameters: Any) -> str:
        """The text that a GET answers; raises as :meth:`get`."""
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        status, body = self._call("GET", PREFIX + path, given, None)
        return str(_checked(status, body))

    def post(self, path: str, body: bytes, /, **parameters: Any) -> Any:
        """The JSON answer to a POST of a document; raises as :meth:`get`."""
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        status, answer = self._call("POST", PREFIX + path, given, body)
        return _checked(status, answer)

    def send(self, path: str, body: BinaryIO, /, **parameters: Any) -> Any:
        """The JSON answer to a POST of a file of any size; raises as :meth:`get`."""
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        status, answer = self._call("POST", PREFIX + path, given, body)
        return _checked(status, answer)

    def _call(
        self, method: str, path: str, parameters: dict[str, str], body: bytes | BinaryIO | None
    ) -> tuple[int, Any]:
        raise NotImplementedError


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(status: int, body: Any) -> Any:
    if status >= 400:
        raise ProblemError(body if isinstance(body, dict) else {"status": status})
    return body


class _Bearer(requests.auth.AuthBase):
    """Sends a token; requests drops it where it is led to another host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Remote(Api):
    def __init__(self, url: str, session: requests.Session) -> None:
        self._url = url.rstrip("/")
        self._session = session
        token = os.environ.get("SPECGRAPH_TOKEN", "").strip()
        if token:
            # As an auth, and not as a header, it is not replaced by what a .netrc file says.
            session.auth = _Bearer(token)

    def _call(
        self, method: str, path: str, parameters: dict[str, str], body: bytes | BinaryIO | None
    ) -> tuple[int, Any]:
        timeout = TIMEOUT if isinstance(body, bytes | None) else SENDING_TIMEOUT
        try:
            response = self._session.request(
                method, self._url + path, params=parameters, data=body, timeout=timeout
            )
            if response.headers.get("Content-Type", "").startswith("text/plain"):
                response.encoding = "utf-8"
                return response.status_code, response.text
            return response.status_code, response.json()
        except requests.JSONDecodeError as error:
            raise Unavailable(f"{self._url} is not a Specgraph service") from error
        except requests.RequestException as error:
            raise Unavailable(f"no service answers at {self._url}: {error}") from error


class InProcess(Api):
    """The API over a database, without a network."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def _call(
        self, method: str, path: str, parameters: dict[str, str], body: bytes | BinaryIO | None
    ) -> tuple[int, Any]:
        response = self._client.open(path, method=method, query_string=parameters, data=body)
        if response.mimetype == "text/plain":
            return response.status_code, response.get_data(as_text=True)
        return response.status_code, response.get_json()


@contextlib.contextmanager
def open_api(target: Target) -> Iterator[Api]:
    """The API of the service or over the database that the options name.

    :raises Unavailable: the database cannot be reached or started.
    """
    if target.url:
        with requests.Session() as session:
            yield _Remote(target.url, session)
    else:
        with open_database(target) as database:
            yield InProcess(create_app(database).test_client())
