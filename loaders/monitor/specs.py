"""Store the specs that a client sends, and those that it could not concretize."""

import hashlib
import time

from cypher.run import Database, run_one
from loaders.monitor.locked_build import ORIGIN
from loaders.monitor.spec_bodies import SentSpec, UnconcretizedSpec
from loaders.store.attempt_rows import sort_key
from loaders.store.specs import store_documents


def store_spec(database: Database, spec: SentSpec) -> bool:
    """Store a spec and the other hashes that its client uses; return whether it is new."""
    stored = store_documents(database, [spec.document], origin=ORIGIN)[0]
    rows = [{"hash": own, "full_hash": full} for own, full in sorted(spec.full_hashes.items())]
    if rows:
        database.write(lambda tx: run_one(tx, "set_full_hashes", rows=rows))
    return stored.new_specs > 0


def store_unconcretized(database: Database, spec: UnconcretizedSpec, site: str) -> bool:
    """Store a spec that could not be concretized; return whether it is new."""
    uid, now = hashlib.sha256(f"{spec.uid}\0{site}".encode()).hexdigest(), time.time()
    parameters = {
        "uid": uid,
        "site": site,
        "now": now,
        "sort_key": sort_key(now, uid),
        "properties": {
            "name": spec.name,
            "spec": spec.spec,
            "spack_version": spec.spack_version,
        },
    }
    return bool(database.write(lambda tx: run_one(tx, "merge_failed_concretization", **parameters)))
