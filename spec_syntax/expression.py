"""Beyond one spec: ``not``, ``any of`` and the sides of a build, around Spack's spec syntax.

::

    query       = alternative (("or" | "|") alternative)*
    alternative = factor ("and"? factor)*
    factor      = "not" factor | side factor | ["any of"] "(" query ")" | SPEC
    side        = "built_with" | "deployed_with" | "spliced_from", alone or with ":" or "=" behind

Words that stand together are one spec, as on Spack's command line. Inside ``any of ( )`` a comma
with a blank after it separates too. Quotes protect all of these words.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from spec_syntax.constraint import SpecConstraint
from spec_syntax.errors import SpecSyntaxError
from spec_syntax.lexemes import Lexeme, LexemeKind, Side, lexemes
from spec_syntax.parser import MAX_SPEC_LENGTH, parse

#: A query that holds more specs than this is refused.
MAX_ATOMS = 50

_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Atom:
    """Some spec of a side satisfies a constraint.

    Attributes:
        side: where to look.
        constraint: what it has to be like.
        text: the constraint as it was written.

    """

    side: Side
    constraint: SpecConstraint
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """The operand does not hold."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every operand holds; without operands it always holds."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one operand holds."""

    operands: tuple["Expression", ...]


Expression = Atom | Not | AllOf | AnyOf


def parse_query(text: str, side: Side = Side.SELF) -> Expression:
    """Parse a query, such as ``hdf5+mpi not ^openssl@:1.1 built_with any of (mpich, openmpi@4)``.

    Args:
        text: the query.
        side: the side of specs that name none themselves.

    Raises:
        SpecSyntaxError: the text is not a query, with the place; or it holds more than
            :data:`MAX_ATOMS` specs.

    """
    if not text.strip():
        raise SpecSyntaxError("the spec is empty", text, 0)
    if len(text) > MAX_SPEC_LENGTH:
        message = f"a query has at most {MAX_SPEC_LENGTH} characters, this has {len(text)}"
        raise SpecSyntaxError(message, text, MAX_SPEC_LENGTH)
    return _Parser(text, side).parse()


def atoms(expression: Expression) -> Iterator[Atom]:
    """Yield the atoms of an expression from left to right."""
    match expression:
        case Atom():
            yield expression
        case Not(operand):
            yield from atoms(operand)
        case AllOf(operands) | AnyOf(operands):
            for operand in operands:
                yield from atoms(operand)


class _Parser:
    def __init__(self, text: str, side: Side) -> None:
        self._text = text
        self._sides = [side]
        self._lexemes = list(lexemes(text))
        self._index = 0
        self._depth = 0
        self._atoms = 0
        self._commas = [False]

    def parse(self) -> Expression:
        found = self._query()
        if (rest := self._peek()) is not None:
            closing = rest.kind is LexemeKind.CLOSE
            message = "no bracket is open here" if closing else "a spec is missing before this"
            raise self._error(message, rest)
        return found

    def _query(self) -> Expression:
        found = [self._alternative()]
        while self._accept(LexemeKind.OR) or (self._commas[-1] and self._accept(LexemeKind.COMMA)):
            found.append(self._alternative())
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _alternative(self) -> Expression:
        found = [self._factor()]
        while True:
            if self._accept(LexemeKind.AND):
                found.append(self._factor())
                continue
            following = self._peek()
            if following is None or following.kind in (LexemeKind.OR, LexemeKind.CLOSE):
                break
            if following.kind is LexemeKind.COMMA and self._commas[-1]:
                break
            found.append(self._factor())
        return found[0] if len(found) == 1 else AllOf(tuple(found))

    def _factor(self) -> Expression:
        lexeme = self._peek()
        if lexeme is None:
            raise SpecSyntaxError("a spec is missing here", self._text, len(self._text))
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("brackets and words are nested too deeply", lexeme)
        try:
            return self._read(lexeme)
        finally:
            self._depth -= 1

    def _read(self, lexeme: Lexeme) -> Expression:
        match lexeme.kind:
            case LexemeKind.NOT:
                self._index += 1
                return Not(self._factor())
            case LexemeKind.SIDE:
                self._index += 1
                return self._on(lexeme.side or Side.SELF)
            case LexemeKind.ANY_OF:
                self._index += 1
                if (opening := self._peek()) is not None and opening.kind is LexemeKind.OPEN:
                    return self._group(opening, commas=True)
                return self._query()
            case LexemeKind.OPEN:
                return self._group(lexeme, commas=self._commas[-1])
            case LexemeKind.SPEC:
                return self._spec()
        raise self._error("a spec is missing before this", lexeme)

    def _on(self, side: Side) -> Expression:
        self._sides.append(side)
        try:
            return self._factor()
        finally:
            self._sides.pop()

    def _group(self, opening: Lexeme, *, commas: bool) -> Expression:
        self._index += 1
        self._commas.append(commas)
        found = self._query()
        self._commas.pop()
        if not self._accept(LexemeKind.CLOSE):
            raise self._error("this bracket is not closed", opening)
        return found

    def _spec(self) -> Atom:
        first = last = self._lexemes[self._index]
        while (lexeme := self._peek()) is not None and self._goes_on(lexeme):
            last = lexeme
            self._index += 1
        self._atoms += 1
        if self._atoms > MAX_ATOMS:
            raise self._error(f"more than {MAX_ATOMS} specs", first)
        text = self._text[first.start : last.end]
        try:
            constraint = parse(text)
        except SpecSyntaxError as error:
            raise SpecSyntaxError(
                error.message, self._text, first.start + error.position, error.length
            ) from None
        return Atom(self._sides[-1], constraint, text)

    def _goes_on(self, lexeme: Lexeme) -> bool:
        """Whether a lexeme belongs to the spec before it; a list of versions may have blanks."""
        in_list = lexeme.kind is LexemeKind.COMMA and not self._commas[-1]
        return lexeme.kind is LexemeKind.SPEC or in_list

    def _peek(self) -> Lexeme | None:
        return self._lexemes[self._index] if self._index < len(self._lexemes) else None

    def _accept(self, kind: LexemeKind) -> bool:
        lexeme = self._peek()
        if lexeme is None or lexeme.kind is not kind:
            return False
        self._index += 1
        return True

    def _error(self, message: str, lexeme: Lexeme) -> SpecSyntaxError:
        return SpecSyntaxError(message, self._text, lexeme.start, lexeme.end - lexeme.start)
