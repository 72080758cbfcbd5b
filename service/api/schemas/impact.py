"""The shapes of requests and answers of `/impact` and `/facets`."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import (
    FactsArguments,
    FilterArguments,
    PagingArguments,
    SpecItemSchema,
    TotalSchema,
    described,
    filter_arguments,
    page_of,
)
from service.queries.filters import FILTERS

_AffectedArguments = filter_arguments(
    "AffectedArguments", [each for each in FILTERS if each.fits_impact]
)


class ImpactArguments(_AffectedArguments, FactsArguments, PagingArguments):  # type: ignore[misc, valid-type]
    """A dependency, and which of the affected specs to list."""

    dependency = fields.String(
        required=True, **described("The dependency, in spec syntax: `xz@5.6.0:5.6.1`.")
    )
    when = fields.String(
        load_default="any",
        validate=validate.OneOf(["any", "run", "build"]),
        **described("`run`: deployed with it; `build`: built with it and not deployed with it."),
    )
    scope = fields.String(
        load_default="roots",
        validate=validate.OneOf(["roots", "all"]),
        **described("`roots`: specs that were requested by themselves; `all`: every spec."),
    )


class ImpactItemSchema(SpecItemSchema):
    """An affected spec."""

    when = fields.String(**described("`run`, or `build` if it is affected at build time only."))


class ImpactCountsSchema(ma.Schema):
    """Exact numbers of affected roots."""

    run = fields.Integer(**described("Deployed with it."))
    build = fields.Integer(**described("Built with it and not deployed with it."))


class ImpactPageSchema(page_of(ImpactItemSchema)):  # type: ignore[misc]
    """A page of affected specs."""

    counts = fields.Nested(ImpactCountsSchema, **described("Of roots; absent for `scope=all`."))


class FacetArguments(FilterArguments):  # type: ignore[misc, valid-type]
    """Which roots to look at, and how much of each facet to list."""

    virtuals = fields.String(
        load_default="mpi", **described("Virtuals whose providers are counted: `mpi,blas`.")
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, 1000),
        **described("Most values of a facet, 1 to 1000."),
    )


class FacetValueSchema(ma.Schema):
    """One value of a facet."""

    value = fields.String(**described("As in spec syntax: `zen4`, `gcc@12.2.0`."))
    count = fields.Integer(**described("Roots that have it, of those that were looked at."))


class FacetSchema(ma.Schema):
    """One facet."""

    distinct = fields.Nested(TotalSchema, **described("Number of values."))
    type = fields.String(**described("EXACT, or AT_LEAST if a sample was looked at."))
    values = fields.List(fields.Nested(FacetValueSchema), **described("Most frequent first."))


class FacetsSchema(ma.Schema):
    """Facets of the roots that a filter selects."""

    roots = fields.Nested(TotalSchema, **described("Roots under the filter."))
    looked_at = fields.Integer(**described("Roots that the counts are over."))
    facets = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(FacetSchema),
        **described("package, version, compiler, target, os, and each virtual."),
    )
