"""What differs between specs: diffs, records in conflict, build specs that are still missing."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import DATA, SPLICED, cases, document, dumped, named, node
from tests.service.answers import API, get, hashes, problem, upload
from tests.service.reading import Reading

CASES = cases()


def _deployed(reading: Reading, *, runtime: bool) -> set[str]:
    if runtime:
        return reading.runtime(reading.root)
    reached = [reading.root]
    for hash_ in reached:
        below = [a.target for a in reading.arrows_of(hash_) if a.kind == "DEPENDS_ON"]
        reached += [target for target in below if target not in reached]
    return set(reached)


@pytest.mark.parametrize("runtime", [False, True])
@pytest.mark.parametrize("case", CASES, ids=[f"{c['id']}-{c['result_hash'][:7]}" for c in CASES])
def test_a_diff_names_every_package_that_differs(
    client: FlaskClient, case: dict[str, Any], runtime: bool
) -> None:
    paths = [DATA / "spliced" / case[key] for key in ("base_file", "result_file")]
    a, b = map(Reading, paths)
    upload(client, *(path.read_bytes() for path in paths))
    answer = get(client, "/diff", a=a.root, b=b.root, runtime=str(runtime).lower())
    left, right = _deployed(a, runtime=runtime), _deployed(b, runtime=runtime)
    assert (answer["a"], answer["b"]) == (a.label(a.root), b.label(b.root))
    assert answer["same"] == len(left & right)
    for side, reading, only in (("a", a, left - right), ("b", b, right - left)):
        shown = [entry for each in answer["entries"] for entry in each[side]]
        assert sorted(entry["hash"] for entry in shown) == sorted(only)
        assert all(entry == reading.label(entry["hash"]) for entry in shown)
    names = [entry["name"] for entry in answer["entries"]]
    assert names == sorted(set(names))
    for entry in answer["entries"]:
        kinds = {(True, False): "removed", (False, True): "added"}
        expected = kinds.get((bool(entry["a"]), bool(entry["b"])))
        assert entry["change"] == expected or entry["change"] in ("changed", "dependencies")


def test_a_diff_tells_versions_variants_and_dependency_types(client: FlaskClient) -> None:
    zlib, zstd = node("zlib", "1.2"), node("zstd", "1.5")
    old = node("app", "1.0", [(zlib, ["link"])], parameters={"mpi": True, "cflags": []})
    new = node("app", "2.0", [(zlib, ["build"]), (zstd, ["link"])], parameters={"mpi": False})
    upload(client, dumped(document(old, zlib)), dumped(document(new, zlib, zstd)))
    answer = get(client, "/diff", a=old["hash"], b=new["hash"])
    assert answer["same"] == 1
    app, added = answer["entries"]
    assert (app["name"], app["change"]) == ("app", "changed")
    assert app["fields"] == {
        "version": ["1.0", "2.0"],
        "variants": [["mpi=true"], ["mpi=false"]],
        "dependencies": [[], ["zstd"]],
        "deptypes": [{"zlib": ["link"]}, {"zlib": ["build"]}],
    }
    assert (added["name"], added["change"], added["fields"]) == ("zstd", "added", {})


def test_a_spec_does_not_differ_from_itself(client: FlaskClient) -> None:
    reading = Reading(named("hdf5-1.14.6"))
    upload(client, named("hdf5-1.14.6").read_bytes())
    answer = get(client, "/diff", a=reading.root, b=reading.root[:8])
    assert (answer["same"], answer["entries"]) == (len(reading.nodes), [])


def test_records_that_claim_one_hash_are_listed_as_conflicts(client: FlaskClient) -> None:
    upload(client, *(path.read_bytes() for path in SPLICED))
    records: dict[str, set[str]] = {}
    for path in SPLICED:
        for hash_, record in Reading(path).nodes.items():
            records.setdefault(hash_, set()).add(str(record))
    expected = {hash_: len(texts) - 1 for hash_, texts in records.items() if len(texts) > 1}
    assert expected
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = get(client, "/conflicts", limit=2, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert {hash_: hashes({"items": items}).count(hash_) for hash_ in expected} == expected
    assert len(items) == sum(expected.values()) == page["total"]["count"]
    for item in items:
        assert item["documents"]
        shown = get(client, f"/specs/{item['hash']}")
        assert shown["verified"] is item["shown_verified"]
        assert item["digest"] in {each["digest"] for each in shown["conflicts"]}
        assert not (item["verified"] and not item["shown_verified"])


def test_a_build_spec_that_nobody_brought_is_a_stub_until_somebody_does(
    client: FlaskClient,
) -> None:
    old, new = node("zlib", "1.2"), node("zlib", "1.3")
    plain = node("hdf5", "1.14", [(old, ["link"])])
    spliced = node("hdf5", "1.14", [(new, ["link"])], build_spec=plain)
    upload(client, dumped(document(spliced, new)))
    stub = get(client, f"/specs/{plain['hash']}")
    assert (stub["stub"], stub["verified"], stub["root"]) == (True, False, False)
    link = {"hash": plain["hash"], "name": "hdf5", "version": None, "stub": True}
    assert get(client, f"/specs/{spliced['hash']}")["spliced_from"] == link
    for part in ("spec.json", "graph", "splice"):
        body = problem(client.get(f"{API}/specs/{plain['hash']}/{part}"))
        assert body["status"] == 404
        assert body["detail"] == (
            f"{plain['hash']} is only named by a build spec so far; nobody uploaded it"
        )
    response = client.post(f"{API}/specs/missing", json={"hashes": [plain["hash"]]})
    assert response.get_json() == {"missing": [plain["hash"]]}
    assert hashes(get(client, "/specs", built_with="zlib@1.2")) == []
    assert plain["hash"] not in hashes(get(client, "/specs", scope="all"))

    upload(client, dumped(document(plain, old)))
    filled = get(client, f"/specs/{plain['hash']}")
    assert (filled["stub"], filled["verified"], filled["root"]) == (False, True, True)
    found = get(client, "/specs", built_with="zlib@1.2", deployed_with="zlib@1.3")
    assert hashes(found) == [spliced["hash"]]
    path = found["items"][0]["matches"]["built_with"][0]["path"]
    assert [step["hash"] for step in path] == [spliced["hash"], plain["hash"], old["hash"]]
