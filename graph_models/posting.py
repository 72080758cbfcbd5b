"""Postings: which roots have a package and version on a side, as bitmaps of numbers of roots."""

from typing import ClassVar

from neomodel import BooleanProperty, IntegerProperty, StringProperty, StructuredNode

from graph_models.bytes_property import BytesProperty


class PostingIndex(StructuredNode):
    """The one node that says which segments of postings count.

    Postings are derived from the closures of roots and not in a backup. A segment holds the
    postings of some roots, which are numbered within it. Readers look at no other segments.
    """

    name = StringProperty(unique_index=True, required=True, help_text="Always `roots`.")
    segments = StringProperty(
        help_text="The segments that count, each as its number, a colon, and how many roots it "
        "has; separated by blanks."
    )
    ready = BooleanProperty(
        help_text="True if every root is in a segment that counts, or is `unsealed`."
    )
    moves = IntegerProperty(
        help_text="How often places were about to count no longer although their roots are still "
        "there; a reader that finds another number reads again."
    )
    last = IntegerProperty(help_text="Number of the newest segment; none is used twice.")
    sealer = StringProperty(help_text="Who makes a segment at the moment.")
    sealing_until = IntegerProperty(
        help_text="When others may take over from the sealer, in milliseconds since 1970."
    )


class Posting(StructuredNode):
    """The roots of a segment that have a package and version on a side."""

    __composite_indexes__: ClassVar = (("name", "version_key", "side"),)

    segment = IntegerProperty(index=True, help_text="Number of the segment.")
    side = StringProperty(help_text="`built_with` or `deployed_with`.")
    name = StringProperty(help_text="Package name.")
    version_key = StringProperty(help_text="The version as its sort key.")
    roots = BytesProperty(help_text="Numbers of the roots, as a serialized Roaring bitmap.")


class GoneRoot(StructuredNode):
    """A number in a segment that no longer counts: its root was deleted or is in another one."""

    segment = IntegerProperty(index=True, help_text="Number of the segment.")
    number = IntegerProperty(help_text="Number of the root in the segment.")
