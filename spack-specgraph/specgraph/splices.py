"""Finds documents of splices besides those of the selected specs.

Spack may give several splices the same hash. A splice may also rewrite records of other nodes
without changing their hash. Documents may thus differ although the hashes in them are the same.
"""

import json
from typing import Any, Iterable, List, Set

import spack.hash_types

from .local_spack import label, read_spec_file, write_document
from .packing import SpecPayload

Spec = Any
"""A `spack.spec.Spec`, which has no type outside Spack."""


def uncovered_splices(specs: Iterable[Spec], roots: Iterable[Spec]) -> List[Spec]:
    """Return the spliced specs whose documents have records that no document of a root has.

    Args:
        specs: installed specs, with or without the roots.
        roots: the specs whose documents are sent anyway.

    """
    sent = {spec.dag_hash(): spec for spec in roots}
    candidates = [spec for spec in specs if spec.dag_hash() not in sent and _may_be_spliced(spec)]
    if not candidates:
        return []
    covered: Set[str] = set()
    for spec in sent.values():
        covered |= _spliced_records(spec)
    return [spec for spec in candidates if not _spliced_records(spec) <= covered]


def locked_splices(specs: Iterable[Spec]) -> List[SpecPayload]:
    """Return the documents of splices of an environment that differ from the installed ones.

    Several splices may have one hash, and only one of them is installed.

    Args:
        specs: the roots of the environment.

    """
    found = []
    for spec in specs:
        installed = None if spec.external else read_spec_file(spec)
        if installed is None:
            continue
        locked = write_document(spec)
        if b'"build_spec"' in locked and locked != installed:
            found.append(SpecPayload(spec.dag_hash(), label(spec), _Constant(locked)))
    return found


class _Constant:
    """Returns the same bytes on each call."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __call__(self) -> bytes:
        return self._content


def _may_be_spliced(spec: Spec) -> bool:
    """Return whether the hash of a spec differs from that of its content in Spack's database.

    The database loses `build_spec`, which the hash covers. Reading all documents of a store to look
    for it would take much longer.
    """
    if spec.external:
        return False
    return bool(spec.spec_hash(spack.hash_types.dag_hash) != spec.dag_hash())


def _spliced_records(spec: Spec) -> Set[str]:
    """Return the records in the document of a spec, if any of them is spliced."""
    content = read_spec_file(spec)
    if content is None or b'"build_spec"' not in content:
        return set()
    try:
        nodes = json.loads(content.decode("utf-8"))["spec"]["nodes"]
    except (ValueError, TypeError, LookupError):
        return set()
    return {json.dumps(node) for node in nodes}
