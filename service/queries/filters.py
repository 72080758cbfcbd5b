"""The filters of the questions on specs: one table, from which all that names them is made.

REST arguments, options of the commands and of `spack specgraph query`, boxes of the pages and the
table in `docs/queries.md` follow :data:`FILTERS`. A new filter is an entry here, a clause of the
planner (`lookups.py`, `clauses.py`) and a test.
"""

from dataclasses import dataclass
from enum import Enum

from spec_syntax import Side


class FilterKind(Enum):
    """The values of a filter."""

    SPEC = "specs"
    ONE_SPEC = "spec"
    FLAG = "`true`, `false`"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class SpecFilter:
    """A filter of the questions on specs.

    Attributes:
        name: REST argument, name of the form box, and with dashes the option of the commands.
        kind: Its values.
        title: Title of its form box.
        label: Words before the value in the heading of an answer.
        hint: Remark below its form box.
        help: Its meaning, for REST and the commands.
        condition: When a spec S is listed, for the documentation of queries.
        example: A value.
        side: The side of specs in the value that name none themselves; only for specs.
        is_rare: Whether forms show it only on demand.
        fits_impact: Whether it also asks about the specs that a dependency affects.
    """

    name: str
    kind: FilterKind
    title: str
    label: str
    hint: str
    help: str
    condition: str
    example: str = ""
    side: Side | None = None
    is_rare: bool = False
    fits_impact: bool = False

    @property
    def option(self) -> str:
        """The option of the commands."""
        return "--" + self.name.replace("_", "-")


FILTERS = (
    SpecFilter(
        "q",
        FilterKind.SPEC,
        title="Spec",
        label="",
        hint="the spec itself, as on Spack's command line: hdf5@1.14+mpi ^openssl@:1.1",
        help="The spec itself.",
        condition="S satisfies it",
        example="hdf5@1.14+mpi ^openssl@:1.1",
        side=Side.SELF,
        fits_impact=True,
    ),
    SpecFilter(
        "built_with",
        FilterKind.SPEC,
        title="Built with",
        label="built with",
        hint="before any splice, such as mpich@3.4",
        help="A spec that it was built with, before any splice.",
        condition="a spec in built(S) satisfies it",
        example="mpich@3.4",
        side=Side.BUILT_WITH,
    ),
    SpecFilter(
        "deployed_with",
        FilterKind.SPEC,
        title="Deployed with",
        label="deployed with",
        hint="present when it runs, such as mvapich2",
        help="A spec that it is deployed with: present when it runs.",
        condition="a spec in deployed(S) satisfies it",
        example="mvapich2",
        side=Side.DEPLOYED_WITH,
    ),
    SpecFilter(
        "runs_with",
        FilterKind.ONE_SPEC,
        title="Runs with",
        label="runs with",
        hint="of which the dynamic loader maps a file, whatever it is deployed with: libfoo@1.0",
        help="A spec of which the dynamic loader maps a file when it starts, by its files.",
        condition="the loader maps a file of a spec that satisfies it (see [abi.md](abi.md))",
        example="libfoo@1.0",
        is_rare=True,
    ),
    SpecFilter(
        "spliced_from",
        FilterKind.SPEC,
        title="Spliced from",
        label="spliced from",
        hint="a build spec on the chain of its splices, such as hdf5@1.12",
        help="A build spec on the chain of its splices.",
        condition="a build spec on the chain of `SPLICED_FROM` edges from S satisfies it",
        example="hdf5@1.12",
        side=Side.SPLICED_FROM,
        is_rare=True,
    ),
    SpecFilter(
        "spliced",
        FilterKind.FLAG,
        title="Splices",
        label="spliced",
        hint="",
        help="Only specs that were spliced, or only others.",
        condition="S has a build spec, or has none",
        is_rare=True,
    ),
    SpecFilter(
        "site",
        FilterKind.NAME,
        title="Site",
        label="at site",
        hint="at which it is installed, was built or is locked, such as mycluster",
        help="A site at which it is installed now, was built, or is locked by an environment.",
        condition="S is at the site",
        example="mycluster",
        is_rare=True,
        fits_impact=True,
    ),
    SpecFilter(
        "environment",
        FilterKind.NAME,
        title="Environment",
        label="in environment",
        hint="that locks it: a name, or the start of a digest",
        help="An environment that locks it, by name or by at least 6 characters of its digest.",
        condition="the environment locks S",
        example="production",
        is_rare=True,
        fits_impact=True,
    ),
)
"""Every filter, in the order in which they are documented."""

SPEC_FILTERS = tuple(each for each in FILTERS if each.kind is FilterKind.SPEC)
"""Those whose values are in spec syntax."""


def filters_markdown() -> str:
    """Return the table of filters in `docs/queries.md`."""
    lines = ["| command | REST | value | S is listed if |", "|---|---|---|---|"]
    for each in FILTERS:
        lines.append(f"| {_written(each)} | `{each.name}` | {each.kind.value} | {each.condition} |")
    return "\n".join(lines) + "\n"


def _written(each: SpecFilter) -> str:
    """Return a filter as it is written on the command line."""
    if each.name == "q":
        return "`SPEC`"
    if each.kind is FilterKind.FLAG:
        return f"`{each.option}`, `--not-{each.option[2:]}`"
    return f"`{each.option}`"
