"""Concrete specs and the edges between them."""

from typing import ClassVar

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


class DependsOn(StructuredRel):
    """One dependency of a concrete spec; at most one per pair of specs."""

    __type__ = "DEPENDS_ON"

    deptypes = ArrayProperty(
        StringProperty(), help_text="Dependency types in canonical order: build, link, run, test."
    )
    virtuals = ArrayProperty(
        StringProperty(), help_text="Virtual packages that this edge provides, such as mpi or c."
    )
    runtime = BooleanProperty(
        help_text="True if deptypes include link or run, or are empty: Spack follows an edge "
        "without a type whatever types it is asked for."
    )


class SplicedFrom(StructuredRel):
    """From a spliced spec to its build spec."""

    __type__ = "SPLICED_FROM"

    inferred = BooleanProperty(
        help_text="True if the record lost its build spec and the end of its hash names it: the "
        "last seven characters of a splice's hash are those of its build spec's."
    )


class BuiltWith(StructuredRel):
    """From a root to each spec that it was built with, derived from the other edges.

    These are its build spec and all of that spec's dependencies, build dependencies included. A
    root whose build spec was lost has none.
    """

    __type__ = "BUILT_WITH"


class DeployedWith(StructuredRel):
    """From a root to each spec that it is deployed with, derived from the other edges.

    These are the root itself and its transitive link and run dependencies.
    """

    __type__ = "DEPLOYED_WITH"


class Spec(StructuredNode):
    """One content: a concrete package node, shared by every DAG that contains it.

    If the node and everything below it proves its hash and was not spliced, the hash determines the
    content. Elsewhere Spack may give one hash to several contents, each of them a node.

    It has the label `Root`, too, if it is the root of an uploaded document.
    """

    __optional_labels__: ClassVar = ["Root"]
    __composite_indexes__ = (("name", "version_key"),)

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Identity: `hash` if that determines the content, else `hash`, a colon and a "
        "digest over the hashes that it reaches over link and run dependencies.",
    )
    hash = StringProperty(
        index=True,
        required=True,
        help_text="The DAG hash, 32 characters of lower-case base32. In formats 1 and 2, the hash "
        "that edges of the document use (build_hash or hash; full_hash).",
    )
    name = StringProperty(index=True, help_text="Package name.")
    version = StringProperty(help_text="Version as written in the document.")
    version_key = StringProperty(
        help_text="The version as a string whose order is Spack's version order."
    )
    namespace = StringProperty(help_text="Package repository, such as builtin.")
    platform = StringProperty(help_text="Platform, such as linux.")
    os = StringProperty(help_text="Operating system, such as debian12.")
    target = StringProperty(help_text="Name of the microarchitecture, such as zen4.")
    compiler = StringProperty(
        help_text="Name of the compiler, if it is an attribute of the node (formats 1 to 4, and "
        "nodes of format 5 converted from these)."
    )
    compiler_version = StringProperty(help_text="Version of that compiler.")
    compiler_version_key = StringProperty(help_text="That version as a sort key.")
    variants = ArrayProperty(
        StringProperty(),
        help_text="Searchable `name=value` entries of variants and compiler flags; a boolean is "
        "`name=true` or `name=false`, a multi-valued variant has one entry per value.",
    )
    external = BooleanProperty(help_text="True if it was found on the system, not built by Spack.")
    spliced = BooleanProperty(help_text="True if the spec was spliced: it has a build spec.")
    stripped = BooleanProperty(
        help_text="True if it looks like a splice whose record lost its build spec, as in Spack's "
        "database: what it was built with is not known."
    )
    build_suffix = StringProperty(
        index=True,
        help_text="The last seven characters of its hash, which its build spec shares; only "
        "if `stripped`.",
    )
    pure_hash = StringProperty(
        index=True,
        help_text="The hash that its content has, computed from it and the pure hashes of its "
        "dependencies, whatever hash Spack stored it under; only if it was spliced and has a "
        "build spec.",
    )
    uncertain = BooleanProperty(
        help_text="True if all records of it come from Spack's database, so that its dependencies "
        "may be those of another content of the same hash."
    )
    on_disk = BooleanProperty(
        help_text="True if it was read from an install folder; only if its hash does not "
        "determine it."
    )
    installed_at = FloatProperty(
        help_text="Time of its newest installation, in seconds since 1970; only if its hash does "
        "not determine it."
    )
    package_hash = StringProperty(help_text="Hash of the package recipe's content.")
    spec_format = IntegerProperty(help_text="Version of the spec format of `document`.")
    original_format = IntegerProperty(
        help_text="Version of the format that the node was first written in, if Spack converted "
        "it to `spec_format`."
    )
    runtime_hash = StringProperty(
        index=True,
        help_text="Formats 1 and 2: the `hash` of the node, over link and run dependencies only.",
    )
    build_hash = StringProperty(
        index=True, help_text="Formats 1 and 2: the `build_hash` of the node."
    )
    full_hash = StringProperty(
        index=True, help_text="Formats 1 and 2: the `full_hash` of the node."
    )
    document = StringProperty(
        help_text="The node's own JSON as received, without insignificant white space."
    )
    standing = StringProperty(
        help_text="How well `document` proves `hash`, then the document's SHA-256: `0:` recomputed "
        "as Spack does, `1:` recomputed after a documented repair, `2:` the first 25 characters "
        "match and there is a build spec, `3:` there is a build spec, `4:` neither. Of several "
        "records of a content the one with the lowest standing is shown. Absent on a stub."
    )
    verified = BooleanProperty(help_text="True if the hash was recomputed and matches.")
    redacted = BooleanProperty(
        help_text="True if something was taken out of it after it was stored."
    )
    stub = BooleanProperty(
        help_text="True if only hash and name are known, from a build_spec that refers to it."
    )
    unsealed = BooleanProperty(
        help_text="True on a root for which its closure edges count, and no postings."
    )
    sealing = IntegerProperty(
        help_text="Number of the segment of postings that is being made with the root; absent if "
        "it has changed since."
    )
    places = StringProperty(
        help_text="Only on a root: its segments, the newest first, each with a colon and its "
        "number in the segment; separated by blanks."
    )
    origin = StringProperty(help_text="Source of the document: a file or a request.")
    load = StringProperty(help_text="The load that created the node: UTC time and a random part.")

    depends_on = RelationshipTo("Spec", "DEPENDS_ON", model=DependsOn)
    spliced_from = RelationshipTo("Spec", "SPLICED_FROM", model=SplicedFrom)
    provides = RelationshipTo("graph_models.virtual.Virtual", "PROVIDES")
    built_with = RelationshipTo("Spec", "BUILT_WITH", model=BuiltWith)
    deployed_with = RelationshipTo("Spec", "DEPLOYED_WITH", model=DeployedWith)
    installed_file = RelationshipTo("graph_models.site.Artifact", "INSTALLED_FILE")
    installed_in = RelationshipTo("graph_models.library.Prefix", "INSTALLED_IN")
