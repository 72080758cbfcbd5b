"""`why`: all shortest chains, held against chains that are made one by one."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.dags.dag import Step
from service.dags.shortest_chains import ShortestPaths
from spec_syntax import version_key
from tests.documents import document, dumped, named, node
from tests.service.answers import API, get, kind, problem, upload
from tests.service.reading import Reading

EVERY = frozenset({"build", "link", "run", "test"})
PREFIXES = ["hdf5-1.12.2", "hdf5-1.14.6", "fftw-3.3.10", "results--lab-sim-2.0-mscfyxf"]


def _below(reading: Reading, hash_: str, deptypes: Iterable[str], *, built: bool) -> list[str]:
    """The next nodes on the deployed side, or on the built one."""
    arrows = reading.arrows_of(hash_)
    spliced = [arrow.target for arrow in arrows if arrow.kind == "SPLICED_FROM"]
    edges = [arrow.target for arrow in arrows if arrow.deptypes & set(deptypes)]
    above = reading.root
    chain = {above}
    while "build_spec" in reading.nodes[above]:
        above = reading.nodes[above]["build_spec"][reading.key]
        chain.add(above)
    if not built:
        return edges
    return spliced if spliced and hash_ in chain else edges + spliced


def _by_length(
    reading: Reading, deptypes: Iterable[str], *, built: bool
) -> dict[str, list[tuple[str, ...]]]:
    """All shortest chains to each node, by adding one step to all chains again and again."""
    found: dict[str, list[tuple[str, ...]]] = {}
    chains: list[tuple[str, ...]] = [(reading.root,)]
    while chains:
        new: dict[str, list[tuple[str, ...]]] = {}
        for chain in chains:
            if chain[-1] not in found:
                new.setdefault(chain[-1], []).append(chain)
        found |= new
        chains = [
            (*chain, below)
            for ending in new.values()
            for chain in ending
            for below in _below(reading, chain[-1], deptypes, built=built)
        ]
    return found


def _expected(
    reading: Reading, wanted: set[str], deptypes: Iterable[str] = EVERY
) -> list[tuple[str, tuple[str, ...]]]:
    """The chains that `why` must give, in order."""

    def order(chain: tuple[str, ...]) -> tuple[Any, ...]:
        nodes = [reading.nodes[hash_] for hash_ in chain]
        keys = [(n["name"], version_key(n["version"]), n[reading.key]) for n in nodes]
        return (len(chain), keys)

    answer = []
    sides = {"deployed": _by_length(reading, deptypes, built=False)}
    if "build_spec" in reading.nodes[reading.root]:
        sides["built"] = _by_length(reading, deptypes, built=True)
    for side, found in sides.items():
        ending = [chain for hash_, some in found.items() if hash_ in wanted for chain in some]
        answer += [(side, chain) for chain in sorted(ending, key=order)]
        wanted = wanted - found.keys()
    return answer


def _shown(answer: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    for chain in answer["chains"]:
        assert chain["length"] == len(chain["path"]) - 1
    return [
        (chain["side"], tuple(step["hash"] for step in chain["path"])) for chain in answer["chains"]
    ]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_why_gives_all_shortest_chains_to_each_node(client: FlaskClient, prefix: str) -> None:
    reading = Reading(named(prefix))
    upload(client, named(prefix).read_bytes())
    place = f"/specs/{reading.root}/why"
    for hash_ in reading.built(reading.root):
        answer = get(client, place, dependency=f"/{hash_}", limit=1000)
        expected = _expected(reading, {hash_})
        assert _shown(answer) == expected
        assert answer["root"] == reading.label(reading.root)
        assert answer["dependency"] == f"/{hash_}"
        assert answer["total"] == {"count": len(expected), "type": "EXACT"}
        assert answer["next"] is None


@pytest.mark.parametrize("deptypes", ["build,link,run,test", "link,run", "build", "run"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_why_pages_through_the_chains_to_several_nodes(
    client: FlaskClient, prefix: str, deptypes: str
) -> None:
    reading = Reading(named(prefix))
    upload(client, named(prefix).read_bytes())
    place = f"/specs/{reading.root}/why"
    expected = _expected(reading, set(reading.nodes), deptypes.split(","))
    shown: list[tuple[str, tuple[str, ...]]] = []
    cursor: str | None = ""
    while True:
        # Every node here has a platform.
        answer = get(
            client, place, dependency="platform=linux", deptypes=deptypes, limit=7, cursor=cursor
        )
        shown += _shown(answer)
        assert answer["total"] == {"count": len(expected), "type": "EXACT"}
        cursor = answer["next"]
        if cursor is None:
            break
        assert len(answer["chains"]) == 7
    assert shown == expected


def test_a_chain_lists_its_steps(client: FlaskClient) -> None:
    zlib = node("zlib", "1.3")
    png = node("libpng", "1.6", [(zlib, ["build", "link"])])
    app = node("app", "1.0", [(png, ["link"])])
    upload(client, dumped(document(app, png, zlib)))
    answer = get(client, f"/specs/{app['hash']}/why", dependency="zlib")
    steps = [
        {"hash": app["hash"], "name": "app", "version": "1.0"},
        {"hash": png["hash"], "name": "libpng", "version": "1.6", "by": "DEPENDS_ON"},
        {"hash": zlib["hash"], "name": "zlib", "version": "1.3", "by": "DEPENDS_ON"},
    ]
    types = [["link"], ["build", "link"]]
    for step, deptypes in zip(steps[1:], types, strict=True):
        step |= {"deptypes": deptypes, "virtuals": []}
    assert answer == {
        "root": steps[0],
        "dependency": "zlib",
        "chains": [{"side": "deployed", "length": 2, "path": steps}],
        "next": None,
        "total": {"count": 1, "type": "EXACT"},
    }


def _ladder(height: int) -> list[dict[str, Any]]:
    """A spec with two to the height shortest chains to zlib, root first."""
    nodes = [node("zlib")]
    for level in range(height):
        sides = [node(f"side{side}", f"1.{level}", [(nodes[0], ["link"])]) for side in "ab"]
        nodes = [node("rung", f"1.{level}", [(side, ["link"]) for side in sides]), *sides, *nodes]
    return nodes


def test_very_many_chains_are_counted_without_being_enumerated(client: FlaskClient) -> None:
    nodes = _ladder(60)
    upload(client, dumped(document(*nodes)))
    place = f"/specs/{nodes[0]['hash']}/why"
    answer = get(client, place, dependency="zlib")
    assert answer["total"] == {"count": 1_000_000, "type": "AT_LEAST"}
    assert [chain["length"] for chain in answer["chains"]] == [120] * 10
    following = get(client, place, dependency="zlib", cursor=answer["next"], limit=1000)
    names = [
        "".join(step["name"][-1] for step in chain["path"] if step["name"].startswith("side"))
        for chain in answer["chains"] + following["chains"]
    ]
    turns = itertools.islice(itertools.product("ab", repeat=10), 1010)
    assert names == ["a" * 50 + "".join(each) for each in turns]


def test_the_number_of_chains_is_exact_up_to_a_million(client: FlaskClient) -> None:
    nodes = _ladder(19)
    upload(client, dumped(document(*nodes)))
    answer = get(client, f"/specs/{nodes[0]['hash']}/why", dependency="zlib", limit=1)
    assert answer["total"] == {"count": 2**19, "type": "EXACT"}


@pytest.mark.parametrize("skip", [0, 1, 2**40, 2**64 - 3, 2**64, 2**64 + 1])
def test_any_path_is_reached_by_counting(skip: int) -> None:
    def steps(source: str) -> list[Step]:
        level = int(source.strip("ab"))
        below = [str(level + 1)] if source[-1] in "ab" else [f"{level}a", f"{level}b"]
        return [Step(source, target, "DEPENDS_ON") for target in below] if level < 64 else []

    ticks: list[int] = []
    found = ShortestPaths(
        "0",
        frozenset({"64", "elsewhere"}),
        lambda hash_: iter(steps(hash_)),
        lambda step: (step.target,),
        lambda: ticks.append(1),
    )
    assert found.total == 2**64
    assert found.reached == frozenset({"64"})
    paths = list(itertools.islice(found.iterate_paths(skip), 2))
    numbers = [
        int("".join(str("ab".index(s.target[-1])) for s in path if s.target[-1] in "ab"), 2)
        for path in paths
    ]
    assert numbers == [number for number in (skip, skip + 1) if number < 2**64]
    assert len(ticks) < 1000


def test_the_steps_of_all_paths_need_no_enumeration_of_the_paths() -> None:
    below = {"a": "bcx", "b": "de", "c": "d", "d": "f", "e": "f", "x": "y", "f": "g"}

    def steps(source: str) -> Iterator[Step]:
        return (Step(source, target, "DEPENDS_ON") for target in below.get(source, ""))

    found = ShortestPaths("a", frozenset("fx"), steps, lambda step: (step.target,))
    steps_of_paths = {step for path in found.iterate_paths() for step in path}
    assert set(found.distinct_steps()) == steps_of_paths
    assert len(found.distinct_steps()) == len(steps_of_paths) == 8


def test_why_follows_build_specs_and_only_the_chosen_types(client: FlaskClient) -> None:
    reading = Reading(named("results--lab-sim-2.0-mscfyxf"))
    upload(client, named("results--lab-sim-2.0-mscfyxf").read_bytes())
    place = f"/specs/{reading.root}/why"
    (chain,) = get(client, place, dependency="lab-openmpi")["chains"]
    assert chain["side"] == "built"
    assert [step.get("by") for step in chain["path"]][:2] == [None, "SPLICED_FROM"]
    (chain,) = get(client, place, dependency="lab-mvapich", deptypes="link")["chains"]
    assert chain["side"] == "deployed"
    for question in ({"dependency": "lab-mvapich", "deptypes": "build"}, {"dependency": "hdf5"}):
        answer = get(client, place, **question)
        assert answer["chains"] == []
        assert answer["next"] is None
        assert answer["total"] == {"count": 0, "type": "EXACT"}


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"deptypes": "links"}, 400),
        ({"deptypes": ","}, 400),
        ({"dependency": " "}, 400),
        ({"cursor": "nonsense"}, 400),
        ({"limit": 0}, 422),
        ({"limit": 1001}, 422),
    ],
)
def test_an_invalid_question_is_refused(
    client: FlaskClient, parameters: dict[str, Any], status: int
) -> None:
    reading = Reading(named("zlib-1.3.1"))
    upload(client, named("zlib-1.3.1").read_bytes())
    place = f"{API}/specs/{reading.root}/why"
    response = client.get(place, query_string={"dependency": "gcc", **parameters})
    assert problem(response)["status"] == status


def test_a_cursor_of_another_question_is_refused(client: FlaskClient) -> None:
    reading = Reading(named("hdf5-1.14.6"))
    upload(client, named("hdf5-1.14.6").read_bytes())
    place = f"/specs/{reading.root}/why"
    cursor = get(client, place, dependency="platform=linux", limit=1)["next"]
    response = client.get(API + place, query_string={"dependency": "gcc", "cursor": cursor})
    assert kind(problem(response)) == "bad-cursor"


def test_the_documents_hold_nodes_with_several_shortest_chains() -> None:
    """Else the tests above would show less than they seem to."""
    several = 0
    for prefix in PREFIXES:
        found = _by_length(Reading(named(prefix)), EVERY, built=False)
        several += sum(len(chains) > 1 for chains in found.values())
    assert several > 10
