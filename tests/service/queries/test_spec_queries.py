"""The service's answers to spec queries compared with those of real Spack."""

import json
from pathlib import Path

from cypher.run import Database
from loaders.pipeline.discovery import discover
from loaders.pipeline.loader import Loader, document_store
from service.app import create_app
from tests.graph import wipe


def test_every_query_finds_the_roots_that_spack_says_satisfy_it(
    session_database: Database, corpus: Path
) -> None:
    wipe(session_database)
    Loader(document_store(session_database)).run(discover([corpus / "v5", corpus / "v5-lab"]))
    client = create_app(session_database).test_client()
    lines = (corpus / "oracle" / "spec-queries.jsonl").read_text().splitlines()
    wrong = []
    for case in map(json.loads, lines):
        parameters = {"q": case["query"], "limit": 1000}
        page = client.get("/api/v1/specs", query_string=parameters).get_json()
        if {item["hash"] for item in page["items"]} != set(case["matches"]):
            wrong.append(case["query"])
    assert wrong == []
    assert len(lines) > 300
