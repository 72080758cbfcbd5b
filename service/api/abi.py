"""`/specs/{hash}/abi` and `/abi/proposals`: whether specs start, and which splices would."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from loaders.store.type_comparisons import TypeComparison, store_type_comparisons
from service.api.request import bounded, database, name_content
from service.api.schemas import abi as schemas
from service.queries import abi, proposals
from service.queries.abi import AbiVerdict, judge_spec
from service.queries.proposals import ProposalQuestion, Proposals, propose_lines
from service.queries.stored_dags import find_dag
from service.queries.suggestions import require_site
from service.queries.type_changes import judge_types

blueprint = Blueprint("abi", __name__, description="Programs, libraries and their symbols.")


@blueprint.route("/specs/<hash>/abi")
@blueprint.arguments(schemas.AbiLevelArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AbiVerdictSchema)
def get_abi(arguments: dict[str, Any], hash: str) -> AbiVerdict:
    """Judge whether the programs of a spec start, by the rules of the dynamic loader.

    Compares them with the spec that it was built as. The verdict is `unknown` wherever a file that
    matters was not read. Libraries of the system are taken to be there.
    """
    limited = bounded(abi.ADVICE)
    require_site(limited, arguments["site"])
    dag = find_dag(limited, name_content(hash, arguments["content"]))
    judge = judge_types if arguments["level"] == "types" else judge_spec
    return judge(limited, dag, arguments["site"])


@blueprint.route("/abi/proposals")
@blueprint.arguments(schemas.ProposalArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.ProposalsSchema)
def get_proposals(arguments: dict[str, Any]) -> Proposals:
    """Propose `can_splice` lines for the recipe of a package.

    A line stands for builds that were compared: every stored program and library that needs the
    libraries of the target finds the same symbols and versions in those of the replacement. Nothing
    is proposed where too little is known. At most 50 builds, and 50 targets, are compared.
    """
    limited = bounded(proposals.ADVICE)
    require_site(limited, arguments["site"])
    question = ProposalQuestion(arguments["package"], arguments["target"], arguments["site"])
    return propose_lines(limited, question, arguments["limit"])


@blueprint.route("/types", methods=["POST"])
@blueprint.arguments(schemas.TypeComparisonsSchema, location="json", unknown=RAISE)
@blueprint.response(200, schemas.StoredComparisonsSchema)
def post_types(arguments: dict[str, Any]) -> dict[str, int]:
    """Store results of comparing the types of libraries, for verdicts at the level `types`.

    The service has no files: `specgraph abi --types` compares them where they are.
    """
    comparisons = [
        TypeComparison(
            before=each["before"],
            after=each["after"],
            outcome=each["outcome"],
            names=[change["name"] for change in each["changes"]],
            types=[change["type"] for change in each["changes"]],
            tool=each["tool"],
        )
        for each in arguments["items"]
    ]
    return {"stored": store_type_comparisons(database(), comparisons)}
