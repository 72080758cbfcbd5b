"""Commands wait for a service that puts requests off, but not for ever."""

import datetime
import email.utils
import io

import httpx
import pytest

from service.cli.patience import WRITE_SECONDS, send_patiently
from tests.cli.commands import run
from tests.cli.test_api import JSON, Answer, api_of, empty_page, serving

BUSY = b'{"status": 503, "title": "Busy", "detail": "every worker is busy"}'


def never(seconds: float) -> None:
    pytest.fail(f"waited {seconds} s")


def put_off(times: int, seconds: str) -> list[httpx.Response]:
    busy = [httpx.Response(503, headers={"Retry-After": seconds}) for _ in range(times)]
    return [*busy, httpx.Response(200)]


def test_an_upload_that_is_put_off_is_sent_again_in_full() -> None:
    answers: list[Answer] = [(503, {**JSON, "Retry-After": "0"}, BUSY)] * 2
    answers.append((200, JSON, b'{"documents": []}'))
    content = b"x" * 300_000
    with serving(lambda _: answers.pop(0)) as stub, api_of(stub.url) as api:
        assert api.send("/documents", io.BytesIO(content)) == {"documents": []}
    assert [body for _, _, body in stub.requests] == [content] * 3


def test_a_command_that_is_put_off_for_too_long_ends_with_3() -> None:
    later = {**JSON, "Retry-After": "3600"}
    with serving(lambda _: (503, later, BUSY)) as stub:
        result = run("query", "zlib", "--url", stub.url, status=3)
    assert "every worker is busy" in result.stderr
    assert len(stub.requests) == 1


def test_a_question_that_is_put_off_is_asked_again() -> None:
    answers: list[Answer] = [(503, {**JSON, "Retry-After": "0"}, BUSY)]
    with serving(lambda path: answers.pop() if answers else empty_page(path)) as stub:
        run("query", "zlib", "--url", stub.url, status=1)
    assert len(stub.requests) == 2


@pytest.mark.parametrize("seconds", ["7", "1000"])
def test_all_waits_together_are_bounded(seconds: str) -> None:
    waits: list[float] = []
    answers = put_off(1_000, seconds)
    answer = send_patiently(lambda: answers.pop(0), WRITE_SECONDS, waits.append)
    assert answer.status_code == 503
    wait = min(float(seconds), 60.0)
    assert all(wait <= each <= wait + 1 for each in waits)
    assert WRITE_SECONDS - wait - 1 <= sum(waits) <= WRITE_SECONDS


@pytest.mark.parametrize("header", ["", "soon", "-1 hour"])
def test_a_service_that_does_not_say_when_is_not_asked_again(header: str) -> None:
    answers = put_off(1, header)
    assert send_patiently(lambda: answers.pop(0), 60.0, never).status_code == 503


@pytest.mark.parametrize("status", [500, 502, 507, 429, 200])
def test_only_503_is_put_off(status: int) -> None:
    answer = httpx.Response(status, headers={"Retry-After": "1"})
    assert send_patiently(lambda: answer, 60.0, never) is answer


def test_the_time_may_be_given_as_a_date() -> None:
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=20)
    answers = put_off(1, email.utils.format_datetime(then, usegmt=False))
    waits: list[float] = []
    assert send_patiently(lambda: answers.pop(0), 60.0, waits.append).status_code == 200
    assert 15 < waits[0] < 21
