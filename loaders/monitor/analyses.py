"""Results of `spack analyze`, by the name of the analyzer (`lib/spack/spack/analyzers`).

A result that is null, empty or no such tells nothing and is no error.
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
from loaders.monitor.bodies import clean, text_of, word
from loaders.store.attempt_rows import MOST_FILES

CONFIG_ARGS = "config_args"
VARIABLES = "environment_variables"
FILES = "install_files"
MAX_RESULTS = 2_000
"""Most results of one request that are kept."""
MAX_RESULT = 16 << 20
"""Most that is kept of a result, in bytes."""
_PREFIX = re.compile(r"/([^/]+-[a-z2-7]{32})(?=/|\Z)")


@dataclass(frozen=True)
class Analyses:
    """What the results of some analyzers tell.

    :ivar files: the install manifest; None where it was not told.
    :ivar left_out: what could not be kept whole, in words.
    """

    variables: tuple[Variable, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    files: tuple[InstalledFile, ...] | None = None
    left_out: tuple[str, ...] = field(default=(), compare=False)

    @property
    def tells_nothing(self) -> bool:
        """Whether there is nothing to keep."""
        return self == Analyses()


def read_analyses(metadata: Any, redactor: Redactor) -> Analyses:
    """The results in a body's `metadata`."""
    results = metadata if isinstance(metadata, dict) else {}
    left_out: list[str] = []
    attachments = [*_config_args(results.get(CONFIG_ARGS), redactor)]
    for analyzer, result in results.items():
        if analyzer not in (CONFIG_ARGS, VARIABLES, FILES) and result:
            attachments += _objects(clean(analyzer)[:100], result, redactor)
    if len(attachments) > MAX_RESULTS:
        left_out.append(f"{len(attachments) - MAX_RESULTS} results")
    left_out += [f"the end of {each.name}" for each in attachments if each.log.capped]
    told = results.get(VARIABLES)
    return Analyses(
        variables=tuple(environment_from_mapping(told, redactor)) if isinstance(told, dict) else (),
        attachments=tuple(attachments[:MAX_RESULTS]),
        files=_files(results.get(FILES), left_out),
        left_out=tuple(left_out),
    )


def _config_args(value: Any, redactor: Redactor) -> Iterator[Attachment]:
    if value:
        log = clean_log(text_of(value).encode(), redactor=redactor)
        yield Attachment(CONFIGURE_ARGS, "configure-args", log)


def _objects(analyzer: str, result: Any, redactor: Redactor) -> Iterator[Attachment]:
    """Results by installed file: `value`, or JSON as a text in `json_value`."""
    entries = result if isinstance(result, list) else [result]
    for index, entry in enumerate(entries):
        told = entry if isinstance(entry, dict) else {"value": entry}
        value = next((told[key] for key in _VALUES if told.get(key)), None)
        if value is None and not told.keys() & {"name", "install_file", *_VALUES}:
            value = told
        if not value:
            continue
        kind = word(told, "name") or analyzer
        file = word(told, "install_file") or (str(index) if index else "")
        name = "/".join(part for part in (kind, file.lstrip("/")) if part)
        raw = text_of(value).encode()
        log = clean_log(raw, cap_bytes=MAX_RESULT, cap_line=MAX_RESULT, redactor=redactor)
        yield Attachment(name, kind[:100], log)


_VALUES = ("value", "json_value", "binary_value")


def _files(manifest: Any, left_out: list[str]) -> tuple[InstalledFile, ...] | None:
    if not isinstance(manifest, dict) or not manifest:
        return None
    try:
        raw = json.dumps(manifest).encode()
        read = read_manifest(raw, _folder_of(manifest), MOST_FILES)
    except DocumentError as error:
        left_out.append(f"{FILES}: {error.detail}")
        return None
    if read.left_out:
        left_out.append(f"{read.left_out} files")
    return read.files


def _folder_of(manifest: Mapping[str, Any]) -> str:
    """The name of the prefix: it ends with a hash, else it is what all paths share."""
    paths: Sequence[str] = [path for path in manifest if path.startswith("/")]
    found = _PREFIX.search(paths[0]) if paths else None
    if found:
        return found.group(1)
    return posixpath.basename(posixpath.commonpath(paths)) if paths else ""
