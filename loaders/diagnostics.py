"""Diagnostics in a form that is the same on every machine."""


def normalise(text: str) -> str:
    """The message without what differs from machine to machine and from build to build."""
    return " ".join(text.split())
