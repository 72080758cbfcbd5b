"""Normalise diagnostics, so that the same error on two machines counts as the same.

Normalising removes whatever differs between machines and builds: directories, hashes and versions
in prefixes, addresses, positions in files, process numbers, temporary names, times and sizes. It
keeps whatever distinguishes one error from another: identifiers, headers, symbols, flags, codes.
"""

import re
from collections.abc import Callable

LONGEST = 1000
"""Maximum length of a normalised text, in characters."""

_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u0060\u00b4", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
)
_HASH = "[a-z2-7]{32}"
_SHORT_HASH = "[a-z2-7]{7}"
_NAME_CUT = re.compile(r"(.+?)-(?=\d)")
_URL = re.compile(r"(?<![\w+.\-])[A-Za-z][A-Za-z0-9+.\-]{1,20}://(?P<path>[^\s'\"<>,;()]*)")
_PATH = re.compile(
    r"(?:(?<![\w\-])(?P<flag>-(?:isystem|[ILBF]))|(?<![\w.~+\-/<>@%]))"
    r"(?:~[\w\-]{0,100})?/(?P<path>[^\s'\"():;,<>|=\[\]{}]*)"
)
# Temporary files of GCC, Clang, NVCC and other tools.
_TEMPORARY = (
    (re.compile(r"cc(?=[a-z0-9]*[A-Z0-9])[A-Za-z0-9]{6}(?=\.\w+\Z)"), "cc<tmp>"),
    (re.compile(r"(?<=-)[0-9a-f]{6,8}(?=\.(?:o|s|bc|cu)\Z)"), "<tmp>"),
    (re.compile(r"(?<=tmpxft_)[0-9a-f]{8}_[0-9a-f]{8}(?=-)"), "<tmp>"),
    (re.compile(r"(?:tmp|ifort|icpc|nvc)[A-Za-z0-9_]{6,10}(?=\.\w+\Z|\Z)"), "<tmp>"),
)


def normalise_message(text: str) -> str:
    """Return the message without details of one machine or build; at most `LONGEST` characters.

    A normalised text is its own normal form.
    """
    # Longer texts are cut first: the rules are not applied to megabytes that are dropped anyway.
    text = text[: 8 * LONGEST].translate(_QUOTES)
    # One rule may make room for another (`//`, nested prefixes), so repeat until nothing changes.
    while True:
        before = text
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        text = " ".join(text.split())[:LONGEST]
        if text == before:
            return text


def _package_in_prefix(found: re.Match[str]) -> str:
    """Return the package name in `zlib-1.3.1-HASH` or `spack-stage-zlib-1.3.1-HASH`."""
    token = found.group(1).removeprefix("spack-stage-")
    cut = _NAME_CUT.match(token)
    return cut.group(1) if cut else token.rpartition("-")[0] or token


def _file_in_url(found: re.Match[str]) -> str:
    name = found["path"].partition("?")[0].rstrip("/").rpartition("/")[2]
    return name or "<url>"


def _file_in_path(found: re.Match[str]) -> str:
    """Return the file name without the unique part of a temporary name; `/` stays."""
    name = found["path"].rstrip("/").rpartition("/")[2]
    for pattern, replacement in _TEMPORARY:
        name = pattern.sub(replacement, name)
    return f"{found['flag'] or ''}{name or '/'}"


# Applied in this order: URLs before paths, which would match inside them, and both before hashes.
_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_URL, _file_in_url),
    (_PATH, _file_in_path),
    (re.compile(r"(?<![\w./])(?:\.{1,2}/)+(?=\w)"), ""),
    (re.compile(r"==> \[\d{4}-[\d\-:.]+(?:, ?\d+)?\]"), "==>"),
    (re.compile(r"^\[ *\d{1,3}%\] |^\[\d+/\d+\] "), ""),
    (
        re.compile(
            r"\d{4}-\d\d-\d\d[T \-]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+\-]\d\d:?\d\d)?(?!\d)"
        ),
        "<time>",
    ),
    (re.compile(r"(?<![\w:])\d\d:\d\d:\d\d(?:[.,]\d+)?(?![\w:])"), "<time>"),
    (
        re.compile(
            r"(?<![\w.])(?:\d+h)?(?:\d+m)?\d+(?:\.\d+)? ?"
            r"(?:ms|us|ns|s|secs?|seconds?|min|minutes?|hours?)(?!\w)"
        ),
        "<time>",
    ),
    (re.compile(r"(?<![\w.])\d+(?:\.\d+)? ?(?:[kKMGT]i?B|[kKMGT]|bytes?)(?!\w)"), "<size>"),
    (re.compile(r"(?<!\w)0[xX][0-9a-fA-F]+(?!\w)"), "<address>"),
    (re.compile(r"\+<address>"), ""),
    (re.compile(rf"(?<![\w.+=\-])([\w.+=\-]*?[\w.+=])-{_HASH}(?![A-Za-z0-9])"), _package_in_prefix),
    (re.compile(rf"(?<![A-Za-z0-9])(?=[a-z]*[2-7]){_HASH}(?![A-Za-z0-9])"), "<hash>"),
    (re.compile(r"(?<![A-Za-z0-9])[0-9a-f]{32,128}(?![A-Za-z0-9])"), "<hash>"),
    (re.compile(r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)"), "<hash>"),
    (
        re.compile(
            rf"(?<![\w.+\-])([A-Za-z_]\w*(?:-[A-Za-z_]\w*)*)-\d[\w.]*-{_SHORT_HASH}(?![\w\-])"
        ),
        r"\1",
    ),
    (re.compile(rf"spack-build-{_SHORT_HASH}(?!\w)"), "spack-build"),
    (re.compile(rf"(@[\w.+=\-]+)/{_SHORT_HASH}(?!\w)"), r"\1"),
    (re.compile(r"(?<=[\w>])(?::\d+(?:[.\-]\d+)*)+(?=[:,;)\]\s]|$)"), ""),
    (re.compile(r"(?<=\w)\(\d+(?:[,.:]\d+)?\)(?= ?:)"), ""),
    (re.compile(r"(\([^\s():]+): \d+\)"), r"\1)"),
    (
        re.compile(r"\b([Ll]ines?|[Cc]olumns?|[Cc]ol)( ?= ?| )\d+(?:[.\-]\d+)?(?!\w)"),
        r"\1\2<n>",
    ),
    (re.compile(r"==\d+==|(?<=\w)\[\d+\](?=:)"), ""),
    (re.compile(r"(?<![\w\-])-j ?\d+(?!\w)"), "-j<n>"),
    (re.compile(r"(?<=^FAILED: )\[code=\d+\] "), ""),
    (re.compile(r"(?<=') \(\d+\)(?= panicked at )"), ""),
    (re.compile(r"\b(pid|PID|[Pp]rocess|[Jj]ob|JOB|jobid)([ =:#]{1,2})\d+(?!\w)"), r"\1\2<n>"),
    (
        re.compile(r"(?<=: )\d+ (?=Segmentation|Aborted|Bus error|Killed|Illegal|Floating)"),
        "",
    ),
)
