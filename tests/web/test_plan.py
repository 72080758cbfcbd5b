"""The page of a planned splice, and the ways to it."""

from flask.testing import FlaskClient

from tests.service.answers import get
from tests.web.reading import html_of, links_in, picture_in, text_in

SPLICED = "lx3p57l"
"""Parallel-netcdf as built with mpich and deployed with mvapich2."""


def test_a_planned_splice_is_shown_as_a_splice(client: FlaskClient) -> None:
    origin = get(client, f"/specs/{SPLICED}/plan")
    plan = origin["plan"]
    kind = "yes" if plan["transitive"] else "no"
    address = f"/plan?target=/{plan['target']['hash']}&replacement=/{plan['replacement']['hash']}"
    html = html_of(client, f"{address}&transitive={kind}&replace=mpi")
    text = text_in(html)
    assert origin["hash"] in text
    assert f"/{SPLICED} is this splice" in text
    assert 'target: "mpich"' in text
    picture = picture_in(html)
    roles = {(node["label"], node["role"]) for node in picture["nodes"]}
    assert {("mpich", "taken-out"), ("mvapich2", "put-in")} <= roles
    cards = [node["card"] for node in picture["nodes"] if node.get("card")]
    assert all(client.get(card).status_code == 200 for card in cards)
    counts = {part: len(plan["summary"][part]) for part in plan["summary"]}
    assert f"{counts['kept']} kept, {counts['relinked']} relinked" in text


def test_every_dependency_of_a_dag_leads_to_a_plan(client: FlaskClient) -> None:
    target = get(client, f"/specs/{SPLICED}/plan")["plan"]["target"]["hash"]
    nodes = get(client, f"/specs/{target}/graph")["nodes"]
    mpich = next(node["hash"] for node in nodes if node["name"] == "mpich")
    card = links_in(client.get(f"/spec/{mpich}/card?root={target}").text)
    html = html_of(client, card["What if I replaced this?"])
    offered = [href for href in links_in(html).values() if "replacement=" in href]
    assert any(mpich in href for href in offered)
    assert all(f"target=%2F{target}" in href for href in offered)


def test_what_spack_would_refuse_is_said(client: FlaskClient) -> None:
    origin = get(client, f"/specs/{SPLICED}/plan")["plan"]
    target = origin["target"]["hash"]
    refused = html_of(client, f"/plan?target={target}&replacement={target}", 422)
    assert "Spack would not make this splice" in text_in(refused)
    html = html_of(client, "/plan?target=parallel-netcdf&replacement=", 200)
    assert "Which one?" in text_in(html)
    assert "Splice into" in text_in(html_of(client, "/plan"))
    html_of(client, "/plan?target=hdf5@&replacement=zlib", 400)


def test_a_splice_leads_to_the_plan_that_it_came_from(client: FlaskClient) -> None:
    way = links_in(html_of(client, f"/spec/{SPLICED}/splice"))["The plan that gives this splice"]
    answer = client.get(way, follow_redirects=True, headers={"Accept": "text/html"})
    assert f"/{SPLICED} is this splice" in text_in(answer.text)
    target = get(client, f"/specs/{SPLICED}/plan")["plan"]["target"]["hash"]
    assert "no plan gives this splice" in text_in(html_of(client, f"/spec/{target}/plan", 404))


def test_fixes_are_shown_with_their_plans_and_what_must_be_rebuilt(client: FlaskClient) -> None:
    answer = client.post(
        "/api/v1/splices/fixes", json={"dependency": "mpich", "with": ["mvapich2"]}
    )
    items = answer.get_json()["items"]
    html = html_of(client, "/fix?dependency=mpich&with=mvapich2")
    text = text_in(html)
    for each in items:
        assert each["root"]["hash"][:7] in text
        assert not each["rebuild"] or each["rebuild"] in text
    plans = [href for href in links_in(html).values() if href.startswith("/plan?")]
    assert any(each["splice"] for each in items) == bool(plans)
    for each in plans:
        assert "Install it" in text_in(html_of(client, each))
    assert "Enter a package" in text_in(html_of(client, "/fix"))
    assert "No root has" in text_in(html_of(client, "/fix?dependency=mpich@99"))
    html_of(client, "/fix?dependency=hdf5@", 400)
    html_of(client, "/fix?dependency=@1.0", 400)
