"""The schema of a Cray manifest, as in `schema/cray_manifest.py` of Spack 1.1."""

from typing import Annotated, Any

import msgspec

from loaders import limits
from loaders.known_versions import Format, KnownVersion
from loaders.specs.checks import decode_error

Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    """An object that may have no keys but those in the schema."""


class _Meta(_Strict, rename="kebab"):
    file_type: Text | msgspec.UnsetType = msgspec.UNSET
    cpe_version: Text | msgspec.UnsetType = msgspec.UNSET
    system_type: Text | msgspec.UnsetType = msgspec.UNSET
    schema_version: Text | msgspec.UnsetType = msgspec.UNSET
    version: Text | msgspec.UnsetType = msgspec.UNSET


class _Executables(_Strict):
    cc: Text | msgspec.UnsetType = msgspec.UNSET
    cxx: Text | msgspec.UnsetType = msgspec.UNSET
    fc: Text | msgspec.UnsetType = msgspec.UNSET


class _CompilerArch(_Strict):
    os: Text
    target: Text


class Compiler(_Strict):
    """A compiler of a manifest."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    version: Text | msgspec.UnsetType = msgspec.UNSET
    prefix: Text | msgspec.UnsetType = msgspec.UNSET
    executables: _Executables | msgspec.UnsetType = msgspec.UNSET
    arch: _CompilerArch | msgspec.UnsetType = msgspec.UNSET


class _Target(_Strict):
    name: Text


class Arch(_Strict):
    """The platform that a spec runs on."""

    platform: Text
    platform_os: Text
    target: _Target


class _CompilerName(_Strict):
    name: Text
    version: Text


class Dependency(_Strict):
    """A dependency, under the name that the manifest uses."""

    hash: Text
    type: list[Text] | msgspec.UnsetType = msgspec.UNSET


class Entry(_Strict):
    """A spec of a manifest."""

    name: Text
    version: Text
    arch: Arch
    compiler: _CompilerName
    prefix: Text
    hash: Text
    dependencies: dict[str, Dependency] = msgspec.field(default_factory=dict)
    rpm: Text | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)


class _Version(msgspec.Struct, rename="kebab"):
    schema_version: str | int | float | None = None


class _Versioned(msgspec.Struct):
    meta: _Version = msgspec.field(name="_meta", default_factory=_Version)


class Manifest(_Strict):
    """A complete manifest."""

    specs: list[Entry]
    compilers: list[Compiler] = msgspec.field(default_factory=list)
    meta: _Meta | msgspec.UnsetType = msgspec.field(name="_meta", default=msgspec.UNSET)


FORMAT = Format(
    subject="Cray manifest",
    pointer="/_meta/schema-version",
    kept="each entry as an external spec with its DAG and an installation, and the compilers",
    versions=(
        KnownVersion("1", "0.17 on", "only the first number counts; manifests may have no version"),
    ),
)

_MANIFEST = msgspec.json.Decoder(Manifest)


def decode_manifest(raw: bytes) -> Manifest:
    """Decode a manifest.

    Raises:
        DocumentError: It violates the schema; Spack rejects it as a whole then. Or it is of an
            unknown version.
    """
    limits.check_json(raw)
    # Looked at first, since another version may have another schema.
    _check_version(raw)
    try:
        return _MANIFEST.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise decode_error(error) from error


def _check_version(raw: bytes) -> None:
    try:
        version = msgspec.json.decode(raw, type=_Versioned).meta.schema_version
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return
    if version is not None:
        FORMAT.check(str(version).partition(".")[0])
