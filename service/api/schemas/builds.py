"""Schemas of requests and answers about attempts at building specs."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import (
    ADVICE,
    FactsArguments,
    FactsSchema,
    LabelSchema,
    PagingArguments,
    described,
    page_of,
)
from service.api.schemas.traversals import DiffEntrySchema
from service.queries.choices import DIAGNOSTIC_KINDS, MATRIX_PROPERTIES, MOST_VALUES


class AttemptFilter(ma.Schema):
    """Which attempts."""

    q = fields.String(
        load_default=None,
        **described("Only of these specs, in Spack's spec syntax: `hdf5@1.14 %gcc@12`."),
    )
    status = fields.String(
        load_default=None,
        **described("running, succeeded, failed, cancelled or skipped; several with commas."),
    )
    phase = fields.String(load_default=None, **described("Only failed in this phase: `build`."))
    site = fields.String(load_default=None, **described("Only made at this site."))
    since = fields.String(
        load_default=None, **described("Only started at this date or time (ISO 8601) or later.")
    )
    until = fields.String(load_default=None, **described("Only started before this date or time."))


class AttemptArguments(AttemptFilter, FactsArguments, PagingArguments):
    """Which attempts, and which page of them."""

    diagnostic = fields.String(
        load_default=None,
        **described("Only with this error or warning: a fingerprint or its start."),
    )


class CauseSchema(ma.Schema):
    """The first error of the phase that an attempt died in."""

    phase = fields.String()
    line = fields.Integer(**described("Line in the phase's log, from 1."))
    text = fields.String()
    source_file = fields.String(allow_none=True)
    source_line = fields.Integer(allow_none=True)
    fingerprint = fields.String(**described("Fingerprint of the diagnostic."))


class AttemptItemSchema(FactsSchema):
    """One attempt in a list."""

    uid = fields.String(**described("Its identity."))
    hash = fields.String(**described("DAG hash of the spec."))
    name = fields.String(allow_none=True)
    version = fields.String(allow_none=True)
    status = fields.String()
    failed_phase = fields.String(allow_none=True)
    started = fields.Float(allow_none=True, **described("Seconds since 1970."))
    seconds = fields.Float(allow_none=True, **described("Duration in seconds."))
    spack_version = fields.String(allow_none=True)
    binary = fields.Boolean(allow_none=True, **described("Unpacked from a build cache, not built."))
    errors = fields.Integer(allow_none=True)
    warnings = fields.Integer(allow_none=True)
    site = fields.String(allow_none=True)
    compilers = fields.List(fields.String(), **described("Compilers of the spec: `gcc@12.2.0`."))
    cause = fields.Nested(CauseSchema, allow_none=True)
    culprit = fields.Nested(
        LabelSchema,
        allow_none=True,
        **described("The failed dependency because of which it was skipped."),
    )


AttemptPageSchema = page_of(AttemptItemSchema)


class FindingSchema(ma.Schema):
    """An error or a warning in a log."""

    kind = fields.String()
    line = fields.Integer()
    text = fields.String()
    normal = fields.String(**described("The text without anything that differs between machines."))
    fingerprint = fields.String()
    source_file = fields.String(allow_none=True)
    source_line = fields.Integer(allow_none=True)
    before = fields.List(fields.String())
    after = fields.List(fields.String())
    notes = fields.List(fields.String())


class PhaseSchema(ma.Schema):
    """One phase of an attempt."""

    name = fields.String()
    status = fields.String()
    seconds = fields.Float(allow_none=True)
    errors = fields.Integer(allow_none=True)
    warnings = fields.Integer(allow_none=True)
    lines = fields.Integer(allow_none=True, **described("Lines of the complete log."))
    size = fields.Integer(allow_none=True, **described("Bytes of the complete log."))
    capped = fields.Boolean(allow_none=True, **described("Whether a part of the log was left out."))
    has_log = fields.Boolean()
    findings = fields.List(fields.Nested(FindingSchema), **described("Errors first."))


class HostSchema(ma.Schema):
    """The host that an attempt was made on."""

    host_os = fields.String(allow_none=True)
    platform = fields.String(allow_none=True)
    host_target = fields.String(allow_none=True)
    hostname = fields.String(allow_none=True)
    kernel_version = fields.String(allow_none=True)


class VariableSchema(ma.Schema):
    """An environment variable."""

    name = fields.String()
    value = fields.String(allow_none=True, **described("Null if it was unset."))
    redacted = fields.Boolean(allow_none=True)


class AttachmentSchema(ma.Schema):
    """A document that was kept with an attempt."""

    name = fields.String()
    kind = fields.String()
    size = fields.Integer()
    lines = fields.Integer()
    capped = fields.Boolean()


class RecipeSchema(ma.Schema):
    """A package recipe that was kept with an attempt."""

    namespace = fields.String(allow_none=True)
    package = fields.String()
    path = fields.String()
    uid = fields.String()


class SourceSchema(ma.Schema):
    """An archive or repository that sources were fetched from."""

    url = fields.String(allow_none=True)
    file = fields.String(allow_none=True)
    sha256 = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True)


class AttemptSchema(AttemptItemSchema):
    """One attempt with everything that is stored about it."""

    message = fields.String(allow_none=True, **described("Spack's message about the failure."))
    more = fields.Dict(
        **described("Further entries, such as `inferred`: the status is a conclusion.")
    )
    origin = fields.String(allow_none=True)
    documents = fields.Integer(**described("Number of documents that describe it."))
    others = fields.Integer(**described("Number of other attempts at the same spec."))
    phases = fields.List(fields.Nested(PhaseSchema))
    environment = fields.Nested(HostSchema, allow_none=True)
    variables = fields.List(fields.Nested(VariableSchema))
    attachments = fields.List(fields.Nested(AttachmentSchema))
    recipes = fields.List(fields.Nested(RecipeSchema))
    sources = fields.List(fields.Nested(SourceSchema))


class LogArguments(ma.Schema):
    """Which text of an attempt."""

    phase = fields.String(load_default=None, **described("Only the log of this phase."))
    attachment = fields.String(
        load_default=None, **described("A document kept with the attempt, instead of a log.")
    )


class MatrixArguments(ma.Schema):
    """Which attempts, and which property to count them by."""

    q = fields.String(
        load_default=None, **described("Only of these specs, in Spack's spec syntax.")
    )
    by = fields.String(
        load_default="compiler",
        validate=validate.OneOf(MATRIX_PROPERTIES),
        **described("compiler, version, target, os or site."),
    )
    site = fields.String(load_default=None, **described("Only made at this site."))


class CellSchema(ma.Schema):
    """How the attempts at a package with one value ended."""

    package = fields.String()
    value = fields.String()
    succeeded = fields.Integer()
    failed = fields.Integer()
    skipped = fields.Integer()
    other = fields.Integer()
    last = fields.String(**described("Status of the newest attempt."))


class MatrixSchema(ma.Schema):
    """How attempts ended, by package and one more property."""

    by = fields.String()
    packages = fields.List(fields.String())
    values = fields.List(fields.String())
    cells = fields.List(fields.Nested(CellSchema))
    advice = ADVICE


class DiagnosticArguments(PagingArguments):
    """Which diagnostics."""

    kind = fields.String(
        load_default=None,
        validate=validate.OneOf(DIAGNOSTIC_KINDS),
        **described("error or warning."),
    )
    q = fields.String(load_default=None, **described("Only in attempts at these specs."))
    site = fields.String(load_default=None, **described("Only in attempts at this site."))
    text = fields.String(load_default=None, **described("Only with this in their text."))
    causes = fields.Boolean(
        load_default=False, **described("Only the first errors of failed phases.")
    )


class DiagnosticItemSchema(ma.Schema):
    """A distinct error or warning."""

    fingerprint = fields.String()
    kind = fields.String()
    text = fields.String(**described("Without paths, hashes, addresses and line numbers."))
    builds = fields.Integer(**described("Attempts that reported it."))
    stopped = fields.Integer(**described("Attempts whose first error it was."))
    occurrences = fields.Integer(**described("Number of lines in logs."))
    packages = fields.List(fields.String(), **described("At most ten."))
    packages_count = fields.Integer()
    sites = fields.List(fields.String(), **described("At most ten."))


class DiagnosticPageSchema(ma.Schema):
    """A page of diagnostics, the most frequent first."""

    items = fields.List(fields.Nested(DiagnosticItemSchema))
    next = fields.String(allow_none=True)


class CountedSchema(ma.Schema):
    """A value, and the number of attempts with it."""

    value = fields.String()
    count = fields.Integer()


class DiagnosticSchema(ma.Schema):
    """A diagnostic, with the most frequent values of the attempts that reported it."""

    fingerprint = fields.String()
    kind = fields.String()
    text = fields.String()
    builds = fields.Integer()
    stopped = fields.Integer()
    occurrences = fields.Integer()
    packages = fields.List(fields.Nested(CountedSchema), **described(f"At most {MOST_VALUES}."))
    compilers = fields.List(fields.Nested(CountedSchema), **described(f"At most {MOST_VALUES}."))
    targets = fields.List(fields.Nested(CountedSchema), **described(f"At most {MOST_VALUES}."))
    sites = fields.List(fields.Nested(CountedSchema), **described(f"At most {MOST_VALUES}."))


class RegressionArguments(ma.Schema):
    """Which package."""

    q = fields.String(
        required=True, **described("One package, in Spack's spec syntax: `hdf5 target=zen4`.")
    )
    site = fields.String(load_default=None, **described("Only attempts made at this site."))


class ChangedSchema(ma.Schema):
    """A value that differs: `a` in the success, `b` in the failure."""

    name = fields.String()
    a = fields.Raw(allow_none=True)
    b = fields.Raw(allow_none=True)


class RegressionSchema(ma.Schema):
    """The last success, the first failure after it, and the differences between them."""

    advice = ADVICE
    success = fields.Nested(AttemptItemSchema, allow_none=True)
    failure = fields.Nested(AttemptItemSchema, allow_none=True)
    same_spec = fields.Boolean(**described("Whether both are attempts at the same spec."))
    same = fields.Integer(allow_none=True, **described("Number of specs in both DAGs."))
    entries = fields.List(
        fields.Nested(DiffEntrySchema), **described("Packages that differ, as in `/diff`.")
    )
    without_dag = fields.List(
        fields.String(), **described("Hashes of specs whose DAG was not uploaded.")
    )
    host = fields.List(
        fields.Nested(ChangedSchema),
        **described("Differences between hosts, sites and versions of Spack."),
    )
    variables = fields.List(fields.Nested(ChangedSchema))
