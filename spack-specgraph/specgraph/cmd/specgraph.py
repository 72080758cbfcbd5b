"""`spack specgraph`: send what Spack installs and builds to a Specgraph service, and query it."""

import argparse
from typing import Any, Callable, Dict, List, Optional, Union

from .. import local_spack, packing, push, queries, record, settings, splices
from ..client import Client, NotAllowedError, RefusedError, UnavailableError
from ..progress import Progress
from ..report import Report
from ..senders import ToService, ToSpool
from ..spool import Spool
from ..terminal import error as print_error
from ..terminal import msg, warn

description = "send specs and builds to a Specgraph service, and query it"
section = "extensions"
level = "long"

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3

_URL_HELP = "address of the service; by default SPECGRAPH_URL"
_SITE_HELP = "name of this machine's site"
_SPOOL_HELP = "write files to DIR instead of sending them"

# add_subparsers returns a private class of argparse.
Commands = Any


def setup_parser(subparser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their options; called by Spack."""
    commands = subparser.add_subparsers(metavar="SUBCOMMAND", dest="specgraph_command")
    _add_upload_commands(commands)
    _add_record_command(commands)
    _add_query_commands(commands)


def _add_upload_commands(commands: Commands) -> None:
    parser = commands.add_parser("upload", help="send specs and the logs of their builds")
    _add_selection(parser)
    _add_service_options(parser)
    parser.add_argument("--spool", metavar="DIR", help=_SPOOL_HELP)
    parser.set_defaults(run=upload)

    parser = commands.add_parser("spool", help="write files to DIR, as upload would send them")
    parser.add_argument("spool", metavar="DIR", help="a folder, created if necessary")
    _add_selection(parser)
    parser.set_defaults(run=upload, url=None, allow_unverified=False)

    parser = commands.add_parser("push", help="send the files in DIR that are not sent yet")
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", help="a spool; by default the one that record uses"
    )
    _add_service_options(parser)
    parser.set_defaults(run=push_spool)


def _add_record_command(commands: Commands) -> None:
    parser = commands.add_parser(
        "record",
        help="run `spack install` and record all attempts, including failed ones",
        usage="spack specgraph record [--url URL] [--site NAME] [--spool DIR] -- install ...",
    )
    parser.add_argument("--url", help=_URL_HELP)
    parser.add_argument("--site", metavar="NAME", help=_SITE_HELP)
    parser.add_argument("--spool", metavar="DIR", help=_SPOOL_HELP)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="install and its arguments")
    parser.set_defaults(run=record_install)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    selection = parser.add_mutually_exclusive_group()
    selection.add_argument(
        "--env",
        dest="whole_env",
        action="store_true",
        help="the roots of the active environment, installed or not",
    )
    selection.add_argument(
        "--all",
        dest="everything",
        action="store_true",
        help="all installed specs, and the index of the store",
    )
    parser.add_argument(
        "--builds", action="store_true", help="also the logs, environments and files of the builds"
    )
    parser.add_argument(
        "--no-libraries",
        action="store_true",
        help="with --builds: without what the dynamic loader reads of programs and libraries",
    )
    parser.add_argument(
        "--store", action="store_true", help="also the index of the store; included in --all"
    )
    parser.add_argument("--site", metavar="NAME", help=_SITE_HELP)
    parser.add_argument(
        "specs", nargs="*", metavar="SPEC", help="the installed specs that satisfy one of these"
    )


def _add_service_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help=_URL_HELP)
    parser.add_argument(
        "--allow-unverified", action="store_true", help="store specs whose hash does not match"
    )


def _add_query_commands(commands: Commands) -> None:
    parser = commands.add_parser("query", help="find specs, for example by their dependencies")
    parser.add_argument("spec", nargs="*", metavar="SPEC", help="in Spack's syntax")
    parser.add_argument("--built-with", metavar="SPEC", help="built with this, before a splice")
    parser.add_argument(
        "--deployed-with", metavar="SPEC", help="needs this at run time, after a splice"
    )
    parser.add_argument(
        "--runs-with", metavar="SPEC", help="loads a file of this, by the files themselves"
    )
    parser.add_argument("--spliced-from", metavar="SPEC", help="spliced from this build spec")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--spliced", action="store_true", default=None, help="only spliced specs")
    either.add_argument(
        "--not-spliced", dest="spliced", action="store_false", help="only specs not spliced"
    )
    parser.add_argument(
        "--site", metavar="NAME", help="at this site: installed, built or locked there"
    )
    parser.add_argument(
        "--environment", metavar="NAME", help="locked by this environment, or by its digest"
    )
    parser.add_argument(
        "--all", dest="every", action="store_true", help="all specs, not only roots"
    )
    parser.add_argument("-v", "-lv", "--variants", action="store_true", help="show the variants")
    parser.add_argument(
        "-l", "--long", action="store_true", help="no effect: hashes are always shown"
    )
    _add_answer_options(parser, queries.query, 50)

    parser = commands.add_parser("why", help="show the shortest chains to a dependency in a DAG")
    parser.add_argument("root", metavar="ROOT", help="a spec, or a slash and a hash")
    parser.add_argument("dependency", metavar="DEPENDENCY", nargs="+", help="a spec")
    parser.add_argument("--deptypes", default="build,link,run,test", help="the edges to follow")
    _add_answer_options(parser, queries.why, 10)

    parser = commands.add_parser("splice", help="show the changes that a splice made")
    parser.add_argument("root", metavar="ROOT", nargs="+", help="a spec, or a slash and a hash")
    parser.add_argument("--deptypes", default="link,run", help="the edges to follow")
    _add_answer_options(parser, queries.splice, 1000)

    parser = commands.add_parser("plan", help="plan a splice before it is built")
    _add_plan_arguments(parser)
    parser.add_argument(
        "--configuration", action="store_true", help="print the configuration of Spack only"
    )
    _add_answer_options(parser, queries.plan, None)

    parser = commands.add_parser(
        "check",
        help="judge whether a splice would start, before it is installed",
        epilog="exit code: 0 if it loads, 1 if it is broken, 2 if that is not known",
    )
    _add_plan_arguments(parser)
    _add_answer_options(parser, queries.check, None)


def _add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="a spec, or a slash and a hash")
    parser.add_argument("replacement", metavar="REPLACEMENT", help="the spec to put in, likewise")
    parser.add_argument(
        "--intransitive", action="store_true", help="keep dependencies that both have as they are"
    )
    parser.add_argument("--replace", metavar="NAME", help="package or virtual to be replaced")


def _add_answer_options(
    parser: argparse.ArgumentParser,
    question: Callable[[Client, argparse.Namespace], int],
    limit: Optional[int],
) -> None:
    if limit is not None:
        parser.add_argument("--limit", type=int, default=limit, help="maximum number of items")
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="print the service's JSON answer"
    )
    parser.add_argument("--url", help=_URL_HELP)
    parser.set_defaults(run=_run_query, question=question)


def specgraph(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Run a subcommand and return the exit code; called by Spack."""
    run = getattr(args, "run", None)
    if run is None:
        parser.error("a subcommand is required; see spack specgraph --help")
    try:
        return int(run(args))
    except (
        settings.SettingsError,
        local_spack.NothingSelectedError,
        queries.AmbiguousError,
    ) as error:
        return _fail(str(error), EXIT_USAGE)
    except RefusedError as error:
        return _fail(queries.error_message(error), queries.exit_code(error))
    except (UnavailableError, NotAllowedError) as error:
        return _fail(str(error), EXIT_UNAVAILABLE)


def _fail(message: str, code: int) -> int:
    print_error(message)
    return code


def _run_query(args: argparse.Namespace) -> int:
    found = settings.find_settings(url=args.url)
    return int(args.question(Client(found.require_url(), found.token), args))


def upload(args: argparse.Namespace) -> int:
    """Send specs to the service, or write them to a spool, and return the exit code."""
    selections = [args.whole_env, args.everything, bool(args.specs)].count(True)
    if selections != 1 and not (args.store and not selections):
        raise local_spack.NothingSelectedError("name specs, or give one of --env and --all")
    found = settings.find_settings(url=args.url, site=args.site, spool=args.spool)
    report = Report()
    sender: Union[ToSpool, ToService]
    if args.spool:
        sender = ToSpool(Spool(found.spool), report)
    else:
        client = Client(found.require_url(), found.token)
        sender = ToService(client, report, args.allow_unverified)
    _send_selection(sender, args, {"site": found.site} if found.site else {})
    for line in report.lines():
        msg(line)
    for line in report.problem_lines():
        warn(line)
    return EXIT_REFUSED if report.refused else 0


def _send_selection(
    sender: Union[ToSpool, ToService], args: argparse.Namespace, query: Dict[str, str]
) -> None:
    specs: List[local_spack.Spec] = []
    documents: List[packing.SpecPayload] = []
    archives: List[packing.Payload] = []
    if args.whole_env or args.everything or args.specs:
        specs = local_spack.select_specs(args.specs, args.whole_env, args.everything)
        roots = specs
        if args.everything:
            roots = local_spack.covering_roots(specs)
            roots += splices.uncovered_splices(specs, roots)
        documents = local_spack.spec_documents(roots)
        if args.whole_env:
            documents += splices.locked_splices(specs)
    if args.builds:
        built = local_spack.with_dependencies(specs) if args.whole_env else specs
        archives += local_spack.build_archives(built, query, not args.no_libraries)
        hashes = None if args.everything else {spec.dag_hash() for spec in built}
        logs = local_spack.kept_stage_logs(hashes)
        archives += [packing.stage_log_archive(path, query) for path in logs]
    if args.store or (args.everything and local_spack.index_time() is not None):
        archives.append(local_spack.store_archive(query))
    with Progress(len(documents) + len(archives), "sent") as progress:
        sender.send_specs(documents, progress)
        for archive in archives:
            sender.send_archive(archive)
            progress.step()


def push_spool(args: argparse.Namespace) -> int:
    """Send the files of a spool and return the exit code."""
    found = settings.find_settings(url=args.url, spool=args.folder)
    client = Client(found.require_url(), found.token)
    if args.folder:
        push.require_folder(found.spool)
    return push.push(found.spool, client, msg, warn, args.allow_unverified)


def record_install(args: argparse.Namespace) -> int:
    """Run an installation, record it, and return the exit code of the installation."""
    arguments = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    if not arguments:
        raise settings.SettingsError(
            "nothing to record; use: spack specgraph record -- install ..."
        )
    return record.record(arguments, args.site, args.url, args.spool)
