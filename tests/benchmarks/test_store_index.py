import json
from pathlib import Path

from benchmarks.store_index import measure, write_index


def test_the_index_that_is_measured_is_sound_and_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    with path.open("wb") as stream:
        records = write_index(stream, 1.0, seed=3)
    installs = json.loads(path.read_bytes())["database"]["installs"]
    assert len(installs) == records
    told = measure(path)
    assert (told["records"], told["problems"]) == (records, 0)
    assert told["documents"] > 10
    assert 1.0 <= told["index MB"] < 1.5
