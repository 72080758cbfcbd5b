"""What the clients of Spack 0.17 and 0.18 told, beside the specs and attempts that it became."""

from neomodel import (
    ArrayProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
)


class Announcement(StructuredNode):
    """A spec that a client may build in some environment; attempts follow, or none.

    A client announces also what it then finds to be installed.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the spec's hash, the environment, the Spack and the site.",
    )
    number = IntegerProperty(unique_index=True, help_text="The client's `build_id`.")
    environment = StringProperty(help_text="Fingerprint of the environment.")
    host_os = StringProperty(help_text="Operating system, such as debian12.")
    platform = StringProperty(help_text="Platform, such as linux.")
    host_target = StringProperty(help_text="Microarchitecture of the host.")
    hostname = StringProperty(help_text="Name of the host.")
    kernel_version = StringProperty(help_text="Version of the kernel.")
    spack_version = StringProperty(help_text="The Spack that announced it.")
    tags = ArrayProperty(StringProperty(), help_text="Tags that the client gave.")
    site = StringProperty(help_text="Name of the site.")
    state = StringProperty(help_text="The attempts that were told of so far, as JSON.")
    unexplained = StringProperty(
        index=True,
        help_text="The environment again, where the last attempt failed and no phase and no "
        "dependency tells why.",
    )
    first_seen = FloatProperty(help_text="When it was announced first, in seconds since 1970.")

    of = RelationshipTo("graph_models.spec.Spec", "OF")
    told = RelationshipTo("PhaseReport", "TOLD")
    led_to = RelationshipTo("graph_models.build.Build", "LED_TO")


class PhaseReport(StructuredNode):
    """A phase as a client told of it."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Announcement's uid, colon, SHA-256 of the rest.",
    )
    content = StringProperty(
        help_text="The phase with its findings but for the text: JSON compressed by zstd."
    )

    has_text = RelationshipTo("graph_models.build.Blob", "HAS_TEXT")


class Counter(StructuredNode):
    """A number that is counted up, so that each is given once."""

    name = StringProperty(unique_index=True, required=True, help_text="What is counted.")
    value = IntegerProperty(help_text="The last number that was given.")


class FailedConcretization(StructuredNode):
    """A spec that a client could not concretize."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the spec, the Spack and the site."
    )
    name = StringProperty(index=True, help_text="Package name.")
    spec = StringProperty(help_text="The abstract spec, as JSON.")
    spack_version = StringProperty(help_text="The Spack that could not concretize it.")
    first_seen = FloatProperty(help_text="Seconds since 1970.")
    last_seen = FloatProperty(index=True, help_text="Seconds since 1970.")
    times = IntegerProperty(help_text="How often it was told.")

    at = RelationshipTo("graph_models.site.Site", "AT")
