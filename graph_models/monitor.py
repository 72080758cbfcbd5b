"""Reports of the monitor clients of Spack 0.17 and 0.18, as received.

The specs and attempts derived from them are ordinary Spec and Build nodes.
"""

from neomodel import (
    ArrayProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
)

from graph_models.bytes_property import BytesProperty


class Announcement(StructuredNode):
    """A spec that a client may build in some environment.

    Attempts need not follow: a client also announces specs that turn out to be installed.
    """

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the spec's hash, the environment, the Spack version, the site and "
        "the owner, if there is one.",
    )
    number = IntegerProperty(unique_index=True, help_text="The client's `build_id`.")
    environment = StringProperty(help_text="Fingerprint of the environment.")
    host_os = StringProperty(help_text="Operating system, such as debian12.")
    platform = StringProperty(help_text="Platform, such as linux.")
    host_target = StringProperty(help_text="Microarchitecture of the host.")
    hostname = StringProperty(help_text="Name of the host.")
    kernel_version = StringProperty(help_text="Version of the kernel.")
    spack_version = StringProperty(help_text="Version of the Spack that announced it.")
    tags = ArrayProperty(StringProperty(), help_text="Tags given by the client.")
    site = StringProperty(help_text="Name of the site.")
    owner = StringProperty(
        help_text="Name of the token that announced it, which alone may report on it; absent if it "
        "was announced without one."
    )
    state = StringProperty(help_text="The attempts reported so far, as JSON.")
    unexplained = StringProperty(
        index=True,
        help_text="Fingerprint of the environment, set only if the last attempt failed and neither "
        "a phase nor a dependency explains the failure.",
    )
    first_seen = FloatProperty(help_text="Time of the first announcement, in seconds since 1970.")

    of = RelationshipTo("graph_models.spec.Spec", "OF")
    reports = RelationshipTo("PhaseReport", "TOLD")
    led_to = RelationshipTo("graph_models.build.Build", "LED_TO")


class PhaseReport(StructuredNode):
    """A phase as reported by a client."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Announcement's uid, colon, SHA-256 of the other properties.",
    )
    content = BytesProperty(
        help_text="The phase and the findings in its log, without the log's text: JSON compressed "
        "by zstd."
    )

    has_text = RelationshipTo("graph_models.build.Blob", "HAS_TEXT")


class Counter(StructuredNode):
    """A counter from which each number is given out once."""

    name = StringProperty(
        unique_index=True,
        required=True,
        help_text="Name of the numbers: announcement, or schema for the version of the schema.",
    )
    value = IntegerProperty(help_text="The last number that was given out.")


class FailedConcretization(StructuredNode):
    """A spec that a client could not concretize."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the spec, the Spack version and the site.",
    )
    name = StringProperty(index=True, help_text="Package name.")
    spec = StringProperty(help_text="The abstract spec, as JSON.")
    spack_version = StringProperty(help_text="Version of the Spack that could not concretize it.")
    first_seen = FloatProperty(help_text="Time of the first report, in seconds since 1970.")
    last_seen = FloatProperty(help_text="Time of the last report, in seconds since 1970.")
    sort_key = StringProperty(index=True, help_text="Sorts by time of the last report, then uid.")
    times = IntegerProperty(help_text="Number of reports.")

    at = RelationshipTo("graph_models.site.Site", "AT")
