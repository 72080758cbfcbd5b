"""Schemas of requests and answers about specs that clients could not concretize."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import PagingArguments, described, page_of


class ConcretizationArguments(PagingArguments):
    """Which failed concretizations."""

    package = fields.String(load_default=None, **described("Name of the package: `hdf5`."))
    site = fields.String(load_default=None, **described("Name of the site."))
    since = fields.String(
        load_default=None,
        **described("Only reported last at this date or time (ISO 8601) or later."),
    )
    until = fields.String(
        load_default=None, **described("Only reported last before this date or time.")
    )


class FailedConcretizationSchema(ma.Schema):
    """A spec that clients could not concretize."""

    uid = fields.String()
    name = fields.String(**described("Name of the package."))
    spec = fields.String(**described("The abstract spec in Spack's spec syntax."))
    document = fields.Raw(
        allow_none=True,
        **described("The abstract spec as the client sent it; null if it was too large."),
    )
    spack_version = fields.String(allow_none=True)
    site = fields.String()
    first_seen = fields.Float(**described("Time of the first report, in seconds since 1970."))
    last_seen = fields.Float(**described("Time of the last report."))
    times = fields.Integer(**described("Number of reports."))


ConcretizationPageSchema = page_of(FailedConcretizationSchema)
