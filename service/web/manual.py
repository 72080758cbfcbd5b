"""The manual as pages of the service: readable without a network, in the version that runs."""

from flask import Blueprint, Response, abort, render_template, request, send_file

from service.web.manual_pages import ROOT, manual_page, picture_path, search_manual

blueprint = Blueprint("manual", __name__, url_prefix=ROOT)

_EXCERPT = 200
_ABOUT_A_DAY = 86400


@blueprint.get("")
def index() -> str:
    """The list of documents, or the sections that contain the words of `q`."""
    words = request.args.get("q", "").strip()
    page = manual_page("")
    return render_template(
        "manual/index.html",
        page=page,
        words=words,
        found=[(each, excerpt(each.text, words)) for each in search_manual(words)],
    )


@blueprint.get("/<path:name>")
def document(name: str) -> str | Response:
    """One document, or a picture of one."""
    picture = picture_path(name)
    if picture is not None:
        return send_file(picture, max_age=_ABOUT_A_DAY)
    page = manual_page(name)
    if page is None:
        abort(404, f"the manual has no page {name!r}")
    return render_template("manual/page.html", page=page)


def excerpt(text: str, words: str) -> str:
    """Return the part of a text around the first of some words, cut at blanks.

    Args:
        text: The text.
        words: Words that a reader searched for.
    """
    lowered = text.lower()
    places = [place for word in words.lower().split() if (place := lowered.find(word)) >= 0]
    start = max(0, min(places, default=0) - _EXCERPT // 2)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = start + _EXCERPT
    end = text.rfind(" ", start, end) if len(text) > end else len(text)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
