"""Identifiers of loads."""

import time

from loaders.store.rows import load_id_before, new_load_id
from service.queries.times import load_time


def test_identifiers_of_loads_sort_in_the_order_of_the_loads() -> None:
    ids = []
    for _ in range(20):
        ids.append(new_load_id())
        time.sleep(0.001)
    assert ids == sorted(ids)
    assert len(set(ids)) == 20
    assert load_id_before(10.0) < ids[0] < load_id_before(-10.0)


def test_the_time_of_a_load_is_read_from_its_identifier() -> None:
    before = time.time()
    loaded = load_time(new_load_id())
    assert before - 0.001 <= loaded <= time.time() + 0.001
    assert load_time("20260102T030405Z-00ff") == 1767323045.0
    assert load_time("not a time") == 0.0
