"""The splice view: a spec as deployed beside the spec as built, step by step where asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.exceptions import BadRequest, NotFound

from loaders.specs.closure import build_chain
from service.api.request import database
from service.api.schemas.specs import DEPTYPES
from service.api.spec import dag_of
from service.dags import deptypes
from service.dags.dag import Dag
from service.dags.splices import ROLES, Splice, with_build_specs
from service.paging import offsets
from service.web import spec as spec_page
from service.web.pictures.splice import Drawing
from service.web.splice_rows import Row, label_of, parents_of, row_of, rows_of
from service.web.views import address

blueprint = Blueprint("splice_page", __name__)

PAGE = 250
"""Most rows of a page of the tables."""
_TYPES = "link,run"


@dataclass(frozen=True)
class Asked:
    """What a page of a splice is asked for.

    :ivar step: which splice of several, from 1 for the oldest; None for all of them as one.
    :ivar types: as in the address.
    """

    hash: str
    step: int | None
    types: str
    kept: bool
    cursor: str

    @classmethod
    def of(cls, hash_: str, given: Any) -> "Asked":
        """Read a query string; several `types` count as one list.

        :raises BadRequest: a step that is no number.
        """
        step = given.get("step", "")
        if step and not (step.isascii() and step.isdigit() and len(step) < 4):
            raise BadRequest(f"step: {step[:40]!r} is no number of a step")
        types = ",".join(filter(None, given.getlist("types"))) or _TYPES
        kept = given.get("kept") == "all"
        return cls(hash_, int(step) if step else None, types, kept, given.get("cursor", ""))

    def address(self, part: str = "", **changed: Any) -> str:
        """The address of the same with something changed."""
        types = None if self.types == _TYPES else self.types
        kept = "all" if self.kept else None
        arguments = {"step": self.step, "types": types, "kept": kept, **changed}
        return address(f"/spec/{self.hash}/splice{part}", **arguments)

    @property
    def json(self) -> str:
        """Where the same is told for scripts, of all steps as one."""
        return address(f"/api/v1/specs/{self.hash}/splice", deptypes=self.types)

    def splice(self, dag: Dag) -> Splice:
        """The splice, or the step of it, that is asked for.

        :raises NotFound: there is no such step.
        """
        chain = build_chain(dag.root, dag.nodes)[::-1]
        if self.step is None:
            return Splice(dag, deptypes.parse(self.types), chain[0], dag.root)
        if not 0 < self.step < len(chain):
            raise NotFound(f"step: there is no step {self.step}; it was spliced {_times(chain)}")
        return Splice(dag, deptypes.parse(self.types), *chain[self.step - 1 : self.step + 1])


def _times(chain: list[str]) -> str:
    count = len(chain) - 1
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _dag(hash_: str) -> Dag:
    return with_build_specs(database(), dag_of(hash_))


@blueprint.get("/spec/<hash_>/splice")
def splice(hash_: str) -> str:
    """The page of a splice: summary, picture, and the same as tables."""
    dag = _dag(hash_)
    asked = Asked.of(dag.root, request.args)
    splice = asked.splice(dag)
    common = {"spec": spec_page.of(dag.root), "asked": asked, "splice": splice}
    if splice.before == splice.after:
        return render_template("splice_none.html", **common, inner=_inner(splice))
    before = label_of(splice, splice.before)
    common |= {"before": before, "after": label_of(splice, splice.after), "steps": _steps(splice)}
    if splice.before not in dag.nodes:
        direct = [(label_of(splice, edge.hash), edge) for edge in splice.edges(splice.after)]
        return render_template("splice_stub.html", **common, direct=direct, inner=_inner(splice))
    return render_template("splice.html", **common, **_whole(asked, splice))


def _whole(asked: Asked, splice: Splice) -> dict[str, Any]:
    rows = rows_of(splice)
    shown, following = offsets.page(rows, PAGE, asked.cursor, asked.address(kept=None))
    counts = {role: sum(row.role == role for row in rows) for role in ROLES}
    unfold = None if asked.kept else asked.address(kept="all")
    drawing = Drawing(splice, lambda each: asked.address("/card", kept=None, spec=each), unfold)
    exchanged = [row for row in rows if row.role == "put_in" and row.before]
    return {
        "picture": drawing.picture(),
        "rows": {role: [row for row in shown if row.role == role] for role in ROLES},
        "counts": counts,
        "next": asked.address(cursor=following) if following else None,
        "headlines": sorted(exchanged, key=_news),
        "drawn": len(drawing.drawn),
        "types": DEPTYPES,
        "json_twin": None if asked.step else asked.json,
    }


def _news(row: Row) -> int:
    """Another package before another version before another build of the same."""
    same = [row.before and row.before[key] == row.spec[key] for key in ("name", "version")]
    return same.index(False) if False in same else len(same)


def _steps(splice: Splice) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The splices of the chain, the oldest first; none where there is one only."""
    chain = build_chain(splice.dag.root, splice.dag.nodes)[::-1]
    steps = [
        (label_of(splice, before), label_of(splice, after)) for before, after in pairwise(chain)
    ]
    return steps if len(steps) > 1 else []


def _inner(splice: Splice) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The spliced specs that the root is deployed with, and what each was built as."""
    nodes = splice.dag.reached(splice.types)
    spliced = ((each, node.build_spec[1]) for each, node in nodes.items() if node.build_spec)
    return [
        (label_of(splice, each), label_of(splice, origin))
        for each, origin in spliced
        if each != splice.dag.root
    ]


@blueprint.get("/spec/<hash_>/splice/card")
def card(hash_: str) -> str:
    """What is told of a spec beside the picture of a splice: `spec` is its hash."""
    dag = _dag(hash_)
    asked = Asked.of(dag.root, request.args)
    splice = asked.splice(dag)
    chosen = request.args.get("spec", "")
    # What a spec was before relinking is told by the same row, from the other side.
    role = splice.roles.get(splice.became.get(chosen, chosen))
    if role is None:
        raise NotFound(f"/{chosen[:40]} is not in this splice")
    return render_template(
        "splice_card.html",
        spec=spec_page.of(chosen),
        row=row_of(splice, splice.became.get(chosen, chosen), role),
        is_before=chosen in splice.became,
        parents=parents_of(splice, chosen),
        splice=splice,
    )
