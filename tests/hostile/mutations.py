"""Damage documents in ways that a reader may not expect, the same ones for the same seed."""

import gzip
import io
import json
import random
import re
import tarfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import zstandard

from tests.hostile.originals import Form, Original, originals

Change = Callable[[random.Random, bytes], bytes]

_SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(0.0, -0.0, 1e308, 5e-324, float("inf"), float("nan")),
    *("", " ", "\0", "\x1b[31m", "\ud800", "\udcff", "\u202e", "\ufeff", "é" * 50, "😀" * 300),
    *("x" * 5_000, "1." * 600, "9" * 5_000, "a" * 32, "/" * 100, "../" * 40, "%s%n{0}", "$`'\""),
    *("zlib", "@1:2", "build", "link", "=1.0", "1970-01-01", "null", "true", "[", "{"),
)
_CONTAINERS: tuple[Any, ...] = ([], {}, [[]], [None], {"": None}, {"a": {"b": []}}, [1, "a", {}])
_BYTES = (
    b"\0",
    b"\xff",
    b"\xc3",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b"&",
    b"\n",
    b",",
    b":",
)
_TAG = re.compile(rb"<[^>]{0,400}>")
_ATTRIBUTE = re.compile(rb'([\w.-]+)="([^"]{0,200})"')


def mutant(seed: int) -> tuple[Original, str, bytes]:
    """Return the document, the route and the damaged body of a seed."""
    chance = random.Random(seed)
    original = chance.choice(originals())
    body = original.body
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        body = _choose_change(chance, original.form)(chance, body)
    return original, chance.choice(original.routes), body


def _choose_change(chance: random.Random, form: Form) -> Change:
    # Most bytes out of place only make a document unreadable, which is found out at once.
    return chance.choice(_CHANGES[form] if chance.random() < 0.75 else _ANY)


def _place(chance: random.Random, body: bytes) -> int:
    # Half of the changes are near the start, where formats say what they are.
    near = min(len(body), 400) if chance.random() < 0.4 else len(body)
    return chance.randrange(near + 1)


def flip_bytes(chance: random.Random, body: bytes) -> bytes:
    """Flip bits of a few bytes."""
    changed = bytearray(body)
    for _ in range(chance.choice((1, 2, 8, 64)) if changed else 0):
        changed[min(_place(chance, body), len(body) - 1)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncate(chance: random.Random, body: bytes) -> bytes:
    """Cut off the end, or the start."""
    place = _place(chance, body)
    return body[:place] if chance.random() < 0.8 else body[place:]


def insert_bytes(chance: random.Random, body: bytes) -> bytes:
    """Insert the same few bytes, once or often."""
    place = _place(chance, body)
    return body[:place] + chance.choice(_BYTES) * chance.choice((1, 2, 100, 5_000)) + body[place:]


def repeat_slice(chance: random.Random, body: bytes) -> bytes:
    """Repeat a part."""
    start = _place(chance, body)
    end = start + chance.choice((1, 20, 500, 5_000))
    return body[:end] + body[start:end] * chance.choice((1, 3, 50)) + body[end:]


def drop_slice(chance: random.Random, body: bytes) -> bytes:
    """Take out a part."""
    start = _place(chance, body)
    return body[:start] + body[start + chance.choice((1, 4, 50, 1_000)) :]


def splice_other(chance: random.Random, body: bytes) -> bytes:
    """Continue with a part of another document."""
    other = chance.choice(originals()).body
    return body[: _place(chance, body)] + other[_place(chance, other) :][:200_000]


def compress(chance: random.Random, body: bytes) -> bytes:
    """Compress, perhaps twice, and damage that."""
    packed = chance.choice((lambda raw: gzip.compress(raw, 1, mtime=0), zstandard.compress))(body)
    if chance.random() < 0.3:
        packed = gzip.compress(packed, 1, mtime=0)
    damage = chance.choice((None, flip_bytes, truncate, repeat_slice, drop_slice))
    return packed if damage is None else damage(chance, packed)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _places(value: Any, limit: int = 20_000) -> list[tuple[Any, Any]]:
    """Return containers and keys of all values in a document."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting and len(found) < limit:
        container = waiting.pop()
        keys = range(len(container)) if isinstance(container, list) else list(container)
        found += [(container, key) for key in keys]
        waiting += [container[key] for key in keys if isinstance(container[key], list | dict)]
    return found


def _nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


def change_value(chance: random.Random, body: bytes) -> bytes:
    """Replace, remove, rename, repeat or nest values of JSON."""
    value = _parsed(body)
    for _ in range(chance.choice((1, 1, 2, 6))):
        places = _places(value) if isinstance(value, list | dict) else []
        if not places:
            break
        # Weighted to the outer levels, which readers look at first.
        container, key = chance.choice(places[:60] if chance.random() < 0.4 else places)
        with suppress(RecursionError):
            _change(chance, container, key, places)
    try:
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    except RecursionError:
        return body
    return text.encode("utf-8", "surrogatepass")


def _change(chance: random.Random, container: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
    kind = chance.randrange(8)
    old = container[key]
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[str(chance.choice(_SCALARS))[:6_000]] = container.pop(key)
    elif kind == 2:
        container[key] = _nested(old, chance.choice((1, 2, 70, 300)))
    elif kind == 3:
        other, place = chance.choice(places)
        # Copied, so that nothing contains itself.
        if place in other if isinstance(other, dict) else place < len(other):
            container[key] = json.loads(json.dumps(other[place]))
    elif kind == 4 and isinstance(old, str) and old:
        place = chance.randrange(len(old))
        container[key] = old[:place] + chance.choice("az09\0é/@ ") + old[place + 1 :]
    elif kind == 5:
        container[key] = json.loads(json.dumps(chance.choice(_CONTAINERS)))
    elif kind == 6 and isinstance(container, list):
        container.append(json.loads(json.dumps(old)))
    else:
        container[key] = chance.choice(_SCALARS)


def repeat_key(chance: random.Random, body: bytes) -> bytes:
    """Write a key of JSON twice, with another value."""
    keys = list(re.finditer(rb'"[\w-]+"\s*:', body[:200_000]))
    if not keys:
        return body
    key = chance.choice(keys)
    value = chance.choice((b"1", b"null", b'"x"', b"[]", b"{}"))
    return body[: key.start()] + key.group() + value + b"," + body[key.start() :]


def change_number(chance: random.Random, body: bytes) -> bytes:
    """Write a number of JSON with very many digits."""
    numbers = list(re.finditer(rb"(?<=[\s:,\[])-?\d+(?=[\s,\]}])", body[:200_000]))
    if not numbers:
        return body
    number = chance.choice(numbers)
    written = (b"9" * 5_000, b"1e999", b"-1e-999", b"0." + b"1" * 5_000, b"01", b"1e", b"NaN")
    return body[: number.start()] + chance.choice(written) + body[number.end() :]


def change_tag(chance: random.Random, body: bytes) -> bytes:
    """Remove, repeat, swap or close a tag of XML."""
    tags = list(_TAG.finditer(body[:300_000]))
    if not tags:
        return body
    tag, other = chance.choice(tags), chance.choice(tags)
    kind = chance.randrange(6)
    if kind == 0:
        return body[: tag.start()] + body[tag.end() :]
    if kind == 1:
        return body[: tag.end()] + tag.group() * chance.choice((1, 70, 3_000)) + body[tag.end() :]
    if kind == 2:
        return body[: tag.start()] + other.group() + body[tag.end() :]
    if kind == 3:
        start, end = sorted((tag.start(), other.start()))
        return body[:end] + body[start:end] + body[end:]
    if kind == 4:
        inserted = (
            b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
            b"<![CDATA[",
            b"]]>",
            b"&b;",
            b"<!--",
            b"<?x?>",
        )
        return body[: tag.start()] + chance.choice(inserted) + body[tag.start() :]
    start, end = sorted((tag.start(), other.start()))
    return body[:start] + body[end:]


def change_attribute(chance: random.Random, body: bytes) -> bytes:
    """Write another value, or an attribute twice."""
    found = list(_ATTRIBUTE.finditer(body[:300_000]))
    if not found:
        return body
    attribute = chance.choice(found)
    text = str(chance.choice(_SCALARS)).encode("utf-8", "surrogatepass").replace(b'"', b"'")
    written = b'%b="%b"' % (attribute.group(1), text)
    if chance.random() < 0.2:
        written += b" " + attribute.group()
    return body[: attribute.start()] + written + body[attribute.end() :]


def change_text(chance: random.Random, body: bytes) -> bytes:
    """Exchange, repeat, indent or remove lines."""
    lines = body.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind == 0:
        lines[first], lines[second] = lines[second], lines[first]
    elif kind == 1:
        lines[first:first] = [lines[second]] * chance.choice((1, 30, 2_000))
    elif kind == 2:
        lines[first] = (
            chance.choice((b" ", b"\t", b"- ", b"? ", b"&a ", b"*a ", b"!!map ")) + lines[first]
        )
    elif kind == 3:
        del lines[first : first + chance.choice((1, 5))]
    else:
        lines[first] = lines[first][: len(lines[first]) // 2] + lines[second]
    return b"\n".join(lines)


def change_member(chance: random.Random, body: bytes) -> bytes:
    """Damage the content, name, type or number of members of an archive."""
    members = _members(body)
    if not members:
        return body
    for _ in range(chance.choice((1, 1, 2, 5))):
        number = chance.randrange(len(members))
        info, content = members[number]
        kind = chance.randrange(7)
        if kind == 0:
            info.name = chance.choice((*_NAMES, members[chance.randrange(len(members))][0].name))
        elif kind == 1:
            members.append((info, chance.choice(members)[1]))
        elif kind == 2:
            info.type = chance.choice((b"1", b"2", b"3", b"5", b"6", b"7", b"L", b"x", b"S"))
            info.linkname = chance.choice(("", "/etc/passwd", "../..", info.name))
        elif kind == 3 and len(members) > 1:
            del members[number]
        else:
            members[number] = (info, _change_content(chance, content))
    return _packed(members)


_NAMES = (
    *("../up.json", "/abs.json", "a/../../b", "", ".", "a\0b", "x" * 300, "y/" * 120 + "z"),
    *("é.json", "spec.json", ".spack/spec.json", "index.json", "spack.lock", "Build.xml"),
)


def _change_content(chance: random.Random, content: bytes) -> bytes:
    form = Form.JSON if content[:1] in b"{[" else Form.XML if content[:1] == b"<" else Form.TEXT
    return _choose_change(chance, form)(chance, content)


def _members(body: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    found = []
    try:
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            for info in tar:
                file = tar.extractfile(info) if info.isfile() else None
                found.append((info, file.read() if file else b""))
    except (tarfile.TarError, EOFError, ValueError, OSError, ArithmeticError, KeyError):
        return []
    return found


def _packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in members:
            info.size = len(content)
            info.pax_headers = {}
            tar.addfile(info, io.BytesIO(content))
    return body.getvalue()


def change_header(chance: random.Random, body: bytes) -> bytes:
    """Change a byte of a header of an archive, with the checksum that fits."""
    blocks = [at for at in range(0, len(body) - 511, 512) if body[at + 257 : at + 262] == b"ustar"]
    if not blocks:
        return body
    at = chance.choice(blocks)
    header = bytearray(body[at : at + 512])
    header[chance.randrange(500)] = chance.randrange(256)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return body[:at] + bytes(header) + body[at + 512 :]


_ANY: list[Change] = [flip_bytes, truncate, insert_bytes, repeat_slice, drop_slice]
_ANY += [splice_other, compress]
_CHANGES: dict[Form, list[Change]] = {
    Form.JSON: [*[change_value] * 9, repeat_key, change_number],
    Form.YAML: [change_text],
    Form.XML: [change_tag, change_attribute],
    Form.TEXT: [change_text],
    Form.TAR: [*[change_member] * 3, change_header],
}
