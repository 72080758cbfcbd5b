"""Texts that Spack keeps beside an installation or leaves in a stage: attachments and recipes."""

import io
from collections.abc import Iterator
from pathlib import PurePosixPath

from loaders.builds.folder import BROKEN, Folder, Limits, printable
from loaders.errors import DocumentError, Fault
from loaders.evidence import Attachment, Log, Recipe
from loaders.logs.cleaning import clean_log
from loaders.logs.redaction import Redactor

ARCHIVED = "archived-files"
ERRORS = f"{ARCHIVED}/errors.txt"
RECIPES = "repos"
CONFIGURE_ARGS = "spack-configure-args.txt"
MODIFICATIONS = "spack-build-env-mods.txt"

_NEW_LAYOUT = "spack_repo"
_PACKAGES = "packages"
_SNIFFED = 8192


def attached(folder: Folder, name: str, kind: str, redactor: Redactor | None) -> Attachment | None:
    """A document of the folder, None where it is not there; of a binary one only the size."""
    stream = folder.open(name)
    if stream is None:
        return None
    with stream:
        if _is_binary(stream):
            log = Log("", 0, folder.size(name), capped=True)
        else:
            log = clean_log(stream, redactor=redactor)
    return Attachment(printable(name), kind, log)


def _is_binary(stream: io.BufferedReader) -> bool:
    try:
        return b"\0" in stream.peek(_SNIFFED)[:_SNIFFED]
    except BROKEN:
        return False


def archived_files(
    folder: Folder, redactor: Redactor | None, limits: Limits
) -> Iterator[Attachment]:
    """What the package asked to keep, and what Spack could not keep of it (`errors.txt`)."""
    for count, name in enumerate(folder.walk(ARCHIVED, limits.entries)):
        if count >= limits.attachments:
            detail = f"more than {limits.attachments} archived files: the rest is left out"
            folder.note(ARCHIVED, DocumentError(Fault.TOO_LARGE, detail))
            return
        kind = "errors" if name == ERRORS else "archived"
        attachment = attached(folder, name, kind, redactor)
        if attachment:
            yield attachment


def recipes(folder: Folder, redactor: Redactor | None, limits: Limits) -> Iterator[Recipe]:
    """The recipes, and the patches beside them, of the package and of its dependencies.

    Up to Spack 0.23, and for repositories of its kind later, they are in
    `repos/NAMESPACE/packages/PACKAGE/`. From 1.0 on they are in
    `repos/spack_repo/NAMESPACE/packages/PACKAGE_NAME/`, a folder for each part of the namespace,
    and the folder's name has underscores for dashes and one before a digit or a word of Python.
    """
    count = 0
    for name in folder.walk(RECIPES, limits.entries):
        place = _place(PurePosixPath(name))
        if place is None:
            continue
        count += 1
        if count > limits.recipes:
            detail = f"more than {limits.recipes} files: the rest is left out"
            folder.note(RECIPES, DocumentError(Fault.TOO_LARGE, detail))
            return
        namespace, package, path = place
        kept = attached(folder, name, "recipe", redactor)
        if kept:
            yield Recipe(namespace, printable(package), printable(path), kept.log)


def _place(name: PurePosixPath) -> tuple[str, str, str] | None:
    """Namespace, package and path in the repository of a file; None where it belongs to none."""
    parts = name.parts[1:]
    new = parts[:1] == (_NEW_LAYOUT,)
    rest = parts[1:] if new else parts
    if _PACKAGES not in rest:
        return None
    at = rest.index(_PACKAGES)
    if at == 0 or len(rest) < at + 3:
        return None
    folder = rest[at + 1]
    package = (folder.lstrip("_").replace("_", "-") or folder) if new else folder
    return printable(".".join(rest[:at])), package, "/".join(rest[at:])
