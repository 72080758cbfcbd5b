"""`/ms1/analyze/builds/`: results of `spack analyze` for an installation."""

from typing import NotRequired, TypedDict

from flask.typing import ResponseReturnValue

from loaders.monitor.analyses import read_analyses
from loaders.monitor.bodies import parse_build_id
from service.api.request import redactor
from service.spack_clients.monitor.answers import (
    BuildEntry,
    describe_build,
    make_answer,
    make_blueprint,
    make_monitor,
    make_unknown_build,
    read_body,
)

blueprint = make_blueprint("analyses")

_MAX_MESSAGE = 1000
"""Maximum length of an answer's message, in characters: clients print it whole."""


class _AnalysesAnswer(TypedDict):
    build: BuildEntry
    left_out: NotRequired[list[str]]


@blueprint.post("/analyze/builds/", strict_slashes=False)
def record_analyses() -> ResponseReturnValue:
    """Store results by the name of their analyzer, and list any that were truncated.

    An analyzer without a result sends null.
    """
    body = read_body()
    number = parse_build_id(body)
    found = read_analyses(body.get("metadata"), redactor())
    announced = make_monitor().record_analyses(number, found)
    if announced is None:
        return make_unknown_build()
    message = "Metadata updated"
    data: _AnalysesAnswer = {"build": describe_build(announced)}
    if found.left_out:
        message += f"; left out, as too large: {', '.join(found.left_out)}"[:_MAX_MESSAGE]
        data["left_out"] = list(found.left_out)
    return make_answer(message, data)
