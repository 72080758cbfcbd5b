"""The OpenAPI document is kept: requests generated from it are answered as it says."""

import os
import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from service.api.openapi import operation_id
from tests.documents import SPECS, SPLICED
from tests.effort import scale_effort
from tests.serving import served

HERE = Path(__file__).parent


def test_requests_are_answered_as_documented(app: Flask, client: FlaskClient) -> None:
    for path in [*SPECS[:10], *SPLICED[:10]]:
        client.post("/api/v1/specs", data=path.read_bytes())
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={HERE / 'contract.toml'}"]
    options = ["--checks=all", "--continue-on-failure", "--no-color"]
    phases = ["--phases=examples,coverage,fuzzing", f"--max-examples={scale_effort(2)}"]
    with served(app) as address:
        result = subprocess.run(
            [*command, "run", *options, *phases, f"{address}/openapi.json"],
            cwd=HERE,
            env={**os.environ, "PYTHONPATH": str(HERE)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr
    assert "generated" in result.stdout


def test_every_operation_has_an_id_of_its_own(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    ids = [
        operation["operationId"]
        for operations in paths.values()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    assert len(ids) == len(set(ids)) >= 32
    assert {"get_specs", "post_specs", "get_spec", "get_build_log"} <= set(ids)


def test_id_of_an_operation_is_made_of_its_path() -> None:
    assert operation_id("GET", "/api/v1/builds/{uid}/log") == "get_build_log"
    assert operation_id("post", "/api/v1/specs/missing") == "post_specs_missing"
