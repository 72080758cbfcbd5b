"""Answer every error in one shape, with the reason and the place."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.documents import document, dumped, node
from tests.service.answers import API, get, kind, problem, upload

HASH = node("zlib")["hash"]
SPEC = f"/specs/{HASH}"

ERRORS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/nowhere", {}, 404, "about:blank"),
    ("POST", "/nowhere", {}, 404, "about:blank"),
    ("GET", f"{SPEC}/nothing", {}, 404, "about:blank"),
    ("DELETE", "/specs", {}, 405, "about:blank"),
    ("PUT", SPEC, {}, 405, "about:blank"),
    ("POST", "/diff", {}, 405, "about:blank"),
    ("POST", "/specs", {"allow": "true"}, 422, "about:blank"),
    ("POST", "/specs", {"allow_unverified": "perhaps"}, 422, "about:blank"),
    ("POST", "/specs", {}, 400, "malformed"),
    ("POST", "/specs/missing", {}, 422, "about:blank"),
    *(
        ("GET", path, {"unknown": "1"}, 422, "about:blank")
        for path in (
            "/specs",
            "/conflicts",
            SPEC,
            f"{SPEC}/spec.json",
            f"{SPEC}/graph",
            f"{SPEC}/splice",
            f"{SPEC}/dependents",
        )
    ),
    ("GET", f"{SPEC}/why", {"dependency": "zlib", "unknown": "1"}, 422, "about:blank"),
    ("GET", "/diff", {"a": HASH, "b": HASH, "unknown": "1"}, 422, "about:blank"),
    *(
        ("GET", path, {"limit": limit}, 422, "about:blank")
        for path in ("/specs", "/conflicts", f"{SPEC}/dependents")
        for limit in ("0", "1001", "-1", "1.5", "ten", "", "9" * 30)
    ),
    ("GET", "/specs", {"scope": "some"}, 422, "about:blank"),
    ("GET", "/specs", {"spliced": "maybe"}, 422, "about:blank"),
    *(
        ("GET", "/specs", {parameter: text}, 400, "spec-syntax")
        for parameter in ("q", "built_with", "deployed_with")
        for text in ("zlib@@", "^", "zlib %", "a b", "zlib\0", "zlib@1:2:", "é", "a" * 20_000)
    ),
    *(
        ("GET", "/specs", {"cursor": cursor}, 400, "bad-cursor")
        for cursor in ("x", "NQ", "bnVsbA", "W10", "e30", "ImFiYyI", "é", "A" * 9999)
    ),
    ("GET", "/specs/not-a-hash", {}, 404, "about:blank"),
    ("GET", "/specs/" + "a" * 33, {}, 404, "about:blank"),
    ("GET", "/specs/%00", {}, 400, "spec-syntax"),
    ("GET", "/specs/" + "a" * 32, {}, 404, "about:blank"),
    *(
        ("GET", f"/specs/{'a' * 32}/{part}", parameters, 404, "about:blank")
        for part, parameters in (
            ("spec.json", {}),
            ("graph", {}),
            ("why", {"dependency": "zlib"}),
            ("splice", {}),
            ("dependents", {}),
        )
    ),
    ("GET", f"{SPEC}/spec.json", {"document": "0" * 64}, 404, "about:blank"),
    ("GET", f"{SPEC}/why", {}, 422, "about:blank"),
    ("GET", f"{SPEC}/why", {"dependency": " "}, 400, "about:blank"),
    ("GET", f"{SPEC}/why", {"dependency": "a@@"}, 400, "spec-syntax"),
    ("GET", f"{SPEC}/why", {"dependency": "a", "deptypes": "links"}, 400, "about:blank"),
    ("GET", f"{SPEC}/why", {"dependency": "a", "deptypes": ","}, 400, "about:blank"),
    ("GET", f"{SPEC}/why", {"dependency": "a", "limit": "1001"}, 422, "about:blank"),
    ("GET", f"{SPEC}/why", {"dependency": "a", "cursor": "x"}, 400, "bad-cursor"),
    ("GET", f"{SPEC}/splice", {"deptypes": "links"}, 400, "about:blank"),
    ("GET", f"{SPEC}/splice", {"cursor": "x"}, 400, "bad-cursor"),
    ("GET", f"{SPEC}/dependents", {"deptypes": "links"}, 400, "about:blank"),
    ("GET", f"{SPEC}/variations", {"only": ":"}, 400, "about:blank"),
    ("GET", f"{SPEC}/variations", {"cursor": "x"}, 400, "bad-cursor"),
    ("GET", f"{SPEC}/variations", {"unknown": "1"}, 422, "about:blank"),
    ("GET", "/common", {}, 422, "about:blank"),
    ("GET", "/common", {"hashes": HASH}, 400, "about:blank"),
    ("GET", "/common", {"hashes": f"{HASH},!"}, 400, "spec-syntax"),
    ("GET", "/common", {"hashes": f"{HASH},{HASH}", "cursor": "x"}, 400, "bad-cursor"),
    ("GET", "/diff", {"a": HASH, "b": HASH, "cursor": "x"}, 400, "bad-cursor"),
    ("GET", f"{SPEC}/dependents", {"runtime": "x"}, 422, "about:blank"),
    ("GET", f"{SPEC}/dependents", {"runtime": "0", "transitive": "1"}, 400, "about:blank"),
    ("GET", "/diff", {"a": HASH}, 422, "about:blank"),
    ("GET", "/diff", {"a": HASH, "b": "b" * 32}, 404, "about:blank"),
    ("GET", "/diff", {"a": HASH, "b": "!"}, 400, "spec-syntax"),
]


@pytest.mark.parametrize(("method", "path", "parameters", "status", "word"), ERRORS)
def test_every_error_is_a_problem_document(
    client: FlaskClient,
    method: str,
    path: str,
    parameters: dict[str, Any],
    status: int,
    word: str,
) -> None:
    upload(client, dumped(document(node("zlib"))))
    response = client.open(API + path, method=method, query_string=parameters)
    body = problem(response)
    assert (response.status_code, kind(body)) == (status, word.rpartition(":")[2])
    if status == 405:
        assert "GET" in response.headers["Allow"]
    if status == 422:
        assert body["errors"]


def test_errors_outside_of_the_api_are_problem_documents_too(client: FlaskClient) -> None:
    assert problem(client.get("/nowhere"))["status"] == 404
    assert problem(client.post("/healthz"))["status"] == 405


@pytest.mark.parametrize(
    ("text", "position", "length"),
    [("zlib@@1", 4, 1), ("zlib +a +", 8, 1), ("zlib @1 hdf5", 8, 4)],
)
def test_a_syntax_error_has_parameter_position_and_length(
    client: FlaskClient, text: str, position: int, length: int
) -> None:
    for parameter in ("q", "built_with", "deployed_with"):
        body = problem(client.get(f"{API}/specs", query_string={parameter: text}))
        place = (body["parameter"], body["text"], body["position"], body["length"])
        assert place == (parameter, text, position, length)


def test_a_cursor_of_another_query_is_refused(client: FlaskClient) -> None:
    upload(client, *(dumped(document(node("zlib", f"1.{minor}"))) for minor in range(3)))
    cursor = get(client, "/specs", q="zlib", limit=1)["next"]
    others: list[tuple[str, dict[str, Any]]] = [
        ("/specs", {}),
        ("/specs", {"q": "zlib@1"}),
        ("/specs", {"q": "zlib", "scope": "all"}),
        ("/specs", {"q": "zlib", "spliced": "false"}),
        (f"{SPEC}/dependents", {}),
        ("/conflicts", {}),
    ]
    for path, parameters in others:
        response = client.get(API + path, query_string={**parameters, "cursor": cursor})
        body = problem(response)
        assert kind(body) == "bad-cursor"
        assert body["detail"] == "this cursor belongs to another query"
    assert len(get(client, "/specs", q="zlib", limit=2, cursor=cursor)["items"]) == 2


def test_a_forged_cursor_is_refused(client: FlaskClient) -> None:
    upload(client, *(dumped(document(node("zlib", f"1.{minor}"))) for minor in range(2)))
    cursor = get(client, "/specs", limit=1)["next"]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    oddities: tuple[Any, ...] = (1, None, [], "\ud800")
    for strange in oddities:
        for place in range(1, len(parts)):
            changed = json.dumps([*parts[:place], strange, *parts[place + 1 :]]).encode()
            query = {"limit": 1, "cursor": base64.urlsafe_b64encode(changed).decode()}
            response = client.get(f"{API}/specs", query_string=query)
            assert kind(problem(response)) == "bad-cursor"


def test_an_ambiguous_hash_is_409_with_the_candidates(client: FlaskClient) -> None:
    nodes = [node("zlib", f"1.{minor}") for minor in range(40)]
    upload(client, *(dumped(document(each)) for each in nodes))
    first = max(
        "abcdefghijklmnopqrstuvwxyz234567", key=lambda letter: len(_starting_with(nodes, letter))
    )
    candidates = _starting_with(nodes, first)
    assert len(candidates) > 1
    for path, parameters in (
        (f"/specs/{first}", {}),
        (f"/specs/{first}/graph", {}),
        ("/specs", {"q": f"/{first}"}),
        ("/specs", {"built_with": f"zlib/{first}"}),
        ("/diff", {"a": nodes[0]["hash"], "b": first}),
    ):
        response = client.get(API + path, query_string=parameters)
        body = problem(response)
        assert (response.status_code, kind(body)) == (409, "ambiguous-hash")
        shown = {(each["hash"], each["name"], each["version"]) for each in body["candidates"]}
        assert len(shown) == min(10, len(candidates))
        assert shown <= {(each["hash"], each["name"], each["version"]) for each in candidates}


def _starting_with(nodes: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    return [each for each in nodes if each["hash"].startswith(prefix)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b'{"hashes": 1}', 422),
        (b'{"hashes": [null]}', 422),
        (b'{"hashes": ["abc"]}', 422),
        (b'{"hashes": [], "more": 1}', 422),
        (b'{"hashes": ["' + b'", "'.join([b"a" * 32] * 20_001) + b'"]}', 422),
        (b"{", 400),
        (b'{"\xff": 1}', 400),
        (b"[" * 100_000, 400),
        (b'{"hashes": [' + b"9" * 5000 + b"]}", 400),
    ],
    ids=lambda value: repr(value[:20]) if isinstance(value, bytes) else None,
)
def test_an_invalid_list_of_hashes_is_refused(
    client: FlaskClient, body: bytes, status: int
) -> None:
    response = client.post(f"{API}/specs/missing", data=body, content_type="application/json")
    assert problem(response)["status"] == status
