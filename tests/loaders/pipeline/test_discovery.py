"""Which files and folders are taken, and which are not even looked into."""

import os
import stat
from pathlib import Path

import pytest

from loaders.builds import install_folder
from loaders.pipeline.discovery import OF_INSTALLED, Kind, discover

STAGE = f"spack-stage-app-1.0-{'a' * 32}"


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def found(root: Path) -> set[tuple[str, Kind]]:
    return {(each.path.relative_to(root).as_posix(), each.kind) for each in discover([root])}


def test_a_users_configuration_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, ".spack/mirrors.yaml", ".spack/gpg/secring.gpg", ".spack/cache/spec.json")
    put(tmp_path, "spack.lock", f"stages/{STAGE}/spack-build-out.txt", "opt/app/.spack/spec.json")
    assert found(tmp_path) == {
        ("spack.lock", Kind.FILE),
        (f"stages/{STAGE}", Kind.STAGE),
        ("opt/app/.spack", Kind.INSTALLED),
        ("opt/app/.spack/spec.json", Kind.FILE),
    }
    assert discover([tmp_path / ".spack"]) == []


@pytest.mark.parametrize("name", OF_INSTALLED)
def test_an_installed_package_is_known_by_one_of_its_files(tmp_path: Path, name: str) -> None:
    put(tmp_path, f"app/.spack/{name}", "app/share/spec.json")
    taken = found(tmp_path) - {("app/.spack/spec.json", Kind.FILE)}
    assert taken == {("app/.spack", Kind.INSTALLED)}
    assert [each.kind for each in discover([tmp_path / "app" / ".spack"])][-1] is Kind.INSTALLED


def test_a_folder_of_such_a_name_is_no_such_file(tmp_path: Path) -> None:
    put(tmp_path, ".spack/spec.json/mirrors.yaml", "spack.lock")
    assert found(tmp_path) == {("spack.lock", Kind.FILE)}


def test_a_link_to_a_package_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "store/app/.spack/spec.json", "home/spack.lock")
    (tmp_path / "home" / ".spack").symlink_to(tmp_path / "store" / "app" / ".spack")
    assert found(tmp_path / "home") == {("spack.lock", Kind.FILE)}


def test_every_log_that_is_read_tells_a_package() -> None:
    assert set(install_folder.LOGS) <= set(OF_INSTALLED)


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    put(tmp_path, f"{name}/spack.lock", f"{name}-1/.spack/spec.json", f"{name}_Build.xml")
    kinds = sorted(each.kind for each in discover([tmp_path]))
    assert kinds == sorted([Kind.FILE, Kind.FILE, Kind.INSTALLED, Kind.CDASH])


def test_what_is_gone_or_leads_nowhere_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "spack.lock", ".spack-db/failures/app", f"{STAGE}/spack-build-out.txt")
    for name in ("gone.json", ".spack-db/index.json", "gone_Build.xml", f"{STAGE}/gone"):
        (tmp_path / name).symlink_to(tmp_path / "nowhere")
    assert found(tmp_path) == {
        ("spack.lock", Kind.FILE),
        (".spack-db/failures", Kind.FAILURES),
        (".", Kind.CDASH),
        (STAGE, Kind.STAGE),
    }


def test_a_file_that_goes_away_during_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.json", "b.json", "c_Build.xml", f"{STAGE}/spack-build-out.txt")
    look = Path.stat

    def look_once(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        """Files go away once they were looked at."""
        told = look(self, follow_symlinks=follow_symlinks)
        inside = tmp_path in self.parents
        if inside and stat.S_ISREG(told.st_mode) and self.name != "a.json":
            self.unlink()
        return told

    monkeypatch.setattr(Path, "stat", look_once)
    assert {("a.json", Kind.FILE), (STAGE, Kind.STAGE)} <= found(tmp_path)


def test_an_empty_folder_of_markers_is_nothing(tmp_path: Path) -> None:
    (tmp_path / ".spack-db" / "failures").mkdir(parents=True)
    assert discover([tmp_path]) == []
