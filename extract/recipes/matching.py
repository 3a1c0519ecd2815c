"""Which recipe reads a capture, told by the database: one question for millions of captures."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, LargeBinary, and_, case, literal, or_

from extract.recipes.recipe import Recipe
from snapshots.tables import capture, url

__all__ = ["digest_wanted"]


def digest_wanted(recipes: Sequence[Recipe]) -> ColumnElement[bytes]:
    """Give the digest of the recipe that is for a capture, the first of several; else no bytes."""
    none = literal(b"", LargeBinary)
    if not recipes:
        return none
    whens = [(_is_for(recipe), literal(recipe.digest, LargeBinary)) for recipe in recipes]
    return case(*whens, else_=none)


def _is_for(recipe: Recipe) -> ColumnElement[bool]:
    ranges = [and_(url.c.urlkey >= first, url.c.urlkey < beyond) for first, beyond in recipe.ranges]
    return and_(or_(*ranges), capture.c.timestamp.between(recipe.first, recipe.last))
