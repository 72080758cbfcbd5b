"""Find the token at the cursor of a query, and the context that is needed to complete it.

The text before the cursor goes through the usual lexer with one letter appended, so that an
unfinished piece, such as ``hdf5@`` or ``hdf5 +``, becomes a token like any other.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from spec_syntax.errors import SpecSyntaxError
from spec_syntax.lexemes import LexemeKind, split_lexemes
from spec_syntax.parser import MAX_SPEC_LENGTH
from spec_syntax.tokens import Token, TokenKind, tokenize

_LETTER = "x"
_WORD = re.compile(r"[A-Za-z0-9_.\-]*")
_LAST_VERSION = re.compile(r"[^@:,=\s]*\Z")
_DEPENDENCIES = (TokenKind.DEPENDENCY, TokenKind.EDGE_OPEN, TokenKind.EDGE_CLOSE)
_SWITCHES = (TokenKind.SWITCH, TokenKind.PROPAGATED_SWITCH)
_PAIRS = (TokenKind.PAIR, TokenKind.PROPAGATED_PAIR)


class CompletionKind(StrEnum):
    """Kind of text that belongs at the cursor."""

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
class CompletionContext:
    """The token at the cursor.

    Attributes:
        kind: what belongs there. A NAME starts a spec, so an operator of the query (``not``,
            ``built_with``) is possible too; a DEPENDENCY follows ``^``, a DIRECT one follows ``%``;
            an ATTRIBUTE is anything that starts with a letter, or an operator.
        prefix: the part of the token before the cursor.
        start: index of the token's first character in the text.
        end: index behind its last character, which may lie beyond the cursor.
        package: the package that the token describes, if one is named.
        direct: whether that package follows ``%``.
        key: the name before ``=``, or the sigil of a switch.

    """

    kind: CompletionKind
    prefix: str
    start: int
    end: int
    package: str | None = None
    direct: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Node:
    """State of a spec, or of one of its dependencies, after some of its tokens."""

    package: str | None = None
    sigil: str = ""
    begun: bool = False
    in_edge: bool = False

    def after_token(self, token: Token) -> "_Node":
        if token.kind in _DEPENDENCIES:
            sigil = self.sigil if token.kind is TokenKind.EDGE_CLOSE else token.text[0]
            package = token.text.rpartition("=")[2] if "=" in token.text else None
            return _Node(package, sigil, package is not None, token.kind is TokenKind.EDGE_OPEN)
        if self.in_edge:
            return self
        if token.kind in (TokenKind.NAME, TokenKind.QUALIFIED_NAME) and not self.begun:
            return replace(self, package=token.text.rpartition(".")[2], begun=True)
        return replace(self, begun=True)


def completion_context(text: str, cursor: int) -> CompletionContext | None:
    """Return the token at the cursor of a query; None if nothing can be completed there.

    Args:
        text: the query.
        cursor: index of the cursor in ``text``; clipped to the text's length.

    """
    cursor = max(0, min(cursor, len(text)))
    before_cursor = text[:cursor] + _LETTER
    if len(before_cursor) > MAX_SPEC_LENGTH:
        return None
    spec_start = _last_spec_start(before_cursor)
    try:
        *complete_tokens, last_token = tokenize(before_cursor[spec_start:])
    except (SpecSyntaxError, ValueError):
        return None
    node = _Node()
    for token in complete_tokens:
        node = node.after_token(token)
    context = _classify_token(node, last_token)
    if context is None:
        return None
    # The replacement also covers the rest of the word behind the cursor.
    rest_of_word = _WORD.match(text, cursor)
    end = rest_of_word.end() if rest_of_word else cursor
    sigil = context.key if context.kind is CompletionKind.SWITCH else ""
    start = cursor - len(context.prefix) - len(sigil)
    return replace(context, start=start, end=end, package=node.package, direct=node.sigil == "%")


def _last_spec_start(text: str) -> int:
    """Return the index at which the last spec of a text starts."""
    start = depth = 0
    for lexeme in split_lexemes(text):
        depth += (lexeme.kind is LexemeKind.OPEN) - (lexeme.kind is LexemeKind.CLOSE)
        # Inside brackets a comma separates specs; elsewhere it separates versions of one spec.
        in_version_list = lexeme.kind is LexemeKind.COMMA and depth <= 0
        if lexeme.kind is not LexemeKind.SPEC and not in_version_list:
            start = lexeme.end
    return start


def _classify_token(node: _Node, token: Token) -> CompletionContext | None:
    """Classify the token at the cursor, which still ends in the appended letter."""
    text = token.text[: -len(_LETTER)]
    match token.kind:
        case TokenKind.NAME | TokenKind.QUALIFIED_NAME:
            return _name_context(node, text)
        case TokenKind.DEPENDENCY | TokenKind.EDGE_CLOSE:
            is_direct = "%" in (node.sigil, token.text[0])
            kind = CompletionKind.DIRECT if is_direct else CompletionKind.DEPENDENCY
            return _make_context(kind, text.rpartition("=")[2])
        case TokenKind.VERSION:
            version = _LAST_VERSION.search(text)
            return _make_context(CompletionKind.VERSION, version.group() if version else "")
        case token_kind if token_kind in _SWITCHES:
            return _switch_context(text)
        case token_kind if token_kind in _PAIRS:
            key, _, values = text.partition("=")
            last_value = values.lstrip("=").rpartition(",")[2]
            return _make_context(CompletionKind.VALUE, last_value, key.rstrip(":"))
        case TokenKind.HASH:
            return _make_context(CompletionKind.HASH, text[1:])
    return None


def _name_context(node: _Node, text: str) -> CompletionContext:
    if node.in_edge:
        return _make_context(CompletionKind.EDGE, text)
    if node.begun:
        return _make_context(CompletionKind.ATTRIBUTE, text)
    kinds = {"^": CompletionKind.DEPENDENCY, "%": CompletionKind.DIRECT}
    return _make_context(kinds.get(node.sigil, CompletionKind.NAME), text.rpartition(".")[2])


def _switch_context(text: str) -> CompletionContext:
    name = text.lstrip("+~-").lstrip()
    return _make_context(CompletionKind.SWITCH, name, text[: len(text) - len(name)])


def _make_context(kind: CompletionKind, prefix: str, key: str = "") -> CompletionContext:
    return CompletionContext(kind, prefix, 0, 0, key=key)
