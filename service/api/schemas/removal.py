"""Schemas of requests that delete, and of their answers."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import ContentArguments, described


class RemovalArguments(ma.Schema):
    """Whether to delete, or only to foresee it."""

    dry_run = fields.Boolean(
        load_default=False,
        **described("`true`: delete nothing, and answer what would go, what would stay and why."),
    )


class SpecRemovalArguments(ContentArguments, RemovalArguments):
    """Which content of a hash to delete."""


class RemovedSpecSchema(ma.Schema):
    """A spec that goes."""

    uid = fields.String(**described("Identity of the content."))
    hash = fields.String(**described("The DAG hash."))
    name = fields.String(allow_none=True)
    version = fields.String(allow_none=True)


class KeptSpecSchema(RemovedSpecSchema):
    """A spec that stays."""

    reason = fields.String(**described("Why it stays, as a clause for people."))


class NeedSchema(ma.Schema):
    """A use that forbids a deletion."""

    kind = fields.String(
        **described(
            "What needs it: `dependent`, `splice`, `build`, `blamed`, `installation`, "
            "`announcement`, `mirror`, `environment`, `test` or `token`."
        )
    )
    count = fields.Integer(**described("How many need it."))
    names = fields.List(fields.String(), **described("The first ten of them."))


class RemovalSchema(ma.Schema):
    """The effect of a deletion, in a dry run the foreseen one."""

    subject = fields.String(**described("What was named, for people."))
    dry_run = fields.Boolean(**described("Whether nothing was deleted."))
    removed = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        **described(
            "Number of nodes that go, by label. A dry run does not count texts, diagnostics and "
            "variables that become unused."
        ),
    )
    specs = fields.List(
        fields.Nested(RemovedSpecSchema), **described("The specs that go, at most 1,000.")
    )
    kept = fields.List(
        fields.Nested(KeptSpecSchema),
        **described("Specs below that stay, and why, at most 1,000."),
    )
    needs = fields.List(
        fields.Nested(NeedSchema),
        **described("What forbids the deletion; a dry run lists it, a deletion answers 409."),
    )
