"""`/specs/{hash}/abi`: whether a spec starts."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE

from service.api.request import bounded, name_content
from service.api.schemas import abi as schemas
from service.queries import abi
from service.queries.abi import AbiVerdict, judge_spec
from service.queries.stored_dags import find_dag
from service.queries.suggestions import require_site

blueprint = Blueprint("abi", __name__, description="Programs, libraries and their symbols.")


@blueprint.route("/specs/<hash>/abi")
@blueprint.arguments(schemas.AbiArguments, location="query", unknown=RAISE)
@blueprint.response(200, schemas.AbiVerdictSchema)
def get_abi(arguments: dict[str, Any], hash: str) -> AbiVerdict:
    """Judge whether the programs of a spec start, by the rules of the dynamic loader.

    Compares them with the spec that it was built as. The verdict is `unknown` wherever a file that
    matters was not read. Libraries of the system are taken to be there.
    """
    limited = bounded(abi.ADVICE)
    require_site(limited, arguments["site"])
    dag = find_dag(limited, name_content(hash, arguments["content"]))
    return judge_spec(limited, dag, arguments["site"])
