"""What all pages share: their headers, errors for people and for programs, odd parameters."""

import re
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.web.reading import html_of, text_in

SPLICED = "lx3p57l"
"""Parallel-netcdf as built with mpich and deployed with mvapich2."""
PARAMETERS = {
    "/": "q built_with deployed_with spliced_from spliced scope count limit cursor",
    f"/spec/{SPLICED}/abi": "site",
    f"/spec/{SPLICED}/card": "root",
    f"/spec/{SPLICED}/dag": "types expand why hubs reduce build_specs most",
    f"/spec/{SPLICED}/dependents": "transitive runtime roots_only limit cursor",
    f"/spec/{SPLICED}/plan": "x",
    f"/spec/{SPLICED}/splice": "step types kept cursor",
    f"/spec/{SPLICED}/splice/card": "spec step types",
    f"/spec/{SPLICED}/variations": "only cursor",
    f"/spec/{SPLICED}/why": "dependency deptypes limit cursor",
    "/audit": "name address since digest limit cursor",
    "/diff": "a b types change cursor",
    "/facets": "q built_with deployed_with site virtuals limit",
    "/fix": "dependency with site limit cursor",
    "/plans": "q with site transitive limit cursor",
    "/plan": "target replacement transitive replace kept relinked",
    "/impact": "dependency when q scope cursor",
    "/builds": "q status phase site since until diagnostic limit cursor",
    "/diagnostics": "q text kind site causes limit cursor",
    "/environments": "name with site limit cursor",
    "/environments/diff": "a b site",
    "/nearest": "spec",
    "/installations": "q site on explicit gone limit cursor",
    "/matrix": "by q site order row",
    "/regression": "q site",
    "/manual": "q",
    "/common": "hashes deptypes limit cursor",
    "/concretizations": "package site since until limit cursor",
    "/conflicts": "limit cursor",
    "/mirrors": "offers",
    "/owners": "path limit cursor",
    "/symbols": "name role site limit cursor",
    "/libraries/diff": "a b site limit",
    "/libraries": "soname needs spec site limit cursor",
    "/tests": "q status site limit cursor",
    "/trends": "site weeks",
    f"/spec/{SPLICED}/files": "limit cursor",
    "/sites": "x",
    "/browser": "x",
}
"""The parameters of each page by its path."""
ODD = (
    *("-1", "9" * 30, "\x00", "\N{GRINNING FACE}", "\N{ARABIC-INDIC DIGIT TWO}", "a" * 5_000),
    *("(" * 300, "hdf5 ^", "/zzzzzzz", "<script>alert(1)</script>", "W10"),
)
ANSWERS = {200, 302, 400, 404, 409}


@pytest.mark.parametrize("path", PARAMETERS)
def test_an_odd_parameter_is_refused_or_ignored(client: FlaskClient, path: str) -> None:
    for name in PARAMETERS[path].split():
        for value in ODD:
            answer = client.get(path, query_string={name: value}, headers={"Accept": "text/html"})
            assert answer.status_code in ANSWERS, (name, value)
            assert answer.mimetype == "text/html"
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize("page", ["/spec/{}", "/spec/{}/dag", "/build/{}", "/diagnostic/{}"])
def test_an_odd_path_is_not_found_or_refused(client: FlaskClient, page: str) -> None:
    for value in ODD:
        path = page.format(quote(value[:1_000], safe=""))
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code in {308, 400, 404, 409}, path


def test_a_page_runs_no_script_but_its_own_and_asks_no_other_host(client: FlaskClient) -> None:
    for path in PARAMETERS:
        answer = client.get(path, headers={"Accept": "text/html"})
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert re.findall(r"\sstyle=|\son\w+=|<style", answer.text) == []
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', answer.text) == []


def test_an_error_is_a_page_for_people_and_a_problem_for_programs(client: FlaskClient) -> None:
    path = "/spec/zzzzzzz"
    detail = "no spec has a hash that starts with zzzzzzz; no package is named zzzzzzz"
    assert detail in text_in(html_of(client, path, 404))
    problem = client.get(path, headers={"Accept": "application/json"})
    assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")
    assert problem.get_json(force=True)["detail"] == detail
    api = client.get(f"/api/v1/specs{path[5:]}", headers={"Accept": "text/html"})
    assert api.mimetype == "application/problem+json"
