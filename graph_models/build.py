"""Attempts at building specs, and what is known of each."""

from neomodel import (
    ArrayProperty,
    BooleanProperty,
    FloatProperty,
    IntegerProperty,
    RelationshipTo,
    StringProperty,
    StructuredNode,
    StructuredRel,
)


class Reported(StructuredRel):
    """A diagnostic in the log of a phase, once a line."""

    __type__ = "REPORTED"

    line = IntegerProperty(help_text="Line in the phase's log, from 1.")
    text = StringProperty(help_text="The line itself.")
    source_file = StringProperty(help_text="Source file, as the compiler names it.")
    source_line = IntegerProperty(help_text="Line in the source file, from 1.")
    before = ArrayProperty(StringProperty(), help_text="The lines before it in the log.")
    after = ArrayProperty(StringProperty(), help_text="The lines after it in the log.")
    notes = ArrayProperty(StringProperty(), help_text="The compiler's notes that belong to it.")


class Kept(StructuredRel):
    """A small text document that was kept with an attempt."""

    __type__ = "KEPT"

    name = StringProperty(help_text="Path in the folder that it was in.")
    kind = StringProperty(
        help_text="configure-args, archived, test-log, errors, modifications or message; of an "
        "analysis its name, such as abidw-xml."
    )


class FailedBy(StructuredRel):
    """The first error of the phase that an attempt died in."""

    __type__ = "FAILED_BY"

    phase = StringProperty(help_text="Name of the phase.")
    line = IntegerProperty(help_text="Line in the phase's log, from 1.")
    text = StringProperty(help_text="The line itself.")
    source_file = StringProperty(help_text="Source file, as the compiler names it.")
    source_line = IntegerProperty(help_text="Line in the source file, from 1.")


class Build(StructuredNode):
    """One attempt at building a spec. Attempts are only added: a rebuild is another one."""

    __composite_indexes__ = (("status", "sort_key"), ("name", "sort_key"))

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="From the spec's hash and the first time in the log, or the log's digest: an "
        "attempt that is sent again, or told of by another document, is the same.",
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    key = StringProperty(
        help_text="What tells it from other attempts at the spec: the first time in its log; "
        "monitor: and a number, where only a client told of it that missed the beginning."
    )
    name = StringProperty(help_text="Package name.")
    version = StringProperty(help_text="Version, where the document names it.")
    version_key = StringProperty(help_text="That version as a sort key.")
    status = StringProperty(
        help_text="running, succeeded, failed, cancelled; skipped where it was not made because a "
        "dependency failed."
    )
    sort_key = StringProperty(
        index=True, help_text="Time of the start, padded with zeros, and the uid: newest last."
    )
    failed_phase = StringProperty(help_text="The phase that it died in.")
    started = FloatProperty(help_text="Seconds since 1970.")
    seconds = FloatProperty(help_text="How long it took.")
    spack_version = StringProperty(help_text="The Spack that made it.")
    message = StringProperty(help_text="How Spack said why it failed.")
    binary = BooleanProperty(help_text="True where it was unpacked from a build cache, not built.")
    errors = IntegerProperty(help_text="Errors in all logs.")
    warnings = IntegerProperty(help_text="Warnings in all logs.")
    more = StringProperty(help_text="What else is known of it, as JSON.")
    standing = StringProperty(
        help_text="How good the document is that tells of it (0 a folder, 1 JUnit, 1m a "
        "monitor's client, 2 CDash, 3 only a mark), then its digest. Of several the lowest is "
        "believed."
    )
    evidence = ArrayProperty(
        StringProperty(), help_text="Digests of the documents that told of it."
    )
    origin = StringProperty(help_text="Where the best of them came from.")
    load = StringProperty(help_text="The load that brought it: UTC time and a random part.")

    built = RelationshipTo("graph_models.spec.Spec", "BUILT")
    at = RelationshipTo("graph_models.site.Site", "AT")
    ran = RelationshipTo("Phase", "RAN")
    within = RelationshipTo("Environment", "IN")
    saw = RelationshipTo("Variable", "SAW")
    kept = RelationshipTo("Blob", "KEPT", model=Kept)
    used = RelationshipTo("Recipe", "USED")
    fetched = RelationshipTo("Archive", "FETCHED")
    failed_by = RelationshipTo("Diagnostic", "FAILED_BY", model=FailedBy)
    blames = RelationshipTo("graph_models.spec.Spec", "BLAMES")


class Phase(StructuredNode):
    """One phase of an attempt, such as configure, build, install or test."""

    uid = StringProperty(unique_index=True, required=True, help_text="Build's uid, colon, name.")
    name = StringProperty(help_text="Name of the phase.")
    order = IntegerProperty(help_text="Place among the attempt's phases, from 0.")
    status = StringProperty(help_text="As of a Build.")
    stamp = StringProperty(help_text="The first time in its log, as Spack writes it.")
    seconds = FloatProperty(help_text="How long it took.")
    errors = IntegerProperty(help_text="Errors in the whole log.")
    warnings = IntegerProperty(help_text="Warnings in the whole log.")
    lines = IntegerProperty(help_text="Lines in the whole log.")
    size = IntegerProperty(help_text="Bytes of the whole log.")
    capped = BooleanProperty(help_text="True where not all of the log is kept.")

    has_text = RelationshipTo("Blob", "HAS_TEXT")
    reported = RelationshipTo("Diagnostic", "REPORTED", model=Reported)


class Blob(StructuredNode):
    """A text, kept once however often it occurs, compressed by zstd."""

    digest = StringProperty(unique_index=True, required=True, help_text="SHA-256 of the text.")
    data = StringProperty(help_text="The compressed text: bytes, not a string.")
    size = IntegerProperty(help_text="Bytes of the text before compression.")
    lines = IntegerProperty(help_text="Lines in the document that it was taken from.")
    capped = BooleanProperty(help_text="True where not all of that document is kept.")


class Diagnostic(StructuredNode):
    """A distinct error or warning, the same on every machine."""

    fingerprint = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the kind and the text."
    )
    kind = StringProperty(help_text="error or warning.")
    text = StringProperty(
        help_text="The message without paths, hashes, addresses and line numbers."
    )


class Environment(StructuredNode):
    """A host on which attempts were made."""

    fingerprint = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the other properties."
    )
    host_os = StringProperty(help_text="Operating system, such as debian12.")
    platform = StringProperty(help_text="Platform, such as linux.")
    host_target = StringProperty(help_text="Microarchitecture of the host.")
    hostname = StringProperty(help_text="Name of the host, where it was sent.")
    kernel_version = StringProperty(help_text="Version of the kernel.")


class Variable(StructuredNode):
    """An environment variable with one value; secrets are taken out before they are stored."""

    digest = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of name and value."
    )
    name = StringProperty(index=True, help_text="Name of the variable.")
    value = StringProperty(help_text="Its value; absent where it was unset.")
    redacted = BooleanProperty(help_text="True where a secret was taken out.")


class Recipe(StructuredNode):
    """A package recipe as it was when something was installed."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of namespace, path and text."
    )
    namespace = StringProperty(help_text="Name of its repository.")
    package = StringProperty(index=True, help_text="Name of the package.")
    path = StringProperty(help_text="Path in the repository.")

    has_text = RelationshipTo("Blob", "HAS_TEXT")


class Archive(StructuredNode):
    """Where sources came from: an URL, or a file in the stage with its checksum."""

    uid = StringProperty(unique_index=True, required=True, help_text="SHA-256 of the rest.")
    url = StringProperty(help_text="Where it was fetched from.")
    file = StringProperty(help_text="Its name in the stage.")
    sha256 = StringProperty(index=True, help_text="SHA-256 of its content.")
    size = IntegerProperty(help_text="Its size in bytes.")
