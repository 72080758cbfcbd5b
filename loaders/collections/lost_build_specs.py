"""Restore build specs that a store's index has lost.

Spack up to 1.1 does not read `build_spec` back from its index, so the next index that it writes no
longer says that a spec was spliced (`_read_from_file` in `lib/spack/spack/database.py`; later
versions read it). The hash of such a spec does not match its record. It still ends like that of its
build spec, whose record Spack keeps in the same index: if the hash matches once `build_spec` is
inserted again, that proves the build spec.
"""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from loaders.collections.dags import DagBuilder
from loaders.collections.outline import insert_member, read_outline
from loaders.errors import DocumentError
from loaders.specs.dag_hash import SUFFIX, Proof
from loaders.specs.node import read_node

# Maximum number of build specs tried for one record; there should be only one.
_MAX_CANDIDATES = 8


def restore_build_specs(dags: DagBuilder) -> list[str]:
    """Insert `build_spec` wherever that makes the hash match; return the hashes of those specs."""
    return [hash_ for group in _group_by_suffix(dags) for hash_ in _restore_group(dags, group)]


def _group_by_suffix(dags: DagBuilder) -> Iterator[list[str]]:
    """Yield groups of hashes with the same suffix, which does not happen by chance."""
    for _, group in groupby(sorted(dags.record_hashes(), key=_hash_suffix), key=_hash_suffix):
        hashes = list(group)
        if len(hashes) > 1:
            yield hashes


def _hash_suffix(hash_: str) -> str:
    return hash_[-SUFFIX:]


def _restore_group(dags: DagBuilder, group: list[str]) -> Iterator[str]:
    originals: list[str] = []
    spliced: list[str] = []
    for hash_ in group:
        spec_format = dags.spec_format(hash_)
        if spec_format is not None and spec_format >= 3 and not dags.is_spliced(hash_):
            proven = _find_proof(dags.record_json(hash_), spec_format) is not Proof.NONE
            (originals if proven else spliced).append(hash_)
    for hash_ in spliced:
        if any(_try_build_spec(dags, hash_, original) for original in originals[:_MAX_CANDIDATES]):
            yield hash_


def _try_build_spec(dags: DagBuilder, spliced: str, original: str) -> bool:
    spec_format = dags.spec_format(spliced) or 0
    reference = {"name": read_outline(dags.record_json(original)).name, "hash": original}
    value = msgspec.json.encode(reference).decode()
    # The hash depends on the order of keys, so the member goes where Spack writes it.
    before = "annotations" if spec_format >= 5 else "hash"
    try:
        restored = insert_member(dags.record_json(spliced), "build_spec", value, before=before)
    except DocumentError:
        return False
    if _find_proof(restored, spec_format) is not Proof.DIRECT:
        return False
    dags.replace_record(spliced, restored, original)
    return True


def _find_proof(raw: bytes, spec_format: int) -> Proof:
    try:
        return read_node(raw, spec_format).proof
    except DocumentError:
        return Proof.NONE
