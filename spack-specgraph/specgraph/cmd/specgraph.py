"""`spack specgraph`: send what Spack installs and builds to a Specgraph service, and ask it."""

import argparse

from .. import ask, gather, push, record, settings
from ..client import Client, NotAllowedError, RefusedError, UnavailableError
from ..look import msg, tty, warn
from ..progress import Progress
from ..report import Report
from ..sending import ToService, ToSpool
from ..spool import Spool

description = "send specs and builds to a Specgraph service, and ask it"
section = "extensions"
level = "long"

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3


def setup_parser(subparser):
    """Add the subcommands and their options."""
    commands = subparser.add_subparsers(metavar="SUBCOMMAND", dest="specgraph_command")
    _add_sending(commands)
    _add_asking(commands)


def _add_sending(commands):
    parser = commands.add_parser("upload", help="send specs, and what was kept of their builds")
    _select(parser)
    _service(parser)
    parser.add_argument("--spool", metavar="DIR", help="write files there instead of sending")
    parser.set_defaults(run=upload)

    parser = commands.add_parser("spool", help="write what upload would send as files into DIR")
    parser.add_argument("spool", metavar="DIR", help="a folder, made where it is not there")
    _select(parser)
    parser.set_defaults(run=upload, url=None, allow_unverified=False)

    parser = commands.add_parser("push", help="send the files in DIR that are not sent yet")
    parser.add_argument("folder", metavar="DIR", nargs="?", help="by default that of record")
    _service(parser)
    parser.set_defaults(run=push_spool)

    parser = commands.add_parser(
        "record",
        help="run `spack install` and record every attempt, also those that fail",
        usage="spack specgraph record [--url URL] [--site NAME] [--spool DIR] -- install ...",
    )
    parser.add_argument("--url", help="address of the service, else SPECGRAPH_URL")
    parser.add_argument("--site", metavar="NAME", help="where this machine is")
    parser.add_argument("--spool", metavar="DIR", help="write files there instead of sending")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="install and its arguments")
    parser.set_defaults(run=record_install)


def _select(parser):
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--env",
        dest="whole_env",
        action="store_true",
        help="the roots of the active environment, installed or not",
    )
    which.add_argument(
        "--all", dest="everything", action="store_true", help="all that is installed"
    )
    parser.add_argument(
        "--builds", action="store_true", help="also logs, environments and files of the builds"
    )
    parser.add_argument(
        "--store", action="store_true", help="also the store's index: what is installed here now"
    )
    parser.add_argument("--site", metavar="NAME", help="where this machine is")
    parser.add_argument(
        "specs", nargs="*", metavar="SPEC", help="what is installed and satisfies one of these"
    )


def _service(parser):
    parser.add_argument("--url", help="address of the service, else SPECGRAPH_URL")
    parser.add_argument(
        "--allow-unverified", action="store_true", help="keep specs whose hash does not match"
    )


def _add_asking(commands):
    parser = commands.add_parser("query", help="find specs by what they were built with, and more")
    parser.add_argument("spec", nargs="*", metavar="SPEC", help="in Spack's syntax")
    parser.add_argument("--built-with", metavar="SPEC", help="before a splice")
    parser.add_argument("--deployed-with", metavar="SPEC", help="at run time, after a splice")
    parser.add_argument("--spliced-from", metavar="SPEC", help="what it was spliced from")
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--spliced", action="store_true", default=None, help="only spliced specs")
    either.add_argument("--not-spliced", dest="spliced", action="store_false", help="only others")
    parser.add_argument(
        "--all", dest="every", action="store_true", help="every spec, not only roots"
    )
    parser.add_argument(
        "-v", "-lv", "--variants", action="store_true", help="show the variants of each"
    )
    parser.add_argument("-l", "--long", action="store_true", help="hashes are always shown")
    _ask(parser, ask.query, 50)

    parser = commands.add_parser("why", help="why is a dependency in a DAG: all shortest chains")
    parser.add_argument("root", metavar="ROOT", help="a spec, or a hash after a slash")
    parser.add_argument("dependency", metavar="DEPENDENCY", nargs="+", help="a spec")
    parser.add_argument("--deptypes", default="build,link,run,test", help="which edges to follow")
    _ask(parser, ask.why, 10)

    parser = commands.add_parser("splice", help="what a splice kept, relinked, took out, put in")
    parser.add_argument("root", metavar="ROOT", nargs="+", help="a spec, or a hash after a slash")
    parser.add_argument("--deptypes", default="link,run", help="which edges to follow")
    _ask(parser, ask.splice, 1000)


def _ask(parser, question, limit):
    parser.add_argument("--limit", type=int, default=limit, help="most items")
    parser.add_argument(
        "--json", dest="as_json", action="store_true", help="the service's JSON answer"
    )
    parser.add_argument("--url", help="address of the service, else SPECGRAPH_URL")
    parser.set_defaults(run=_asked, question=question)


def specgraph(parser, args):
    """Run a subcommand.

    :returns: the exit code.
    """
    if not getattr(args, "run", None):
        parser.error("which? spack specgraph --help")
    try:
        return args.run(args)
    except (settings.SettingsError, gather.NothingFoundError, ask.AmbiguousError) as error:
        return _error(error, EXIT_USAGE)
    except RefusedError as error:
        return _error(ask.told(error), ask.exit_code(error))
    except (UnavailableError, NotAllowedError) as error:
        return _error(error, EXIT_UNAVAILABLE)


def _error(error, code):
    tty.error(str(error))
    return code


def _asked(args):
    found = settings.find(url=args.url)
    return args.question(Client(found.service(), found.token), args)


def upload(args):
    """Send specs to the service, or write them into a spool.

    :returns: the exit code.
    """
    chosen = [args.whole_env, args.everything, bool(args.specs)].count(True)
    if chosen != 1 and not (args.store and not chosen):
        raise gather.NothingFoundError("name specs, or give one of --env and --all")
    found = settings.find(url=args.url, site=args.site, spool=args.spool)
    query = {"site": found.site} if found.site else {}
    report = Report()
    if args.spool:
        sender = ToSpool(Spool(found.spool), report)
    else:
        client = Client(found.service(), found.token)
        sender = ToService(client, report, args.allow_unverified)
    _send(sender, args, query)
    for line in report.lines():
        msg(line)
    for line in report.problems():
        warn(line)
    return EXIT_REFUSED if report.refused else 0


def _send(sender, args, query):
    specs, documents, pieces = [], [], []
    if args.whole_env or args.everything or args.specs:
        specs = gather.selected(args.specs, args.whole_env, args.everything)
        documents = gather.documents(gather.roots_of(specs) if args.everything else specs)
    if args.builds:
        whole = gather.with_dependencies(specs) if args.whole_env else specs
        pieces += list(gather.builds(whole, query))
    if args.store:
        pieces.append(gather.store_index(query))
    with Progress(len(documents) + len(pieces), "sent") as progress:
        sender.specs(documents, progress)
        for piece in pieces:
            sender.piece(piece)
            progress.step()


def push_spool(args):
    """Send what a spool holds.

    :returns: the exit code.
    """
    found = settings.find(url=args.url, spool=args.folder)
    client = Client(found.service(), found.token)
    if args.folder:
        push.existing(found.spool)
    return push.push(found.spool, client, msg, warn, args.allow_unverified)


def record_install(args):
    """Run an installation and record it.

    :returns: the exit code of the installation.
    """
    arguments = args.arguments[1:] if args.arguments[:1] == ["--"] else args.arguments
    if not arguments:
        raise settings.SettingsError(
            "what is to be recorded? spack specgraph record -- install ..."
        )
    return record.record(arguments, args.site, args.url, args.spool)
