"""Storing made-up programs and libraries of specs, without any files on disk."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cypher.run import Database
from loaders.elf.facts import EXECUTABLE, SHARED, ElfFacts, Reference, Use, VersionNeed
from loaders.evidence import SpecName
from loaders.load_options import LoadOptions
from loaders.prefixes.contents import PrefixContents, library_file
from loaders.store.libraries import store_libraries, store_prefix
from tests.loading import load


def elf(
    *,
    soname: str | None = None,
    needed: Sequence[str] = (),
    versions: Mapping[str, Sequence[str]] | None = None,
    weak: Sequence[str] = (),
    definitions: Sequence[str] | None = None,
    **more: Any,
) -> ElfFacts:
    """Return the facts of a library, or of a program if it has no SONAME.

    Args:
        soname: Its SONAME.
        needed: The libraries that it needs.
        versions: The versions that it needs of each, with one symbol of each version.
        weak: Those of them that it needs weakly.
        definitions: The versions that it defines.
        more: Other facts.
    """
    wanted = [(file, name) for file, names in (versions or {}).items() for name in names]
    program: dict[str, Any] = {"interpreter": "/lib64/ld-linux-x86-64.so.2"} if not soname else {}
    facts: dict[str, Any] = {
        "bits": 64, "little_endian": True, "os_abi": 0, "machine": 62,
        "file_type": SHARED if soname else EXECUTABLE, "is_dynamic": True, "soname": soname,
        "needed": (*needed, *(versions or {})), "has_version_table": True,
        "needs": tuple(VersionNeed(file, name, name in weak) for file, name in wanted),
        "references": tuple(
            Reference(f"from_{name.lower()}", name, file, False, name in weak, Use.CALL)
            for file, name in wanted
        ),
        "definitions": None if definitions is None else tuple(definitions),
    }  # fmt: skip
    return ElfFacts(**{**facts, **program, **more})


def store_files(
    database: Database,
    node: Mapping[str, Any],
    files: Mapping[str, ElfFacts],
    *,
    kind: str = "store",
    site: str = "lab",
    texts: Mapping[str, Sequence[str]] | None = None,
    prefix: str = "",
    read_at: float = 1.0,
) -> dict[str, str]:
    """Store the files of a stored spec, as if they were read at a site.

    Returns:
        The identity of the library at each path.
    """
    digests = {
        path: hashlib.sha256(repr(facts).encode()).hexdigest() for path, facts in files.items()
    }
    libraries = [library_file(path, digests[path], 100, facts) for path, facts in files.items()]
    store_libraries(database, libraries)
    place = prefix or f"/opt/{node['name']}-{node['version']}-{node['hash']}"
    name = SpecName(node["hash"], node["name"])
    contents = PrefixContents(place, name, place, kind, read_at)
    contents.libraries += libraries
    contents.texts |= {path: list(hashes) for path, hashes in (texts or {}).items()}
    assert store_prefix(database, contents, site=site) is not None
    return digests


def load_index(
    database: Database, folder: Path, nodes: Sequence[Mapping[str, Any]], site: str
) -> None:
    """Load the index of a store at a site in which specs are installed."""
    installs = {
        node["hash"]: {
            "spec": node, "path": f"/opt/{node['hash']}", "installed": True, "explicit": True,
            "installation_time": 1.0, "ref_count": 0,
        }
        for node in nodes
    }  # fmt: skip
    (folder / ".spack-db").mkdir(parents=True)
    index = {"database": {"version": "8", "installs": installs}}
    (folder / ".spack-db" / "index.json").write_text(json.dumps(index), encoding="utf-8")
    load(database, [folder], LoadOptions(site=site))
