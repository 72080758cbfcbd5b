"""`GET /ms1/`: the first request of each client process."""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from flask import Blueprint, Response, jsonify

from service import DISTRIBUTION

blueprint = Blueprint("monitor_info", __name__)

_STARTED = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@blueprint.get("/ms1/", strict_slashes=False)
def show_info() -> Response:
    """Return the service's name and state; clients need `id`, `version` and `status`."""
    return jsonify(
        {
            "id": "spackmon",
            "status": "running",
            "name": "Specgraph",
            "description": "Provenance of Spack specs, from spack install --monitor.",
            "organization": {"name": "Specgraph", "url": "https://spack.io"},
            "contactUrl": "https://spack.io",
            "documentationUrl": "/docs",
            "createdAt": _STARTED,
            "updatedAt": _STARTED,
            "environment": "production",
            "version": _find_version(),
            "auth_instructions_url": "/docs",
        }
    )


def _find_version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        # Run from a source tree that is not installed.
        return "0"
