"""Schemas of requests and answers about locked environments."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import LabelSchema, PagingArguments, described, page_of


class EnvironmentArguments(PagingArguments):
    """Which locked environments."""

    name = fields.String(load_default=None, **described("Start of the environment's name."))
    site = fields.String(load_default=None, **described("Name of the site."))


class LockedRootSchema(LabelSchema):
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
    lockfile_version = fields.Integer()
    spack_version = fields.String(allow_none=True)
    included = fields.List(
        fields.String(), **described("Digests of the environments that it includes.")
    )
    roots = fields.List(fields.Nested(LockedRootSchema))


EnvironmentPageSchema = page_of(EnvironmentItemSchema)
