"""Node records whose hash is not that of their content."""

from neomodel import BooleanProperty, RelationshipTo, StringProperty, StructuredNode


class Claim(StructuredNode):
    """A node record that claims a hash other than the one Spack would compute from its content.

    Spack's own splices write such records (a stale hash, a copy of a build spec with another
    child). All of them are stored, whichever record the Spec of that hash shows. A claim is in
    conflict if the `standing` of its Spec differs.
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
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    claims = RelationshipTo("graph_models.spec.Spec", "CLAIMS")
