"""Queries over several specs: ``not``, ``any of`` and sides around Spack's spec syntax.

::

    query       = alternative (("or" | "|") alternative)*
    alternative = factor ("and"? factor)*
    factor      = "not" factor | side factor | ["any of"] "(" query ")" | SPEC
    side        = "built_with" | "deployed_with" | "spliced_from", alone or with ":" or "=" behind

Adjacent words form one spec, as on Spack's command line. Inside ``any of ( )`` a comma that is
followed by a blank separates alternatives, too. Inside quotes none of this applies.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from spec_syntax.constraint import SpecConstraint
from spec_syntax.errors import SpecSyntaxError
from spec_syntax.lexemes import Lexeme, LexemeKind, Side, split_lexemes
from spec_syntax.parser import MAX_SPEC_LENGTH, parse_spec

#: A query with more specs than this is rejected.
MAX_ATOMS = 50

_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate: some spec on a side satisfies a constraint.

    Attributes:
        side: the specs to examine.
        constraint: the constraint that one of them has to satisfy.
        text: the constraint as written in the query.

    """

    side: Side
    constraint: SpecConstraint
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """True if the operand is false."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True if every operand is true; always true without operands."""

    operands: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if at least one operand is true."""

    operands: tuple["Expression", ...]


Expression = Atom | Not | AllOf | AnyOf


def parse_query(text: str, side: Side = Side.SELF) -> Expression:
    """Parse a query, such as ``hdf5+mpi not ^openssl@:1.1 built_with any of (mpich, openmpi@4)``.

    Args:
        text: the query.
        side: the side of specs for which the query names none.

    Raises:
        SpecSyntaxError: if the text is not a valid query, or has more than :data:`MAX_ATOMS`
            specs.

    """
    if not text.strip():
        raise SpecSyntaxError("the spec is empty", text, 0)
    if len(text) > MAX_SPEC_LENGTH:
        message = f"a query may have at most {MAX_SPEC_LENGTH} characters, this has {len(text)}"
        raise SpecSyntaxError(message, text, MAX_SPEC_LENGTH)
    return _QueryParser(text, side).parse()


def iter_atoms(expression: Expression) -> Iterator[Atom]:
    """Yield the atoms of an expression from left to right."""
    match expression:
        case Atom():
            yield expression
        case Not(operand):
            yield from iter_atoms(operand)
        case AllOf(operands) | AnyOf(operands):
            for operand in operands:
                yield from iter_atoms(operand)


class _QueryParser:
    def __init__(self, text: str, side: Side) -> None:
        self._text = text
        self._sides = [side]
        self._lexemes = list(split_lexemes(text))
        self._index = 0
        self._depth = 0
        self._atom_count = 0
        # One entry per open bracket: whether a comma separates alternatives in it.
        self._commas_separate = [False]

    def parse(self) -> Expression:
        expression = self._parse_query()
        if (rest := self._peek_lexeme()) is not None:
            closing = rest.kind is LexemeKind.CLOSE
            message = "no bracket is open here" if closing else "a spec is missing before this"
            raise self._error_at(message, rest)
        return expression

    def _parse_query(self) -> Expression:
        alternatives = [self._parse_alternative()]
        while self._accept_kind(LexemeKind.OR) or (
            self._commas_separate[-1] and self._accept_kind(LexemeKind.COMMA)
        ):
            alternatives.append(self._parse_alternative())
        return alternatives[0] if len(alternatives) == 1 else AnyOf(tuple(alternatives))

    def _parse_alternative(self) -> Expression:
        factors = [self._parse_factor()]
        while True:
            if self._accept_kind(LexemeKind.AND):
                factors.append(self._parse_factor())
                continue
            following = self._peek_lexeme()
            if following is None or following.kind in (LexemeKind.OR, LexemeKind.CLOSE):
                break
            if following.kind is LexemeKind.COMMA and self._commas_separate[-1]:
                break
            factors.append(self._parse_factor())
        return factors[0] if len(factors) == 1 else AllOf(tuple(factors))

    def _parse_factor(self) -> Expression:
        lexeme = self._peek_lexeme()
        if lexeme is None:
            raise SpecSyntaxError("a spec is missing here", self._text, len(self._text))
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error_at("brackets and words are nested too deeply", lexeme)
        try:
            return self._dispatch_factor(lexeme)
        finally:
            self._depth -= 1

    def _dispatch_factor(self, lexeme: Lexeme) -> Expression:
        match lexeme.kind:
            case LexemeKind.NOT:
                self._index += 1
                return Not(self._parse_factor())
            case LexemeKind.SIDE:
                self._index += 1
                return self._parse_side(lexeme.side or Side.SELF)
            case LexemeKind.ANY_OF:
                self._index += 1
                if (opening := self._peek_lexeme()) is not None and opening.kind is LexemeKind.OPEN:
                    return self._parse_group(opening, commas_separate=True)
                return self._parse_query()
            case LexemeKind.OPEN:
                return self._parse_group(lexeme, commas_separate=self._commas_separate[-1])
            case LexemeKind.SPEC:
                return self._parse_atom()
        raise self._error_at("a spec is missing before this", lexeme)

    def _parse_side(self, side: Side) -> Expression:
        self._sides.append(side)
        try:
            return self._parse_factor()
        finally:
            self._sides.pop()

    def _parse_group(self, opening: Lexeme, *, commas_separate: bool) -> Expression:
        self._index += 1
        self._commas_separate.append(commas_separate)
        expression = self._parse_query()
        self._commas_separate.pop()
        if not self._accept_kind(LexemeKind.CLOSE):
            raise self._error_at("this bracket is not closed", opening)
        return expression

    def _parse_atom(self) -> Atom:
        first = last = self._lexemes[self._index]
        while (lexeme := self._peek_lexeme()) is not None and self._continues_spec(lexeme):
            last = lexeme
            self._index += 1
        self._atom_count += 1
        if self._atom_count > MAX_ATOMS:
            raise self._error_at(f"more than {MAX_ATOMS} specs", first)
        text = self._text[first.start : last.end]
        try:
            constraint = parse_spec(text)
        except SpecSyntaxError as error:
            # Report the position within the query, not within this spec.
            raise SpecSyntaxError(
                error.message, self._text, first.start + error.position, error.length
            ) from None
        return Atom(self._sides[-1], constraint, text)

    def _continues_spec(self, lexeme: Lexeme) -> bool:
        """Return whether a lexeme belongs to the spec before it: version lists may have blanks."""
        in_version_list = lexeme.kind is LexemeKind.COMMA and not self._commas_separate[-1]
        return lexeme.kind is LexemeKind.SPEC or in_version_list

    def _peek_lexeme(self) -> Lexeme | None:
        return self._lexemes[self._index] if self._index < len(self._lexemes) else None

    def _accept_kind(self, kind: LexemeKind) -> bool:
        lexeme = self._peek_lexeme()
        if lexeme is None or lexeme.kind is not kind:
            return False
        self._index += 1
        return True

    def _error_at(self, message: str, lexeme: Lexeme) -> SpecSyntaxError:
        return SpecSyntaxError(message, self._text, lexeme.start, lexeme.end - lexeme.start)
