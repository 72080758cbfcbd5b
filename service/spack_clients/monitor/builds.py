"""`/ms1/builds/`: what is about to be built, its phases, and how it ended."""

from typing import Any

from flask.typing import ResponseReturnValue

from loaders.errors import DocumentError
from loaders.monitor import bodies
from loaders.monitor.spec_bodies import SentSpec, read_spec
from loaders.monitor.specs import store_spec
from service.api.request import database
from service.spack_clients.monitor.answers import (
    answer,
    body,
    monitor,
    of_build,
    part,
    unknown_build,
)

blueprint = part("builds")


@blueprint.post("/builds/new/", strict_slashes=False)
def new() -> ResponseReturnValue:
    """Announce a build; the number of one that was announced before stays."""
    told = bodies.parse_announcement(body())
    if told.spec is not None:
        _keep_spec(told.spec, told.spack_version)
    announced = monitor().announce(told)
    data = {
        "build_created": announced.new,
        "build_environment_created": announced.new,
        "build": of_build(announced),
    }
    code = 201 if announced.new else 200
    return answer("Build get or create was successful.", data, code)


def _keep_spec(spec: Any, spack_version: str | None) -> None:
    """Keep the spec that came along; one that cannot be kept is no reason to refuse the build."""
    try:
        told = read_spec(spec, spack_version)
    except DocumentError:
        return
    if isinstance(told, SentSpec):
        store_spec(database(), told)


@blueprint.post("/builds/update/", strict_slashes=False)
def update() -> ResponseReturnValue:
    """How a build ended. What is known of another build is never changed."""
    announced = monitor().record_status(bodies.parse_status(body()))
    if announced is None:
        return unknown_build()
    return answer("Status updated", {"build": of_build(announced)})


@blueprint.post("/builds/phases/update/", strict_slashes=False)
def phase() -> ResponseReturnValue:
    """How a phase ended, and what it wrote."""
    told = bodies.parse_phase(body())
    announced = monitor().record_phase(told)
    if announced is None:
        return unknown_build()
    shown = {"id": announced.number, "status": told.status, "name": told.name}
    return answer(f"Phase {told.name} was successfully updated.", {"build_phase": shown})
