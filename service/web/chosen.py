"""A box of a page that takes a hash or a spec."""

from service.api.request import bounded
from service.queries.candidates import SpecChoice, choose_spec
from service.queries.search import ADVICE


def box(name: str, text: str) -> SpecChoice:
    """Return which stored spec a box means; raises as :func:`choose_spec`.

    Args:
        name: Name of the query parameter.
        text: Text in the box.
    """
    return choose_spec(bounded(ADVICE), name, text)
