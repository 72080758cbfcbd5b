"""Attempts at building specs, with their phases, diagnostics, environments and sources."""

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

from graph_models.bytes_property import BytesProperty


class Reported(StructuredRel):
    """An occurrence of a diagnostic in the log of a phase: one per line."""

    __type__ = "REPORTED"

    line = IntegerProperty(help_text="Line in the phase's log, from 1.")
    text = StringProperty(help_text="The line itself.")
    source_file = StringProperty(help_text="Source file, as named by the compiler.")
    source_line = IntegerProperty(help_text="Line in the source file, from 1.")
    before = ArrayProperty(StringProperty(), help_text="The lines before it in the log.")
    after = ArrayProperty(StringProperty(), help_text="The lines after it in the log.")
    notes = ArrayProperty(StringProperty(), help_text="The compiler's notes on this diagnostic.")


class Kept(StructuredRel):
    """A small text document stored with an attempt."""

    __type__ = "KEPT"

    name = StringProperty(help_text="Its path, relative to the folder that was loaded.")
    kind = StringProperty(
        help_text="configure-args, archived, test-log, errors, modifications, sbom or message; for "
        "the result of an analyzer the analyzer's name, such as abidw-xml."
    )


class FailedBy(StructuredRel):
    """The first error of the phase in which an attempt failed."""

    __type__ = "FAILED_BY"

    phase = StringProperty(help_text="Name of the phase.")
    line = IntegerProperty(help_text="Line in the phase's log, from 1.")
    text = StringProperty(help_text="The line, with those that complete its message.")
    source_file = StringProperty(help_text="Source file, as named by the compiler.")
    source_line = IntegerProperty(help_text="Line in the source file, from 1.")


class Build(StructuredNode):
    """One attempt at building a spec. Attempts are append-only: a rebuild is a new attempt."""

    __composite_indexes__ = (("status", "sort_key"), ("name", "sort_key"))

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Derived from the spec's hash, the site and the first time in the log, or else "
        "the log's digest, so that an attempt keeps its identity if it is sent again or in another "
        "document.",
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    key = StringProperty(
        help_text="Distinguishes attempts at the same spec: the first time in its log, or "
        "`monitor:` and a number if only a monitor client that missed its beginning reported it."
    )
    name = StringProperty(help_text="Package name.")
    version = StringProperty(help_text="Version, if the document names it.")
    version_key = StringProperty(help_text="That version as a sort key.")
    status = StringProperty(
        help_text="running, succeeded, failed, cancelled, or skipped if it never started because "
        "a dependency failed."
    )
    sort_key = StringProperty(
        index=True, help_text="Time of the start, padded with zeros, and the uid: newest last."
    )
    failed_phase = StringProperty(help_text="The phase in which it failed.")
    started = FloatProperty(help_text="Time of the start, in seconds since 1970.")
    seconds = FloatProperty(help_text="Duration in seconds.")
    spack_version = StringProperty(help_text="Version of the Spack that built it.")
    message = StringProperty(help_text="Spack's message about the failure.")
    binary = BooleanProperty(
        help_text="True if it was extracted from a build cache rather than built."
    )
    errors = IntegerProperty(help_text="Number of errors in all logs.")
    warnings = IntegerProperty(help_text="Number of warnings in all logs.")
    more = StringProperty(help_text="Further facts about it, as JSON.")
    standing = StringProperty(
        help_text="Rank of the document that the attempt shows (0 a folder, 1 JUnit, 1m a "
        "monitor client, 2 CDash, 3 only a failure mark), then its digest. If there are several "
        "documents, the one with the lowest standing supersedes the others."
    )
    evidence = ArrayProperty(
        StringProperty(), help_text="Digests of all documents about the attempt."
    )
    owner = StringProperty(
        help_text="Name of the token that sent that document; what others send only fills in what "
        "is missing. Absent if it was sent without a token."
    )
    origin = StringProperty(help_text="Source of the document that the attempt shows.")
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

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
    order = IntegerProperty(help_text="Position among the attempt's phases, from 0.")
    status = StringProperty(help_text="As on Build.")
    stamp = StringProperty(help_text="The first time in its log, as written by Spack.")
    seconds = FloatProperty(help_text="Duration in seconds.")
    errors = IntegerProperty(help_text="Number of errors in the whole log.")
    warnings = IntegerProperty(help_text="Number of warnings in the whole log.")
    lines = IntegerProperty(help_text="Number of lines of the whole log.")
    size = IntegerProperty(help_text="Size of the whole log in bytes.")
    capped = BooleanProperty(help_text="True if the stored log is truncated.")

    has_text = RelationshipTo("Blob", "HAS_TEXT")
    reported = RelationshipTo("Diagnostic", "REPORTED", model=Reported)


class Blob(StructuredNode):
    """A text compressed by zstd, stored once however often it occurs."""

    digest = StringProperty(unique_index=True, required=True, help_text="SHA-256 of the text.")
    data = BytesProperty(help_text="The compressed text.")
    size = IntegerProperty(help_text="Size of the text in bytes before compression.")
    lines = IntegerProperty(help_text="Number of lines of the document that it was taken from.")
    capped = BooleanProperty(help_text="True if the text is that document truncated.")
    redacted = BooleanProperty(
        help_text="True if something was taken out of it after it was stored."
    )


class Diagnostic(StructuredNode):
    """A distinct error or warning, the same on every machine."""

    fingerprint = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the kind and the text."
    )
    kind = StringProperty(help_text="error or warning.")
    text = StringProperty(
        help_text="The message without paths, hashes, addresses and line numbers."
    )
    redacted = BooleanProperty(
        help_text="True if something was taken out of it after it was stored."
    )


class Environment(StructuredNode):
    """A host on which specs were built."""

    fingerprint = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the other properties."
    )
    host_os = StringProperty(help_text="Operating system, such as debian12.")
    platform = StringProperty(help_text="Platform, such as linux.")
    host_target = StringProperty(help_text="Microarchitecture of the host.")
    hostname = StringProperty(help_text="Name of the host, if it was sent.")
    kernel_version = StringProperty(help_text="Version of the kernel.")


class Variable(StructuredNode):
    """An environment variable with one value; secrets are redacted before it is stored."""

    digest = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of name and value."
    )
    name = StringProperty(index=True, help_text="Name of the variable.")
    value = StringProperty(help_text="Its value; absent if the variable was unset.")
    redacted = BooleanProperty(help_text="True if a secret was redacted.")


class Recipe(StructuredNode):
    """A package recipe as of some installation."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of namespace, path and text."
    )
    namespace = StringProperty(help_text="Name of the package repository.")
    package = StringProperty(index=True, help_text="Name of the package.")
    path = StringProperty(help_text="Path in the repository.")

    has_text = RelationshipTo("Blob", "HAS_TEXT")


class Archive(StructuredNode):
    """Origin of sources: a URL, or a file in the stage with its checksum."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of the other properties."
    )
    url = StringProperty(help_text="The URL that it was fetched from.")
    file = StringProperty(help_text="Name of the file in the stage.")
    sha256 = StringProperty(index=True, help_text="SHA-256 of the content.")
    size = IntegerProperty(help_text="Size in bytes.")
