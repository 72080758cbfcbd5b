"""Read the results of `spack analyze`, by the name of the analyzer (`lib/spack/spack/analyzers`).

A result that is null, empty or of an unknown form is ignored, not an error.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loaders.builds.install_manifest import read_manifest
from loaders.builds.kept_files import CONFIGURE_ARGS
from loaders.errors import DocumentError
from loaders.evidence import Attachment, InstalledFile, Variable
from loaders.logs.cleaning import clean_log
from loaders.logs.redaction import Redactor
from loaders.logs.variables import environment_from_mapping
from loaders.monitor.bodies import clean_text, get_text, to_text
from loaders.store.attempt_rows import MOST_FILES

CONFIG_ARGS = "config_args"
VARIABLES = "environment_variables"
FILES = "install_files"
MAX_RESULTS = 2_000
"""Maximum number of results kept from one request."""
MAX_RESULT = 16 << 20
"""Maximum size of a result that is kept, in bytes."""
_PREFIX = re.compile(r"/([^/]+-[a-z2-7]{32})(?=/|\Z)")


@dataclass(frozen=True)
class Analyses:
    """The results of some analyzers.

    Attributes:
        files: The install manifest; None if it was not sent.
        left_out: Descriptions of everything that could not be kept completely.
    """

    variables: tuple[Variable, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    files: tuple[InstalledFile, ...] | None = None
    left_out: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return self == Analyses()


def read_analyses(metadata: Any, redactor: Redactor) -> Analyses:
    """Read the results in a body's `metadata`."""
    results = metadata if isinstance(metadata, dict) else {}
    left_out: list[str] = []
    attachments = [*_read_config_args(results.get(CONFIG_ARGS), redactor)]
    for analyzer, result in results.items():
        if analyzer not in (CONFIG_ARGS, VARIABLES, FILES) and result:
            attachments += _read_results(clean_text(analyzer)[:100], result, redactor)
    if len(attachments) > MAX_RESULTS:
        left_out.append(f"{len(attachments) - MAX_RESULTS} results")
    left_out += [f"the end of {each.name}" for each in attachments if each.log.capped]
    environment = results.get(VARIABLES)
    variables = (
        environment_from_mapping(environment, redactor) if isinstance(environment, dict) else []
    )
    return Analyses(
        variables=tuple(variables),
        attachments=tuple(attachments[:MAX_RESULTS]),
        files=_read_files(results.get(FILES), left_out),
        left_out=tuple(left_out),
    )


def _read_config_args(value: Any, redactor: Redactor) -> Iterator[Attachment]:
    if value:
        log = clean_log(to_text(value).encode(), redactor=redactor)
        yield Attachment(CONFIGURE_ARGS, "configure-args", log)


def _read_results(analyzer: str, result: Any, redactor: Redactor) -> Iterator[Attachment]:
    """Yield an analyzer's results by installed file: `value`, or JSON as text in `json_value`."""
    entries = result if isinstance(result, list) else [result]
    for index, entry in enumerate(entries):
        members = entry if isinstance(entry, dict) else {"value": entry}
        value = next((members[key] for key in _VALUES if members.get(key)), None)
        # An analyzer of the site's own may return any object.
        if value is None and not members.keys() & {"name", "install_file", *_VALUES}:
            value = members
        if not value:
            continue
        kind = get_text(members, "name") or analyzer
        file = get_text(members, "install_file") or (str(index) if index else "")
        name = "/".join(part for part in (kind, file.lstrip("/")) if part)
        raw = to_text(value).encode()
        log = clean_log(raw, cap_bytes=MAX_RESULT, cap_line=MAX_RESULT, redactor=redactor)
        yield Attachment(name, kind[:100], log)


_VALUES = ("value", "json_value", "binary_value")


def _read_files(manifest: Any, left_out: list[str]) -> tuple[InstalledFile, ...] | None:
    if not isinstance(manifest, dict) or not manifest:
        return None
    try:
        raw = json.dumps(manifest).encode()
        parsed = read_manifest(raw, _find_folder_name(manifest), MOST_FILES)
    except DocumentError as error:
        left_out.append(f"{FILES}: {error.detail}")
        return None
    if parsed.left_out:
        left_out.append(f"{parsed.left_out} files")
    return parsed.files


def _find_folder_name(manifest: Mapping[str, Any]) -> str:
    """Return the name of the prefix: it ends with a hash, or is the last folder of all paths."""
    paths: Sequence[str] = [path for path in manifest if path.startswith("/")]
    match = _PREFIX.search(paths[0]) if paths else None
    if match:
        return match.group(1)
    return posixpath.basename(posixpath.commonpath(paths)) if paths else ""
