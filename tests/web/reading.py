"""Reading pages: their text, tables and links, and the picture that their script draws."""

import json
import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient


def html_of(client: FlaskClient, address: str, status: int = 200) -> str:
    """Return a page as a browser gets it."""
    response = client.get(address, headers={"Accept": "text/html"})
    assert response.status_code == status
    return response.get_data(as_text=True)


def text_in(html: str) -> str:
    """Return the text of some HTML, without tags and scripts."""
    words = re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.S)
    return " ".join(unescape(words).split())


def rows_of(html: str, table: str) -> list[list[str]]:
    """Return the cells of the body of the table with an id."""
    found = re.search(rf'<table[^>]* id="{table}">(.*?)</table>', html, re.S)
    assert found is not None
    rows = re.findall(r"<tr.*?</tr>", found[1].partition("</thead>")[2], re.S)
    return [[text_in(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", r, re.S)] for r in rows]


def links_in(html: str) -> dict[str, str]:
    """Return the addresses of the links of a page by their text."""
    found = re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', html, re.S)
    return {text_in(text): unescape(href) for href, text in found}


def picture_in(html: str) -> dict[str, Any]:
    """Return the picture of a page as its script reads it."""
    found = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)
    assert found is not None
    picture: dict[str, Any] = json.loads(found[1])
    return picture


_QUERY = re.compile(r'<div class="code"><pre tabindex="0">(.*?)</pre>', re.S)


def queries_in(html: str) -> tuple[list[str], list[str]]:
    """Return the query that draws a page, if any, and the statements that it ran."""
    behind = html.partition('<details class="cypher"')[2]
    drawn, _, internal = behind.partition('<details class="internal"')
    first, rest = (
        [unescape(each).strip() for each in _QUERY.findall(p)] for p in (drawn, internal)
    )
    return first, rest
