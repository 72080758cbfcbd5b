"""What stands around one spec: compilers, providers, dependencies, dependents and splices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired

from cypher.run import Database
from service.dags.labels import SpecLabel
from service.queries.contents import mark_contents
from service.text import format_variants
from spec_syntax import COMPILER_LANGUAGES

MOST = 40
"""Most dependencies, dependents and splices that are listed."""
_LOOKED_AT = 500
"""Specs of the package whose variants are compared."""


class Neighbour(SpecLabel):
    """A spec beside another.

    Attributes:
        deptypes: Types of the dependency between them.
        virtuals: Virtuals that the dependency provides.
        virtual: The virtual that it provides, if it is a provider.
    """

    deptypes: NotRequired[list[str]]
    virtuals: NotRequired[list[str]]
    virtual: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands around one spec.

    Attributes:
        compilers: Specs that compiled it, or its build spec.
        providers: Providers of virtuals that it is deployed with, besides compilers.
        dependencies: Its direct dependencies by name.
        dependents: Some specs that depend on it directly.
        splices: Specs that were spliced from it.
        unusual: Its variants, as Spack writes them, that not all specs of its package have.
        usual: Its other variants.
    """

    compilers: Sequence[Neighbour] = ()
    providers: Sequence[Neighbour] = ()
    dependencies: Sequence[Neighbour] = ()
    dependents: Sequence[Neighbour] = ()
    splices: Sequence[Neighbour] = ()
    unusual: Sequence[str] = ()
    usual: Sequence[str] = ()


def find_neighbours(database: Database, uid: str) -> Neighbours:
    """Return the surroundings of the content with an identity."""
    record = database.read("spec_neighbours", uid=uid, most=MOST, looked_at=_LOOKED_AT)[0]
    found: dict[str, list[Neighbour]] = {
        name: record[name]
        for name in ("compilers", "providers", "dependencies", "dependents", "splices")
    }
    for labels in found.values():
        mark_contents(database, labels)
    found["providers"] = [
        each for each in found["providers"] if each.get("virtual") not in COMPILER_LANGUAGES
    ]
    rare = [each["entry"] for each in record["variants"] if each["specs"] < record["specs"]]
    common = [each["entry"] for each in record["variants"] if each["specs"] >= record["specs"]]
    return Neighbours(
        **found, unusual=format_variants(sorted(rare)), usual=format_variants(sorted(common))
    )
