"""The page of a planned splice, and the ways to it."""

from flask.testing import FlaskClient

from tests.service.answers import get
from tests.web.reading import html_of, links_in, picture_in, rows_of, text_in

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


def test_plans_are_offered_for_what_a_root_is_deployed_with(client: FlaskClient) -> None:
    target = get(client, f"/specs/{SPLICED}/plan")["plan"]["target"]["hash"]
    way = links_in(html_of(client, f"/spec/{target}"))["What else it could be deployed with"]
    offered = links_in(html_of(client, way))
    assert {"mpi", "mpich"} <= offered.keys()
    assert "What else it could" not in html_of(client, f"/spec/{SPLICED}")
    html = html_of(client, f"{offered['mpi']}&limit=3")
    rows = rows_of(html, "plans")
    assert rows
    assert {row[3] for row in rows} == {"unknown"}
    plan = next(href for href in links_in(html).values() if href.startswith("/plan?"))
    assert "Whether it would start is not known" in text_in(html_of(client, plan))


def test_plans_of_nothing_say_why(client: FlaskClient) -> None:
    assert "Enter the roots" in text_in(html_of(client, "/plans"))
    assert "Enter the roots" in text_in(html_of(client, "/plans?q=hdf5&with="))
    assert "No stored root is" in text_in(html_of(client, "/plans?q=hdf5@99&with=zlib"))
    none = text_in(html_of(client, "/plans?q=hdf5&with=hdf5&limit=5"))
    assert "Spack would make none of these splices" in none
    html_of(client, "/plans?q=hdf5@", 400)
    html_of(client, "/plans?q=hdf5@&with=zlib", 400)
    html_of(client, "/plans?q=hdf5&with=zlib@", 400)
    html_of(client, "/plans?q=hdf5&with=zlib&limit=x", 400)


def test_every_pair_is_on_some_page_of_plans(client: FlaskClient) -> None:
    body = {"q": "parallel-netcdf", "with": ["mvapich2"], "limit": 100}
    expected = client.post("/api/v1/splices/plans", json=body).get_json()
    assert expected["next"] is None
    address: str | None = "/plans?q=parallel-netcdf&with=mvapich2&limit=8"
    found: list[list[str]] = []
    pages = 0
    while address:
        html = html_of(client, address)
        found += rows_of(html, "plans") if 'id="plans"' in html else []
        address, pages = links_in(html).get("Next page"), pages + 1
    assert pages == -(-expected["total"]["count"] // 8)
    assert pages > 1
    assert len(found) == len(expected["items"])
