"""`/ms1/specs/new/`: specs that a client is about to install, or could not concretize."""

from collections.abc import Mapping
from typing import TypedDict

from flask.typing import ResponseReturnValue

from loaders.monitor.bodies import get_text
from loaders.monitor.spec_bodies import FAILED_CONCRETIZATION, SentSpec, read_spec
from loaders.monitor.specs import store_spec, store_unconcretized
from service.api.request import database
from service.spack_clients.monitor import challenge
from service.spack_clients.monitor.answers import make_answer, make_blueprint, read_body

blueprint = make_blueprint("specs")


class _SpecEntry(TypedDict):
    """A spec in an answer; `specs` holds its direct dependencies: the client's hashes by name."""

    full_hash: str
    name: str
    version: str | None
    spack_version: str | None
    specs: Mapping[str, str]


@blueprint.post("/specs/new/", strict_slashes=False)
def add_spec() -> ResponseReturnValue:
    """Store a spec; answer 201 if it is new."""
    body = read_body()
    # The misspelled key is accepted as well.
    spack_version = get_text(body, "spack_version") or get_text(body, "spack_verison")
    sent = read_spec(body.get("spec"), spack_version)
    data: _SpecEntry
    if isinstance(sent, SentSpec):
        created = store_spec(database(), sent)
        root = sent.document.root
        data = {
            "full_hash": sent.hash,
            "name": root.name,
            "version": root.version,
            "spack_version": spack_version,
            "specs": dict(sent.dependencies),
        }
    else:
        created = store_unconcretized(database(), sent, challenge.request_site())
        data = {
            "full_hash": FAILED_CONCRETIZATION,
            "name": sent.name,
            "version": None,
            "spack_version": spack_version,
            "specs": {},
        }
    return make_answer("success", {"spec": data, "created": created}, 201 if created else 200)
