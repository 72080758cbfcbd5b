"""What runs in a Spack runs on its Pythons, with nothing but the standard library and Spack."""

import ast
from pathlib import Path

import pytest

from tests.extension.running import EXTENSION

FILES = sorted(EXTENSION.rglob("*.py"))
SPACK = {"spack", "llnl"}
STANDARD = {
    *("argparse", "collections", "configparser", "contextlib", "datetime", "email", "fcntl"),
    *("gzip", "hashlib", "http", "io", "json", "os", "random", "re", "signal", "socket", "ssl"),
    *("stat", "subprocess", "sys", "tarfile", "tempfile", "time", "urllib", "uuid", "zlib"),
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_is_python_3_6(file: Path) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=(3, 6))


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_needs_nothing_but_the_standard_library(file: Path) -> None:
    assert imported(file) <= STANDARD | SPACK


def test_a_push_needs_no_spack() -> None:
    package = EXTENSION / "specgraph"
    seen, queue = set(), ["push"]
    while queue:
        name = queue.pop()
        seen.add(name)
        file = package / f"{name}.py"
        assert not imported(file) & SPACK, name
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                names = [node.module] if node.module else [each.name for each in node.names]
                queue += [each for each in names if each and each not in seen]
    assert "client" in seen
