import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from loaders.builds import failure_marks
from loaders.builds.failure_marks import FailureMarks, read_failure_marks
from loaders.errors import Fault
from loaders.evidence import Source, SpecName, Status
from loaders.specs.document import parse_document
from tests.documents import DATA, document, named, node

FAILED = SpecName("nenbxcxclbgzsye4jcs3oa2y7afyha6a", "lab-fail-build", "1.1")
SKIPPED = SpecName("dek5utfimbqvs2xjedac7qldsnuuz63i", "lab-fail-dep", "1.0")


@pytest.fixture
def failures(tmp_path: Path) -> Path:
    """A copy of real markers: of a failed build and of a dependent."""
    return Path(shutil.copytree(DATA / "store" / "failures", tmp_path / "failures"))


def write_mark(folder: Path, root: dict[str, Any], *below: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    text = json.dumps(document(root, *below))
    (folder / f"{root['name']}-{root['hash']}").write_text(text)


def outcomes(marks: FailureMarks) -> dict[str, tuple[str, str | None]]:
    """Return status and name of the culprit by package."""
    return {
        each.attempt.spec.name: (
            each.attempt.status.value,
            each.attempt.culprit.name if each.attempt.culprit else None,
        )
        for each in marks.marks
    }


def test_a_dependent_of_a_failure_was_skipped() -> None:
    marks = read_failure_marks(DATA / "store" / "failures")
    failed, skipped = (each.attempt for each in marks.marks)
    assert marks.problems == ()
    assert (failed.spec, failed.status, failed.culprit) == (FAILED, Status.FAILED, None)
    assert (skipped.spec, skipped.status, skipped.culprit) == (SKIPPED, Status.SKIPPED, FAILED)
    assert {each.attempt.source for each in marks.marks} == {Source.MARK}
    assert failed.key == skipped.key


def test_the_documents_can_be_parsed() -> None:
    for each in read_failure_marks(DATA / "store" / "failures").marks:
        assert each.document is not None
        root = parse_document(each.document).root
        assert SpecName(root.hash, root.name, root.version) == each.attempt.spec


def test_without_a_marked_dependency_it_failed_itself(failures: Path) -> None:
    next(failures.glob("lab-fail-build-*")).unlink()
    assert outcomes(read_failure_marks(failures)) == {"lab-fail-dep": ("failed", None)}


def test_the_culprit_is_the_end_of_the_chain_of_marks(tmp_path: Path) -> None:
    lowest = node("lowest")
    middle = node("middle", "1.0", [(lowest, ["build"])])
    other = node("other")
    top = node("top", "1.0", [(other, ["link"]), (middle, ["run"])])
    write_mark(tmp_path / "f", top, other, middle, lowest)
    write_mark(tmp_path / "f", middle, lowest)
    write_mark(tmp_path / "f", lowest)
    assert outcomes(read_failure_marks(tmp_path / "f")) == {
        "lowest": ("failed", None),
        "middle": ("skipped", "lowest"),
        "top": ("skipped", "lowest"),
    }


def test_a_mark_below_an_unmarked_dependency_is_not_the_culprit(tmp_path: Path) -> None:
    lowest = node("lowest")
    installed = node("installed", "1.0", [(lowest, ["build"])])
    top = node("top", "1.0", [(installed, ["link"])])
    write_mark(tmp_path / "f", top, installed, lowest)
    write_mark(tmp_path / "f", lowest)
    assert outcomes(read_failure_marks(tmp_path / "f")) == {
        "lowest": ("failed", None),
        "top": ("failed", None),
    }


def test_the_first_of_several_culprits_is_taken(tmp_path: Path) -> None:
    one, two = node("one"), node("two")
    top = node("top", "1.0", [(one, ["build"]), (two, ["link"])])
    for each in ((top, one, two), (one,), (two,)):
        write_mark(tmp_path / "f", each[0], *each[1:])
    assert outcomes(read_failure_marks(tmp_path / "f"))["top"] == ("skipped", "one")


def test_markers_of_spack_0_17_are_identified_by_full_hash(tmp_path: Path) -> None:
    """`to_json` wrote them with edges by `hash`, of link and run dependencies."""
    nodes = json.loads(named("cmake-3.21.4").read_text())["spec"]["nodes"]
    short = {each["full_hash"]: each["hash"] for each in nodes}
    for each in nodes:
        runtime = (edge for edge in each.get("dependencies", []) if edge["type"] != ["build"])
        each["dependencies"] = [
            {"name": edge["name"], "hash": short[edge["full_hash"]], "type": edge["type"]}
            for edge in runtime
        ]
    root = nodes[0]
    below = next(each for each in nodes if each["name"] == root["dependencies"][0]["name"])
    for each, part in ((root, nodes), (below, [below])):
        text = json.dumps({"spec": {"_meta": {"version": 2}, "nodes": part}})
        (tmp_path / f"{each['name']}-{each['full_hash']}").write_text(text)
    attempts = {each.attempt.spec.name: each.attempt for each in read_failure_marks(tmp_path).marks}
    culprit = SpecName(below["full_hash"], below["name"], below["version"])
    assert attempts["cmake"].spec == SpecName(root["full_hash"], "cmake", "3.21.4")
    assert (attempts["cmake"].status, attempts["cmake"].culprit) == (Status.SKIPPED, culprit)


def test_a_store_may_have_no_markers(tmp_path: Path) -> None:
    assert read_failure_marks(tmp_path / "not there") == FailureMarks(())
    assert read_failure_marks(tmp_path) == FailureMarks(())


@pytest.mark.parametrize("content", [b"", b"{", b'{"spec": {"nodes": []}}', b"\xff", b"[1]"])
def test_an_unreadable_marker_is_a_failure_by_its_name(failures: Path, content: bytes) -> None:
    path = next(failures.glob("lab-fail-build-*"))
    path.write_bytes(content)
    marks = read_failure_marks(failures)
    attempts = {each.attempt.spec.name: each for each in marks.marks}
    broken = attempts["lab-fail-build"]
    assert broken.attempt.spec == SpecName(FAILED.hash, "lab-fail-build")
    assert (broken.attempt.status, broken.document) == (Status.FAILED, None)
    assert attempts["lab-fail-dep"].attempt.culprit == broken.attempt.spec
    assert [name for name, _ in marks.problems] == [path.name]


def test_other_files_are_problems(failures: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text((failures / f"lab-fail-dep-{SKIPPED.hash}").read_text())
    (failures / f"lab-fail-dep-{SKIPPED.hash}").unlink()
    (failures / f"lab-fail-dep-{SKIPPED.hash}").symlink_to(secret)
    (failures / ".nfs0001").write_text("x")
    (failures / f"a-folder-{FAILED.hash[::-1]}").mkdir()
    marks = read_failure_marks(failures)
    assert [(name, error.fault) for name, error in marks.problems] == [
        (".nfs0001", Fault.UNSUPPORTED),
        (f"a-folder-{FAILED.hash[::-1]}", Fault.INVALID),
        (f"lab-fail-dep-{SKIPPED.hash}", Fault.INVALID),
    ]
    assert outcomes(marks)["lab-fail-dep"] == ("failed", None)


def test_the_number_of_markers_is_limited(failures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failure_marks, "MAX_MARKS", 1)
    marks = read_failure_marks(failures)
    assert len(marks.marks) == 1
    assert [error.fault for _, error in marks.problems] == [Fault.TOO_LARGE]


def test_a_cycle_of_markers_ends(tmp_path: Path) -> None:
    """Documents that no Spack writes, in which two specs depend on each other."""
    hashes = {"one": "a" * 32, "two": "b" * 32}
    for name, other in (("one", "two"), ("two", "one")):
        edge = {"name": other, "hash": hashes[other], "parameters": {"deptypes": ["link"]}}
        nodes = [{"name": name, "version": "1", "hash": hashes[name], "dependencies": [edge]}]
        text = json.dumps({"spec": {"_meta": {"version": 5}, "nodes": nodes}})
        (tmp_path / f"{name}-{hashes[name]}").write_text(text)
    assert outcomes(read_failure_marks(tmp_path)) == {
        "one": ("skipped", "two"),
        "two": ("skipped", "one"),
    }


def test_real_markers_are_read(corpus: Path) -> None:
    store = corpus / "store"
    old = read_failure_marks(store / "spack-0.23.0" / "opt-store" / failure_marks.FAILURES)
    new = read_failure_marks(store / "spack-1.1.0" / "opt-store" / failure_marks.FAILURES)
    assert (len(old.marks), len(new.marks), old.problems, new.problems) == (4, 8, (), ())
    skipped = [each.attempt for each in (*old.marks, *new.marks) if each.attempt.culprit]
    assert [(each.spec, each.culprit) for each in skipped] == [(SKIPPED, FAILED)]
    for each in (*old.marks, *new.marks):
        assert each.document is not None
        assert parse_document(each.document).root.hash == each.attempt.spec.hash
        assert os.path.basename(store) not in str(each.attempt)
