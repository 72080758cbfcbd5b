"""The manual: the documents of the project, rendered and cut into sections for searching."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = "/manual"
"""Address of the manual."""
INDEX = "docs/README.md"
"""The document that lists the others."""
_IN_A_WHEEL = Path(__file__).parent / "manual_documents"
_IN_A_CHECKOUT = Path(__file__).parents[2]
_PICTURES = frozenset({".png", ".svg"})
_REMOTE = re.compile(r"[a-z]+:|//")


@dataclass(frozen=True)
class Section:
    """A part of a page from one heading to the next.

    Attributes:
        page: Title of the page.
        address: Address of the heading.
        title: Text of the heading.
        text: Text below the heading, without markup.
    """

    page: str
    address: str
    title: str
    text: str


@dataclass(frozen=True)
class ManualPage:
    """A rendered document.

    Attributes:
        address: Address of the page.
        title: Its first heading.
        html: The document as HTML; it has no scripts, no styles and no HTML of its own.
        sections: Its sections in order.
    """

    address: str
    title: str
    html: str
    sections: tuple[Section, ...]


@cache
def manual_folder() -> Path:
    """Return the folder that holds the documents, in a wheel or in a checkout."""
    return _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _IN_A_CHECKOUT


@cache
def documents_by_name() -> Mapping[str, str]:
    """Map the name of each page in addresses to the path of its document in the folder."""
    folder = manual_folder()
    paths = [*folder.glob("*.md"), *(folder / "docs").rglob("*.md")]
    documents = (path.relative_to(folder).as_posix() for path in paths)
    return {_page_name(document): document for document in documents}


def _page_name(document: str) -> str:
    """Return the name of a document in addresses: `docs/queries.md` is `queries`."""
    if document == INDEX:
        return ""
    name = document.removesuffix(".md").removeprefix("docs/").removesuffix("/README")
    return name if document.startswith("docs/") else name.lower()


def picture_path(name: str) -> Path | None:
    """Return the path of a picture of the manual, or None if there is none of that name.

    Args:
        name: Path relative to the documents, such as `pictures/why.png`.
    """
    folder = manual_folder() / "docs"
    path = (folder / name).resolve()
    inside = path.is_relative_to(folder.resolve())
    return path if inside and path.suffix in _PICTURES and path.is_file() else None


@cache
def manual_page(name: str) -> ManualPage | None:
    """Return a page of the manual, or None if there is none of that name.

    Args:
        name: Name of the page in addresses; the empty name is the index.
    """
    document = documents_by_name().get(name)
    if document is None:
        return None
    text = (manual_folder() / document).read_text("utf-8")
    markdown = _markdown()
    tokens = markdown.parse(text)
    address = page_address(name)
    for token in tokens:
        for child in token.children or ():
            _rewrite_link(child, document)
    sections = tuple(_cut_into_sections(tokens, address))
    html = markdown.renderer.render(tokens, markdown.options, {})
    return ManualPage(address, sections[0].page, html, sections)


@cache
def _markdown() -> MarkdownIt:
    """Return the renderer: no HTML of documents, and keyboards can scroll what may be wide."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    markdown.add_render_rule("fence", _show_code)
    return markdown


def _open_table(
    _self: object, tokens: Sequence[Token], index: int, _options: object, _env: object
) -> str:
    number = sum(token.type == "table_open" for token in tokens[: index + 1])
    return f'<div class="wide" role="region" aria-label="Table {number}" tabindex="0"><table>'


def _close_table(*_: object) -> str:
    return "</table></div>"


def _show_code(
    _self: object, tokens: Sequence[Token], index: int, _options: object, _env: object
) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


def page_address(name: str) -> str:
    """Return the address of a page."""
    return f"{ROOT}/{name}" if name else ROOT


def _rewrite_link(token: Token, document: str) -> None:
    """Replace a link to a document or picture by its address; drop links to other files."""
    attribute = "src" if token.type == "image" else "href"
    target = token.attrs.get(attribute)
    if not isinstance(target, str) or target.startswith("#") or _REMOTE.match(target):
        return
    path, _, anchor = target.partition("#")
    full = normpath(join(dirname(document), path))
    if token.type == "image":
        token.attrs[attribute] = f"{ROOT}/{full.removeprefix('docs/')}"
        token.attrs["loading"] = "lazy"
        return
    full = f"{full}/README.md" if not full.endswith(".md") else full
    name = _page_name(full)
    if name in documents_by_name():
        token.attrs[attribute] = page_address(name) + (f"#{anchor}" if anchor else "")
    else:
        del token.attrs[attribute]


def _cut_into_sections(tokens: Sequence[Token], address: str) -> Iterator[Section]:
    """Yield the sections of a page, and give its headings the anchors that they are linked by."""
    title = anchor = page = ""
    texts: list[str] = []
    anchors: set[str] = set()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            if title:
                yield Section(page, f"{address}#{anchor}", title, " ".join(texts))
            title, texts = _plain_text(tokens[index + 1]), []
            page = page or title
            anchor = _unused_anchor(anchor_of(title), anchors)
            token.attrs["id"] = anchor
        elif token.type in ("inline", "fence", "code_block"):
            texts.append(_plain_text(token))
    yield Section(page, f"{address}#{anchor}", title, " ".join(texts))


def _plain_text(token: Token) -> str:
    if token.children is None:
        return token.content
    return "".join(
        " " if child.type == "softbreak" else child.content
        for child in token.children
        if child.type != "image"
    )


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as sites that host code derive it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _unused_anchor(anchor: str, used: set[str]) -> str:
    name, number = anchor, 0
    while name in used:
        number += 1
        name = f"{anchor}-{number}"
    used.add(name)
    return name


def search_manual(text: str, limit: int = 30) -> list[Section]:
    """Return the sections that contain all words of a text, matches in headings first.

    Args:
        text: Words, compared regardless of case.
        limit: Most sections to return.
    """
    words = text.lower().split()
    if not words:
        return []
    found = [
        section
        for name in sorted(documents_by_name())
        for section in _page_sections(name)
        if all(word in f"{section.page} {section.title} {section.text}".lower() for word in words)
    ]
    # Decisions and benchmarks explain the product to its developers: after what its users read.
    found.sort(key=lambda each: (_misses_heading(each, words), "/decisions/" in each.address))
    return found[:limit]


def _misses_heading(section: Section, words: list[str]) -> bool:
    heading = f"{section.page} {section.title}".lower()
    return not all(word in heading for word in words)


def _page_sections(name: str) -> tuple[Section, ...]:
    page = manual_page(name)
    return page.sections if page else ()
