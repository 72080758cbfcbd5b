"""What the extension says about installations: `record` at once, `upload --all` by the index."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.documents import named
from tests.extension.running import FakeSpack, waiting_names

INDEX = "opt/.spack-db/index.json"


def installed(url: str, **query: str) -> list[dict[str, Any]]:
    query = {**query, "facts": "none"}
    answer = requests.get(f"{url}/api/v1/installations", params=query, timeout=60)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def names(url: str, **query: str) -> set[str]:
    return {item["name"] for item in installed(url, **query)}


def test_recorded_installation_is_known_at_once(spack: FakeSpack, url: str) -> None:
    done = spack.run("specgraph", "record", "--site", "here", "--", "install", "lab-sim")
    assert done.stdout.splitlines()[-1] == "==> specgraph: 1 installation, 1 new"
    [item] = installed(url)
    assert (item["name"], item["explicit"], item["present"]) == ("lab-sim", True, True)
    assert (item["site"], abs(item["installed_at"] - time.time()) < 300) == ("here", True)
    assert re.fullmatch("[0-9a-f]{64}", item["prefix_hash"])


def test_index_describes_the_same_installation(spack: FakeSpack, url: str) -> None:
    spack.run("specgraph", "record", "--", "install", "lab-sim")
    [recorded] = installed(url)
    done = spack.run("specgraph", "upload", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert [item for item in installed(url, gone="true") if item["present"]] == [recorded]


def test_record_leaves_other_installations_in_place(spack: FakeSpack, url: str) -> None:
    spack.add_installed(named("xz-5.6.3"))
    spack.run("reindex")
    spack.run("specgraph", "upload", "--all")
    assert names(url) == {"xz"}
    spack.run("specgraph", "record", "--", "install", "lab-sim")
    assert names(url) == {"xz", "lab-sim"}


def test_later_index_without_the_installation_is_not_contradicted(
    spack: FakeSpack, url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "spool"
    spack.run("specgraph", "record", "--spool", str(folder), "--", "install", "lab-sim")
    (spack.root / "fake-db.jsonl").unlink()
    spack.add_installed(named("xz-5.6.3"))
    spack.run("reindex")
    later = time.time() + 3600
    os.utime(spack.root / INDEX, (later, later))
    spack.run("specgraph", "upload", "--all")
    assert spack.run("specgraph", "push", str(folder)).returncode == 0
    assert names(url) == {"xz"}
    assert names(url, gone="true") >= {"xz", "lab-sim"}


def test_installations_are_spooled_and_pushed(spack: FakeSpack, url: str, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    words = ("record", "--site", "here", "--spool", str(folder), "--", "install", "lab-sim")
    spack.run("specgraph", *words)
    [name] = [name for name in waiting_names(folder) if ".store." in name]
    assert "partial=true&site=here" in name
    assert spack.run("specgraph", "push", str(folder)).returncode == 0
    assert names(url, site="here") == {"lab-sim"}


@pytest.mark.parametrize("way", ["upload", "spool"])
def test_all_includes_the_index_of_the_store(
    spack: FakeSpack, url: str, tmp_path: Path, way: str
) -> None:
    spack.add_installed(named("xz-5.6.3"))
    spack.run("reindex")
    if way == "upload":
        done = spack.run("specgraph", "upload", "--all")
        # The index lists the dependencies as well, which are not installed.
        assert done.stdout.splitlines()[-1] == "==> 1 installation, 1 new"
    else:
        folder = str(tmp_path / "spool")
        spack.run("specgraph", "spool", folder, "--all")
        assert spack.run("specgraph", "push", folder).returncode == 0
    assert names(url) == {"xz"}


def test_partial_index_over_rest_needs_no_dependencies(url: str) -> None:
    record = {
        "spec": {"name": "zlib", "version": "1.3", "hash": "a" * 32},
        "path": "/opt/zlib",
        "installed": True,
        "explicit": True,
        "installation_time": 1.5e9,
    }
    body = json.dumps({"database": {"version": "8", "installs": {"a" * 32: record}}})
    answer = requests.post(
        f"{url}/api/v1/documents",
        params={"name": "store", "partial": "true"},
        data=body,
        timeout=60,
    )
    assert answer.status_code == 201
    assert [entry["what"] for entry in answer.json()["documents"]] == ["installations"]
    assert names(url) == {"zlib"}
