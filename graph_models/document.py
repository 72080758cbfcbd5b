"""Documents as they were uploaded."""

from neomodel import (
    ArrayProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
)


class Document(StructuredNode):
    """One uploaded spec document: what it takes to give it back exactly."""

    digest = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 over the envelope and the nodes in their order.",
    )
    standing = StringProperty(
        help_text="Number of nodes that do not verify (eight digits), then the digest. Of several "
        "documents for one root the lowest is answered by default."
    )
    spec_format = IntegerProperty(help_text="Version of the spec format, 1 to 5.")
    envelope = StringProperty(help_text="The document's JSON with its nodes replaced by null.")
    records = ArrayProperty(
        StringProperty(),
        help_text="The node records in document order: a hash, or `hash:sha256` where the "
        "record is kept as a Claim.",
    )
    unverified = IntegerProperty(help_text="Number of nodes whose hash does not match.")
    origin = StringProperty(help_text="Where the document came from: a file or a request.")
    load = StringProperty(help_text="The load that brought it: UTC time and a random part.")

    describes = RelationshipTo("graph_models.spec.Spec", "DESCRIBES")
    holds = RelationshipTo("graph_models.claim.Claim", "HOLDS")
