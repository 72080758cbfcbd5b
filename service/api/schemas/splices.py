"""The shapes of requests and answers of `service/api/splices.py`."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.abi import AbiVerdictSchema
from service.api.schemas.specs import ContentArguments as ContentArguments
from service.api.schemas.specs import FactsSchema, JsonBoolean, LabelSchema, TotalSchema, described
from service.api.schemas.traversals import PutInSchema, RelinkedSchema

BASIS = (
    "`declared by the recipe` if a can_splice directive allows each exchange, `seen before` if a "
    "stored splice made it, or `undeclared`."
)
ENVIRONMENT = "A `spack.yaml` whose root is the splice: the environment that Spack has to install."
MAX_SPEC = 2000
"""Most characters of a spec in a request."""


def _spec(text: str) -> fields.String:
    return fields.String(required=True, validate=validate.Length(1, MAX_SPEC), **described(text))


class PlanArguments(ma.Schema):
    """Which splice to plan."""

    target = _spec("The spec to splice into: a hash, the start of one, or a spec in spec syntax.")
    replacement = _spec("The spec to put in, in the same way.")
    transitive = JsonBoolean(
        load_default=True,
        **described(
            "Whether dependencies that both have come from the replacement, otherwise from the "
            "target."
        ),
    )
    replace = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 200),
        **described("Package or virtual that must be replaced; by default whatever can be."),
    )


class PlanOptions(ma.Schema):
    """Options of a question about a planned splice."""

    abi = fields.Boolean(
        load_default=False, **described("Also judge whether it would start, which takes longer.")
    )
    site = fields.String(
        load_default=None,
        allow_none=True,
        **described("With `abi`, the site whose files count; by default those read last."),
    )


class PlansOptions(ma.Schema):
    """Options of a question about planned splices."""

    abi = fields.Boolean(
        load_default=False,
        **described("Also judge whether each would start; `site` is that of the question."),
    )


class PlansArguments(ma.Schema):
    """Which splices to plan."""

    q = _spec("The roots to splice into, in spec syntax, with `not` and `any of`.")
    with_ = fields.List(
        fields.String(validate=validate.Length(1, MAX_SPEC)),
        data_key="with",
        attribute="with",
        required=True,
        validate=validate.Length(1, 10),
        **described("A spec for each group of stored specs that may be put in."),
    )
    transitive = JsonBoolean(load_default=True, **described("As of one plan."))
    site = fields.String(
        load_default=None,
        allow_none=True,
        **described("Name of a site where the target and the replacement must be."),
    )
    limit = fields.Integer(
        load_default=20,
        validate=validate.Range(1, 100),
        **described("Most pairs to examine, 1 to 100."),
    )
    cursor = fields.String(load_default=None, allow_none=True)


class FixArguments(ma.Schema):
    """Which dependency to get rid of."""

    dependency = _spec("The flawed dependency, in spec syntax: `xz@5.6.0:5.6.1`.")
    with_ = fields.List(
        fields.String(validate=validate.Length(1, MAX_SPEC)),
        data_key="with",
        attribute="with",
        load_default=list,
        validate=validate.Length(0, 10),
        **described("What may be put in; by default other stored specs of the same package."),
    )
    site = fields.String(
        load_default=None, allow_none=True, **described("Name of the site of the roots.")
    )
    limit = fields.Integer(
        load_default=20, validate=validate.Range(1, 100), **described("Most roots, 1 to 100.")
    )
    cursor = fields.String(load_default=None, allow_none=True)


class ClaimSchema(ma.Schema):
    """What a line of releases of Spack would store."""

    spack = fields.String(**described("The releases, such as 1.1."))
    hash = fields.String()


class PlannedNodeSchema(ma.Schema):
    """A spliced node of a plan."""

    name = fields.String()
    hash = fields.String(**described("Hash of its content."))
    build_spec = fields.String(**described("Hash of the spec that was really built."))


class ReplacedSchema(ma.Schema):
    """A spec that the replacement stands for."""

    name = fields.String()
    hash = fields.String()
    virtuals = fields.List(fields.String(), **described("What the target takes from it."))


class PlannedSummarySchema(ma.Schema):
    """What a planned splice does to the deployed specs."""

    taken_out = fields.List(fields.Nested(LabelSchema))
    put_in = fields.List(fields.Nested(PutInSchema))
    relinked = fields.List(fields.Nested(RelinkedSchema))
    kept = fields.List(fields.Nested(LabelSchema))


class PlannedPlaceSchema(ma.Schema):
    """An installation of a stored splice."""

    site = fields.String()
    store = fields.String()
    installed_at = fields.Float(allow_none=True)
    present = fields.Boolean(**described("Whether the newest index of the store has it."))


class KnownSpliceSchema(LabelSchema):
    """A stored content that is the planned splice, or has its claimed hash."""

    by = fields.String(
        **described(
            "`content` if its content is that of the planned splice, `record` if its root has the "
            "record that Spack would write for it, `claimed hash` if only the hash is the same."
        )
    )
    root = fields.Boolean(**described("Whether a document describes it."))
    installations = fields.List(fields.Nested(PlannedPlaceSchema))
    mirrors = fields.List(fields.String(), **described("Build caches that offer it."))


class DirectiveSchema(ma.Schema):
    """A `can_splice` directive of the recipe of what is put in."""

    package = fields.String()
    namespace = fields.String()
    target = fields.String(**described("What may be replaced, in spec syntax."))
    when = fields.String(**described("What the spec that is put in must satisfy."))
    match_variants = fields.List(
        fields.String(), **described("As in the recipe; `*` for all variants.")
    )
    variants = fields.List(
        fields.String(), **described("Variants that must have the same value in both specs.")
    )
    site = fields.String(**described("Site whose export has it."))


class EvidenceSchema(ma.Schema):
    """What supports a splice."""

    basis = fields.String(**described(BASIS))
    directives = fields.List(
        fields.Nested(DirectiveSchema), **described("The directives that allow an exchange.")
    )
    undeclared = fields.List(
        fields.String(), **described("Packages whose exchange no directive allows.")
    )


class PlanWithoutDocumentSchema(ma.Schema):
    """A planned splice without its document."""

    target = fields.Nested(LabelSchema)
    replacement = fields.Nested(LabelSchema)
    transitive = fields.Boolean()
    hash = fields.String(**described("The pure hash: that of its content."))
    claimed = fields.List(
        fields.Nested(ClaimSchema), **described("What released Spack would store, if predictable.")
    )
    unclaimed = fields.String(
        allow_none=True, **described("Why that cannot be predicted, null if it can.")
    )
    replaced = fields.List(fields.Nested(ReplacedSchema))
    nodes = fields.List(
        fields.Nested(PlannedNodeSchema), **described("The spliced nodes, the root first.")
    )
    summary = fields.Nested(PlannedSummarySchema)
    known = fields.List(
        fields.Nested(KnownSpliceSchema),
        **described("What is stored of it: the splice itself, and what has its claimed hash."),
    )
    evidence = fields.Nested(EvidenceSchema)
    configuration = fields.String(
        **described("`concretizer:splice` in YAML, which makes Spack splice like this.")
    )
    environment = fields.String(**described(ENVIRONMENT))


class PlanSchema(PlanWithoutDocumentSchema):
    """A planned splice."""

    document = fields.Raw(**described("The spliced spec as Spack reads it."))
    abi = fields.Nested(
        AbiVerdictSchema,
        allow_none=True,
        **described("Whether it would start; null unless `abi=true`."),
    )


class SpliceOriginSchema(ma.Schema):
    """Where a stored splice comes from."""

    spec = fields.Nested(LabelSchema)
    hash = fields.String(
        allow_none=True,
        **described("Its pure hash; null if it is not spliced, or a build spec was lost."),
    )
    plan = fields.Nested(
        PlanWithoutDocumentSchema,
        allow_none=True,
        **described("The plan that gives this splice; null if none was found."),
    )


class PlannedCountsSchema(ma.Schema):
    """Numbers of deployed specs."""

    kept = fields.Integer()
    relinked = fields.Integer(**described("Without a splice, these would be compiled again."))
    taken_out = fields.Integer()
    put_in = fields.Integer()


class FactLabelSchema(FactsSchema, LabelSchema):
    """A spec of a list, with the facts that tell it apart from the others."""


class PlannedPairSchema(ma.Schema):
    """One planned splice of many."""

    target = fields.Nested(FactLabelSchema)
    replacement = fields.Nested(FactLabelSchema)
    transitive = fields.Boolean()
    replaces = fields.List(fields.String(), **described("Packages that are replaced."))
    hash = fields.String(**described("The pure hash: that of its content."))
    claimed = fields.List(fields.Nested(ClaimSchema))
    counts = fields.Nested(PlannedCountsSchema)
    known = fields.List(fields.Nested(KnownSpliceSchema))
    basis = fields.String(**described(BASIS))
    environment = fields.String(**described(ENVIRONMENT))
    verdict = fields.String(
        allow_none=True,
        **described("`loads`, `unknown` or `broken`; null unless `abi=true`."),
    )


class PlansSchema(ma.Schema):
    """The plans of some pairs of a target and a replacement."""

    items = fields.List(fields.Nested(PlannedPairSchema))
    examined = fields.Integer(**described("How many pairs this page examined."))
    next = fields.String(allow_none=True, **described("Cursor of the next page, null on the last."))
    total = fields.Nested(TotalSchema, **described("How many pairs there are."))


class FixSchema(ma.Schema):
    """A root that is affected, and what helps."""

    root = fields.Nested(FactLabelSchema)
    when = fields.String(**described("`run`, or `build` if only its build has the dependency."))
    splice = fields.Nested(
        PlannedPairSchema,
        allow_none=True,
        **described("A splice after which it is deployed without the dependency."),
    )
    rebuild = fields.String(
        allow_none=True, **described("Why only a rebuild helps; null if a splice does.")
    )


class FixesSchema(ma.Schema):
    """What helps some of the affected roots."""

    items = fields.List(fields.Nested(FixSchema))
    next = fields.String(allow_none=True, **described("Cursor of the next page, null on the last."))
    total = fields.Nested(TotalSchema)
