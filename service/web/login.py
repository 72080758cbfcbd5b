"""The page that takes a token and keeps it in a cookie that scripts cannot read."""

import time

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from loaders.store.tokens import READ
from service.access import COOKIE
from service.api import auth
from service.api.request import service_address

blueprint = Blueprint("login", __name__)

_LONGEST_SECONDS = 30 * 86400
"""How long a browser keeps the cookie of a token that is valid for longer."""


@blueprint.get("/login")
def show_login() -> str:
    """Show the form for a token."""
    return render_form(_local_path(request.args.get("next", "")))


@blueprint.post("/login")
def log_in() -> BaseResponse:
    """Keep a valid token in a cookie, and go on to the page that was asked for."""
    target = _local_path(request.form.get("next", ""))
    text = request.form.get("token", "").strip()
    grant = auth.find_grant(text, READ)
    if grant is None:
        message = "This token is not valid: unknown, expired or revoked."
        return make_response(render_form(target, message), 403)
    seconds = _LONGEST_SECONDS
    if grant.expires is not None:
        seconds = max(1, min(seconds, int(grant.expires - time.time())))
    response = redirect(target, 303)
    response.set_cookie(
        COOKIE,
        text,
        max_age=seconds,
        secure=service_address().startswith("https:"),
        httponly=True,
        samesite="Strict",
    )
    return response


@blueprint.post("/logout")
def log_out() -> BaseResponse:
    """Let the browser forget the token."""
    response = redirect("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="Strict")
    return response


def render_form(target: str, message: str | None = None) -> str:
    """Return the page with the form.

    Args:
        target: Path of the page to go on to.
        message: Why a token was refused.
    """
    return render_template("login.html", target=target, message=message)


def answer_missing_token(response: Response) -> Response:
    """Return the form in place of a page that needs a token, with the same status."""
    target = request.full_path.rstrip("?") if request.method == "GET" else "/"
    page = make_response(render_form(_local_path(target)), response.status_code)
    page.headers["WWW-Authenticate"] = response.headers["WWW-Authenticate"]
    return page


def has_cookie() -> bool:
    """Return whether the browser keeps a token."""
    return COOKIE in request.cookies


def _local_path(text: str) -> str:
    """Return a path of this service; `/` in place of an address elsewhere."""
    # Browsers take a backslash for a slash, and two slashes for the start of a host.
    is_local = text.startswith("/") and not text.startswith(("//", "/\\", "/login", "/logout"))
    return text if is_local and text.isprintable() else "/"
