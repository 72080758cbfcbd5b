"""The locked dependencies of the image, and the licences of all dependencies."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.licences import licences_markdown

PROJECT = Path(__file__).parents[1]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
LOCKS = {
    "requirements.lock": DECLARED["project"]["dependencies"],
    "requirements-build.lock": DECLARED["build-system"]["requires"],
}
FREE = {
    *("MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "Python-2.0", "MPL-2.0"),
    *("ZPL-2.1", "Unlicense", "ISC", "0BSD", "LGPL-3.0-only"),
}
"""Licences whose packages may come with the image."""


def locked(name: str) -> dict[str, list[tuple[Requirement, set[str]]]]:
    """Map packages to their locked versions and hashes; there may be one for each Python."""
    found: dict[str, list[tuple[Requirement, set[str]]]] = {}
    text = re.sub(r"^#.*\n", "", (PROJECT / name).read_text("utf-8"), flags=re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", text.strip()):
        lines = [line.strip(" \\") for line in entry.splitlines()]
        requirement = Requirement(lines[0])
        hashes = {line.removeprefix("--hash=") for line in lines[1:]}
        found.setdefault(canonicalize_name(requirement.name), []).append((requirement, hashes))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_satisfies_what_is_declared(name: str) -> None:
    entries = locked(name)
    for text in LOCKS[name]:
        declared = Requirement(text)
        for requirement, _ in entries[canonicalize_name(declared.name)]:
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            assert declared.specifier.contains(pin.version), text


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_hashes_and_names_no_registry(name: str) -> None:
    for entries in locked(name).values():
        for requirement, hashes in entries:
            assert hashes, requirement
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
            assert requirement.url is None
    assert "//" not in (PROJECT / name).read_text("utf-8")


def test_the_image_installs_only_what_is_locked() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text("utf-8")
    installing = re.findall(r"pip (?:install|wheel) ([^\\\n]*)", dockerfile)
    for words in installing:
        assert "--require-hashes -r" in words or "--no-deps" in words, words
    ignored = (PROJECT / ".dockerignore").read_text("utf-8").splitlines()
    for name in LOCKS:
        assert f"!{name}" in ignored
        assert f"--require-hashes -r {name}" in dockerfile


def licences() -> dict[str, tuple[str, str]]:
    """Map packages to licence and user, as the page says."""
    page = (PROJECT / "docs" / "licences.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w.-]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    return {name: (licence, user) for name, licence, user in rows if name != "package"}


def test_the_licence_of_each_locked_package_is_listed_and_free() -> None:
    listed = {
        name: licence for name, (licence, user) in licences().items() if user == "the service"
    }
    assert set(listed) == set(locked("requirements.lock"))
    for name, licence in listed.items():
        assert set(re.split(r" (?:AND|OR) ", licence)) <= FREE, name


def test_the_page_of_licences_is_that_of_the_locked_packages() -> None:
    for name, entries in locked("requirements.lock").items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not installed")
        if not any(each.specifier.contains(installed) for each, _ in entries):
            pytest.skip(f"{name} {installed} is installed, which is not the locked version")
    assert (PROJECT / "docs" / "licences.md").read_text("utf-8") == licences_markdown()


def test_the_bundled_scripts_have_the_licence_that_the_page_says() -> None:
    bundled = (PROJECT / "service/web/static/built/THIRD-PARTY.txt").read_text("utf-8")
    heads = re.findall(r"^(\S+) [\d.]+ \((\S+)\)$", bundled, re.MULTILINE)
    names = {name.rpartition("/")[2] for name, _ in heads}
    assert names == {"cytoscape", "dagre", "graphlib"}
    assert {licence for _, licence in heads} == {"MIT"}
