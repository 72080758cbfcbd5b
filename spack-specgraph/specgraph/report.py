"""The summary of an upload: a few lines at the end."""

import collections
from typing import Any, Dict, List, Set, Tuple

_MARKERS = ".spack-db/failures/"
MAX_PROBLEMS = 20
"""Refusals and errors that are listed one by one."""


class Report:
    """Counts of uploaded documents, and the refusals with their reasons.

    Attributes:
        counts: numbers by name, such as `new specs`.
        refused: labels and reasons of refused documents.
        attempts: whether the service had no such attempt before, by hash and status of the build.
        mismatching: digests of the documents with a spec whose hash does not match its content.

    """

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.refused: List[Tuple[str, str]] = []
        self.attempts: Dict[Tuple[str, str], bool] = {}
        self.mismatching: Set[str] = set()

    def add_refusal(self, label: str, reason: object) -> None:
        """Add a document that the service refused, or that could not be read."""
        self.refused.append((label, str(reason)))

    def add_specs(self, answer: Dict[str, Any]) -> None:
        """Add the counts in an answer to an upload of specs."""
        counts = answer.get("counts", {})
        self.counts["documents"] += counts.get("documents", 0)
        self.counts["new specs"] += counts.get("new_specs", 0)
        for entry in answer.get("documents", ()):
            self._check_hashes(entry)

    def add_documents(self, label: str, answer: Dict[str, Any]) -> None:
        """Add the builds and stores in an answer to an upload of other documents.

        An attempt that two documents describe, such as a marker and a stage, counts once.
        """
        summary = answer.get("summary", {})
        self.counts["new specs"] += summary.get("new_specs", 0)
        self.counts["half rewired"] += summary.get("counts", {}).get("half_rewired", 0)
        for entry in answer.get("documents", ()):
            if entry.get("outcome") == "refused":
                if _MARKERS in entry.get("source", "") and entry.get("fault") == "malformed":
                    continue  # An empty marker is not an error: its name is enough.
                self.add_refusal(entry.get("source") or label, entry.get("reason", "refused"))
            elif entry.get("what") == "build":
                if entry.get("outcome") != "ignored":
                    self._add_attempt(entry)
            elif entry.get("what") == "spec":
                self._check_hashes(entry)
            elif entry.get("what") == "files":
                counts = entry.get("counts", {})
                self.counts["libraries"] += counts.get("libraries", 0)
                self.counts["new libraries"] += counts.get("new_libraries", 0)
            elif entry.get("what") == "installations":
                counts = entry.get("counts", {})
                self.counts["installations"] += counts.get("installations", 0)
                self.counts["new installations"] += counts.get("new_installations", 0)

    def _check_hashes(self, entry: Dict[str, Any]) -> None:
        if entry.get("unverified"):
            # By digest, since a document may come alone and in the archive of a prefix.
            self.mismatching.add(str(entry.get("digest")))

    def _add_attempt(self, entry: Dict[str, Any]) -> None:
        # The summary of a build is `name@version/hash status`.
        words = [*entry.get("told", "").split(), "", ""]
        attempt = (words[0].rpartition("/")[2], words[1])
        is_new = bool(entry.get("counts", {}).get("new_builds"))
        self.attempts[attempt] = is_new or self.attempts.get(attempt, False)

    def lines(self) -> List[str]:
        """Return the lines of the summary."""
        counts = self.counts
        lines: List[str] = []
        spooled = counts["spooled"] or counts["kept"]
        has_archives = self.attempts or counts["installations"] or spooled
        if counts["documents"] or counts["known"] or not has_archives:
            sent = _pluralize(counts["documents"], "spec document")
            new = _pluralize(counts["new specs"], "new spec")
            lines.append(f"{sent} sent, {counts['known']} known already; {new}")
        if self.attempts:
            lines.append(self._builds_line())
        if counts["libraries"]:
            libraries = "1 program or library" if counts["libraries"] == 1 else None
            libraries = libraries or "{} programs and libraries".format(counts["libraries"])
            lines.append(f"{libraries}, {counts['new libraries']} new")
        if counts["installations"]:
            installations = _pluralize(counts["installations"], "installation")
            lines.append(f"{installations}, {counts['new installations']} new")
        if spooled:
            written = _pluralize(counts["spooled"], "file")
            lines.append(f"{written} written, {counts['kept']} there already")
        return lines + self._known_defects()

    def _known_defects(self) -> List[str]:
        """Return a line for each kind of known defect of Spack; none of them needs any action."""
        lines: List[str] = []
        if self.mismatching:
            documents = _pluralize(len(self.mismatching), "document")
            lines.append(
                f"in {documents}, some hashes do not match the content. Spack writes them for "
                "some splices; everything is stored as it is, and nothing is lost"
            )
        if self.counts["half rewired"]:
            count = self.counts["half rewired"]
            prefixes = "1 prefix is" if count == 1 else f"{count} prefixes are"
            lines.append(
                f"{prefixes} left half rewired by Spack, and not stored as installed; the build "
                "spec is stored"
            )
        return lines

    def _builds_line(self) -> str:
        statuses = collections.Counter(status for _, status in self.attempts)
        by_status = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        builds = _pluralize(len(self.attempts), "build")
        return f"{builds}, {sum(self.attempts.values())} new: {by_status}"

    def problem_lines(self) -> List[str]:
        """Return a line per refusal, at most `MAX_PROBLEMS` and the number of the others."""
        lines = [f"{label}: {reason}" for label, reason in self.refused[:MAX_PROBLEMS]]
        if len(self.refused) > MAX_PROBLEMS:
            lines.append(f"and {len(self.refused) - MAX_PROBLEMS} more")
        return lines


def _pluralize(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")
