"""`specgraph load --url` of install folders: the service reads libraries as a local load does."""

import re
from dataclasses import replace
from pathlib import Path

from cypher.run import Database
from service.queries.libraries import read_facts, read_prefixes
from tests.cli.commands import Commands
from tests.graph import value
from tests.loaders.prefixes.test_install_tree import HASH, make_prefix


def test_libraries_sent_to_a_service_are_read_as_from_the_disk(
    served: Commands, specgraph: Commands, database: Database, tmp_path: Path
) -> None:
    prefix = str(make_prefix(tmp_path))
    specgraph.run("load", "--site", "here", prefix, status=1)
    done = served.run("load", "--site", "there", prefix, status=1)
    assert re.search(r"Of 4 programs and libraries of [\d.]+ k?B, [\d.]+ k?B of facts", done.stderr)
    uid = value(database, "MATCH (s:Spec {hash: $hash}) RETURN s.uid", hash=HASH)
    here, there = read_prefixes(database, [uid])[uid]
    assert {here.site, there.site} == {"here", "there"}
    facts = read_facts(database, [*here.libraries.values(), *there.libraries.values()])
    seen = [{path: facts[each] for path, each in p.libraries.items()} for p in (here, there)]
    assert seen[0] == seen[1]
    moved = replace(there, uid=here.uid, site=here.site, read_at=here.read_at)
    assert replace(moved, libraries=here.libraries) == here


def test_without_abi_nothing_of_libraries_is_sent(
    served: Commands, database: Database, tmp_path: Path
) -> None:
    done = served.run("load", "--no-abi", str(make_prefix(tmp_path)))
    assert "facts" not in done.stderr
    assert value(database, "MATCH (l:Library) RETURN count(l)") == 0
