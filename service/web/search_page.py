"""Search: what a spec is, was built with, is deployed with; the way in to everything else."""

import inspect
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request
from marshmallow import fields
from werkzeug.wrappers import Response

from service.api.request import database
from service.api.schemas import specs as schemas
from service.api.specs import Specs
from service.web import first_look
from service.web.search_trouble import TROUBLES, missing_names, trouble_of
from service.web.views import address, arguments_of

blueprint = Blueprint("search_page", __name__)

FILTERS = ("q", "built_with", "deployed_with", "spliced_from", "spliced")
"""What is asked for, as the API names it."""
_OTHERS = ("scope", "count", "limit", "cursor")
_WORDS = {
    "built_with": "built with",
    "deployed_with": "deployed with",
    "spliced_from": "spliced from",
}
Answer = str | Response | tuple[str, int]


@blueprint.get("/")
def search() -> Answer:
    """The page of a question and its answer; without a question, a first look at the graph."""
    given = {key: request.args.get(key, "").strip() for key in (*FILTERS, *_OTHERS)}
    told = {key: value for key, value in given.items() if value}
    if told.get("scope") == "roots" and any(told.get(key) for key in FILTERS):
        del told["scope"]
    if told != request.args.to_dict():
        return redirect(address("/", **told))
    return _results(given, told) if told else _first_look()


def _first_look() -> str:
    size = first_look.graph_size(database())
    if not size["specs"]:
        url = request.host_url.rstrip("/")
        commands = first_look.commands(url)
        return render_template("search/empty.html", url=url, size=size, commands=commands)
    known = first_look.packages(database(), size["roots"])
    examples = list(first_look.examples(database(), known["packages"]))
    return render_template(
        "search/first.html", given={}, trouble=None, size=size, examples=examples, **known
    )


def _results(given: Mapping[str, str], told: Mapping[str, str]) -> Answer:
    shown: dict[str, Any] = {
        "given": given,
        "question": question(given),
        "words": _WORDS,
        "trouble": None,
        "address": address,
        "json_twin": address("/api/v1/specs", **{**told, "cursor": ""}),
    }
    try:
        arguments = arguments_of(schemas.SpecListArguments, given)
        page = inspect.unwrap(Specs.get)(Specs(), arguments)
    except TROUBLES as error:
        trouble = trouble_of(error, given)
        return render_template("search/results.html", **{**shown, "trouble": trouble}), (
            trouble.status
        )
    following = page["next"] and address("/", **{**told, "cursor": page["next"]})
    if not page["items"]:
        shown["unknown"] = missing_names(database(), given)
        shown["wider"] = wider(given)
    return render_template("search/results.html", **shown, page=page, next=following)


def question(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """The question as pairs of words and a spec, either of which may be empty."""
    parts = [("", given["q"])] if given["q"] else []
    parts += [(words, given[key]) for key, words in _WORDS.items() if given[key]]
    if given["spliced"]:
        yes = given["spliced"] in fields.Boolean.truthy
        parts.append(("spliced" if yes else "not spliced", ""))
    if not parts:
        parts.append(("All specs" if given["scope"] == "all" else "All roots", ""))
    elif given["scope"] == "all":
        parts.append(("among all specs", ""))
    (words, spec), *others = parts
    return [(words[:1].upper() + words[1:], spec), *others]


def wider(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Questions that ask for less, as words and addresses: for where nothing was found."""
    kept = {key: value for key, value in given.items() if value and key != "cursor"}
    found = []
    if given["scope"] != "all":
        found.append(("among all specs, not only roots", address("/", **{**kept, "scope": "all"})))
    asked = [key for key in FILTERS if given[key]]
    for key in asked if len(asked) > 1 else ():
        name = {"q": "the spec", "spliced": "asking whether it is spliced"}.get(key)
        what = name or f"{_WORDS[key]} {given[key]}"
        found.append((f"without {what}", address("/", **{**kept, key: ""})))
    return found
