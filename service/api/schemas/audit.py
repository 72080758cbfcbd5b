"""Schemas of requests and answers about the audit."""

import marshmallow as ma
from marshmallow import fields, validate

from service.api.schemas.specs import PagingArguments, described


class AuditArguments(PagingArguments):
    """Which entries of the audit."""

    name = fields.String(
        load_default=None, **described("Name of the token, or of the user of a command.")
    )
    digest = fields.String(
        load_default=None,
        validate=validate.Regexp(r"\A[0-9a-f]{64}\Z"),
        **described("SHA-256 of the body as sent."),
    )
    address = fields.String(
        load_default=None, **described("Address of the client, or name of a command's host.")
    )
    since = fields.String(
        load_default=None, **described("Only from this date or time on (ISO 8601).")
    )


class AuditItemSchema(ma.Schema):
    """A request or command that wrote to the graph."""

    uid = fields.String()
    time = fields.Float(**described("Seconds since 1970."))
    method = fields.String(**described("HTTP method, or COMMAND for one on the database itself."))
    path = fields.String(**described("Path of the request, or name of the command."))
    status = fields.Integer(allow_none=True, **described("HTTP status of the answer."))
    address = fields.String(allow_none=True)
    token = fields.String(allow_none=True, **described("Public id of the token."))
    name = fields.String(
        allow_none=True, **described("Name of the token, or of the user of a command.")
    )
    site = fields.String(allow_none=True, **described("The site that was named."))
    digest = fields.String(allow_none=True, **described("SHA-256 of the body as sent."))
    bytes = fields.Integer(allow_none=True, **described("Size of the body as sent."))
    request = fields.String(allow_none=True, **described("Id of the request in the access log."))


class AuditPageSchema(ma.Schema):
    """A page of the audit."""

    items = fields.List(fields.Nested(AuditItemSchema))
    next = fields.String(allow_none=True, **described("Cursor of the next page."))
