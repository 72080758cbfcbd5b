"""Completion of specs, hashes and sites in a shell.

click prints the script for a shell: `eval "$(_SPECGRAPH_COMPLETE=bash_source specgraph)"`. The
proposals come from the service in `--url` or `SPECGRAPH_URL`, or from the database in
`--neo4j-uri`; nothing is started for them, and an error proposes nothing.
"""

import contextlib
import os
from pathlib import Path
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)


@add_completion_class
class _WholeWords(BashComplete):
    """Completion in bash of words with `@`, `=` and `:`, at which bash splits them.

    The words are taken from the line, and of a proposal only what follows the last of these
    characters is given back, because bash replaces only that.
    """

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' response word="${COMP_LINE:0:COMP_POINT}" part
    response=$(env COMP_WORDS="$word" COMP_CWORD=-1 %(complete_var)s=bash_complete $1)
    word="${word##* }"; word="${word#[\\"\\']}"
    part="${word%%"${word##*[@=:]}"}"
    [[ -n $part ]] && compopt -o nospace 2>/dev/null
    for completion in $response; do
        IFS=',' read type value <<< "$completion"
        if [[ $type == 'dir' ]]; then
            COMPREPLY=(); compopt -o dirnames
        elif [[ $type == 'file' ]]; then
            COMPREPLY=(); compopt -o default
        elif [[ $type == 'plain' ]]; then
            COMPREPLY+=("${value#"$part"}")
        fi
    done
    return 0
}
%(complete_func)s_setup() { complete -o nosort -F %(complete_func)s %(prog_name)s; }
%(complete_func)s_setup;
"""

    @staticmethod
    def _check_version() -> None:
        """Take any bash: the script needs no feature of a newer one but `nosort`."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the incomplete one, and that one."""
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        if os.environ.get("COMP_CWORD") != "-1":
            return super().get_completion_args()
        incomplete = "" if line.endswith(" ") or not words else words.pop()
        return words[1:], incomplete


class SpecType(click.ParamType[str]):
    """A spec in Spack's syntax, or a hash."""

    name = "spec"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return proposals of the service for how the text may go on."""
        found = _ask(ctx, "/complete", text=incomplete) or {"items": (), "start": 0}
        kept = incomplete[: found["start"]]
        return [
            CompletionItem(kept + item["text"], help=item.get("note") or item["kind"])
            for item in found["items"]
            if item["kind"] != "word"
        ]


class SiteType(click.ParamType[str]):
    """The name of a site."""

    name = "site"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the sites that start with the text."""
        found = _ask(ctx, "/sites") or {"items": ()}
        names = (each["name"] for each in found["items"])
        return [CompletionItem(each) for each in names if each.startswith(incomplete)]


SPEC = SpecType()
SITE_NAME = SiteType()


def _ask(context: click.Context, path: str, **parameters: str) -> dict[str, Any] | None:
    """Return the answer of the service or database that the words before name, if any."""
    from service.cli.api import open_api
    from service.cli.connection import Target

    given = context.params
    target = Target(
        url=given.get("url") or os.environ.get("SPECGRAPH_URL"),
        neo4j_uri=given.get("neo4j_uri"),
        neo4j_user=given.get("neo4j_user") or "neo4j",
        neo4j_password=given.get("neo4j_password"),
        neo4j_database=given.get("neo4j_database"),
        data_dir=Path(),
    )
    if not (target.url or target.neo4j_uri):
        return None
    # A message in the middle of a command line would be worse than no proposals.
    with contextlib.suppress(click.ClickException), open_api(target) as api:
        return api.get(path, **parameters)
    return None
