"""`/ms1/specs/new/`: specs that a client is about to install, or could not concretize."""

from typing import Any

from flask.typing import ResponseReturnValue

from loaders.monitor.bodies import get_text
from loaders.monitor.spec_bodies import FAILED_CONCRETIZATION, SentSpec, read_spec
from loaders.monitor.specs import store_spec, store_unconcretized
from service.api.request import database
from service.spack_clients.monitor import challenge
from service.spack_clients.monitor.answers import answer, body, part

blueprint = part("specs")


@blueprint.post("/specs/new/", strict_slashes=False)
def new() -> ResponseReturnValue:
    """Keep a spec; 201 where it is new."""
    given = body()
    spack_version = get_text(given, "spack_version") or get_text(given, "spack_verison")
    told = read_spec(given.get("spec"), spack_version)
    if isinstance(told, SentSpec):
        created = store_spec(database(), told)
        root = told.document.root
        data = _spec(told.hash, root.name, root.version, spack_version, told.dependencies)
    else:
        created = store_unconcretized(database(), told, challenge.site())
        data = _spec(FAILED_CONCRETIZATION, told.name, None, spack_version, {})
    return answer("success", {"spec": data, "created": created}, 201 if created else 200)


def _spec(
    full_hash: str, name: str, version: str | None, spack_version: str | None, specs: Any
) -> dict[str, Any]:
    return {
        "full_hash": full_hash,
        "name": name,
        "version": version,
        "spack_version": spack_version,
        "specs": dict(specs),
    }
