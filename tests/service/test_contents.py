"""Questions about splices of which several have one hash, on what Spack 1.1.0 left of seven."""

import random
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.loaders.store.test_contents import FOLDERS, INDEX
from tests.service.answers import API, get, hashes, upload

SPLICED = ["53qonj3", "5dkacqu", "dv7fgjo", "ekhqpr4", "ekhqpr4", "ezflhkt", "zyvos4c"]


def send_everything(client: FlaskClient, seed: int) -> None:
    """Upload the spec.json of each prefix, and the index, in some order."""
    files = [*(path / "spec.json" for path in FOLDERS), INDEX]
    random.Random(seed).shuffle(files)
    for path in files:
        where, given = ("/documents", {"site": "lab"}) if path == INDEX else ("/specs", {})
        response = client.post(API + where, data=path.read_bytes(), query_string=given)
        assert response.status_code in (200, 201), response.text


def starts(page: Any) -> list[str]:
    return sorted(hash_[:7] for hash_ in hashes(page))


@pytest.mark.parametrize("seed", range(3))
def test_uploads_in_any_order_give_the_right_answers(client: FlaskClient, seed: int) -> None:
    send_everything(client, seed)
    assert starts(get(client, "/specs", q="app", spliced="true")) == SPLICED
    assert starts(get(client, "/specs", q="app", spliced="false")) == ["rduow63"]
    asked = {"q": "app", "built_with": "fmpi-a", "deployed_with": "fmpi-b"}
    assert starts(get(client, "/specs", **asked)) == ["dv7fgjo", "ezflhkt", "zyvos4c"]
    for version, expected in {
        "1.0": ["5dkacqu", "dv7fgjo", "ezflhkt", "rduow63", "zyvos4c"],
        "1.1": ["ekhqpr4", "zyvos4c"],
        "1.3": ["53qonj3"],
        "1.4": ["ekhqpr4"],
    }.items():
        page = get(client, "/specs", q="app", deployed_with=f"libfoo@{version}")
        assert starts(page) == expected, version
    built = get(client, "/specs", q="app", built_with="libfoo@1.0", deployed_with="libfoo@1.4")
    assert starts(built) == ["ekhqpr4"]


def test_a_hash_lists_its_contents_and_shows_the_one_on_disk(client: FlaskClient) -> None:
    send_everything(client, 0)
    items = get(client, "/specs", q="app/ekhqpr4")["items"]
    assert [item["contents"] for item in items] == [2, 2]
    shown = get(client, "/specs/ekhqpr4")
    assert [each["content"] for each in shown["contents"]].count(shown["content"]) == 1
    by_version = {
        dependency["version"]: each
        for each in shown["contents"]
        for dependency in each["dependencies"]
        if dependency["name"] == "libfoo"
    }
    assert set(by_version) == {"1.1", "1.4"}
    assert shown["content"] == by_version["1.4"]["content"]
    # The index describes one that Spack has overwritten since.
    assert [place["site"] for place in by_version["1.1"]["installations"]] == ["lab"]
    assert by_version["1.1"]["stripped"] is True
    other = by_version["1.1"]["content"]
    for path in ("", "/splice", "/graph", "/spec.json", "/dependents", "/files"):
        chosen = client.get(f"{API}/specs/ekhqpr4{path}", query_string={"content": other[:6]})
        same = client.get(f"{API}/specs/ekhqpr4:{other[:6]}{path}")
        assert (chosen.status_code, chosen.data) == (200, same.data), path
    names = {
        node["name"]: node["version"]
        for node in get(client, f"/specs/ekhqpr4:{other}/graph")["nodes"]
    }
    assert names["app"] == "1.0"
    diff = get(client, "/diff", a="ekhqpr4", b=f"ekhqpr4:{other}", deptypes="link,run")
    assert diff["a"]["content"] != diff["b"]["content"]
    assert "libfoo" in {entry["name"] for entry in diff["entries"]}
    assert client.get(f"{API}/specs/ekhqpr4?content=0000000").status_code == 404
    assert client.get(f"{API}/specs/ekhqpr4?content=xyz").status_code == 422


def test_a_splice_of_an_overwritten_splice_leads_to_what_was_compiled(client: FlaskClient) -> None:
    send_everything(client, 1)
    splice = get(client, "/specs/zyvos4c/splice")
    assert splice["spliced"] is True
    assert [spec["hash"][:7] for spec in splice["chain"]] == ["ekhqpr4", "rduow63"]
    assert {spec["name"] for spec in splice["taken_out"]} >= {"fmpi-a"}
    assert {spec["name"] for spec in splice["put_in"]} >= {"fmpi-b"} or splice["relinked"]


def test_a_stripped_splice_says_that_its_build_spec_was_lost(client: FlaskClient) -> None:
    data = INDEX.read_bytes()
    client.post(f"{API}/documents", data=data, query_string={"site": "lab"})
    splice = get(client, "/specs/dv7fgjo/splice")
    assert (splice["spliced"], splice["stripped"]) == (True, True)
    page = client.get("/spec/dv7fgjo/splice").text
    assert "build spec was lost" in page
    assert "Not spliced" not in page


def test_the_document_of_each_content_is_returned(client: FlaskClient) -> None:
    (folder,) = (path for path in FOLDERS if path.parent.name.startswith("app-1.0-ekhqpr4"))
    (answer,) = upload(client, (folder / "spec.json").read_bytes())
    digest = answer["documents"][0]["digest"]
    text = client.get(
        f"{API}/specs/ekhqpr4/spec.json", query_string={"document": digest}
    ).get_json()
    assert text == client.get(f"{API}/specs/ekhqpr4/spec.json").get_json()
    assert text["spec"]["nodes"][0]["name"] == "app"
