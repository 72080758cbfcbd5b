import json
from typing import Any

import pytest

from loaders.builds.install_times import InstallTimes, read_times
from loaders.errors import DocumentError


def read(document: dict[str, Any], version: str | None = "1.1.0") -> InstallTimes:
    return read_times(json.dumps(document).encode(), version)


def phases(**seconds: object) -> list[dict[str, object]]:
    return [{"name": name, "seconds": value} for name, value in seconds.items()]


OLD = {"phases": phases(configure=0.5, build=2.0, install=7.0), "total": {"seconds": 10.0}}


def test_times_of_current_releases_are_read() -> None:
    document = {
        "total": 3.5,
        "phases": phases(stage=1.0, build=2.0),
        "name": "zlib",
        "cache": False,
        "hash": "a" * 32,
    }
    assert read(document) == InstallTimes({"stage": 1.0, "build": 2.0}, 3.5, False, "zlib")


@pytest.mark.parametrize("version", ["0.17.3", "0.18.1", "0.19.0", "0.19.0.dev0 (abc)", "0.17"])
def test_times_of_old_releases_are_shifted(version: str) -> None:
    expected = {"stage": 0.5, "configure": 2.0, "build": 7.0, "install": 0.5}
    assert read(OLD, version) == InstallTimes(expected, 10.0)


@pytest.mark.parametrize("version", ["0.19.1", "0.19.2"])
def test_times_of_corrected_releases_are_not_shifted(version: str) -> None:
    assert read(OLD, version).seconds == {"configure": 0.5, "build": 2.0, "install": 7.0}


@pytest.mark.parametrize("version", [None, "", "unknown", "9" * 5_000 + ".1"])
def test_without_a_known_release_the_phases_have_no_times(version: str | None) -> None:
    assert read(OLD, version) == InstallTimes(
        dict.fromkeys(["configure", "build", "install"]), 10.0
    )


def test_the_old_form_of_spack_0_20_is_not_shifted() -> None:
    document = {"phases": phases(stage=0.5, build=2.0), "total": {"seconds": 3.0}}
    assert read(document, "0.20.3").seconds == {"stage": 0.5, "build": 2.0}
    assert read(document, None).seconds == {"stage": 0.5, "build": 2.0}


def test_steps_of_unpacking_mean_a_build_cache() -> None:
    document = {"phases": phases(search=0.1, fetch=0.5, install=2.0), "total": {"seconds": 3.0}}
    assert read(document, "0.19.0").cached is True
    assert read({"total": 3.0, "cache": True, "phases": []}).cached is True


ODD = [float("nan"), float("inf"), -1, "1.0", None, True, [1]]


@pytest.mark.parametrize("value", ODD)
def test_invalid_times_are_dropped(value: object) -> None:
    raw = json.dumps({"total": value, "phases": phases(build=value)})
    if "NaN" in raw or "Infinity" in raw:
        with pytest.raises(DocumentError):
            read_times(raw.encode(), "1.1.0")
    else:
        assert read_times(raw.encode(), "1.1.0") == InstallTimes({"build": None})


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"phases": 7}', b"\xff", b'{"total": 1, "phases": null}']
)
def test_other_files_are_refused(raw: bytes) -> None:
    with pytest.raises(DocumentError):
        read_times(raw, None)


def test_invalid_entries_are_skipped() -> None:
    entries = [7, {}, {"name": 7}, {"name": ""}, {"name": "x" * 2000}, {"name": "build"}]
    assert read({"total": 1, "phases": entries}).seconds == {"build": None}
