"""What became of what was to be sent, in a few lines at the end."""

import collections

_MARKERS = ".spack-db/failures/"
MOST_TOLD = 20
"""Refusals and faults that are told one by one."""


class Report(object):
    """Counts, and what was refused and why.

    :ivar counts: by a word or two.
    :ivar refused: what was refused, each with the reason.
    :ivar attempts: builds by hash and how they ended, and whether any is new to the service.
    """

    def __init__(self):
        self.counts = collections.Counter()
        self.refused = []
        self.attempts = {}

    def refuse(self, label, reason):
        """Note something that the service did not take, or that could not be read."""
        self.refused.append((label, str(reason)))

    def stored(self, answer):
        """Add what an answer of the service tells of new specs."""
        counts = answer.get("counts", {})
        self.counts["documents"] += counts.get("documents", 0)
        self.counts["new specs"] += counts.get("new_specs", 0)

    def evidence(self, label, answer):
        """Add what an answer tells of builds and installations.

        An attempt of which two documents tell, such as a marker and a stage, counts once.
        """
        self.counts["new specs"] += answer.get("summary", {}).get("new_specs", 0)
        for entry in answer.get("documents", ()):
            if entry.get("outcome") == "refused":
                if _MARKERS in entry.get("source", "") and entry.get("fault") == "malformed":
                    continue  # Its name tells enough.
                self.refuse(entry.get("source") or label, entry.get("reason", "refused"))
            elif entry.get("what") == "build":
                self._attempt(entry)
            elif entry.get("what") == "installations":
                self.counts["stores"] += 1

    def _attempt(self, entry):
        words = [*entry.get("told", "").split(), "", ""]
        attempt = (words[0].rpartition("/")[2], words[1])
        new = bool(entry.get("counts", {}).get("new_builds"))
        self.attempts[attempt] = new or self.attempts.get(attempt, False)

    def lines(self):
        """The report, a line each."""
        c, told = self.counts, []
        archives = self.attempts or c["stores"] or c["spooled"] or c["kept"]
        if c["documents"] or c["known"] or not archives:
            sent = _plural(c["documents"], "spec document")
            new = _plural(c["new specs"], "new spec")
            told.append("%s sent, %d known already; %s" % (sent, c["known"], new))
        if self.attempts:
            told.append(self._builds())
        if c["stores"]:
            told.append(_plural(c["stores"], "index", "indexes") + " of a store")
        if c["spooled"] or c["kept"]:
            told.append("%s written, %d there already" % (_plural(c["spooled"], "file"), c["kept"]))
        return told

    def _builds(self):
        ends = collections.Counter(attempt[-1] for attempt in self.attempts)
        told = ", ".join("%d %s" % (count, end) for end, count in sorted(ends.items()))
        new = sum(self.attempts.values())
        return "%s, %d new: %s" % (_plural(len(self.attempts), "build"), new, told)

    def problems(self):
        """What was refused, a line each; of many the first ones."""
        told = ["%s: %s" % each for each in self.refused[:MOST_TOLD]]
        if len(self.refused) > MOST_TOLD:
            told.append("and %d more" % (len(self.refused) - MOST_TOLD))
        return told


def _plural(count, word, several=None):
    return "%d %s" % (count, word if count == 1 else several or word + "s")
