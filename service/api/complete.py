"""`/complete`: proposals to continue a query, from the content of the graph."""

from typing import Any

import marshmallow as ma
from flask_smorest import Blueprint
from marshmallow import RAISE, fields, validate

from service.api.request import database
from service.api.schemas.specs import described
from service.queries.completion import MOST_ITEMS, Completion
from service.queries.completion import complete as complete_query
from spec_syntax.parser import MAX_SPEC_LENGTH

blueprint = Blueprint("complete", __name__, description="Completion of queries.")


class CompleteArguments(ma.Schema):
    """A query, and the position of the cursor in it."""

    text = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_SPEC_LENGTH),
        **described("The query as far as it is written, in spec syntax."),
    )
    at = fields.Integer(
        load_default=None,
        validate=validate.Range(0),
        **described("Characters before the cursor; by default the cursor is at the end."),
    )


class CompletionItemSchema(ma.Schema):
    """One proposal."""

    text = fields.String(**described("Text that replaces the typed one."))
    kind = fields.String(
        **described("package, virtual, compiler, version, variant, value, attribute, word, hash.")
    )
    count = fields.Integer(
        allow_none=True, **described("Specs that have it, of those that were looked at.")
    )
    note = fields.String(**described("The spec that the hash names."))


class CompletionSchema(ma.Schema):
    """Proposals to continue a query."""

    start = fields.Integer(**described("Index of the first character that is replaced."))
    end = fields.Integer(**described("Index behind the last one."))
    items = fields.List(
        fields.Nested(CompletionItemSchema),
        **described(f"Most frequent first, versions newest first; at most {MOST_ITEMS}."),
    )


@blueprint.route("/complete")
@blueprint.arguments(CompleteArguments, location="query", unknown=RAISE)
@blueprint.response(200, CompletionSchema)
def complete(arguments: dict[str, Any]) -> Completion:
    """Propose how to go on with a query: packages, versions, variants, targets, words.

    Proposals come from the content of the graph. Of a large one only some specs are looked at.
    """
    return complete_query(database(), arguments["text"], arguments["at"])
