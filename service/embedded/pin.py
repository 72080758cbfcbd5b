"""The pinned list of Neo4j's jars.

The list is package data with one artifact per line: its path in Maven repository layout, its size
in bytes and its SHA-256. Maintainers regenerate it from a folder in that layout, which a dependency
tool fills with `org.neo4j:neo4j`, `org.neo4j.app:neo4j-server` (of the version below) and
`org.neo4j.client:neo4j-browser`, including their run-time dependencies:

    python -m service.embedded.pin FOLDER
"""

import hashlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

NEO4J_VERSION = "5.26.30"
LOCK_FILE = Path(__file__).with_name(f"neo4j-{NEO4J_VERSION}.lock")

_HEADER = (
    f"# Neo4j Community {NEO4J_VERSION} with its server and browser: "
    "path in a Maven repository, bytes, sha256.\n"
    "# Written by `python -m service.embedded.pin FOLDER`.\n"
)


@dataclass(frozen=True, slots=True)
class Artifact:
    """One pinned jar.

    Attributes:
        path: its path in a Maven repository.
        size: its size in bytes.
        sha256: its SHA-256, hexadecimal.

    """

    path: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.path} {self.size} {self.sha256}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal.

    Raises:
        OSError: if the file cannot be read.

    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_lock(lock_file: Path = LOCK_FILE) -> tuple[Artifact, ...]:
    """Read a pinned list in its order, ignoring lines that start with `#`.

    Raises:
        ValueError: if a line is not `path size sha256`, or a path leads out of the folder.

    """
    artifacts = []
    for line in lock_file.read_text("ascii").splitlines():
        if line and not line.startswith("#"):
            path, size, digest = line.split()
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(f"{path!r} is not a path inside a repository")
            artifacts.append(Artifact(path, int(size), digest))
    return tuple(artifacts)


def scan_repository(folder: Path) -> tuple[Artifact, ...]:
    """Return all jars in a folder with Maven repository layout, sorted by path."""
    jars = sorted(folder.rglob("*.jar"), key=lambda jar: jar.relative_to(folder).as_posix())
    return tuple(
        Artifact(jar.relative_to(folder).as_posix(), jar.stat().st_size, sha256_of(jar))
        for jar in jars
    )


def write_lock(artifacts: Iterable[Artifact], lock_file: Path = LOCK_FILE) -> None:
    """Write a pinned list."""
    lines = "".join(f"{artifact}\n" for artifact in artifacts)
    lock_file.write_text(_HEADER + lines, "ascii")


def main(arguments: Sequence[str]) -> int:
    """Regenerate the pinned list from the folder given as the only argument."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m service.embedded.pin FOLDER", file=sys.stderr)
        return 2
    write_lock(scan_repository(Path(arguments[0])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
