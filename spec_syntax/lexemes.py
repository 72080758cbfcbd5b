"""Split a query into lexemes: the operators around specs, and the pieces of specs between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Side(StrEnum):
    """The specs that a predicate examines: the spec itself, or those on one side of it."""

    SELF = "self"
    BUILT_WITH = "built_with"
    DEPLOYED_WITH = "deployed_with"
    SPLICED_FROM = "spliced_from"


class LexemeKind(Enum):
    """The kinds of lexemes; one spec may consist of several SPEC lexemes."""

    SPEC = auto()
    NOT = auto()
    OR = auto()
    AND = auto()
    COMMA = auto()
    ANY_OF = auto()
    SIDE = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A piece of a query: its kind, its half-open range of indexes and, for a SIDE, which one."""

    kind: LexemeKind
    start: int
    end: int
    side: Side | None = None


_WORDS = {"not": LexemeKind.NOT, "or": LexemeKind.OR, "and": LexemeKind.AND}
_SIDES = {
    spelling: side
    for side in (Side.BUILT_WITH, Side.DEPLOYED_WITH, Side.SPLICED_FROM)
    for spelling in (side.value, side.value.replace("_", "-"))
}
_MARKS = {"(": LexemeKind.OPEN, ")": LexemeKind.CLOSE, "|": LexemeKind.OR}
_PIECE = re.compile(
    r"""
    (?P<blank>\s+)
    | (?P<mark>[()|])
    | (?P<any>any\s+of(?=[\s(]|$))
    | (?P<side>(?:built|deployed)[_-]with|spliced[_-]from)(?:[:=]|(?=[\s(]|$))
    | (?P<word>(?:
        "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'
        | \[(?:[^\[\]"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*\]
        | [^\s()|,] | ,(?!\s|\)|$)
      )+)
    | (?P<comma>,)
    """,
    re.VERBOSE,
)


def split_lexemes(text: str) -> Iterator[Lexeme]:
    """Yield the lexemes of a query one by one, without the blanks."""
    position = 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None:  # an unclosed quote: the spec parser reports it with its position
            yield Lexeme(LexemeKind.SPEC, position, len(text))
            return
        start, position = match.span()
        match match.lastgroup:
            case "mark":
                yield Lexeme(_MARKS[match.group()], start, position)
            case "any":
                yield Lexeme(LexemeKind.ANY_OF, start, position)
            case "side":
                yield Lexeme(LexemeKind.SIDE, start, position, _SIDES[match.group("side")])
            case "comma":
                yield Lexeme(LexemeKind.COMMA, start, position)
            case "word":
                kind = _WORDS.get(match.group(), LexemeKind.SPEC)
                yield Lexeme(kind, start, position)
