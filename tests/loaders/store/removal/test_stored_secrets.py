"""Taking a secret out of everything stored."""

import json
import re
from collections import Counter

import pytest
import zstandard

from cypher.run import Database
from loaders.doctor.postings import check_postings
from loaders.elf.facts import Export, Reference, Use, VersionNeed
from loaders.elf.packing import symbol_word
from loaders.evidence import (
    Attachment,
    Attempt,
    Finding,
    HostEnvironment,
    Log,
    Phase,
    Source,
    SpecName,
    Status,
    Variable,
)
from loaders.postings.sealing import seal
from loaders.specs.document import parse_document
from loaders.store.attempts import store_attempts
from loaders.store.removal.stored_secrets import compile_pattern, redact_stored
from service.app import create_app
from service.queries.libraries import read_facts
from tests.documents import document, dumped, node
from tests.files_of_specs import elf, store_files
from tests.graph import value
from tests.loaders.store.removal.graphs import contents, store

SECRET = 'hunter2"quoted'
ESCAPED = json.dumps(SECRET)[1:-1]


def attempt() -> Attempt:
    text = f"==> building\nlogin with {SECRET} now\nerror: {SECRET} refused\n"
    finding = Finding("error", 3, f"error: {SECRET} refused", f"{SECRET} refused")
    phase = Phase("build", 0, Status.FAILED, log=Log(text, 3, len(text)), findings=(finding,))
    return Attempt(
        SpecName(node("app")["hash"], "app", "1.0"),
        "key",
        Status.FAILED,
        Source.JUNIT,
        message=f"failed: {SECRET}",
        phases=(phase,),
        variables=(Variable("WORD", SECRET),),
        attachments=(Attachment("args", "configure-args", Log(SECRET, 1, len(SECRET))),),
        environment=HostEnvironment(hostname=f"host-{SECRET}"),
        more={"note": SECRET},
        site="here",
    )


def app_document() -> bytes:
    parameters = {"build_system": "generic", "cflags": [f"-DWORD={SECRET}"]}
    return dumped(document(node("app", parameters=parameters)))


def stored_texts(database: Database) -> str:
    """Return everything that is stored, unpacked, as one text."""
    with database.driver.session() as session:
        nodes = session.run("MATCH (n) RETURN properties(n) AS p").value("p")
        edges = session.run("MATCH ()-[r]->() RETURN properties(r) AS p").value("p")
    texts = []
    for properties in [*nodes, *edges]:
        for each in properties.values():
            packed = isinstance(each, (bytes, bytearray))
            texts.append(
                zstandard.ZstdDecompressor().decompress(bytes(each)).decode()
                if packed
                else f"{each}"
            )
    return "\n".join(texts)


def test_a_secret_is_taken_out_of_everything_and_its_places_are_named(database: Database) -> None:
    store(database, parse_document(app_document()))
    store_attempts(database, [attempt()], site="here", origin=f"/home/{SECRET}/file")
    assert "hunter2" in stored_texts(database)
    pattern = compile_pattern(SECRET)
    before = contents(database)
    foreseen = redact_stored(database, pattern, dry_run=True)
    assert contents(database) == before
    done = redact_stored(database, pattern)
    assert "hunter2" not in stored_texts(database)
    assert done.counts == foreseen.counts
    assert set(done.counts) == {
        *("Spec", "Build", "Blob", "Diagnostic", "Variable", "Environment"),
        *("REPORTED", "FAILED_BY"),
    }
    [log] = [each for each in done.places if each["label"] == "Blob" and each["lines"]]
    assert log["lines"] == [2, 3]
    assert log["count"] == 2
    assert log["owners"] == [f"build {attempt().uid}, phase build"]
    assert {(each["label"], each["property"]) for each in done.places} >= {
        ("Spec", "document"),
        ("Spec", "variants"),
        ("Build", "message"),
        ("Build", "origin"),
        ("Build", "more"),
        ("Environment", "hostname"),
        ("REPORTED", "text"),
    }
    assert done.kept == []
    assert not redact_stored(database, pattern).counts


def test_the_same_document_does_not_bring_it_back(database: Database) -> None:
    raw = app_document()
    store(database, parse_document(raw))
    store_attempts(database, [attempt()], site="here", origin="a test")
    redact_stored(database, compile_pattern(SECRET))
    before = contents(database)
    store(database, parse_document(raw))
    store_attempts(database, [attempt()], site="here", origin="a test")
    assert contents(database) == before
    assert "hunter2" not in stored_texts(database)


def test_a_redacted_spec_is_shown_but_not_verified(database: Database) -> None:
    store(database, parse_document(app_document()))
    redact_stored(database, compile_pattern(SECRET))
    client = create_app(database, {"TESTING": True}).test_client()
    hash_ = value(database, "MATCH (s:Spec) RETURN s.hash")
    shown = client.get(f"/api/v1/specs/{hash_}/spec.json").get_json()
    assert shown["spec"]["nodes"][0]["parameters"]["cflags"] == ["-DWORD=<redacted>"]
    assert client.get(f"/api/v1/specs/{hash_}").get_json()["verified"] is False
    assert value(database, "MATCH (s:Spec) RETURN s.redacted") is True


def test_a_pattern_across_json_leaves_json(database: Database) -> None:
    store(database, parse_document(app_document()))
    redact_stored(database, compile_pattern(r"WORD=.*", regex=True))
    record = json.loads(value(database, "MATCH (s:Spec) RETURN s.document"))
    assert record["parameters"]["cflags"] == ["-D<redacted>"]


def test_what_identifies_something_stays_and_is_named(database: Database) -> None:
    store_attempts(database, [attempt()], site="site-of-alice", origin="a test")
    done = redact_stored(database, compile_pattern("ALICE", ignore_case=True))
    assert not done.counts
    assert [(each["label"], each["property"]) for each in done.kept] == [("Site", "name")]
    assert value(database, "MATCH (t:Site) RETURN t.name") == "site-of-alice"


@pytest.mark.parametrize(
    ("text", "regex", "message"),
    [
        ("abc", False, "less than 4 characters"),
        ("(", True, "not a regular expression"),
        ("x*", True, "matches an empty text"),
        ("redacted", False, "takes the place"),
    ],
)
def test_patterns_that_would_ruin_the_graph_are_refused(
    text: str, regex: bool, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compile_pattern(text, regex=regex)


def test_a_text_is_found_escaped_as_in_json() -> None:
    pattern = compile_pattern('a"b\\c\u00e4')
    for text in ('a"b\\c\u00e4', json.dumps('a"b\\c\u00e4'), '"a\\"b\\\\c\u00e4"'):
        assert pattern.search(text), text
    assert re.compile(pattern.pattern)


def test_postings_are_left_as_they_are(database: Database) -> None:
    store(database, parse_document(app_document()))
    assert seal(database) == 1
    redaction = redact_stored(database, compile_pattern("^[0-9]+:[0-9]+$", regex=True))
    assert [(each["property"], each["label"]) for each in redaction.kept] == [("places", "Spec")]
    checked = check_postings(database, False, lambda _: None)
    assert (checked.checked, checked.wrong) == (1, 0)


def test_a_name_is_taken_out_of_packed_facts_of_files(database: Database) -> None:
    app = node("app")
    store(database, parse_document(dumped(document(app))))

    def exported(name: str, version: str = "") -> Export:
        return Export(name, version, 2 if version else 1, False, False, False)

    kept = "libplain.so.1"
    library = elf(
        soname=kept,
        rpath="/home/hunter2/lib",
        definitions=["HUNTER_1", "hunter2_V"],
        exports=(exported("a"), exported("z_hunter2_f", "hunter2_V"), exported("y")),
    )
    user = elf(
        needed=[kept, "libhunter2.so.1"],
        needs=(VersionNeed(kept, "hunter2_V", weak=False),),
        references=(Reference("z_hunter2_f", "hunter2_V", kept, False, False, Use.CALL),),
    )
    ids = store_files(database, app, {"lib/libplain.so.1": library, "bin/hunter2": user})

    found = redact_stored(database, compile_pattern("hunter2"))
    packed = {(each["label"], each["property"]) for each in found.places}
    assert packed >= {("Library", "facts"), ("SymbolSet", "data"), ("Library", "rpath")}
    stays = {(each["label"], each["property"]) for each in found.kept}
    assert stays == {("Library", "facts"), ("Soname", "name"), ("INSTALLS", "path")}

    facts = read_facts(database, ids.values())
    first, second = facts[ids["lib/libplain.so.1"]], facts[ids["bin/hunter2"]]
    assert first.rpath == "/home/<redacted>/lib"
    assert first.definitions == ("HUNTER_1", "<redacted>_V")
    assert [each.name for each in first.exports] == ["a", "y", "z_<redacted>_f"]
    assert (first.exports[2].version, first.exports[2].version_index) == ("<redacted>_V", 2)
    assert second.needed == (kept, "libhunter2.so.1")
    assert second.needs == (VersionNeed(kept, "<redacted>_V", weak=False),)
    reference = second.references[0]
    assert (reference.name, reference.file) == ("z_<redacted>_f", kept)
    words = value(database, "MATCH (x:SymbolSet) RETURN collect(x.words)")
    assert any(symbol_word("z_<redacted>_f") in each for each in words)
    assert not any(symbol_word("z_hunter2_f") in each for each in words)

    again = redact_stored(database, compile_pattern("hunter2"))
    assert (again.counts, again.places) == (Counter(), [])
    assert redact_stored(database, compile_pattern("not there")).kept == []
    # A string is matched by itself, not as a part of the JSON that holds it.
    redact_stored(database, compile_pattern("^/home/", regex=True))
    assert read_facts(database, ids.values())[ids["lib/libplain.so.1"]].rpath == (
        "<redacted><redacted>/lib"
    )
