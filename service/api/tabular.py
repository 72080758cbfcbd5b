"""Answer lists as CSV or as tab-separated values, for clients that ask for one of them."""

from urllib.parse import urlencode

from flask import Flask, Response, request

from service.tables import as_csv, as_tsv, list_of

_WRITERS = {"text/csv": as_csv, "text/tab-separated-values": as_tsv}


def register(app: Flask, prefix: str) -> None:
    """Answer lists of an app in the media type that a client prefers.

    The cursor of the next page is in the header `Link`, with `rel="next"`.

    Args:
        app: The app.
        prefix: Path of the REST API.
    """

    @app.after_request
    def convert(response: Response) -> Response:
        is_answer = request.path.startswith(prefix) and response.mimetype == "application/json"
        if not is_answer or request.method != "GET" or response.status_code != 200:
            return response
        response.vary.add("Accept")
        wanted = request.accept_mimetypes.best_match(["application/json", *_WRITERS])
        body = response.get_json() if wanted in _WRITERS else None
        items = list_of(body)
        if wanted is None or items is None:
            return response
        response.set_data(_WRITERS[wanted](items))
        response.mimetype = wanted
        following = body.get("next") if isinstance(body, dict) else None
        if following:
            response.headers["Link"] = f'<{_next_address(following)}>; rel="next"'
        return response


def _next_address(cursor: str) -> str:
    arguments = {**request.args.to_dict(), "cursor": cursor}
    return f"{request.path}?{urlencode(arguments)}"
