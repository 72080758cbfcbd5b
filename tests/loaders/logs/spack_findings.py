"""Errors and warnings found by Spack's own log parser, from CDash reports and console output."""

import html
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SpackFinding:
    kind: str
    line: int
    text: str
    source_file: str | None = None
    source_line: int | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def findings_in_cdash(report: Path) -> list[SpackFinding]:
    """Return the findings in a Build.xml; its texts were escaped twice."""
    build = ElementTree.parse(report).getroot().find("Build")
    assert build is not None
    return [_of_element(element) for element in build if element.tag in ("Error", "Warning")]


def _of_element(element: ElementTree.Element) -> SpackFinding:
    def text(tag: str) -> str:
        return html.unescape(element.findtext(tag) or "")

    def lines(tag: str) -> tuple[str, ...]:
        return tuple(text(tag).split("\n")) if text(tag) else ()

    return SpackFinding(
        element.tag.lower(),
        int(text("BuildLogLine")),
        text("Text"),
        text("SourceFile") or None,
        int(text("SourceLineNumber") or 0) or None,
        lines("PreContext"),
        lines("PostContext"),
    )


def findings_on_console(output: str) -> list[SpackFinding]:
    """Return the errors that Spack marks by `>>` on the console, with wrapped lines joined."""
    found: list[SpackFinding] = []
    column = 0
    for line in output.split("\n"):
        marked = re.match(r"  >> (\d+) +", line)
        if marked:
            column = marked.end()
            found.append(SpackFinding("error", int(marked.group(1)), line[column:]))
        elif column and line[:column].isspace() and len(line) > column:
            last = found.pop()
            found.append(SpackFinding("error", last.line, last.text + line[column:]))
        else:
            column = 0
    return found


def logs_by_hash(store: Path) -> dict[str, Path]:
    """Return the complete build log of each installed or failed spec."""
    packed = store.rglob("*/.spack/spack-build-out.txt.gz")
    staged = store.glob("failed-stages/*/spack-build-out.txt")
    return {
        folder.name[-32:]: path
        for path in (*packed, *staged)
        for folder in [path.parent.parent if path.suffix == ".gz" else path.parent]
    }


def outputs_in_junit(report: Path) -> list[str]:
    root = ElementTree.parse(report).getroot()
    return [element.text.lstrip("\n") for element in root.iter("system-out") if element.text]
