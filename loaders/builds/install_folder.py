"""Read the hidden folder `.spack` of an installed package, where Spack keeps records of the build.

Spack's `lib/spack/spack/installer.py` (`log`, `_write_timer_json`), `directory_layout.py` and
`verify.py` write it in releases 0.17 to 1.1; file names of older releases are read too. The log of
all phases is compressed from 0.21 on. Here, `spack-build-env.txt` holds only the changes that Spack
made to the environment; releases before 0.17 wrote the whole environment.

A package that was unpacked from a build cache, or rewired for a splice, comes with the folder of
the original build. Its log, environment and recipes describe that build.
"""

import os
import posixpath
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from loaders.builds.fetched_sources import parse_fetched_urls
from loaders.builds.install_manifest import InstallManifest, count_omitted, read_manifest
from loaders.builds.install_times import InstallTimes, read_times
from loaders.builds.kept_files import (
    ARCHIVED,
    CONFIGURE_ARGS,
    MODIFICATIONS,
    RECIPES,
    SBOM,
    read_archived_files,
    read_attachment,
    read_recipes,
)
from loaders.builds.spec_names import NamedNode, parse_folder_name, read_node_names
from loaders.document_kinds import (
    Candidate,
    DocumentKind,
    Listing,
    ReadContext,
    Records,
    SentAs,
    SentLibraries,
    SentPart,
    file_candidates,
    place_problems,
)
from loaders.errors import DocumentError, Fault, Problem
from loaders.evidence import (
    Attachment,
    Attempt,
    HalfRewiredPrefix,
    HostEnvironment,
    InstalledFile,
    Log,
    Phase,
    Source,
    SpecName,
    Status,
    Variable,
)
from loaders.folder import Folder, Limits, ReadResult, printable
from loaders.known_versions import Format, KnownVersion
from loaders.logs.cleaning import STAGE, attempt_key, clean_log, first_timestamp_seconds
from loaders.logs.phases import read_phase, read_phases
from loaders.logs.redaction import Redactor
from loaders.logs.variables import parse_environment
from loaders.prefixes import sent
from loaders.prefixes.contents import PrefixContents, is_read, looks_like_library
from loaders.prefixes.folder import read_prefix
from loaders.specs.checks import MAX_TEXT, decode_error
from loaders.specs.yaml_documents import yaml_to_json

METADATA = ".spack"
INSTALLED_FILES = (
    *("spec.json", "spec.yaml", "install_manifest.json", "install_environment.json"),
    *("spack-build-out.txt.gz", "spack-build-out.txt", "build.out", "build.txt"),
)
"""Files of which the folder of an installed package has at least one. The configuration of a user
is in a folder of the same name, and has none of them."""
TEST_LOG = "install-time-test-log.txt"
TEST_PHASE = "test"
"""Name of the phase for the log of build-time tests."""
OTHER_TEST_PHASE = "build-time-tests"
"""Name of the same phase if the package has a phase `test` of its own."""
UNMARKED_PHASE = "build"
"""Name of the only phase of a log without markers, as written by the new installer of 1.1."""
LOGS = ("spack-build-out.txt.gz", "spack-build-out.txt", "build.out", "build.txt")
"""Names of the log of all phases, newest first."""
ENVIRONMENTS = ("spack-build-env.txt", "build.env")
"""Names of the record of the environment, newest first."""
_DEFAULT_LIMITS = Limits()

_READ_FILES = (
    *("spec.json", "install_manifest.json", "install_environment.json", "install_times.json"),
    "spec.yaml",
    *LOGS,
    *ENVIRONMENTS,
    *(TEST_LOG, CONFIGURE_ARGS, MODIFICATIONS),
)
_MARKS = ("binary_distribution",)
"""Files of which only the existence matters."""
_SPECS = ("spec.json", "spec.yaml")
"""Names of the document of the spec; up to Spack 0.16 it is YAML."""


def read_install_folder(
    path: Path, redactor: Redactor | None = None, limits: Limits = _DEFAULT_LIMITS
) -> ReadResult:
    """Read the attempt that produced an installed package; it succeeded.

    The spec comes from `spec.json` or `spec.yaml` or, if that cannot be read, from the name of the
    prefix. Missing or broken files are skipped.

    Args:
        path: The folder `.spack` of a prefix.
        redactor: Recognizes secrets; None uses the documented list.
        limits: How much to keep.
    """
    redactor = redactor or Redactor()
    folder = Folder(path)
    host, spack_version = _read_host(folder)
    times = _read_times(folder, spack_version)
    variables = _read_variables(folder, redactor)
    log = read_whole_log(folder, redactor, LOGS)
    root = _read_root(folder)
    spec = root.spec if root else parse_folder_name(folder.parent_name, times.name)
    if spec is None:
        detail = "the spec is not known: no readable spec.json, and no hash in the prefix's name"
        folder.add_problem("spec.json", DocumentError(Fault.UNSUPPORTED, detail))
        return ReadResult(None, tuple(folder.problems))
    attempt = Attempt(
        spec=spec,
        key=attempt_key(log),
        status=Status.SUCCEEDED,
        source=Source.FOLDER,
        started=first_timestamp_seconds(log.text) if log else None,
        seconds=None if times.cached else times.total,
        spack_version=spack_version,
        binary=_is_binary(folder, times, root, log),
        phases=_read_phases(folder, times, redactor),
        environment=host,
        variables=tuple(variables),
        attachments=_read_attachments(folder, redactor, limits),
        recipes=tuple(read_recipes(folder, redactor, limits)),
        sources=tuple(parse_fetched_urls(log.text, redactor)) if log else (),
    )
    attempt = _add_manifest(attempt, folder, limits, _collect_extras(times, root))
    return ReadResult(attempt, tuple(folder.problems))


def _read_root(folder: Folder) -> NamedNode | None:
    for name in _SPECS:
        raw = folder.read(name)
        if raw is None:
            continue
        try:
            return read_node_names(yaml_to_json(raw) if name == "spec.yaml" else raw)[0]
        except DocumentError as error:
            folder.add_problem(name, error)
    return None


def _read_host(folder: Folder) -> tuple[HostEnvironment | None, str | None]:
    name = "install_environment.json"
    raw = folder.read(name)
    if raw is None:
        return None, None
    try:
        values = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        folder.add_problem(name, decode_error(error))
        return None, None
    host = HostEnvironment(
        host_os=_get_text(values, "host_os"),
        platform=_get_text(values, "platform"),
        host_target=_get_text(values, "host_target"),
        hostname=_get_text(values, "hostname"),
        kernel_version=_get_text(values, "kernel_version"),
    )
    return (host if host != HostEnvironment() else None), _get_text(values, "spack_version")


def _get_text(values: Mapping[str, object], key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TEXT else None


def _read_times(folder: Folder, spack_version: str | None) -> InstallTimes:
    name = "install_times.json"
    raw = folder.read(name)
    if raw is None:
        return InstallTimes()
    try:
        return read_times(raw, spack_version)
    except DocumentError as error:
        folder.add_problem(name, error)
        return InstallTimes()


def _read_variables(folder: Folder, redactor: Redactor) -> list[Variable]:
    raw = folder.read(*ENVIRONMENTS)
    return parse_environment(raw, redactor) if raw else []


def read_whole_log(folder: Folder, redactor: Redactor, names: Sequence[str]) -> Log | None:
    """Read the log of all phases from the first of these files that exists; None without any."""
    stream = folder.open(*names)
    if stream is None:
        return None
    with stream:
        return clean_log(stream, redactor=redactor)


def _is_binary(
    folder: Folder, times: InstallTimes, root: NamedNode | None, log: Log | None
) -> bool | None:
    """Return whether it was unpacked or rewired; None if nothing that a build leaves is there."""
    if folder.has("binary_distribution") or times.cached or (root and root.build_spec):
        return True
    return False if log or times.seconds else None


def _read_phases(folder: Folder, times: InstallTimes, redactor: Redactor) -> tuple[Phase, ...]:
    """Return the phases of timer and log in the timer's order, then the build-time tests."""
    # The log is that of the original build, the times are those of unpacking its archive.
    seconds = {} if times.cached else times.seconds
    logged, _ = read_logged_phases(folder, redactor, LOGS)
    phases = [
        replace(logged.pop(name), seconds=value)
        if name in logged
        else Phase(name, 0, Status.SUCCEEDED, value)
        for name, value in seconds.items()
    ]
    phases += logged.values()
    tests = read_test_phase(folder, redactor, {phase.name for phase in phases})
    phases += [tests] if tests else []
    return tuple(replace(phase, order=order) for order, phase in enumerate(phases))


def read_logged_phases(
    folder: Folder, redactor: Redactor, names: Sequence[str]
) -> tuple[dict[str, Phase], bool]:
    """Read the phases in the log of all phases.

    A log without markers is one phase, `UNMARKED_PHASE`. Problems with the log are not recorded:
    they were when it was read as a whole.

    Returns:
        The phases by name, and whether the log has markers.
    """
    before = len(folder.problems)
    stream = folder.open(*names)
    phases: tuple[Phase, ...] = ()
    if stream is not None:
        with stream:
            phases = read_phases(stream, Status.SUCCEEDED, redactor)
    # Reading the same broken log twice must not report it twice.
    del folder.problems[before:]
    if [phase.name for phase in phases] == [STAGE]:
        return {UNMARKED_PHASE: replace(phases[0], name=UNMARKED_PHASE)}, False
    return {phase.name: phase for phase in phases}, True


def read_test_phase(folder: Folder, redactor: Redactor, taken: Container[str]) -> Phase | None:
    """Read the log of build-time tests as a phase; None without such a log.

    Args:
        folder: The folder.
        redactor: Removes secrets.
        taken: Names of the other phases; a package may have a phase `test` of its own.
    """
    stream = folder.open(TEST_LOG)
    if stream is None:
        return None
    with stream:
        name = OTHER_TEST_PHASE if TEST_PHASE in taken else TEST_PHASE
        return read_phase(name, 0, Status.SUCCEEDED, stream, redactor)


def _read_attachments(folder: Folder, redactor: Redactor, limits: Limits) -> tuple[Attachment, ...]:
    single = (
        read_attachment(folder, CONFIGURE_ARGS, "configure-args", redactor),
        read_attachment(folder, MODIFICATIONS, "modifications", redactor),
    )
    return (
        *(attachment for attachment in single if attachment is not None),
        *read_archived_files(folder, redactor, limits),
        *_read_sboms(folder, redactor),
    )


def _read_sboms(folder: Folder, redactor: Redactor) -> Iterator[Attachment]:
    for name in filter(SBOM.match, folder.names or ()):
        attachment = read_attachment(folder, name, "sbom", redactor)
        if attachment is not None:
            yield attachment


def _collect_extras(
    times: InstallTimes, root: NamedNode | None
) -> dict[str, str | int | float | bool]:
    more: dict[str, str | int | float | bool] = {}
    if times.cached and times.total is not None:
        more["unpack_seconds"] = times.total
    if root and root.build_spec:
        more["build_spec"] = root.build_spec
    return more


def _add_manifest(
    attempt: Attempt,
    folder: Folder,
    limits: Limits,
    more: dict[str, str | int | float | bool],
) -> Attempt:
    manifest = _read_manifest(folder, limits)
    if manifest is None:
        return replace(attempt, more=more)
    more.update(count_omitted(manifest))
    return replace(attempt, files=manifest.files, more=more)


def _read_manifest(folder: Folder, limits: Limits) -> InstallManifest | None:
    name = "install_manifest.json"
    raw = folder.read(name)
    if raw is not None:
        try:
            return read_manifest(raw, folder.parent_name, limits.files)
        except DocumentError as error:
            folder.add_problem(name, error)
    return None


def is_installed_package(folder: Path, names: Container[str] = INSTALLED_FILES) -> bool:
    """Return whether a folder `.spack` is that of an installed package; links are not followed.

    Args:
        folder: The folder.
        names: Names of the files in it, if known.
    """
    if os.path.islink(folder):
        return False
    return any(name in names and os.path.isfile(folder / name) for name in INSTALLED_FILES)


def _is_folder(listing: Listing) -> bool:
    if listing.path.name == METADATA:
        return any(
            name in INSTALLED_FILES and os.path.isfile(listing.path / name)
            for name in listing.files
        )
    names = listing.files
    return "install_manifest.json" in names and any(name in names for name in _SPECS)


def _find_candidates(listing: Listing) -> Iterator[Candidate]:
    """Yield the spec document in the folder, then the folder."""
    spec = next((name for name in _SPECS if name in listing.files), None)
    if spec is not None:
        yield from file_candidates(listing.path / spec, named=False)
    yield KIND.folder_candidate(listing.path)


def _read_folder(candidate: Candidate, context: ReadContext) -> Records:
    if is_half_rewired(candidate.path):
        # The build that the folder describes has a prefix of its own, with the same log.
        yield HalfRewiredPrefix(str(candidate.path))
        return
    result = read_install_folder(candidate.path, context.options.redactor)
    if result.attempt is not None:
        yield from _split_spliced(result.attempt)
    yield from place_problems(candidate, result.problems)
    if result.attempt is not None and context.options.abi and candidate.path.name == METADATA:
        is_archived = context.options.base is not None
        spec, files = result.attempt.spec, result.attempt.files
        if is_archived and (candidate.path / sent.NAME).is_file():
            yield from _read_sent(candidate.path, spec)
        else:
            yield from _read_files(candidate.path, spec, files, is_archived=is_archived)


def _read_sent(folder: Path, spec: SpecName) -> Records:
    """Yield the content of the prefix as a client has sent it."""
    prefix = os.path.dirname(os.path.abspath(folder))
    shown = f"/{os.path.basename(prefix)}"
    contents = PrefixContents(prefix, spec, shown, kind="store", read_at=time.time())
    try:
        sent.read_contents(folder / sent.NAME, contents)
    except DocumentError as error:
        yield Problem(str(folder / sent.NAME), error)
        return
    for path, hashes in contents.texts.items():
        contents.texts[path] = [each for each in hashes if each != spec.hash]
    yield contents


def _read_files(
    folder: Path, spec: SpecName, manifest: Sequence[InstalledFile] | None, *, is_archived: bool
) -> Iterator[PrefixContents]:
    """Yield what is in the prefix, unless only the folder was copied and the prefix was not.

    Where an archive was unpacked means nothing, so only the name of the prefix is kept. Links are
    not unpacked: they are those of the manifest, and without one nothing is known to be absent.
    """
    prefix = os.path.dirname(os.path.abspath(folder))
    shown = f"/{os.path.basename(prefix)}" if is_archived else prefix
    contents = PrefixContents(prefix, spec, shown, kind="store", read_at=time.time())
    read_prefix(Path(prefix), contents)
    files = [each for each in manifest or () if each.kind == "file" and is_read(each.path)]
    if contents.is_empty and (files or manifest is None):
        return
    if is_archived:
        contents.complete = contents.complete and manifest is not None
        contents.links |= _links_of(manifest or ())
    contents.add_missing(
        each.path
        for each in files
        if looks_like_library(each.path) or (each.mode or 0) & 0o111
        if not os.path.lexists(os.path.join(prefix, each.path))
    )
    yield contents


def _links_of(files: Iterable[InstalledFile]) -> dict[str, str]:
    """Return the targets of the links in a manifest by path, as they are written in a folder."""
    return {
        each.path: _target_in_folder(each.path, each.target)
        for each in files
        if each.kind == "link" and each.target
    }


def _target_in_folder(path: str, target: str) -> str:
    # Within the prefix, the targets of a manifest are relative to the prefix.
    is_outside = target.startswith(("/", "../"))
    return target if is_outside else posixpath.relpath(target, posixpath.dirname(path) or ".")


def is_half_rewired(path: Path) -> bool:
    """Return whether a folder `.spack` is in a prefix that Spack failed to rewire for a splice.

    Spack 1.0 and 1.1 copy the build spec's files into the prefix of the splice, stop if a file
    cannot be relocated, and report success. The `spec.json` is then still that of the build spec,
    in which the hash of the splice does not occur.
    """
    folder = Folder(path)
    named = parse_folder_name(folder.parent_name)
    raw = folder.read("spec.json")
    if named is None or raw is None or named.hash.encode("ascii") in raw:
        return False
    try:
        root = read_node_names(raw)[0]
    except DocumentError:
        return False
    return named.name == root.spec.name


def _split_spliced(attempt: Attempt) -> list[Attempt]:
    """Return the attempt; for a spliced spec also the one that built its build spec.

    A spliced spec is not built, but made from the files of its build spec, with the log of that.
    """
    build_spec = attempt.more.get("build_spec")
    if not isinstance(build_spec, str):
        return [attempt]
    spec = replace(attempt.spec, hash=build_spec)
    original = replace(attempt, spec=spec, binary=None, files=None, more={})
    spliced = replace(
        attempt,
        started=None,
        seconds=None,
        binary=True,
        phases=(),
        environment=None,
        variables=(),
        attachments=(),
        recipes=(),
        sources=(),
    )
    return [original, spliced]


def _files_to_send(_: Candidate, folder: Folder) -> Iterator[SentPart]:
    for name in (*_READ_FILES, *filter(SBOM.match, folder.names or ())):
        yield SentPart(name)
    for name in _MARKS:
        if folder.has(name):
            yield SentPart(name, SentAs.EMPTY_FILE)
    for subfolder in (ARCHIVED, RECIPES):
        for name in folder.walk(subfolder, _DEFAULT_LIMITS.entries):
            yield SentPart(name)


def _libraries_to_send(candidate: Candidate) -> Iterator[SentLibraries]:
    """Yield the facts of the prefix; problems with other files are found by the service."""
    if candidate.path.name != METADATA or is_half_rewired(candidate.path):
        return
    quiet = Folder(candidate.path)
    root = _read_root(quiet)
    spec = root.spec if root else parse_folder_name(quiet.parent_name)
    if spec is None:
        return
    manifest = _read_manifest(quiet, _DEFAULT_LIMITS)
    files = manifest.files if manifest else None
    for contents in _read_files(candidate.path, spec, files, is_archived=False):
        part = SentPart(sent.NAME, content=sent.pack_contents(contents))
        size = sum(each.size for each in contents.libraries)
        yield SentLibraries(part, len(contents.libraries), size)


def _sent_folder(candidate: Candidate) -> str:
    prefix = Path(os.path.realpath(candidate.path)).parent.name
    return f"{prefix or 'prefix'}/{METADATA}"


FORMAT = Format(
    subject="installed package",
    pointer="",
    kept="the attempt with its times, phases, log, errors and warnings, environment, configure "
    "arguments, archived files, recipes and install manifest, and the spec document",
    versions=(
        KnownVersion(
            "",
            "0.17 on",
            "older releases name some files differently; `spec.json` has a version of its own",
        ),
    ),
)
KIND = DocumentKind(
    name="installed package",
    read=_read_folder,
    is_folder=_is_folder,
    find_candidates=_find_candidates,
    files_to_send=_files_to_send,
    libraries_to_send=_libraries_to_send,
    sent_folder=_sent_folder,
    origin=lambda path: printable(path.parent.name),
    formats=(FORMAT,),
    holds_specs=lambda candidate: any(
        os.path.lexists(candidate.path / name) for name in ("spec.json", "spec.yaml")
    ),
)
