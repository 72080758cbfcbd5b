"""Which edges a question follows: `deptypes`, and `runtime` as a shorter word for link and run."""

from werkzeug.exceptions import BadRequest

ALL = frozenset({"build", "link", "run", "test"})
RUNTIME = frozenset({"link", "run"})


def parse(text: str) -> frozenset[str]:
    """The dependency types of a list with commas.

    :raises BadRequest: none at all, or an unknown one.
    """
    found = frozenset(part for part in (each.strip() for each in text.split(",")) if part)
    if not found or not found <= ALL:
        raise BadRequest("deptypes: any of build, link, run and test, with commas between")
    return found


def chosen(text: str | None, runtime: bool | None) -> frozenset[str]:
    """The types that `deptypes` and `runtime` ask for together; all where neither is given.

    :raises BadRequest: they do not say the same, or `deptypes` is no list of types.
    """
    named = None if text is None else parse(text)
    short = None if runtime is None else RUNTIME if runtime else ALL
    if named is not None and short is not None and named != short:
        raise BadRequest("runtime: it says something else than deptypes; give one of them")
    return named or short or ALL
