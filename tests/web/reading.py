"""Reads a page as a person does, and the picture in it as its script does."""

import json
import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient


def html_of(client: FlaskClient, address: str, status: int = 200) -> str:
    """A page as a browser gets it."""
    response = client.get(address, headers={"Accept": "text/html"})
    assert response.status_code == status
    return response.get_data(as_text=True)


def text_in(html: str) -> str:
    """What some HTML says, without its tags."""
    words = re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.S)
    return " ".join(unescape(words).split())


def rows_of(html: str, table: str) -> list[list[str]]:
    """The cells of a table's body, by its id."""
    found = re.search(rf'<table[^>]* id="{table}">(.*?)</table>', html, re.S)
    assert found is not None
    rows = re.findall(r"<tr.*?</tr>", found[1].partition("</thead>")[2], re.S)
    return [[text_in(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", r, re.S)] for r in rows]


def links_in(html: str) -> dict[str, str]:
    """Where the links of a page lead, by what they say."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.S)
    return {text_in(text): unescape(href) for href, text in found}


def picture_in(html: str) -> dict[str, Any]:
    """The picture of a page."""
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)
    assert found is not None
    picture: dict[str, Any] = json.loads(found[1])
    return picture
