"""Who may write."""

from neomodel import ArrayProperty, BooleanProperty, FloatProperty, StringProperty, StructuredNode


class Token(StructuredNode):
    """A token that lets its holder upload. The secret itself is nowhere kept."""

    public_id = StringProperty(
        unique_index=True, required=True, help_text="What it is called by; part of its text."
    )
    digest = StringProperty(help_text="SHA-256 of the secret, hexadecimal.")
    name = StringProperty(help_text="What or whom it is for.")
    scopes = ArrayProperty(StringProperty(), help_text="What it allows: upload.")
    site = StringProperty(help_text="The only site that it may upload for, where it is bound.")
    created = FloatProperty(help_text="Seconds since 1970.")
    expires = FloatProperty(help_text="When it ends, where it does.")
    last_used = FloatProperty(help_text="When it was last used, to the minute.")
    revoked = BooleanProperty(help_text="True where it was taken back.")
