"""`GET /ms1/`: what a client asks first, once a process."""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, jsonify

from service import DISTRIBUTION

blueprint = Blueprint("monitor_info", __name__)

_STARTED = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@blueprint.get("/ms1/", strict_slashes=False)
def info() -> Response:
    """The service and its state; a client needs `id`, `version` and `status`."""
    return jsonify(
        {
            "id": "spackmon",
            "status": "running",
            "name": "Specgraph",
            "description": "Provenance of Spack specs, told by spack install --monitor.",
            "organization": {"name": "Specgraph", "url": "https://spack.io"},
            "contactUrl": "https://spack.io",
            "documentationUrl": "/docs",
            "createdAt": _STARTED,
            "updatedAt": _STARTED,
            "environment": "production",
            "version": _version(),
            "auth_instructions_url": "/docs",
        }
    )


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0"
