"""Node records that are not proven by their hash alone."""

from neomodel import BooleanProperty, RelationshipTo, StringProperty, StructuredNode


class Claim(StructuredNode):
    """A node record that claims a hash without proving it as Spack computes it.

    Spack's own splices write such records (a stale hash, a copy of a build spec with another
    child). Every one is kept, whichever record the Spec of that hash shows. It is in conflict
    where the Spec's `standing` is another.
    """

    uid = StringProperty(
        unique_index=True, required=True, help_text="The claimed hash, a colon, the SHA-256."
    )
    hash = StringProperty(index=True, help_text="The DAG hash that the record claims.")
    standing = StringProperty(help_text="As on Spec.")
    verified = BooleanProperty(
        help_text="True where the hash matches after a documented repair, false where it does not."
    )
    name = StringProperty(help_text="Package name.")
    version = StringProperty(help_text="Version as written.")
    document = StringProperty(help_text="The record's JSON as received.")
    load = StringProperty(help_text="The load that brought it first.")

    claims = RelationshipTo("graph_models.spec.Spec", "CLAIMS")
