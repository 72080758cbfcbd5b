"""The export of `can_splice` directives, under a stand-in for `spack`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.collections import can_splice
from loaders.collections.can_splice import Directive, ExaminedRecipe

SCRIPT = Path(__file__).parents[2] / "scripts" / "export_can_splice.py"
REPO = """
from spack.error import SpackError

class Spec:
    def __init__(self, text):
        self.text = text
    def __str__(self):
        return self.text
    def satisfies(self, other):
        return other.text in self.text

class Variant:
    def __init__(self, multi=False):
        self.multi = multi

VARIANTS = {
    "pic": [(Spec(""), Variant())],
    "new": [(Spec("@3"), Variant())],
    "languages": [(Spec(""), Variant(multi=True))],
}

class Toy:
    name, namespace = "toy", "toys"
    splice_specs = {
        Spec("@2"): (Spec("toy@1"), "*"),
        Spec("@3"): (Spec("old@1:"), ["new"]),
        Spec("@4"): (Spec("toy@3"), None),
    }
    @staticmethod
    def variant_names():
        return list(VARIANTS)
    @staticmethod
    def variant_definitions(name):
        return VARIANTS.get(name, [])

class Plain(Toy):
    name = "plain"
    splice_specs = {}

class PATH:
    @staticmethod
    def all_package_names():
        return ["toy", "plain"]
    @staticmethod
    def get_pkg_class(name):
        if name not in ("toy", "plain"):
            raise SpackError("Package '%s' not found." % name)
        return Toy if name == "toy" else Plain
"""


def export(folder: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    package = folder / "fake" / "spack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("spack_version = '1.1.0'\n")
    (package / "error.py").write_text("class SpackError(Exception):\n    pass\n")
    (package / "repo.py").write_text(REPO)
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env={"PYTHONPATH": str(folder / "fake")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == status, done.stderr
    return done


def test_all_recipes_are_exported_and_the_export_can_be_read(tmp_path: Path) -> None:
    output = tmp_path / "export.json"
    done = export(tmp_path, "--output", str(output))
    assert done.stderr == "3 directives in 2 recipes\n"
    assert list(can_splice.read(output.read_bytes(), "export")) == [
        ExaminedRecipe("toys", "plain", ()),
        ExaminedRecipe(
            "toys",
            "toy",
            (
                Directive("old@1:", "@3", ("new",), ("new",)),
                Directive("toy@1", "@2", ("*",), ("pic",)),
                Directive("toy@3", "@4", (), ()),
            ),
        ),
    ]


@pytest.mark.parametrize(
    ("words", "status", "number"), [(["toy"], 0, 1), (["plain", "none"], 1, 1)]
)
def test_named_recipes_are_exported_and_unknown_ones_are_reported(
    tmp_path: Path, words: list[str], status: int, number: int
) -> None:
    done = export(tmp_path, *words, status=status)
    assert len(json.loads(done.stdout)["recipes"]) == number
    assert ("none: Package 'none' not found." in done.stderr) == (status == 1)
