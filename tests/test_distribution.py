"""Name and contents of the distribution: a wheel has all that runs without Node.js, and no more."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from service import DISTRIBUTION

PROJECT = Path(__file__).parents[1]

# On PyPI `specgraph` is another project, so requirements must say `spack-specgraph`.
_OTHER_PROJECT = re.compile(
    r"(?<![\w-])specgraph\[\w"
    r"|\b(?:pip|pipx|uv)\b[^\n|&;]*\binstall [^\n|&;]*(?<![\w./-])specgraph(?![\w.])"
)
_WRITTEN = {".py", ".md", ".toml", ".html", ".ts", ".yml", ".cypher"}
_NOT_WRITTEN = {".git", ".venv", "node_modules", "built", "build", "dist", "data", "samples"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the names of the files in a wheel built from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*command, str(PROJECT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def _under(names: list[str], folder: str) -> set[str]:
    return {name.removeprefix(folder) for name in names if name.startswith(folder)}


def test_a_wheel_contains_the_bundle_and_the_licences_of_its_parts(wheel: list[str]) -> None:
    named = {
        script
        for template in (PROJECT / "service/web/templates").rglob("*.html")
        for script in re.findall(r"asset\('(built/[\w.]+)'\)", template.read_text("utf-8"))
    }
    assert {"built/site.js", "built/pictures.js", "built/dag.js"} <= named
    held = _under(wheel, "service/web/static/")
    assert named | {"built/layout.worker.js", "built/THIRD-PARTY.txt"} <= held


def test_a_wheel_contains_all_templates_style_sheets_and_statements(wheel: list[str]) -> None:
    for folder, pattern in (
        ("service/web/templates", "**/*.html"),
        ("service/web/static", "*.*"),
        ("cypher", "**/*.cypher"),
        ("cypher/browser", "*"),
        ("service/samples", "*"),
    ):
        here = {
            path.relative_to(PROJECT).as_posix()
            for path in (PROJECT / folder).glob(pattern)
            if path.is_file()
        }
        assert here
        assert here <= set(wheel)


def test_a_wheel_contains_the_manual_with_its_pictures(wheel: list[str]) -> None:
    here = {
        path.relative_to(PROJECT).as_posix()
        for pattern in ("*.md", "docs/**/*.md", "docs/**/*.png", "docs/**/*.svg")
        for path in PROJECT.glob(pattern)
    }
    assert {"README.md", "docs/README.md", "docs/decisions/README.md"} <= here
    assert _under(wheel, "service/web/manual_documents/") == here


def test_a_wheel_contains_only_runtime_files(wheel: list[str]) -> None:
    assert _under(wheel, "service/web/frontend/") == set()
    assert {name.split("/")[0] for name in wheel} <= {
        *("cypher", "graph_models", "loaders", "service", "spec_syntax"),
        *(name.split("/")[0] for name in wheel if ".dist-info/" in name),
    }
    assert not [name for name in wheel if PurePosixPath(name).suffix in (".ts", ".map")]


def test_the_distribution_has_the_name_that_the_service_looks_up() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == DISTRIBUTION
    assert list(project["scripts"]) == ["specgraph"]


@pytest.mark.parametrize(
    ("text", "advised"),
    [
        ("pip install specgraph", True),
        ("pip install -U 'specgraph[embedded]'", True),
        ("python -m pip install specgraph", True),
        ("pip install 'spack-specgraph[embedded]'", False),
        ("pip install spack-specgraph", False),
        ("pip install . && specgraph serve", False),
        ("pip install ./specgraph", False),
    ],
)
def test_advice_to_install_the_other_project_is_recognized(text: str, advised: bool) -> None:
    assert bool(_OTHER_PROJECT.search(text)) is advised


def test_no_file_advises_to_install_the_other_project() -> None:
    files = {path for path in _written_files(PROJECT) if path != Path(__file__)}
    assert {PROJECT / "README.md", PROJECT / "service/embedded/java.py"} <= files
    assert [file for file in files if _OTHER_PROJECT.search(file.read_text("utf-8"))] == []


def _written_files(folder: Path) -> Iterator[Path]:
    """Yield the hand-written files below a folder, without test data and build products."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in _NOT_WRITTEN and not path.name.endswith(".egg-info"):
            yield from _written_files(path)
        elif path.suffix in _WRITTEN or path.name in ("Dockerfile", "Makefile", "run"):
            yield path
