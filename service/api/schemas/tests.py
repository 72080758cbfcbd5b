"""Schemas of requests and answers about runs of the tests of installed specs."""

from marshmallow import fields, validate

from service.api.schemas.specs import (
    FactsArguments,
    FactsSchema,
    LabelSchema,
    PagingArguments,
    described,
    page_of,
)
from service.queries.choices import STATUSES


class TestArguments(FactsArguments, PagingArguments):
    """Which runs of tests."""

    q = fields.String(load_default=None, **described("Specs, in Spack's spec syntax."))
    status = fields.String(
        load_default=None,
        validate=validate.OneOf(STATUSES),
        **described("succeeded, failed or skipped."),
    )
    site = fields.String(load_default=None, **described("Name of the site."))


class TestItemSchema(FactsSchema, LabelSchema):
    """A run of the tests of an installed spec."""

    uid = fields.String()
    status = fields.String()
    site = fields.String()
    started = fields.Float(allow_none=True, **described("Seconds since 1970."))
    seconds = fields.Float(allow_none=True, **described("Length of the run in seconds."))
    parts = fields.List(fields.String(), **described("`name=STATUS` of each part."))


TestPageSchema = page_of(TestItemSchema)
