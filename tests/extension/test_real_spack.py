"""The extension in a real Spack: `SPACK_ROOT` is its folder, `SPACK_PYTHON` its Python."""

import hashlib
import json
import os
import re
import subprocess
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests

from cypher.run import Database
from tests.extension.running import EXTENSION, build_statuses, waiting_names
from tests.graph import wipe

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
BASE = """
    version("1.0")
    version("1.1")
    version("1.2")

    def install(self, spec, prefix):
        mkdirp(prefix.lib)
        with open(join_path(prefix.lib, "base.txt"), "w") as file:
            file.write(str(spec.version))
"""
MIDDLE = """
    version("1.0")
    depends_on("toy-base")

    def install(self, spec, prefix):
        mkdirp(prefix.lib)
        with open(join_path(prefix.lib, "middle.txt"), "w") as file:
            file.write(spec["toy-base"].prefix)
"""
TOP = """
    version("1.0")
    depends_on("toy-base")
    depends_on("toy-middle")

    def install(self, spec, prefix):
        mkdirp(prefix.bin)
        with open(join_path(prefix.bin, "top.txt"), "w") as file:
            file.write(spec["toy-base"].prefix + " " + spec["toy-middle"].prefix)
"""
FOO = """
    version("1.2")
    version("1.1")
    version("1.0")

    def install(self, spec, prefix):
        mkdirp(prefix.lib)
        with open("foo.c", "w") as file:
            file.write("int foo_add(int a, int b) { return a + b; }\\n")
            if not spec.satisfies("@1.2"):
                file.write("int foo_mul(int a, int b) { return a * b; }\\n")
        shared = ["-shared", "-fPIC", "-Wl,-soname,libfoo.so.1"]
        which("gcc")("foo.c", *shared, "-o", join_path(prefix.lib, "libfoo.so.1"))
        os.symlink("libfoo.so.1", join_path(prefix.lib, "libfoo.so"))
"""
APP = """
    version("1.0")
    depends_on("lab-foo")

    def install(self, spec, prefix):
        mkdirp(prefix.bin)
        with open("app.c", "w") as file:
            file.write("int foo_mul(int, int); int main(void) { return foo_mul(6, 7) - 42; }\\n")
        lib = spec["lab-foo"].prefix.lib
        words = ["-L" + lib, "-lfoo", "-Wl,-rpath," + lib, "-o", join_path(prefix.bin, "app")]
        which("gcc")("app.c", *words)
"""
PACKAGES = {
    **{"lab-foo": FOO, "lab-app": APP},
    **{"toy-lib": LIBRARY, "toy-broken": BROKEN, "toy-above": ABOVE},
    **{"toy-base": BASE, "toy-middle": MIDDLE, "toy-top": TOP},
}


class RealSpack:
    """A real Spack with its own repository, store and configuration."""

    def __init__(self, root: Path, folder: Path, url: str) -> None:
        self.command = root / "bin" / "spack"
        self.root, self.folder = root, folder
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
            text = f"import os\n{base if new else ''}from spack.package import *\n\n{head}{body}"
            (folder / "package.py").write_text(text)
        (repo / "repo.yaml").write_text(
            "repo:\n  namespace: toy\n" + ("  api: v2.0\n" if new else "")
        )
        named = f"repos::\n  toy: {repo}\n  builtin_mock: {mock}\n"
        (self.scope / "repos.yaml").write_text(named if new else f"repos:\n- {repo}\n")

    def add_lines(self, package: str, lines: Iterable[str]) -> None:
        """Add directives to a recipe."""
        (recipe,) = self.folder.glob(f"repo/**/{package.replace('-', '[-_]')}/package.py")
        text = "".join(f"    {line}\n" for line in lines)
        recipe.write_text(recipe.read_text() + "\n" + text)

    def splice(self, replacement: str, *, transitive: bool) -> None:
        """Make the next installations splice this installed spec in place of its package."""
        found = self.run("find", "--format", "{hash}", replacement)
        target = replacement.partition("@")[0]
        config = f"""\
            concretizer:
              splice:
                explicit:
                - target: {target}
                  replacement: {target}/{found.stdout.strip()}
                  transitive: {str(transitive).lower()}
            """
        (self.scope / "concretizer.yaml").write_text(textwrap.dedent(config))

    def written_documents(self) -> dict[str, bytes]:
        """Return the documents in the prefixes of the store, by the hash in the prefix's name."""
        return {
            path.parts[-3][-32:]: path.read_bytes().strip()
            for path in (self.folder / "store").rglob(".spack/spec.json")
        }

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
    assert re.fullmatch(r"==> \d+ installations?, 0 new", present)

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


def stored_records(url: str, written: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the records in those of some documents that a service has, byte for byte."""
    digests = {hashlib.sha256(raw).hexdigest(): hash_ for hash_, raw in written.items()}
    questions = [{"hash": hash_, "digest": digest} for digest, hash_ in digests.items()]
    answer = requests.post(
        f"{url}/api/v1/specs/missing", json={"documents": questions}, timeout=60
    ).json()
    for each in answer["documents"]:
        del digests[each["digest"]]
    return [record for hash_ in digests.values() for record in nodes_of(written[hash_])]


def nodes_of(document: bytes) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = json.loads(document)["spec"]["nodes"]
    return nodes


def test_splices_of_real_spack_arrive_with_their_build_specs(
    real: RealSpack, url: str, database: Database
) -> None:
    for spec in ("toy-top ^toy-base@1.0", "toy-base@1.1", "toy-base@1.2"):
        done = real.run("install", *spec.split())
        assert done.returncode == 0, done.stderr
    for replacement, transitive in (("toy-base@1.1", True), ("toy-base@1.2", False)):
        real.splice(replacement, transitive=transitive)
        done = real.run("specgraph", "record", "--", "install", "toy-top")
        assert done.returncode == 0, done.stderr
    (real.scope / "concretizer.yaml").unlink()

    written = real.written_documents()
    roots = [nodes_of(each)[0] for each in written.values()]
    assert [root["hash"] for root in roots] == list(written)
    spliced = [root for root in roots if "build_spec" in root]
    assert {record["name"] for record in spliced} == {"toy-top", "toy-middle"}
    index = json.loads((real.folder / "store" / ".spack-db" / "index.json").read_bytes())
    installs = index["database"]["installs"].values()
    assert sum("build_spec" in each["spec"] for each in installs) < len(spliced)
    recorded = stored_records(url, written)
    assert [record for record in spliced if record not in recorded] == []

    spool = str(real.folder / "spool")
    for words in (
        ["upload", "--all"],
        ["upload", "--all", "--builds"],
        ["spool", spool, "--all"],
    ):
        wipe(database)
        sent = real.run("specgraph", *words)
        assert (sent.returncode, sent.stderr) == (0, "")
        if words[0] == "spool":
            assert real.run("specgraph", "push", spool).returncode == 0
        stored = stored_records(url, written)
        assert [record for record in spliced if record not in stored] == [], words


def plan(url: str, target: str, replacement: str, *, transitive: bool) -> dict[str, Any]:
    question = {
        "target": target,
        "replacement": replacement,
        "transitive": transitive,
        "replace": "toy-base",
    }
    answer = requests.post(f"{url}/api/v1/splices/plan", json=question, timeout=60)
    assert answer.status_code == 200, answer.text
    planned: dict[str, Any] = answer.json()
    return planned


def test_a_planned_splice_is_what_real_spack_installs_and_is_recognised(
    real: RealSpack, url: str
) -> None:
    for spec in ("toy-top ^toy-base@1.0", "toy-base@1.1", "toy-base@1.2"):
        done = real.run("install", *spec.split())
        assert done.returncode == 0, done.stderr
    assert real.run("specgraph", "upload", "--all").returncode == 0
    target = plan(url, "toy-top", "toy-base@1.1", transitive=True)["target"]["hash"]
    for replacement, transitive in (("toy-base@1.1", True), ("toy-base@1.2", False)):
        planned = plan(url, target, replacement, transitive=transitive)
        assert planned["known"] == []
        (real.scope / "concretizer.yaml").write_text(planned["configuration"])
        # Without the version, Spack would splice what was spliced before.
        done = real.run("specgraph", "record", "--", "install", "toy-top", "^toy-base@1.0")
        assert done.returncode == 0, done.stderr
        (real.scope / "concretizer.yaml").unlink()
        (known,) = plan(url, target, replacement, transitive=transitive)["known"]
        # The document of an intransitive splice has one record for two specs with one hash.
        assert known["by"] == ("content" if transitive else "record")
        assert [known["hash"]] == [claim["hash"] for claim in planned["claimed"]]
        assert known["hash"] in real.written_documents()
        environment = real.folder / f"planned-{transitive}"
        environment.mkdir()
        (environment / "spack.yaml").write_text(planned["environment"])
        done = real.run("-e", str(environment), "concretize")
        assert done.returncode == 0, done.stderr
        lockfile = json.loads((environment / "spack.lock").read_text())
        assert [root["hash"] for root in lockfile["roots"]] == [known["hash"]]
        stored = requests.get(f"{url}/api/v1/specs/{known['hash']}/plan", timeout=60).json()
        assert (stored["hash"] == planned["hash"]) is transitive
        assert stored["plan"]["replacement"]["hash"] == planned["replacement"]["hash"]


def propose(url: str, package: str) -> dict[str, Any]:
    answer = requests.get(f"{url}/api/v1/abi/proposals?package={package}", timeout=60)
    assert answer.status_code == 200, answer.text
    proposals: dict[str, Any] = answer.json()
    return proposals


def splices_of(document: str) -> list[str]:
    """Return the names of the spliced specs in the JSON of a spec."""
    nodes = json.loads(document)["spec"]["nodes"]
    return [node["name"] for node in nodes if "build_spec" in node]


def test_real_spack_splices_by_lines_that_were_proposed(real: RealSpack, url: str) -> None:
    if not (real.root / "lib/spack/spack/solver/splices.lp").is_file():
        pytest.skip("this Spack has no automatic splices: they come with 0.23")
    for spec in ("lab-app ^lab-foo@1.0", "lab-foo@1.1", "lab-foo@1.2"):
        done = real.run("install", *spec.split())
        assert done.returncode == 0, done.stderr
    assert real.run("specgraph", "upload", "--all", "--builds").returncode == 0
    answer = propose(url, "lab-foo")
    lines = [each["directive"] for each in answer["lines"]]
    values = " build_system=generic"
    assert f'can_splice("lab-foo@=1.0{values}", when="@=1.1{values}")' in lines
    replaced = {each["replacement"]["version"] for each in answer["broken"]}
    assert replaced == {"1.2"}

    (real.scope / "concretizer.yaml").write_text(
        "concretizer:\n  reuse: true\n  splice:\n    automatic: true\n"
    )
    wanted = ("lab-app@1.0", "^lab-foo@1.1")
    assert splices_of(real.run("spec", "--json", *wanted).stdout) == []
    real.add_lines("lab-foo", lines)
    concrete = real.run("spec", "--json", *wanted)
    assert splices_of(concrete.stdout) == ["lab-app"], concrete.stderr
    other = real.run("spec", "--json", "lab-app@1.0", "^lab-foo@1.2")
    assert splices_of(other.stdout) == []

    done = real.run("install", *wanted)
    assert done.returncode == 0, done.stderr
    hash_ = json.loads(concrete.stdout)["spec"]["nodes"][0]["hash"]
    (app,) = real.folder.glob(f"store/**/*{hash_}/bin/app")
    assert subprocess.run([str(app)], check=False, timeout=60).returncode == 0
