"""The extension in a real Spack: `SPACK_ROOT` is its folder, `SPACK_PYTHON` its Python."""

import os
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.extension.running import EXTENSION, build_statuses, waiting_names

LIBRARY = """
    version("1.1")

    def install(self, spec, prefix):
        mkdirp(prefix.lib)
        touch(join_path(prefix.lib, "toy"))
"""
BROKEN = """
    version("1.0")
    depends_on("toy-lib")

    def install(self, spec, prefix):
        which("sh")("-c", "echo 'toy.c:3:5: error: unknown type name bool_t'; exit 2")
"""
ABOVE = """
    version("1.0")
    depends_on("toy-broken")
    depends_on("toy-lib")

    def install(self, spec, prefix):
        mkdirp(prefix.lib)
"""
PACKAGES = {"toy-lib": LIBRARY, "toy-broken": BROKEN, "toy-above": ABOVE}


class RealSpack:
    """A real Spack with its own repository, store and configuration."""

    def __init__(self, root: Path, folder: Path, url: str) -> None:
        self.command = root / "bin" / "spack"
        self.folder = folder
        self.scope = folder / "scope"
        self.scope.mkdir()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SPECGRAPH")},
            "HOME": str(folder),
            "SPACK_DISABLE_LOCAL_CONFIG": "1",
            "SPACK_USER_CACHE_PATH": str(folder / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SPECGRAPH_URL": url,
        }
        self._repository(root)
        config = f"""\
            config:
              extensions: [{EXTENSION}]
              build_stage: [{folder / "stage"}]
              misc_cache: {folder / "cache"}
              install_tree:
                root: {folder / "store"}
            """
        (self.scope / "config.yaml").write_text(textwrap.dedent(config))
        (self.scope / "bootstrap.yaml").write_text("bootstrap:\n  enable: false\n")

    def _repository(self, root: Path) -> None:
        mock = root / "var/spack/test_repos/spack_repo/builtin_mock"
        new = mock.is_dir()
        repo = self.folder / "repo" / "spack_repo" / "toy"
        for name, body in PACKAGES.items():
            folder = repo / "packages" / (name.replace("-", "_") if new else name)
            folder.mkdir(parents=True)
            base = "from spack_repo.builtin_mock.build_systems.generic import Package\n"
            words = "".join(word.capitalize() for word in name.split("-"))
            head = f'class {words}(Package):\n    """A toy."""\n\n    has_code = False\n'
            text = f"{base if new else ''}from spack.package import *\n\n{head}{body}"
            (folder / "package.py").write_text(text)
        (repo / "repo.yaml").write_text(
            "repo:\n  namespace: toy\n" + ("  api: v2.0\n" if new else "")
        )
        named = f"repos::\n  toy: {repo}\n  builtin_mock: {mock}\n"
        (self.scope / "repos.yaml").write_text(named if new else f"repos:\n- {repo}\n")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.command), "-C", str(self.scope), *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@pytest.fixture
def real(tmp_path: Path, url: str) -> RealSpack:
    root = os.environ.get("SPACK_ROOT")
    if not root:
        pytest.skip("no Spack: set SPACK_ROOT to the folder of a Spack 0.21 to 1.1")
    return RealSpack(Path(root), tmp_path, url)


def test_real_spack_uploads_records_spools_pushes_and_queries(real: RealSpack, url: str) -> None:
    installed = real.run("specgraph", "record", "--", "install", "toy-lib")
    assert installed.returncode == 0, installed.stderr
    assert ("toy-lib", "succeeded") in build_statuses(url), installed.stderr

    failed = real.run("specgraph", "record", "--", "install", "toy-above")
    assert failed.returncode == 1
    summary = failed.stdout.splitlines()[-1]
    assert summary == "==> specgraph: 2 builds, 2 new: 1 failed, 1 skipped", failed.stderr
    # Spack 0.23 adds the runtime libraries of the compiler.
    assert build_statuses(url) - {("gcc-runtime", "succeeded")} == {
        ("toy-lib", "succeeded"),
        ("toy-broken", "failed"),
        ("toy-above", "skipped"),
    }

    again = real.run("specgraph", "upload", "--all", "--builds")
    assert (again.returncode, again.stderr) == (0, "")
    sent, kept, present = again.stdout.splitlines()
    assert sent == "==> 0 spec documents sent, 1 known already; 0 new specs"
    assert re.fullmatch(r"==> (\d) builds?, 0 new: \1 succeeded", kept)
    assert re.fullmatch(r"==> \d+ installations, \d+ new", present)

    spool = real.folder / "spool"
    spooled = real.run("specgraph", "spool", str(spool), "--all", "--builds")
    assert spooled.returncode == 0
    assert {name.split(".")[1] for name in waiting_names(spool)} == {"spec", "installed", "store"}
    pushed = real.run("specgraph", "push", str(spool))
    assert (pushed.returncode, waiting_names(spool)) == (0, [])

    found = real.run("specgraph", "query", "-lv", "--built-with", "toy-lib", "toy-broken")
    assert re.match(r"[a-z2-7]{7} toy-broken@1\.0 .*arch=", found.stdout.splitlines()[0])
    why = real.run("specgraph", "why", "toy-above", "toy-broken")
    assert why.stdout.splitlines()[-1] == "1 of 1"
    assert real.run("specgraph", "splice", "toy-lib").returncode == 1
