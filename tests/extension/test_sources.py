"""Sources that run in Spack: Python 3.6 with only the standard library and Spack."""

import ast
from pathlib import Path

import pytest

from tests.extension.running import EXTENSION

FILES = sorted(EXTENSION.rglob("*.py"))
SCRIPTS = sorted((EXTENSION.parent / "scripts").glob("*.py"))
SPACK = {"spack", "llnl"}
TYPING_OF_3_6 = {
    *("IO", "Any", "BinaryIO", "Callable", "Dict", "Generic", "Iterable", "Iterator", "List"),
    *("Mapping", "NamedTuple", "Optional", "Sequence", "Set", "TextIO", "Tuple", "TypeVar"),
    *("Union", "cast"),
}
STANDARD = {
    *("argparse", "collections", "configparser", "contextlib", "datetime", "email", "fcntl"),
    *("gzip", "hashlib", "http", "io", "json", "os", "random", "re", "signal", "socket", "ssl"),
    *(
        "mmap",
        "stat",
        "struct",
        "subprocess",
        "sys",
        "tarfile",
        "tempfile",
        "time",
        "types",
        "typing",
        "urllib",
    ),
    *("uuid", "zlib"),
}


@pytest.mark.parametrize("file", [*FILES, *SCRIPTS], ids=lambda file: file.name)
def test_source_is_python_3_6(file: Path) -> None:
    ast.parse(file.read_text("utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("file", [*FILES, *SCRIPTS], ids=lambda file: file.name)
def test_names_from_typing_are_in_python_3_6(file: Path) -> None:
    assert names_from_typing(file) <= TYPING_OF_3_6


def names_from_typing(file: Path) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        for alias in node.names
    }


def imported_modules(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module).partition(".")[0])
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_source_imports_only_the_standard_library_and_spack(file: Path) -> None:
    assert imported_modules(file) <= STANDARD | SPACK


def test_push_does_not_import_spack() -> None:
    package = EXTENSION / "specgraph"
    seen, queue = set(), ["push"]
    while queue:
        name = queue.pop()
        seen.add(name)
        file = package / f"{name}.py"
        assert not imported_modules(file) & SPACK, name
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level:
                names = [node.module] if node.module else [each.name for each in node.names]
                queue += [each for each in names if each and each not in seen]
    assert "client" in seen
