"""Files for Neo4j Browser: a guide, favourites and a style."""

from flask import Blueprint, Response, abort, current_app, render_template, request

from cypher.favourites import browser_style, favourites, zip_archive
from service.api.request import service_address

blueprint = Blueprint("neo4j_browser", __name__)

GUIDE = "/browser/guide.html"
"""The path of the guide."""
_FETCHED = "neo4j_browser.fetched_"


@blueprint.get("/browser")
def page() -> str:
    """The page that explains how to use the guide, the favourites and the style."""
    config = current_app.config
    return render_template(
        "neo4j_browser/page.html",
        browser=config.get("NEO4J_BROWSER_URL"),
        played=config.get("NEO4J_BROWSER_GUIDE"),
        guide=config.get("NEO4J_BROWSER_GUIDE") or service_address() + GUIDE,
        favourites=sorted(favourites().values(), key=lambda each: each.title),
    )


@blueprint.get(GUIDE, endpoint="fetched_guide")
def guide() -> str:
    """The guide that the Browser plays; its links are absolute, as the Browser's page shows it."""
    return render_template(
        "neo4j_browser/guide.html", root=service_address(), favourites=favourites()
    )


@blueprint.get("/browser/favourites.zip", endpoint="fetched_favourites")
def all_favourites() -> Response:
    """All named queries as one file, to drop on the Browser."""
    return _file(zip_archive(), "application/zip", "specgraph-favourites.zip")


@blueprint.get("/browser/favourites/<name>.cypher", endpoint="fetched_favourite")
def favourite(name: str) -> Response:
    """One named query."""
    found = favourites().get(name)
    if found is None:
        abort(404, f"there is no favourite {name!r}")
    return _file(found.text, "text/plain", f"{name}.cypher")


@blueprint.get("/browser/specgraph.grass", endpoint="fetched_style")
def graph_style() -> Response:
    """The Browser's style for this graph."""
    return _file(browser_style(), "text/plain", "specgraph.grass")


def _file(content: str | bytes, mimetype: str, name: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.after_request
def _open_to_the_browser(response: Response) -> Response:
    """Let a Browser of any origin read the files: they are public and hold no data."""
    if (request.endpoint or "").startswith(_FETCHED):
        response.headers["Access-Control-Allow-Origin"] = "*"
        if request.method == "OPTIONS":
            # The Browser requests guides with cache-control headers, which take a preflight.
            response.headers["Access-Control-Allow-Methods"] = "GET"
            response.headers["Access-Control-Allow-Headers"] = "cache-control, pragma"
            response.headers["Access-Control-Max-Age"] = "600"
    return response
