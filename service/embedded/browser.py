"""Settings for Neo4j Browser: the guide to play, and the hosts that it may send requests to."""

import re
from urllib.parse import urlsplit

from service.embedded.ports import HOST

_GUIDE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._/-]*")


def browser_lines(bolt_port: int, guide: str | None) -> list[str]:
    """Return the lines of `neo4j.conf` about Neo4j Browser.

    Args:
        bolt_port: the port for drivers, which the Browser uses as well.
        guide: address of a guide that the Browser plays when it has connected; apart from the
            database, the Browser may send requests only to the host of the guide.

    Raises:
        ValueError: if the address of the guide is not a plain http address, which could contain
            another setting.

    """
    policy = _security_policy(bolt_port, guide)
    lines = [f"dbms.security.http_static_content_security_policy_header={policy}"]
    if guide is None:
        return lines
    if not _GUIDE.fullmatch(guide):
        raise ValueError("a guide is an http address without a query")
    parts = urlsplit(guide)
    return [
        *lines,
        # The Browser compares scheme and host only; the policy above restricts the port as well.
        f"browser.remote_content_hostname_whitelist={parts.scheme}://{parts.hostname}",
        f"browser.post_connect_cmd=guide {guide}",
    ]


def _security_policy(bolt_port: int, guide: str | None) -> str:
    """Return Neo4j's own policy without its hosts for fonts, telemetry and guides."""
    origin = " {0.scheme}://{0.netloc}".format(urlsplit(guide)) if guide else ""
    bolt = f"{HOST}:{bolt_port}"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            f"img-src 'self' data:{origin}",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            f"connect-src 'self' http://{bolt} ws://{bolt}{origin}",
        )
    )
