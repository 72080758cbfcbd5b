"""The audit: which requests wrote to the graph."""

from neomodel import FloatProperty, IntegerProperty, StringProperty, StructuredNode


class AuditEntry(StructuredNode):
    """A request or command that wrote to the graph. It refers to nothing, so it outlives it."""

    uid = StringProperty(
        unique_index=True,
        required=True,
        help_text="The time in microseconds, hexadecimal, and a random number: in order of time.",
    )
    time = FloatProperty(help_text="Time at which it was done, in seconds since 1970.")
    method = StringProperty(help_text="HTTP method, or COMMAND for one on the database itself.")
    path = StringProperty(help_text="Path of the request, or name of the command.")
    status = IntegerProperty(help_text="HTTP status of the answer; absent for a command.")
    address = StringProperty(help_text="Address of the client, or name of the command's host.")
    token = StringProperty(help_text="Public id of the token; absent without one.")
    name = StringProperty(
        index=True, help_text="Name of the token, or user of the command; absent if not known."
    )
    site = StringProperty(help_text="The site that was named; absent if none was.")
    digest = StringProperty(
        index=True, help_text="SHA-256 of the body as sent, hexadecimal; absent without one."
    )
    bytes = IntegerProperty(help_text="Size of the body as sent.")
    request = StringProperty(help_text="Id of the request, as in the access log.")
