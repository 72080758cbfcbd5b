"""Output in Spack's style: messages, colours and short forms of specs.

The package `spack.llnl` of Spack 1.x is `llnl` up to 0.23.
"""

import sys
from typing import Any, Dict, Sequence

try:
    import spack.llnl.util.tty as tty
    from spack.llnl.util.tty.color import cescape, colorize
except ImportError:
    import llnl.util.tty as tty
    from llnl.util.tty.color import cescape, colorize

msg = tty.msg
warn = tty.warn
error = tty.error
HASH_LETTERS = 7


def print_line(text: str) -> None:
    """Print a line that may contain Spack's colour codes."""
    sys.stdout.write(colorize(text) + "\n")


def escape(text: object) -> str:
    """Return a text for use among colour codes, with its own `@` escaped."""
    return str(cescape(str(text)))


def coloured(code: str, text: object) -> str:
    """Return a text in the colour of one of Spack's codes, such as `c` or `*b`."""
    return "@{}{{{}}}".format(code, str(text).replace("}", "}}"))


def list_label(node: Dict[str, Any]) -> str:
    """Return a spec as printed by `spack find -l`: the hash, then name and version."""
    return "{} {}".format(coloured("K", node["hash"][:HASH_LETTERS]), _name_and_version(node))


def inline_label(node: Dict[str, Any]) -> str:
    """Return a spec for use within a line: `name@version/hash`."""
    return _name_and_version(node) + coloured("K", "/" + node["hash"][:HASH_LETTERS])


def _name_and_version(node: Dict[str, Any]) -> str:
    label = escape(node.get("name") or "?")
    if node.get("version"):
        label += coloured("c", "@" + str(node["version"]))
    return label


def format_chain(path: Sequence[Dict[str, Any]]) -> str:
    """Return a chain of dependencies as one line; a splice is drawn as a wavy arrow."""
    line = inline_label(path[0])
    for node in path[1:]:
        if node.get("by") == "SPLICED_FROM":
            arrow = "~built as~>"
        else:
            arrow = "-{}->".format(",".join(node.get("deptypes", ())))
        line += " {} {}".format(coloured("b", arrow), inline_label(node))
    return line
