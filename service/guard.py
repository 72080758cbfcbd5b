"""Refuse requests of hostile pages in a browser, by the header alone.

A page of any site may send requests to a service on loopback or in a private network. It cannot
read the answers, unless its own name resolves to the service's address (DNS rebinding). So requests
under a foreign name are refused, and requests that write from pages of other sites.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self
from urllib.parse import urlsplit

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Content security policy of answers that are data: no script in them runs, no page frames them."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OTHER_SITES = frozenset({"cross-site", "same-site"})
"""Values of `Sec-Fetch-Site` for pages of another origin; another port is another origin."""


class Headers(Protocol):
    """The headers of a request, by any case of their names."""

    def get(self, name: str, /) -> str | None:
        """Return a header."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused.

    Attributes:
        status: HTTP status.
        title: The type of problem in words.
        detail: Advice for the person who runs the service or its client.
        kind: A stable word for the type.
    """

    status: int
    title: str
    detail: str
    kind: str


@dataclass(frozen=True, slots=True)
class Guard:
    """The names of the service.

    Attributes:
        hosts: Names by which it may be addressed, in lower case, besides `localhost` and any IP
            address. An address cannot be rebound: a browser that sends one connected to it.
        origins: Origins of its own pages behind a proxy, such as `https://specgraph.example.org`.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, hosts: Iterable[str], public_url: str | None) -> Self:
        """Return the guard of a service with some names and perhaps a public address.

        Raises:
            ValueError: The public address is not an HTTP URL without a path.
        """
        names = {each.strip().lower() for each in hosts if each.strip()}
        if public_url is None:
            return cls(frozenset(names))
        parts = urlsplit(public_url.strip().lower())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError(
                f"{public_url!r} is not the address of a service: give https://NAME or "
                "http://NAME:PORT"
            )
        names.add(parts.hostname)
        return cls(frozenset(names), frozenset({f"{parts.scheme}://{parts.netloc}"}))

    def check(self, method: str, headers: Headers) -> Refusal | None:
        """Return why a request is refused, or None.

        Args:
            method: HTTP method.
            headers: The request's headers.
        """
        host = headers.get("Host") or ""
        if not self._is_known(host):
            return Refusal(
                421,
                "Misdirected Request",
                f"this service is not known as {_name_of(host)[:100]!r}; if it should be, start it "
                "with --allow-host NAME or --public-url URL",
                "unknown-host",
            )
        if method in _SAFE_METHODS or not self._is_from_elsewhere(host, headers):
            return None
        return Refusal(
            403,
            "Forbidden",
            "pages of other sites may not write; if this is the service's own page behind a proxy, "
            "start the service with --public-url URL",
            "cross-site",
        )

    def _is_known(self, host: str) -> bool:
        name = _name_of(host)
        # Browsers always send a name. Only old programs send none.
        if name in ("", "localhost") or name.endswith(".localhost") or name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_from_elsewhere(self, host: str, headers: Headers) -> bool:
        origin = headers.get("Origin")
        if origin is not None:
            own = origin.lower() in self.origins or urlsplit(origin).netloc.lower() == host.lower()
            return not own
        return (headers.get("Sec-Fetch-Site") or "").lower() in _OTHER_SITES


def docs_policy(page: str) -> str:
    """Return the content security policy of the page of the API's documentation.

    Args:
        page: Its HTML, whose inline scripts are allowed by their digests and no others.
    """
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(each.encode()).digest()) for each in scripts)
    allowed = " ".join(["'self'", *(f"'sha256-{digest.decode()}'" for digest in digests)])
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _name_of(host: str) -> str:
    """Return the name in a `Host` header, without port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()
