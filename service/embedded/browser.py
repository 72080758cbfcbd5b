"""What the embedded Neo4j tells its Browser: the guide to play, and where it may send requests."""

import re
from urllib.parse import urlsplit

from service.embedded.ports import HOST

_GUIDE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._/-]*")


def browser_lines(bolt_port: int, guide: str | None) -> list[str]:
    """Return the lines of `neo4j.conf` on Neo4j Browser.

    Args:
        bolt_port: The port for drivers, which the Browser talks to.
        guide: The address of a guide, which the Browser plays when it has connected; of all
            other hosts only its own may be asked for anything.

    Raises:
        ValueError: The address of the guide is not one that a setting can hold.

    """
    lines = [
        f"dbms.security.http_static_content_security_policy_header={_policy(bolt_port, guide)}"
    ]
    if guide is None:
        return lines
    if not _GUIDE.fullmatch(guide):
        raise ValueError("a guide is an http address without a query")
    parts = urlsplit(guide)
    return [
        *lines,
        # The Browser compares scheme and host; the policy above holds it to the port too.
        f"browser.remote_content_hostname_whitelist={parts.scheme}://{parts.hostname}",
        f"browser.post_connect_cmd=guide {guide}",
    ]


def _policy(bolt_port: int, guide: str | None) -> str:
    """As Neo4j's own, without the hosts of fonts, of telemetry and of other people's guides."""
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
