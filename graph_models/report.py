"""Reports whose files come one by one."""

from neomodel import (
    ArrayProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
    StructuredRel,
)


class Received(StructuredRel):
    """What a file of a report told."""

    __type__ = "RECEIVED"

    kind = StringProperty(help_text="Configure, Build, Test, Testing or Update.")


class Report(StructuredNode):
    """A CDash report of one package, as Spack uploads it: in several files, in any order.

    What the files told is kept, so that each that comes is read together with those before it.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="From project, site, build name, build stamp and time of the request.",
    )
    number = IntegerProperty(index=True, help_text="The buildId that uploads are answered with.")
    project = StringProperty(help_text="The project that it was sent to.")
    site = StringProperty(help_text="The site that it is of.")
    build = StringProperty(help_text="Name of the build.")
    stamp = StringProperty(help_text="Build stamp: time and track.")
    received = FloatProperty(help_text="When the last file came, in seconds since 1970.")
    revision = IntegerProperty(help_text="How many files changed what it tells.")
    told = ArrayProperty(
        StringProperty(), help_text="What was read from it: the attempt's uid, a colon, the digest."
    )

    received_text = RelationshipTo("graph_models.build.Blob", "RECEIVED", model=Received)
