"""Virtual packages."""

from neomodel import StringProperty, StructuredNode


class Virtual(StructuredNode):
    """A virtual package, such as mpi, that some spec provides on an edge."""

    name = StringProperty(unique_index=True, required=True, help_text="Name of the virtual.")
