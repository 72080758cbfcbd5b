"""What is being typed at a place in a query: what has to be known to complete it.

The text before the cursor is read by the project's own lexer with one more letter behind it, so
that what was only begun, such as ``hdf5@`` or ``hdf5 +``, is a token like any other.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from spec_syntax.errors import SpecSyntaxError
from spec_syntax.lexemes import LexemeKind, lexemes
from spec_syntax.parser import MAX_SPEC_LENGTH
from spec_syntax.tokens import Kind, Token, tokenize

_LETTER = "x"
_WORD = re.compile(r"[A-Za-z0-9_.\-]*")
_LAST_VERSION = re.compile(r"[^@:,=\s]*\Z")
_DEPENDENCIES = (Kind.DEPENDENCY, Kind.EDGE_OPEN, Kind.EDGE_CLOSE)
_SWITCHES = (Kind.SWITCH, Kind.PROPAGATED_SWITCH)
_PAIRS = (Kind.PAIR, Kind.PROPAGATED_PAIR)


class Place(StrEnum):
    """What belongs where the cursor is."""

    NAME = "name"
    DEPENDENCY = "dependency"
    DIRECT = "direct"
    VERSION = "version"
    SWITCH = "switch"
    VALUE = "value"
    ATTRIBUTE = "attribute"
    EDGE = "edge"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class Typed:
    """What is being typed.

    Attributes:
        place: what belongs there. A NAME starts a spec, so that a word of the query may stand there
            too; a DEPENDENCY is behind ``^``, a DIRECT one behind ``%``; an ATTRIBUTE is any that
            starts with a letter, or a word of the query.
        prefix: what of it is there, up to the cursor.
        start: where it starts in the text.
        end: where it ends, which may be behind the cursor.
        package: the package that it is said of, where one is named.
        direct: whether that package is behind ``%``.
        key: the name before ``=``, or the sigil of a switch.

    """

    place: Place
    prefix: str
    start: int
    end: int
    package: str | None = None
    direct: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Node:
    """What is known of a spec, or of a dependency of it, after some of its tokens."""

    package: str | None = None
    sigil: str = ""
    begun: bool = False
    in_edge: bool = False

    def after(self, token: Token) -> "_Node":
        if token.kind in _DEPENDENCIES:
            sigil = self.sigil if token.kind is Kind.EDGE_CLOSE else token.text[0]
            package = token.text.rpartition("=")[2] if "=" in token.text else None
            return _Node(package, sigil, package is not None, token.kind is Kind.EDGE_OPEN)
        if self.in_edge:
            return self
        if token.kind in (Kind.NAME, Kind.QUALIFIED_NAME) and not self.begun:
            return replace(self, package=token.text.rpartition(".")[2], begun=True)
        return replace(self, begun=True)


def typed_at(text: str, at: int) -> Typed | None:
    """Tell what is being typed at a place in a query; None where nothing can be completed.

    Args:
        text: the query.
        at: the index of the cursor in it.

    """
    at = max(0, min(at, len(text)))
    before = text[:at] + _LETTER
    if len(before) > MAX_SPEC_LENGTH:
        return None
    first = _start_of_spec(before)
    try:
        *known, last = tokenize(before[first:])
    except (SpecSyntaxError, ValueError):
        return None
    node = _Node()
    for token in known:
        node = node.after(token)
    found = _completed(node, last)
    if found is None:
        return None
    rest = _WORD.match(text, at)
    end = rest.end() if rest else at
    shown = found.key if found.place is Place.SWITCH else ""
    start = at - len(found.prefix) - len(shown)
    return replace(found, start=start, end=end, package=node.package, direct=node.sigil == "%")


def _start_of_spec(text: str) -> int:
    """Where the spec starts that a text ends in; a comma ends one only inside brackets."""
    start = depth = 0
    for lexeme in lexemes(text):
        depth += (lexeme.kind is LexemeKind.OPEN) - (lexeme.kind is LexemeKind.CLOSE)
        in_list = lexeme.kind is LexemeKind.COMMA and depth <= 0
        if lexeme.kind is not LexemeKind.SPEC and not in_list:
            start = lexeme.end
    return start


def _completed(node: _Node, last: Token) -> Typed | None:
    """What the last token, which ends in one letter too many, is the beginning of."""
    text = last.text[: -len(_LETTER)]
    match last.kind:
        case Kind.NAME | Kind.QUALIFIED_NAME:
            return _name(node, text)
        case Kind.DEPENDENCY | Kind.EDGE_CLOSE:
            place = Place.DIRECT if "%" in (node.sigil, last.text[0]) else Place.DEPENDENCY
            return _typed(place, text.rpartition("=")[2])
        case Kind.VERSION:
            found = _LAST_VERSION.search(text)
            return _typed(Place.VERSION, found.group() if found else "")
        case kind if kind in _SWITCHES:
            return _switch(text)
        case kind if kind in _PAIRS:
            key, _, value = text.partition("=")
            return _typed(Place.VALUE, value.lstrip("=").rpartition(",")[2], key.rstrip(":"))
        case Kind.HASH:
            return _typed(Place.HASH, text[1:])
    return None


def _name(node: _Node, text: str) -> Typed:
    if node.in_edge:
        return _typed(Place.EDGE, text)
    if node.begun:
        return _typed(Place.ATTRIBUTE, text)
    places = {"^": Place.DEPENDENCY, "%": Place.DIRECT}
    return _typed(places.get(node.sigil, Place.NAME), text.rpartition(".")[2])


def _switch(text: str) -> Typed:
    name = text.lstrip("+~-")
    return _typed(Place.SWITCH, name.lstrip(), text[: len(text) - len(name.lstrip())])


def _typed(place: Place, prefix: str, key: str = "") -> Typed:
    return Typed(place, prefix, 0, 0, key=key)
