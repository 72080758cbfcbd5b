import json
from pathlib import Path

from benchmarks.store_index import measure, write_index


def test_measured_index_is_valid_and_completely_read(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    with path.open("wb") as stream:
        records = write_index(stream, 1.0, seed=3)
    installs = json.loads(path.read_bytes())["database"]["installs"]
    assert len(installs) == records
    figures = measure(path)
    assert (figures["records"], figures["problems"]) == (records, 0)
    assert figures["documents"] > 10
    assert 1.0 <= figures["index MB"] < 1.5
