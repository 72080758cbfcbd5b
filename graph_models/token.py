"""Tokens that permit reading, writing and administration."""

from neomodel import ArrayProperty, BooleanProperty, FloatProperty, StringProperty, StructuredNode


class Token(StructuredNode):
    """A token that lets its holder read, upload or delete. The secret itself is never stored."""

    public_id = StringProperty(
        unique_index=True, required=True, help_text="Public identifier; part of the token's text."
    )
    digest = StringProperty(help_text="SHA-256 of the secret, hexadecimal.")
    name = StringProperty(help_text="Its holder or purpose.")
    scopes = ArrayProperty(
        StringProperty(),
        help_text="Permissions: read, upload or admin; each includes those before it.",
    )
    site = StringProperty(
        help_text="The only site that it may upload for, if it is bound to a site."
    )
    created = FloatProperty(help_text="Time of creation, in seconds since 1970.")
    expires = FloatProperty(help_text="Time of expiry, in seconds since 1970; absent if never.")
    last_used = FloatProperty(help_text="Time of last use, in seconds since 1970, to the minute.")
    revoked = BooleanProperty(help_text="True if it was revoked.")
