"""Environment variables of a build, read from what Spack writes of them."""

from collections.abc import Mapping

from loaders.evidence import Variable
from loaders.redaction import MARK, Redactor

__all__ = ["MARK", "Redactor", "environment_of", "parse_environment"]


def parse_environment(text: str | bytes, redactor: Redactor | None = None) -> list[Variable]:
    """The variables of `spack-build-env.txt` or `spack-build-env-mods.txt`, secrets redacted.

    :param redactor: what is secret; the documented list where it is None.
    """
    given = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found: dict[str, str | None] = {}
    for line in given.splitlines():
        name, equals, value = line.removeprefix("export ").rstrip(";").partition("=")
        if equals:
            found[name] = value
    return environment_of(found, redactor)


def environment_of(
    mapping: Mapping[str, object], redactor: Redactor | None = None
) -> list[Variable]:
    """The variables of an object of names and values, secrets redacted; None is an unset one."""
    known = redactor or Redactor()
    found = []
    for name, value in mapping.items():
        if value is None:
            found.append(Variable(name, None))
        elif known.is_secret(name):
            found.append(Variable(name, MARK, redacted=True))
        else:
            found.append(Variable(name, str(value)))
    return found
