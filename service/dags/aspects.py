"""The one thing in which two roots of a package may differ: its version, its compiler, an `mpi`."""

from dataclasses import dataclass

from service.dags.dag import Dag
from service.dags.dependency_tree import DependencyTree
from service.dags.errors import InvalidQuestionError

_WORDS = ("version", "target", "os", "compiler", "variants")
_KINDS = ("variant", "virtual", "package")


@dataclass(frozen=True, slots=True)
class Aspect:
    """An aspect that may differ.

    Attributes:
        kind: `version`, `target`, `os`, `compiler`, `variants`, `variant`, `virtual`, `package`.
        name: Name of the variant, virtual or package; else empty.
    """

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


def parse_aspect(text: str, dag: Dag) -> Aspect:
    """Return the meaning of the parameter `only` for a DAG.

    A plain name is a virtual of the DAG, else a package or a variant. A name that is none of
    these is taken for a package that other DAGs have.

    Raises:
        InvalidQuestionError: It is not a name, or it is the root's own.
    """
    kind, colon, name = text.strip().partition(":")
    if not colon and kind in _WORDS:
        return Aspect(kind)
    tree = DependencyTree(dag)
    if colon and kind in _KINDS and name:
        aspect = Aspect(kind, name)
    elif kind and not colon:
        aspect = _resolve_name(kind, dag, tree)
    else:
        words = ", ".join([*_WORDS, *(f"{kind}:NAME" for kind in _KINDS)])
        raise InvalidQuestionError(
            f"only: one of {words}, or the name of a virtual, package or variant"
        )
    own = dag.nodes[dag.root].name
    if aspect.kind == "package" and aspect.name == own and not tree.specs_of_package(own):
        raise InvalidQuestionError(
            f"only: {own} is the root itself; ask for version, variants or target"
        )
    return aspect


def _resolve_name(name: str, dag: Dag, tree: DependencyTree) -> Aspect:
    variants = dag.nodes[dag.root].properties["variants"]
    if tree.providers_of({name}):
        return Aspect("virtual", name)
    if tree.specs_of_package(name) or all(entry.partition("=")[0] != name for entry in variants):
        return Aspect("package", name)
    return Aspect("variant", name)
