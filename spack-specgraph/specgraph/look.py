"""Spack's own look on a terminal; `spack.llnl` of 1.x was `llnl` up to 0.23."""

import sys

try:
    import spack.llnl.util.tty as tty
    from spack.llnl.util.tty.color import cescape, colorize
except ImportError:
    import llnl.util.tty as tty
    from llnl.util.tty.color import cescape, colorize

msg = tty.msg
warn = tty.warn
HASH_LETTERS = 7


def out(text):
    """Print a line that may hold Spack's colour codes."""
    sys.stdout.write(colorize(text) + "\n")


def plain(text):
    """A text as it is, for use among colour codes."""
    return cescape(str(text))


def coloured(code, text):
    """A text in a colour by Spack's code for it, such as `c` or `*b`."""
    return "@%s{%s}" % (code, str(text).replace("}", "}}"))


def label(node):
    """A spec in short, as `spack find -l` writes it: the hash, then name and version."""
    return "%s %s" % (coloured("K", node["hash"][:HASH_LETTERS]), _named(node))


def step_label(node):
    """A spec in running text: `name@version/hash`."""
    return _named(node) + coloured("K", "/" + node["hash"][:HASH_LETTERS])


def _named(node):
    told = plain(node.get("name") or "?")
    if node.get("version"):
        told += coloured("c", "@" + str(node["version"]))
    return told


def chain(path):
    """A chain of dependencies in a line: a splice is a wavy arrow."""
    told = step_label(path[0])
    for node in path[1:]:
        if node.get("by") == "SPLICED_FROM":
            arrow = "~built as~>"
        else:
            arrow = "-%s->" % ",".join(node.get("deptypes", ()))
        told += " %s %s" % (coloured("b", arrow), step_label(node))
    return told
