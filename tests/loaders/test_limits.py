import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loaders import limits, source
from loaders.errors import DocumentError, Fault
from loaders.limits import Limits, applied, budget, check_items, check_json, spend
from loaders.pipeline.files import documents_in


def work(seconds: float) -> None:
    """Keep the processor busy for that long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def refused(step: Callable[..., object], *arguments: object) -> bool:
    """Return whether a step is refused as too large."""
    try:
        step(*arguments)
    except DocumentError as error:
        return error.fault is Fault.TOO_LARGE
    return False


def test_time_of_the_processor_is_limited() -> None:
    with applied(Limits(seconds=0.02)), budget():
        assert not refused(spend)
        work(0.03)
        assert refused(spend)


def test_waiting_takes_no_time_of_the_budget() -> None:
    with applied(Limits(seconds=0.02)), budget():
        time.sleep(0.05)
        assert not refused(spend)


def test_content_gives_more_time() -> None:
    with applied(Limits(seconds=0.01, seconds_per_mib=10)), budget():
        work(0.02)
        assert not refused(spend, source.MIB)


def test_a_part_has_a_budget_of_its_own_within_that_of_the_whole() -> None:
    with applied(Limits(seconds=0.03)), budget():
        with budget():
            work(0.02)
            assert not refused(spend)
        with budget():
            work(0.02)
            assert refused(spend)


def test_without_a_budget_time_is_not_limited() -> None:
    with applied(Limits(seconds=-1)):
        spend()


@pytest.mark.parametrize(
    ("raw", "values"),
    [(b"[1,2,3]", 4), (b'{"a":1,"b":[]}', 6), (b'["a,b,c,{[:\\",,,"]', 2), (b"1", 1)],
)
def test_values_of_json_are_counted_but_not_punctuation_in_texts(raw: bytes, values: int) -> None:
    with applied(Limits(json_values=values)):
        assert not refused(check_json, raw)
    with applied(Limits(json_values=values - 1)):
        assert refused(check_json, raw)


@pytest.mark.parametrize(
    ("raw", "items"),
    [(b"[1,2,3]", 3), (b'[{"a":[1,2,3],"b":1},{"c":",,,"}]', 2), (b"[[1,2],[],[{}],4]", 4)],
)
def test_items_of_a_list_are_counted_but_not_those_within_them(raw: bytes, items: int) -> None:
    with applied(Limits(items=items)):
        assert not refused(check_items, raw)
    with applied(Limits(items=items - 1)):
        assert refused(check_items, raw)


def test_limits_can_be_lifted() -> None:
    with applied(limits.unlimited()), budget():
        assert not refused(check_json, b"[" + b"1," * 5_000_000 + b"1]")
        assert limits.current().depth == Limits().depth


def test_chunks_are_read_within_the_budget(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b'{"spec":1}\n' * 10)
    with applied(Limits(seconds=-1, seconds_per_mib=0)), budget(), path.open("rb") as stream:
        assert refused(list, documents_in(stream, named=True))
