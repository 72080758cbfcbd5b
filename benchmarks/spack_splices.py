"""Splices of a real Spack: its store, and the time that its concretizer takes for each."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.plan_questions import Question
from loaders.specs.document import SpecDocument, parse_document
from tests.extension.test_real_spack import RealSpack

TARGET = "toy-top ^toy-base@1.0"
REPLACEMENTS = (("toy-base@1.1", True), ("toy-base@1.2", False))
"""Specs of the tests' repository, and whether they are put in transitively."""
CONCRETIZE = """
import json, sys, time
import spack.spec
try:
    from spack.concretize import concretize_one
except ImportError:
    concretize_one = lambda text: spack.spec.Spec(text).concretized()
start = time.perf_counter()
spec = concretize_one(sys.argv[-1])
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "hash": spec.dag_hash()}))
"""


@dataclass(frozen=True)
class Concretization:
    """The hash of the spliced spec, and the seconds that Spack took.

    Attributes:
        hash: Hash of the spliced spec.
        concretizer: Seconds in the concretizer alone, in a Spack that has started.
        command: Seconds of the whole command, start included.

    """

    hash: str
    concretizer: float
    command: float


class SpackLab:
    """A Spack with a store of its own that has a target and its replacements."""

    def __init__(self, root: Path, python: Path, folder: Path) -> None:
        """Install the specs, which compiles nothing.

        Raises:
            RuntimeError: Spack refused.

        """
        os.environ["SPACK_PYTHON"] = str(python)
        self._spack = RealSpack(root, folder, "http://localhost")
        self._script = folder / "concretize.py"
        self._script.write_text(CONCRETIZE, "utf-8")
        for text in (TARGET, *(replacement for replacement, _ in REPLACEMENTS)):
            self._run("install", *text.split())

    def documents(self) -> list[SpecDocument]:
        """Return the documents of the store."""
        return [parse_document(raw) for raw in self._spack.written_documents().values()]

    def splices(self) -> list[Question]:
        """Return the splices to compare."""
        roots = [document.root for document in self.documents()]
        by_text = {f"{root.name}@{root.version}": root.hash for root in roots}
        target = by_text["toy-top@1.0"]
        return [Question(target, by_text[text], whole) for text, whole in REPLACEMENTS]

    def concretize(self, number: int) -> Concretization:
        """Let Spack concretize one of the splices, by `concretizer:splice`.

        Raises:
            RuntimeError: Spack refused.

        """
        replacement, transitive = REPLACEMENTS[number]
        self._spack.splice(replacement, transitive=transitive)
        started = time.perf_counter()
        printed = self._run("python", str(self._script), TARGET)
        seconds = time.perf_counter() - started
        answer = json.loads(printed.splitlines()[-1])
        return Concretization(answer["hash"], answer["seconds"], seconds)

    def _run(self, *words: str) -> str:
        done = self._spack.run(*words)
        if done.returncode:
            raise RuntimeError(f"spack {' '.join(words)}: {done.stderr}")
        return done.stdout


def check_same(planned: Mapping[str, Any], made: Sequence[Concretization]) -> None:
    """Compare a plan with what Spack made of it.

    Raises:
        ValueError: They are not the same splice.

    """
    claimed = {each["hash"] for each in planned["claimed"]}
    if {each.hash for each in made} != claimed:
        raise ValueError(f"Spack makes {made}, planned is {claimed}")
