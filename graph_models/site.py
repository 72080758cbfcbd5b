"""Sites and their contents: stores, installations, files, environments and build caches."""

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


class Site(StructuredNode):
    """A place that runs Spack: a centre, a cluster, a workstation."""

    name = StringProperty(unique_index=True, required=True, help_text="Name of the site.")


class Store(StructuredNode):
    """An install tree of a site, or an upstream of one."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="Name of the site, a colon, name of the store."
    )
    name = StringProperty(help_text="Name; by default derived from the hash of its path.")
    upstream = BooleanProperty(help_text="True if it is an upstream of another store.")
    as_of = FloatProperty(help_text="Time of the newest index loaded, in seconds since 1970.")

    at = RelationshipTo("Site", "AT")


class Installation(StructuredNode):
    """A spec that is, or was, installed in a store.

    It is installed now if its `last_seen` equals the store's `as_of`; otherwise a later index no
    longer had it.
    """

    __composite_indexes__ = (("name", "sort_key"),)

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Derived from store, hash and time of installation.",
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    full_hash = StringProperty(
        help_text="The spec's `full_hash` in an index of Spack 0.16 or 0.17, which names it by an "
        "older hash."
    )
    name = StringProperty(help_text="Package name.")
    sort_key = StringProperty(
        index=True, help_text="Time of installation, padded with zeros, and the uid: newest last."
    )
    explicit = BooleanProperty(
        help_text="True if it was requested, rather than installed as a dependency."
    )
    installed = BooleanProperty(
        help_text="False if the store's index lists it as no longer installed."
    )
    installed_at = FloatProperty(help_text="Time of installation, in seconds since 1970.")
    first_seen = FloatProperty(
        help_text="Time of the first index that lists it, in seconds since 1970."
    )
    last_seen = FloatProperty(
        help_text="Time of the last index that lists it as installed, in seconds since 1970; "
        "missing if there is none."
    )
    last_told = FloatProperty(
        help_text="Time of the last index that lists it, installed or not, in seconds since 1970."
    )
    prefix_hash = StringProperty(
        help_text="SHA-256 of the prefix; the prefix itself is not stored."
    )
    external = BooleanProperty(help_text="True if Spack did not install it.")
    deprecated_for = StringProperty(help_text="Hash of the spec that replaces it.")
    origin = StringProperty(help_text="Spack's own source for it, such as external-db.")

    of = RelationshipTo("graph_models.spec.Spec", "OF")
    at = RelationshipTo("Site", "AT")
    within = RelationshipTo("Store", "IN")


class Artifact(StructuredNode):
    """A line of an install manifest."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="DAG hash of the spec, a colon, the path."
    )
    hash = StringProperty(help_text="DAG hash of the spec.")
    path = StringProperty(index=True, help_text="Path relative to the prefix.")
    name = StringProperty(index=True, help_text="The last part of the path.")
    kind = StringProperty(help_text="file, directory or link.")
    mode = IntegerProperty(help_text="Permission bits.")
    size = IntegerProperty(help_text="Size in bytes.")
    checksum = StringProperty(help_text="As in the manifest: SHA-1 in base32.")
    target = StringProperty(help_text="Target of a link.")


class Locks(StructuredRel):
    """A root of an environment."""

    __type__ = "LOCKS"

    abstract = StringProperty(help_text="The abstract spec that it was concretized from.")
    group = StringProperty(
        help_text="Its group of specs in the environment, from Spack 1.2 on; empty without one."
    )


class Lockfile(StructuredNode):
    """A locked environment: a spack.lock."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of site, name and digest."
    )
    digest = StringProperty(index=True, help_text="SHA-256 of its locked specs.")
    lockfile_version = IntegerProperty(help_text="Version of the lockfile format.")
    spack_version = StringProperty(help_text="Version of the Spack that wrote it.")
    name = StringProperty(
        index=True, help_text="Name of the environment: that of the folder it is in."
    )
    included = ArrayProperty(
        StringProperty(), help_text="Hashes of the paths of the environments that it includes."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    locks = RelationshipTo("graph_models.spec.Spec", "LOCKS", model=Locks)
    at = RelationshipTo("Site", "AT")


class TestRun(StructuredNode):
    """A run of a package's own tests on an installed spec: `spack test run`."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="Derived from the spec's hash, the site and the log.",
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    full_hash = StringProperty(
        help_text="Full hash of the spec, if Spack before 0.18 named it by another one."
    )
    sort_key = StringProperty(
        help_text="Time of the start, padded with zeros, and the uid: newest last."
    )
    status = StringProperty(help_text="succeeded, failed or skipped.")
    started = FloatProperty(help_text="Time of the start, in seconds since 1970.")
    seconds = FloatProperty(help_text="Duration in seconds.")
    parts = ArrayProperty(StringProperty(), help_text="`name=STATUS` of each part.")
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    tested = RelationshipTo("graph_models.spec.Spec", "TESTED")
    at = RelationshipTo("Site", "AT")
    has_text = RelationshipTo("graph_models.build.Blob", "HAS_TEXT")


class Offers(StructuredRel):
    """A spec in a build cache."""

    __type__ = "OFFERS"

    checksum = StringProperty(
        help_text="Checksum of its archive: the algorithm, a colon, hexadecimal."
    )
    size = IntegerProperty(help_text="Size of its archive in bytes.")
    layout = IntegerProperty(help_text="Version of the build cache's layout.")
    signed = BooleanProperty(help_text="Whether it is signed, if the entry says so.")
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")


class Mirror(StructuredNode):
    """A build cache."""

    name = StringProperty(unique_index=True, required=True, help_text="Name of the build cache.")

    offers = RelationshipTo("graph_models.spec.Spec", "OFFERS", model=Offers)


class Compiler(StructuredNode):
    """A compiler listed in a Cray manifest."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the site and the other properties.",
    )
    name = StringProperty(help_text="Spack's name for the compiler.")
    version = StringProperty(help_text="Version of the compiler.")
    os = StringProperty(help_text="Operating system, such as sles15.")
    target = StringProperty(help_text="Microarchitecture, such as zen4.")
    languages = ArrayProperty(StringProperty(), help_text="Its languages, out of cc, cxx and fc.")
    prefix_hash = StringProperty(help_text="SHA-256 of its prefix.")
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    at = RelationshipTo("Site", "AT")


class CanSplice(StructuredNode):
    """A `can_splice` directive of a recipe, as the newest export of a site has it."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="SHA-256 of the site and the other properties.",
    )
    package = StringProperty(
        index=True, help_text="Package of the recipe: specs of it may be put in."
    )
    namespace = StringProperty(help_text="Namespace of the recipe's repository.")
    target = StringProperty(help_text="What may be replaced, in spec syntax.")
    when = StringProperty(
        help_text="What the spec that is put in must satisfy, in spec syntax; empty for all."
    )
    match_variants = ArrayProperty(
        StringProperty(), help_text="As in the recipe; `*` for all variants."
    )
    variants = ArrayProperty(
        StringProperty(), help_text="Variants that must have the same value in both specs."
    )
    load = StringProperty(help_text="The load that created it: UTC time and a random part.")

    at = RelationshipTo("Site", "AT")
