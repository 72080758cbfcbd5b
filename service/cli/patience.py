"""Try a request again that a service puts off: 503 with `Retry-After`."""

import email.utils
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from service.cli.screen import err

if TYPE_CHECKING:
    import httpx

READ_SECONDS = 30.0
"""Seconds that a question waits in all for a service that puts it off."""
WRITE_SECONDS = 300.0
"""The same of an upload or a deletion: a later one would be put off as well."""
_LONGEST_WAIT = 60.0
_SPREAD = 0.5
_ANNOUNCED = 2.0


def send_patiently(
    send: Callable[[], "httpx.Response"],
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> "httpx.Response":
    """Send a request, and again after as many seconds as the service asks for.

    Such a service did nothing yet, or nothing that the same request does not find done.

    Args:
        send: Sends the request.
        patience: Seconds that may be waited in all.
        sleep: Waits for some seconds.

    Returns:
        The first other answer, or the last one if the time is up.
    """
    waited = 0.0
    while True:
        answer = send()
        asked = _asked_seconds(answer)
        if asked is None:
            return answer
        # The random part keeps many clients from returning at the same moment.
        wait = min(asked, _LONGEST_WAIT) + random.uniform(0, _SPREAD)  # noqa: S311
        if waited + wait > patience:
            return answer
        if wait >= _ANNOUNCED:
            err.print(f"The service is busy. Next try in {wait:.0f} s.", style="dim")
        sleep(wait)
        waited += wait


def _asked_seconds(answer: "httpx.Response") -> float | None:
    """Return the seconds that the service asks to wait; None if it does not."""
    text = answer.headers.get("Retry-After", "") if answer.status_code == 503 else ""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
