"""Calls to a Specgraph service, repeated with back-off while it does not answer."""

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

from .settings import is_loopback

PREFIX = "/api/v1"
RETRIED = (429, 502, 503, 504)
"""Statuses after which the same is asked again."""
OF_DATA = (400, 404, 409, 413, 422)
"""Statuses that tell of what was sent or asked, and not of how."""
FIRST_DELAY = 0.5
"""Seconds before the second try; doubled each time, and shortened at random by up to a half."""
LONGEST_DELAY = 30.0
LONGEST_ASKED = 120.0
"""Most seconds that a `Retry-After` is followed."""
CONNECTING_SECONDS = 10
ASKING_SECONDS = 60
SENDING_SECONDS = 900
"""Seconds without an answer after which a call is given up."""


class ServiceError(Exception):
    """A call failed."""


class UnavailableError(ServiceError):
    """The service cannot be reached, or does not answer as one."""


class NotAllowedError(ServiceError):
    """The service asks for another token."""


class RefusedError(ServiceError):
    """The service refused what it was sent or asked.

    :ivar status: the HTTP status.
    :ivar body: the problem document, as a dictionary.
    """

    def __init__(self, status, body):
        detail = str(body.get("detail") or body.get("title") or "status %d" % status)
        if body.get("pointer"):
            detail += " (at %s)" % body["pointer"]
        super(RefusedError, self).__init__(detail)
        self.status = status
        self.body = body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would lose the body and show the token to somebody else."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        """Follow none."""


class _Connection(http.client.HTTPConnection):
    """A host that swallows packets is given up sooner than one that takes long to answer."""

    def connect(self):
        """Connect within a time of its own."""
        _connect(self, super(_Connection, self).connect)


class _SecureConnection(http.client.HTTPSConnection):
    """The same over TLS."""

    def connect(self):
        """Connect within a time of its own."""
        _connect(self, super(_SecureConnection, self).connect)


def _connect(connection, connect):
    patience, connection.timeout = connection.timeout, CONNECTING_SECONDS
    connect()
    connection.timeout = patience
    connection.sock.settimeout(patience)


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req):
        """Open by such a connection."""
        return self.do_open(_Connection, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req):
        """Open by such a connection, and check its certificate."""
        return self.do_open(_SecureConnection, req, context=self._context)


class Client(object):
    """Calls to the service at an address.

    :ivar tries: how often something is asked before the service counts as unavailable.
    """

    def __init__(self, url, token=None, tries=6, sleep=time.sleep):
        self.url = url
        self.tries = tries
        self._token = token
        self._sleep = sleep
        proxies = urllib.request.ProxyHandler({} if is_loopback(url) else None)
        self._opener = urllib.request.build_opener(
            _NoRedirect(), proxies, _Handler(), _SecureHandler()
        )

    def get(self, path, **parameters):
        """The JSON answer to a GET; parameters that are None are left out."""
        return self._answer("GET", path, parameters, None, {}, ASKING_SECONDS)

    def post_json(self, path, value):
        """The JSON answer to a POST of JSON."""
        body = json.dumps(value).encode("utf-8")
        headers = {"Content-Type": "application/json"}
        return self._answer("POST", path, {}, body, headers, ASKING_SECONDS)

    def post_packed(self, path, body, length=None, **parameters):
        """The JSON answer to a POST of something packed by gzip: bytes, or a file of `length`."""
        headers = {"Content-Type": "application/octet-stream"}
        if path == "/specs":
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        if length is not None:
            headers["Content-Length"] = str(length)
        return self._answer("POST", path, parameters, body, headers, SENDING_SECONDS)

    def _answer(self, method, path, parameters, body, headers, seconds):
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        url = self.url + PREFIX + path
        if given:
            url += "?" + urllib.parse.urlencode(sorted(given.items()))
        headers = dict(headers, Accept="application/json")
        headers["User-Agent"] = "spack-specgraph"
        if self._token:
            headers["Authorization"] = "Bearer " + self._token
        for left in range(self.tries - 1, -1, -1):
            if hasattr(body, "seek"):
                body.seek(0)
            request = urllib.request.Request(url, data=body, headers=headers, method=method)
            try:
                return self._once(request, seconds)
            except _AgainError as error:
                if not left:
                    raise UnavailableError(
                        "no service answers at %s: %s" % (self.url, error)
                    ) from error
                self._sleep(error.delay(self.tries - 1 - left))
        raise AssertionError("a call without a try")

    def _once(self, request, seconds):
        try:
            with self._opener.open(request, timeout=seconds) as response:
                return self._decoded(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return self._failed(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLError) and "CERTIFICATE" in str(error.reason):
                raise UnavailableError("%s: %s" % (self.url, error.reason)) from error
            raise _AgainError(str(error.reason)) from error
        except (OSError, http.client.HTTPException, socket.timeout) as error:
            raise _AgainError(str(error) or type(error).__name__) from error

    def _failed(self, error):
        """Tell what a status of failure means.

        :raises ServiceError: always.
        """
        try:
            raw = error.read()
        except (OSError, http.client.HTTPException):
            raw = b""
        if error.code in RETRIED:
            told = _detail(raw) or "status %d" % error.code
            raise _AgainError(told, _asked(error.headers.get("Retry-After")))
        if error.code in (401, 403):
            told = _detail(raw) or "status %d" % error.code
            raise NotAllowedError("%s: %s (the token: SPECGRAPH_TOKEN)" % (self.url, told))
        if 300 <= error.code < 400:
            place = error.headers.get("Location", "somewhere else")
            raise UnavailableError("%s sends on to %s: name that address" % (self.url, place))
        if error.code >= 500:
            raise UnavailableError("%s failed: %s" % (self.url, _detail(raw) or error.code))
        try:
            body = json.loads(raw.decode("utf-8"))
        except ValueError:
            body = None
        if error.code == 404 and (not isinstance(body, dict) or "status" not in body):
            raise UnavailableError("%s is not a Specgraph service" % self.url)
        refused = RefusedError(error.code, body if isinstance(body, dict) else {})
        if error.code not in OF_DATA:
            raise UnavailableError(
                "%s answers with status %d: %s" % (self.url, error.code, refused)
            )
        raise refused

    def _decoded(self, raw):
        try:
            answer = json.loads(raw.decode("utf-8"))
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise UnavailableError("%s is not a Specgraph service" % self.url)
        return answer


class _AgainError(Exception):
    """Worth another try.

    :ivar asked: seconds that the service asks to wait; None where it does not say.
    """

    def __init__(self, told, asked=None):
        super(_AgainError, self).__init__(told)
        self.asked = asked

    def delay(self, tried):
        """Seconds to wait after so many tries that failed before this one."""
        if self.asked is not None:
            return min(self.asked, LONGEST_ASKED) + random.uniform(0, FIRST_DELAY)
        return min(FIRST_DELAY * 2**tried, LONGEST_DELAY) * random.uniform(0.5, 1.0)


def _asked(text):
    """Seconds of a `Retry-After`: a number, or a date."""
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


def _detail(raw):
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError:
        return ""
    return str(body.get("detail") or body.get("title") or "") if isinstance(body, dict) else ""


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
