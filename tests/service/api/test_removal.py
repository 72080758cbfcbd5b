"""`DELETE` over REST: the dry run, refusals, and who may delete."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.specs.document import parse_document
from loaders.store.specs import store_documents
from loaders.store.tokens import ADMIN, UPLOAD, create_token
from service.app import create_app
from tests.documents import DATA, SPLICED, document, dumped, node
from tests.graph import count_by_type, value
from tests.loading import load

API = "/api/v1"


def upload(database: Database, *nodes: dict[str, Any]) -> None:
    store_documents(database, [parse_document(dumped(document(*nodes)))], origin="a test")


def answer(client: FlaskClient, path: str, status: int = 200, **options: Any) -> Any:
    response = client.delete(f"{API}{path}", **options)
    assert response.status_code == status, response.text
    return response.get_json()


def test_a_dry_run_says_what_goes_and_what_stays_and_deletes_nothing(
    client: FlaskClient, database: Database
) -> None:
    zlib, app = node("zlib", "1.3"), node("app", "1.0", [(node("zlib", "1.3"), ["link"])])
    upload(database, app, zlib)
    upload(database, zlib)
    before = count_by_type(database)
    foreseen = answer(client, f"/specs/{app['hash'][:7]}?dry_run=true")
    assert foreseen["dry_run"]
    assert foreseen["subject"] == f"app@1.0/{app['hash'][:7]}"
    assert foreseen["removed"] == {"Document": 1, "Spec": 1}
    assert [each["name"] for each in foreseen["specs"]] == ["app"]
    assert [(each["name"], each["reason"]) for each in foreseen["kept"]] == [
        ("zlib", "it is a root itself")
    ]
    assert count_by_type(database) == before
    done = answer(client, f"/specs/{app['hash']}")
    assert not done["dry_run"]
    assert done["removed"] == foreseen["removed"]
    assert client.get(f"{API}/specs/{app['hash']}").status_code == 404
    assert client.get(f"{API}/specs").get_json()["total"] == {"count": 1, "type": "EXACT"}


def test_what_needs_a_spec_is_named(client: FlaskClient, database: Database) -> None:
    zlib, app = node("zlib", "1.3"), node("app", "1.0", [(node("zlib", "1.3"), ["link"])])
    upload(database, app, zlib)
    problem = answer(client, f"/specs/{zlib['hash']}", 409)
    assert problem["type"] == "urn:specgraph:problem:still-needed"
    assert problem["needs"] == [
        {"kind": "dependent", "count": 1, "names": [f"app@1.0/{app['hash'][:7]}"]}
    ]
    assert "1 spec depends on it (app@1.0/" in problem["detail"]
    foreseen = answer(client, f"/specs/{zlib['hash']}?dry_run=true")
    assert foreseen["needs"] == problem["needs"]
    assert foreseen["removed"] == {}


def test_one_of_several_contents_has_to_be_named(client: FlaskClient, database: Database) -> None:
    documents = [
        parse_document(path.read_bytes(), allow_unverified=True)
        for path in sorted([*SPLICED, *(DATA / "spliced-store").rglob("spec.json")])
    ]
    store_documents(database, documents, origin="a test")
    several = value(
        database,
        "MATCH (s:Spec) WITH s.hash AS hash, collect(s) AS specs, "
        "collect(CASE WHEN s:Root AND NOT EXISTS { (s)<-[:DEPENDS_ON|SPLICED_FROM]-() } "
        "THEN s.uid END) AS free WHERE size(specs) > 1 AND size(free) > 0 "
        "AND none(s IN specs WHERE s.uid = s.hash) "
        "RETURN {hash: hash, uids: [s IN specs | s.uid], free: free} ORDER BY hash LIMIT 1",
    )
    path = f"/specs/{several['hash']}"
    problem = answer(client, path, 409)
    assert problem["type"] == "urn:specgraph:problem:several-contents"
    contents = {uid[33:] for uid in several["uids"]}
    assert contents <= set(problem["contents"])
    uid = several["free"][0]
    done = answer(client, f"{path}?content={uid[33:45]}")
    assert uid in {each["uid"] for each in done["specs"]}
    left = value(database, "MATCH (s:Spec {hash: $hash}) RETURN collect(s.uid)", **several)
    assert set(left) == set(several["uids"]) - {uid}


def test_builds_environments_and_sites(client: FlaskClient, database: Database) -> None:
    load(database, [DATA / "store", DATA / "collections"], LoadOptions(site="here"))
    build = client.get(f"{API}/builds?status=failed").get_json()["items"][0]
    foreseen = answer(client, f"/builds/{build['uid']}?dry_run=true")
    assert foreseen["removed"]["Build"] == 1
    assert build["name"] in foreseen["subject"]
    assert answer(client, f"/builds/{build['uid']}")["removed"]["Phase"] > 0
    assert client.get(f"{API}/builds/{build['uid']}").status_code == 404
    answer(client, f"/builds/{build['uid']}", 404)

    [environment] = client.get(f"{API}/environments").get_json()["items"]
    short = environment["uid"][:12]
    foreseen = answer(client, f"/environments/{short}?dry_run=true")
    assert foreseen["removed"]["Lockfile"] == 1
    assert environment["name"] in foreseen["subject"]
    assert answer(client, f"/environments/{short}")["removed"]["Lockfile"] == 1
    assert client.get(f"{API}/environments").get_json()["items"] == []
    answer(client, f"/environments/{short}", 404)
    answer(client, "/environments/nothing", 404)

    foreseen = answer(client, "/sites/here?dry_run=true")
    done = answer(client, "/sites/here")
    same = ("Build", "Installation", "Store", "Site")
    assert {each: done["removed"][each] for each in same} == {
        each: foreseen["removed"][each] for each in same
    }
    assert client.get(f"{API}/builds").get_json()["items"] == []
    answer(client, "/sites/here", 404)


def test_bad_requests_are_refused(client: FlaskClient) -> None:
    answer(client, "/specs/NOHASH1", 400)
    answer(client, f"/specs/{'a' * 32}", 404)
    answer(client, f"/specs/{'a' * 32}?dry_run=perhaps", 422)
    answer(client, "/sites/here?other=1", 422)


@pytest.mark.parametrize(
    ("scope", "site", "status"),
    [(UPLOAD, None, 403), (ADMIN, None, 200), (ADMIN, "there", 403), (None, None, 401)],
)
def test_deleting_needs_the_scope_admin(
    database: Database, scope: str | None, site: str | None, status: int
) -> None:
    client = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True}).test_client()
    upload(database, node("zlib", "1.3"))
    headers = {}
    if scope is not None:
        text, _ = create_token(database, "a test", scopes=(scope,), site=site)
        headers = {"Authorization": f"Bearer {text}"}
    path = f"/specs/{node('zlib', '1.3')['hash']}?dry_run=true"
    answer(client, path, status, headers=headers)
