"""Shapes of the nodes in spec documents, one class per format, after Spack's own schema.

Only the keys that Specgraph reads are declared; all others stay untouched in the node's document.
"""

from typing import Any

import msgspec

from loaders.errors import DocumentError, Fault

Scalar = bool | int | float | str | None
Parameter = Scalar | list[Scalar]


class Compiler(msgspec.Struct):
    """The compiler as an attribute of the node, in formats 1 to 4."""

    name: str
    version: str


class BuildSpec(msgspec.Struct):
    """Reference of a spliced spec to the spec that was really built."""

    name: str
    hash: str = ""
    full_hash: str = ""
    build_hash: str = ""

    def referenced_hash(self) -> str:
        """Return the hash by which the document names specs."""
        return self.full_hash or self.build_hash or self.hash


class EdgeParameters(msgspec.Struct):
    """The parameters of an edge from format 4 on."""

    deptypes: list[str]
    virtuals: list[str] = []


class Dependency4(msgspec.Struct):
    """An edge of format 4 or later."""

    name: str
    hash: str
    parameters: EdgeParameters

    def referenced_hash(self) -> str:
        """Return the dependency's hash."""
        return self.hash

    def written_deptypes(self) -> list[str]:
        """Return the dependency types as written."""
        return self.parameters.deptypes

    def provided_virtuals(self) -> list[str]:
        """Return the virtuals that the dependency provides."""
        return self.parameters.virtuals


class Dependency3(msgspec.Struct):
    """An edge of format 3."""

    name: str
    hash: str
    type: list[str]

    def referenced_hash(self) -> str:
        """Return the dependency's hash."""
        return self.hash

    def written_deptypes(self) -> list[str]:
        """Return the dependency types as written."""
        return self.type

    def provided_virtuals(self) -> list[str]:
        """Return nothing: virtuals were not recorded before format 4."""
        return []


class Dependency2(msgspec.Struct):
    """An edge of format 2, with the kind of hash by which the document names nodes."""

    name: str
    type: list[str]
    full_hash: str | None = None
    build_hash: str | None = None
    hash: str | None = None

    def referenced_hash(self) -> str:
        """Return the dependency's hash, preferred in the order in which Spack 0.17 reads them."""
        return self.full_hash or self.build_hash or self.hash or ""

    def written_deptypes(self) -> list[str]:
        """Return the dependency types as written."""
        return self.type

    def provided_virtuals(self) -> list[str]:
        """Return nothing: virtuals were not recorded before format 4."""
        return []


class Node(msgspec.Struct, kw_only=True):
    """Keys that the nodes of all formats share."""

    name: str
    version: str
    arch: dict[str, Any] | str | None = None
    compiler: Compiler | None = None
    namespace: str | None = None
    parameters: dict[str, Parameter] = {}
    external: dict[str, Any] | None = None
    package_hash: str | None = None
    provided_virtuals: list[str] = []
    build_spec: BuildSpec | None = None
    concrete: bool | None = None
    hash: str
    full_hash: str | None = None
    build_hash: str | None = None
    annotations: Any = None

    def written_as(self, spec_format: int) -> int:
        """Return the format that the node was first written in; annotated since format 5."""
        if isinstance(self.annotations, dict):
            original = self.annotations.get("original_specfile_version")
            if isinstance(original, int) and 0 < original < spec_format:
                return original
        return spec_format

    def compiled_by(self) -> Compiler | None:
        """Return the compiler attribute, which format 5 keeps as an annotation of older nodes.

        None for a node of format 5, whose compilers are dependencies.
        """
        if self.compiler is not None or not isinstance(self.annotations, dict):
            return self.compiler
        name, _, version = str(self.annotations.get("compiler") or "").partition("@")
        return Compiler(name, version.removeprefix("=")) if name and version else None

    def split_architecture(self) -> tuple[str | None, str | None, str | None]:
        """Return platform, operating system and name of the target.

        Spack before 0.10 wrote a single string, which later releases read as the target.

        Raises:
            DocumentError: One of them is not a string.
        """
        if self.arch is None:
            return None, None, None
        if isinstance(self.arch, str):
            return "spack09", "unknown", self.arch
        target = self.arch.get("target")
        if isinstance(target, dict):
            target = target.get("name")
        parts = (self.arch.get("platform"), self.arch.get("platform_os"), target)
        for key, part in zip(("platform", "platform_os", "target"), parts, strict=True):
            if part is not None and not isinstance(part, str):
                raise DocumentError(Fault.INVALID, "Expected `str`", f"/arch/{key}")
        return parts


class Node4(Node):
    """A node of format 4 or later."""

    dependencies: list[Dependency4] = []


class Node3(Node):
    """A node of format 3."""

    dependencies: list[Dependency3] = []


class Node2(Node):
    """A node of format 2."""

    dependencies: list[Dependency2] = []


class Dependency1(msgspec.Struct):
    """An edge of format 1, with one of the hashes depending on the release that wrote it."""

    type: list[str]
    hash: str | None = None
    full_hash: str | None = None
    build_hash: str | None = None


class Node1(Node, kw_only=True):
    """A node of format 1, whose name is the key that holds it."""

    name: str = ""
    dependencies: dict[str, Dependency1 | str] = {}


AnyDependency = Dependency2 | Dependency3 | Dependency4
LaterNode = Node2 | Node3 | Node4

DECODERS: dict[int, msgspec.json.Decoder[LaterNode]] = {
    2: msgspec.json.Decoder(Node2),
    3: msgspec.json.Decoder(Node3),
    4: msgspec.json.Decoder(Node4),
    5: msgspec.json.Decoder(Node4),
    6: msgspec.json.Decoder(Node4),
}
DECODER_1 = msgspec.json.Decoder(Node1)
