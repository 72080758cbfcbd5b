"""One spec: its document, graph, chains, splice, dependents, and two of them compared."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import DATA, SPECS, SPLICED, cases, document, dumped, named, node
from tests.service.answers import API, get, hashes, problem, upload
from tests.service.reading import Reading

ALL = [*SPECS, *SPLICED]
CASES = cases()


def _named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem[:36]}"


@pytest.mark.parametrize("path", ALL, ids=_named)
def test_spec_json_is_the_document_as_spack_wrote_it(client: FlaskClient, path: Path) -> None:
    upload(client, path.read_bytes())
    response = client.get(f"{API}/specs/{Reading(path).root}/spec.json")
    assert response.mimetype == "application/json"
    assert response.data == path.read_bytes().strip()


def test_spec_json_is_exact_after_all_documents_were_stored(client: FlaskClient) -> None:
    answers = upload(client, *(path.read_bytes() for path in ALL))
    for path, answer in zip(ALL, answers, strict=True):
        (stored,) = answer["documents"]
        place = f"{API}/specs/{stored['hash']}/spec.json"
        response = client.get(place, query_string={"document": stored["digest"]})
        assert response.data == path.read_bytes().strip(), path


def test_spec_json_is_exact_if_two_records_verify_one_hash(client: FlaskClient) -> None:
    last = node("zlib", "1.3")
    first = {"hash": last["hash"], **last}
    documents = [document(last), document({key: last[key] for key in first})]
    answers = upload(client, *map(dumped, documents))
    for given, answer in zip(documents, answers, strict=True):
        (stored,) = answer["documents"]
        place = f"{API}/specs/{stored['hash']}/spec.json"
        response = client.get(place, query_string={"document": stored["digest"]})
        assert response.data == dumped(given)


def test_spec_json_is_not_sent_again_to_a_client_that_has_it(client: FlaskClient) -> None:
    path = named("xz-5.6.3")
    upload(client, path.read_bytes())
    place = f"{API}/specs/{Reading(path).root}/spec.json"
    etag = client.get(place).headers["ETag"]
    response = client.get(place, headers={"If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize("prefix", ["hdf5-1.10.7", "hdf5-1.12.2", "fftw-3.3.10", "hdf5-1.14.6"])
def test_the_part_of_a_document_is_a_document(client: FlaskClient, prefix: str) -> None:
    reading = Reading(named(prefix))
    upload(client, named(prefix).read_bytes())
    part = next(h for h, n in reading.nodes.items() if n["name"] in ("mpich", "cmake"))
    response = client.get(f"{API}/specs/{part}/spec.json")
    shown = response.get_json()["spec"]
    assert shown["_meta"]["version"] == reading.format
    assert shown["nodes"][0] == reading.nodes[part]
    by_hash = {each[reading.key]: each for each in shown["nodes"]}
    assert by_hash == {hash_: reading.nodes[hash_] for hash_ in reading.built(part)}
    assert upload(client, response.data)[0]["roots"] == [part]


@pytest.mark.parametrize("path", ALL, ids=_named)
def test_the_graph_equals_the_document(client: FlaskClient, path: Path) -> None:
    reading = Reading(path)
    upload(client, path.read_bytes())
    graph = get(client, f"/specs/{reading.root}/graph")
    assert graph["root"] == reading.root
    built = reading.built(reading.original(reading.root))
    deployed = reading.runtime(reading.root)
    for shown in graph["nodes"]:
        hash_ = shown["hash"]
        assert {key: shown[key] for key in ("hash", "name", "version")} == reading.label(hash_)
        assert shown["built"] is (hash_ in built)
        assert shown["deployed"] is (hash_ in deployed)
        assert shown["spliced"] is ("build_spec" in reading.nodes[hash_])
    assert [shown["hash"] for shown in graph["nodes"]] == list(reading.nodes)
    edges = Counter(
        (edge["source"], edge["target"], edge["kind"], frozenset(edge["deptypes"]))
        for edge in graph["edges"]
    )
    assert edges == Counter((a.source, a.target, a.kind, a.deptypes) for a in reading.arrows)


def test_one_spec_is_returned_in_full(client: FlaskClient) -> None:
    reading = Reading(named("zlib-1.3.1"))
    upload(client, named("zlib-1.3.1").read_bytes())
    shown = get(client, f"/specs/{reading.root[:7]}")
    (stored,) = shown.pop("documents")
    assert (stored["spec_format"], stored["unverified"]) == (5, 0)
    assert shown["load"] == stored["load"]
    del shown["load"]
    (content,) = shown.pop("contents")
    assert (content["content"], content["root"], content["differs"]) == (None, True, [])
    assert [each["digest"] for each in content["documents"]] == [stored["digest"]]
    assert shown == {
        **reading.label(reading.root),
        "content": None,
        "stripped": False,
        "namespace": "builtin",
        "platform": "linux",
        "os": "debian12",
        "target": "x86_64_v3",
        "variants": shown["variants"],
        "external": False,
        "spliced": False,
        "verified": True,
        "stub": False,
        "root": True,
        "package_hash": reading.nodes[reading.root]["package_hash"],
        "spec_format": 5,
        "hashes": {},
        "origin": "POST /api/v1/specs",
        "dependents": 0,
        "spliced_from": None,
        "conflicts": [],
    }
    assert "pic=true" in shown["variants"]


def test_the_older_hashes_of_a_spec_lead_to_it(client: FlaskClient) -> None:
    reading = Reading(named("hdf5-1.10.7"))
    upload(client, named("hdf5-1.10.7").read_bytes())
    root = reading.nodes[reading.root]
    for key in ("hash", "full_hash", "build_hash"):
        if key in root:
            assert get(client, f"/specs/{root[key]}")["hash"] == root["full_hash"]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['id']}-{c['result_hash'][:7]}" for c in CASES])
def test_a_splice_is_summarized(client: FlaskClient, case: dict[str, Any]) -> None:
    path = DATA / "spliced" / case["result_file"]
    reading = Reading(path)
    upload(client, path.read_bytes())
    answer = get(client, f"/specs/{reading.root}/splice")
    original = reading.original(reading.root)
    before, after = reading.linked(original), reading.linked(reading.root)
    relinked = {
        hash_: reading.original(hash_)
        for hash_ in after - before
        if hash_ != reading.original(hash_) and reading.original(hash_) in before
    }
    put_in = after - before - set(relinked)
    taken_out = before - after - set(relinked.values())
    assert answer["root"] == reading.label(reading.root)
    assert answer["spliced"] is True
    assert answer["build_spec"] == reading.label(original)
    assert answer["chain"][-1] == answer["build_spec"]
    assert {each["hash"] for each in answer["kept"]} == before & after
    assert {each["hash"]: each["build_spec"] for each in answer["relinked"]} == relinked
    assert {each["hash"] for each in answer["taken_out"]} == taken_out
    assert {each["hash"] for each in answer["put_in"]} == put_in
    sides = ("kept", "relinked", "taken_out", "put_in")
    assert answer["counts"] == {side: len(answer[side]) for side in sides}
    for each in answer["put_in"]:
        assert each["replaces"] is None or each["replaces"]["hash"] in taken_out
    if case["replacement_name"]:
        named_so = [e for e in answer["put_in"] if e["name"] == case["replacement_name"]]
        assert [entry["replaces"] is not None for entry in named_so] == [True] * len(named_so)


SECTIONS = ("taken_out", "put_in", "relinked", "kept")


@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_the_pages_of_a_splice_go_over_its_sections(client: FlaskClient, limit: int) -> None:
    path = named("results--lab-sim-2.0-mscfyxf")
    upload(client, path.read_bytes())
    place = f"/specs/{Reading(path).root}/splice"
    whole = get(client, place)
    count = sum(whole["counts"].values())
    assert whole["next"] is None
    assert whole["total"] == {"count": count, "type": "EXACT"}
    shown: list[tuple[str, dict[str, Any]]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = get(client, place, limit=limit, cursor=cursor)
        part = [(name, entry) for name in SECTIONS for entry in page[name]]
        assert 0 < len(part) <= limit
        shown += part
        cursor = page["next"]
        same = ("root", "spliced", "build_spec", "chain", "counts", "total")
        assert {key: page[key] for key in same} == {key: whole[key] for key in same}
    assert shown == [(name, entry) for name in SECTIONS for entry in whole[name]]


@pytest.mark.parametrize("deptypes", ["link", "run", "build", "build,link,run,test"])
def test_a_splice_is_compared_over_the_chosen_types(client: FlaskClient, deptypes: str) -> None:
    path = named("results--lab-sim-2.0-mscfyxf")
    reading = Reading(path)
    upload(client, path.read_bytes())
    types = set(deptypes.split(","))
    sides = []
    for start in (reading.root, reading.original(reading.root)):
        reached = [start]
        for hash_ in reached:
            below = [a.target for a in reading.arrows_of(hash_) if a.deptypes & types]
            reached += [target for target in below if target not in reached]
        sides.append(set(reached))
    after, before = sides
    answer = get(client, f"/specs/{reading.root}/splice", deptypes=deptypes)
    found = {name: {entry["hash"] for entry in answer[name]} for name in SECTIONS}
    relinked = {entry["build_spec"] for entry in answer["relinked"]}
    assert found["kept"] == before & after
    assert found["put_in"] | found["relinked"] == after - before
    assert found["taken_out"] | relinked == before - after
    assert {h for h in after - before if reading.original(h) in before} == found["relinked"]


@pytest.mark.parametrize("question", [{"deptypes": "none"}, {"cursor": "x"}, {"deptypes": ""}])
def test_an_invalid_question_about_a_splice_is_refused(
    client: FlaskClient, question: dict[str, str]
) -> None:
    path = named("results--lab-sim-2.0-mscfyxf")
    upload(client, path.read_bytes())
    place = f"{API}/specs/{Reading(path).root}/splice"
    assert problem(client.get(place, query_string=question))["status"] == 400


def test_a_provider_of_the_same_virtual_is_replaced(client: FlaskClient) -> None:
    path = named("results--lab-sim-2.0-mscfyxf")
    upload(client, path.read_bytes())
    answer = get(client, f"/specs/{Reading(path).root}/splice")
    pairs = {(e["name"], e["replaces"]["name"]) for e in answer["put_in"] if e["replaces"]}
    assert ("lab-mvapich", "lab-openmpi") in pairs


def test_a_spec_that_was_not_spliced_says_so(client: FlaskClient) -> None:
    reading = Reading(named("lab-suite"))
    upload(client, named("lab-suite").read_bytes())
    answer = get(client, f"/specs/{reading.root}/splice")
    assert answer["spliced"] is False
    assert answer["build_spec"] == answer["root"] == reading.label(reading.root)
    assert {each["hash"] for each in answer["kept"]} == reading.runtime(reading.root)
    assert answer["chain"] == answer["relinked"] == answer["taken_out"] == answer["put_in"] == []


def test_dependents_are_those_of_the_documents(client: FlaskClient) -> None:
    paths = [path for path in SPECS if path.name.startswith("lab-")]
    readings = [Reading(path) for path in paths]
    upload(client, *(path.read_bytes() for path in paths))
    arrows = set().union(*(reading.arrows for reading in readings))
    roots = {reading.root for reading in readings}
    for hash_ in {arrow.target for arrow in arrows}:
        place = f"/specs/{hash_}/dependents"
        direct = {arrow.source for arrow in arrows if arrow.target == hash_}
        runtime = {arrow.source for arrow in arrows if arrow.target == hash_ and arrow.runtime}
        above = {h for r in readings for h in r.nodes if h != hash_ and hash_ in r.built(h)}
        linked = {h for r in readings for h in r.nodes if h != hash_ and hash_ in r.runtime(h)}
        assert _set(client, place) == direct
        assert _set(client, place, runtime="true") == runtime
        assert _set(client, place, runtime="false") == direct - runtime
        assert _set(client, place, roots_only="true") == direct & roots
        assert _set(client, place, transitive="true") == above
        assert _set(client, place, transitive="true", runtime="true") == linked
        assert _set(client, place, transitive="true", roots_only="true") == above & roots


def _set(client: FlaskClient, place: str, **parameters: Any) -> set[str]:
    items: list[str] = []
    cursor: str | None = ""
    while True:
        page = get(client, place, limit=2, cursor=cursor, **parameters)
        items += hashes(page)
        cursor = page["next"]
        if cursor is None:
            assert len(items) == len(set(items)) == page["total"]["count"]
            return set(items)
