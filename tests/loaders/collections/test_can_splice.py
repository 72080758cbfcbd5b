"""Exports of `can_splice`: reading them, storing them, and what a later export replaces."""

import json
from pathlib import Path
from typing import Any

import pytest

from cypher.run import Database
from loaders.collections import can_splice
from loaders.collections.can_splice import Directive, ExaminedRecipe
from loaders.errors import DocumentError, Fault, Problem
from loaders.load_options import LoadOptions
from loaders.pipeline.kinds import recognize_file
from loaders.pipeline.reports import LoadReport
from loaders.store.removal.sites import delete_site
from loaders.store.removal.unused import Tally
from service.app import create_app
from tests.loaders.collections.gathered import COLLECTIONS
from tests.loading import load

EXPORT = COLLECTIONS / "can-splice-1.1.0.json"


def export(*recipes: dict[str, Any], **more: Any) -> bytes:
    head = {"file-type": "specgraph-can-splice", "version": 1, "recipes": recipes}
    return json.dumps({**head, **more}).encode()


def recipe(package: str, *targets: str, **more: Any) -> dict[str, Any]:
    directives = [{"target": each, "when": "@2", **more} for each in targets]
    return {"namespace": "lab", "package": package, "can_splice": directives}


def read(raw: bytes) -> list[ExaminedRecipe | Problem]:
    return list(can_splice.read(raw, "export"))


def test_an_export_of_real_spack_is_read() -> None:
    found = {
        each.package: each for each in read(EXPORT.read_bytes()) if isinstance(each, ExaminedRecipe)
    }
    assert len(found) == 7
    assert found["app"] == ExaminedRecipe("abilab", "app", ())
    assert found["libfoo"].directives == (
        Directive("libfoo@1.0", "@1.1", ("*",), ("build_system", "pic")),
    )
    assert found["lab-mvapich"].directives == (Directive("lab-mpich@4.1:", "@3.0", (), ()),)
    kind = recognize_file(EXPORT)
    assert kind is can_splice.KIND


def test_a_recipe_that_cannot_be_read_is_a_problem_and_the_others_are_read() -> None:
    bad = [
        recipe("bad", "foo@"),
        recipe("bad", "foo", when="^^"),
        recipe("bad", "@1"),
        recipe("bad", "foo", variants=["a b"]),
        recipe("no name", "foo"),
    ]
    *problems, good = read(export(*bad, recipe("good", "foo", match_variants=["a"])))
    assert isinstance(good, ExaminedRecipe)
    assert good.directives == (Directive("foo", "@2", ("a",), ()),)
    places = [each.error.pointer for each in problems if isinstance(each, Problem)]
    assert places == [
        "/recipes/0/can_splice/0/target",
        "/recipes/1/can_splice/0/when",
        "/recipes/2/can_splice/0/target",
        "/recipes/3/can_splice/0/variants",
        "/recipes/4/package",
    ]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (export(version=2), Fault.UNKNOWN_FORMAT),
        (export(version=True), Fault.UNKNOWN_FORMAT),
        (b'{"file-type": "specgraph-can-splice"}', Fault.UNKNOWN_FORMAT),
        (export(recipes={}), Fault.INVALID),
        (export({"package": "foo"}), Fault.INVALID),
        (export()[:-1], Fault.MALFORMED),
    ],
)
def test_what_is_no_export_of_a_known_version_is_refused(raw: bytes, fault: Fault) -> None:
    with pytest.raises(DocumentError) as raised:
        read(raw)
    assert raised.value.fault is fault


def load_export(
    database: Database, folder: Path, *recipes: dict[str, Any], site: str = "lab"
) -> LoadReport:
    path = folder / "export.json"
    path.write_bytes(export(*recipes))
    return load(database, [path], LoadOptions(site=site))[0]


def targets(database: Database, package: str) -> set[tuple[str, str]]:
    splice = {"package": package, "replacement": "", "replaced": []}
    (found,) = database.read_one("splice_evidence", splices=[splice])
    return {(each["target"], each["site"]) for each in found["directives"]}


def test_a_later_export_replaces_the_directives_of_its_recipes_at_its_site(
    database: Database, tmp_path: Path
) -> None:
    load_export(database, tmp_path, recipe("one", "foo", "bar"), recipe("two", "foo"))
    load_export(database, tmp_path, recipe("one", "foo"), site="other")
    again = load_export(database, tmp_path, recipe("one", "foo", "bar"))
    assert again.counts["new_directives"] == again.counts["new_withdrawn"] == 0
    changed = load_export(database, tmp_path, recipe("one", "bar", "baz"))
    assert (changed.counts["new_directives"], changed.counts["new_withdrawn"]) == (1, 1)
    assert targets(database, "one") == {("bar", "lab"), ("baz", "lab"), ("foo", "other")}
    assert targets(database, "two") == {("foo", "lab")}
    load_export(database, tmp_path, recipe("two"))
    assert targets(database, "two") == set()


def test_the_directives_of_a_site_are_removed_with_it(database: Database, tmp_path: Path) -> None:
    load_export(database, tmp_path, recipe("one", "foo"))
    load_export(database, tmp_path, recipe("one", "foo"), site="other")
    tally = Tally()
    delete_site(database, "lab", tally)
    assert tally.counts["CanSplice"] == 1
    assert targets(database, "one") == {("foo", "other")}


def test_an_export_is_uploaded(database: Database) -> None:
    client = create_app(database).test_client()
    sent = client.post("/api/v1/documents?site=lab", data=EXPORT.read_bytes())
    assert sent.status_code == 201, sent.text
    assert targets(database, "fmpi-b") == {("fmpi-a@1.0", "lab")}
    assert client.post("/api/v1/documents?site=lab", data=EXPORT.read_bytes()).status_code == 200
    future = client.post("/api/v1/documents", data=export(version=2))
    assert future.status_code == 422
    assert "known are 1" in future.json["detail"]  # type: ignore[index]
