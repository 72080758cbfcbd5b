"""The shapes of requests and answers of `service/api/abi.py`."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.specs import ContentArguments, LabelSchema, described

FINDING_KINDS = (
    "`missing-library`, `missing-version`, `undefined-symbol`, `wrong-machine`, `copy-relocation`, "
    "`damaged-file`, or `runs-with`: the program loads a library of a spec that it is not deployed "
    "with, which does not change the verdict."
)


class AbiArguments(ContentArguments):
    """Which spec."""

    site = fields.String(
        load_default=None,
        allow_none=True,
        **described("Name of the site whose files count; by default those that were read last."),
    )


class FileOfSpecSchema(ma.Schema):
    """A file of a spec."""

    hash = fields.String(allow_none=True, **described("Null for a file of no spec."))
    name = fields.String(allow_none=True)
    version = fields.String(allow_none=True)
    path = fields.String(**described("Path in the prefix."))


class AbiFindingSchema(ma.Schema):
    """A reason for which a spec does not start, or runs with other libraries."""

    kind = fields.String(**described(FINDING_KINDS))
    needed_by = fields.Nested(FileOfSpecSchema, **described("The file that needs it."))
    what = fields.String(**described("The library, version or symbol."))
    provided_before_by = fields.Nested(
        FileOfSpecSchema,
        allow_none=True,
        **described("The file that gave it to the spec as it was built; null if not known."),
    )
    by_splice = fields.Boolean(
        **described("Whether the spec was spliced, and does not have this as it was built.")
    )
    runs_with = fields.Nested(
        FileOfSpecSchema, allow_none=True, **described("The library of a `runs-with`, else null.")
    )


class CoverageSchema(ma.Schema):
    """How many of the deployed specs have files."""

    specs = fields.Integer(**described("Deployed specs."))
    without_files = fields.Integer(**described("Those of them of which no file was read."))


class AbiVerdictSchema(ma.Schema):
    """Whether a spec starts, by the rules of the dynamic loader."""

    root = fields.Nested(LabelSchema)
    verdict = fields.String(**described("`loads`, `broken`, or `unknown`."))
    level = fields.String(**described("What was compared: `symbols`."))
    note = fields.String(**described("What was not compared."))
    findings = fields.List(fields.Nested(AbiFindingSchema))
    unknown_ = fields.List(
        fields.String(),
        data_key="unknown",
        attribute="unknown",
        **described("Files, libraries and symbols of which too little is known."),
    )
    coverage = fields.Nested(CoverageSchema)
    missing = fields.List(
        fields.Nested(LabelSchema), **described("The deployed specs of which no file was read.")
    )
    runs_with = fields.List(
        fields.Nested(LabelSchema),
        **described("The specs whose files the dynamic loader maps, the spec itself included."),
    )
