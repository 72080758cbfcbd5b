"""Mark the items of a list whose hash does not determine their content."""

from collections.abc import Sequence
from typing import cast

from cypher.run import Database
from loaders.specs.contents import content_of
from service.dags.labels import SpecLabel
from service.queries.query import SpecItem


def mark_contents(database: Database, items: Sequence[SpecLabel]) -> None:
    """Add `content` and `contents` to the items whose hash has several contents.

    Contents are counted of the items that came without a count as `contents`, which may be None.
    """
    counted = {item["hash"]: count for item in items if (count := _pop_count(item)) is not None}
    named = {item["uid"]: content for item in items if (content := content_of(item["uid"]))}
    rest = {item["hash"] for item in items if item["uid"] in named} - counted.keys()
    if rest:
        for each in database.read_one("contents_of_hashes", hashes=sorted(rest)):
            counted[each["hash"]] = each["contents"]
    for item in items:
        if item["uid"] in named and counted.get(item["hash"], 1) > 1:
            item["content"] = named[item["uid"]]
            cast(SpecItem, item)["contents"] = counted[item["hash"]]


def _pop_count(item: SpecLabel) -> int | None:
    return cast("dict[str, int | None]", item).pop("contents", None)
