"""Helpers that pages share: arguments parsed by the REST schemas, and addresses of pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from marshmallow import EXCLUDE

from service.queries.errors import InvalidQuestionError


def arguments_of(schema: type[ma.Schema], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource's arguments from those of a page.

    Args:
        schema: Schema of the resource's query parameters.
        given: Query parameters of the page; unknown and empty ones are left out.

    Raises:
        InvalidQuestionError: A value is not valid.
    """
    present = {key: value for key, value in given.items() if value not in (None, "")}
    try:
        loaded: dict[str, Any] = schema().load(present, unknown=EXCLUDE)
    except ma.ValidationError as error:
        messages = error.messages_dict
        parts = (f"{key}: {' '.join(map(str, value))}" for key, value in messages.items())
        raise InvalidQuestionError("; ".join(parts)) from error
    return loaded


def address_of(path: str, /, **arguments: Any) -> str:
    """Return a path with a query string; arguments that are None, empty or False are left out."""
    kept = {key: value for key, value in arguments.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path


def name_in_address(spec: Mapping[str, Any]) -> str:
    """Return the name of a spec in an address: its hash, with its content if there are several."""
    contents = spec.get("contents")
    if isinstance(contents, list):
        several = len(contents) > 1
    elif "version_key" in spec:
        several = contents is not None
    else:
        several = "uid" in spec
    return str(spec["uid"] if several else spec["hash"])
