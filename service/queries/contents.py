"""Mark the items of a list whose hash does not determine their content."""

from collections.abc import Sequence
from typing import cast

from cypher.run import Database
from loaders.specs.contents import content_of
from service.dags.labels import SpecLabel
from service.queries.query import SpecItem


def mark_contents(database: Database, items: Sequence[SpecLabel]) -> None:
    """Add `content` and `contents` to the items whose hash has several contents."""
    named = {item["uid"]: content for item in items if (content := content_of(item["uid"]))}
    if not named:
        return
    hashes = sorted({item["hash"] for item in items if item["uid"] in named})
    counts: dict[str, int] = {
        each["hash"]: each["contents"]
        for each in database.read_one("contents_of_hashes", hashes=hashes)
    }
    for item in items:
        if item["uid"] in named and counts.get(item["hash"], 1) > 1:
            item["content"] = named[item["uid"]]
            cast(SpecItem, item)["contents"] = counts[item["hash"]]
