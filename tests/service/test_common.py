"""`common`: what the DAGs of several specs share."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api import listing
from spec_syntax import version_key
from tests.documents import SPECS, SPLICED, document, dumped, named, node
from tests.service.answers import API, get, hashes, kind, problem, upload
from tests.service.reading import Reading

GROUPS = [
    ["hdf5-1.14.6", "lab-suite", "lab-sim-2.0-iw5yw6b"],
    ["hdf5-1.12.2", "cmake-3.23.1"],
    ["hdf5-1.10.7", "cmake-3.21.4"],
    ["lab-suite", "lab-sim-2.0-iw5yw6b", "lab-mpich", "results--lab-sim-2.0-mscfyxf"],
    ["xz-5.6.3", "hdf5-1.12.2"],
]


def _reached(reading: Reading, deptypes: set[str]) -> set[str]:
    reached = [reading.root]
    for hash_ in reached:
        below = [arrow.target for arrow in reading.arrows_of(hash_) if arrow.deptypes & deptypes]
        reached += [target for target in below if target not in reached]
    return set(reached)


def _key(label: dict[str, Any]) -> tuple[str, str, str]:
    return label["name"], version_key(label["version"]), label["hash"]


def _packages(readings: list[Reading], sides: list[set[str]]) -> list[dict[str, Any]]:
    shared = set.intersection(*sides)
    others = [
        [reading.label(hash_) for hash_ in side - shared]
        for reading, side in zip(readings, sides, strict=True)
    ]
    names = set.intersection(*({label["name"] for label in side} for side in others))
    found = []
    for name in sorted(names):
        versions = {label["version"] for side in others for label in side if label["name"] == name}
        found.append({"name": name, "versions": sorted(versions, key=version_key)})
    return found


@pytest.mark.parametrize("deptypes", ["build,link,run,test", "link,run", "build"])
@pytest.mark.parametrize("group", GROUPS, ids="-".join)
def test_shared_specs_are_the_intersection(
    client: FlaskClient, group: list[str], deptypes: str
) -> None:
    upload(client, *(path.read_bytes() for path in [*SPECS, *SPLICED]))
    readings = [Reading(named(prefix)) for prefix in group]
    sides = [_reached(reading, set(deptypes.split(","))) for reading in readings]
    at_run_time = set.intersection(*(_reached(reading, {"link", "run"}) for reading in readings))
    shared = [readings[0].label(hash_) for hash_ in set.intersection(*sides)]
    expected = [
        {**label, "deployed": label["hash"] in at_run_time} for label in sorted(shared, key=_key)
    ]
    roots = ",".join(f"/{reading.root[:9]}" for reading in readings)
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        question = {"hashes": roots, "deptypes": deptypes, "facts": "none"}
        page = get(client, "/common", limit=3, cursor=cursor, **question)
        items += page.pop("items")
        cursor = page.pop("next")
        assert page == {
            "specs": [reading.label(reading.root) for reading in readings],
            "total": {"count": len(expected), "type": "EXACT"},
            "packages": _packages(readings, sides),
            "packages_truncated": False,
        }
    assert items == expected


def test_a_spec_shares_everything_with_itself_and_nothing_with_another(client: FlaskClient) -> None:
    zlib, other = node("zlib", "1.3"), node("zlib", "1.4")
    app = node("app", "1.0", [(zlib, ["link"])])
    upload(client, dumped(document(app, zlib)), dumped(document(other)))
    page = get(client, "/common", hashes=f"{app['hash']},/{app['hash']}")
    assert hashes(page) == [app["hash"], zlib["hash"]]
    assert [spec["hash"] for spec in page["specs"]] == [app["hash"]]
    page = get(client, "/common", hashes=f"{app['hash']}, {other['hash']}")
    assert page["items"] == []
    assert page["packages"] == [{"name": "zlib", "versions": ["1.3", "1.4"]}]


def test_a_build_dependency_of_one_is_not_deployed_in_all(client: FlaskClient) -> None:
    zlib, cmake = node("zlib"), node("cmake")
    one = node("app", "1.0", [(zlib, ["link"]), (cmake, ["build"])])
    other = node("app", "2.0", [(zlib, ["build", "run"]), (cmake, ["run"])])
    upload(client, *(dumped(document(root, zlib, cmake)) for root in (one, other)))
    page = get(client, "/common", hashes=f"{one['hash']},{other['hash']}")
    assert {item["name"]: item["deployed"] for item in page["items"]} == {
        "cmake": False,
        "zlib": True,
    }


def test_packages_are_listed_up_to_a_bound(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = []
    for version in ("1", "2"):
        below = [node(f"lib{letter}", version) for letter in "cab"]
        roots.append(node("app", "1.0", [(each, ["link"]) for each in below]))
        upload(client, dumped(document(roots[-1], *below)))
    both = ",".join(root["hash"] for root in roots)
    page = get(client, "/common", hashes=both)
    names = ["app", "liba", "libb", "libc"]
    assert [each["name"] for each in page["packages"]] == names
    assert page["packages_truncated"] is False
    monkeypatch.setattr(listing, "MAX_PACKAGES", 3)
    page = get(client, "/common", hashes=both)
    assert [each["name"] for each in page["packages"]] == names[:3]
    assert page["packages_truncated"] is True


@pytest.mark.parametrize(
    ("hashes_", "status"),
    [("", 400), ("a", 400), (",".join("a" * 51), 400), ("zlib@1,a", 404), ("a,b", 404)],
)
def test_an_invalid_question_is_refused(client: FlaskClient, hashes_: str, status: int) -> None:
    response = client.get(f"{API}/common", query_string={"hashes": hashes_})
    assert problem(response)["status"] == status


def test_a_cursor_of_another_question_is_refused(client: FlaskClient) -> None:
    reading = Reading(named("hdf5-1.14.6"))
    upload(client, named("hdf5-1.14.6").read_bytes())
    both = f"{reading.root},{reading.root}"
    cursor = get(client, "/common", hashes=both, limit=1)["next"]
    question = {"hashes": both, "deptypes": "link", "cursor": cursor}
    assert kind(problem(client.get(f"{API}/common", query_string=question))) == "bad-cursor"
