"""Runs the extension under the stand-in for Spack, in separate processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from tests.documents import DATA

HERE = Path(__file__).parent
EXTENSION = HERE.parents[1] / "spack-specgraph"
COMMAND = HERE / "fake_spack" / "spack_command.py"


class FakeSpack:
    """A stand-in for Spack with its own home and store.

    Attributes:
        root: the folder of the home, the store, the stages and the database.
        home: the home folder.
        environment: the environment variables of the processes.

    """

    def __init__(self, root: Path, url: str | None = None) -> None:
        self.root = root
        self.home = root / "home"
        self.home.mkdir()
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "FAKE_SPACK_ROOT": str(root),
            "FAKE_SPACK_DATA": str(DATA),
            "FAKE_SPACK_EXTENSION": str(EXTENSION),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if url is not None:
            self.environment["SPECGRAPH_URL"] = url

    @property
    def spool(self) -> Path:
        """The default spool of `record`."""
        return self.home / ".local/share/specgraph/spool"

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(COMMAND), *words]

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def add_installed(
        self,
        document: Path,
        *,
        explicit: bool = True,
        in_prefix: Path | None = None,
        time: float = 1.0,
    ) -> None:
        """Add a document to the installed specs, with a prefix that holds it or another one."""
        prefix = self.root / "opt" / document.stem
        (prefix / ".spack").mkdir(parents=True, exist_ok=True)
        (prefix / ".spack" / "spec.json").write_bytes((in_prefix or document).read_bytes())
        row = {"path": str(document), "prefix": str(prefix), "explicit": explicit, "time": time}
        with (self.root / "fake-db.jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")


def start_push(folder: Path, url: str) -> subprocess.Popen[str]:
    """Start a push without Spack."""
    return subprocess.Popen(
        [sys.executable, "-m", "specgraph.push", str(folder), "--url", url],
        cwd=EXTENSION,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def waiting_names(folder: Path) -> list[str]:
    """Return the names of the files of a spool that are not sent yet."""
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def build_statuses(url: str) -> set[tuple[str, str]]:
    """Return the package and the status of each build that a service lists."""
    answer: Any = requests.get(f"{url}/api/v1/builds", timeout=60).json()
    return {(each["name"], each["status"]) for each in answer["items"]}
