"""The client for programs, the notebook that shows it, and a client generated from the API."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from cypher.run import Database
from service.app import create_app
from service.client import Client, ProblemError, ServiceError
from tests import serving
from tests.documents import document, dumped, named, node
from tests.graph import SharedGraph
from tests.loading import load

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "service" / "samples" / "stacks.jsonl.zst"


@pytest.fixture
def address(shared_graph: SharedGraph) -> Any:
    """Serve the sample stacks and yield the address."""
    shared_graph.hold("samples", lambda database: load(database, [SAMPLES]))
    with serving.served(create_app(shared_graph.database)) as address:
        yield address


def test_lists_are_read_page_by_page_and_become_data_frames(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.client.calls.PAGE", 7)
    with Client(address) as client:
        found = client.specs("hdf5")
        hashes = [spec["hash"] for spec in found]
        assert len(set(hashes)) == len(hashes) == found.total
        assert len(hashes) > 7
        assert [spec["hash"] for spec in found] == hashes
        frame = found.frame()
        assert list(frame["hash"]) == hashes
        assert list(frame["facts.mpi"]) == [spec["facts"]["mpi"] for spec in found]
        assert client.specs("nothing-like-this").frame().empty
        spliced = {spec["hash"] for spec in client.specs("hdf5", spliced=True)}
        assert spliced == {spec["hash"] for spec in found if spec["spliced"]}
        assert all(spec["matches"]["built_with"] for spec in client.specs(built_with="mpich@4"))


def test_one_spec_is_named_by_a_hash_or_a_spec(address: str) -> None:
    with Client(address) as client:
        spec = client.spec("hdf5@1.12")
        assert client.spec(f"/{spec['hash'][:8]}") == spec == client.spec(spec["hash"])
        assert client.resolve("hdf5@1.12")["hash"] == spec["hash"]
        assert client.spec_json("hdf5@1.12")["spec"]["nodes"][0]["hash"] == spec["hash"]
        chains = list(client.why("hdf5@1.12", "mpi"))
        assert chains[0]["path"][0]["hash"] == spec["hash"]
        other = next(iter(client.specs("hdf5@1.10")))["hash"]
        names = [entry["name"] for entry in client.diff("hdf5@1.12", f"/{other}")]
        assert "hdf5" in names
        with pytest.raises(ProblemError) as several:
            client.spec("hdf5")
        assert (several.value.status, several.value.kind) == (409, "several-specs")
        assert len(several.value.candidates) > 1
        with pytest.raises(ProblemError) as none:
            client.spec("hdf5@77")
        assert none.value.status == 404


def test_documents_are_uploaded(database: Database, tmp_path: Path) -> None:
    with serving.served(create_app(database)) as address, Client(address) as client:
        path = named("zlib-1.3.1")
        assert client.upload(path)["counts"]["new_documents"] == 1
        assert client.upload(path.read_text("utf-8"))["counts"]["new_documents"] == 0
        several = [document(node("zlib", "1.1")), document(node("zlib", "1.2"))]
        assert client.upload(several)["counts"]["new_documents"] == 2
        assert client.upload(dumped(several[0]))["counts"]["new_documents"] == 0
        assert {spec["version"] for spec in client.specs("zlib")} == {"1.1", "1.2", "1.3.1"}
        with pytest.raises(ProblemError) as refused:
            client.upload({"spec": 1})
        assert 400 <= refused.value.status < 500


def test_what_is_no_service_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECGRAPH_URL", raising=False)
    with pytest.raises(ServiceError, match="no service is named"):
        Client()
    with Client("http://127.0.0.1:1") as client, pytest.raises(ServiceError, match="answer"):
        client.get("/sites")


def test_the_notebook_runs(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECGRAPH_URL", address)
    path = ROOT / "docs" / "client.ipynb"
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources=resources).execute()
    shown = json.dumps([cell.get("outputs") for cell in notebook.cells])
    assert "mvapich2@2.3.7-1" in shown
    assert "gcc@12.2.0" in shown
    assert "several specs satisfy" in shown
    assert "hdf5 -> mpich" in shown


def test_a_generated_client_uploads_and_asks(database: Database, tmp_path: Path) -> None:
    with serving.served(create_app(database)) as address:
        subprocess.run(
            [
                *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
                *("--url", f"{address}/openapi.json", "--output-path", "generated"),
            ],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=240,
        )
        program = tmp_path / "program.py"
        program.write_text(
            "import json, sys\n"
            "from generated.client import Client\n"
            "from generated.api.specs import get_specs, post_specs\n"
            "from generated.api.spec import get_resolve\n"
            "client = Client(base_url=sys.argv[1])\n"
            "body = json.load(open(sys.argv[2]))\n"
            "stored = post_specs.sync(client=client, body=body)\n"
            "page = get_specs.sync(client=client, q='zlib')\n"
            "one = get_resolve.sync(client=client, spec='zlib')\n"
            "print(stored.counts.new_documents, page.total.count, page.items[0].version,\n"
            "      one.hash_ == page.items[0].hash_ == stored.roots[0])\n"
        )
        done = subprocess.run(
            [sys.executable, str(program), address, str(named("zlib-1.3.1"))],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.stdout.split() == ["1", "1", "1.3.1", "True"], done.stderr
