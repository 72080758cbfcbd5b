"""Texts of a splice that still name the prefix of a spec that it no longer is deployed with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from cypher.run import Database
from loaders.specs.contents import hash_of
from service.dags.labels import SpecLabel
from service.dags.splices import Splice
from service.queries.abi import FileOfSpec
from service.queries.libraries import PrefixFiles, read_prefixes

ADVICE = "name a splice with fewer specs"
"""How to narrow a question that took too long."""
MOST = 500
"""Most texts in an answer."""


class StaleText(TypedDict):
    """A text of a relinked spec that names a spec as it was before the splice.

    Attributes:
        file: The text.
        names: The spec of which the text names the prefix.
    """

    file: FileOfSpec
    names: SpecLabel


@dataclass(frozen=True)
class StaleTexts:
    """The texts that a splice left behind.

    Attributes:
        items: The texts, by spec and path, at most `MOST`.
        total: How many there are.
        unread: The relinked specs of which no texts were read.
    """

    items: Sequence[StaleText]
    total: int
    unread: Sequence[SpecLabel]


def find_stale_texts(database: Database, splice: Splice) -> StaleTexts:
    """Return the texts of relinked specs that name a prefix from before the splice.

    These prefixes are known by the DAG hash in their names: those of specs that were taken out, and
    those of relinked specs as they were built.

    Args:
        database: The graph.
        splice: The splice; its build spec must be known.
    """
    gone = _labels_of_gone(splice)
    relinked = {each: splice.dag.identity_of(each) for each in splice.before_relinking}
    reads = read_prefixes(database, relinked.values(), libraries=False) if gone else {}
    found: list[StaleText] = []
    unread: list[SpecLabel] = []
    for name, uid in relinked.items():
        label = splice.label_of(name)
        whole = next(filter(_has_texts, reads.get(uid, ())), None)
        if whole is not None:
            found += _stale_texts(whole, label, gone)
        elif gone:
            unread.append(label)
    return StaleTexts(found[:MOST], len(found), unread)


def _labels_of_gone(splice: Splice) -> dict[str, SpecLabel]:
    """Return the specs from before the splice that are not deployed any more, by hash."""
    deployed = {hash_of(uid) for uid, role in splice.roles.items() if role != "taken_out"}
    before = [*splice.summary.taken_out, *splice.after_relinking]
    return {hash_of(uid): splice.label_of(uid) for uid in before if hash_of(uid) not in deployed}


def _has_texts(read: PrefixFiles) -> bool:
    """Return whether the texts of a prefix were read.

    The Spack extension sends only programs and libraries, from which no folders above are kept.
    """
    return bool(read.texts) or (read.complete and read.prefix.count("/") > 1)


def _stale_texts(
    read: PrefixFiles, label: SpecLabel, gone: Mapping[str, SpecLabel]
) -> Iterator[StaleText]:
    for path, named in sorted(read.texts.items()):
        for hash_ in named:
            if hash_ in gone:
                file = FileOfSpec(
                    hash=label["hash"], name=label["name"], version=label["version"], path=path
                )
                yield StaleText(file=file, names=gone[hash_])
