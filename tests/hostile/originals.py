"""Real documents of every kind, with the routes that take them."""

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path

import yaml

from tests.documents import CASES, DATA, SPECS, SPLICED
from tests.hostile.expensive import ANALYZE, DOCUMENTS, SUBMIT
from tests.hostile.expensive import SPECS as SPEC_ROUTE
from tests.service.spack_clients.recorded import SAMPLE, exchanges

LENIENT = "?allow_unverified=true"


class Form(Enum):
    """How a document is written."""

    JSON = auto()
    YAML = auto()
    XML = auto()
    TEXT = auto()
    TAR = auto()


@dataclass(frozen=True)
class Original:
    """A document, and the routes that take it."""

    name: str
    form: Form
    body: bytes
    routes: tuple[str, ...] = (DOCUMENTS, DOCUMENTS + LENIENT)


def _archive(folder: Path, top: str = "") -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = f"{top or folder.name}/{path.relative_to(folder)}"
                tar.add(path, name, recursive=False)
    return body.getvalue()


def _spec_documents() -> Iterator[Original]:
    routes = (SPEC_ROUTE, SPEC_ROUTE + LENIENT, DOCUMENTS, DOCUMENTS + LENIENT)
    for path in [*SPECS, *SPLICED[:6], *sorted(CASES.glob("*.json"))]:
        yield Original(path.name, Form.JSON, path.read_bytes(), routes)
    lines = b"\n".join(json.dumps(json.loads(path.read_bytes())).encode() for path in SPECS[-4:])
    yield Original("lines", Form.TEXT, lines, routes)
    old = json.loads((CASES / "format1-external-null.json").read_bytes())
    text = yaml.safe_dump(old, sort_keys=False)
    yield Original("format1.yaml", Form.YAML, text.encode())


def _collections() -> Iterator[Original]:
    for path in sorted((DATA / "collections").glob("*")):
        if path.is_file() and path.suffix in (".json", ".lock"):
            yield Original(path.name, Form.JSON, path.read_bytes())
    for path in sorted((CASES / "spack-1.2-1.3").glob("*.json")):
        yield Original(path.name, Form.JSON, path.read_bytes())


def _reports() -> Iterator[Original]:
    for path in sorted((DATA / "reports").rglob("*.xml")):
        routes = (DOCUMENTS,) if path.name.startswith("junit") else (DOCUMENTS, SUBMIT, SUBMIT)
        yield Original(path.name, Form.XML, path.read_bytes(), routes)
    for path in sorted((DATA / "reports").rglob("*.out")):
        yield Original(path.name, Form.TEXT, path.read_bytes())


def _archives() -> Iterator[Original]:
    store = DATA / "store"
    folders = [path for path in store.iterdir() if path.is_dir() and path.name != "failures"]
    folders += [DATA / "reports" / "test-suite", DATA / "reports/spack-1.1.0/cdash-lab-sim"]
    folders += [DATA / "collections" / "mirror", *sorted((DATA / "ms1" / "saved").iterdir())]
    folders += [path for path in (CASES / "failed-stages").iterdir() if path.is_dir()]
    for folder in sorted(folders):
        yield Original(folder.name, Form.TAR, _archive(folder))
    failures = _archive(store / "failures", ".spack-db/failures")
    yield Original("failures", Form.TAR, failures)


def _messages() -> Iterator[Original]:
    """Yield one message of the monitor's clients for each route and size."""
    seen = set()
    for exchange in exchanges(SAMPLE):
        if exchange.method != "POST" or exchange.body is None:
            continue
        kind = (exchange.path, len(exchange.body) // 1000)
        if kind not in seen:
            seen.add(kind)
            yield Original(exchange.scenario, Form.JSON, exchange.body, (exchange.path,))
    results = {"install_files": {"a/b": "c" * 64}, "environment_variables": {"PATH": "/bin"}}
    message = json.dumps({"build_id": 1, "metadata": results}).encode()
    yield Original("analyses", Form.JSON, message, (ANALYZE,))


@cache
def originals() -> tuple[Original, ...]:
    """Return all documents, always in the same order."""
    parts = (_spec_documents, _collections, _reports, _archives, _messages)
    return tuple(each for part in parts for each in part())
