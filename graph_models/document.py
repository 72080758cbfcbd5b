"""Documents as they were uploaded."""

from neomodel import (
    ArrayProperty,
    BooleanProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
)


class Document(StructuredNode):
    """One uploaded spec document, with all that is needed to reproduce it exactly."""

    digest = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 over the envelope and the nodes in their order.",
    )
    standing = StringProperty(
        help_text="The standing of the root's record (one digit), the number of unverified nodes "
        "(eight digits), then the digest. If there are several documents for one root, the one "
        "with the lowest standing is the default answer."
    )
    spec_format = IntegerProperty(help_text="Version of the spec format.")
    envelope = StringProperty(help_text="The document's JSON with its nodes replaced by null.")
    records = ArrayProperty(
        StringProperty(),
        help_text="The node records in document order: a hash, or `hash:sha256` if the record is "
        "stored as a Claim.",
    )
    received = ArrayProperty(
        StringProperty(),
        help_text="SHA-256 of the document's JSON as received, without white space before and "
        "after it; several, at most the newest 16, if it was received with different white space "
        "inside. A client uses them to ask whether it has to send a document.",
    )
    unverified = IntegerProperty(help_text="Number of nodes whose hash does not match.")
    defects = ArrayProperty(
        StringProperty(),
        help_text="A sentence for each known defect of Spack that the document shows.",
    )
    redacted = BooleanProperty(
        help_text="True if something was taken out of it after it was stored."
    )
    origin = StringProperty(help_text="Source of the document: a file or a request.")
    load = StringProperty(
        index=True, help_text="The load that created it: UTC time and a random part."
    )

    describes = RelationshipTo("graph_models.spec.Spec", "DESCRIBES")
    holds = RelationshipTo("graph_models.claim.Claim", "HOLDS")
