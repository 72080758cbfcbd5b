"""The stored spec that a hash or a spec of the user means, or those that it may mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from service.facts import choose_facts, facts_text
from service.queries.errors import AmbiguousHashError, NotInGraphError, ParameterSyntaxError
from service.queries.parsing import parse_expression
from service.queries.query import Query
from service.queries.resolution import find_meant
from service.queries.row_facts import read_facts
from service.queries.selection import resolve, resolve_content
from service.queries.suggestions import find_suggestions
from spec_syntax import Side, SpecSyntaxError, iter_atoms

_HASH = re.compile(r"/[a-z2-7]{1,32}(:[0-9a-f]*)?|[a-z2-7]{32}|[a-z2-7]{4,32}:[0-9a-f]*")
_SHORT_HASH = re.compile(r"[a-z2-7]{4,31}")


class Candidate(TypedDict):
    """A spec that may be meant.

    Attributes:
        uid: Identity of its content, which names it where a hash is asked for.
        hash: DAG hash.
        name: Package name.
        version: Version.
        spliced: Whether it was spliced.
        facts: What tells it apart from the other candidates, as Spack writes it.
    """

    uid: str
    hash: str
    name: str
    version: str | None
    spliced: bool
    facts: list[str]


class _SpecName(TypedDict):
    uid: str
    hash: str
    name: str
    version: str | None
    spliced: bool


@dataclass(frozen=True, slots=True)
class SpecChoice:
    """A text that is to mean one stored spec.

    Attributes:
        name: Name of the parameter that holds the text.
        text: The text as it was written.
        hash: Hash of the spec that is meant; None unless it is exactly one.
        candidates: Specs that may be meant, at most `MOST_CANDIDATES` of `resolution`.
        total: How many specs may be meant.
        exact: Whether `total` is all of them, or only as many as were counted.
        fault: Why no spec is meant, for the user.
        error: What is wrong with the syntax, and where.
    """

    name: str
    text: str = ""
    hash: str | None = None
    candidates: Sequence[Candidate] = ()
    total: int = 0
    exact: bool = True
    fault: str = ""
    error: SpecSyntaxError | None = None


def choose_spec(database: Database, name: str, text: str) -> SpecChoice:
    """Return the meaning of a text: roots are preferred to other specs.

    Args:
        database: The graph.
        name: Name of the parameter that holds the text.
        text: A hash, the start of one, or a spec.

    Raises:
        InvalidQuestionError: It looks like a hash but is not.
        BudgetExceededError: It took too long.
    """
    text = text.strip()
    if not text:
        return SpecChoice(name)
    try:
        if _HASH.fullmatch(text.lower()):
            return SpecChoice(name, text, resolve_content(database, text))
        return _choose_by_spec(database, name, text)
    except NotInGraphError as error:
        return SpecChoice(name, text, fault=str(error))
    except AmbiguousHashError as error:
        uids = [resolve(database, each["hash"])[0] for each in error.candidates]
        candidates = describe_candidates(database, uids)
        return SpecChoice(name, text, None, candidates, len(uids), exact=False)
    except ParameterSyntaxError as error:
        return SpecChoice(name, text, fault=error.error.message, error=error.error)


def _choose_by_spec(database: Database, name: str, text: str) -> SpecChoice:
    query = Query(parse_expression(name, text, Side.SELF)[0])
    page = find_meant(database, query)
    if len(page.items) == 1:
        return SpecChoice(name, text, page.items[0]["uid"])
    if page.items:
        candidates = describe_candidates(database, [item["uid"] for item in page.items])
        return SpecChoice(name, text, None, candidates, page.total, page.exact)
    if _SHORT_HASH.fullmatch(text.lower()):
        return SpecChoice(name, text, resolve_content(database, text))
    constraints = [atom.constraint for atom in iter_atoms(query.expression)]
    advice = [each["message"] for each in find_suggestions(database, constraints)]
    advice = advice or ["use fewer conditions, or try the search"]
    return SpecChoice(name, text, fault="; ".join(["no spec matches", *advice]))


def describe_candidates(database: Database, uids: Sequence[str]) -> list[Candidate]:
    """Return some specs in order, each with the facts that tell it apart from the others."""
    read: list[_SpecName] = database.read_one("named_candidates", uids=uids)
    found = {each["uid"]: each for each in read}
    specs = [found[uid] for uid in uids if uid in found]
    facts = choose_facts(read_facts(database, [spec["uid"] for spec in specs]))
    return [
        {
            "uid": spec["uid"],
            "hash": spec["hash"],
            "name": spec["name"],
            "version": spec["version"],
            "spliced": spec["spliced"],
            "facts": facts_text(facts.get(spec["uid"], {})),
        }
        for spec in specs
    ]
