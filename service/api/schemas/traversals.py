"""The shapes of requests and answers of `service/api/traversals.py`."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.abi import FileOfSpecSchema
from service.api.schemas.specs import (
    ADVICE,
    MAX_LIMIT,
    ContentArguments,
    ContentLabelSchema,
    FactsArguments,
    FactsSchema,
    LabelSchema,
    PagingArguments,
    PathNodeSchema,
    SpecItemSchema,
    TotalSchema,
    described,
    page_of,
)
from service.queries.stale_texts import MOST as MOST_STALE

_EVERY_TYPE = "build,link,run,test"


def _limit(default: int) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(1, MAX_LIMIT),
        **described(f"Most entries in the answer, 1 to {MAX_LIMIT}."),
    )


def _deptypes(default: str | None, text: str = "Dependency types to follow.") -> fields.String:
    return fields.String(
        load_default=default, **described(f"{text} Separated by commas: `link,run`.")
    )


class WhyArguments(ContentArguments, PagingArguments):
    """Which dependency to explain."""

    dependency = fields.String(
        required=True, **described("The dependency, in spec syntax: `xz@5.6`.")
    )
    deptypes = _deptypes(_EVERY_TYPE)
    limit = _limit(10)


class SpliceArguments(ContentArguments, PagingArguments):
    """Which part of a splice."""

    deptypes = _deptypes("link,run", "Dependency types to compare.")
    limit = _limit(MAX_LIMIT)


class DependentsArguments(ContentArguments, FactsArguments, PagingArguments):
    """Which dependents."""

    transitive = fields.Boolean(
        load_default=False, **described("Also those that depend on it through others.")
    )
    runtime = fields.Boolean(
        load_default=None,
        **described(
            "Only by link and run dependencies. With `false`, only direct dependents by other "
            "dependencies."
        ),
    )
    deptypes = _deptypes(None, "Only by dependencies of any of these types.")
    roots_only = fields.Boolean(load_default=False, **described("Only roots."))


class DiffArguments(PagingArguments):
    """Which two DAGs."""

    a = fields.String(required=True, **described("Hash of the first, may be abbreviated."))
    b = fields.String(required=True, **described("Hash of the second."))
    deptypes = _deptypes(None, "Dependency types to follow, all by default.")
    runtime = fields.Boolean(load_default=None, **described("Short for `deptypes=link,run`."))
    limit = _limit(MAX_LIMIT)


class CommonArguments(FactsArguments, PagingArguments):
    """Which DAGs."""

    hashes = fields.String(
        required=True, **described("2 to 50 hashes separated by commas, may be abbreviated.")
    )
    deptypes = _deptypes(_EVERY_TYPE)


class VariationsArguments(ContentArguments, FactsArguments, PagingArguments):
    """Which variations."""

    only_ = fields.String(
        data_key="only",
        attribute="only",
        load_default=None,
        **described(
            "The one thing that may differ: `version`, `target`, `os`, `compiler`, `variants`, or "
            "a virtual, package or variant of the root: `mpi`, `zlib`. If a name is ambiguous: "
            "`virtual:NAME`, `package:NAME`, `variant:NAME`. Any one of these by default."
        ),
    )


class DependentItemSchema(SpecItemSchema):
    """A dependent."""

    root = fields.Boolean(**described("Whether it was requested by itself."))
    deptypes = fields.List(fields.String(), **described("Types of a direct dependency."))
    virtuals = fields.List(fields.String(), **described("Virtuals of a direct dependency."))


DependentPageSchema = page_of(DependentItemSchema)


class PartSchema(ma.Schema):
    """A part of a list, as every answer with such a part has it."""

    next = fields.String(allow_none=True, **described("Cursor of the next page, null on the last."))
    total = fields.Nested(TotalSchema)


class ChainSchema(ma.Schema):
    """One chain of dependencies."""

    side = fields.String(
        **described("`deployed`, or `built` if the chain leads through the build spec.")
    )
    length = fields.Integer(**described("Number of steps."))
    path = fields.List(fields.Nested(PathNodeSchema))


class WhySchema(PartSchema):
    """Why a dependency is there."""

    root = fields.Nested(ContentLabelSchema)
    dependency = fields.String()
    advice = ADVICE
    chains = fields.List(
        fields.Nested(ChainSchema),
        **described("All shortest chains to each match, nearest first."),
    )


class RelinkedSchema(LabelSchema):
    """A spec that was kept but linked against something else."""

    build_spec = fields.String(**described("Hash of the spec that was really built."))


class PutInSchema(LabelSchema):
    """A spec that the splice added."""

    replaces = fields.Nested(
        LabelSchema, allow_none=True, **described("The spec that it replaces, if that is clear.")
    )


class SpliceCountsSchema(ma.Schema):
    """How many of each, on all pages."""

    kept = fields.Integer()
    relinked = fields.Integer()
    taken_out = fields.Integer()
    put_in = fields.Integer()


class StaleTextSchema(ma.Schema):
    """A text of a relinked spec that names a spec as it was before the splice."""

    file = fields.Nested(FileOfSpecSchema, **described("The text."))
    names = fields.Nested(LabelSchema, **described("The spec of which it names the prefix."))


class SpliceSchema(PartSchema):
    """The changes of a splice; pages list the specs taken out, put in, relinked and kept."""

    root = fields.Nested(ContentLabelSchema)
    spliced = fields.Boolean()
    stripped = fields.Boolean(
        **described("Whether the build spec was lost, so that nothing is known of the build.")
    )
    build_spec = fields.Nested(ContentLabelSchema, **described("The spec that was really built."))
    chain = fields.List(fields.Nested(LabelSchema), **described("Build specs, step by step."))
    counts = fields.Nested(SpliceCountsSchema)
    kept = fields.List(fields.Nested(LabelSchema), **described("Those on this page."))
    relinked = fields.List(fields.Nested(RelinkedSchema), **described("Those on this page."))
    taken_out = fields.List(fields.Nested(LabelSchema), **described("Those on this page."))
    put_in = fields.List(fields.Nested(PutInSchema), **described("Those on this page."))
    stale_texts = fields.List(
        fields.Nested(StaleTextSchema),
        **described(
            "Texts of relinked specs that still name the prefix of a spec that was taken out, or "
            f"of a relinked one as it was built: on each page the same, at most {MOST_STALE}."
        ),
    )
    stale_text_count = fields.Integer(**described("How many of these there are."))
    texts_unread = fields.List(
        fields.Nested(LabelSchema), **described("Relinked specs of which no texts were read.")
    )


def _field_changes() -> fields.Dict:
    # The schema class cannot have an attribute `fields`: marshmallow uses that name itself.
    return fields.Dict(
        data_key="fields",
        attribute="fields",
        **described("Each field that differs, with its values in a and in b."),
    )


class DiffPairSchema(ma.Schema):
    """Two specs of one package that correspond."""

    a = fields.Nested(LabelSchema)
    b = fields.Nested(LabelSchema)
    fields_ = _field_changes()


class DiffEntrySchema(ma.Schema):
    """One package that differs."""

    name = fields.String()
    change = fields.String(**described("added, removed, changed, or dependencies."))
    a = fields.List(fields.Nested(LabelSchema))
    b = fields.List(fields.Nested(LabelSchema))
    fields_ = _field_changes()
    pairs = fields.List(
        fields.Nested(DiffPairSchema),
        **described("The specs that are most alike, if a side has several of the package."),
    )


class CompilersSchema(ma.Schema):
    """The compilers of two DAGs, `name@version` each."""

    a = fields.List(fields.String())
    b = fields.List(fields.String())


class DiffSchema(PartSchema):
    """Two DAGs compared by package."""

    a = fields.Nested(ContentLabelSchema)
    b = fields.Nested(ContentLabelSchema)
    same = fields.Integer(**described("Number of specs in both."))
    compilers = fields.Nested(CompilersSchema)
    entries = fields.List(fields.Nested(DiffEntrySchema))


class CommonItemSchema(FactsSchema, LabelSchema):
    """A spec that all have."""

    deployed = fields.Boolean(**described("Whether all have it over link and run dependencies."))


class PackageVersionsSchema(ma.Schema):
    """A package of which each DAG has a spec that not all have."""

    name = fields.String()
    versions = fields.List(fields.String(), **described("Of these specs, in version order."))


class CommonSchema(page_of(CommonItemSchema)):  # type: ignore[misc]
    """The specs that several DAGs share."""

    specs = fields.List(fields.Nested(LabelSchema), **described("The specs of the request."))
    packages = fields.List(
        fields.Nested(PackageVersionsSchema), **described("At most 200, by name.")
    )
    packages_truncated = fields.Boolean(**described("Whether there are more packages."))


class VariationItemSchema(FactsSchema, LabelSchema):
    """A root that differs in one thing."""

    only_ = fields.String(
        data_key="only",
        attribute="only",
        **described("The thing that differs, as the parameter `only` takes it."),
    )
    a = fields.List(fields.String(), **described("The values of the spec in the request."))
    b = fields.List(fields.String(), **described("The values of this one."))


VariationPageSchema = page_of(VariationItemSchema)
