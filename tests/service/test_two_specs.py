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
    for side, reading in (("a", a), ("b", b)):
        assert answer[side].items() >= reading.label(reading.root).items()
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


def test_a_diff_has_versions_variants_and_dependency_types(client: FlaskClient) -> None:
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


@pytest.mark.parametrize("deptypes", ["build", "link", "link,run", "build,link,run,test"])
def test_a_diff_follows_the_chosen_types_page_by_page(client: FlaskClient, deptypes: str) -> None:
    readings = [Reading(named(prefix)) for prefix in ("hdf5-1.14.6", "lab-suite")]
    upload(client, *(named(prefix).read_bytes() for prefix in ("hdf5-1.14.6", "lab-suite")))
    sides = []
    for reading in readings:
        reached = [reading.root]
        for hash_ in reached:
            arrows = reading.arrows_of(hash_)
            below = [a.target for a in arrows if a.deptypes & set(deptypes.split(","))]
            reached += [target for target in below if target not in reached]
        sides.append(set(reached))
    question = {"a": readings[0].root, "b": readings[1].root, "deptypes": deptypes}
    whole = get(client, "/diff", **question)
    assert whole["same"] == len(sides[0] & sides[1])
    for side, only in (("a", sides[0] - sides[1]), ("b", sides[1] - sides[0])):
        assert {label["hash"] for entry in whole["entries"] for label in entry[side]} == only
    assert whole["total"] == {"count": len(whole["entries"]), "type": "EXACT"}
    entries: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(client, "/diff", **question, limit=2, cursor=cursor)
        assert 0 < len(page["entries"]) <= 2
        entries += page["entries"]
        cursor = page["next"]
        assert {**page, "entries": [], "next": None} == {**whole, "entries": []}
    assert entries == whole["entries"]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"runtime": "true", "deptypes": "run,link"}, 200),
        ({"runtime": "false", "deptypes": "build,link,run,test"}, 200),
        ({"runtime": "true", "deptypes": "link"}, 400),
        ({"runtime": "false", "deptypes": "link"}, 400),
        ({"deptypes": "linked"}, 400),
        ({"cursor": "nonsense"}, 400),
        ({"limit": "1001"}, 422),
    ],
)
def test_runtime_and_deptypes_must_agree(
    client: FlaskClient, question: dict[str, str], status: int
) -> None:
    app, other = node("app", "1.0"), node("app", "2.0")
    upload(client, dumped(document(app)), dumped(document(other)))
    place = {"a": app["hash"], "b": other["hash"], **question}
    assert client.get(f"{API}/diff", query_string=place).status_code == status


def _with_pythons(*pythons: dict[str, Any]) -> list[dict[str, Any]]:
    below = [node(f"user{i}", "1.0", [(each, ["run"])]) for i, each in enumerate(pythons)]
    return [node("app", "1.0", [(each, ["link"]) for each in below]), *below, *pythons]


def test_specs_of_one_package_are_paired_by_similarity(client: FlaskClient) -> None:
    pic: dict[str, Any] = {"parameters": {"pic": True}}
    before = [node("python", "3.9.7"), node("python", "3.11.2"), node("python", "2.7")]
    after = [node("python", "3.11.2", **pic), node("python", "3.9.10"), node("python", "3.12")]
    documents = [_with_pythons(*before), _with_pythons(*after[:2]), _with_pythons(*after)]
    upload(client, *(dumped(document(*nodes)) for nodes in documents))
    roots = [nodes[0]["hash"] for nodes in documents]

    def entry(b: str) -> dict[str, Any]:
        entries = get(client, "/diff", a=roots[0], b=b)["entries"]
        (found,) = (each for each in entries if each["name"] == "python")
        assert isinstance(found, dict)
        return found

    labels = {n["hash"]: {k: n[k] for k in ("hash", "name", "version")} for n in before + after}
    pairs = [
        {
            "a": labels[before[0]["hash"]],
            "b": labels[after[1]["hash"]],
            "fields": {"version": ["3.9.7", "3.9.10"]},
        },
        {
            "a": labels[before[1]["hash"]],
            "b": labels[after[0]["hash"]],
            "fields": {"variants": [["build_system=generic"], ["pic=true"]]},
        },
    ]
    assert entry(roots[1]) == {
        "name": "python",
        "change": "changed",
        "a": [labels[before[index]["hash"]] for index in (2, 0, 1)],
        "b": [labels[after[index]["hash"]] for index in (1, 0)],
        "fields": {"version": [["2.7", "3.9.7", "3.11.2"], ["3.9.10", "3.11.2"]]},
        "pairs": pairs,
    }
    last = {
        "a": labels[before[2]["hash"]],
        "b": labels[after[2]["hash"]],
        "fields": {"version": ["2.7", "3.12"]},
    }
    assert entry(roots[2])["pairs"] == [last, *pairs]


def test_specs_of_one_version_are_paired_by_their_fields(client: FlaskClient) -> None:
    def python(*flags: str, under: str = "1") -> dict[str, Any]:
        return node(
            *("python", "3.11", [(node("zlib", under), ["link"])]),
            parameters=dict.fromkeys(flags, True),
        )

    sides = [
        [python("a"), python("a", "b", "c")],
        [python("a", "b", "c", under="2"), python("a", under="2")],
    ]
    documents = [
        [*_with_pythons(*pythons), node("zlib", under)]
        for pythons, under in zip(sides, ("1", "2"), strict=True)
    ]
    upload(client, *(dumped(document(*nodes)) for nodes in documents))
    entries = get(client, "/diff", a=documents[0][0]["hash"], b=documents[1][0]["hash"])["entries"]
    (entry,) = (each for each in entries if each["name"] == "python")
    assert (entry["change"], entry["fields"]) == ("dependencies", {})
    paired = {(pair["a"]["hash"], pair["b"]["hash"]) for pair in entry["pairs"]}
    old, new = ([each["hash"] for each in pythons] for pythons in sides)
    assert paired == {(old[0], new[1]), (old[1], new[0])}


def test_a_diff_names_the_compilers_of_both_sides(client: FlaskClient) -> None:
    names = ["hdf5-1.12.2", "hdf5-1.14.6", "xz-5.6.3"]
    roots = [Reading(named(name)).root for name in names]
    upload(client, *(named(name).read_bytes() for name in names))
    for runtime in ("true", "false"):
        answer = get(client, "/diff", a=roots[0], b=roots[1], runtime=runtime)
        assert answer["compilers"] == {"a": ["gcc@12.2.0"], "b": ["gcc@12.2.0"]}
        answer = get(client, "/diff", a=roots[1], b=roots[2], runtime=runtime)
        assert answer["compilers"] == {"a": ["gcc@12.2.0"], "b": ["llvm@17.0.6"]}


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
    several = {hash_ for hash_, texts in records.items() if len(texts) > 1}
    assert several
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = get(client, "/conflicts", limit=2, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert items
    assert len(items) == page["total"]["count"]
    listed = hashes({"items": items})
    for hash_ in several:
        contents = get(client, f"/specs/{hash_}")["contents"]
        # Every record is that of a content, or is listed.
        assert len(contents) + listed.count(hash_) >= len(records[hash_])
    for item in items:
        assert item["documents"]
        shown = get(client, f"/specs/{item['hash']}")
        assert item["digest"] in {each["digest"] for each in shown["conflicts"]}
        assert not (item["verified"] and not item["shown_verified"])


def test_a_build_spec_is_a_stub_until_it_is_uploaded(
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
            f"{plain['hash']} is only named by a build spec so far; upload it first"
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
