"""A property for bytes, which neomodel does not have."""

from typing import Any

from neomodel.properties import Property, validator


class BytesProperty(Property[bytes]):
    """A property that Neo4j stores as a byte array."""

    @validator
    def inflate(self, value: Any) -> bytes:
        """Return a value of the database as bytes."""
        return bytes(value)

    @validator
    def deflate(self, value: Any) -> bytes:
        """Return a value for the database as bytes."""
        return bytes(value)
