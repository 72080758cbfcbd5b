"""The extension under a stand-in for Spack, with a service over the tests' database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cypher.run import Database
from service.app import create_app
from tests.extension.running import FakeSpack
from tests.serving import served


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """A service on a free port of this machine."""
    with served(create_app(database)) as address:
        yield address


@pytest.fixture
def spack(tmp_path: Path, url: str) -> FakeSpack:
    """A Spack that knows the service."""
    return FakeSpack(tmp_path, url)


@pytest.fixture
def lonely(tmp_path: Path) -> FakeSpack:
    """A Spack that knows no service."""
    return FakeSpack(tmp_path)
