"""The generator of random specs, under a stand-in for `spack` and, if there is one, a real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from loaders.pipeline.reports import Outcome
from tests.documents import document, node
from tests.loading import load

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_random_specs.py"

ERROR = """
class SpackError(Exception):
    long_message = "in full"
"""
SPEC = """
class Spec:
    def __init__(self, text=""):
        self.text = text
    def __str__(self):
        return self.text
    def intersects(self, other):
        return not other.text.startswith("@=") or other.text in self.text
"""
CONCRETIZE = """
import json, os, time
from spack.error import SpackError

class Concrete:
    def __init__(self, document):
        self.document = document
        root = document["spec"]["nodes"][0]
        self.name, self.version, self._hash = root["name"], root["version"], root["hash"]
    def dag_hash(self):
        return self._hash
    def to_json(self):
        return json.dumps(self.document)

def concretize_one(spec):
    if "+gpu" in spec.text:
        raise SpackError("conflicts with everything")
    if "level=slow" in spec.text:
        time.sleep(60)
    if "level=crash" in spec.text:
        os._exit(9)
    if "level=bug" in spec.text:
        raise KeyError("recipe")
    with open(os.environ["FAKE_SPECS"]) as file:
        documents = json.load(file)
    version = spec.text.partition("@=")[2][:3]
    return Concrete(documents.get(version, documents["2.0"]))
"""
REPO = """
from spack.error import SpackError
from spack.spec import Spec

class Variant:
    def __init__(self, name, values, multi=False):
        self.name, self.values, self.multi = name, values, multi

class Conditional:
    def __init__(self, value, when):
        self.value, self.when = value, when
    def __str__(self):
        return self.value

class Toy:
    name = "toy"
    versions = {"2.0": {}, "1.0": {}, "0.9": {"deprecated": True}}
    dependencies = {Spec(""): {"c": None}}
    variants = {
        Spec(""): {
            "shared": Variant("shared", (True, False)),
            "langs": Variant("langs", ("c", "lua", "py"), multi=True),
            "level": Variant("level", LEVELS),
            "free": Variant("free", None),
            "odd": Variant("odd", (Conditional("never", None), Conditional("two", "@=2.0"))),
        },
        Spec("@=2.0"): {"gpu": Variant("gpu", (True, False))},
    }

OLD = {
    name: (variant, [when])
    for when, variants in Toy.variants.items() for name, variant in variants.items()
}

class PATH:
    @staticmethod
    def get_pkg_class(name):
        if name != "toy":
            raise SpackError("Package '{}' not found.".format(name))
        return Toy
"""
NEW_COMPILERS = """
class Compiler:
    def __init__(self, version):
        self.name, self.version = "gcc", version

def all_compilers(init_config=True):
    assert not init_config
    return [Compiler("13.1.0"), Compiler("12.2.0")]
"""
OLD_COMPILERS = """
def all_compiler_specs(init_config=True):
    assert not init_config
    return ["gcc@=11.3.0"]
"""


class FakeSpack:
    """A stand-in for the parts of `spack` that the script uses.

    Attributes:
        folder: its folder.

    """

    def __init__(self, folder: Path, *, old: bool = False, levels: tuple[str, ...] = ("a", "b")):
        """Write the modules of the stand-in.

        Args:
            folder: the folder to write to.
            old: whether to have the interfaces of Spack up to 0.22.
            levels: the values of the variant `level`.

        """
        self.folder = folder
        package = folder / "fake" / "spack"
        (package / "compilers").mkdir(parents=True)
        repo = REPO.replace("LEVELS", repr(levels))
        if old:
            repo += "\nToy.variants = OLD\n"
        files = {
            "__init__.py": "",
            "config.py": "def set(path, value, scope=None): print(path, value, scope)\n",
            "error.py": ERROR,
            "spec.py": SPEC,
            "repo.py": repo,
            "compilers/__init__.py": OLD_COMPILERS if old else "",
        }
        if old:
            body = CONCRETIZE.replace("concretize_one(spec)", "_concretize(spec)")
            files["_old.py"] = body
            files["spec.py"] += (
                "    def concretized(self):\n"
                "        from spack._old import _concretize\n"
                "        return _concretize(self)\n"
            )
        else:
            files["concretize.py"] = CONCRETIZE
            files["compilers/config.py"] = NEW_COMPILERS
        for name, text in files.items():
            (package / name).write_text(text)
        specs = {version: document(node("toy", version)) for version in ("0.9", "1.0", "2.0")}
        (folder / "specs.json").write_text(json.dumps(specs))

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.folder / "fake"),
            "FAKE_SPECS": str(self.folder / "specs.json"),
        }
        done = subprocess.run(
            [sys.executable, str(SCRIPT), *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == status, done.stderr
        return done


@pytest.fixture
def fake(tmp_path: Path) -> FakeSpack:
    return FakeSpack(tmp_path)


def read_entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def file_contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def drawn_specs(folder: Path) -> list[str]:
    drawn = [*read_entries(folder / "drawn.jsonl"), *read_entries(folder / "failures.jsonl")]
    return [entry["abstract"] for entry in sorted(drawn, key=lambda each: int(each["draw"]))]


def test_specs_are_written_in_spacks_format_and_can_be_loaded(
    fake: FakeSpack, tmp_path: Path, database: Database
) -> None:
    out = tmp_path / "out"
    done = fake.run("toy", str(out), "--count", "12")
    hashes = {v: node("toy", v)["hash"] for v in ("1.0", "2.0")}
    assert {path.name for path in out.glob("toy-*.json")} == {
        f"toy-{version}-{hash_}.json" for version, hash_ in hashes.items()
    }
    (whole,) = out.glob("toy-1.0-*.json")
    assert json.loads(whole.read_text()) == document(node("toy", "1.0"))
    assert "[12/12]" in done.stderr
    sums, _ = load(database, [out])
    assert (sums.new_specs, sums.specs) == (2, 2)
    assert sums.outcomes[Outcome.REFUSED] == 0


def test_draws_follow_the_definitions_of_the_package(fake: FakeSpack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fake.run("toy", str(out), "--count", "60")
    drawn = drawn_specs(out)
    assert len(set(drawn)) == 60
    joined = "\n".join(drawn)
    for part in ("@=1.0", "@=2.0", "+shared", "~shared", "level=a", "level=b", "langs=c,lua"):
        assert part in joined
    assert "%gcc@=12.2.0" in joined
    assert "%gcc@=13.1.0" in joined
    assert "@=0.9" not in joined
    assert "free=" not in joined
    assert "never" not in joined
    assert not [text for text in drawn if "@=1.0" in text and ("gpu" in text or "odd" in text)]
    assert any("gpu" in text for text in drawn)


def test_failures_are_recorded_with_their_reasons(fake: FakeSpack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    fake.run("toy", str(out), "--count", "60")
    failed = read_entries(out / "failures.jsonl")
    assert failed
    for entry in failed:
        assert "+gpu" in entry["abstract"]
        assert entry["kind"] == "unsatisfiable"
        assert entry["why"] == "conflicts with everything\nin full"


@pytest.mark.parametrize(
    ("level", "kind", "why"),
    [
        ("slow", "timeout", "it took more than 1 s"),
        ("crash", "error", "the concretizer crashed"),
        ("bug", "error", "KeyError: 'recipe'"),
    ],
)
def test_concretizer_that_hangs_or_crashes_does_not_end_the_run(
    tmp_path: Path, level: str, kind: str, why: str
) -> None:
    out = tmp_path / "out"
    FakeSpack(tmp_path, levels=(level,)).run("toy", str(out), "--count", "4", "--timeout", "1")
    failed = [e for e in read_entries(out / "failures.jsonl") if f"level={level}" in e["abstract"]]
    assert failed
    assert {
        (entry["kind"], entry["why"]) for entry in failed if "+gpu" not in entry["abstract"]
    } == {(kind, why)}
    assert read_entries(out / "drawn.jsonl")


def test_draws_depend_on_the_seed(fake: FakeSpack, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        fake.run("toy", str(tmp_path / name), "--seed", seed)
    assert file_contents(tmp_path / "a") == file_contents(tmp_path / "b")
    assert drawn_specs(tmp_path / "a") != drawn_specs(tmp_path / "c")


def test_interrupted_run_is_continued(fake: FakeSpack, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fake.run("toy", str(whole), "--count", "8")
    fake.run("toy", str(cut), "--count", "5")
    with (cut / "drawn.jsonl").open("a") as file:
        file.write('{"seed": 0, "abs')
    before = {path: path.read_bytes() for path in cut.glob("toy-*.json")}
    done = fake.run("toy", str(cut), "--count", "8")
    assert done.stderr.count("done before") == 5 + 1  # once in the summary
    complete = [line for line in (cut / "drawn.jsonl").read_text().splitlines() if line[-1] == "}"]
    assert complete == (whole / "drawn.jsonl").read_text().splitlines()
    assert {path: path.read_bytes() for path in before} == before


def test_existing_file_is_not_overwritten(fake: FakeSpack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mine = out / f"toy-1.0-{node('toy', '1.0')['hash']}.json"
    mine.write_text("mine")
    done = fake.run("toy", str(out), "--count", "12")
    assert mine.read_text() == "mine"
    assert "known" in done.stderr
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_interfaces_of_spack_before_1_0_are_supported(tmp_path: Path) -> None:
    out = tmp_path / "out"
    FakeSpack(tmp_path, old=True).run("toy", str(out), "--count", "40")
    joined = "\n".join(drawn_specs(out))
    assert "%gcc@=11.3.0" in joined
    assert "+gpu" in joined
    assert len(list(out.glob("toy-*.json"))) == 2


def test_options_choose_versions_compilers_and_reuse(fake: FakeSpack, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--deprecated", "--compiler", "clang@=17", "--reuse", "--count", "30")
    done = fake.run("toy", str(out), *words)
    joined = "\n".join(drawn_specs(out))
    assert "@=0.9" in joined
    assert "%clang@=17" in joined
    assert "%gcc" not in joined
    assert done.stdout == "concretizer:reuse True command_line\n"


def test_run_ends_early_without_further_specs_to_draw(tmp_path: Path) -> None:
    fake = FakeSpack(tmp_path)
    repo = tmp_path / "fake" / "spack" / "repo.py"
    repo.write_text(repo.read_text() + "\nToy.variants, Toy.dependencies = {}, {}\n")
    done = fake.run("toy", str(tmp_path / "out"), "--count", "50")
    assert "no more than 3 different specs" in done.stderr


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("nothing", "OUT"), 2),
        (("toy",), 2),
        (("toy", "OUT", "--count", "0"), 2),
        (("toy", "OUT", "--timeout", "nan"), 2),
        (("toy", "OUT", "--fresh", "--reuse"), 2),
        (("toy", "FILE"), 2),
    ],
)
def test_wrong_usage_exits_with_2(
    fake: FakeSpack, tmp_path: Path, words: tuple[str, ...], status: int
) -> None:
    (tmp_path / "FILE").write_text("")
    paths = {"OUT": str(tmp_path / "OUT"), "FILE": str(tmp_path / "FILE")}
    fake.run(*(paths.get(word, word) for word in words), status=status)


def test_run_without_a_concrete_spec_exits_with_1(tmp_path: Path) -> None:
    fake = FakeSpack(tmp_path)
    (tmp_path / "specs.json").write_text("{}")
    fake.run("toy", str(tmp_path / "out"), "--count", "3", status=1)
    assert len(read_entries(tmp_path / "out" / "failures.jsonl")) == 3


def test_specs_of_a_real_spack_concretize_and_can_be_loaded(
    tmp_path: Path, database: Database
) -> None:
    root, package = os.environ.get("SPACK_ROOT"), os.environ.get("SPACK_PACKAGE", "zlib")
    if not root:
        pytest.skip("no Spack: set SPACK_ROOT to a checkout, and SPACK_PACKAGE to a package")
    out = tmp_path / "out"
    scope = os.environ.get("SPACK_SCOPE")
    words = [f"{root}/bin/spack", *(["-C", scope] if scope else []), "python", str(SCRIPT)]
    done = subprocess.run(
        [*words, package, str(out), "--count", "3", "--seed", "3"],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    written = list(out.glob("*.json"))
    assert written
    sums, reports = load(database, [out])
    assert (sums.unverified, sums.outcomes[Outcome.REFUSED]) == (0, 0)
    assert [report.outcome.value for report in reports].count("stored") == len(written)
