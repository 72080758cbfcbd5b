"""Split the text of a spec into tokens, as the grammar of Spack 1.1 does (``spec_parser.py``)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from spec_syntax.errors import SpecSyntaxError

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_\-]*"
_DOTTED = rf"{_WORD}(?:\.{_WORD})+"
_KEY = r"[A-Za-z0-9_][A-Za-z0-9_.\-]*"
_REF = r"(?:git\.[A-Za-z0-9_][A-Za-z0-9_./\-]*|[A-Fa-f0-9]{40})"
_VERSION = r"=?[A-Za-z0-9_][A-Za-z0-9_.\-]*\b"
_RANGE = rf"(?:(?:{_VERSION})?:(?:{_VERSION}(?!\s*=))?|{_VERSION})"
_BARE = r"[A-Za-z0-9_\-+*.,:=%^~/\\]+"
_SINGLE_QUOTED = r"'(?:[^']|(?<=\\)')*'"
_DOUBLE_QUOTED = r'"(?:[^"]|(?<=\\)")*"'
_VALUE = rf"(?:{_BARE}|{_SINGLE_QUOTED}|{_DOUBLE_QUOTED})"
_PROVIDED_BY = rf"(?:\s*{_WORD}(?:,{_WORD})*=(?:{_DOTTED}|{_WORD}))?"


class TokenKind(Enum):
    """The kinds of tokens with their patterns; if two match, the first one listed wins."""

    EDGE_OPEN = r"(?:\^|%%?)\["
    EDGE_CLOSE = rf"\]{_PROVIDED_BY}"
    DEPENDENCY = rf"(?:\^|%%?){_PROVIDED_BY}"
    GIT_VERSION = rf"@{_REF}(?:={_VERSION})?"
    VERSION = rf"@\s*{_RANGE}(?:\s*,\s*{_RANGE})*"
    PROPAGATED_SWITCH = rf"(?:\+\+|~~|--)\s*{_KEY}"
    SWITCH = rf"[+~\-]\s*{_KEY}"
    PROPAGATED_PAIR = rf"{_KEY}:?=={_VALUE}"
    PAIR = rf"{_KEY}:?={_VALUE}"
    QUALIFIED_NAME = _DOTTED
    NAME = rf"(?:{_WORD}|\*)"
    HASH = r"/[A-Za-z0-9_]+"
    BLANK = r"\s+"


_TOKEN = re.compile("|".join(f"(?P<{kind.name}>{kind.value})" for kind in TokenKind))


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a spec: its kind, its text and the index at which the text starts."""

    kind: TokenKind
    text: str
    start: int


def tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of a spec one by one, without the blanks.

    Raises:
        SpecSyntaxError: on reaching a character that no token starts with.

    """
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise SpecSyntaxError(f"unexpected character {text[position]!r}", text, position)
        kind = TokenKind[match.lastgroup]
        if kind is not TokenKind.BLANK:
            yield Token(kind, match.group(), position)
        position = match.end()
