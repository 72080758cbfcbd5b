"""The API that the clients of Spack 0.17 and 0.18 speak (`lib/spack/spack/monitor.py`).

It is theirs and not ours: what they can do with an answer decides what it is. A client ends the
user's installation on anything but 200 and 201: only what leaves nothing to keep is refused.
"""

from flask import Flask

from service.spack_clients.monitor import analyses, builds, challenge, info, specs


def register(app: Flask) -> None:
    """Let the app answer these clients; after the app's own errors are registered."""
    for part in (info, challenge, specs, builds, analyses):
        app.register_blueprint(part.blueprint)
