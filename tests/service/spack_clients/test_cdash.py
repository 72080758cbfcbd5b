"""Upload CDash reports as Spack does, file by file, and check answers and graph."""

import hashlib
import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cypher.run import Database
from loaders.load_options import LoadOptions
from loaders.store import tokens
from service.app import create_app
from tests.documents import DATA
from tests.graph import wipe
from tests.loaders.reports.samples import HASH, build, configure, site
from tests.loading import load
from tests.service.answers import get, problem

REPORTS = DATA / "reports"
FAILED = REPORTS / "spack-1.1.0" / "cdash-lab-fail-build"
SEVERAL = REPORTS / "spack-1.1.0" / "cdash-lab-sim"
EARLY = REPORTS / "spack-0.23.0" / "cdash-too-early"


def put(client: FlaskClient, body: bytes, **more: Any) -> TestResponse:
    """Upload a file as Spack does."""
    parameters = {"project": "lab", "build": "b", "site": "s", "stamp": "t"}
    parameters["MD5"] = hashlib.md5(body).hexdigest()
    headers = more.pop("headers", {})
    return client.put(
        "/submit.php",
        data=body,
        query_string={**parameters, **more},
        headers={"Content-Type": "text/xml", **headers},
    )


def answer(response: TestResponse) -> dict[str, str]:
    """Return the elements of an answer as CDash's clients parse them."""
    assert response.mimetype == "text/xml"
    root: Element = fromstring(response.data)
    assert root.tag == "cdash"
    assert root.attrib["version"]
    return {each.tag: each.text or "" for each in root}


def graph(database: Database) -> Any:
    """Return the nodes and edges of all attempts, except the load and the origin."""
    query = """
    MATCH (b:Build)
    CALL (b) {
      OPTIONAL MATCH (b)-[r]->(n)
      WITH r, n ORDER BY type(r), elementId(n)
      RETURN collect([type(r), properties(r), labels(n), properties(n)]) AS edges
    }
    CALL (b) {
      OPTIONAL MATCH (b)-[:RAN]->(p:Phase)-[r]->(n)
      RETURN collect([p.uid, type(r), properties(r), labels(n), properties(n)]) AS deeper
    }
    RETURN properties(b) AS build, edges, deeper ORDER BY b.uid
    """
    left_out = {"load", "origin"}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in sorted(value.items()) if k not in left_out}
        return [plain(each) for each in value] if isinstance(value, list) else value

    with database.driver.session() as session:
        found = session.run(query).data()
    return [
        (
            plain(row["build"]),
            *(sorted(map(repr, plain(row[part]))) for part in ("edges", "deeper")),
        )
        for row in found
    ]


def loaded(database: Database, folder: Path) -> Any:
    """Return the graph of a folder loaded at once, at the site that the files name."""
    wipe(database)
    texts = (path.read_text("utf-8") for path in folder.glob("*Configure.xml"))
    name = re.search(r'<Site [^>]*?\bName="([^"]+)"', next(texts))
    assert name
    load(database, [folder], LoadOptions(site=name.group(1)))
    found = graph(database)
    wipe(database)
    return found


@pytest.mark.parametrize("order", [*itertools.permutations(["Build", "Configure", "Update"])])
def test_separate_files_make_the_same_graph_as_their_folder(
    client: FlaskClient, database: Database, order: tuple[str, ...]
) -> None:
    expected = loaded(database, FAILED)
    for name in order:
        assert answer(put(client, (FAILED / f"{name}.xml").read_bytes()))["status"] == "OK"
    assert graph(database) == expected
    assert len(expected) == 1


@pytest.mark.parametrize("backwards", [False, True])
def test_files_of_several_packages_make_the_same_graph_as_their_folder(
    client: FlaskClient, database: Database, backwards: bool
) -> None:
    expected = loaded(database, SEVERAL)
    numbers: dict[str, set[str]] = {}
    for path in sorted(SEVERAL.glob("*.xml"), reverse=backwards):
        answered = answer(put(client, path.read_bytes()))
        numbers.setdefault(path.name.split("_")[0], set()).add(answered["buildId"])
    assert graph(database) == expected
    assert len(expected) == 2
    assert [len(each) for each in numbers.values()] == [1, 1]


def test_concurrent_files_make_the_same_graph_as_their_folder(
    app: Flask, database: Database
) -> None:
    expected = loaded(database, FAILED)
    bodies = [path.read_bytes() for path in sorted(FAILED.glob("*.xml"))] * 2
    with ThreadPoolExecutor(len(bodies)) as pool:
        responses = list(pool.map(lambda body: put(app.test_client(), body), bodies))
    assert [response.status_code for response in responses] == [200] * len(bodies)
    assert graph(database) == expected


def test_repeated_uploads_change_nothing(client: FlaskClient, database: Database) -> None:
    files = [path.read_bytes() for path in sorted(FAILED.glob("*.xml"))]
    first = [answer(put(client, body)) for body in files]
    before = graph(database)
    again = [answer(put(client, body)) for body in reversed(files)]
    assert graph(database) == before
    assert {each["buildId"] for each in [*first, *again]} == {first[0]["buildId"]}


def test_the_answer_has_cdash_s_format_and_links_to_the_build(client: FlaskClient) -> None:
    for path in sorted(FAILED.glob("*.xml")):
        body = path.read_bytes()
        answered = answer(put(client, body))
    assert answered | {"buildId": ""} == {
        "status": "OK",
        "message": "lab-fail-build@1.1/nenbxcx failed",
        "md5": hashlib.md5(body).hexdigest(),
        "buildId": "",
    }
    assert re.fullmatch("[0-9]{1,18}", answered["buildId"])
    (attempt,) = get(client, "/builds")["items"]
    page = client.get("/buildSummary.php", query_string={"buildid": answered["buildId"]})
    assert page.status_code == 302
    assert page.headers["Location"] == f"/build/{attempt['uid']}"
    assert client.get(page.headers["Location"]).status_code == 200


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 19, "-1", "\u0661"])
def test_an_unknown_buildid_is_not_found(client: FlaskClient, number: str) -> None:
    response = client.get("/buildSummary.php", query_string={"buildid": number})
    assert problem(response)["status"] == 404


def test_a_report_of_an_unknown_spec_is_stored(client: FlaskClient, database: Database) -> None:
    for path in sorted(EARLY.glob("*.xml")):
        answered = answer(put(client, path.read_bytes()))
        assert answered["status"] == "OK"
    assert answered["message"].startswith("kept; the spec is not known")
    assert get(client, "/builds")["items"] == []
    page = client.get("/buildSummary.php", query_string={"buildid": answered["buildId"]})
    assert "the spec is not known" in problem(page)["detail"]


def test_a_hash_in_a_later_file_links_the_report(client: FlaskClient) -> None:
    log = f"configure output for lab-zx:\n==> [2026-11-24-00:13:13.611545] '/x/lab-zx-1.0-{HASH}/'"
    kept = answer(put(client, site("lab-zx", build()).read()))
    assert kept["message"].startswith("kept;")
    linked = answer(put(client, site("lab-zx", configure(log)).read()))
    assert linked["message"] == f"lab-zx@1.0/{HASH[:7]} succeeded"
    assert linked["buildId"] == kept["buildId"]


def test_the_site_comes_from_the_report_or_from_a_bound_token(
    client: FlaskClient, database: Database
) -> None:
    body = (FAILED / "Configure.xml").read_bytes()
    put(client, body)
    (named,) = get(client, "/sites")["items"]
    wipe(database)
    text, _ = tokens.create_token(database, "ci", site="lab")
    put(client, body, headers={"Authorization": f"Bearer {text}"})
    (bound,) = get(client, "/sites")["items"]
    assert f'Name="{named["name"]}"'.encode() in body
    assert bound["name"] == "lab"


def test_a_report_needs_a_token_if_tokens_are_required(database: Database) -> None:
    closed: Flask = create_app(database, {"TESTING": True, "REQUIRE_TOKEN": True})
    client = closed.test_client()
    body = (FAILED / "Configure.xml").read_bytes()
    refused = put(client, body)
    assert problem(refused)["status"] == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    text, _ = tokens.create_token(database, "ci")
    assert put(client, body, headers={"Authorization": f"Bearer {text}"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "XML"),
        (b"no XML", 400, "XML"),
        (b"<Site><Configure>", 400, "XML"),
        (b"<html></html>", 422, "not a CDash report"),
        (b"<Site BuildName='x'><Coverage/></Site>", 422, "not a CDash report by Spack"),
    ],
)
def test_other_documents_are_refused_in_cdash_s_format(
    client: FlaskClient, body: bytes, status: int, message: str
) -> None:
    response = put(client, body)
    assert response.status_code == status
    answered = answer(response)
    assert answered["status"] == "ERROR"
    assert message in answered["message"]


def test_a_truncated_file_or_a_missing_project_is_refused(client: FlaskClient) -> None:
    body = (FAILED / "Configure.xml").read_bytes()
    cut = put(client, body, MD5="0" * 32)
    assert (cut.status_code, answer(cut)["status"]) == (400, "ERROR")
    assert "checksum" in answer(cut)["message"]
    assert answer(put(client, body, project=" "))["status"] == "ERROR"
    assert get(client, "/builds")["items"] == []


def test_post_is_the_same_as_put(client: FlaskClient) -> None:
    body = (FAILED / "Configure.xml").read_bytes()
    response = client.post("/submit.php?project=lab", data=body)
    assert answer(response)["status"] == "OK"


def test_an_answer_is_valid_xml_whatever_a_file_holds(client: FlaskClient) -> None:
    body = (EARLY / "Update.xml").read_bytes()
    why = "no\ufffeversion\x01 &lt;here&gt;".encode()
    status = b"<UpdateReturnStatus>" + why + b"</UpdateReturnStatus></Update>"
    answered = answer(put(client, body.replace(b"</Update>", status)))
    assert (answered["status"], answered["message"]) == (
        "OK",
        "kept; nothing was attempted: no version <here>",
    )
