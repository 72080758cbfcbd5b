"""How much generated input tests take: a share by default, much more in `make soak`."""

import os

from hypothesis import settings

SOAK = "SPECGRAPH_TEST_SOAK"
FACTOR = 30


def scale_effort(share: int) -> int:
    """Return how many inputs to generate, given the share of a normal run."""
    return share * FACTOR if os.environ.get(SOAK) else share


def load_hypothesis_profile() -> None:
    """Set the number of examples of every property that does not ask for its own.

    Examples have no deadline, as several workers and their databases share the processors.
    """
    settings.register_profile("share", deadline=None)
    settings.register_profile("soak", deadline=None, max_examples=scale_effort(100))
    settings.load_profile("soak" if os.environ.get(SOAK) else "share")
