"""Parse a single spec by the grammar of Spack 1.1 (``lib/spack/spack/spec_parser.py``)."""

from collections.abc import Callable

from spec_syntax.constraint import SpecConstraint
from spec_syntax.draft import ConflictError, Draft, DraftDependency
from spec_syntax.errors import SpecSyntaxError
from spec_syntax.tokens import Token, TokenKind, tokenize
from spec_syntax.versions import VersionRanges

#: Longer texts, in characters, are rejected.
MAX_SPEC_LENGTH = 10_000

#: A spec with more dependencies than this is rejected.
MAX_DEPENDENCIES = 500

#: Dependency types in the order that Spack writes them.
DEPTYPES = ("build", "link", "run", "test")

#: Compiler names that ``%`` accepts, with the names of their packages.
COMPILER_PACKAGES = {
    "arm": "acfl",
    "clang": "llvm",
    "intel": "intel-oneapi-compilers-classic",
    "oneapi": "intel-oneapi-compilers",
    "rocmcc": "llvm-amdgpu",
}

_MAX_NESTED_CONDITIONS = 3


def parse_spec(text: str) -> SpecConstraint:
    """Parse one spec, such as ``mpich@3.4: +romio %gcc@12 ^hwloc@2``.

    Raises:
        SpecSyntaxError: if the text is empty, longer than :data:`MAX_SPEC_LENGTH` characters, not
            a spec, contradicts itself, names more than :data:`MAX_DEPENDENCIES` dependencies, or
            holds more than one spec.

    """
    return _parse_at_depth(text, 0)


def _parse_at_depth(text: str, depth: int) -> SpecConstraint:
    if len(text) > MAX_SPEC_LENGTH:
        message = f"a spec may have at most {MAX_SPEC_LENGTH} characters, this has {len(text)}"
        raise SpecSyntaxError(message, text, MAX_SPEC_LENGTH)
    return _SpecParser(text, depth).parse().freeze()


class _SpecParser:
    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._depth = depth
        self._tokens = tokenize(text)
        self._next: Token | None = next(self._tokens, None)
        self._readers: dict[TokenKind, Callable[[Draft, Token], None]] = {
            TokenKind.GIT_VERSION: self._read_version,
            TokenKind.VERSION: self._read_version,
            TokenKind.SWITCH: self._read_switch,
            TokenKind.PROPAGATED_SWITCH: self._read_switch,
            TokenKind.PAIR: self._read_pair,
            TokenKind.PROPAGATED_PAIR: self._read_pair,
            TokenKind.HASH: self._read_hash,
        }

    def parse(self) -> Draft:
        if not self._text.strip():
            raise SpecSyntaxError("the spec is empty", self._text, 0)
        root = Draft()
        self._read_node(root)
        parent = root  # the node that the next `%` belongs to: the root or the last `^`
        count = 0
        while token := self._accept_kind(TokenKind.DEPENDENCY, TokenKind.EDGE_OPEN):
            count += 1
            if count > MAX_DEPENDENCIES:
                raise self._error_at(f"more than {MAX_DEPENDENCIES} dependencies", token)
            added = self._read_edge(token)
            try:
                dependency = (parent if added.direct else root).add_dependency(added)
            except ConflictError as error:
                raise self._error_at(str(error), token) from None
            parent = parent if added.direct else dependency
        if self._next is not None:
            raise self._error_at(_describe_second(root), self._next)
        return root

    def _read_edge(self, token: Token) -> DraftDependency:
        edge = DraftDependency(Draft(), direct=token.text.startswith("%"))
        close = self._read_edge_attributes(edge) if token.kind is TokenKind.EDGE_OPEN else token
        virtuals, assigned, provider = close.text.lstrip("^%]").strip().partition("=")
        if assigned:
            edge.virtuals.update(virtuals.split(","))
            _set_name(edge.node, provider)
        before = self._next
        self._read_node(edge.node)
        if before is self._next and not assigned:
            raise self._error_at("a dependency needs a name or an attribute after this", close)
        if edge.direct and edge.node.name is not None:
            edge.node.name = COMPILER_PACKAGES.get(edge.node.name, edge.node.name)
        return edge

    def _read_edge_attributes(self, edge: DraftDependency) -> Token:
        """Read the attributes up to the closing bracket and return the bracket's token."""
        while token := self._accept_kind(TokenKind.PAIR):
            name, _, value = token.text.partition("=")
            value = _strip_quotes(value).strip()
            match name.removesuffix(":"):
                case "deptypes":
                    edge.deptypes = self._parse_deptypes(value, token)
                case "virtuals":
                    edge.virtuals = {each.strip() for each in value.split(",")} - {""}
                case "when":
                    edge.when = self._parse_condition(value, token)
                case _:
                    message = "an edge has only the attributes deptypes, virtuals and when"
                    raise self._error_at(message, token)
        close = self._accept_kind(TokenKind.EDGE_CLOSE)
        if close is None:
            raise self._error_at("expected an edge attribute or the closing bracket", self._next)
        return close

    def _parse_deptypes(self, value: str, token: Token) -> tuple[str, ...]:
        requested = {each.strip() for each in value.split(",")}
        if requested == {"all"}:
            return DEPTYPES
        if not requested <= set(DEPTYPES):
            raise self._error_at(f"deptypes are {', '.join(DEPTYPES)} or all", token)
        return tuple(each for each in DEPTYPES if each in requested)

    def _parse_condition(self, value: str, token: Token) -> SpecConstraint:
        if self._depth >= _MAX_NESTED_CONDITIONS:
            raise self._error_at("conditions are nested too deeply", token)
        try:
            return _parse_at_depth(value, self._depth + 1)
        except SpecSyntaxError as error:
            raise self._error_at(f"in this condition: {error.message}", token) from None

    def _read_node(self, node: Draft) -> None:
        """Read a name, unless the node has one, and all attributes that follow."""
        if node.name is None and (
            token := self._accept_kind(TokenKind.NAME, TokenKind.QUALIFIED_NAME)
        ):
            _set_name(node, token.text)
        while self._next is not None and (reader := self._readers.get(self._next.kind)):
            token = self._next
            # Advance after reading only: an error must point at this token, not at a bad next one.
            try:
                reader(node, token)
            except ConflictError as error:
                raise self._error_at(str(error), token) from None
            self._read_next()

    def _read_version(self, node: Draft, token: Token) -> None:
        if node.versions is not None:
            raise ConflictError("the version is given twice")
        node.versions = VersionRanges.parse(token.text[1:], token.start + 1, self._text)

    def _read_switch(self, node: Draft, token: Token) -> None:
        width = 2 if token.kind is TokenKind.PROPAGATED_SWITCH else 1
        name = token.text[width:].strip()
        node.set_switch(name, token.text.startswith("+"), propagate=width == 2)

    def _read_pair(self, node: Draft, token: Token) -> None:
        propagate = token.kind is TokenKind.PROPAGATED_PAIR
        name, _, value = token.text.partition("==" if propagate else "=")
        exact = name.endswith(":")
        node.set_pair(
            name.removesuffix(":"), _strip_quotes(value), propagate=propagate, exact=exact
        )

    def _read_hash(self, node: Draft, token: Token) -> None:
        if node.abstract_hash is not None:
            raise ConflictError("the hash is given twice")
        node.abstract_hash = token.text[1:]

    def _accept_kind(self, *kinds: TokenKind) -> Token | None:
        token = self._next
        if token is None or token.kind not in kinds:
            return None
        self._read_next()
        return token

    def _read_next(self) -> None:
        self._next = next(self._tokens, None)

    def _error_at(self, message: str, token: Token | None) -> SpecSyntaxError:
        if token is None:
            return SpecSyntaxError(message, self._text, len(self._text))
        return SpecSyntaxError(message, self._text, token.start, len(token.text))


def _describe_second(first: Draft) -> str:
    """Return the message for a second spec, which may be the name of the first one."""
    message = "only one spec is allowed, but another starts here"
    if first.name is None and not first.dependencies:
        return f"{message}: a spec starts with its name"
    return message


def _set_name(node: Draft, name: str) -> None:
    namespace, dot, last = name.rpartition(".")
    node.name = None if last == "*" else last
    node.namespace = namespace if dot else None


def _strip_quotes(value: str) -> str:
    quote = value[:1]
    if quote in ("'", '"') and len(value) > 1 and value.endswith(quote):
        return value[1:-1].replace(f"\\{quote}", quote)
    return value
