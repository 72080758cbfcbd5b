"""`specgraph load`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loaders.evidence import MAX_SITE_LENGTH
from service.cli import exits
from service.cli.connection import take_target, target_options
from service.cli.redaction import take_redactor
from service.cli.settings import setting_options

if TYPE_CHECKING:
    from loaders.load_options import LoadOptions


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path, allow_dash=True))
@setting_options("site")
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the store, build cache or environment; by default derived from its folder.",
)
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder or index of an upstream of the store, on whose specs its specs may depend; may "
    "be repeated. Not with --url.",
)
@click.option("--is-upstream", is_flag=True, help="The store itself is an upstream of others.")
@click.option(
    "--partial",
    is_flag=True,
    help="The index lists only some specs of the store; the others are not gone.",
)
@click.option(
    "--as-of",
    metavar="DATE",
    help="Time of a store's index, by default that of the file; specs that the index does not "
    "list are gone since.",
)
@click.option(
    "--abi/--no-abi",
    default=True,
    show_default=True,
    help="Also read programs and libraries, of install folders and in build caches: facts that "
    "decide whether a splice starts. With --url, facts of install folders are sent, and those of "
    "build caches are not.",
)
@click.option(
    "--external",
    "externals",
    metavar="PREFIX",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also read the libraries of a prefix that Spack did not install, such as /usr, for the "
    "external specs that have it; may be repeated. Not with --url.",
)
@click.option(
    "--external-folder",
    "external_folders",
    metavar="DIR",
    multiple=True,
    help="Folder of libraries in that prefix, by default lib64, lib and lib/*-linux-gnu*; may be "
    "repeated.",
)
@setting_options("redaction")
@click.option(
    "--allow-unverified",
    is_flag=True,
    help="Accept nodes whose hash does not match their content, and mark them.",
)
@click.option(
    "--no-limits",
    is_flag=True,
    help="Read documents of any size, for as long as it takes; only for files that you trust.",
)
@click.option("--json", "as_json", is_flag=True, help="Print all reports as one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the totals.")
@click.option("-v", "--verbose", is_flag=True, help="Also list the files that are not documents.")
@setting_options("backup-first")
@target_options
def load(
    paths: tuple[Path, ...],
    externals: tuple[Path, ...],
    external_folders: tuple[str, ...],
    allow_unverified: bool,
    no_limits: bool,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Load whatever Spack leaves behind, from files and directories.

    Files are recognized by their content, folders by their name: spec documents of all formats,
    install trees with their .spack-db and the .spack folder of each package, build stages, failure
    markers, spack.lock, build caches, Cray manifests, JUnit and CDash reports, test suites, exports
    of can_splice. They may be compressed with gzip or zstd; `-` reads standard input. A bad
    document is reported and does not stop the rest. Loading the same documents again changes
    nothing.

    \b
      specgraph load --site frontier /path/to/install/tree
      specgraph load --site frontier /tmp/$USER/spack-stage
      specgraph load spack.lock report.xml
      specgraph load --site frontier --external /usr --external /opt/cray/pe/mpich/8.1.28
    """
    from loaders import limits
    from service.cli.externals import ExternalPrefix
    from service.cli.loading import Output, load_paths

    if not (paths or externals):
        raise click.UsageError("Give PATHS or --external.")
    if external_folders and len(externals) != 1:
        raise click.UsageError("--external-folder needs one --external.")
    load_options = _take_load_options(options)
    with limits.applied(limits.unlimited() if no_limits else limits.current()):
        accepted = load_paths(
            take_target(options),
            load_options,
            paths,
            externals=[ExternalPrefix(each, external_folders) for each in externals],
            allow_unverified=allow_unverified,
            output=Output(as_json=as_json, quiet=quiet, verbose=verbose),
        )
    if not accepted:
        raise SystemExit(exits.NOTHING)


def _take_load_options(options: dict[str, Any]) -> "LoadOptions":
    """Take the statements about the documents out of a command's options."""
    from loaders.collections.store_index import index_path
    from loaders.load_options import LoadOptions
    from service.queries.errors import InvalidQuestionError
    from service.queries.times import parse_time

    redactor = take_redactor(options)
    try:
        as_of = parse_time("--as-of", options.pop("as_of"))
    except InvalidQuestionError as error:
        raise click.BadParameter(str(error), param_hint="--as-of") from error
    site = options.pop("site").strip()
    if not 1 <= len(site) <= MAX_SITE_LENGTH:
        raise click.BadParameter(f"use 1 to {MAX_SITE_LENGTH} characters", param_hint="--site")
    return LoadOptions(
        site=site,
        name=options.pop("name"),
        upstream=options.pop("is_upstream"),
        partial=options.pop("partial"),
        upstreams=tuple(map(index_path, options.pop("upstreams"))),
        as_of=as_of,
        redactor=redactor,
        abi=options.pop("abi"),
    )
