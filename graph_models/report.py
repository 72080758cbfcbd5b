"""CDash reports, whose files arrive one by one."""

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
    """The attempts read from one file of a report, as text."""

    __type__ = "RECEIVED"

    kind = StringProperty(help_text="Configure, Build, Test, Testing or Update.")


class Report(StructuredNode):
    """A CDash report on one package, as uploaded by Spack: in several files, in any order.

    The content of its files is stored, so that a new file is read together with earlier ones.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Derived from project, site, build name, build stamp and time of the request.",
    )
    number = IntegerProperty(index=True, help_text="The buildId in the answers to its uploads.")
    project = StringProperty(help_text="The CDash project that it was sent to.")
    site = StringProperty(help_text="Name of the site.")
    build = StringProperty(help_text="Name of the build.")
    stamp = StringProperty(help_text="Build stamp: time and track.")
    received = FloatProperty(help_text="Time of the last upload, in seconds since 1970.")
    revision = IntegerProperty(help_text="Number of uploads that changed its content.")
    told = ArrayProperty(
        StringProperty(),
        help_text="The attempts read from it: an attempt's uid, a colon, the digest.",
    )

    received_text = RelationshipTo("graph_models.build.Blob", "RECEIVED", model=Received)
