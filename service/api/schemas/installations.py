"""Schemas of requests and answers about installations, sites and install manifests."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import (
    FactsArguments,
    FactsSchema,
    PagingArguments,
    TotalSchema,
    described,
    page_of,
)


class InstallationArguments(FactsArguments, PagingArguments):
    """Which installations."""

    q = fields.String(
        load_default=None, **described("Only of these specs, in Spack's spec syntax.")
    )
    site = fields.String(load_default=None, **described("Only at this site."))
    explicit = fields.Boolean(
        load_default=None, **described("Only specs that a user asked for, or only the others.")
    )
    on = fields.String(
        load_default=None,
        **described("Installed at this date or time (ISO 8601); now by default."),
    )
    gone = fields.Boolean(
        load_default=False, **described("Include removed installations; not together with `on`.")
    )


class InstallationItemSchema(FactsSchema):
    """A spec in a store."""

    uid = fields.String()
    hash = fields.String()
    name = fields.String(allow_none=True)
    version = fields.String(allow_none=True)
    site = fields.String()
    store = fields.String()
    upstream = fields.Boolean(allow_none=True)
    explicit = fields.Boolean()
    external = fields.Boolean()
    present = fields.Boolean(**described("Whether the newest index of its store has it."))
    installed_at = fields.Float(allow_none=True, **described("Seconds since 1970."))
    first_seen = fields.Float(**described("Time of the first index that had it."))
    last_seen = fields.Float(
        allow_none=True, **described("Time of the last index that had it installed; null if none.")
    )
    deprecated_for = fields.String(allow_none=True, **described("Hash of its replacement."))
    prefix_hash = fields.String(allow_none=True, **described("SHA-256 of the prefix."))


InstallationPageSchema = page_of(InstallationItemSchema)


class StoreSchema(ma.Schema):
    """An install tree."""

    name = fields.String()
    upstream = fields.Boolean(allow_none=True)
    as_of = fields.Float(**described("Time of its newest index."))
    installations = fields.Integer()


class SiteSchema(ma.Schema):
    """A site."""

    name = fields.String()
    builds = fields.Integer()
    installations = fields.Integer()
    stores = fields.List(fields.Nested(StoreSchema))


class SitesSchema(ma.Schema):
    """Every site."""

    items = fields.List(fields.Nested(SiteSchema))


class OwnerArguments(FactsArguments, PagingArguments):
    """Which file."""

    path = fields.String(
        required=True,
        **described(
            "Path below the prefix or its end, file name, absolute path, or SONAME: "
            "`lib/libhdf5.so`."
        ),
    )


class FileSchema(ma.Schema):
    """A line of an install manifest."""

    path = fields.String(**described("Path below the prefix."))
    kind = fields.String(**described("file, directory or link."))
    mode = fields.Integer(allow_none=True)
    size = fields.Integer(allow_none=True, **described("Size in bytes."))
    checksum = fields.String(allow_none=True, **described("Checksum, as in the manifest."))
    target = fields.String(allow_none=True, **described("Target of a link."))


class OwnerSchema(FactsSchema, FileSchema):
    """A file, and the spec that installed it."""

    hash = fields.String()
    spec = fields.String(**described("Name of the package."))
    version = fields.String(allow_none=True)
    sites = fields.List(
        fields.String(), **described("Sites at which the spec is or was installed.")
    )


class OwnerPageSchema(ma.Schema):
    """A page of files."""

    items = fields.List(fields.Nested(OwnerSchema))
    next = fields.String(allow_none=True)


class FilePageSchema(ma.Schema):
    """A page of an install manifest."""

    items = fields.List(fields.Nested(FileSchema))
    next = fields.String(allow_none=True)
    total = fields.Nested(TotalSchema)
