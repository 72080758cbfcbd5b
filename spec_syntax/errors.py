"""The error that every syntax mistake in a spec raises."""

import re

_CONTROL = re.compile(r"[^\x20-\x7e\xa0-\U0010ffff]|[\ud800-\udfff]")
_CONTEXT = 60


class SpecSyntaxError(ValueError):
    """A text is not a valid spec.

    Attributes:
        message: the reason, one sentence.
        text: the whole text that was parsed.
        position: index in ``text`` of the first wrong character; ``len(text)`` if something is
            missing at the end.
        length: number of wrong characters, at least 1.

    """

    def __init__(self, message: str, text: str, position: int, length: int = 1) -> None:
        super().__init__(message, text, position, length)
        self.message = message
        self.text = text
        self.position = max(0, min(position, len(text)))
        self.length = max(1, length)

    def __str__(self) -> str:
        """Return three lines: the reason, the text around the mistake, and carets below it."""
        start = max(0, self.position - _CONTEXT)
        end = self.position + _CONTEXT
        before = "..." if start else ""
        after = "..." if end < len(self.text) else ""
        shown = before + _CONTROL.sub(" ", self.text[start:end]) + after
        visible = max(1, min(self.length, end - self.position, len(self.text) - self.position))
        carets = " " * (len(before) + self.position - start) + "^" * visible
        return f"{self.message}\n{shown}\n{carets}"
