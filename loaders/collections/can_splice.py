"""Read exports of the `can_splice` directives of recipes, as `scripts/export_can_splice.py` writes.

A directive stands in the recipe of the spec that is put in: specs of its package that satisfy
`when` may replace specs that satisfy `target`, if both have the same values of some variants
(`can_splice` in `lib/spack/spack/directives.py` of Spack 1.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from loaders import limits, source
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import Record
from loaders.known_versions import Format, KnownVersion
from loaders.specs.checks import MAX_TEXT, check_name, check_text, decode_error
from spec_syntax import SpecConstraint, SpecSyntaxError, parse_spec

FORMAT = Format(
    subject="export of can_splice",
    pointer="/version",
    kept="each directive with its package, target, condition and the variants that must match",
    versions=(
        KnownVersion(
            "1",
            "0.23 to 1.x, by `scripts/export_can_splice.py`",
            "the recipes that were examined, each with its directives",
        ),
    ),
)

_FILE_TYPE = re.compile(rb'"file-type"\s*:\s*"specgraph-can-splice"')


@dataclass(frozen=True, slots=True)
class Directive:
    """A `can_splice` directive.

    Attributes:
        target: What may be replaced, in spec syntax.
        when: What the spec that is put in must satisfy, in spec syntax; empty for all.
        match_variants: As in the recipe; `*` for all variants.
        variants: Names of the variants that must have the same value in both specs.
    """

    target: str
    when: str
    match_variants: tuple[str, ...]
    variants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExaminedRecipe(Record):
    """A recipe that was examined.

    Attributes:
        namespace: Namespace of its repository.
        package: Name of its package.
        directives: Its directives; those of an earlier export are void.
    """

    namespace: str
    package: str
    directives: tuple[Directive, ...]


class _Directive(msgspec.Struct):
    target: str
    when: str = ""
    match_variants: Literal["*"] | list[str] | None = None
    variants: list[str] = msgspec.field(default_factory=list)


class _Recipe(msgspec.Struct):
    namespace: str
    package: str
    can_splice: list[_Directive]


class _Version(msgspec.Struct):
    version: msgspec.Raw = msgspec.Raw(b"null")


class _Export(msgspec.Struct):
    recipes: list[_Recipe]


_VERSION = msgspec.json.Decoder(_Version)
_EXPORT = msgspec.json.Decoder(_Export)


def looks_like(head: bytes) -> bool:
    """Return whether a file is an export, by its first bytes."""
    return head.lstrip().startswith(b"{") and _FILE_TYPE.search(head) is not None


def read(raw: bytes, place: str) -> Iterator[ExaminedRecipe | Problem]:
    """Read an export.

    A recipe with a directive that cannot be read is a problem, and nothing of it is yielded.

    Args:
        raw: Uncompressed JSON in UTF-8.
        place: Name of the file in problems.

    Raises:
        DocumentError: It is not an export, or of an unknown version.
    """
    limits.check_json(raw)
    try:
        version = msgspec.json.decode(_VERSION.decode(raw).version)
        FORMAT.check(version)
        export = _EXPORT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error
    for number, recipe in enumerate(export.recipes):
        limits.spend()
        pointer = f"/recipes/{number}"
        try:
            yield _read_recipe(recipe)
        except DocumentError as error:
            yield Problem(place, error.with_prefix(pointer))


def _read_recipe(recipe: _Recipe) -> ExaminedRecipe:
    check_name(recipe.package, "/package")
    check_text(recipe.namespace, "namespace")
    directives = []
    for number, each in enumerate(recipe.can_splice):
        limits.spend()
        try:
            directives.append(_read_directive(each))
        except DocumentError as error:
            raise error.with_prefix(f"/can_splice/{number}") from error
    return ExaminedRecipe(recipe.namespace, recipe.package, tuple(directives))


def _read_directive(directive: _Directive) -> Directive:
    target = _parse(directive.target, "/target")
    if target is None or target.name is None:
        raise DocumentError(Fault.INVALID, "the target has no package", "/target")
    _parse(directive.when, "/when")
    names = directive.match_variants
    match = (names,) if isinstance(names, str) else tuple(names or ())
    for name in directive.variants:
        check_name(name, "/variants")
    for name in match:
        if name != "*":
            check_name(name, "/match_variants")
    return Directive(directive.target, directive.when, match, tuple(directive.variants))


def _parse(text: str, pointer: str) -> SpecConstraint | None:
    if not text.strip():
        return None
    if len(text) > MAX_TEXT:
        raise DocumentError(Fault.INVALID, f"longer than {MAX_TEXT} characters", pointer)
    try:
        return parse_spec(text)
    except SpecSyntaxError as error:
        raise DocumentError(Fault.INVALID, f"not a spec: {error.message}", pointer) from error


def _read_export(candidate: Candidate, _: ReadContext) -> Records:
    with source.open_path(candidate.path) as stream:
        raw = source.read_bounded(stream)
    yield from read(raw, str(candidate.path))


KIND = DocumentKind(
    name="export of can_splice",
    read=_read_export,
    looks_like=looks_like,
    formats=(FORMAT,),
)
