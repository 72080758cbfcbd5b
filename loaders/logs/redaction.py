"""Remove secrets from environments, logs, messages and arguments before anything is stored.

`docs/redaction.md` lists what counts as a secret and how to extend the list.
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from loaders.logs import secret_shapes
from loaders.logs.secret_shapes import MARK, SecretShape

__all__ = ["MARK", "LineRedactor", "Redactor"]

# Parts that make a name secret wherever they occur in it, and words that do so only as a whole:
# `AUTH` is secret, `AUTHOR` is not.
_ANYWHERE = (
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN(?!IZ)|CREDENTIAL|COOKIE|API_?KEYS?(?![A-Z])"
    r"|(?:PRIVATE|ACCESS|ACCOUNT|STORAGE|MASTER|SIGNING|ENCRYPTION|DEPLOY|SHARED|SSH|GPG)_?KEY"
    r"|SESSION_?(?:ID|KEY)|WEBHOOK"
)
_WHOLE_WORDS = r"(?:^|_)(?:AUTH|PASS|PW|CREDS?|JWT|BEARER|SAS|SESSION)(?:_|$)|_PWD$|_KEYS?$"
_SECRET_NAME = re.compile(f"{_ANYWHERE}|{_WHOLE_WORDS}|(?:USER|DB|SQL)PASS(?:_|$)")
# Names that match although their values are not secret.
_HARMLESS = frozenset(
    {
        "PWD",
        "OLDPWD",
        "DESKTOP_SESSION",
        "TERM_SESSION_ID",
        "XDG_SESSION_CLASS",
        "XDG_SESSION_DESKTOP",
        "XDG_SESSION_ID",
        "XDG_SESSION_TYPE",
    }
)
_ASSIGNED = re.compile(
    r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]-)(?P<name>[A-Za-z_][A-Za-z0-9_\-]{0,200})"
    r"(?P<sign>=|:(?:STRING|INTERNAL|UNINITIALIZED)=|[\"']\s{0,3}[:=]\s{0,3}(?=[\"'])| = (?=[\"']))"
    r"(?P<value>\"[^\"\n]*\"?|'[^'\n]*'?|[^\s;&,'\"()<>\[\]{}|`]+)"
)
# `setenv NAME VALUE` of csh and modules, `set -gx NAME VALUE` of fish.
_SET = re.compile(
    r"(?<![\w\-])(?:setenv|set -[gUxL]{1,4})[ \t]{1,8}(?P<name>[A-Za-z_]\w{0,200})[ \t]{1,8}"
    r"(?P<value>\"[^\"\n]*\"?|'[^'\n]*'?|[^\s;&,'\"()<>\[\]{}|`]+)"
)
# `setenv("NAME", "VALUE")` of Lmod, `env.set('NAME', 'VALUE')` of recipes.
_CALL = re.compile(
    r"\bset(?:env)?\([ \t]{0,8}[\"'](?P<name>[A-Za-z_]\w{0,200})[\"'][ \t]{0,8},[ \t]{0,8}"
    r"(?P<value>\"[^\"\n]*\"?|'[^'\n]*'?)"
)
# JSON within a string: `{\\"token\\": \\"...\\"}`.
_ESCAPED = re.compile(
    r"(?<![A-Za-z0-9_])(?P<name>[A-Za-z_][A-Za-z0-9_\-]{0,200})"
    r"\\{1,7}\"[ \t]{0,3}:[ \t]{0,3}\\{1,7}\"(?P<value>[^\"\\\n]{1,4000})"
)
# An element of XML: `<token>...</token>`, perhaps with a prefix and attributes.
_ELEMENT = re.compile(
    r"<(?:[A-Za-z][\w\-]{0,40}:)?(?P<name>[A-Za-z_][\w\-]{0,100})(?:[ \t][^<>\n]{0,500})?>"
    r"(?P<value>[^<>\n]{1,4000})(?=</)"
)
# References to variables, placeholders, marks and switches such as `--with-password=no`.
_NOT_A_VALUE = re.compile(
    r"[\"']?(?:[$%*&\[]|@\w+@|<redacted>|[xX*]{3,}|(?:true|false|yes|no|on|off|none|null|auto)\b)"
    r"|[\"']*\Z",
    re.IGNORECASE,
)
_SPECIAL_IN_GLOB = re.compile(r"\[[^\]]*\]?|[*?]")
# Substrings of the names that `_SECRET_NAME` matches: most lines have none and are skipped.
_HINTS = (
    *("pass", "pwd", "pw", "secret", "token", "cred", "cookie", "key", "auth", "jwt", "bearer"),
    *("sas", "session", "webhook"),
)
# A limit or a count, as in `token=0`, unless the name says password.
_SMALL_NUMBER = re.compile(r"\d{1,4}\Z")


class Redactor:
    """Removes secrets from texts and environments, by variable name and by shape.

    Args:
        names: Further names whose values are secret, as case-insensitive globs.
        values: Further secrets, as regular expressions; if one has a group named `secret`, only
            that group is replaced. In logs they are applied to one line at a time.

    Raises:
        ValueError: A pattern is not usable.
    """

    def __init__(self, names: Iterable[str] = (), values: Iterable[str] = ()) -> None:
        self._names: list[re.Pattern[str]] = []
        self._values: list[re.Pattern[str]] = []
        self._hints: tuple[str, ...] = _HINTS
        for name in names:
            self._add_pattern("name", name)
        for value in values:
            self._add_pattern("value", value)

    @classmethod
    def from_file(cls, path: Path) -> "Redactor":
        """Return a redactor with the patterns in a file: `name:GLOB` or `value:REGEX`, one a line.

        Blank lines and lines that begin with `#` are skipped.

        Raises:
            ValueError: Not UTF-8, a line of neither form, or an unusable pattern; the message names
                the file and the line.
            OSError: The file cannot be read.
        """
        redactor = cls()
        for number, line in enumerate(_read_lines(path), 1):
            kind, colon, pattern = line.strip().partition(":")
            if not kind or kind.startswith("#"):
                continue
            try:
                redactor._add_pattern(kind if colon else "", pattern.strip())
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
        return redactor

    def _add_pattern(self, kind: str, pattern: str) -> None:
        if kind == "name":
            self._names.append(_compile_name(pattern))
            # A glob without a literal part gets an empty hint, which every line contains.
            self._hints = (*self._hints, _longest_literal(pattern))
        elif kind == "value":
            self._values.append(_compile_value(pattern))
        else:
            raise ValueError("neither name:GLOB nor value:REGEX")

    def is_secret(self, name: str) -> bool:
        """Return whether a variable of this name holds a secret, whatever its value looks like."""
        return _sounds_secret(name) or any(pattern.match(name) for pattern in self._names)

    def redact_value(self, name: str, value: str) -> str:
        """Return the value of a variable, redacted if necessary; an empty one is not a secret."""
        return MARK if value and self.is_secret(name) else self.redact_text(value)

    def redact_text(self, text: str) -> str:
        """Return `text` with `MARK` in place of each secret recognised by its shape.

        Takes time linear in the length of the text, except for the operator's own patterns.
        """
        without_blocks = secret_shapes.replace_blocks(text)
        shapes = secret_shapes.possible_shapes(self._all_shapes(), without_blocks)
        return self._redact_line(shapes, without_blocks)

    def by_line(self) -> "LineRedactor":
        """Return a callable that redacts the lines of one log as `text` redacts a text."""
        return LineRedactor(self)

    def _all_shapes(self) -> list[SecretShape]:
        return [
            *secret_shapes.SHAPES,
            SecretShape(("setenv", "set -"), _SET, self._redact_setting),
            SecretShape(("set(", "setenv("), _CALL, self._redact_setting),
            SecretShape(('\\"',), _ESCAPED, self._redact_member),
            SecretShape(("</",), _ELEMENT, self._redact_member),
            SecretShape(self._hints, _ASSIGNED, self._redact_assignment),
        ]

    def _redact_line(self, shapes: list[SecretShape], line: str) -> str:
        if shapes:
            line = secret_shapes.replace_secrets(shapes, line)
        for pattern in self._values:
            line = pattern.sub(_replace_secret, line)
        return line

    def _redact_setting(self, found: re.Match[str]) -> str:
        """Redact the value of a command or call that sets a variable."""
        value = found["value"]
        if _NOT_A_VALUE.match(value) or not self.is_secret(found["name"]):
            return found.group()
        quote = value[0] if value[0] in "\"'" else ""
        end = quote if len(value) > 1 and value.endswith(quote) else ""
        start = found.start("value") - found.start()
        return f"{found.group()[:start]}{quote}{MARK}{end}"

    def _redact_member(self, found: re.Match[str]) -> str:
        """Redact the value of a member of JSON or an element of XML."""
        value = found["value"].strip()
        if not value or _NOT_A_VALUE.match(value) or not self.is_secret(found["name"]):
            return found.group()
        start = found.start("value") - found.start()
        return f"{found.group()[:start]}{MARK}"

    def _redact_assignment(self, found: re.Match[str]) -> str:
        name, sign, value = found["name"], found["sign"], found["value"]
        if not self.is_secret(name) or _NOT_A_VALUE.match(value):
            return found.group()
        if _SMALL_NUMBER.match(value) and "pass" not in name.lower():
            return found.group()
        # A call or a subscript in a program: `token = next(`, `key = names[`.
        if found.string[found.end() : found.end() + 1] in ("(", "["):
            return found.group()
        quote = value[0] if value[0] in "\"'" else ""
        end = quote if len(value) > 1 and value.endswith(quote) else ""
        return f"{name}{sign}{quote}{MARK}{end}"


@lru_cache(maxsize=1 << 14)
def _sounds_secret(name: str) -> bool:
    """Return whether a name is one of the documented ones; logs repeat few names many times."""
    plain = name.upper().replace("-", "_")
    return plain not in _HARMLESS and _SECRET_NAME.search(plain) is not None


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error.reason} at byte {error.start}") from error


def _compile_name(glob: str) -> re.Pattern[str]:
    if not glob.strip("*?"):
        raise ValueError(f"the name {glob!r} matches every variable")
    return re.compile(fnmatch.translate(glob), re.IGNORECASE)


def _longest_literal(glob: str) -> str:
    return max(_SPECIAL_IN_GLOB.split(glob.lower()), key=len)


def _compile_value(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if compiled.search(""):
        raise ValueError("the regular expression matches an empty text")
    return compiled


def _replace_secret(found: re.Match[str]) -> str:
    if found.re.groupindex.get("secret") is None or found["secret"] is None:
        return MARK
    start, end = (place - found.start() for place in found.span("secret"))
    return found.group()[:start] + MARK + found.group()[end:]


class LineRedactor:
    """Redacts the lines of one log, a batch at a time.

    A block such as a private key spans lines, so its state is carried from line to line; the
    number of lines never changes.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._shapes = redactor._all_shapes()
        self._blocks = secret_shapes.PemBlocks()

    def __call__(self, lines: Sequence[str]) -> list[str]:
        """Return the next lines of the log, redacted."""
        return self.redact_lines(lines, self.follow_blocks(lines))

    def follow_blocks(self, lines: Sequence[str]) -> list[bool] | None:
        """Return of each of the next lines whether it is in a block; None if none is.

        It is to be called for all lines of the log in order.
        """
        if not self._blocks.is_open and not any("-----BEGIN " in line for line in lines):
            return None
        return [self._blocks.contains_next(line) for line in lines]

    def redact_lines(self, lines: Sequence[str], in_blocks: Sequence[bool] | None) -> list[str]:
        """Return lines of the log, redacted, in any order.

        Args:
            lines: The lines.
            in_blocks: The result of `follow_blocks` for them.
        """
        live = secret_shapes.possible_shapes(self._shapes, "\n".join(lines))
        redact = self._redactor._redact_line
        if in_blocks is not None:
            return [
                MARK if hidden else redact(live, line)
                for hidden, line in zip(in_blocks, lines, strict=True)
            ]
        if not live and not self._redactor._values:
            return list(lines)
        return [redact(live, line) for line in lines]
