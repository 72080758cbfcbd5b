"""`specgraph query`, `why`, `diff`, `splice`: over a database and over a running service."""

import pytest

from cypher.run import Database
from service.app import create_app
from tests.cli.commands import Commands, run
from tests.documents import SPECS, document, dumped, named, node
from tests.service.answers import upload
from tests.service.reading import Reading

SPLICE = named("results--lab-sim-2.0-mscfyxf")


@pytest.fixture
def stored(database: Database) -> None:
    """Real documents, plain and spliced."""
    client = create_app(database).test_client()
    upload(client, *(path.read_bytes() for path in [*SPECS, SPLICE]))


@pytest.fixture(params=["database", "service"])
def asking(request: pytest.FixtureRequest, specgraph: Commands, stored: None) -> Commands:
    """The commands on the database itself, and on a service over it."""
    if request.param == "database":
        return specgraph
    return Commands("--url", request.getfixturevalue("url"))


def test_query_finds_the_splice_and_says_why(asking: Commands) -> None:
    question = ("--built-with", "lab-openmpi", "--deployed-with", "lab-mvapich@3")
    answer = asking.json("query", *question)
    assert [item["hash"] for item in answer["items"]] == [Reading(SPLICE).root]
    lines = asking.table("query", *question).splitlines()
    assert lines[0] == "lab-sim@2.0/mscfyxf  spliced"
    assert lines[1].startswith(
        "  built with    lab-sim@2.0/mscfyxf ~built as~> lab-sim@2.0/iw5yw6b"
    )
    assert lines[2].startswith("  deployed with lab-sim@2.0/mscfyxf -")
    assert lines[3] == "1 of 1"


def test_query_takes_the_arguments_of_the_service(asking: Commands) -> None:
    assert asking.json("query", "hdf5@1.12:")["total"]["count"] == 2
    assert len(asking.json("query", "--limit", "3")["items"]) == 3
    roots = asking.json("query", "--limit", "1000")
    assert len(roots["items"]) == roots["total"]["count"] == len(SPECS) + 1
    every = asking.json("query", "--all", "--limit", "1000")
    known = {hash_ for path in [*SPECS, SPLICE] for hash_ in Reading(path).nodes}
    assert {item["hash"] for item in every["items"]} == known
    assert len(every["items"]) == every["total"]["count"] == len(known)
    assert [i["hash"] for i in asking.json("query", "--spliced")["items"]] == [Reading(SPLICE).root]
    assert len(asking.json("query", "--not-spliced")["items"]) == len(SPECS)


def test_query_that_finds_nothing_ends_with_1(asking: Commands) -> None:
    assert asking.json("query", "hdf5@9", status=1)["items"] == []
    assert asking.table("query", "hdf5@9", status=1).endswith("0 of 0\n")
    piped = asking.run("query", "hdf5@9", status=1)
    assert piped.stdout == ""
    assert piped.stderr.startswith("no hdf5 has a version 9; there are 1.14.6, ")


def test_a_syntax_error_is_shown_in_its_place(asking: Commands) -> None:
    output = asking.run("query", "hdf5@1.12 +mpi +", status=2).stderr
    assert output.splitlines()[-2:] == ["hdf5@1.12 +mpi +", "               ^"]


def test_why_shows_the_chain(asking: Commands) -> None:
    hdf5 = Reading(named("hdf5-1.14.6"))
    answer = asking.json("why", hdf5.root[:7], "xz@5.6")
    (chain,) = answer["chains"]
    names = [step["name"] for step in chain["path"]]
    assert (names[0], names[-1], len(names)) == ("hdf5", "xz", chain["length"] + 1)
    output = asking.table("why", f"/{hdf5.root[:7]}", "xz@5.6")
    assert output.startswith(f"deployed  hdf5@1.14.6/{hdf5.root[:7]} -")
    output = asking.run("why", hdf5.root, "lab-zx", status=1).stderr
    assert output == f"hdf5@1.14.6/{hdf5.root} does not depend on lab-zx\n"
    asking.run("why", hdf5.root, "xz", "--deptypes", "links", status=2)
    asking.run("why", hdf5.root, "xz", "--limit", "0", status=2)


def test_diff_lists_the_packages(asking: Commands) -> None:
    a, b = Reading(named("hdf5-1.10.7")), Reading(named("hdf5-1.12.2"))
    answer = asking.json("diff", a.root, b.root)
    assert (answer["a"]["version"], answer["b"]["version"]) == ("1.10.7", "1.12.2")
    output = asking.table("diff", a.root, b.root[:9])
    (line,) = (line for line in output.splitlines() if line.startswith("hdf5 "))
    assert "version: 1.10.7 -> 1.12.2" in line
    less = asking.json("diff", "--runtime", a.root, b.root)
    assert len(less["entries"]) < len(answer["entries"])


def test_splice_shows_the_changes(asking: Commands) -> None:
    root = Reading(SPLICE).root
    answer = asking.json("splice", root)
    assert answer["spliced"] is True
    output = asking.table("splice", f"/{root[:7]}")
    assert output.startswith("lab-sim@2.0/mscfyxf built as lab-sim@2.0/iw5yw6b\n")
    counts = "{kept} kept, {relinked} relinked, {taken_out} taken out, {put_in} put in"
    assert counts.format(**answer["counts"]) in output
    plain = Reading(named("zlib-1.3.1")).root
    assert "was not spliced" in asking.run("splice", plain, status=1).stdout
    assert asking.json("splice", plain, status=1)["spliced"] is False


@pytest.mark.parametrize(
    "words",
    [("splice", "a" * 32), ("why", "a" * 32, "zlib"), ("diff", "a" * 32, "b" * 32)],
)
def test_an_unknown_hash_ends_with_4(asking: Commands, words: tuple[str, ...]) -> None:
    assert "no spec has a hash that starts with" in asking.run(*words, status=4).stderr


@pytest.mark.parametrize("text", ["/", "a?b", "..", "zlib@", "^"])
def test_what_is_neither_a_hash_nor_a_spec_ends_with_2(asking: Commands, text: str) -> None:
    for words in (("splice", text), ("why", text, "zlib"), ("diff", text, "zlib")):
        assert "Error: " in asking.run(*words, status=2).stderr


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "give a hash or a spec"),
        ("zlib@1.0", "no zlib has a version 1.0; there are 1.3.1, "),
        ("nothing@1", "no package is named nothing"),
        ("189", "no package is named 189"),
        ("hdf", "no package is named hdf; did you mean hdf5?"),
        ("hdf5+mpii", "no hdf5 has +mpii; there is +mpi"),
    ],
)
def test_a_spec_that_nothing_satisfies_ends_with_4_and_advice(
    asking: Commands, text: str, advice: str
) -> None:
    for words in (("splice", text), ("why", text, "zlib"), ("diff", text, "zlib")):
        assert advice in asking.run(*words, status=4).stderr


def test_a_spec_stands_for_the_hash_of_the_only_one_that_satisfies_it(asking: Commands) -> None:
    splice = Reading(SPLICE).root
    assert asking.json("splice", "lab-sim ^lab-mvapich")["root"]["hash"] == splice
    old, new = Reading(named("hdf5-1.10.7")).root, Reading(named("hdf5-1.12.2")).root
    assert asking.json("diff", "hdf5@1.10", "hdf5@1.12") == asking.json("diff", old, new)
    assert asking.json("why", "hdf5@1.10", "zlib") == asking.json("why", old, "zlib")
    output = asking.run("why", "hdf5", "mpi", status=4).stderr
    assert "several specs satisfy 'hdf5'; name one by its hash" in output
    lines = [line.split() for line in output.splitlines()[1:]]
    assert {words[0] for words in lines} >= {old, new}
    assert len({tuple(words[1:]) for words in lines}) == len(lines) == 3


def test_an_ambiguous_hash_ends_with_4_and_the_candidates(
    specgraph: Commands, database: Database
) -> None:
    nodes = [node("zlib", f"1.{minor}") for minor in range(40)]
    client = create_app(database).test_client()
    upload(client, *(dumped(document(each)) for each in nodes))
    letters = [each["hash"][0] for each in nodes]
    letter = max(letters, key=letters.count)
    output = specgraph.run("splice", letter, status=4).stderr
    assert f"several specs have a hash that starts with {letter}" in output
    shown = [line.split() for line in output.splitlines() if line.startswith("  ")]
    fitting = {each["hash"] for each in nodes if each["hash"].startswith(letter)}
    assert {hash_ for hash_, _ in shown} <= fitting
    assert len(shown) == min(10, len(fitting))


def test_an_unreachable_service_ends_with_3(specgraph: Commands) -> None:
    for place in ("http://127.0.0.1:1", "no-such-scheme://x", "not a url"):
        run("query", "--url", place, status=3)
    for place in ("no-such-scheme://x", "bolt://127.0.0.1:1"):
        run("query", "--neo4j-uri", place, status=3)
        run("load", str(SPLICE), "--neo4j-uri", place, status=3)


def test_a_wrong_password_ends_with_3(specgraph: Commands) -> None:
    if "--neo4j-password" not in specgraph.options:
        pytest.skip("this database asks for no password")
    output = run("query", *specgraph.options, "--neo4j-password", "wrong", status=3).stderr
    assert "refuses user" in output
    assert "Traceback" not in output


def test_a_long_list_is_collected_page_by_page(specgraph: Commands, database: Database) -> None:
    documents = [document(node("zlib", f"1.{minor}")) for minor in range(450)]
    upload(create_app(database).test_client(), dumped(documents))
    for limit in (1, 200, 201, 430, 1000):
        answer = specgraph.json("query", "zlib", "--limit", str(limit))
        versions = [item["version"] for item in answer["items"]]
        assert versions == [f"1.{minor}" for minor in range(min(limit, 450))]
        assert answer["total"] == {"count": 450, "type": "EXACT"}
