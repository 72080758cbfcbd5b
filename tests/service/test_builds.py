"""Attempts, diagnostics, installations and files over REST."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import cypher
from cypher.run import Database
from loaders.evidence import Attempt, Finding, InstalledFile, Log, Phase, Source, SpecName, Status
from loaders.load_options import LoadOptions
from loaders.store.attempts import store_attempts
from service.api.schemas.specs import MAX_LIMIT
from tests.documents import DATA, document, dumped, node
from tests.loading import load
from tests.service.answers import API, get, upload

STORE = DATA / "store"
STAGE = "dyrbfqnlaiwogos4tgwu63szhjizz7aw"


@pytest.fixture
def loaded(client: FlaskClient, database: Database, tmp_path: Path) -> FlaskClient:
    shutil.copytree(STORE, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".spack-db").mkdir()
    (tmp_path / "failures").rename(tmp_path / ".spack-db" / "failures")
    load(database, [tmp_path], LoadOptions(site="here"))
    return client


def uid_of(client: FlaskClient, **filters: str) -> str:
    items = get(client, "/builds", **filters)["items"]
    assert len(items) == 1, items
    return str(items[0]["uid"])


def test_builds_are_listed_newest_first_and_page_by_page(loaded: FlaskClient) -> None:
    everything = get(loaded, "/builds")
    assert everything["total"] == {"count": len(everything["items"]), "type": "EXACT"}
    started = [item.get("started") or 0 for item in everything["items"]]
    assert started == sorted(started, reverse=True)
    assert len(started) >= 3
    first = get(loaded, "/builds", limit=1)
    second = get(loaded, "/builds", limit=1000, cursor=first["next"])
    uids = [item["uid"] for page in (first, second) for item in page["items"]]
    assert uids == [item["uid"] for item in everything["items"]]
    assert second["next"] is None


def test_builds_by_status_phase_site_time_and_spec(loaded: FlaskClient) -> None:
    failed = get(loaded, "/builds", status="failed", phase="test")["items"]
    assert [item["hash"] for item in failed] == [STAGE]
    item = failed[0]
    assert item["cause"]["text"] == "FAIL: ft_test: 1 of 2 tests failed"
    assert (item["site"], item["status"], item["failed_phase"]) == ("here", "failed", "test")
    assert get(loaded, "/builds", site="elsewhere")["items"] == []
    skipped = get(loaded, "/builds", status="skipped")["items"]
    assert [each["culprit"]["name"] for each in skipped] == ["lab-fail-build"]
    both = get(loaded, "/builds", status="failed,skipped")["items"]
    assert {each["status"] for each in both} == {"failed", "skipped"}
    for q in ("lab-fail-test", "lab-fail-test@1", f"/{STAGE[:8]}", "lab-sim", "lab-sim@3:"):
        expected = {
            each["uid"]
            for each in get(loaded, "/builds")["items"]
            if q.partition("@")[0] == each["name"] or q[1:] == each["hash"][:8]
        }
        found = {each["uid"] for each in get(loaded, "/builds", q=q)["items"]}
        assert found == (set() if q == "lab-sim@3:" else expected), q
    assert get(loaded, "/builds", since="2026-11-25")["items"] == []
    bare = {"facts": "none"}  # Facts are chosen from the items of a page.
    chosen = get(loaded, "/builds", until="2026-11-24T00:00:00Z", status="failed,succeeded", **bare)
    assert chosen["items"] == [
        item
        for item in get(loaded, "/builds", until="2026-11-24", **bare)["items"]
        if item["status"] in ("failed", "succeeded")
    ]


@pytest.mark.parametrize(
    ("path", "parameters", "word"),
    [
        ("/builds", {"status": "broken"}, "status"),
        ("/builds", {"since": "yesterday"}, "since"),
        ("/builds", {"q": "hdf5@@"}, "hdf5"),
        ("/builds", {"diagnostic": "xyz"}, "fingerprint"),
        ("/builds/zz", {}, "uid"),
        ("/diagnostics/zz", {}, "fingerprint"),
        ("/owners", {"path": " "}, "path"),
        ("/installations", {"on": "2026-01-01", "gone": "true"}, "gone"),
        ("/regression", {"q": "+shared"}, "package"),
    ],
)
def test_the_answer_to_a_bad_question_names_the_error(
    client: FlaskClient, path: str, parameters: dict[str, str], word: str
) -> None:
    response = client.get(API + path, query_string=parameters)
    assert response.status_code == 400
    assert word in str(response.get_json())


def test_missing_builds_and_diagnostics_are_404(client: FlaskClient) -> None:
    for path in ("/builds/0123abcd", "/diagnostics/0123abcd", "/builds/0123abcd/log"):
        assert client.get(API + path).status_code == 404


def test_one_build_has_its_phases_logs_and_documents(loaded: FlaskClient) -> None:
    uid = uid_of(loaded, status="failed", phase="test")
    build = get(loaded, f"/builds/{uid[:6]}")
    assert build["uid"] == uid
    assert [phase["name"] for phase in build["phases"]] == [
        "autoreconf", "configure", "build", "test",
    ]  # fmt: skip
    finding = build["phases"][-1]["findings"][0]
    assert (finding["kind"], finding["text"]) == ("error", build["cause"]["text"])
    assert {"CC", "PATH"} & {variable["name"] for variable in build["variables"]}
    assert [each["kind"] for each in build["attachments"]] == ["modifications", "archived"]
    assert build["sources"][0]["file"] == "lab-fail-test-1.0.tar.gz"
    assert build["more"] == {}
    log = loaded.get(f"{API}/builds/{uid}/log")
    assert log.mimetype == "text/plain"
    assert b"FAIL: ft_test" in log.data
    assert b"Executing phase: 'build'" in log.data
    part = loaded.get(f"{API}/builds/{uid}/log", query_string={"phase": "test"})
    assert b"Executing phase: 'build'" not in part.data
    kept = loaded.get(
        f"{API}/builds/{uid}/log", query_string={"attachment": "spack-src/config.log"}
    )
    assert kept.status_code == 200
    assert loaded.get(f"{API}/builds/{uid}/log?phase=none").status_code == 404


def broken(spec: SpecName, key: str, text: str, started: float) -> Attempt:
    finding = Finding("error", 1, f"/site/{key}/{text}", text, "x.c", 1)
    phase = Phase("build", 0, Status.FAILED, 1.0, Log(f"{key}\n", 1, 5), (finding,), 1)
    return Attempt(
        spec, key, Status.FAILED, Source.FOLDER, "build", started, 1.0, "1.1.0", phases=(phase,)
    )


GCC = node("gcc", "12.2.0")
CLANG = node("llvm", "17.0.6")


def spec_of(name: str, compiler: dict[str, object], version: str = "1.0") -> dict[str, object]:
    return node(name, version, [(compiler, ["build"], ["c"])])


@pytest.fixture
def tried(client: FlaskClient, database: Database) -> dict[str, SpecName]:
    specs = {
        "alpha-gcc": (spec_of("alpha", GCC), GCC),
        "alpha-llvm": (spec_of("alpha", CLANG), CLANG),
        "beta-gcc": (spec_of("beta", GCC), GCC),
    }
    upload(client, *(dumped(document(*nodes)) for nodes in specs.values()))
    found = {
        key: SpecName(str(nodes[0]["hash"]), str(nodes[0]["name"]), "1.0")
        for key, nodes in specs.items()
    }
    good = Attempt(found["alpha-gcc"], "1", Status.SUCCEEDED, Source.FOLDER, started=100.0)
    here = [
        good,
        broken(found["alpha-llvm"], "2", "x.c: error: no", 200.0),
        broken(found["beta-gcc"], "3", "x.c: error: no", 300.0),
    ]
    store_attempts(database, here, site="here", origin="test")
    there = [
        broken(found["beta-gcc"], "4", "x.c: error: no", 400.0),
        broken(found["beta-gcc"], "5", "y.c: error: other", 500.0),
    ]
    store_attempts(database, there, site="there", origin="test")
    return found


def test_the_builds_that_hit_an_error(client: FlaskClient, tried: dict[str, SpecName]) -> None:
    first, second = get(client, "/diagnostics", causes="true")["items"]
    assert (first["text"], first["builds"], first["stopped"]) == ("x.c: error: no", 3, 3)
    assert (second["text"], second["builds"]) == ("y.c: error: other", 1)
    one = get(client, f"/diagnostics/{first['fingerprint'][:8]}")
    assert one["packages"] == [{"value": "beta", "count": 2}, {"value": "alpha", "count": 1}]
    assert one["compilers"] == [
        {"value": "gcc@12.2.0", "count": 2},
        {"value": "llvm@17.0.6", "count": 1},
    ]
    assert one["sites"] == [{"value": "here", "count": 2}, {"value": "there", "count": 1}]
    page = get(client, "/builds", diagnostic=first["fingerprint"][:8], limit=2)
    assert page["total"] == {"count": 3, "type": "EXACT"}
    assert [item["started"] for item in page["items"]] == [400.0, 300.0]
    rest = get(client, "/builds", diagnostic=first["fingerprint"][:8], limit=2, cursor=page["next"])
    assert [item["started"] for item in rest["items"]] == [200.0]
    at = get(client, "/diagnostics", site="there")["items"]
    assert [(item["text"], item["builds"]) for item in at] in (
        [("x.c: error: no", 1), ("y.c: error: other", 1)],
        [("y.c: error: other", 1), ("x.c: error: no", 1)],
    )
    of = get(client, "/diagnostics", q="alpha %llvm")["items"]
    assert [(item["text"], item["builds"]) for item in of] == [("x.c: error: no", 1)]
    assert get(client, "/diagnostics", text="y.c")["items"][0]["text"] == "y.c: error: other"
    page = get(client, "/diagnostics", limit=1)
    assert get(client, "/diagnostics", limit=1, cursor=page["next"])["items"] == [second]


def test_an_inferred_status_is_marked(client: FlaskClient, database: Database) -> None:
    spec, more = SpecName("e" * 32, "eps", "1"), {"inferred": True}
    inferred = Attempt(spec, "1", Status.SUCCEEDED, Source.CDASH, more=more, site="here")
    store_attempts(database, [inferred], site="here", origin="test")
    assert get(client, f"/builds/{inferred.uid}")["more"] == {"inferred": True}
    better = replace(inferred, source=Source.FOLDER, more={})
    store_attempts(database, [better], site="here", origin="test")
    assert get(client, f"/builds/{inferred.uid}")["more"] == {}


def test_the_success_matrix(client: FlaskClient, tried: dict[str, SpecName]) -> None:
    answer = get(client, "/matrix")
    assert answer["values"] == ["gcc@12.2.0", "llvm@17.0.6"]
    cells = {(c["package"], c["value"]): (c["succeeded"], c["failed"]) for c in answer["cells"]}
    assert cells == {
        ("alpha", "gcc@12.2.0"): (1, 0),
        ("alpha", "llvm@17.0.6"): (0, 1),
        ("beta", "gcc@12.2.0"): (0, 3),
    }
    by_site = get(client, "/matrix", by="site", q="beta")
    assert [(c["value"], c["failed"]) for c in by_site["cells"]] == [("here", 1), ("there", 2)]
    for by in ("version", "target", "os"):
        assert get(client, "/matrix", by=by)["cells"]


def test_the_last_success_is_compared_to_the_first_failure(
    client: FlaskClient, tried: dict[str, SpecName]
) -> None:
    answer = get(client, "/regression", q="alpha")
    assert answer["success"]["hash"] == tried["alpha-gcc"].hash
    assert answer["failure"]["hash"] == tried["alpha-llvm"].hash
    assert not answer["same_spec"]
    changes = {entry["name"]: entry["change"] for entry in answer["entries"]}
    assert changes == {"alpha": "changed", "gcc": "removed", "llvm": "added"}
    assert answer["host"] == []
    never = get(client, "/regression", q="beta")
    assert never["success"] is None
    assert never["failure"]["started"] == 300.0


def test_a_failure_followed_by_a_success_is_no_regression(
    client: FlaskClient, database: Database, tried: dict[str, SpecName]
) -> None:
    beta = tried["beta-gcc"]
    mended = Attempt(beta, "9", Status.SUCCEEDED, Source.FOLDER, started=900.0)
    store_attempts(database, [mended], site="here", origin="test")
    answer = get(client, "/regression", q="beta")
    assert answer["success"]["started"] == 900.0
    assert answer["failure"] is None
    assert answer["entries"] == []


def test_a_status_twice_is_a_status(client: FlaskClient, tried: dict[str, SpecName]) -> None:
    once = get(client, "/builds", status="failed")
    assert get(client, "/builds", status="failed,failed") == once


def test_diagnostics_of_a_site_are_counted_there(
    client: FlaskClient, tried: dict[str, SpecName]
) -> None:
    items = get(client, "/diagnostics", site="there")["items"]
    assert {(item["text"], item["builds"], item["stopped"]) for item in items} == {
        ("x.c: error: no", 1, 1),
        ("y.c: error: other", 1, 1),
    }


def test_attempts_without_a_compiler_are_in_the_matrix(
    client: FlaskClient, database: Database
) -> None:
    unknown = SpecName("d" * 32, "gamma", "2.0")
    store_attempts(database, [broken(unknown, "1", "z", 1.0)], site="here", origin="test")
    (cell,) = get(client, "/matrix")["cells"]
    assert (cell["package"], cell["value"], cell["failed"]) == ("gamma", "(none)", 1)
    (cell,) = get(client, "/matrix", by="version")["cells"]
    assert cell["value"] == "2.0"


def test_the_turn_is_the_latest_one(
    client: FlaskClient, database: Database, tried: dict[str, SpecName]
) -> None:
    alpha = tried["alpha-gcc"]
    again = [
        Attempt(alpha, "6", Status.SUCCEEDED, Source.FOLDER, started=600.0),
        replace(broken(alpha, "7", "z", 700.0), failed_phase="install"),
        broken(alpha, "8", "z", 800.0),
    ]
    store_attempts(database, again, site="here", origin="test")
    answer = get(client, "/regression", q="alpha")
    assert (answer["success"]["started"], answer["failure"]["started"]) == (600.0, 700.0)
    assert answer["same_spec"]
    assert answer["entries"] == []


def test_a_turn_is_found_before_any_number_of_failures(
    client: FlaskClient, database: Database
) -> None:
    spec = "f" * 32
    with database.driver.session() as session:
        session.run(
            """
            CREATE (s:Spec {uid: $hash, hash: $hash, name: 'zeta'})
            WITH s
            UNWIND range(0, 2 * $largest_page) AS i
            WITH s, i, right('0000' + i, 5) AS uid
            CREATE (b:Build {
              uid: uid, hash: $hash, name: 'zeta', standing: '0:', sort_key: uid,
              started: 1.0 * i, status: CASE i WHEN 0 THEN 'succeeded' ELSE 'failed' END
            })-[:BUILT]->(s)
            """,
            hash=spec,
            largest_page=MAX_LIMIT,
        ).consume()
    assert "LIMIT" not in cypher.statement("turning_point").text
    answer = get(client, "/regression", q="zeta")
    assert (answer["success"]["uid"], answer["failure"]["uid"]) == ("00000", "00001")
    assert answer["same_spec"]
    assert answer["without_dag"] == [spec]


def test_files_and_their_owners(client: FlaskClient, database: Database) -> None:
    files = tuple(
        InstalledFile(path, "file", 0o755, 10)
        for path in ("bin/h5dump", "lib/libhdf5.so", "lib64/plugins/libhdf5.so", "bin/xh5dump")
    )
    spec = SpecName("c" * 32, "hdf5", "1.14")
    done = Attempt(spec, "1", Status.SUCCEEDED, Source.FOLDER, files=files)
    store_attempts(database, [done], site="here", origin="test")
    whole = (f"/opt/x/hdf5-1.14-{'c' * 32}/bin/h5dump", f"/opt/hdf5-{'d' * 32}/bin/h5dump")
    paths = {
        q: [item["path"] for item in get(client, "/owners", path=q)["items"]]
        for q in ("h5dump", "lib/libhdf5.so", "libhdf5.so", "/bin/h5dump", "nothing", *whole)
    }
    assert paths == {
        "h5dump": ["bin/h5dump"],
        "lib/libhdf5.so": ["lib/libhdf5.so"],
        "libhdf5.so": ["lib/libhdf5.so", "lib64/plugins/libhdf5.so"],
        "/bin/h5dump": ["bin/h5dump"],
        "nothing": [],
        whole[0]: ["bin/h5dump"],
        whole[1]: [],
    }
    page = get(client, f"/specs/{spec.hash}/files", limit=3)
    rest = get(client, f"/specs/{spec.hash}/files", limit=3, cursor=page["next"])
    assert page["total"] == {"count": 4, "type": "EXACT"}
    listed = [item["path"] for item in [*page["items"], *rest["items"]]]
    assert listed == sorted(file.path for file in files)
