"""Store the `can_splice` directives of recipes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial

from neo4j import ManagedTransaction

from cypher.run import Database, run_one
from loaders.collections.can_splice import ExaminedRecipe
from loaders.store.rows import Row, chunks_of, new_load_id

_RECIPES_PER_TRANSACTION = 2_000


def store_can_splice(
    database: Database, recipes: Iterable[ExaminedRecipe], *, site: str
) -> tuple[int, int]:
    """Store the directives of some recipes; those that they had earlier at the site are deleted.

    Returns:
        How many are new, and how many were deleted.
    """
    load = new_load_id()
    created = withdrawn = 0
    for chunk in chunks_of(_RECIPES_PER_TRANSACTION, recipes):
        counts = database.write(partial(_write_recipes, recipes=chunk, site=site, load=load))
        created += counts["created"]
        withdrawn += counts["withdrawn"]
    return created, withdrawn


def _write_recipes(
    tx: ManagedTransaction, recipes: Sequence[ExaminedRecipe], site: str, load: str
) -> dict[str, int]:
    rows = [_recipe_row(each, site) for each in recipes]
    counts: dict[str, int] = run_one(tx, "merge_can_splice", recipes=rows, site=site, load=load)
    return counts


def _recipe_row(recipe: ExaminedRecipe, site: str) -> Row:
    named = {"namespace": recipe.namespace, "package": recipe.package}
    directives = {}
    for each in recipe.directives:
        values = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(each).items()}
        properties: Row = {**named, **values}
        uid = hashlib.sha256(f"{site}\0{sorted(properties.items())}".encode()).hexdigest()[:32]
        directives[uid] = {"uid": uid, "properties": properties}
    return {**named, "directives": [directives[uid] for uid in sorted(directives)]}
