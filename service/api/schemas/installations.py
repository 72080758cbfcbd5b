"""The shapes of requests and answers about what is installed where."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import PagingArguments, TotalSchema, described, page_of


class InstallationArguments(PagingArguments):
    """Which installations."""

    q = fields.String(load_default=None, **described("Their specs, in Spack's spec syntax."))
    site = fields.String(load_default=None, **described("Where."))
    explicit = fields.Boolean(
        load_default=None, **described("Only what somebody asked for, or only the rest.")
    )
    on = fields.String(
        load_default=None,
        **described("What was there then: a date or time in ISO 8601. Now by default."),
    )
    gone = fields.Boolean(
        load_default=False, **described("Also what is no longer there; not together with `on`.")
    )


class InstallationItemSchema(ma.Schema):
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
    present = fields.Boolean(**described("Whether the newest index of its store holds it."))
    installed_at = fields.Float(allow_none=True, **described("Seconds since 1970."))
    first_seen = fields.Float(**described("Time of the first index that held it."))
    last_seen = fields.Float(**described("Time of the last index that held it."))
    deprecated_for = fields.String(allow_none=True, **described("Hash of what replaces it."))
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


class OwnerArguments(PagingArguments):
    """Which file."""

    path = fields.String(
        required=True,
        **described(
            "Path below the prefix, the end of one, a name, or a whole path: `lib/libhdf5.so`."
        ),
    )


class FileSchema(ma.Schema):
    """A line of an install manifest."""

    path = fields.String(**described("Below the prefix."))
    kind = fields.String(**described("file, directory or link."))
    mode = fields.Integer(allow_none=True)
    size = fields.Integer(allow_none=True)
    checksum = fields.String(allow_none=True, **described("As in the manifest."))
    target = fields.String(allow_none=True, **described("Of a link."))


class OwnerSchema(FileSchema):
    """A file, and the spec that installed it."""

    hash = fields.String()
    spec = fields.String(**described("Name of the package."))
    version = fields.String(allow_none=True)
    sites = fields.List(fields.String(), **described("Where the spec is or was installed."))


class OwnerPageSchema(ma.Schema):
    """A page of files."""

    items = fields.List(fields.Nested(OwnerSchema))
    next = fields.String(allow_none=True)


class FilePageSchema(ma.Schema):
    """A page of an install manifest."""

    items = fields.List(fields.Nested(FileSchema))
    next = fields.String(allow_none=True)
    total = fields.Nested(TotalSchema)
