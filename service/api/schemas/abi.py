"""The shapes of requests and answers of `service/api/abi.py`."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate, validates_schema

from service.api.schemas.specs import MAX_LIMIT, ContentArguments, LabelSchema, described
from service.queries.type_changes import CHANGED, MOST_CHANGES, OUTCOMES

MOST_COMPARISONS = 100
"""Most results of comparisons in a request."""
MOST_LETTERS = 300
"""Most letters of a name in such a result."""
FINDING_KINDS = (
    "`missing-library`, `missing-version`, `undefined-symbol`, `wrong-machine`, `copy-relocation`, "
    "`damaged-file`; `type-change`, at the level `types`; or `runs-with`: the program loads a "
    "library of a spec that it is not deployed with, which does not change the verdict."
)


def _digest(text: str) -> fields.String:
    is_digest = validate.Regexp(r"^[0-9a-f]{64}\Z")
    return fields.String(required=True, validate=is_digest, **described(text))


class AbiArguments(ContentArguments):
    """Which spec."""

    site = fields.String(
        load_default=None,
        allow_none=True,
        **described("Name of the site whose files count; by default those that were read last."),
    )


class AbiLevelArguments(AbiArguments):
    """Which spec, and which level."""

    level = fields.String(
        load_default="symbols",
        validate=validate.OneOf(("symbols", "types")),
        **described(
            "`types` to compare types, too, of which results were sent to `/types`: without one "
            "for each replaced library, the verdict is `unknown` at best."
        ),
    )


class FileOfSpecSchema(ma.Schema):
    """A file of a spec."""

    hash = fields.String(allow_none=True, **described("Null for a file of no spec."))
    name = fields.String(allow_none=True)
    version = fields.String(allow_none=True)
    path = fields.String(**described("Path in the prefix."))


class AbiFindingSchema(ma.Schema):
    """A reason for which a spec does not start, or runs with other libraries."""

    kind = fields.String(**described(FINDING_KINDS))
    needed_by = fields.Nested(FileOfSpecSchema, **described("The file that needs it."))
    what = fields.String(**described("The library, version or symbol."))
    provided_before_by = fields.Nested(
        FileOfSpecSchema,
        allow_none=True,
        **described("The file that gave it to the spec as it was built; null if not known."),
    )
    by_splice = fields.Boolean(
        **described("Whether the spec was spliced, and does not have this as it was built.")
    )
    runs_with = fields.Nested(
        FileOfSpecSchema, allow_none=True, **described("The library of a `runs-with`, else null.")
    )


class CoverageSchema(ma.Schema):
    """How many of the deployed specs have files."""

    specs = fields.Integer(**described("Deployed specs."))
    without_files = fields.Integer(**described("Those of them of which no file was read."))


class ChangedTypeSchema(ma.Schema):
    """A function or variable of which a type changed."""

    name = fields.String(
        required=True,
        validate=validate.Length(1, MOST_LETTERS),
        **described("Its name; of C++ without the types of its parameters."),
    )
    type = fields.String(
        load_default="",
        validate=validate.Length(0, MOST_LETTERS),
        **described("The struct, class, union or enum that changed; empty if it is none."),
    )


class ReplacedLibrarySchema(ma.Schema):
    """A library that another one replaced, and whether their types are the same."""

    before = fields.Nested(
        FileOfSpecSchema, **described("The file that the spec loads as it was built.")
    )
    after = fields.Nested(FileOfSpecSchema, **described("The file that it loads in its place."))
    before_library = fields.String(**described("Identity of the first library."))
    after_library = fields.String(**described("That of the second."))
    before_at = fields.String(
        allow_none=True,
        **described("Path of the first where it was read; null if that was not in a store."),
    )
    after_at = fields.String(allow_none=True, **described("That of the second."))
    outcome = fields.String(
        allow_none=True,
        **described("`same`, `changed` or `no-debug-information`; null if they were not compared."),
    )
    changes = fields.List(fields.Nested(ChangedTypeSchema))


class TypeComparisonSchema(ma.Schema):
    """The result of comparing the types of two libraries."""

    before = _digest("Identity of the library as it was: the SHA-256 of the file.")
    after = _digest("Identity of the library in its place.")
    outcome = fields.String(
        required=True,
        validate=validate.OneOf(OUTCOMES),
        **described("`same`, `changed` or `no-debug-information`."),
    )
    changes = fields.List(
        fields.Nested(ChangedTypeSchema),
        load_default=[],
        validate=validate.Length(max=MOST_CHANGES),
        **described("Name of the change."),
    )
    tool = fields.String(
        required=True,
        validate=validate.Length(1, MOST_LETTERS),
        **described("The program that compared them, with its version."),
    )

    @validates_schema
    def _require_changes(self, data: dict[str, Any], **_: Any) -> None:
        if (data["outcome"] == CHANGED) != bool(data["changes"]):
            raise ma.ValidationError("`changed` needs changes, other outcomes have none", "changes")


class TypeComparisonsSchema(ma.Schema):
    """Results of comparing the types of libraries."""

    items = fields.List(
        fields.Nested(TypeComparisonSchema),
        required=True,
        validate=validate.Length(1, MOST_COMPARISONS),
        **described(f"The results, 1 to {MOST_COMPARISONS}."),
    )


class StoredComparisonsSchema(ma.Schema):
    """How many results were stored."""

    stored = fields.Integer(
        **described("Those of pairs of which both libraries are stored; they replace older ones.")
    )


class AbiVerdictSchema(ma.Schema):
    """Whether a spec starts, by the rules of the dynamic loader."""

    root = fields.Nested(LabelSchema)
    verdict = fields.String(**described("`loads`, `broken`, or `unknown`."))
    level = fields.String(**described("The comparison: `symbols`, or `types` as well."))
    note = fields.String(**described("What was not compared."))
    findings = fields.List(fields.Nested(AbiFindingSchema))
    unknown_ = fields.List(
        fields.String(),
        data_key="unknown",
        attribute="unknown",
        **described("Files, libraries and symbols of which too little is known."),
    )
    coverage = fields.Nested(CoverageSchema)
    missing = fields.List(
        fields.Nested(LabelSchema), **described("The deployed specs of which no file was read.")
    )
    runs_with = fields.List(
        fields.Nested(LabelSchema),
        **described("The specs whose files the dynamic loader maps, the spec itself included."),
    )
    types = fields.List(
        fields.Nested(ReplacedLibrarySchema),
        **described("The libraries whose types count; empty at the level `symbols`."),
    )


class ProposalArguments(ma.Schema):
    """Which `can_splice` lines."""

    package = fields.String(
        required=True,
        **described("The builds that may be put in, a spec with a name: `mvapich2`, `hdf5@1.14`."),
    )
    target = fields.String(
        load_default=None,
        **described(
            "The builds that may be replaced, a spec; by default those of the same package, and "
            "all that have a library of the same SONAME."
        ),
    )
    site = fields.String(
        load_default=None,
        **described("Only files that were read at this site; by default all."),
    )
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MAX_LIMIT),
        **described(f"Most pairs that are listed without a line, 1 to {MAX_LIMIT}, of each kind."),
    )


class ClientFileSchema(ma.Schema):
    """A file that needs libraries."""

    spec = fields.Nested(LabelSchema, **described("The first spec of its package that has it."))
    path = fields.String(**described("Path below the prefix."))
    specs = fields.Integer(**described("Specs of the package that have it."))


class PairReasonSchema(ma.Schema):
    """Why a build cannot replace another one, or why that is not known."""

    kind = fields.String(
        **described(
            "`missing-library`, `missing-version`, `undefined-symbol`, `copy-relocation`, "
            "`type-change`. If it is not known: `no-client`, no stored file uses a symbol; "
            "`unread-client`, no files were read of a spec that is linked to it; `other-folder`, "
            "the library is in another folder of the prefix; `virtual`, the package is not known "
            "to provide it; `same-constraints`, a pair that does not load, or is unknown, "
            "satisfies the line as well; `too-many-clients`."
        )
    )
    what = fields.String(**described("The library, version, symbol, spec or virtual."))
    needed_by = fields.Nested(
        ClientFileSchema, allow_none=True, **described("A file that needs it, if one does.")
    )


class ComparedLibrarySchema(ma.Schema):
    """A library and the one in its place."""

    soname = fields.String(**described("The name by which it is needed."))
    before = fields.String(**described("Path of the first."))
    after = fields.String(
        allow_none=True, **described("Path of the second; null if there is none.")
    )
    before_library = fields.String(**described("SHA-256 of the first."))
    after_library = fields.String(allow_none=True, **described("That of the second."))
    types = fields.String(
        allow_none=True,
        **described("`same`, `changed` or `no-debug-information`; null if they were not compared."),
    )


class ComparedPairSchema(ma.Schema):
    """Two builds that were compared."""

    target = fields.Nested(LabelSchema, **described("The build that would be replaced."))
    replacement = fields.Nested(LabelSchema, **described("The build that would be put in."))
    verdict = fields.String(**described("`loads`, `broken` or `unknown`."))
    reasons = fields.List(fields.Nested(PairReasonSchema), **described("The first ones."))
    libraries = fields.List(fields.Nested(ComparedLibrarySchema))
    clients = fields.List(
        fields.Nested(ClientFileSchema), **described("The first files that need the libraries.")
    )
    clients_count = fields.Integer(**described("Their number."))
    symbols = fields.List(fields.String(), **described("The first symbols that these files use."))
    symbols_count = fields.Integer(**described("Their number."))


class ProposedLineSchema(ma.Schema):
    """A `can_splice` directive, with the pairs of builds that it is based on."""

    directive = fields.String(**described("The line as it may stand in the recipe."))
    target = fields.String(**described("Its first argument."))
    when = fields.String()
    match_variants = fields.List(fields.String())
    is_alone = fields.Boolean(
        **described("False if others have the same `when`, of which Spack 1.1 keeps only one.")
    )
    pairs = fields.List(fields.Nested(ComparedPairSchema))


class ProposalsSchema(ma.Schema):
    """`can_splice` lines for the recipe of a package."""

    package = fields.String(**described("The package whose recipe gets the lines."))
    lines = fields.List(fields.Nested(ProposedLineSchema))
    broken = fields.List(fields.Nested(ComparedPairSchema), **described("Pairs that do not load."))
    unknown_ = fields.List(
        fields.Nested(ComparedPairSchema),
        data_key="unknown",
        attribute="unknown",
        **described("Pairs of which too little is known."),
    )
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        **described("How many pairs were compared, by verdict: `loads`, `broken`, `unknown`."),
    )
    unread = fields.List(
        fields.Nested(LabelSchema), **described("Builds of which no files were read.")
    )
    complete = fields.Boolean(
        **described("False if there are so many builds that only the newest were compared.")
    )
    note = fields.String(**described("What the lines are based on."))
