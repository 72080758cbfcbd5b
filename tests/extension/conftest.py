"""Fixtures: the extension under a stand-in for Spack, and a service over the tests' database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from cypher.run import Database
from tests.extension.running import FakeSpack
from tests.serving import served


@pytest.fixture
def url(database: Database, served_app: Flask) -> Iterator[str]:
    """Serve on a free port of this machine."""
    with served(served_app) as address:
        yield address


@pytest.fixture
def spack(tmp_path: Path, url: str) -> FakeSpack:
    """Return a stand-in for Spack that has the address of the service."""
    return FakeSpack(tmp_path, url)


@pytest.fixture
def offline_spack(tmp_path: Path) -> FakeSpack:
    """Return a stand-in for Spack without the address of a service."""
    return FakeSpack(tmp_path)
