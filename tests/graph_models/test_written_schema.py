"""The models declare exactly the schema that is written for real documents."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.elf.facts import ElfFacts, Export, Reference, Use
from loaders.evidence import SpecName
from loaders.load_options import LoadOptions
from loaders.postings.sealing import seal
from loaders.prefixes.contents import PrefixContents, library_file
from loaders.specs.dag_hash import compute_hash
from loaders.store import tokens
from loaders.store.libraries import store_libraries, store_prefix
from loaders.store.removal.specs import delete_root
from loaders.store.removal.stored_secrets import compile_pattern, redact_stored
from loaders.store.removal.unused import Tally
from loaders.store.type_comparisons import TypeComparison, store_type_comparisons
from service import access
from service.app import create_app
from tests.documents import DATA, document, dumped, node
from tests.graph import SharedGraph, value
from tests.graph_models.written_schema import EMPTY, Schema, schema_of_database, schema_of_models
from tests.loaders.store.test_old_hashes import write_suite
from tests.loading import load
from tests.service.spack_clients.recorded import SAMPLE, Replay, exchanges

SAMPLES = Path(__file__).parents[2] / "service" / "samples"
NOT_DOCUMENTS = ("bulk", "oracle", "tools")
"""Folders of the corpus without documents, or only with very large ones."""


@pytest.fixture
def written(shared_graph: SharedGraph, tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """Return the schema of all samples and test data, loaded and uploaded in every way."""

    def write_everything(database: Database) -> None:
        load(database, [SAMPLES, DATA], LoadOptions(site="lab"))
        load(
            database,
            [write_rare_documents(tmp_path_factory.mktemp("rare"))],
            LoadOptions(site="lab"),
        )
        store_files(database)
        client = create_app(database, {"TESTING": True}).test_client()
        use_token(database, client)
        replay_monitor(client, SAMPLE)
        fail_without_phases(client)
        submit_to_cdash(client, DATA / "reports")
        redact_stored(database, compile_pattern("error|version", regex=True))
        seal_roots(database, client)

    shared_graph.hold("all samples and test data", write_everything)
    return schema_of_database(shared_graph.database)


@pytest.fixture
def written_for_corpus(shared_graph: SharedGraph, corpus: Path) -> Schema:
    """Return the schema of all documents of the corpus."""

    def write_corpus(database: Database) -> None:
        folders = [path for path in corpus.iterdir() if path.name not in NOT_DOCUMENTS]
        load(database, folders, LoadOptions(site="lab"))
        replay_monitor(create_app(database).test_client(), corpus / "ms1" / "transcript.jsonl")

    shared_graph.hold("the whole corpus", write_corpus)
    return schema_of_database(shared_graph.database)


def store_files(database: Database) -> None:
    """Store a program and a library of a spec, as read in a store and in a build cache."""
    [(hash_, name)] = database.driver.execute_query(
        "MATCH (s:Spec) WHERE s.uid = s.hash AND s.stub IS NULL RETURN s.hash, s.name LIMIT 1"
    )[0]
    symbol = Export("add", "", 0, False, False, False)
    wanted = Reference("add", "", "", False, False, Use.CALL)
    rpath = f"/old/{name}-{hash_}/lib"
    library = ElfFacts(64, True, 0, 62, 3, soname="liba.so", rpath=rpath, exports=(symbol,))
    program = ElfFacts(
        *(64, True, 0, 62, 3, "/lib/ld.so"),
        needed=("liba.so",),
        runpath="$ORIGIN/../lib",
        references=(wanted,),
        build_id="abcd",
    )
    files = [
        library_file("lib/liba.so", "1" * 64, 100, library),
        library_file("bin/a", "2" * 64, 200, program),
    ]
    store_libraries(database, files)
    compared = TypeComparison(
        "1" * 64, "2" * 64, "changed", ["add"], ["struct pair"], "abidiff 2.2.0"
    )
    assert store_type_comparisons(database, [compared]) == 1
    for kind, mirror in (("store", None), ("cache", "mirror")):
        contents = PrefixContents("a", SpecName(hash_, name), "/a", kind, 1.0, mirror)
        contents.libraries += files
        contents.links["lib/liba.so.1"] = "liba.so"
        assert store_prefix(database, contents, site="lab") is not None


def write_rare_documents(folder: Path) -> Path:
    """Write documents with properties that are in no document of the test data.

    These are a test suite of Spack 0.17, a converted spec, the recipe and the download of an
    installed package, and a deprecated installation whose index names a full hash.
    """
    body = {**node("app"), "annotations": {"original_specfile_version": 4}}
    del body["hash"]
    app = {**body, "hash": compute_hash(body, 5)}
    write_suite(folder / "suite")
    prefix = folder / f"app-1.0-{app['hash']}" / ".spack"
    recipe = prefix / "repos" / "builtin" / "packages" / "app" / "package.py"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("class App: pass\n")
    (prefix / "spec.json").write_bytes(dumped(document(app)))
    log = "==> [2026-11-23-10:00:00.000001] Fetching https://example.org/app-1.0.tar.gz\n"
    (prefix / "spack-build-out.txt").write_text(log)
    record = {
        "spec": {**app, "full_hash": "b" * 32},
        "path": "/opt/app",
        "installed": False,
        "explicit": True,
    }
    record |= {"ref_count": 0, "installation_time": 1.5, "deprecated_for": "a" * 32}
    index = folder / "store" / ".spack-db" / "index.json"
    index.parent.mkdir(parents=True)
    index.write_bytes(dumped({"database": {"version": "8", "installs": {app["hash"]: record}}}))
    return folder


def use_token(database: Database, client: FlaskClient) -> None:
    """Create a token, upload and announce a build with it, and revoke it."""
    text, token = tokens.create_token(database, "tests", site="lab", expires=4e9)
    headers = {"Authorization": f"Bearer {text}"}
    response = client.post("/api/v1/specs", data=dumped(document(node("app"))), headers=headers)
    assert response.status_code in (200, 201)
    report = (DATA / "reports" / "spack-1.1.0" / "junit-lab-fail-build-1.1.xml").read_bytes()
    replaced = report.replace(b"2026-", b"2025-")
    sent = client.post("/api/v1/documents?site=lab", data=replaced, headers=headers)
    assert sent.status_code == 201
    announced = client.post(
        "/ms1/builds/new/",
        json={"full_hash": "c" * 32},
        headers=headers,
        environ_overrides={access.REQUEST_ID: "of the access log"},
    )
    assert announced.status_code == 201
    assert tokens.revoke_token(database, token.public_id)


def seal_roots(database: Database, client: FlaskClient) -> None:
    """Seal all roots, delete one, change and upload some, and stop while these are being sealed."""
    last = node("last")
    assert client.post("/api/v1/specs", data=dumped(document(last))).status_code == 201
    assert seal(database)
    delete_root(database, last["hash"], Tally())
    assert client.post("/api/v1/specs", data=dumped(document(last))).status_code == 201
    changed = "MATCH (r:Root) WHERE r.places IS NOT NULL WITH r LIMIT 1 SET r.unsealed = true"
    value(database, f"{changed} RETURN count(*)")
    moves = "MATCH (i:PostingIndex) RETURN coalesce(i.moves, 0) > 0"
    # Stopped after the roots were placed, and before they count.
    assert seal(database, lambda: bool(value(database, moves))) == 0


def replay_monitor(client: FlaskClient, transcript: Path) -> None:
    """Send the requests that real monitor clients sent."""
    replay = Replay(client)
    for exchange in exchanges(transcript):
        replay.send(exchange)


def fail_without_phases(client: FlaskClient) -> None:
    """Report a failed build without phases, for which no failed dependency is known."""
    body: dict[str, Any] = {"host_os": "debian12", "platform": "linux", "host_target": "zen4"}
    body |= {"hostname": "vm", "kernel_version": "#1", "spack_version": "0.18.1"}
    announced = client.post("/ms1/builds/new/", json={**body, "full_hash": "b" * 32})
    number = announced.get_json()["data"]["build"]["build_id"]
    failed = client.post("/ms1/builds/update/", json={"build_id": number, "status": "FAILED"})
    assert failed.status_code == 200


def submit_to_cdash(client: FlaskClient, folder: Path) -> None:
    """Upload all CDash reports of a folder as Spack does."""
    for path in sorted(folder.glob("*/cdash-*/*.xml")):
        body = path.read_bytes()
        query = {"project": "lab", "build": path.parent.name, "site": "s", "stamp": "t"}
        response = client.put(
            "/submit.php",
            data=body,
            query_string={**query, "MD5": hashlib.md5(body).hexdigest()},
            headers={"Content-Type": "text/xml"},
        )
        assert response.status_code == 200


def test_models_have_everything_that_is_written(written: Schema) -> None:
    assert written.without(schema_of_models()) == EMPTY


def test_everything_in_the_models_is_written(written: Schema) -> None:
    assert schema_of_models().without(written) == EMPTY


def test_models_have_everything_that_is_written_for_the_corpus(
    written_for_corpus: Schema,
) -> None:
    assert written_for_corpus.without(schema_of_models()) == EMPTY
