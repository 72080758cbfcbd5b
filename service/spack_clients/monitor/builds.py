"""`/ms1/builds/`: announced builds, their phases, and how they ended."""

from flask.typing import ResponseReturnValue

from loaders.errors import DocumentError
from loaders.monitor import bodies
from loaders.monitor.spec_bodies import SentSpec, read_spec
from loaders.monitor.specs import store_spec
from service.api.request import database
from service.spack_clients.monitor.answers import (
    describe_build,
    make_answer,
    make_blueprint,
    make_monitor,
    make_unknown_build,
    read_body,
)

blueprint = make_blueprint("builds")


@blueprint.post("/builds/new/", strict_slashes=False)
def announce_build() -> ResponseReturnValue:
    """Announce a build; if it was announced before, it keeps its number."""
    build = bodies.parse_announcement(read_body())
    if build.spec is not None:
        _store_sent_spec(build.spec, build.spack_version)
    announced = make_monitor().announce_build(build)
    data = {
        "build_created": announced.new,
        "build_environment_created": announced.new,
        "build": describe_build(announced),
    }
    code = 201 if announced.new else 200
    return make_answer("Build get or create was successful.", data, code)


def _store_sent_spec(body: object, spack_version: str | None) -> None:
    """Store the spec sent with an announcement, if it is valid."""
    try:
        spec = read_spec(body, spack_version)
    except DocumentError:
        # The announcement itself is valid, and a refusal would abort the user's installation.
        return
    if isinstance(spec, SentSpec):
        store_spec(database(), spec)


@blueprint.post("/builds/update/", strict_slashes=False)
def update_build() -> ResponseReturnValue:
    """Record how a build ended."""
    announced = make_monitor().record_status(bodies.parse_status(read_body()))
    if announced is None:
        return make_unknown_build()
    return make_answer("Status updated", {"build": describe_build(announced)})


@blueprint.post("/builds/phases/update/", strict_slashes=False)
def update_phase() -> ResponseReturnValue:
    """Record how a phase ended, and its output."""
    phase = bodies.parse_phase(read_body())
    announced = make_monitor().record_phase(phase)
    if announced is None:
        return make_unknown_build()
    data = {"id": announced.number, "status": phase.status, "name": phase.name}
    return make_answer(f"Phase {phase.name} was successfully updated.", {"build_phase": data})
