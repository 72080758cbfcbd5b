"""The search page: specs by themselves, and by what they were built and are deployed with."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request
from marshmallow import fields
from werkzeug.wrappers import Response

from service.api.listing import page_of_specs
from service.api.request import Page, bounded, database, service_address
from service.api.schemas import specs as schemas
from service.queries.errors import InvalidQuestionError
from service.queries.filters import FILTERS, SPEC_FILTERS, FilterKind, SpecFilter
from service.queries.overview import measure_graph, sample_packages
from service.queries.search import ADVICE
from service.web import first_look, rows
from service.web.news import find_news
from service.web.search_trouble import TROUBLES, find_missing_names, trouble_of
from service.web.statements import draw_matches
from service.web.unknown_places import find_unknown_places
from service.web.views import address_of, arguments_of

blueprint = Blueprint("search_page", __name__)

_FILTER_NAMES = tuple(each.name for each in FILTERS)
_OTHERS = ("scope", "count", "limit", "cursor", "sort")
_SIDES = {each.name: each.label for each in SPEC_FILTERS if each.label}
"""Words for the sides on which an answer shows matches."""
Answer = str | Response | tuple[str, int]


@blueprint.get("/")
def search() -> Answer:
    """Show a question and its answer; without a question, a first look at the graph."""
    columns = [key for key in request.args if key.startswith(rows.PREFIX)]
    keys = (*_FILTER_NAMES, *_OTHERS, *columns)
    given = {key: request.args.get(key, "").strip() for key in keys}
    asked = {key: value for key, value in given.items() if value}
    if asked.get("scope") == "roots" and any(asked.get(key) for key in _FILTER_NAMES):
        del asked["scope"]
    # An address holds what was asked and nothing else, so that equal questions have equal ones.
    if asked != request.args.to_dict():
        return redirect(address_of("/", **asked))
    return _results(given, asked) if asked else _first_look()


def _first_look() -> str:
    size = measure_graph(database())
    if not size["specs"]:
        url = service_address()
        commands = first_look.load_commands(url)
        return render_template("search/empty.html", url=url, size=size, commands=commands)
    packages, roots = sample_packages(database(), first_look.MOST_PACKAGES)
    return render_template(
        "search/first.html",
        given={},
        filters=FILTERS,
        trouble=None,
        size=size,
        examples=list(first_look.example_questions(database(), packages)),
        packages=packages,
        exact=roots == size["roots"],
        week=find_news(bounded(ADVICE)),
    )


def _results(given: Mapping[str, str], asked: Mapping[str, str]) -> Answer:
    shown: dict[str, Any] = {
        "given": given,
        "question": question(given),
        "words": _SIDES,
        "filters": FILTERS,
        "rare": _has_rare_filter(given),
        "trouble": None,
        "address": address_of,
        "json_twin": address_of("/api/v1/specs", **{**asked, "cursor": ""}),
    }
    try:
        page, table = _sorted_page(given)
    except TROUBLES as error:
        trouble = trouble_of(error, given)
        return render_template("search/results.html", **{**shown, "trouble": trouble}), (
            trouble.status
        )
    draw_matches(page["items"])
    following = page["next"] and address_of("/", **{**asked, "cursor": page["next"]})
    if not page["items"]:
        shown["unknown"] = find_missing_names(database(), given)
        shown["unknown_places"] = find_unknown_places(database(), "/", given)
        shown["wider"] = wider(given)
    return render_template("search/results.html", **shown, page=page, next=following, table=table)


def _sorted_page(given: Mapping[str, str]) -> tuple[Page, rows.RowTable]:
    """Return the page of specs that is asked for, and its columns."""
    arguments = arguments_of(schemas.SpecListArguments, given)
    if not rows.wants_sorting(given):
        page = page_of_specs(arguments)
        return page, rows.table_of("/", page, given)
    everything = page_of_specs({**arguments, "limit": rows.MOST_SORTED, "cursor": None})
    if everything["next"]:
        raise InvalidQuestionError(
            f"sort: more than {rows.MOST_SORTED} specs match; narrow the question first"
        )
    page = rows.sort_rows(everything, given, arguments["limit"])
    return page, rows.table_of("/", everything, given)


def question(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the question as pairs of words and a spec, either of which may be empty."""
    parts = [_words_of(each, given[each.name]) for each in FILTERS if given[each.name]]
    if not parts:
        parts.append(("All specs" if given["scope"] == "all" else "All roots", ""))
    elif given["scope"] == "all":
        parts.append(("among all specs", ""))
    (words, spec), *others = parts
    return [(words[:1].upper() + words[1:], spec), *others]


def wider(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return wider questions, as words and addresses, for a question without an answer."""
    kept = {key: value for key, value in given.items() if value and key != "cursor"}
    found = []
    if given["scope"] != "all":
        found.append(
            ("among all specs, not only roots", address_of("/", **{**kept, "scope": "all"}))
        )
    asked = [each for each in FILTERS if given[each.name]]
    for each in asked if len(asked) > 1 else ():
        words = f"{each.label} {given[each.name]}"
        if each.kind is FilterKind.FLAG:
            words = f"asking whether it is {each.label}"
        elif not each.label:
            words = "the spec"
        found.append((f"without {words}", address_of("/", **{**kept, each.name: ""})))
    return found


def _has_rare_filter(given: Mapping[str, str]) -> bool:
    """Return whether something was asked that the form shows only on demand."""
    return given["scope"] == "all" or any(given[each.name] for each in FILTERS if each.is_rare)


def _words_of(spec_filter: SpecFilter, value: str) -> tuple[str, str]:
    if spec_filter.kind is not FilterKind.FLAG:
        return spec_filter.label, value
    holds = value in fields.Boolean.truthy
    return spec_filter.label if holds else f"not {spec_filter.label}", ""
