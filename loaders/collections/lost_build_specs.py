"""Build specs that a store's index has lost, found again by the hash.

A Spack up to 1.1 does not read `build_spec` back from its index, so that the index which it writes
next no longer says that a spec was spliced (`_read_from_file` in `lib/spack/spack/database.py`;
later versions do). The hash of such a spec does not match its record. It still ends like that of
its build spec, whose record Spack keeps in the same index: with `build_spec` put in again, the hash
matches, and by that proves it.
"""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from loaders.collections.dags import Dags
from loaders.collections.outline import outline, with_member
from loaders.errors import DocumentError
from loaders.specs.dag_hash import SUFFIX, Proof
from loaders.specs.node import read_node

_TRIES = 8
"""Build specs tried for one record; there should be one."""


def restore(dags: Dags) -> list[str]:
    """Put `build_spec` back where that makes the hash match; returns the hashes of those specs."""
    return [hash_ for alike in _alike(dags) for hash_ in _restored(dags, alike)]


def _alike(dags: Dags) -> Iterator[list[str]]:
    """Hashes that end alike, which by chance none do."""
    for _, group in groupby(sorted(dags.hashes(), key=_suffix), key=_suffix):
        hashes = list(group)
        if len(hashes) > 1:
            yield hashes


def _suffix(hash_: str) -> str:
    return hash_[-SUFFIX:]


def _restored(dags: Dags, alike: list[str]) -> Iterator[str]:
    originals: list[str] = []
    spliced: list[str] = []
    for hash_ in alike:
        spec_format = dags.spec_format(hash_)
        if spec_format is not None and spec_format >= 3 and not dags.spliced(hash_):
            proven = _proof(dags.raw(hash_), spec_format) is not Proof.NONE
            (originals if proven else spliced).append(hash_)
    for hash_ in spliced:
        if any(_restore(dags, hash_, original) for original in originals[:_TRIES]):
            yield hash_


def _restore(dags: Dags, spliced: str, original: str) -> bool:
    spec_format = dags.spec_format(spliced) or 0
    named = {"name": outline(dags.raw(original)).name, "hash": original}
    value = msgspec.json.encode(named).decode()
    before = "annotations" if spec_format >= 5 else "hash"
    try:
        found = with_member(dags.raw(spliced), "build_spec", value, before=before)
    except DocumentError:
        return False
    if _proof(found, spec_format) is not Proof.DIRECT:
        return False
    dags.replace(spliced, found, original)
    return True


def _proof(raw: bytes, spec_format: int) -> Proof:
    try:
        return read_node(raw, spec_format).proof
    except DocumentError:
        return Proof.NONE
