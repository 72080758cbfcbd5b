"""Sample reports for tests."""

import io
from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "reports"
STAMPED = "==> [2026-11-24-00:07:46.836490] 'make' 'install'\n"
HASH = "mdhv6ycwnfcpakxics2rahndtqbpzvsr"
OTHER = "nenbxcxclbgzsye4jcs3oa2y7afyha6a"
THIRD = "dek5utfimbqvs2xjedac7qldsnuuz63i"


def opened(path: Path) -> io.BytesIO:
    return io.BytesIO(path.read_bytes())


def case(package: str, dag_hash: str, inner: str, seconds: str = "1.5") -> str:
    return (
        f'<testcase classname="{package}" name="{dag_hash}" time="{seconds}">\n{inner}</testcase>\n'
    )


def output(text: str) -> str:
    """Return a `system-out` element as Spack's template renders it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;")
    return f"            <system-out>\n{escaped}\n            </system-out>\n"


def junit(
    *cases: str, name: str = "lab-zx", timestamp: str = "Tue, 24 Nov 2026 00:07:44"
) -> io.BytesIO:
    suite = f'<testsuite name="{name}" timestamp="{timestamp}" >\n{"".join(cases)}</testsuite>'
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    return io.BytesIO(f"{head}{suite}\n</testsuites>".encode("utf-8", "surrogateescape"))


SITE = """<?xml version="1.0" encoding="UTF-8"?>
<Site BuildName="{build}" BuildStamp="20261124-0013-Nightly" Name="ci" Generator="spack-1.1.0"
      Hostname="node7" OSName="Linux" OSRelease="6.1" VendorString="zen4">
"""


def site(build: str, inner: str) -> io.BytesIO:
    """Return a file of a CDash report."""
    return io.BytesIO(f"{SITE.format(build=build)}{inner}</Site>".encode())


def configure(log: str, status: int = 0) -> str:
    escaped = log.replace("&", "&amp;").replace("<", "&lt;")
    return (
        "<Configure><StartConfigureTime>1795479190</StartConfigureTime>"
        f"<ConfigureCommand>x</ConfigureCommand><Log>{escaped}</Log>"
        f"<ConfigureStatus>{status}</ConfigureStatus>"
        "<EndConfigureTime>1795479194</EndConfigureTime></Configure>"
    )


def build(*entries: str) -> str:
    return (
        f"<Build><StartBuildTime>1795479190</StartBuildTime>{''.join(entries)}"
        "<EndBuildTime>1795479194</EndBuildTime></Build>"
    )


def entry(kind: str, line: int, text: str, after: str = "") -> str:
    """Return an error or a warning, escaped twice as Spack does."""
    texts = [part.replace("&", "&amp;").replace("<", "&lt;") for part in (text, after)]
    texts = [part.replace("&", "&amp;") for part in texts]
    return (
        f"<{kind}><BuildLogLine>{line}</BuildLogLine><Text>{texts[0]}</Text>"
        "<SourceFile></SourceFile><SourceLineNumber></SourceLineNumber>"
        f"<PreContext></PreContext><PostContext>{texts[1]}</PostContext></{kind}>"
    )


UPDATE = """<?xml version="1.0" encoding="UTF-8"?>
<Update><Site>ci</Site><BuildName>{build}</BuildName><BuildStamp>20261124-0013-Nightly</BuildStamp>
<StartTime>1795479190</StartTime><UpdateCommand></UpdateCommand><UpdateType>GIT</UpdateType>
<Revision>9cf6633</Revision><EndTime>1795479194</EndTime>{inner}</Update>"""


def update(build: str, inner: str = "") -> io.BytesIO:
    return io.BytesIO(UPDATE.format(build=build, inner=inner).encode())
