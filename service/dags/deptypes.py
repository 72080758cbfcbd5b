"""Which edges a question follows: `deptypes`, and `runtime` as shorthand for link and run."""

from loaders.specs.node import DEPTYPES
from service.dags.errors import InvalidQuestionError

ALL = frozenset(DEPTYPES)
RUNTIME = frozenset({"link", "run"})


def parse(text: str) -> frozenset[str]:
    """Parse dependency types separated by commas.

    Raises:
        InvalidQuestionError: There are none, or one of them is unknown.
    """
    types = frozenset(part for part in (each.strip() for each in text.split(",")) if part)
    if not types or not types <= ALL:
        raise InvalidQuestionError(
            "deptypes: any of build, link, run and test, separated by commas"
        )
    return types


def choose(text: str | None, runtime: bool | None) -> frozenset[str]:
    """Return the types that `deptypes` and `runtime` ask for together; all if neither is given.

    Raises:
        InvalidQuestionError: They contradict each other, or `deptypes` is not a list of types.
    """
    named = None if text is None else parse(text)
    short = None if runtime is None else RUNTIME if runtime else ALL
    if named is not None and short is not None and named != short:
        raise InvalidQuestionError("runtime: it contradicts deptypes; give one of them")
    return named or short or ALL
