"""Sort keys for versions: strings whose plain order is Spack's version order.

The order is that of Spack 1.1, ``lib/spack/spack/version/version_types.py``. A version is split
into runs of digits and runs of letters; the separators are ignored. Versions compare run by run: a
version that ends sorts before one that continues, then come words in ASCII order, then numbers,
then the "infinity" words of :data:`INFINITY_VERSIONS`. If all runs are equal, a trailing ``alpha``,
``beta`` or ``rc`` (with its number) sorts before the release itself.

The format of a key (all characters are printable ASCII, none is a blank):

=========================  ==================================================================
run of digits              its length, then its digits: ``2025`` is ``42025``; from ten digits on
                           ``:``, the length of the length, the length, the digits
word                       ``$`` word ``!``
infinity word              ``~`` and its index in :data:`INFINITY_VERSIONS`
end of the runs            ``!`` and 0 alpha, 1 beta, 2 rc, 3 release, then the number if any
git ref                    the key of the version assigned to it, then ``!`` and the ref
=========================  ==================================================================
"""

import hashlib
import re

#: Words that sort above every number, lowest first.
INFINITY_VERSIONS = ("stable", "nightly", "trunk", "head", "master", "main", "develop")

#: Maximum length of a key, in characters; an entry of a Neo4j index holds about 8 kB.
MAX_KEY_LENGTH = 512

#: Above the key of every version that Spack can order.
ABOVE_ALL_VERSIONS = "~8"

# No key contains a blank, which sorts below every other printable character.
_BELOW_EVERY_CONTINUATION = " "
# A git ref without a version has no place in the order: its key is above ABOVE_ALL_VERSIONS.
_GIT_REF_WITHOUT_VERSION = "~9!3"
_STAGES = {"alpha": "0", "beta": "1", "rc": "2", "final": "3"}
_RUN = re.compile(r"[0-9]+|[A-Za-z]+")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}\Z")
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,200}\Z")


def version_key(text: str) -> str:
    """Return the sort key of a version: keys compare as strings the way Spack compares versions.

    Equal versions (``1.2``, ``1-02``) have equal keys. Every text has a key: characters that Spack
    does not allow in a version are ignored. A key that would be too long is truncated and ends in
    a digest, so that beyond some 400 characters the order is arbitrary, but still deterministic.

    Args:
        text: a version as in a spec document, ``1.2rc1``, ``develop``, ``git.main=1.2``.

    """
    return truncate_key(raw_version_key(text))


def raw_version_key(text: str) -> str:
    """Return the sort key of a version at its full length, which is unlimited."""
    git = split_git_version(text)
    if git is None:
        return _standard_key(*_split_version(text))
    ref, assigned = git
    base = (
        _GIT_REF_WITHOUT_VERSION if assigned is None else _standard_key(*_split_version(assigned))
    )
    return base + git_suffix(ref)


def raw_successor_key(text: str) -> str:
    """Return the full key of the first version above the prefix range ``@text``.

    That is the version with its last run incremented: ``1.3`` for ``1.2``, ``1.b`` for ``1.a``.
    For a prerelease, its number is incremented instead.
    """
    runs, stage, number = _split_version(text)
    if stage != "3":
        return _standard_key(runs, stage, "0" if number is None else _increment_digits(number))
    if not runs:
        return "$A!" + _standard_key([], stage, number)
    head = "".join(_encode_run(run) for run in runs[:-1])
    return head + _encode_successor(runs[-1]) + _standard_key([], stage, number)


def key_just_above(key: str) -> str:
    """Return the smallest string above ``key``: it is below every other key above ``key``."""
    return key + _BELOW_EVERY_CONTINUATION


def truncate_key(key: str) -> str:
    """Return the key itself or, if it is too long, its start and a digest of the whole key."""
    if len(key) <= MAX_KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode("ascii")).hexdigest()
    return f"{key[: MAX_KEY_LENGTH - len(digest) - 1]}#{digest}"


def split_git_version(text: str) -> tuple[str, str | None] | None:
    """Split ``git.main=1.2`` into ref and assigned version; return None for any other version.

    The assigned version is None if there is only a ref (``git.main``, a bare commit).
    """
    text = text.strip()
    prefixed = text.startswith("git.")
    if not (prefixed or _COMMIT.match(text) or "=" in text[1:]):
        return None
    ref, assigned, version = text.removeprefix("git.").partition("=")
    return ref, version if assigned else None


def git_suffix(ref: str) -> str:
    """Return the suffix of a git version's key: ``!`` and the ref, or its digest if it is long."""
    if _PRINTABLE.match(ref):
        return f"!{ref}"
    return "!" + hashlib.sha256(ref.encode("utf-8", "surrogatepass")).hexdigest()


def _split_version(text: str) -> tuple[list[str], str, str | None]:
    """Split a version into its runs, its stage (a value of ``_STAGES``) and the stage's number."""
    runs: list[str] = _RUN.findall(text)
    if len(runs) >= 3 and runs[-2] in _STAGES and runs[-1].isdigit():
        return runs[:-2], _STAGES[runs[-2]], runs[-1]
    if len(runs) >= 2 and runs[-1] in _STAGES:
        return runs[:-1], _STAGES[runs[-1]], None
    return runs, "3", None


def _standard_key(runs: list[str], stage: str, number: str | None) -> str:
    end = "" if number is None else _encode_run(number)
    return "".join(_encode_run(run) for run in runs) + "!" + stage + end


def _encode_run(run: str) -> str:
    if run.isdigit():
        digits = run.lstrip("0") or "0"
        length = str(len(digits))
        return f"{length}{digits}" if len(length) == 1 else f":{len(length)}{length}{digits}"
    if run in INFINITY_VERSIONS:
        return f"~{INFINITY_VERSIONS.index(run)}"
    return f"${run}!"


def _encode_successor(run: str) -> str:
    if run.isdigit():
        return _encode_run(_increment_digits(run))
    if run in INFINITY_VERSIONS:
        return f"~{INFINITY_VERSIONS.index(run) + 1}"
    following = _next_word(run)
    while following in INFINITY_VERSIONS:
        following = _next_word(following)
    return f"${following}!"


def _increment_digits(digits: str) -> str:
    """Add one to a decimal number of any length (``int`` refuses very long ones)."""
    head = digits.rstrip("9")
    raised = head[:-1] + str(int(head[-1]) + 1) if head else "1"
    return raised + "0" * (len(digits) - len(head))


def _next_word(word: str) -> str:
    if word.endswith("z"):
        return word + "A"
    if word.endswith("Z"):
        return word[:-1] + "a"
    return word[:-1] + chr(ord(word[-1]) + 1)
