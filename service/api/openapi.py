"""The OpenAPI document beyond the schemas: names, shapes, bodies, errors."""

import re
from collections.abc import Mapping
from typing import Any

from apispec import APISpec, BasePlugin
from werkzeug.routing import BaseConverter

from service import access

SPEC_FORMAT = "spack-spec"
"""Format of parameters in Spack's spec syntax; see `docs/queries.md`."""
CURSOR_FORMAT = "cursor"
"""Format of the `next` of the page before."""
ASPECT_FORMAT = "aspect"
"""Format of an aspect of `/variations`, such as `variant:NAME`; see `docs/queries.md`."""

_HASH = {"pattern": r"^/?[a-zA-Z2-7]{1,32}(:[0-9a-f]{0,32})?$"}
_DEPTYPES = r"^(build|link|run|test)(,(build|link|run|test))*$"
_STATUS = "(running|succeeded|failed|cancelled|skipped)"
_SPEC = {"format": SPEC_FORMAT}
_TIME = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}

SHAPES: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(
        ("q", "built_with", "deployed_with", "spliced_from", "dependency", "spec"), _SPEC
    ),
    **dict.fromkeys(("since", "until", "as_of", "on"), _TIME),
    **dict.fromkeys(("hash", "a", "b", "offers"), _HASH),
    "hashes": {"pattern": r"^/?[a-z2-7]{7,32}(,/?[a-z2-7]{7,32}){1,49}$"},
    "cursor": {"format": CURSOR_FORMAT},
    "deptypes": {"pattern": _DEPTYPES},
    "status": {"pattern": f"^{_STATUS}(,{_STATUS})*$"},
    "uid": {"pattern": r"^[0-9a-f]{4,32}$"},
    "fingerprint": {"pattern": r"^[0-9a-f]{4,64}$"},
    "diagnostic": {"pattern": r"^[0-9a-f]{4,64}$"},
    "document": {"pattern": r"^[0-9a-f]{64}$"},
    "only": {"format": ASPECT_FORMAT},
}
"""Shapes of parameters by their name, which means the same in every operation."""

_NEVER_EMPTY = frozenset({"deptypes", "diagnostic", "document"})
"""Optional parameters that mean nothing if they are empty."""

_UPLOAD_TYPES = ("application/json", "application/x-ndjson", "application/gzip", "application/zstd")
_ARCHIVE_TYPES = ("application/octet-stream", "application/x-tar", *_UPLOAD_TYPES)


def upload_body(description: str, *, archives: bool = False) -> dict[str, Any]:
    """Return the description of a body that holds documents.

    Args:
        description: The contents of the body.
        archives: Whether tar archives are taken, and documents of every kind.
    """
    types = _ARCHIVE_TYPES if archives else _UPLOAD_TYPES
    return {
        "description": description,
        "required": True,
        "content": {each: {"schema": _body_schema(each)} for each in types},
    }


def _body_schema(media_type: str) -> dict[str, Any]:
    # Since OpenAPI 3.1 an empty schema stands for any bytes; of JSON, any value may be a document.
    return {} if media_type == "application/json" else {"type": "string", "format": "binary"}


TOKEN_SCHEME = "bearer"  # noqa: S105
"""Name of the security scheme."""


class Contract(BasePlugin):
    """Completes each operation: a stable id, the shapes of its parameters, the scope it needs."""

    def path_helper(
        self,
        path: str | None = None,  # noqa: ARG002
        operations: dict[str, Any] | None = None,  # noqa: ARG002
        parameters: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> None:
        """Give the parameters in a path their shapes."""
        for parameter in parameters or ():
            _complete_parameter(parameter)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Give each operation of a path its id and scope, and its parameters their shapes."""
        for method, operation in (operations or {}).items():
            operation.setdefault("operationId", operation_id(method, path or ""))
            scope = access.scope_of(method.upper(), path or "")
            # Whether a token is required depends on how the service was started.
            operation.setdefault("security", [{}, {TOKEN_SCHEME: [scope]}] if scope else [{}])
            for parameter in operation.get("parameters", ()):
                _complete_parameter(parameter)


def operation_id(method: str, path: str) -> str:
    """Return the id of an operation: `get_build_log` for GET of `/api/v1/builds/{uid}/log`."""
    parts = path.split("/")
    words = []
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if part and not part.startswith("{") and not re.fullmatch(r"api|v\d+", part):
            word = re.sub(r"\W", "_", part)
            words.append(word.removesuffix("s") if following.startswith("{") else word)
    return "_".join([method.lower(), *words])


def _complete_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter["schema"]
    # A parameter that is left out is None to the view, but no address can say so.
    if isinstance(schema.get("type"), list):
        [schema["type"]] = [each for each in schema["type"] if each != "null"]
    if schema.get("default", ...) is None:
        del schema["default"]
    if "enum" in schema:
        schema["enum"] = [each for each in schema["enum"] if each is not None]
    if "pattern" in schema:
        schema["pattern"] = _as_javascript(schema["pattern"])
    elif "enum" not in schema:
        shape = SHAPES.get(parameter["name"], {})
        # An optional parameter may also be left empty, as browsers send forms.
        may_be_empty = not parameter["required"] and parameter["name"] not in _NEVER_EMPTY
        schema.update(_or_empty(shape) if may_be_empty else shape)
    if parameter["required"] and schema["type"] == "string":
        schema.setdefault("minLength", 1)


def _or_empty(shape: Mapping[str, Any]) -> dict[str, Any]:
    if "pattern" in shape:
        return {"pattern": f"^$|{shape['pattern']}"}
    return {"anyOf": [*shape["anyOf"], {"maxLength": 0}]} if "anyOf" in shape else dict(shape)


def _as_javascript(pattern: str) -> str:
    """Return a pattern in the dialect of JSON Schema, which has no `\\Z`."""
    return re.sub(r"\\Z$", "$", pattern)


def describe_tokens(spec: APISpec) -> None:
    """Say how a client presents its token."""
    spec.components.security_scheme(
        TOKEN_SCHEME,
        {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made by `specgraph token create`. An operation names the scope "
            "that it needs: read, upload, which includes read, or admin, which includes both.",
        },
    )


def describe_errors(spec: APISpec, media_type: str) -> None:
    """Say that errors are problem documents, and add the rules that no schema expresses."""
    for response in spec.components.responses.values():
        if "content" in response:
            [problem] = response["content"].values()
            response["content"] = {media_type: problem}
    for schema in spec.components.schemas.values():
        for each in _schemas_within(schema):
            if "pattern" in each:
                each["pattern"] = _as_javascript(each["pattern"])
    missing = spec.components.schemas["Missing"]
    missing["anyOf"] = [{"required": ["hashes"]}, {"required": ["documents"]}]


def _schemas_within(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [each for part in schema for each in _schemas_within(part)]
    if isinstance(schema, dict):
        inner = [each for part in schema.values() for each in _schemas_within(part)]
        return [schema, *inner]
    return []


class HashConverter(BaseConverter):
    """The hash of a spec in a path; `missing` is a resource of its own."""

    regex = r"(?!missing\Z)[^/]+"
    part_isolating = True
