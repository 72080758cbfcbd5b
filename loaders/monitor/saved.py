"""Folders that `spack install --monitor --monitor-save-local` leaves: a file for each request.

A build's files share a digest, which stands in the messages where a number would
(`upload_local_save` in `lib/spack/spack/monitor.py`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from loaders import source
from loaders.errors import DocumentError, Fault
from loaders.monitor import bodies
from loaders.monitor.announcements import Monitor
from loaders.monitor.bodies import Body
from loaders.monitor.spec_bodies import ToldSpec, read_spec
from loaders.monitor.specs import store_spec, store_unconcretized

METADATA = re.compile(r"build-metadata-([0-9a-f]{32})\.json\Z")
_SPEC = re.compile(r"spec-.*-config\.json\Z")
_MESSAGE = re.compile(r"build-([0-9a-f]{32})-(phase|status).*\.json\Z")


@dataclass(frozen=True)
class Told:
    """What became of one file.

    :ivar new: whether it told of a spec or an announcement that was not known.
    :ivar error: why it was refused.
    """

    path: Path
    what: str
    new: bool = False
    error: DocumentError | None = None


class SavedFolder:
    """Stores what a folder tells: specs, announcements, phases, then how builds ended."""

    def __init__(self, folder: Path, monitor: Monitor) -> None:
        self.folder = folder
        self.monitor = monitor
        self._numbers: dict[str, int] = {}

    def load(self) -> Iterator[Told]:
        """Store all; a file that cannot be used does not stop the rest."""
        names = sorted(path.name for path in self.folder.iterdir())
        for name in filter(_SPEC.match, names):
            yield self._file(name, "spec", self._spec)
        for name in filter(METADATA.match, names):
            digest = name[len("build-metadata-") : -len(".json")]
            yield self._file(name, "build", partial(self._announce, digest))
        messages = [(found.group(2), name) for name in names if (found := _MESSAGE.match(name))]
        for kind, name in sorted(messages):
            tell = self._phase if kind == "phase" else self._status
            yield self._file(name, "build", tell)

    def _file(self, name: str, what: str, tell: Callable[[Body], bool]) -> Told:
        path = self.folder / name
        try:
            with source.open_path(path) as stream:
                body = bodies.decode(source.read_bounded(stream))
            return Told(path, what, tell(body))
        except DocumentError as error:
            return Told(path, what, error=error)

    def _spec(self, body: Body) -> bool:
        told = read_spec(body.get("spec"), bodies.word(body, "spack_version"))
        if isinstance(told, ToldSpec):
            return store_spec(self.monitor.database, told)
        return store_unconcretized(self.monitor.database, told, self.monitor.site)

    def _announce(self, digest: str, body: Body) -> bool:
        announced = self.monitor.announce(bodies.announced(body))
        self._numbers[digest] = announced.number
        return announced.new

    def _phase(self, body: Body) -> bool:
        self.monitor.phase(bodies.phase_told(self._numbered(body)))
        return False

    def _status(self, body: Body) -> bool:
        self.monitor.end(bodies.status_told(self._numbered(body)))
        return False

    def _numbered(self, body: Body) -> Body:
        number = self._numbers.get(str(body.get("build_id")))
        if number is None:
            raise DocumentError(Fault.INVALID, "the build that it tells of is not in the folder")
        return {**body, "build_id": number}
