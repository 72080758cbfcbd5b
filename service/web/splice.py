"""The splice view: a spec as deployed beside the spec as built, as a whole or step by step."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

from loaders.specs.closure import build_chain
from loaders.specs.node import DEPTYPES
from service.api.request import bounded, database, identity_of
from service.dags import deptypes, splices
from service.dags.dag import Dag
from service.dags.labels import SpecLabel
from service.dags.splices import ROLES, Splice
from service.paging import offsets
from service.queries import abi, stale_texts
from service.queries.errors import InvalidQuestionError, NotInGraphError
from service.queries.stale_texts import find_stale_texts
from service.queries.stored_dags import find_dag
from service.queries.type_changes import judge_known
from service.web import spec as spec_page
from service.web.pictures.broken import broken_edges
from service.web.pictures.splice import FEW_RELINKED, SpliceAddresses, SpliceDrawing
from service.web.splice_rows import SpliceRow, parents_of, row_of, rows_of
from service.web.statements import draw_page
from service.web.views import address_of

blueprint = Blueprint("splice_page", __name__)

PAGE = 250
"""Most rows of a page of the tables."""
_TYPES = "link,run"


@dataclass(frozen=True)
class SpliceRequest:
    """The arguments of a page of a splice.

    Attributes:
        hash: Full hash of the spec.
        step: Which splice of several, from 1 for the oldest; None for all of them as one.
        types: Dependency types as in the address.
        kept: Whether to draw the specs that were kept.
        relinked: Whether to draw every relinked spec, however many there are.
        cursor: Where the tables continue.
    """

    hash: str
    step: int | None
    types: str
    kept: bool
    relinked: bool
    cursor: str

    @classmethod
    def parse_query(cls, hash_: str, given: MultiDict[str, str]) -> "SpliceRequest":
        """Parse a query string; several `types` count as one list.

        Raises:
            InvalidQuestionError: The step is not a number.
        """
        step = given.get("step", "")
        # `isdigit` alone also accepts digits such as superscripts, which `int` refuses.
        if step and not (step.isascii() and step.isdigit() and len(step) < 4):
            raise InvalidQuestionError(f"step: {step[:40]!r} is not the number of a step")
        types = ",".join(filter(None, given.getlist("types"))) or _TYPES
        kept = given.get("kept") == "all"
        relinked = given.get("relinked") == "all"
        number = int(step) if step else None
        return cls(hash_, number, types, kept, relinked, given.get("cursor", ""))

    def address(self, part: str = "", **changed: Any) -> str:
        """Return the address of the same page with some arguments changed."""
        types = None if self.types == _TYPES else self.types
        kept = "all" if self.kept else None
        relinked = "all" if self.relinked else None
        arguments = {"step": self.step, "types": types, "kept": kept, "relinked": relinked}
        return address_of(f"/spec/{self.hash}/splice{part}", **{**arguments, **changed})

    @property
    def json_address(self) -> str:
        """The address of the same as JSON, of all steps as one."""
        return address_of(f"/api/v1/specs/{self.hash}/splice", deptypes=self.types)

    def find_splice(self, dag: Dag) -> Splice:
        """Return the splice, or the step of it, that is asked for."""
        return splices.compute_splice(dag, deptypes.parse(self.types), self.step)


@blueprint.get("/spec/<hash_>/splice")
def splice_page(hash_: str) -> str:
    """The page of a splice: summary, picture, and the same as tables."""
    dag = find_dag(database(), hash_)
    asked = SpliceRequest.parse_query(dag.root, request.args)
    splice = asked.find_splice(dag)
    shared: dict[str, Any] = {
        "spec": spec_page.spec_with_variants(dag.identity_of(dag.root)),
        "asked": asked,
        "splice": splice,
    }
    if splice.before == splice.after:
        return render_template("splice_none.html", **shared, inner=splice.inner_splices())
    draw_page("splice", after=dag.identity_of(splice.after), before=dag.identity_of(splice.before))
    shared |= {
        "before": splice.label_of(splice.before),
        "after": splice.label_of(splice.after),
        "steps": _splice_steps(splice),
    }
    # Only the name and hash of a build spec are known until its document is loaded.
    if splice.before not in dag.nodes:
        direct = [
            (splice.label_of(edge.hash), edge) for edge in splice.followed_edges(splice.after)
        ]
        inner = splice.inner_splices()
        return render_template("splice_stub.html", **shared, direct=direct, inner=inner)
    return render_template("splice.html", **shared, **_whole_picture(asked, splice))


def _whole_picture(asked: SpliceRequest, splice: Splice) -> dict[str, Any]:
    rows = rows_of(splice)
    shown, following = offsets.cut_page(
        rows, PAGE, asked.cursor, asked.address(kept=None, relinked=None)
    )
    counts = {role: sum(row.role == role for row in rows) for role in ROLES}
    addresses = SpliceAddresses(
        card=lambda each: asked.address("/card", kept=None, relinked=None, spec=each),
        draw_kept=None if asked.kept else asked.address(kept="all"),
        draw_relinked=None if asked.relinked else asked.address(relinked="all"),
    )
    # The verdict is about the spec as it is deployed, so a step in between has none.
    verdict = None if asked.step else judge_known(bounded(abi.ADVICE), splice.dag)
    drawing = SpliceDrawing(splice, addresses, broken_edges(splice, verdict) if verdict else {})
    exchanged = [row for row in rows if row.role == "put_in" and row.before]
    return {
        "picture": drawing.draw_picture(),
        "rows": {role: [row for row in shown if row.role == role] for role in ROLES},
        "counts": counts,
        "next": asked.address(cursor=following) if following else None,
        "headlines": sorted(exchanged, key=_change_importance),
        "drawn": len(drawing.drawn),
        "is_cut": drawing.is_cut,
        "abi": verdict,
        "still_loaded": {each["hash"] for each in verdict.runs_with} if verdict else set(),
        "stale": find_stale_texts(bounded(stale_texts.ADVICE), splice),
        "many_relinked": counts["relinked"] > FEW_RELINKED,
        "types": DEPTYPES,
        "json_twin": None if asked.step else asked.json_address,
    }


def _change_importance(row: SpliceRow) -> int:
    """Sort another package before another version before another build of the same version."""
    if row.before is None:
        return 0
    same = [row.before["name"] == row.spec["name"], row.before["version"] == row.spec["version"]]
    return same.index(False) if False in same else len(same)


def _splice_steps(splice: Splice) -> list[tuple[SpecLabel, SpecLabel]]:
    """Return the splices of the chain, the oldest first; none if there is only one."""
    chain = build_chain(splice.dag.root, splice.dag.nodes)[::-1]
    steps = [(splice.label_of(before), splice.label_of(after)) for before, after in pairwise(chain)]
    return steps if len(steps) > 1 else []


@blueprint.get("/spec/<hash_>/splice/card")
def card(hash_: str) -> str:
    """The details of a spec beside the picture of a splice: `spec` is its hash."""
    dag = find_dag(database(), hash_)
    splice = SpliceRequest.parse_query(dag.root, request.args).find_splice(dag)
    chosen = request.args.get("spec", "")
    # A spec as it was before relinking shares the row of what it became.
    in_row = splice.after_relinking.get(chosen, chosen)
    role = splice.roles.get(in_row)
    if role is None:
        raise NotInGraphError(f"/{chosen[:40]} is not in this splice")
    return render_template(
        "splice_card.html",
        spec=spec_page.spec_with_variants(identity_of(dag.identity_of(chosen))),
        row=row_of(splice, in_row, role),
        is_before=chosen in splice.after_relinking,
        parents=parents_of(splice, chosen),
        splice=splice,
    )
