"""The API of spack-monitor, as the clients of Spack 0.17 and 0.18 use it.

The protocol is given by the clients (`lib/spack/spack/monitor.py`). A client aborts the user's
installation on any status but 200 and 201, so a request is refused only if nothing in it can be
stored.
"""

from flask import Flask

from service.spack_clients.monitor import analyses, builds, challenge, info, specs


def register(app: Flask) -> None:
    """Add the routes to an app that has its own error handlers."""
    for module in (info, challenge, specs, builds, analyses):
        app.register_blueprint(module.blueprint)
