"""Complete messages that take more than one line.

The first line of many messages says only where something failed. Without the rest, unrelated
failures would count as the same diagnostic. Programs print the reason

- in the next line, after a colon: Autoconf (`configure: error: in '/build':`), Python, R, Rust;
- indented, in one or more paragraphs: CMake, Cray's compilers, Apple's linker;
- under a heading: Cargo (`Caused by:`), Meson (`stderr:`), javac (`symbol:`), rustc (`= note:`);
- in the output before a line that only says that a command failed (make, SCons), or after it
  (Ninja, pip, Cargo's build scripts), in words that no rule recognises as an error;
- in the line of source code before an exception without a message (Python).
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loaders.logs import log_patterns

WINDOW = 24
"""Number of lines before and after a message that are searched for the rest of it."""

_MOST_JOINED = 4
_AUTOCONF = re.compile(r"(?P<program>[\w.\-]{1,60}): error: in \S.*:$")
_INDENTED_FOLLOWS = re.compile(
    r"CMake [\w ()]{4,40} (?:at|in) .*:$|(?:ftn|cc|CC|f90)-\d+ \S+: |Undefined symbols for "
)
_LINES_FOLLOW = re.compile(
    r".*:$|CMake Error: .*(?: set to NOTFOUND\.|not set, cmake may not be built correctly\.)$"
)
_SENTENCE_END = (".", "!", "?")
# Lines that begin something else: steps of builds, Spack's messages, make's folders, tracebacks.
_OTHER = re.compile(
    r"==> |\[ *\d{1,3}%\] |\[\d+/\d+\] |ninja: |(?:g?make|gmake)(?:\[\d+\])?: "
    r"|Traceback \(most recent call last\)|See [`'\u2018]|Call Stack "
)
_CAUSED_BY = re.compile(r"Caused by:$")
_STREAM = re.compile(r"(?:--- )?(?:stderr|stdout):?(?: |$)")
_EXCEPTIONS_FOLLOW = "The following exception(s) were encountered:"
_SYMBOL = re.compile(r"symbol: ")
_NO_SYMBOL = re.compile(r".*: error: cannot find symbol$")
_LINKING = re.compile(r"error: linking with .* failed")
_NOTE = re.compile(r"= note: +(?![\"']|LC_ALL=|env )(?P<text>\S.*)")
_HUNK = re.compile(r"Hunk #\d+ FAILED")
_PATCHED = re.compile(r"[Pp]atching file ")
# An exception or a signal without any explanation, and errors in the code that Python shows.
_BARE = re.compile(
    r"(?:[A-Za-z_]\w{0,100}\.){0,9}[A-Z]\w{0,200}:?$|(?:SyntaxError|IndentationError|TabError): "
    r"|(?:Segmentation fault|Aborted|[Bb]us [Ee]rror|Illegal instruction)(?: *\(core dumped\))?$"
)
_OUTPUT_OF_PIP = re.compile(r".*lines of output\]$|Complete output \(\d+ lines\):$")


@dataclass(frozen=True, slots=True)
class MessageContext:
    """The lines around the first line of a message.

    Attributes:
        before: Lines before it, the nearest last.
        after: Lines after it.
        explained: Whether another error in the log says why a command failed.
    """

    before: Sequence[str]
    after: Sequence[str]
    explained: bool


def continues_message(first: str, second: str) -> bool:
    """Return whether an error line only gives the reason for the error in the line before it.

    Autoconf's `AC_MSG_FAILURE` prints its directory first, then the message, both as errors.
    """
    header = _AUTOCONF.match(first)
    return header is not None and second.startswith(f"{header['program']}: error: ")


def complete_message(text: str, context: MessageContext) -> str:
    """Return a message with the lines that complete it, joined by spaces.

    Args:
        text: Its first line, without surrounding space.
        context: The lines around it.
    """
    rest = itertools.islice(_find_rest(text, context), _MOST_JOINED * 4)
    return " ".join([text, *rest])


def _find_rest(text: str, context: MessageContext) -> Iterator[str]:
    """Yield the lines that complete a message, by the first form that fits."""
    after = context.after
    if _INDENTED_FOLLOWS.match(text):
        yield from _indented_message(after)
    elif _LINKING.match(text):
        notes = (_NOTE.match(line.strip()) for line in after)
        yield from itertools.islice((note["text"] for note in notes if note), 1)
    elif _NO_SYMBOL.match(text):
        yield from itertools.islice((s for s in map(str.strip, after) if _SYMBOL.match(s)), 1)
    elif _HUNK.match(text):
        yield from itertools.islice((s for s in reversed(context.before) if _PATCHED.match(s)), 1)
    elif log_patterns.announces_output(text):
        yield from () if context.explained else _first_output(text, after)
    elif lines := list(_next_lines(after) if _LINES_FOLLOW.match(text) else _under_headings(after)):
        yield from lines
    elif _BARE.match(text) or (log_patterns.is_generic_failure(text) and not context.explained):
        yield from _previous_line(context.before)


def _indented_message(after: Sequence[str]) -> Iterator[str]:
    """Yield the lines of an indented message, up to the paragraph that ends a sentence.

    CMake wraps its messages, at places that depend on the length of paths, so that only whole
    paragraphs are the same on all machines. Two blank lines end a message.
    """
    started, blank, last = False, 0, ""
    for line in after:
        if not line.strip():
            blank += 1
            if started and (blank > 1 or last.endswith(_SENTENCE_END)):
                return
            continue
        if not line.startswith((" ", "\t")):
            return
        started, blank, last = True, 0, line.strip()
        yield last


def _next_lines(after: Sequence[str]) -> Iterator[str]:
    """Yield the line after a colon, or the indented block; more if that ends in a colon too."""
    joined = 0
    for at, line in enumerate(after):
        text = line.strip()
        if not _is_informative(text):
            continue
        if _OTHER.match(text):
            return
        if line.startswith((" ", "\t")) and not joined:
            yield from _first_paragraph(after[at:])
            return
        yield text
        joined += 1
        if joined >= _MOST_JOINED or not text.endswith(":"):
            return


def _first_paragraph(lines: Sequence[str]) -> Iterator[str]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    for line in itertools.islice(lines, _MOST_JOINED):
        if not line.strip() or len(line) - len(line.lstrip()) < indent:
            return
        yield line.strip()


def _under_headings(after: Sequence[str]) -> Iterator[str]:
    """Yield the reasons that Cargo and Meson print under headings right after a message."""
    texts = [line.strip() for line in after]
    start = next((at for at, text in enumerate(texts) if text), len(texts))
    if start == len(texts):
        return
    if texts[start] == _EXCEPTIONS_FOLLOW:
        yield from _next_lines(after[start + 1 :])
    elif _STREAM.match(texts[start]):
        yield from itertools.islice(_texts_of_streams(texts[start:]), 1)
    elif _CAUSED_BY.match(texts[start]):
        for at, text in enumerate(texts[:-1]):
            if _CAUSED_BY.match(text):
                yield texts[at + 1]
        yield from itertools.islice(_texts_of_streams(texts), 1)


def _texts_of_streams(texts: Sequence[str]) -> Iterator[str]:
    """Yield lines of a command's output, in the order standard error, standard output."""
    found: dict[str, list[str]] = {"stderr": [], "stdout": []}
    current: list[str] | None = None
    for text in texts:
        heading = _STREAM.match(text)
        if heading:
            current = found["stderr" if "stderr" in heading.group() else "stdout"]
            text = text[heading.end() :]
        if current is not None and _is_informative(text):
            current.append(text)
    yield from itertools.chain(*found.values())


def _first_output(text: str, after: Sequence[str]) -> Iterator[str]:
    """Yield the first line of the output that a failed command announces."""
    lines = [line.strip() for line in after]
    if text.startswith("FAILED: "):
        # Ninja prints the command before its output.
        output: Iterator[str] = itertools.takewhile(lambda line: not _OTHER.match(line), lines[1:])
    elif any(map(_CAUSED_BY.match, lines)):
        output = _texts_of_streams(lines)
    else:
        start = next((at for at, line in enumerate(lines) if _OUTPUT_OF_PIP.match(line)), -1)
        output = iter(lines[start + 1 :])
    yield from itertools.islice(filter(_is_informative, output), 1)


def _previous_line(before: Sequence[str]) -> Iterator[str]:
    """Yield the nearest line before a message that may explain it."""
    for line in reversed(before):
        text = line.strip()
        if text.startswith("==> "):
            return
        if (
            _is_informative(text)
            and not _OTHER.match(text)
            and not log_patterns.is_generic_failure(text)
        ):
            yield text
            return


def _is_informative(text: str) -> bool:
    """Return whether a line is more than a separator, an underline or a blank line."""
    return any(character.isalnum() for character in text)
