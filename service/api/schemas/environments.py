"""Schemas of requests and answers about locked environments."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import (
    FactsArguments,
    FactsSchema,
    LabelSchema,
    PagingArguments,
    described,
    page_of,
)
from service.api.schemas.traversals import DiffEntrySchema, PartSchema


class EnvironmentArguments(FactsArguments, PagingArguments):
    """Which locked environments."""

    name = fields.String(load_default=None, **described("Start of the environment's name."))
    site = fields.String(load_default=None, **described("Name of the site."))
    with_ = fields.String(
        data_key="with",
        attribute="with",
        load_default=None,
        **described("Only environments that hold such a spec, as a root or below one."),
    )


class EnvironmentDiffArguments(PagingArguments):
    """Which two locked environments."""

    a = fields.String(
        required=True,
        validate=ma.validate.Length(min=1),
        **described(
            "Name of the first, or at least 6 characters of its id or digest; of several with this "
            "name the one that was loaded last."
        ),
    )
    b = fields.String(
        load_default=None,
        **described(
            "The second. Without it the two states of `a` that were loaded last are compared."
        ),
    )
    site = fields.String(load_default=None, **described("Name of the site."))
    limit = fields.Integer(
        load_default=1000, validate=ma.validate.Range(1, 1000), **described("Most packages.")
    )


class LockedRootSchema(FactsSchema, LabelSchema):
    """A root of an environment."""

    abstract = fields.String(**described("The abstract spec that it was concretized from."))
    group = fields.String(
        allow_none=True, **described("Its group of specs, from Spack 1.2 on; null without one.")
    )


class EnvironmentItemSchema(ma.Schema):
    """A locked environment."""

    uid = fields.String(**described("Identity of this environment at its site."))
    name = fields.String()
    digest = fields.String(**described("Digest of the locked content."))
    site = fields.String()
    loaded = fields.Float(
        allow_none=True, **described("When it was loaded first, in seconds since 1970.")
    )
    lockfile_version = fields.Integer()
    spack_version = fields.String(allow_none=True)
    included = fields.List(
        fields.String(), **described("Digests of the environments that it includes.")
    )
    roots = fields.List(fields.Nested(LockedRootSchema))
    holds = fields.List(
        fields.Nested(LabelSchema),
        allow_none=True,
        **described("At most 20 of its specs that satisfy `with`; null without that."),
    )


class EnvironmentStateSchema(ma.Schema):
    """A locked environment of a comparison."""

    uid = fields.String(**described("Identity of this environment at its site."))
    name = fields.String()
    digest = fields.String(**described("Digest of the locked content."))
    site = fields.String()
    load_ = fields.String(
        data_key="load", attribute="load", **described("Time and id of the load that brought it.")
    )


class RootChangeSchema(ma.Schema):
    """A requested spec that differs."""

    abstract = fields.String()
    group = fields.String(allow_none=True)
    change = fields.String(**described("added, removed, or changed: another concrete spec."))
    a = fields.Nested(LabelSchema, allow_none=True)
    b = fields.Nested(LabelSchema, allow_none=True)


class EnvironmentDiffSchema(PartSchema):
    """Two locked environments compared by requested specs and by package."""

    a = fields.Nested(EnvironmentStateSchema)
    b = fields.Nested(EnvironmentStateSchema)
    roots = fields.List(fields.Nested(RootChangeSchema))
    same = fields.Integer(**described("Number of specs in both."))
    entries = fields.List(fields.Nested(DiffEntrySchema))


EnvironmentPageSchema = page_of(EnvironmentItemSchema)
