"""`/ms1/analyze/builds/`: what `spack analyze` found out of an installation."""

from typing import Any

from flask.typing import ResponseReturnValue

from loaders.monitor.analyses import read_analyses
from loaders.monitor.bodies import parse_build_id
from service.api.request import redactor
from service.spack_clients.monitor.answers import (
    answer,
    body,
    monitor,
    of_build,
    part,
    unknown_build,
)

blueprint = part("analyses")


@blueprint.post("/analyze/builds/", strict_slashes=False)
def analyze() -> ResponseReturnValue:
    """Keep results, by the name of the analyzer; null is no result. What is cut is told."""
    given = body()
    number = parse_build_id(given)
    found = read_analyses(given.get("metadata"), redactor())
    announced = monitor().record_analyses(number, found)
    if announced is None:
        return unknown_build()
    message = "Metadata updated"
    data: dict[str, Any] = {"build": of_build(announced)}
    if found.left_out:
        message += f"; left out, as too large: {', '.join(found.left_out)}"[:1000]
        data["left_out"] = list(found.left_out)
    return answer(message, data)
