"""Which files and folders become candidates, and which are not even searched."""

import os
import stat
from pathlib import Path

import pytest

from loaders.builds import failure_marks, install_folder, stage_folder
from loaders.builds.install_folder import INSTALLED_FILES
from loaders.document_kinds import Candidate
from loaders.pipeline.discovery import discover
from loaders.reports import cdash

FILE = "file"
STAGE = f"spack-stage-app-1.0-{'a' * 32}"


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def found(root: Path) -> set[tuple[str, str]]:
    """Return the path and the kind of every candidate."""
    return {(each.path.relative_to(root).as_posix(), name_of(each)) for each in discover([root])}


def name_of(candidate: Candidate) -> str:
    return candidate.kind.name if candidate.kind else FILE


def test_the_configuration_of_a_user_is_skipped(tmp_path: Path) -> None:
    put(tmp_path, ".spack/mirrors.yaml", ".spack/gpg/secring.gpg", ".spack/cache/spec.json")
    put(tmp_path, "spack.lock", f"stages/{STAGE}/spack-build-out.txt", "opt/app/.spack/spec.json")
    assert found(tmp_path) == {
        ("spack.lock", FILE),
        (f"stages/{STAGE}", stage_folder.KIND.name),
        ("opt/app/.spack", install_folder.KIND.name),
        ("opt/app/.spack/spec.json", FILE),
    }
    assert discover([tmp_path / ".spack"]) == []


@pytest.mark.parametrize("name", INSTALLED_FILES)
def test_an_installed_package_is_recognized_by_one_of_its_files(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"app/.spack/{name}", "app/share/spec.json")
    specs = {("app/.spack/spec.json", FILE), ("app/.spack/spec.yaml", FILE)}
    taken = found(tmp_path) - specs
    assert taken == {("app/.spack", install_folder.KIND.name)}
    *_, folder = discover([tmp_path / "app" / ".spack"])
    assert folder.kind is install_folder.KIND


def test_a_folder_with_the_name_of_such_a_file_does_not_count(tmp_path: Path) -> None:
    put(tmp_path, ".spack/spec.json/mirrors.yaml", "spack.lock")
    assert found(tmp_path) == {("spack.lock", FILE)}


def test_a_link_to_a_package_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "store/app/.spack/spec.json", "home/spack.lock")
    (tmp_path / "home" / ".spack").symlink_to(tmp_path / "store" / "app" / ".spack")
    assert found(tmp_path / "home") == {("spack.lock", FILE)}


def test_every_name_of_a_log_identifies_an_installed_package() -> None:
    assert set(install_folder.LOGS) <= set(INSTALLED_FILES)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    put(tmp_path, f"{name}/spack.lock", f"{name}-1/.spack/spec.json", f"{name}_Build.xml")
    kinds = sorted(name_of(each) for each in discover([tmp_path]))
    assert kinds == sorted([FILE, FILE, install_folder.KIND.name, cdash.KIND.name])


def test_broken_links_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "spack.lock", ".spack-db/failures/app", f"{STAGE}/spack-build-out.txt")
    for name in ("gone.json", ".spack-db/index.json", "gone_Build.xml", f"{STAGE}/gone"):
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert found(tmp_path) == {
        ("spack.lock", FILE),
        (".spack-db/failures", failure_marks.KIND.name),
        (".", cdash.KIND.name),
        (STAGE, stage_folder.KIND.name),
    }


def test_files_may_disappear_during_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.json", "b.json", "c_Build.xml", f"{STAGE}/spack-build-out.txt")
    look = Path.stat

    def look_once(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        """Delete a file as soon as it was examined."""
        status = look(self, follow_symlinks=follow_symlinks)
        inside = tmp_path in self.parents
        if inside and stat.S_ISREG(status.st_mode) and self.name != "a.json":
            self.unlink()
        return status

    monkeypatch.setattr(Path, "stat", look_once)
    assert {("a.json", FILE), (STAGE, stage_folder.KIND.name)} <= found(tmp_path)


def test_an_empty_folder_of_markers_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ".spack-db" / "failures").mkdir(parents=True)
    assert discover([tmp_path]) == []
