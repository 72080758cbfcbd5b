"""The shapes of requests and answers of `service/api/needs.py`."""

import marshmallow as ma
from marshmallow import fields

from service.api.schemas.abi import CoverageSchema, FileOfSpecSchema
from service.api.schemas.specs import ContentArguments, LabelSchema, described

_STARTS = "`yes`, `no` or `unknown`; null if no system was asked about."


class NeedsArguments(ContentArguments):
    """Which spec, and on which system."""

    on = fields.String(
        load_default=None,
        allow_none=True,
        **described(
            "Versions of a system, such as `GLIBC=2.28,GLIBCXX=3.4.25`, on which it is to start. "
            "They come before those of `site`."
        ),
    )
    site = fields.String(
        load_default=None,
        allow_none=True,
        **described("Name of the site at which it is to start."),
    )


class SystemNeedSchema(ma.Schema):
    """The newest version of a family that some file of a deployment needs."""

    family = fields.String(**described("`GLIBC`, `GLIBCXX`, `CXXABI`, `GFORTRAN` or `GCC`."))
    library = fields.String(**described("Name of the library that defines it."))
    version = fields.String(**described("The number of the version."))
    symbol_version = fields.String(**described("The name of the version, as it is in files."))
    needed_by = fields.Nested(
        FileOfSpecSchema, **described("A file that needs it, of the spec itself if possible.")
    )
    symbols = fields.List(
        fields.String(), **described("Some of the symbols that the file needs in that version.")
    )
    provided_by = fields.Nested(
        FileOfSpecSchema,
        allow_none=True,
        **described("The file of a deployed spec that defines it, so that the system need not."),
    )
    there = fields.List(
        fields.String(), **described("The versions that the systems asked about have, in order.")
    )
    source = fields.String(
        allow_none=True,
        **described(
            "How these are known: `given`; from `libraries` that were read at the site; or from "
            "the `specs` of its external glibc and gcc. Null if they are not known."
        ),
    )
    starts = fields.String(allow_none=True, **described(f"Whether it is there: {_STARTS}"))


class SystemNeedsSchema(ma.Schema):
    """The least versions of the system's libraries that a deployment needs."""

    root = fields.Nested(LabelSchema)
    needs = fields.List(fields.Nested(SystemNeedSchema))
    starts = fields.String(
        allow_none=True, **described(f"Whether all versions are there that it needs: {_STARTS}")
    )
    site = fields.String(allow_none=True, **described("The site asked about."))
    coverage = fields.Nested(CoverageSchema)
    missing = fields.List(
        fields.Nested(LabelSchema),
        **described("The deployed specs of which no file was read: they may need more."),
    )
