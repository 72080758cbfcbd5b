"""Read the texts that Spack keeps with an installation or leaves in a stage."""

import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from loaders.errors import DocumentError, Fault
from loaders.evidence import Attachment, Log, Recipe
from loaders.folder import BROKEN, Folder, Limits, printable
from loaders.logs.cleaning import clean_log
from loaders.logs.redaction import Redactor

ARCHIVED = "archived-files"
ERRORS = f"{ARCHIVED}/errors.txt"
RECIPES = "repos"
CONFIGURE_ARGS = "spack-configure-args.txt"
MODIFICATIONS = "spack-build-env-mods.txt"
SBOM = re.compile(r"spdx-[\d.]{1,10}-sbom\.json\Z")
"""Matches the name of the software bill of materials that Spack 1.2 writes."""

_NEW_LAYOUT = "spack_repo"
_PACKAGES = "packages"
_PEEKED_BYTES = 8192


def read_attachment(
    folder: Folder, name: str, kind: str, redactor: Redactor | None
) -> Attachment | None:
    """Read a text file of the folder; of a binary file keep only the size.

    Returns:
        None if there is no such file.
    """
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
        return b"\0" in stream.peek(_PEEKED_BYTES)[:_PEEKED_BYTES]
    except BROKEN:
        return False


def read_archived_files(
    folder: Folder, redactor: Redactor | None, limits: Limits
) -> Iterator[Attachment]:
    """Yield the files that the package archived, and a list of failures to do so (`errors.txt`)."""
    for count, name in enumerate(folder.walk(ARCHIVED, limits.entries)):
        if count >= limits.attachments:
            detail = f"more than {limits.attachments} archived files; the rest is ignored"
            folder.add_problem(ARCHIVED, DocumentError(Fault.TOO_LARGE, detail))
            return
        kind = "errors" if name == ERRORS else "archived"
        attachment = read_attachment(folder, name, kind, redactor)
        if attachment:
            yield attachment


def read_recipes(folder: Folder, redactor: Redactor | None, limits: Limits) -> Iterator[Recipe]:
    """Yield the recipes of the package and its dependencies, with their patches.

    Up to Spack 0.23, and in repositories of that layout later, they are in
    `repos/NAMESPACE/packages/PACKAGE/`. From 1.0 on they are in
    `repos/spack_repo/NAMESPACE/packages/PACKAGE_NAME/`, with a folder for each part of the
    namespace; the package folder's name has underscores for dashes, and one before a digit or a
    Python keyword.
    """
    count = 0
    for name in folder.walk(RECIPES, limits.entries):
        location = _parse_recipe_path(PurePosixPath(name))
        if location is None:
            continue
        count += 1
        if count > limits.recipes:
            detail = f"more than {limits.recipes} files; the rest is ignored"
            folder.add_problem(RECIPES, DocumentError(Fault.TOO_LARGE, detail))
            return
        namespace, package, path = location
        attachment = read_attachment(folder, name, "recipe", redactor)
        if attachment:
            yield Recipe(namespace, printable(package), printable(path), attachment.log)


def _parse_recipe_path(name: PurePosixPath) -> tuple[str, str, str] | None:
    """Return namespace, package and path in the repository of a file; None outside a repository."""
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
