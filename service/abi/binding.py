"""Whether versions and symbols that files need are defined.

The rules are those of glibc 2.36: `elf/dl-version.c` for versions and `elf/dl-lookup.c` for
symbols, with all symbols bound at the start, as with `LD_BIND_NOW=1`.
"""

from collections import defaultdict
from collections.abc import Iterable

from loaders.elf.facts import Export, Reference, Use
from service.abi.findings import Finding, Kind
from service.abi.loading import LoadedFile, Loading
from service.abi.system import System

_FIRST_OF_SEVERAL = 3
"""From this index on, a reference without a version takes only the default version."""


def check_versions(loading: Loading) -> None:
    """Add a finding for each version that a loaded library should define and does not."""
    for file in loading.files:
        for need in file.facts.needs:
            target = loading.find(need.file)
            defined = target.facts.definitions if target else None
            # A library without any version definitions is only worth a warning to the loader.
            if target and defined is not None and need.name not in defined and not need.weak:
                loading.trouble.findings.append(
                    Finding(Kind.MISSING_VERSION, file.path, need.name, target.path)
                )


def check_symbols(loading: Loading, system: System) -> None:
    """Add a finding for each symbol that no loaded file defines in the wanted version."""
    scope = _Scope(loading, system)
    for file in loading.files:
        for reference in file.facts.references:
            scope.bind(reference, file)


class _Scope:
    """The files in which symbols are looked up, with an index of their exports."""

    def __init__(self, loading: Loading, system: System) -> None:
        self.loading, self.system = loading, system
        wanted = {each.name for file in loading.files for each in file.facts.references}
        self.exports: dict[str, list[tuple[LoadedFile, list[Export]]]] = defaultdict(list)
        for file in loading.files:
            of_file: dict[str, list[Export]] = defaultdict(list)
            for export in file.facts.exports:
                if export.name in wanted:
                    of_file[export.name].append(export)
            for name, exports in of_file.items():
                self.exports[name].append((file, exports))

    def bind(self, reference: Reference, file: LoadedFile) -> None:
        """Look up a symbol, and add a finding if the loader would end the program."""
        for other, exports in self.exports.get(reference.name, ()):
            if reference.use is Use.COPY and other is self.loading.files[0]:
                continue
            usable = exports
            if reference.use in (Use.CALL, Use.THREAD_LOCAL):
                usable = [each for each in exports if not each.is_stub]
            if usable and _aborts(reference, other):
                self._add(Kind.MISSING_VERSION, reference.version, file, other.path)
                return
            if export := _accepted(reference, usable, other):
                if reference.use is Use.THREAD_LOCAL and not export.thread_local:
                    self._add(Kind.UNDEFINED_SYMBOL, reference.name, file, other.path)
                return
        if not reference.weak:
            self._note_undefined(reference, file)

    def _note_undefined(self, reference: Reference, file: LoadedFile) -> None:
        assumed = self.loading.assumed
        if reference.file in assumed:
            return
        if self.loading.trouble.unknown or (
            not reference.version and assumed & self.system.unversioned
        ):
            self.loading.trouble.unknown.append(reference.name)
            return
        kind = Kind.COPY_RELOCATION if reference.use is Use.COPY else Kind.UNDEFINED_SYMBOL
        what = f"{reference.name}@{reference.version}" if reference.version else reference.name
        self._add(kind, what, file, reference.file)

    def _add(self, kind: Kind, what: str, file: LoadedFile, other: str) -> None:
        self.loading.trouble.findings.append(Finding(kind, file.path, what, other))


def _aborts(reference: Reference, other: LoadedFile) -> bool:
    """Return whether an assertion of the loader fails.

    A symbol that is wanted in a version of just this library, which has no table of versions.
    """
    return bool(
        reference.version
        and reference.file
        and not other.facts.has_version_table
        and other.answers_to(reference.file)
    )


def _accepted(reference: Reference, exports: Iterable[Export], file: LoadedFile) -> Export | None:
    """Return the definition that the loader binds to among those of one file, or None."""
    if not file.facts.has_version_table:
        return next(iter(exports), None)
    if reference.version:
        return next((each for each in exports if _satisfies(each, reference)), None)
    return _unversioned(exports)


def _satisfies(export: Export, reference: Reference) -> bool:
    if export.version == reference.version:
        return True
    return not (reference.hidden or export.version or export.hidden)


def _unversioned(exports: Iterable[Export]) -> Export | None:
    """Return the definition for a reference without a version: an old one, else the default."""
    defaults: list[Export] = []
    for export in exports:
        if export.version_index < _FIRST_OF_SEVERAL:
            return export
        if not export.hidden:
            defaults.append(export)
    return defaults[0] if len(defaults) == 1 else None
