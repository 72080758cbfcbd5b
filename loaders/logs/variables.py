"""Environment variables of a build, read from what Spack writes of them.

Spack keeps two files: `spack-build-env-mods.txt` with the changes that it made, by
`export NAME=value;` and `unset NAME;` (`EnvironmentModifications.shell_modifications`), and
`spack-build-env.txt`, which in the stage is the whole environment, by `NAME=value; export NAME`
(`dump_environment` in `spack/util/environment.py`), and in an installation is the changes. Values
are quoted for a POSIX shell. Output of `env` and a JSON object are read as well.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping

from loaders.evidence import Variable
from loaders.logs.redaction import MARK, Redactor

__all__ = ["MARK", "Redactor", "environment_of", "parse_environment"]

MAX_VALUE = 1 << 15
"""Longest value that is kept, in characters; of a longer one the rest is cut, with a mark."""
MAX_TEXT = 1 << 22
"""Longest environment that is read, in characters; what is behind is not."""
MAX_NAME = 255
MAX_VARIABLES = 5000

_NAME = r"[A-Za-z_][A-Za-z0-9_.%()]{0,200}"
_START = re.compile(
    rf"(?:(?P<unset>unset(?:env)?)[ \t]++(?P<gone>{_NAME})[ \t]*+(?:;[ \t]*+)?$"
    rf"|(?P<csh>setenv)[ \t]+(?P<there>{_NAME})[ \t]+"
    rf"|(?P<export>(?:export|declare -x)[ \t]+)?(?P<name>{_NAME})="
    r"|(?P<function>function[ \t]))",
    re.MULTILINE,
)
_WORD_PART = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"|\\(?P<escaped>.)"""
    r"""|(?P<plain>[^\s'"\\;]+)""",
    re.DOTALL,
)
_BEHIND_WORD = re.compile(
    rf"[ \t]*+(?:;[ \t]*+)?(?:export[ \t]++{_NAME}[ \t]*+(?:;[ \t]*+)?)?$", re.MULTILINE
)
_ESCAPED_IN_DOUBLE = re.compile(r'\\([\\"$`])')
_END_OF_FUNCTION = re.compile(r"; export -f .*$", re.MULTILINE)
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]+-----")


def parse_environment(text: str | bytes, redactor: Redactor | None = None) -> list[Variable]:
    """The variables of an environment as Spack writes it, in their order, secrets redacted.

    Of a name that comes twice the later value counts. Comments (Spack so writes `PWD` and others
    that it hides), functions and what cannot be read are left out: nothing is an error here.

    :param text: `spack-build-env.txt`, `spack-build-env-mods.txt`, the output of `env`, or a JSON
        object; invalid UTF-8 is replaced.
    :param redactor: what is secret; the documented list where it is None.
    """
    given = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    given = given[:MAX_TEXT].replace("\r\n", "\n").replace("\0", "\n")
    found: dict[str, str | None] = {}
    for name, value in _from_json(given) or _statements(given):
        found[name] = value
    return environment_of(found, redactor)


def environment_of(
    mapping: Mapping[str, object], redactor: Redactor | None = None
) -> list[Variable]:
    """The variables of an object of names and values, in its order, secrets redacted.

    :param mapping: a value that is None is of a variable that was unset; other values than text are
        kept as their JSON.
    :param redactor: what is secret; the documented list where it is None.
    """
    known = redactor if redactor is not None else Redactor()
    pairs = itertools.islice(mapping.items(), MAX_VARIABLES)
    return [_variable(known, _encodable(name[:MAX_NAME]), value) for name, value in pairs]


def _variable(redactor: Redactor, name: str, value: object) -> Variable:
    if value is None:
        return Variable(name, None)
    text = _encodable(value if isinstance(value, str) else json.dumps(value, default=str))
    kept = redactor.value(name, text[: 2 * MAX_VALUE])
    redacted = kept != text[: 2 * MAX_VALUE]
    cut = len(kept) - MAX_VALUE + max(0, len(text) - 2 * MAX_VALUE)
    if len(kept) > MAX_VALUE:
        kept = f"{kept[:MAX_VALUE]} [... {cut} characters cut]"
    return Variable(name, kept, redacted)


def _encodable(text: str) -> str:
    """`text` without NUL, and with half of a surrogate pair, which JSON may hold, replaced."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _from_json(text: str) -> list[tuple[str, str | None]]:
    """Names and values of a JSON object; none where the text is no such."""
    if not text.lstrip().startswith("{"):
        return []
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        return []
    pairs = loaded.items() if isinstance(loaded, dict) else ()
    return [
        (name, value if value is None or isinstance(value, str) else json.dumps(value))
        for name, value in pairs
    ]


def _statements(text: str) -> Iterator[tuple[str, str | None]]:
    """Names and values of each statement that sets or unsets a variable."""
    place = 0
    while place < len(text):
        found = _START.match(text, place)
        if found is None:
            place = _next_line(text, place)
        elif found["function"]:
            end = _END_OF_FUNCTION.search(text, place)
            place = _next_line(text, end.end()) if end else len(text)
        elif found["unset"]:
            yield found["gone"], None
            place = _next_line(text, found.end())
        else:
            name = found["there"] or found["name"]
            value, place = _value(text, found.end(), plain=not (found["export"] or found["csh"]))
            if not name.startswith("BASH_FUNC_"):
                yield name, value


def _value(text: str, start: int, *, plain: bool) -> tuple[str, int]:
    """The value that begins at `start`, and where the next statement begins.

    :param plain: it may be the output of `env`, whose values are not quoted.
    """
    word = _word(text, start)
    if word is not None:
        value, end = word
        behind = _BEHIND_WORD.match(text, end)
        one_line = "\n" not in value and not _goes_on(text, end)
        if behind is not None and (not plain or ";" in behind.group() or one_line):
            return value, _next_line(text, behind.end())
    return _raw(text, start)


def _word(text: str, start: int) -> tuple[str, int] | None:
    """A word of the shell, unquoted, and its end; None where a quote is not closed."""
    parts: list[str] = []
    place = start
    while found := _WORD_PART.match(text, place):
        if found["double"] is not None:
            parts.append(_ESCAPED_IN_DOUBLE.sub(r"\1", found["double"]))
        else:
            parts.append(found["single"] or found["escaped"] or found["plain"] or "")
        place = found.end()
    return None if text[place : place + 1] in ("'", '"') else ("".join(parts), place)


def _raw(text: str, start: int) -> tuple[str, int]:
    """The value as it stands, with the lines that go on with it, and where the next begins.

    A block such as a private key goes on to its end, whatever its lines look like.
    """
    line, end = start, _end_of_line(text, start)
    while True:
        opened = text.rfind("-----BEGIN ", line, end)
        if opened >= 0 and _BLOCK_END.search(text, opened, end) is None:
            closed = _BLOCK_END.search(text, end)
            line = end = _end_of_line(text, closed.end()) if closed else len(text)
        elif _goes_on(text, end):
            line, end = end + 1, _end_of_line(text, end + 1)
        else:
            return text[start:end].rstrip("\n").removesuffix(";"), end + 1


def _goes_on(text: str, end: int) -> bool:
    """Whether the next line can only belong to the value before it."""
    if end + 1 >= len(text) or text[end] != "\n":
        return False
    return text[end + 1] != "#" and _START.match(text, end + 1) is None


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _next_line(text: str, place: int) -> int:
    return _end_of_line(text, place) + 1
