"""Where specs are installed, and what lies there."""

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

    name = StringProperty(unique_index=True, required=True, help_text="Its name.")


class Store(StructuredNode):
    """An install tree of a site, or an upstream of one."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="Name of the site, a colon, name of the store."
    )
    name = StringProperty(help_text="Its name: by default from the hash of its folder's path.")
    upstream = BooleanProperty(help_text="True where it is another store's upstream.")
    as_of = FloatProperty(help_text="Time of the newest index that was loaded, since 1970.")

    at = RelationshipTo("Site", "AT")


class Installation(StructuredNode):
    """A spec that is, or was, installed in a store.

    It is there now where `last_seen` is the store's `as_of`; else it was gone in a later index.
    """

    __composite_indexes__ = (("name", "sort_key"),)

    uid = StringProperty(
        unique_index=True, required=True, help_text="From store, hash and time of installation."
    )
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    name = StringProperty(help_text="Package name.")
    sort_key = StringProperty(
        index=True, help_text="Time of installation, padded with zeros, and the uid: newest last."
    )
    explicit = BooleanProperty(help_text="True where somebody asked for it.")
    installed = BooleanProperty(help_text="False where the store remembers it but it is gone.")
    installed_at = FloatProperty(help_text="When, since 1970.")
    first_seen = FloatProperty(help_text="Time of the first index that held it.")
    last_seen = FloatProperty(
        help_text="Time of the last index that held it as installed; -1 where none did."
    )
    last_told = FloatProperty(help_text="Time of the last index that told of it at all.")
    prefix_hash = StringProperty(help_text="SHA-256 of the prefix; the prefix itself is not kept.")
    external = BooleanProperty(help_text="True where Spack did not install it.")
    deprecated_for = StringProperty(help_text="Hash of the spec that replaces it.")
    origin = StringProperty(help_text="Where Spack knows it from, such as external-db.")

    of = RelationshipTo("graph_models.spec.Spec", "OF")
    at = RelationshipTo("Site", "AT")
    within = RelationshipTo("Store", "IN")


class Artifact(StructuredNode):
    """A line of an install manifest."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="DAG hash of the spec, a colon, the path."
    )
    hash = StringProperty(help_text="DAG hash of the spec.")
    path = StringProperty(index=True, help_text="Path below the prefix.")
    name = StringProperty(index=True, help_text="The last part of the path.")
    kind = StringProperty(help_text="file, directory or link.")
    mode = IntegerProperty(help_text="Permission bits.")
    size = IntegerProperty(help_text="Size in bytes.")
    checksum = StringProperty(help_text="As in the manifest: SHA-1 in base32.")
    target = StringProperty(help_text="What a link points to.")


class Locks(StructuredRel):
    """A root of an environment."""

    __type__ = "LOCKS"

    abstract = StringProperty(help_text="The abstract spec that it was concretized from.")


class Lockfile(StructuredNode):
    """A locked environment: a spack.lock."""

    uid = StringProperty(
        unique_index=True, required=True, help_text="SHA-256 of site, name and digest."
    )
    digest = StringProperty(index=True, help_text="SHA-256 of what it locks.")
    lockfile_version = IntegerProperty(help_text="Version of the format.")
    spack_version = StringProperty(help_text="The Spack that wrote it.")
    name = StringProperty(index=True, help_text="Name of the environment: of its folder.")
    included = ArrayProperty(
        StringProperty(), help_text="Paths of the environments that it includes, hashed."
    )
    load = StringProperty(help_text="The load that brought it.")

    locks = RelationshipTo("graph_models.spec.Spec", "LOCKS", model=Locks)
    at = RelationshipTo("Site", "AT")


class TestRun(StructuredNode):
    """A run of a package's own tests on an installed spec: `spack test run`."""

    uid = StringProperty(unique_index=True, required=True, help_text="From hash and log.")
    hash = StringProperty(index=True, help_text="DAG hash of the spec.")
    sort_key = StringProperty(
        help_text="Time of the start, padded with zeros, and the uid: newest last."
    )
    status = StringProperty(help_text="succeeded, failed or skipped.")
    started = FloatProperty(help_text="Seconds since 1970.")
    seconds = FloatProperty(help_text="How long it took.")
    parts = ArrayProperty(StringProperty(), help_text="`name=STATUS` of each part.")
    load = StringProperty(help_text="The load that brought it.")

    tested = RelationshipTo("graph_models.spec.Spec", "TESTED")
    at = RelationshipTo("Site", "AT")
    has_text = RelationshipTo("graph_models.build.Blob", "HAS_TEXT")


class Offers(StructuredRel):
    """A spec in a build cache."""

    __type__ = "OFFERS"

    checksum = StringProperty(help_text="Of its archive: the algorithm, a colon, hexadecimal.")
    size = IntegerProperty(help_text="Bytes of its archive.")
    layout = IntegerProperty(help_text="Version of the build cache's layout.")
    signed = BooleanProperty(help_text="Whether it is signed, where the entry tells.")
    load = StringProperty(help_text="The load that brought it.")


class Mirror(StructuredNode):
    """A build cache."""

    name = StringProperty(unique_index=True, required=True, help_text="Its name.")

    offers = RelationshipTo("graph_models.spec.Spec", "OFFERS", model=Offers)


class Compiler(StructuredNode):
    """A compiler that a Cray manifest names."""

    uid = StringProperty(unique_index=True, required=True, help_text="SHA-256 of site and rest.")
    name = StringProperty(help_text="Spack's name for it.")
    version = StringProperty(help_text="Its version.")
    os = StringProperty(help_text="Operating system.")
    target = StringProperty(help_text="Target.")
    languages = ArrayProperty(StringProperty(), help_text="cc, cxx and fc, as far as it has them.")
    prefix_hash = StringProperty(help_text="SHA-256 of its prefix.")
    load = StringProperty(help_text="The load that brought it.")

    at = RelationshipTo("Site", "AT")
