"""The shapes of requests and answers of `service/api/traversals.py`."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import (
    MAX_LIMIT,
    LabelSchema,
    PagingArguments,
    PathNodeSchema,
    SpecItemSchema,
    TotalSchema,
    page_of,
)


def _described(text: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": text, **more}}


def _limit(default: int) -> fields.Integer:
    return fields.Integer(
        load_default=default,
        validate=validate.Range(1, MAX_LIMIT),
        **_described(f"Most of them in the answer, 1 to {MAX_LIMIT}."),
    )


def _deptypes(default: str | None, text: str = "Dependency types to follow.") -> fields.String:
    return fields.String(load_default=default, **_described(f"{text} With commas: `link,run`."))


_EVERY_TYPE = "build,link,run,test"


class WhyArguments(PagingArguments):
    """Why is it there."""

    dependency = fields.String(
        required=True, **_described("What is looked for, in spec syntax: `xz@5.6`.")
    )
    deptypes = _deptypes(_EVERY_TYPE)
    limit = _limit(10)


class SpliceArguments(PagingArguments):
    """Which part of a splice."""

    deptypes = _deptypes("link,run", "Dependency types to compare.")
    limit = _limit(MAX_LIMIT)


class DependentsArguments(PagingArguments):
    """Which dependents."""

    transitive = fields.Boolean(
        load_default=False, **_described("Also those that depend on it through others.")
    )
    runtime = fields.Boolean(
        load_default=None,
        **_described("Only by link and run dependencies; `false`, direct ones only: the others."),
    )
    deptypes = _deptypes(None, "Only by dependencies of any of these types.")
    roots_only = fields.Boolean(load_default=False, **_described("Only roots."))


class DiffArguments(PagingArguments):
    """Which two DAGs."""

    a = fields.String(required=True, **_described("Hash of the first, may be abbreviated."))
    b = fields.String(required=True, **_described("Hash of the second."))
    deptypes = _deptypes(None, "Dependency types to follow, all by default.")
    runtime = fields.Boolean(load_default=None, **_described("Short for `deptypes=link,run`."))
    limit = _limit(MAX_LIMIT)


class CommonArguments(PagingArguments):
    """Which DAGs."""

    hashes = fields.String(
        required=True, **_described("2 to 50 hashes, may be abbreviated, with commas between.")
    )
    deptypes = _deptypes(_EVERY_TYPE)


class VariationsArguments(PagingArguments):
    """Which variations."""

    only_ = fields.String(
        data_key="only",
        attribute="only",
        load_default=None,
        **_described(
            "What alone may differ: `version`, `target`, `os`, `compiler`, `variants`, or a "
            "virtual, package or variant of the root: `mpi`, `zlib`; without doubt: "
            "`virtual:NAME`, `package:NAME`, `variant:NAME`. Any one of these by default."
        ),
    )


class DependentItemSchema(SpecItemSchema):
    """A dependent."""

    root = fields.Boolean(**_described("Whether somebody asked for it."))
    deptypes = fields.List(fields.String(), **_described("Of a direct dependency."))
    virtuals = fields.List(fields.String(), **_described("Of a direct dependency."))


DependentPageSchema = page_of(DependentItemSchema)


class _PartSchema(ma.Schema):
    next = fields.String(
        allow_none=True, **_described("Cursor of the next page, null on the last.")
    )
    total = fields.Nested(TotalSchema)


class ChainSchema(ma.Schema):
    """One chain of dependencies."""

    side = fields.String(**_described("`deployed`, or `built` where it leads by the build spec."))
    length = fields.Integer(**_described("Steps."))
    path = fields.List(fields.Nested(PathNodeSchema))


class WhySchema(_PartSchema):
    """Why a dependency is there."""

    root = fields.Nested(LabelSchema)
    dependency = fields.String()
    chains = fields.List(
        fields.Nested(ChainSchema),
        **_described("All shortest chains to each match, nearest first."),
    )


class RelinkedSchema(LabelSchema):
    """A spec that was kept but linked against something else."""

    build_spec = fields.String(**_described("Hash of the spec that was really built."))


class PutInSchema(LabelSchema):
    """A spec that the splice brought."""

    replaces = fields.Nested(
        LabelSchema, allow_none=True, **_described("What it stands for, where that is clear.")
    )


class SpliceCountsSchema(ma.Schema):
    """How many of each, on all pages."""

    kept = fields.Integer()
    relinked = fields.Integer()
    taken_out = fields.Integer()
    put_in = fields.Integer()


class SpliceSchema(_PartSchema):
    """What a splice changed; pages go over what was taken out, put in, relinked and kept."""

    root = fields.Nested(LabelSchema)
    spliced = fields.Boolean()
    build_spec = fields.Nested(LabelSchema, **_described("What was really built."))
    chain = fields.List(fields.Nested(LabelSchema), **_described("Build specs, step by step."))
    counts = fields.Nested(SpliceCountsSchema)
    kept = fields.List(fields.Nested(LabelSchema), **_described("Those on this page."))
    relinked = fields.List(fields.Nested(RelinkedSchema), **_described("Those on this page."))
    taken_out = fields.List(fields.Nested(LabelSchema), **_described("Those on this page."))
    put_in = fields.List(fields.Nested(PutInSchema), **_described("Those on this page."))


def _fields() -> fields.Dict:
    return fields.Dict(
        data_key="fields", **_described("What differs: field to the values in a and in b.")
    )


class DiffPairSchema(ma.Schema):
    """Two specs of one package that belong together."""

    a = fields.Nested(LabelSchema)
    b = fields.Nested(LabelSchema)
    fields_ = _fields()


class DiffEntrySchema(ma.Schema):
    """One package that differs."""

    name = fields.String()
    change = fields.String(**_described("added, removed, changed, or dependencies."))
    a = fields.List(fields.Nested(LabelSchema))
    b = fields.List(fields.Nested(LabelSchema))
    fields_ = _fields()
    pairs = fields.List(
        fields.Nested(DiffPairSchema),
        **_described("Where a side has several specs of the package: those that are most alike."),
    )


class CompilersSchema(ma.Schema):
    """The compilers of two DAGs, `name@version` each."""

    a = fields.List(fields.String())
    b = fields.List(fields.String())


class DiffSchema(_PartSchema):
    """Two DAGs compared by package."""

    a = fields.Nested(LabelSchema)
    b = fields.Nested(LabelSchema)
    same = fields.Integer(**_described("Specs that are in both."))
    compilers = fields.Nested(CompilersSchema)
    entries = fields.List(fields.Nested(DiffEntrySchema))


class CommonItemSchema(LabelSchema):
    """A spec that all have."""

    deployed = fields.Boolean(**_described("All reach it by link and run dependencies."))


class PackageVersionsSchema(ma.Schema):
    """A package of which each has a spec that not all have."""

    name = fields.String()
    versions = fields.List(fields.String(), **_described("Of these specs, in version order."))


class CommonSchema(page_of(CommonItemSchema)):  # type: ignore[misc]
    """What several DAGs share."""

    specs = fields.List(fields.Nested(LabelSchema), **_described("Those that were asked for."))
    packages = fields.List(
        fields.Nested(PackageVersionsSchema), **_described("At most 200, by name.")
    )
    packages_truncated = fields.Boolean(**_described("Whether there are more packages."))


class VariationItemSchema(LabelSchema):
    """A root that differs in one thing."""

    only_ = fields.String(
        data_key="only",
        attribute="only",
        **_described("What differs, as the parameter `only` takes it."),
    )
    a = fields.List(fields.String(), **_described("What the spec that was asked for has."))
    b = fields.List(fields.String(), **_described("What this one has in its place."))


VariationPageSchema = page_of(VariationItemSchema)
