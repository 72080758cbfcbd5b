"""HTTP client for a Specgraph service, with retries and exponential backoff."""

import email.utils
import http.client
import json
import random
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Any, Callable, Dict, Optional, Union

from .settings import is_loopback

PREFIX = "/api/v1"
RETRIED_STATUSES = (429, 502, 503, 504)
"""Statuses after which the same request is sent again."""
REFUSAL_STATUSES = (400, 404, 409, 413, 422)
"""Statuses that are about the content of a request, not about the service or the connection."""
FIRST_DELAY = 0.5
"""Seconds before the first retry; doubled for each further one, then reduced by up to a half."""
LONGEST_DELAY = 30.0
"""Maximum of the doubled delay, in seconds."""
LONGEST_RETRY_AFTER = 120.0
"""Seconds; a longer `Retry-After` is cut to this."""
CONNECT_SECONDS = 10
QUERY_SECONDS = 60
UPLOAD_SECONDS = 900
"""Seconds without an answer after which a request is given up."""

JsonObject = Dict[str, Any]
Body = Union[bytes, IO[bytes], None]


class ServiceError(Exception):
    """A request failed."""


class UnavailableError(ServiceError):
    """The service cannot be reached, or the answer is not that of a Specgraph service."""


class NotAllowedError(ServiceError):
    """The service requires a token, or another one."""


class RefusedError(ServiceError):
    """The service refused a document or a question.

    Attributes:
        status: the HTTP status.
        body: the problem document (RFC 9457).

    """

    def __init__(self, status: int, body: JsonObject) -> None:
        detail = str(body.get("detail") or body.get("title") or f"status {status}")
        if body.get("pointer"):
            detail += " (at {})".format(body["pointer"])
        super().__init__(detail)
        self.status = status
        self.body = body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: it would drop the body, and send the token to another host."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """Return None, so that the redirect is raised as an error."""


class _Connection(http.client.HTTPConnection):
    """An HTTP connection with a shorter timeout for connecting than for the answer.

    A host that drops packets is thus given up soon, while a slow answer is not.
    """

    def connect(self) -> None:
        """Connect within `CONNECT_SECONDS`."""
        _connect(self, super().connect)


class _SecureConnection(http.client.HTTPSConnection):
    """The same as `_Connection`, over TLS."""

    def connect(self) -> None:
        """Connect within `CONNECT_SECONDS`."""
        _connect(self, super().connect)


def _connect(connection: http.client.HTTPConnection, connect: Callable[[], None]) -> None:
    answer_timeout, connection.timeout = connection.timeout, CONNECT_SECONDS
    connect()
    connection.timeout = answer_timeout
    connection.sock.settimeout(answer_timeout)


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open a URL over a `_Connection`."""
        return self.do_open(_Connection, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open a URL over a `_SecureConnection`, which verifies the certificate."""
        context: ssl.SSLContext = self._context  # type: ignore[attr-defined]
        return self.do_open(_SecureConnection, req, context=context)


class Client:
    """A client for the service at an address.

    Args:
        url: the address, without the path of the API.
        token: the secret sent as a bearer token, if any.
        tries: how often a request is sent before the service counts as unavailable.
        sleep: waits for a number of seconds.

    """

    def __init__(
        self,
        url: str,
        token: Optional[str] = None,
        tries: int = 6,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.tries = tries
        self._token = token
        self._sleep = sleep
        # For a proxy, the loopback address would be the proxy itself.
        proxies = urllib.request.ProxyHandler({} if is_loopback(url) else None)
        self._opener = urllib.request.build_opener(
            _NoRedirect(), proxies, _Handler(), _SecureHandler()
        )

    def get(self, path: str, **parameters: Any) -> JsonObject:
        """Send a GET request and return the JSON answer.

        Args:
            path: the path below `PREFIX`.
            parameters: query parameters; those that are None are omitted.

        Raises:
            ServiceError: if the request fails.

        """
        return self._request("GET", path, parameters, None, {}, QUERY_SECONDS)

    def post_json(self, path: str, value: Any, **parameters: Any) -> JsonObject:
        """Send JSON by a POST request and return the JSON answer.

        Args:
            path: the path below `PREFIX`.
            value: the content.
            parameters: query parameters; those that are None are omitted.

        Raises:
            ServiceError: if the request fails.

        """
        body = json.dumps(value).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        return self._request("POST", path, parameters, body, headers, QUERY_SECONDS)

    def post_packed(
        self, path: str, body: Body, length: Optional[int] = None, **parameters: Any
    ) -> JsonObject:
        """Send gzipped content by a POST request and return the JSON answer.

        Args:
            path: the path below `PREFIX`.
            body: the content: bytes, or a file that can seek.
            length: size of the file in bytes.
            parameters: query parameters; those that are None are omitted.

        Raises:
            ServiceError: if the request fails.

        """
        headers = {"Content-Type": "application/octet-stream"}
        if path == "/specs":
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        if length is not None:
            headers["Content-Length"] = str(length)
        return self._request("POST", path, parameters, body, headers, UPLOAD_SECONDS)

    def _request(
        self,
        method: str,
        path: str,
        parameters: Dict[str, Any],
        body: Body,
        headers: Dict[str, str],
        seconds: float,
    ) -> JsonObject:
        query = {key: _to_text(value) for key, value in parameters.items() if value is not None}
        url = self.url + PREFIX + path
        if query:
            url += "?" + urllib.parse.urlencode(sorted(query.items()))
        headers = dict(headers, Accept="application/json")
        headers["User-Agent"] = "spack-specgraph"
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        for tries_left in range(self.tries - 1, -1, -1):
            if body is not None and not isinstance(body, bytes):
                body.seek(0)  # a failed try may have read some of it
            request = urllib.request.Request(url, data=body, headers=headers, method=method)
            try:
                return self._send_once(request, seconds)
            except _RetryableError as error:
                if not tries_left:
                    raise UnavailableError(f"no service answers at {self.url}: {error}") from error
                self._sleep(error.delay(self.tries - 1 - tries_left))
        raise AssertionError("a client needs at least one try")

    def _send_once(self, request: urllib.request.Request, seconds: float) -> JsonObject:
        try:
            with self._opener.open(request, timeout=seconds) as response:
                return self._decode(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise self._classify(error) from error
        except urllib.error.URLError as error:
            # A bad certificate does not become good by waiting.
            if isinstance(error.reason, ssl.SSLError) and "CERTIFICATE" in str(error.reason):
                raise UnavailableError(f"{self.url}: {error.reason}") from error
            raise _RetryableError(str(error.reason)) from error
        except (OSError, http.client.HTTPException, socket.timeout) as error:
            raise _RetryableError(str(error) or type(error).__name__) from error

    def _classify(self, error: urllib.error.HTTPError) -> Exception:
        """Return the exception that an error status stands for."""
        try:
            raw = error.read()
        except (OSError, http.client.HTTPException):
            raw = b""
        detail = _detail(raw) or f"status {error.code}"
        if error.code in RETRIED_STATUSES:
            return _RetryableError(detail, _parse_retry_after(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            return NotAllowedError(f"{self.url}: {detail} (set a token with SPECGRAPH_TOKEN)")
        if 300 <= error.code < 400:
            target = error.headers.get("Location", "another address")
            return UnavailableError(f"{self.url} redirects to {target}; use that address")
        if error.code >= 500:
            return UnavailableError(f"{self.url} failed: {detail}")
        return self._classify_refusal(error.code, raw)

    def _classify_refusal(self, status: int, raw: bytes) -> Exception:
        try:
            body = json.loads(raw.decode("utf-8"))
        except ValueError:
            body = None
        # The service's own 404 is a problem document; any other is the page of some web server.
        if status == 404 and (not isinstance(body, dict) or "status" not in body):
            return UnavailableError(f"{self.url} is not a Specgraph service")
        refusal = RefusedError(status, body if isinstance(body, dict) else {})
        if status not in REFUSAL_STATUSES:
            return UnavailableError(f"{self.url} answers with status {status}: {refusal}")
        return refusal

    def _decode(self, raw: bytes) -> JsonObject:
        try:
            answer = json.loads(raw.decode("utf-8"))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise UnavailableError(f"{self.url} is not a Specgraph service")
        return answer


class _RetryableError(Exception):
    """A failure that may pass.

    Attributes:
        retry_after: seconds that the service asks to wait; None if it does not say.

    """

    def __init__(self, reason: str, retry_after: Optional[float] = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after

    def delay(self, retries: int) -> float:
        """Return the seconds to wait after this number of earlier retries."""
        # The random part keeps many clients from returning at the same moment.
        if self.retry_after is not None:
            return min(self.retry_after, LONGEST_RETRY_AFTER) + random.uniform(0, FIRST_DELAY)
        return min(FIRST_DELAY * 2.0**retries, LONGEST_DELAY) * random.uniform(0.5, 1.0)


def _parse_retry_after(text: Optional[str]) -> Optional[float]:
    """Return the seconds of a `Retry-After`, which is a number or a date; None if it is neither."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _detail(raw: bytes) -> str:
    """Return the detail or title of a problem document; the empty text if it is something else."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError:
        return ""
    return str(body.get("detail") or body.get("title") or "") if isinstance(body, dict) else ""


def _to_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
