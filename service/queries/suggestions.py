"""Why a question on specs finds nothing: names and values that the graph does not have.

Each comes with those that it does have, the most similar ones first.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TypedDict

from cypher.run import Database
from service.queries.completion import complete, find_similar_names
from service.queries.errors import NotInGraphError
from service.queries.known_names import KnownNames, find_known_names, names_in_constraint
from service.queries.overview import find_versions
from service.queries.places import find_place_names, is_unknown_place
from spec_syntax import COMPILER_PACKAGES, SpecConstraint, VariantConstraint

MOST_KNOWN = 12
"""Most names or values that are proposed in place of one."""
_MOST_SIMILAR = 400
"""Names with the same first letter among which similar ones are sought."""
_LIKENESS = 0.6


class Suggestion(TypedDict):
    """A part of a question that nothing in the graph has.

    Attributes:
        kind: `package`, `version`, `variant`, `compiler`, `site` or `environment`.
        asked: The name or value in the question.
        package: The package of a version or a variant, else None.
        known: Names or values that there are, in spec syntax.
        message: All of that as a sentence.
    """

    kind: str
    asked: str
    package: str | None
    known: list[str]
    message: str


def find_suggestions(
    database: Database,
    constraints: Iterable[SpecConstraint] = (),
    site: str | None = None,
    environment: str | None = None,
) -> list[Suggestion]:
    """Return the parts of a question that nothing in the graph has, in its order.

    Args:
        database: The graph.
        constraints: Specs in the question.
        site: Name of a site in it.
        environment: Name of an environment in it.
    """
    constraints = list(constraints)
    known = find_known_names(
        database, (n for each in constraints for n in names_in_constraint(each))
    )
    found = [each for one in constraints for each in _of_spec(database, known, one)]
    found += _of_places(database, site, environment)
    return list({(each["kind"], each["asked"]): each for each in found}.values())


def require_site(database: Database, site: str | None) -> None:
    """Refuse a site that there is not, for answers that would ignore it.

    Args:
        database: The graph.
        site: Name of the site; None is accepted.

    Raises:
        NotInGraphError: Nothing is at a site of this name.
    """
    for each in _of_places(database, site, None):
        raise NotInGraphError(each["message"])


def _of_spec(
    database: Database, known: KnownNames, spec: SpecConstraint, *, direct: bool = False
) -> Iterator[Suggestion]:
    """Yield the unknown parts of a spec and of its dependencies."""
    name = spec.name
    if name is not None and name not in known:
        yield _of_name(database, name, direct=direct)
    elif name is not None and name in known.packages:
        yield from _of_version(database, name, spec)
        for variant in spec.variants:
            yield from _of_variant(database, name, variant)
    for dependency in spec.dependencies:
        yield from _of_spec(database, known, dependency.spec, direct=dependency.direct)


def _of_name(database: Database, name: str, *, direct: bool) -> Suggestion:
    if direct or name in COMPILER_PACKAGES:
        compilers = [each["text"] for each in complete(database, "%").items]
        if name in compilers:
            versions = _proposed(database, f"%{name}@", "version")
            return _suggest("compiler", name, [f"{name}@{each}" for each in versions])
        near = difflib.get_close_matches(name, compilers, MOST_KNOWN, _LIKENESS)
        return _suggest("compiler", name, near or compilers)
    others = find_similar_names(database, name[:1], _MOST_SIMILAR)
    near = difflib.get_close_matches(name, others, MOST_KNOWN, _LIKENESS)
    starting = [each for each in others if each.startswith(name) and each not in near]
    return _suggest("package", name, [*near, *starting][:MOST_KNOWN])


def _of_version(database: Database, name: str, spec: SpecConstraint) -> Iterator[Suggestion]:
    if spec.versions is None or spec.versions.git_refs:
        return
    for package in find_versions(database, [name]):
        versions = [each["version"] for each in package["versions"]]
        if not any(map(spec.versions.satisfied_by, versions)):
            yield _suggest("version", spec.versions.text, versions, name)


def _of_variant(database: Database, name: str, variant: VariantConstraint) -> Iterator[Suggestion]:
    switches = _proposed(database, f"{name}+", "variant")
    if any(isinstance(value, bool) for value in variant.values):
        sign = "+" if variant.values == (True,) else "~"
        asked = f"{sign}{variant.name}"
        both = [*switches, *_proposed(database, f"{name}~", "variant")]
        if asked not in both:
            other = [each for each in both if each[1:] == variant.name]
            near = difflib.get_close_matches(variant.name, [e[1:] for e in both], 3, _LIKENESS)
            similar = [each for each in both if each[1:] in near]
            yield _suggest("variant", asked, other or similar or both, name)
        return
    values = _proposed(database, f"{name} {variant.name}=", "value")
    missing = [str(each) for each in variant.values if str(each) not in values]
    if missing and missing != ["*"]:
        asked = f"{variant.name}={','.join(missing)}"
        there = [f"{variant.name}={each}" for each in values]
        yield _suggest("variant", asked, there or switches, name)


def _of_places(
    database: Database, site: str | None, environment: str | None
) -> Iterator[Suggestion]:
    for kind, name in (("site", site), ("environment", environment)):
        if name and is_unknown_place(database, **{kind: name}):
            names = find_place_names(database)
            there = names.sites if kind == "site" else names.environments
            if name not in there:
                near = difflib.get_close_matches(name, there, MOST_KNOWN, _LIKENESS)
                yield _suggest(kind, name, near or list(there))


def _proposed(database: Database, text: str, kind: str) -> list[str]:
    return [each["text"] for each in complete(database, text).items if each["kind"] == kind]


def _suggest(kind: str, asked: str, known: Sequence[str], package: str | None = None) -> Suggestion:
    message = {
        "version": f"no {package} has a version {asked}",
        "variant": f"no {package} has {asked}",
        "compiler": f"nothing was compiled with {asked}",
    }.get(kind, f"no {kind} is named {asked}")
    shown = list(known[:MOST_KNOWN])
    if kind == "package" and shown:
        message += f"; did you mean {' or '.join(shown[:3])}?"
    elif shown:
        more = ", ..." if len(known) > len(shown) else ""
        message += f"; there {'is' if len(known) == 1 else 'are'} {', '.join(shown)}{more}"
    return {
        "kind": kind, "asked": asked, "package": package, "known": shown, "message": message
    }  # fmt: skip
