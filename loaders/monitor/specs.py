"""The write of the specs that a client sends, and of those that it could not concretize."""

import hashlib
import time

from cypher.run import Database, run_one
from loaders.monitor.locked import ORIGIN
from loaders.monitor.spec_bodies import ToldSpec, Unconcretized
from loaders.store.specs import store_documents


def store_spec(database: Database, told: ToldSpec) -> bool:
    """Store a spec, and the other hashes by which its client knows it; whether any node is new."""
    stored = store_documents(database, [told.document], origin=ORIGIN)[0]
    rows = [{"hash": own, "full_hash": full} for own, full in sorted(told.full_hashes.items())]
    if rows:
        database.write(lambda tx: run_one(tx, "set_full_hashes", rows=rows))
    return stored.new_specs > 0


def store_unconcretized(database: Database, told: Unconcretized, site: str) -> bool:
    """Keep a spec that could not be concretized; whether it is new."""
    parameters = {
        "uid": hashlib.sha256(f"{told.uid}\0{site}".encode()).hexdigest(),
        "site": site,
        "now": time.time(),
        "properties": {
            "name": told.name,
            "spec": told.spec,
            "spack_version": told.spack_version,
        },
    }
    return bool(database.write(lambda tx: run_one(tx, "merge_failed_concretization", **parameters)))
