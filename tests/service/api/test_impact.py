"""`/impact` and `/facets`, and the time budget of a question."""

from collections import Counter
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from service.queries import facets
from service.queries.known_names import find_known_names
from tests.documents import SPECS, SPLICED, document, dumped, node
from tests.service.answers import API, get, hashes, kind, problem, upload
from tests.service.reading import Reading

PLAIN = [path for path in SPECS if path.name.startswith(("hdf5", "fftw", "cmake", "xz", "zlib"))]


@pytest.fixture
def stored(client: FlaskClient) -> dict[str, Reading]:
    upload(client, *(path.read_bytes() for path in PLAIN))
    return {reading.root: reading for reading in map(Reading, PLAIN)}


def names(reading: Reading, hashes: set[str]) -> set[str]:
    return {reading.nodes[hash_]["name"] for hash_ in hashes}


def test_impact_distinguishes_run_time_from_build_time_only(
    client: FlaskClient, stored: dict[str, Reading]
) -> None:
    both = 0
    for name in ("gmake", "perl", "pkgconf", "xz", "zlib", "zlib-ng", "libxml2"):
        run = {root for root, each in stored.items() if name in names(each, each.runtime(root))}
        built = {root for root, each in stored.items() if name in names(each, each.built(root))}
        built -= run
        both += bool(run and built)
        answer = get(client, "/impact", dependency=name)
        assert answer["counts"] == {"run": len(run), "build": len(built)}
        assert answer["total"] == {"count": len(run | built), "type": "EXACT"}
        times = {item["hash"]: item["when"] for item in answer["items"]}
        assert times == {**dict.fromkeys(run, "run"), **dict.fromkeys(built, "build")}
        for when, expected in (("run", run), ("build", built)):
            page = get(client, "/impact", dependency=name, when=when)
            assert set(hashes(page)) == expected
            assert page["total"] == {"count": len(expected), "type": "EXACT"}
            side = "deployed_with" if when == "run" else "built_with"
            for item in page["items"]:
                assert item["matches"][side][0]["path"][-1]["name"] == name
    assert both


def test_impact_is_listed_page_by_page_and_takes_a_filter(
    client: FlaskClient, stored: dict[str, Reading]
) -> None:
    everyone = get(client, "/impact", dependency="xz")["items"]
    first = get(client, "/impact", dependency="xz", limit=1)
    second = get(client, "/impact", dependency="xz", limit=1000, cursor=first["next"])
    assert [*hashes(first), *hashes(second)] == [item["hash"] for item in everyone]
    assert second["next"] is None
    only = get(client, "/impact", dependency="xz", q="hdf5")
    assert {item["name"] for item in only["items"]} == {"hdf5"}
    assert hashes(get(client, "/impact", dependency="nobody-has-this")) == []


def test_impact_of_all_specs_walks_the_graph(
    client: FlaskClient, stored: dict[str, Reading]
) -> None:
    expected = {
        hash_
        for reading in stored.values()
        for hash_ in reading.nodes
        if "zlib" in names(reading, reading.built(reading.original(hash_)))
    }
    page = get(client, "/impact", dependency="zlib", scope="all", limit=1000)
    assert set(hashes(page)) == expected
    assert "counts" not in page


@pytest.mark.parametrize(
    "given",
    [
        *({}, {"dependency": " "}, {"dependency": "xz", "when": "never"}),
        *({"dependency": "not xz"}, {"dependency": "not any of (xz, not (not zlib))"}),
    ],
)
def test_impact_refuses_invalid_arguments(client: FlaskClient, given: dict[str, str]) -> None:
    body = problem(client.get(f"{API}/impact", query_string=given))
    assert body["status"] in (400, 422)
    assert "dependency" in body["detail"] or "when" in body["detail"]


def values(answer: dict[str, Any], facet: str) -> dict[str, int]:
    return {each["value"]: each["count"] for each in answer["facets"][facet]["values"]}


def test_facets_are_counted_as_in_the_documents(
    client: FlaskClient, stored: dict[str, Reading]
) -> None:
    answer = get(client, "/facets", virtuals="mpi")
    tops = [(root, reading, reading.nodes[root]) for root, reading in stored.items()]
    assert answer["roots"] == {"count": len(tops), "type": "EXACT"}
    assert answer["looked_at"] == len(tops)
    assert values(answer, "package") == Counter(top["name"] for _, _, top in tops)
    assert values(answer, "version") == Counter(
        f"{top['name']}@{top['version']}" for _, _, top in tops
    )
    assert values(answer, "os") == Counter(top["arch"]["platform_os"] for _, _, top in tops)
    compilers: Counter[str] = Counter()
    for _, reading, top in tops:
        if "compiler" in top:
            compilers[f"{top['compiler']['name']}@{top['compiler']['version']}"] += 1
            continue
        compilers.update(
            {
                f"{other['name']}@{other['version']}"
                for edge in top.get("dependencies", ())
                if {"c", "cxx", "fortran"} & set(edge["parameters"]["virtuals"])
                for other in [reading.nodes[edge["hash"]]]
            }
        )
    assert values(answer, "compiler") == compilers
    assert {value.partition("@")[0] for value in values(answer, "mpi")} <= {"mpich", "openmpi"}
    assert answer["facets"]["package"]["type"] == "EXACT"


def test_facets_follow_the_filter_and_the_limit(
    client: FlaskClient, stored: dict[str, Reading]
) -> None:
    answer = get(client, "/facets", q="hdf5", limit=1)
    assert list(values(answer, "package")) == ["hdf5"]
    versions = answer["facets"]["version"]
    assert len(versions["values"]) == 1
    assert versions["distinct"] == {"count": 3, "type": "EXACT"}
    nothing = get(client, "/facets", q="nobody-has-this")
    assert nothing["roots"] == {"count": 0, "type": "EXACT"}
    assert values(nothing, "package") == {}


def test_facets_of_many_roots_come_from_a_fair_sample(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [document(node(f"p{minor % 2}", f"1.{minor}")) for minor in range(400)]
    upload(client, dumped(documents))
    monkeypatch.setattr(facets, "MOST_ROOTS", 100)
    answer = get(client, "/facets")
    assert answer["roots"] == {"count": 400, "type": "EXACT"}
    assert 60 <= answer["looked_at"] <= 140
    assert answer["facets"]["package"]["type"] == "AT_LEAST"
    counts = values(answer, "package")
    assert sum(counts.values()) == answer["looked_at"]
    assert set(counts) == {"p0", "p1"}


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/specs", {"built_with": "xz"}),
        ("/specs", {"deployed_with": "xz", "scope": "all"}),
        ("/impact", {"dependency": "xz"}),
        ("/facets", {}),
    ],
)
def test_a_question_that_takes_too_long_is_504_with_advice(
    database: Database, path: str, given: dict[str, str]
) -> None:
    app = create_app(database, {"QUERY_SECONDS": 0.0})
    body = problem(app.test_client().get(API + path, query_string=given))
    assert (body["status"], kind(body)) == (504, "timeout")
    assert body["detail"].startswith("narrow")


def test_the_database_ends_a_read_that_takes_too_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "UNWIND range(1, 100000000) AS i WITH i WHERE i % 7 = 8 RETURN count(i) AS total"
    real = find_known_names

    def slowly(bounded: Database, names: Any) -> Any:
        monkeypatch.setattr("cypher.run.statement", lambda name: type("Slow", (), {"text": slow}))
        return real(bounded, names)

    monkeypatch.setattr("service.queries.lookups.find_known_names", slowly)
    app = create_app(database, {"QUERY_SECONDS": 1.0})
    body = problem(app.test_client().get(f"{API}/specs", query_string={"q": "xz"}))
    assert (body["status"], kind(body)) == (504, "timeout")


def test_too_many_alternatives_are_400(client: FlaskClient) -> None:
    wide = " | ".join(f"(a{i} b{i} or c{i} ^d{i})" for i in range(9))
    text = f"not ({' '.join(f'deployed_with p{i} (built_with q{i})' for i in range(9))})"
    upload(client, *(path.read_bytes() for path in SPLICED[:1]))
    names_ = {f"{letter}{i}" for letter in "pq" for i in range(9)}
    upload(client, dumped([document(node(name)) for name in sorted(names_)]))
    assert hashes(get(client, "/specs", q=text, limit=1000))
    product = " or ".join(f"(deployed_with p{i} built_with q{i})" for i in range(9))
    body = problem(client.get(f"{API}/specs", query_string={"q": product}))
    assert (body["status"], kind(body)) == (400, "too-complex")
    assert problem(client.get(f"{API}/specs", query_string={"q": wide}))["status"] == 400
