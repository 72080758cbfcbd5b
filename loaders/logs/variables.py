"""Read the environment variables of a build from the files in which Spack records them.

Spack keeps two files. `spack-build-env-mods.txt` holds the changes that it made, as
`export NAME=value;` and `unset NAME;` (`EnvironmentModifications.shell_modifications`).
`spack-build-env.txt` holds the whole environment in the stage, as `NAME=value; export NAME`
(`dump_environment` in `spack/util/environment.py`), but only the changes in an installation. Values
are quoted for a POSIX shell. The output of `env` and a JSON object are read as well.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping

from loaders.evidence import Variable
from loaders.logs.redaction import Redactor

MAX_VALUE = 1 << 15
"""Maximum length of a value, in characters; a longer one is cut, with a mark."""
MAX_TEXT = 1 << 22
"""Maximum length of an environment, in characters; the rest is not read."""
MAX_NAME = 255
MAX_VARIABLES = 5000

_NAME = r"[A-Za-z_][A-Za-z0-9_.%()]{0,200}"
# Possessive quantifiers (`++`, `*+`) here and below keep the time linear for hostile texts.
_STATEMENT = re.compile(
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
_AFTER_WORD = re.compile(
    rf"[ \t]*+(?:;[ \t]*+)?(?:export[ \t]++{_NAME}[ \t]*+(?:;[ \t]*+)?)?$", re.MULTILINE
)
_ESCAPED_IN_DOUBLE = re.compile(r'\\([\\"$`])')
_END_OF_FUNCTION = re.compile(r"; export -f .*$", re.MULTILINE)
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]+-----")


def parse_environment(text: str | bytes, redactor: Redactor | None = None) -> list[Variable]:
    """Parse the variables of an environment as Spack writes it, in order, with secrets redacted.

    The last value of a repeated name counts. Comments (Spack writes `PWD` and other hidden
    variables that way), functions and unreadable text are skipped; nothing is an error here.

    Args:
        text: `spack-build-env.txt`, `spack-build-env-mods.txt`, the output of `env`, or a JSON
            object; invalid UTF-8 is replaced.
        redactor: Recognizes secrets; None uses the documented list.
    """
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    # NUL ends each entry in the output of `env -0`.
    decoded = decoded[:MAX_TEXT].replace("\r\n", "\n").replace("\0", "\n")
    values: dict[str, str | None] = {}
    for name, value in _parse_json(decoded) or _parse_statements(decoded):
        values[name] = value
    return environment_from_mapping(values, redactor)


def environment_from_mapping(
    mapping: Mapping[str, object], redactor: Redactor | None = None
) -> list[Variable]:
    """Return the variables of a mapping of names to values, in order, with secrets redacted.

    Args:
        mapping: None stands for a variable that was unset; values other than strings are kept as
            JSON.
        redactor: Recognizes secrets; None uses the documented list.
    """
    redactor = redactor if redactor is not None else Redactor()
    pairs = itertools.islice(mapping.items(), MAX_VARIABLES)
    return [
        _make_variable(redactor, _make_encodable(name[:MAX_NAME]), value) for name, value in pairs
    ]


def _make_variable(redactor: Redactor, name: str, value: object) -> Variable:
    if value is None:
        return Variable(name, None)
    text = _make_encodable(value if isinstance(value, str) else json.dumps(value, default=str))
    # Redact before cutting, so that no secret is cut in two, but not much more than is kept.
    kept = redactor.redact_value(name, text[: 2 * MAX_VALUE])
    redacted = kept != text[: 2 * MAX_VALUE]
    cut = len(kept) - MAX_VALUE + max(0, len(text) - 2 * MAX_VALUE)
    if len(kept) > MAX_VALUE:
        kept = f"{kept[:MAX_VALUE]} [... {cut} characters cut]"
    return Variable(name, kept, redacted)


def _make_encodable(text: str) -> str:
    """Return `text` without NUL and lone surrogates, which JSON may hold but UTF-8 may not."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _parse_json(text: str) -> list[tuple[str, str | None]]:
    """Return names and values of a JSON object, or nothing if the text is not one."""
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


def _parse_statements(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield name and value of each statement that sets or unsets a variable."""
    place = 0
    while place < len(text):
        found = _STATEMENT.match(text, place)
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
            value, place = _read_value(
                text, found.end(), plain=not (found["export"] or found["csh"])
            )
            # Bash exports functions as variables of such names.
            if not name.startswith("BASH_FUNC_"):
                yield name, value


def _read_value(text: str, start: int, *, plain: bool) -> tuple[str, int]:
    """Return the value that begins at `start` and the position of the next statement.

    Args:
        text: The environment.
        start: Position of the value.
        plain: The text may be output of `env`, whose values are not quoted.
    """
    word = _read_word(text, start)
    if word is not None:
        value, end = word
        rest = _AFTER_WORD.match(text, end)
        one_line = "\n" not in value and not _continues_value(text, end)
        if rest is not None and (not plain or ";" in rest.group() or one_line):
            return value, _next_line(text, rest.end())
    return _read_raw(text, start)


def _read_word(text: str, start: int) -> tuple[str, int] | None:
    """Return an unquoted shell word and its end, or None if a quote is not closed."""
    parts: list[str] = []
    place = start
    while found := _WORD_PART.match(text, place):
        if found["double"] is not None:
            parts.append(_ESCAPED_IN_DOUBLE.sub(r"\1", found["double"]))
        else:
            parts.append(found["single"] or found["escaped"] or found["plain"] or "")
        place = found.end()
    return None if text[place : place + 1] in ("'", '"') else ("".join(parts), place)


def _read_raw(text: str, start: int) -> tuple[str, int]:
    """Return the value without unquoting, continuation lines included, and its end.

    A block such as a private key continues to its end, whatever its lines look like.
    """
    line, end = start, _end_of_line(text, start)
    while True:
        opened = text.rfind("-----BEGIN ", line, end)
        if opened >= 0 and _BLOCK_END.search(text, opened, end) is None:
            closed = _BLOCK_END.search(text, end)
            line = end = _end_of_line(text, closed.end()) if closed else len(text)
        elif _continues_value(text, end):
            line, end = end + 1, _end_of_line(text, end + 1)
        else:
            return text[start:end].rstrip("\n").removesuffix(";"), end + 1


def _continues_value(text: str, end: int) -> bool:
    """Return whether the next line can only be a continuation of the value."""
    if end + 1 >= len(text) or text[end] != "\n":
        return False
    return text[end + 1] != "#" and _STATEMENT.match(text, end + 1) is None


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _next_line(text: str, place: int) -> int:
    return _end_of_line(text, place) + 1
