"""Load the libraries of prefixes that Spack did not install, such as `/usr`."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cypher.run import Database
from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.load_options import LoadOptions
from loaders.pipeline.reports import DocumentReport, refused, summarize
from loaders.prefixes.external import read_external
from loaders.store.externals import store_external
from loaders.store.libraries import LibrariesGoneError
from service.cli.screen import show_status

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class ExternalPrefix:
    """A prefix that Spack did not install.

    Attributes:
        path: The prefix.
        folders: Folders of libraries in it; if empty, those in which libraries usually are.
    """

    path: Path
    folders: Sequence[str] = ()


def load_externals(
    database: Database, prefixes: Iterable[ExternalPrefix], options: LoadOptions
) -> Iterator[DocumentReport]:
    """Store the libraries of external prefixes; yield a report on each, and on damaged files."""
    for each in prefixes:
        show_status(f"reading libraries in {each.path}")
        try:
            with limits.budget():
                contents = read_external(each.path, each.folders)
            for problem in contents.problems:
                yield refused(problem.place, problem.error)
            stored = store_external(database, contents, options.site)
        except DocumentError as error:
            yield refused(str(each.path), error)
            continue
        except LibrariesGoneError:
            detail = "its libraries were deleted meanwhile; load it again"
            yield refused(str(each.path), DocumentError(Fault.INVALID, detail))
            continue
        if not stored.specs:
            detail = (
                "no external spec of the graph has this prefix; load the index of the store that "
                "uses it first"
            )
            yield refused(contents.place, DocumentError(Fault.UNSUPPORTED, detail))
            continue
        names = [f"{spec.name}@{spec.version}/{spec.hash[:7]}" for spec in stored.specs]
        more = ", ..." if len(names) > _MOST_NAMED else ""
        counts = {"libraries": stored.libraries, "new_libraries": stored.new_libraries}
        if stored.changed:
            counts["new_prefixes"] = len(stored.specs)
        text = (
            f"{stored.libraries:,} libraries, {stored.new_libraries:,} of them new, for "
            f"{', '.join(names[:_MOST_NAMED])}{more}"
        )
        yield summarize(contents.place, "files", text, counts)
