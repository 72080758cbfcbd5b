"""A box that takes a hash or a spec: which stored spec is meant, or which may be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.api.problems import ParameterSyntaxError
from service.api.request import bounded, database, full_hash, parse_expression
from service.api.specs import SEARCH_ADVICE
from service.paging.cursors import Position
from service.queries.all_specs import find_all
from service.queries.errors import AmbiguousHashError, NotInGraphError
from service.queries.roots import Query, find
from service.text import written
from spec_syntax import Side, SpecSyntaxError

MOST_CANDIDATES = 20
"""Most specs to choose from."""
_HASH = re.compile(r"/[a-z2-7]{1,32}|[a-z2-7]{32}")
_SHORT = re.compile(r"[a-z2-7]{4,31}")


@dataclass(frozen=True)
class Box:
    """What is in a box, and what it means.

    :ivar text: as it was written.
    :ivar hash: of the one spec that is meant.
    :ivar candidates: of several that may be meant what tells them apart, not all of very many.
    :ivar total: how many may be meant.
    :ivar exact: whether `total` is all of them, or only as many as were counted.
    :ivar fault: why it means nothing, for a person.
    :ivar error: where it is no spec: the place in the text.
    """

    name: str
    text: str = ""
    hash: str | None = None
    candidates: Sequence[dict[str, Any]] = ()
    total: int = 0
    exact: bool = True
    fault: str = ""
    error: SpecSyntaxError | None = None


def box(name: str, text: str) -> Box:
    """What the box of a page means; a root is meant before any other spec.

    :param name: of the query parameter.
    """
    text = text.strip()
    if not text:
        return Box(name)
    try:
        if _HASH.fullmatch(text.lower()):
            return Box(name, text, full_hash(text))
        return _by_spec(name, text)
    except NotInGraphError as error:
        return Box(name, text, fault=str(error))
    except AmbiguousHashError as error:
        hashes = [each["hash"] for each in error.candidates]
        return Box(name, text, None, facts_of(hashes), len(hashes), exact=False)
    except ParameterSyntaxError as error:
        return Box(name, text, fault=error.error.message, error=error.error)


def _by_spec(name: str, text: str) -> Box:
    query = Query(parse_expression(name, text, Side.SELF)[0])
    for search in (find, find_all):
        page = search(bounded(SEARCH_ADVICE), query, Position(), MOST_CANDIDATES)
        if len(page.items) == 1:
            return Box(name, text, page.items[0]["hash"])
        if page.items:
            hashes = [item["hash"] for item in page.items]
            return Box(name, text, None, facts_of(hashes), page.total, page.exact)
    if _SHORT.fullmatch(text.lower()):
        return Box(name, text, full_hash(text))
    return Box(name, text, fault="no spec is like this; ask for less, or look for it in the search")


def facts_of(hashes: Sequence[str]) -> list[dict[str, Any]]:
    """Some specs, each with `told`: what it has that not all of them have, as Spack writes it."""
    found = {each["hash"]: each for each in database().read_one("facts_of", hashes=hashes)}
    specs = [dict(found[hash_]) for hash_ in hashes if hash_ in found]
    facts = [_facts(spec) for spec in specs]
    common = set.intersection(*map(set, facts)) if len(facts) > 1 else set()
    for spec, own in zip(specs, facts, strict=True):
        spec["told"] = [fact for fact in own if fact not in common]
    return specs


def _facts(spec: dict[str, Any]) -> list[str]:
    told = (entry for entry in spec["variants"] or () if not entry.startswith("patches="))
    facts = written(sorted(told))
    if spec["compiler"]:
        facts.append(f"%{spec['compiler']}@{spec['compiler_version']}")
    facts += [f"^{provider}" for provider in sorted(set(spec["providers"]))]
    return facts + [f"{key}={spec[key]}" for key in ("os", "target") if spec[key]]
