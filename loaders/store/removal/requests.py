"""Delete one named thing, or foresee its deletion with the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cypher.run import Database
from loaders.errors import Need
from loaders.store.removal import preview
from loaders.store.removal.attempts import delete_attempts
from loaders.store.removal.environments import (
    StoredEnvironment,
    delete_environments,
)
from loaders.store.removal.preview import Preview
from loaders.store.removal.sites import count_site, delete_site, needs_of_site
from loaders.store.removal.specs import delete_root
from loaders.store.removal.unused import KeptSpec, RemovedSpec, Tally


@dataclass(frozen=True)
class Removal:
    """The result of a deletion, or of its dry run.

    Attributes:
        subject: The named thing, for people.
        dry_run: Whether nothing was deleted.
        removed: Number of nodes by label. In a dry run without nodes that can only be counted while
            they are deleted: logs, findings and variables that nothing else has.
        specs: The specs that go, at most 1,000.
        kept: The specs below that stay, and why, at most 1,000.
        needs: Uses that forbid the deletion; only a dry run has any.
    """

    subject: str
    dry_run: bool
    removed: Mapping[str, int]
    specs: Sequence[RemovedSpec] = ()
    kept: Sequence[KeptSpec] = ()
    needs: Sequence[Need] = field(default_factory=list)


def remove_spec(database: Database, uid: str, *, dry_run: bool) -> Removal:
    """Delete a spec with its documents and everything below it that nothing else needs.

    Raises:
        StillNeededError: Something needs it, and this is no dry run.
        SpecGoneError: There is no spec with this identity.
    """
    subject, foreseen = preview.preview_root(database, uid)
    if dry_run:
        return _foresee(subject, foreseen)
    tally = Tally()
    delete_root(database, uid, tally)
    return _report(subject, tally, foreseen.kept)


def remove_attempt(database: Database, attempt: preview.StoredAttempt, *, dry_run: bool) -> Removal:
    """Delete an attempt with its phases, logs and findings."""
    subject = preview.label_attempt(attempt)
    foreseen = preview.preview_attempt(database, attempt)
    if dry_run:
        return _foresee(subject, foreseen)
    tally = Tally()
    delete_attempts(database, [attempt["uid"]], tally)
    return _report(subject, tally, foreseen.kept)


def remove_environment(
    database: Database, environment: StoredEnvironment, *, dry_run: bool
) -> Removal:
    """Delete a locked environment; the documents of its roots stay."""
    subject = f"the environment {environment['name']} at {environment['site']}"
    foreseen = preview.preview_environment(database, environment["specs"])
    if dry_run:
        return _foresee(subject, foreseen)
    tally = Tally()
    delete_environments(database, [environment["uid"]], tally)
    return _report(subject, tally, foreseen.kept)


def remove_site(database: Database, site: str, *, dry_run: bool) -> Removal | None:
    """Delete a site with everything that happened there; None if there is no such site.

    Raises:
        StillNeededError: A valid token is bound to it, and this is no dry run.
    """
    contents = count_site(database, site)
    if contents["counts"] is None:
        return None
    subject = f"the site {site}"
    if dry_run:
        removed = {label: number for label, number in contents["counts"].items() if number}
        return Removal(subject, True, {**removed, "Site": 1}, needs=needs_of_site(contents))
    tally = Tally()
    delete_site(database, site, tally)
    return _report(subject, tally, ())


def _foresee(subject: str, foreseen: Preview) -> Removal:
    tally = foreseen.tally
    return Removal(subject, True, tally.as_dict(), tally.specs, foreseen.kept, foreseen.needs)


def _report(subject: str, tally: Tally, kept: Sequence[KeptSpec]) -> Removal:
    gone = {each["uid"] for each in tally.specs}
    stays = [each for each in kept if each["uid"] not in gone]
    return Removal(subject, False, tally.as_dict(), tally.specs, stays)
