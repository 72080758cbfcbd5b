"""Schemas of requests and answers about build caches."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import LabelSchema, PagingArguments, described, page_of


class MirrorArguments(ma.Schema):
    """Which build caches."""

    offers = fields.String(
        load_default=None, **described("Hash of a spec: only build caches that offer it.")
    )


class OfferSchema(ma.Schema):
    """A spec in a build cache."""

    checksum = fields.String(allow_none=True, **described("Checksum of the archive."))
    size = fields.Integer(allow_none=True, **described("Size of the archive in bytes."))
    layout = fields.Integer(allow_none=True)
    signed = fields.Boolean(allow_none=True)


class MirrorSchema(ma.Schema):
    """A build cache."""

    name = fields.String()
    specs = fields.Integer(**described("Number of specs that it offers."))
    offer = fields.Nested(
        OfferSchema, allow_none=True, **described("Its offer of the spec in `offers`.")
    )


class MirrorsSchema(ma.Schema):
    """Every build cache."""

    items = fields.List(fields.Nested(MirrorSchema))


class KeepArguments(PagingArguments):
    """For which environments; all of them by default."""

    environment = fields.String(load_default=None, **described("Name of the environment."))
    site = fields.String(load_default=None, **described("Name of the site."))


KeepPageSchema = page_of(LabelSchema)
