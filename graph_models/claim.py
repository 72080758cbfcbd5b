"""Node records that their hash does not determine."""

from neomodel import BooleanProperty, StringProperty, StructuredNode


class Claim(StructuredNode):
    """A node record as a document has it, where the hash does not determine the record.

    Spack's own splices write such records (a stale hash, a lost build spec, a copy of a build spec
    with another child). All of them are stored, whichever record their content shows.
    """

    uid = StringProperty(
        unique_index=True, required=True, help_text="The claimed hash, a colon, the SHA-256."
    )
    hash = StringProperty(index=True, help_text="The DAG hash that the record claims.")
    standing = StringProperty(help_text="As on Spec.")
    verified = BooleanProperty(
        help_text="True if the hash matches after a documented repair, false if it does not."
    )
    name = StringProperty(help_text="Package name.")
    version = StringProperty(help_text="Version as written.")
    document = StringProperty(help_text="The record's JSON as received.")
    redacted = BooleanProperty(
        help_text="True if something was taken out of it after it was stored."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")
