"""Schemas of requests and answers about the nearest stored specs."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import ContentLabelSchema, FactsSchema, described

MOST_NEAREST = 50
"""Most specs in an answer."""


class NearestArguments(ma.Schema):
    """Which spec."""

    spec = fields.String(
        required=True,
        **described("An abstract spec of a package, or `/` and the hash of a stored spec."),
    )
    limit = fields.Integer(
        load_default=10, validate=validate.Range(1, MOST_NEAREST), **described("Most specs.")
    )


class DifferenceSchema(ma.Schema):
    """One thing in which a stored spec differs from what is asked for."""

    aspect = fields.String(
        **described("version, variant NAME, dependency NAME, target or another attribute.")
    )
    wanted = fields.List(fields.String())
    found = fields.List(fields.String())


class NearSpecSchema(FactsSchema, ContentLabelSchema):
    """A stored spec of the package, with all that differs; if nothing does, it can be reused."""

    differs = fields.List(fields.Nested(DifferenceSchema))


class NearestSchema(ma.Schema):
    """The nearest stored specs, those with fewest differences first."""

    items = fields.List(fields.Nested(NearSpecSchema))
    compared = fields.Integer(**described("How many specs of the package were compared."))
    total = fields.Integer(**described("How many specs of the package are stored."))
