"""What the pages ask: the very answers of the REST API, before they are made JSON."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from marshmallow import EXCLUDE
from werkzeug.exceptions import BadRequest

View = Callable[..., Any]


def arguments_of(schema: type[ma.Schema], given: Mapping[str, Any]) -> dict[str, Any]:
    """A resource's arguments from a page's: those that it knows, empty ones left out.

    :raises BadRequest: a value does not fit.
    """
    known = {key: value for key, value in given.items() if value not in (None, "")}
    try:
        loaded: dict[str, Any] = schema().load(known, unknown=EXCLUDE)
    except ma.ValidationError as error:
        told = error.messages_dict
        parts = (f"{key}: {' '.join(map(str, value))}" for key, value in told.items())
        raise BadRequest("; ".join(parts)) from error
    return loaded


def answer(view: View, schema: type[ma.Schema], given: Mapping[str, Any], **path: Any) -> Any:
    """What a REST resource answers; raises what it raises.

    :param view: the resource's function, as flask-smorest decorated it.
    :param schema: of its query parameters.
    :param given: the page's query parameters.
    :param path: the parts of its path.
    """
    return inspect.unwrap(view)(arguments_of(schema, given), **path)


def address(path: str, /, **arguments: Any) -> str:
    """A path with a query string; arguments that are None, empty or False are left out."""
    kept = {key: value for key, value in arguments.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(kept)}" if kept else path
