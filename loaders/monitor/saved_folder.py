"""Load folders of `spack install --monitor --monitor-save-local`, with a file for each request.

The files of a build share a digest, which replaces the build id in its messages
(`upload_local_save` in `lib/spack/spack/monitor.py`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loaders import source
from loaders.document_kinds import Candidate, DocumentKind, ReadContext, Records
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import SpecName, Status, StoredBuild, StoredPart
from loaders.known_versions import Format, KnownVersion
from loaders.monitor import bodies
from loaders.monitor.announcements import Monitor
from loaders.monitor.bodies import Body
from loaders.monitor.spec_bodies import SentSpec, read_spec
from loaders.monitor.specs import store_spec, store_unconcretized
from loaders.store.specs import find_named_specs

METADATA_FILE = re.compile(r"build-metadata-([0-9a-f]{32})\.json\Z")
"""Matches the name of the file that announces a build."""
_SPEC_FILE = re.compile(r"spec-.*-config\.json\Z")
_MESSAGE_FILE = re.compile(r"build-([0-9a-f]{32})-(phase|status).*\.json\Z")


@dataclass(frozen=True)
class SavedFileResult:
    """The result of loading one file.

    Attributes:
        new: Whether it contained a new spec or announcement.
        error: Why it was refused.
    """

    path: Path
    kind: str
    new: bool = False
    error: DocumentError | None = None


class SavedFolder:
    """Stores the content of a folder: specs, announcements, phases, then how builds ended."""

    def __init__(self, folder: Path, monitor: Monitor) -> None:
        self.folder = folder
        self.monitor = monitor
        self._numbers: dict[str, int] = {}
        self._new_numbers: set[int] = set()
        self._refused = False

    def load_files(self) -> Iterator[SavedFileResult]:
        """Store all files; one that cannot be used does not stop the rest."""
        names = sorted(path.name for path in self.folder.iterdir())
        for name in filter(_SPEC_FILE.match, names):
            result = self._load_file(name, "spec", self._store_spec)
            self._refused = self._refused or result.error is not None
            yield result
        for name in filter(METADATA_FILE.match, names):
            digest = name[len("build-metadata-") : -len(".json")]
            yield self._load_file(name, "build", partial(self._announce_spec, digest))
        messages = [
            (match.group(2), name) for name in names if (match := _MESSAGE_FILE.match(name))
        ]
        # The sort puts phases before statuses, which end an attempt.
        for message, name in sorted(messages):
            store = self._store_phase if message == "phase" else self._store_status
            yield self._load_file(name, "build", store)

    def find_builds(self) -> Iterator[StoredBuild]:
        """Yield the attempts that the announcements in the folder led to."""
        numbers = sorted(set(self._numbers.values()))
        database = self.monitor.database
        found = database.read_one("builds_of_announcements", numbers=numbers) if numbers else []
        for each in found:
            yield StoredBuild(
                each["uid"],
                SpecName(each["hash"], each["name"], each["version"]),
                Status(each["status"]),
                new=each["number"] in self._new_numbers,
            )

    def _load_file(self, name: str, kind: str, store: Callable[[Body], bool]) -> SavedFileResult:
        path = self.folder / name
        try:
            with source.open_path(path) as stream:
                body = bodies.decode_body(source.read_bounded(stream))
            return SavedFileResult(path, kind, store(body))
        except DocumentError as error:
            return SavedFileResult(path, kind, error=error)

    def _store_spec(self, body: Body) -> bool:
        spec = read_spec(body.get("spec"), bodies.get_text(body, "spack_version"))
        if isinstance(spec, SentSpec):
            return store_spec(self.monitor.database, spec)
        return store_unconcretized(self.monitor.database, spec, self.monitor.site)

    def _announce_spec(self, digest: str, body: Body) -> bool:
        build = bodies.parse_announcement(body)
        # A spec that was never sent becomes a stub, but not one that was refused.
        if self._refused and not find_named_specs(self.monitor.database, [build.hash]):
            detail = f"the spec {build.hash[:7]} is not stored"
            raise DocumentError(Fault.MISSING_DEPENDENCY, detail, "/full_hash")
        announcement = self.monitor.announce_build(build)
        self._numbers[digest] = announcement.number
        if announcement.new:
            self._new_numbers.add(announcement.number)
        return announcement.new

    def _store_phase(self, body: Body) -> bool:
        self.monitor.record_phase(bodies.parse_phase(self._insert_number(body)))
        return False

    def _store_status(self, body: Body) -> bool:
        self.monitor.record_status(bodies.parse_status(self._insert_number(body)))
        return False

    def _insert_number(self, body: Body) -> Body:
        number = self._numbers.get(str(body.get("build_id")))
        if number is None:
            raise DocumentError(Fault.INVALID, "the folder has no announcement of its build")
        return {**body, "build_id": number}


def _store_messages(candidate: Candidate, context: ReadContext) -> Records:
    """Store the messages, since a later one refers to the result of an earlier one."""
    options = context.options
    monitor = Monitor(
        context.database, site=options.site, redactor=options.redactor, owner=options.owner
    )
    folder = SavedFolder(candidate.path, monitor)
    for result in folder.load_files():
        if result.error is not None:
            yield Problem(str(result.path), result.error)
        else:
            yield StoredPart(str(result.path), result.kind, result.new)
    yield from folder.find_builds()


FORMAT = Format(
    subject="messages of a monitor's client",
    pointer="",
    kept="specs, attempts with their phases, logs and environment, results of analyzers, and specs "
    "that could not be concretized",
    versions=(
        KnownVersion(
            "", "0.17, 0.18", "the spec documents have a version of their own, which may be missing"
        ),
    ),
)
KIND = DocumentKind(
    name="saved messages of a monitor's client",
    formats=(FORMAT,),
    read=_store_messages,
    is_folder=lambda listing: any(METADATA_FILE.match(name) for name in listing.files),
)
