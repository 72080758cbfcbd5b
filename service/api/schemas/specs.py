"""The shapes of requests and answers."""

from collections.abc import Iterable
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from service.queries.filters import FILTERS, FilterKind, SpecFilter

MAX_LIMIT = 1000


def described(text: str, **more: Any) -> dict[str, Any]:
    """A field's description, for the OpenAPI document."""
    return {"metadata": {"description": text, **more}}


class JsonBoolean(fields.Boolean):
    """A boolean of a JSON body: true or false, and no words or numbers in their place."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **more)


class NoArguments(ma.Schema):
    """No query parameters at all."""


class ContentArguments(ma.Schema):
    """Which content of a hash."""

    content = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9a-f]{1,32}\Z"),
        **described(
            "Start of the digest of a content, where the hash names several; by default one that a "
            "document describes, of these the one that proves the hash best."
        ),
    )


class PagingArguments(ma.Schema):
    """Which page of a list."""

    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MAX_LIMIT),
        **described(f"Most items in the answer, 1 to {MAX_LIMIT}."),
    )
    cursor = fields.String(load_default=None, **described("The `next` of the page before; opaque."))


class FactsArguments(ma.Schema):
    """Which facts of specs a list shows."""

    facts = fields.String(
        load_default="auto",
        validate=validate.OneOf(["auto", "all", "none"]),
        **described(
            "`auto`: the facts that tell the items of this page apart; `all`: the same ones for "
            "every item and page; `none`: none, which is faster."
        ),
    )


class ContentPageArguments(ContentArguments, PagingArguments):
    """Which content of a hash, and which page of a list about it."""


def _filter_field(spec_filter: SpecFilter) -> fields.Field[Any]:
    example = f" Example: `{spec_filter.example}`." if spec_filter.example else ""
    described_as = described(spec_filter.help + example)
    if spec_filter.kind is FilterKind.FLAG:
        return fields.Boolean(load_default=None, **described_as)
    return fields.String(load_default=None, **described_as)


def filter_arguments(name: str, filters: Iterable[SpecFilter]) -> type[ma.Schema]:
    """Return the schema of the arguments for some filters."""
    return ma.Schema.from_dict({each.name: _filter_field(each) for each in filters}, name=name)


FilterArguments = filter_arguments("FilterArguments", FILTERS)
"""Which specs: all filters of `service/queries/filters.py`."""


class SpecListArguments(FilterArguments, FactsArguments, PagingArguments):  # type: ignore[misc, valid-type]
    """Which specs, and which page of them."""

    scope = fields.String(
        load_default="roots",
        validate=validate.OneOf(["roots", "all"]),
        **described("`roots`: specs that were requested by themselves; `all`: every spec."),
    )
    count = fields.String(
        load_default="auto",
        validate=validate.OneOf(["auto", "exact"]),
        **described("`exact`: count all that match; `auto`: long lists may be counted AT_LEAST."),
    )


class UploadArguments(ma.Schema):
    """How to take an upload."""

    allow_unverified = fields.Boolean(
        load_default=False,
        **described("Keep nodes whose hash does not match, marked, instead of refusing."),
    )


class DocumentArguments(ContentArguments):
    """Which of a root's documents."""

    document = fields.String(
        load_default=None, **described("Digest of a document; the best verified one by default.")
    )


class ResolveArguments(ma.Schema):
    """A text that means one spec."""

    spec = fields.String(
        required=True, **described("A hash, the start of one, or a spec in Spack's syntax.")
    )


class GraphArguments(DocumentArguments):
    """Which of a root's documents, and what of its nodes."""

    facts = fields.String(
        load_default="none",
        validate=validate.OneOf(["all", "none"]),
        **described("`all`: add the facts of each node, as in lists of specs."),
    )


class SentDocumentSchema(ma.Schema):
    """A document that a client has."""

    hash = fields.String(
        required=True,
        validate=validate.Regexp(r"^/?[a-z2-7]{32}\Z"),
        **described("DAG hash of its root."),
    )
    digest = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9a-f]{64}\Z"),
        **described(
            "SHA-256 of its JSON in the form in which it would be sent, without white space "
            "before and after it."
        ),
    )


class MissingSchema(ma.Schema):
    """Hashes or documents to look up."""

    hashes = fields.List(
        fields.String(validate=validate.Regexp(r"^/?[a-z2-7]{32}\Z")),
        validate=validate.Length(max=20_000),
        **described("DAG hashes, at most 20,000."),
    )
    documents = fields.List(
        fields.Nested(SentDocumentSchema),
        validate=validate.Length(max=20_000),
        **described("Documents, at most 20,000: several may describe the same root."),
    )
    roots = JsonBoolean(
        load_default=False,
        **described(
            "Also list those that are stored only as dependencies of others, not as roots."
        ),
    )

    @ma.validates_schema
    def require_one(self, data: dict[str, Any], **_: object) -> None:
        """Refuse a request that names nothing to look up."""
        if "hashes" not in data and "documents" not in data:
            raise ma.ValidationError("Name `hashes` or `documents`.")


class MissingAnswerSchema(ma.Schema):
    """Hashes and documents that are not stored."""

    missing = fields.List(fields.String(), **described("Hashes that no stored node has."))
    documents = fields.List(
        fields.Nested(SentDocumentSchema), **described("Documents that are not stored.")
    )


class TotalSchema(ma.Schema):
    """Number of items on all pages."""

    count = fields.Integer(**described("The number."))
    type = fields.String(**described("EXACT, or AT_LEAST if counting stopped early."))


class LabelSchema(ma.Schema):
    """A spec by hash, name and version."""

    hash = fields.String(**described("DAG hash."))
    name = fields.String(allow_none=True, **described("Package name."))
    version = fields.String(allow_none=True, **described("Version."))


class FactsSchema(ma.Schema):
    """The facts of a spec in a list."""

    facts = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        **described(
            "What tells the item apart from the others of the page, as in spec syntax: `compiler`, "
            "providers by their virtual such as `mpi`, `variants`, `target`, `site`, `date` and "
            "others. All items of a page have the same keys."
        ),
    )


class ContentLabelSchema(LabelSchema):
    """A spec by hash, name and version, and by its content if the hash does not determine it."""

    content = fields.String(allow_none=True, **described("Digest of the content."))


class PathNodeSchema(LabelSchema):
    """A node on a path, with the step that led to it."""

    by = fields.String(**described("DEPENDS_ON or SPLICED_FROM; absent on the first node."))
    deptypes = fields.List(fields.String(), **described("Types of that dependency."))
    virtuals = fields.List(fields.String(), **described("Virtuals that it provides."))


class MatchSchema(LabelSchema):
    """A node that matched, and how it is reached."""

    path = fields.List(fields.Nested(PathNodeSchema), **described("From the item to the match."))


class MatchesSchema(ma.Schema):
    """Which node matched on either side."""

    built_with = fields.List(fields.Nested(MatchSchema), **described("Nearest three."))
    deployed_with = fields.List(fields.Nested(MatchSchema), **described("Nearest three."))
    spliced_from = fields.List(fields.Nested(MatchSchema), **described("Nearest three."))


class SpecItemSchema(FactsSchema, LabelSchema):
    """A spec in a list."""

    spliced = fields.Boolean(**described("Whether it was spliced."))
    verified = fields.Boolean(**described("Whether its hash was recomputed and matches."))
    content = fields.String(**described("Digest of the content, if its hash has several."))
    contents = fields.Integer(
        **described("Number of contents that Spack gave this hash, if several are known.")
    )
    matches = fields.Nested(MatchesSchema, **described("Why it is in the answer."))


class ConflictItemSchema(LabelSchema):
    """A record that claims a hash that another record shows."""

    digest = fields.String(**described("SHA-256 of the record."))
    verified = fields.Boolean(**described("Whether the record's hash matches."))
    shown_verified = fields.Boolean(**described("Whether the record that is shown does."))
    documents = fields.List(fields.String(), **described("Documents that hold the record."))


class SuggestionSchema(ma.Schema):
    """A part of a question that nothing in the graph has."""

    kind = fields.String(**described("package, version, variant, compiler, site or environment."))
    asked = fields.String(**described("The name or value in the question."))
    package = fields.String(allow_none=True, **described("The package of a version or a variant."))
    known = fields.List(
        fields.String(), **described("Names or values that there are, the nearest ones first.")
    )
    message = fields.String(**described("All of that as a sentence."))


ADVICE = fields.List(
    fields.Nested(SuggestionSchema),
    **described("What the question names and the graph does not have; only of an empty list."),
)
"""The field of a page with suggestions."""


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of a page of such items."""
    return ma.Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "next": fields.String(
                allow_none=True, **described("Cursor of the next page, null on the last.")
            ),
            "total": fields.Nested(TotalSchema),
            "advice": ADVICE,
        },
        name=item.__name__.removesuffix("ItemSchema") + "Page",
    )


SpecPageSchema = page_of(SpecItemSchema)
ConflictPageSchema = page_of(ConflictItemSchema)


class StoredSchema(LabelSchema):
    """The outcome of one document of an upload; hash, name and version are the root's."""

    digest = fields.String(**described("SHA-256 of the document."))
    new = fields.Boolean(**described("Whether it was not known before."))
    specs = fields.Integer(**described("Nodes in the document."))
    new_specs = fields.Integer(**described("Nodes that were not known before."))
    edges = fields.Integer(**described("Edges written."))
    unverified = fields.Integer(**described("Nodes whose hash does not match."))
    conflicts = fields.List(
        fields.String(), **described("Hashes for which another record is shown.")
    )
    defects = fields.List(
        fields.String(), **described("Known defects of Spack that the document shows.")
    )


class CountsSchema(ma.Schema):
    """Sums over an upload."""

    documents = fields.Integer()
    new_documents = fields.Integer()
    specs = fields.Integer()
    new_specs = fields.Integer()
    edges = fields.Integer()
    unverified = fields.Integer()
    conflicts = fields.Integer()


class UploadAnswerSchema(ma.Schema):
    """The outcome of an upload."""

    roots = fields.List(fields.String(), **described("Hash of each document's root, in order."))
    counts = fields.Nested(CountsSchema)
    documents = fields.List(fields.Nested(StoredSchema))


class StoredDocumentSchema(ma.Schema):
    """A document that describes a root."""

    digest = fields.String()
    spec_format = fields.Integer()
    unverified = fields.Integer()
    defects = fields.List(
        fields.String(), **described("Known defects of Spack that the document shows.")
    )
    origin = fields.String()
    load_ = fields.String(data_key="load", attribute="load")


class ConflictSchema(ma.Schema):
    """A record in conflict with the one shown."""

    digest = fields.String()
    verified = fields.Boolean()
    name = fields.String()
    version = fields.String()


class BuildSpecSchema(LabelSchema):
    """The build spec of a spliced spec."""

    stub = fields.Boolean(allow_none=True, **described("Named, but not uploaded yet."))


class ContentUploadSchema(ma.Schema):
    """When and from where a document came."""

    digest = fields.String()
    origin = fields.String(allow_none=True)
    load_ = fields.String(data_key="load", attribute="load")


class ContentPlaceSchema(ma.Schema):
    """An installation of a content."""

    site = fields.String()
    store = fields.String()
    installed_at = fields.Float(allow_none=True, **described("Seconds since 1970."))
    present = fields.Boolean(**described("Whether the newest index of the store has it."))


class ContentSchema(ma.Schema):
    """One content of a hash, and where it was seen."""

    content = fields.String(allow_none=True, **described("Its digest, null if the hash is enough."))
    spliced = fields.Boolean(allow_none=True)
    stripped = fields.Boolean(allow_none=True, **described("Its build spec was lost."))
    verified = fields.Boolean(allow_none=True)
    on_disk = fields.Boolean(allow_none=True, **described("It was read from an install folder."))
    root = fields.Boolean()
    build_spec = fields.String(allow_none=True, **described("Hash of its build spec, if known."))
    dependencies = fields.List(
        fields.Nested(ContentLabelSchema), **described("Direct, at run time.")
    )
    differs = fields.List(
        fields.Nested(ContentLabelSchema),
        **described("Those that not all contents of the hash have."),
    )
    documents = fields.List(fields.Nested(ContentUploadSchema))
    installations = fields.List(fields.Nested(ContentPlaceSchema))
    mirrors = fields.List(fields.String())


class SpecSchema(ContentLabelSchema):
    """One spec."""

    namespace = fields.String(allow_none=True)
    platform = fields.String(allow_none=True)
    os = fields.String(allow_none=True)
    target = fields.String(allow_none=True)
    compiler = fields.String(allow_none=True, **described("Formats 1 to 4 only."))
    compiler_version = fields.String(allow_none=True)
    variants = fields.List(fields.String(), **described("`name=value` entries."))
    external = fields.Boolean(allow_none=True)
    spliced = fields.Boolean(allow_none=True)
    verified = fields.Boolean()
    stub = fields.Boolean(**described("Only named by a build spec so far."))
    root = fields.Boolean()
    package_hash = fields.String(allow_none=True)
    pure_hash = fields.String(
        **described("The hash that a splice's content has, whatever hash Spack stored it under.")
    )
    spec_format = fields.Integer(allow_none=True)
    hashes = fields.Dict(
        keys=fields.String(), values=fields.String(), **described("Further hashes, old formats.")
    )
    origin = fields.String(allow_none=True)
    load_ = fields.String(data_key="load", attribute="load", allow_none=True)
    dependents = fields.Integer(**described("Specs that depend on it directly."))
    spliced_from = fields.Nested(BuildSpecSchema, allow_none=True)
    documents = fields.List(fields.Nested(StoredDocumentSchema))
    stripped = fields.Boolean(
        **described("Whether it was spliced and its build spec was lost, as in Spack's database.")
    )
    contents = fields.List(
        fields.Nested(ContentSchema),
        **described("All contents of the hash, the one that is shown by default first."),
    )
    conflicts = fields.List(
        fields.Nested(ConflictSchema), **described("Other records that claim the hash.")
    )


class GraphNodeSchema(FactsSchema, ContentLabelSchema):
    """A node of a drawn graph."""

    namespace = fields.String(allow_none=True)
    target = fields.String(allow_none=True)
    external = fields.Boolean()
    spliced = fields.Boolean()
    verified = fields.Boolean()
    built = fields.Boolean(**described("Whether the root was built with it."))
    deployed = fields.Boolean(**described("Whether the root is deployed with it."))


class GraphEdgeSchema(ma.Schema):
    """An edge of a drawn graph."""

    source = fields.String()
    target = fields.String()
    kind = fields.String(**described("DEPENDS_ON or SPLICED_FROM."))
    deptypes = fields.List(fields.String())
    virtuals = fields.List(fields.String())


class GraphSchema(ma.Schema):
    """A DAG, build specs included."""

    root = fields.String()
    nodes = fields.List(fields.Nested(GraphNodeSchema))
    edges = fields.List(fields.Nested(GraphEdgeSchema))
