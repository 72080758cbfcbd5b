"""Whether a planned splice would start, by the files from which Spack would make it."""

from dataclasses import replace

from cypher.run import Database
from service.dags.labels import make_label
from service.dags.splicing.rewiring import rewirings_of
from service.queries.abi import NOT_COMPARED, AbiVerdict, Sides, StoredFiles, describe, judge_sides
from service.queries.plans import PlannedSplice

MADE = "The files are those of the build specs, with the search paths that Spack would write."


def judge_plan(database: Database, plan: PlannedSplice, site: str | None = None) -> AbiVerdict:
    """Judge whether a planned splice would start, compared with the spec that it is built as.

    The files of each spliced spec are made from those of its build spec. Files that are installed
    under its hash are not read, since released Spack may give that hash to another splice.

    Args:
        database: The graph.
        plan: The plan.
        site: A site whose files are preferred.
    """
    sides, files = read_planned_files(database, plan, site)
    verdict = describe(sides, files, *judge_sides(sides, files))
    made_of = {each["hash"]: each["build_spec"] for each in plan.nodes}
    return replace(
        verdict,
        # The files of a planned splice are made from those of its build spec, which has none.
        missing=[
            make_label(made_of.get(each["uid"], each["uid"]), each["name"], each["version"])
            for each in verdict.missing
        ],
        note=f"{MADE} {NOT_COMPARED}",
    )


def read_planned_files(
    database: Database, plan: PlannedSplice, site: str | None = None
) -> tuple[Sides, StoredFiles]:
    """Return both sides of a planned splice, and their files; arguments as of `judge_plan`."""
    dag = plan.dag
    sides = Sides.of_dag(dag)
    # A splice that is the same as in one of the inputs is installed.
    new = [each for each in sides.deployed if each not in dag.identities.values()]
    rewirings = rewirings_of(dag, new, plan.plan.document.changed)
    return sides, StoredFiles.read(database, sides, site, rewirings)


def judged(database: Database, plan: PlannedSplice, site: str | None = None) -> PlannedSplice:
    """Return a planned splice with the verdict on it; arguments as of `judge_plan`."""
    return replace(plan, abi=judge_plan(database, plan, site))
