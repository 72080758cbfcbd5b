"""The command `specgraph`."""

from service.cli.main import main

__all__ = ["main"]
