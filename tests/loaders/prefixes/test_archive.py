"""Libraries of a prefix that was uploaded in an archive, of which links are not unpacked."""

import io
import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cypher.run import Database
from service.app import create_app
from service.queries.libraries import PrefixFiles, read_prefixes
from tests.documents import REWIRED
from tests.loaders.elf.writer import Library

BUILT = "app-1.0-rduow63atur4sld6ilkyew6sah4633m7"
HASH = BUILT[-32:]
OUTSIDE = "/opt/bar-1.0/lib/libbar.so.1"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Return a prefix with a library that is found by a link, and a manifest that names both."""
    folder = tmp_path / BUILT
    shutil.copytree(REWIRED / "opt" / BUILT, folder)
    libraries = folder / "lib"
    libraries.mkdir(exist_ok=True)
    (libraries / "libgood.so.1.3").write_bytes(Library(soname="libgood.so.1").content())
    (libraries / "libgood.so.1").symlink_to("libgood.so.1.3")
    (folder / "lib64").symlink_to("lib")
    where = f"/opt/{BUILT}"
    entries = {
        where: {"mode": 0o40755},
        f"{where}/lib/libgood.so.1.3": {"mode": 0o100755},
        f"{where}/lib/libgood.so.1": {"mode": 0o120777, "dest": "libgood.so.1.3"},
        f"{where}/lib/libbar.so": {"mode": 0o120777, "dest": OUTSIDE},
        f"{where}/lib64": {"mode": 0o120777, "dest": "lib"},
    }
    (folder / ".spack" / "install_manifest.json").write_text(json.dumps(entries))
    return folder


def upload(client: FlaskClient, folder: Path) -> None:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as tar:
        tar.add(folder, folder.name)
    answer = client.post("/api/v1/documents?site=far", data=body.getvalue())
    assert answer.status_code in (200, 201), answer.text


def stored(database: Database) -> PrefixFiles:
    (found,) = read_prefixes(database, [HASH], site="far")[HASH]
    return found


def test_links_are_those_of_the_manifest(database: Database, prefix: Path) -> None:
    client = create_app(database, {"TESTING": True}).test_client()
    upload(client, prefix)
    found = stored(database)
    assert found.complete
    assert found.prefix == f"/{BUILT}"
    assert "lib/libgood.so.1.3" in found.libraries
    assert found.links == {
        "lib/libgood.so.1": "libgood.so.1.3",
        "lib/libbar.so": OUTSIDE,
        "lib64": "lib",
    }
    upload(client, prefix)
    assert replace(stored(database), read_at=found.read_at) == found


def test_without_a_manifest_nothing_is_known_to_be_absent(database: Database, prefix: Path) -> None:
    (prefix / ".spack" / "install_manifest.json").unlink()
    upload(create_app(database, {"TESTING": True}).test_client(), prefix)
    found = stored(database)
    assert not found.complete
    assert "lib/libgood.so.1.3" in found.libraries
