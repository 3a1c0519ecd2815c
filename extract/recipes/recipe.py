"""A recipe: which pages it is for, and which elements of them hold which values."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from archiver.urls import url_key
from snapshots.query import key_ranges

__all__ = [
    "CONTACT_FIELDS",
    "EVER",
    "PAGE_FIELDS",
    "PARTNERSHIP_FIELDS",
    "Recipe",
    "RecordRule",
    "ValueRule",
    "recipe_for",
]

CONTACT_FIELDS = (
    *("organisation", "unit", "person", "role", "address", "postcode"),
    *("phone", "fax", "textphone", "email", "website"),
)
PARTNERSHIP_FIELDS = (
    *("name", "alias", "area", "region", "country", "police_force", "predecessor"),
)
PAGE_FIELDS = ("title", "summary", "published", "updated", "review")

EVER: Final = (0, 99999999999999)  # the first timestamp and the last


@dataclass(frozen=True, slots=True)
class ValueRule:
    """Where the values of one field are.

    Attributes:
        select: a CSS selector below the record's element; empty for that element itself.
        attribute: the attribute that holds the value; empty for the element's text.
        match: a regular expression of which the first group, or all of it, is the value.
        constant: a value that every record has and no element states.
        optional: whether a page on which nothing is found is in order.
    """

    select: str = ""
    attribute: str = ""
    match: str = ""
    constant: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class RecordRule:
    """How the records of one kind are read.

    Attributes:
        kind: contact or partnership.
        select: a CSS selector of the element of each record.
        siblings: whether the elements behind it belong to the record, up to the next one selected.
        fields: of the record, by name.
        contact: of the one contact that a partnership has; empty for none.
    """

    kind: str
    select: str
    siblings: bool = False
    fields: tuple[tuple[str, ValueRule], ...] = ()
    contact: tuple[tuple[str, ValueRule], ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the pages of one template are read.

    Attributes:
        name: what its values are marked with.
        pages: addresses as `snapshots.query.key_ranges` takes them: with ``*`` at the end for all
            that begin so, ``*.host`` for all hosts below.
        first: the earliest capture it is for, as a timestamp of 14 digits.
        last: and the latest.
        needs: a CSS selector without which a page is not of the template; empty for none.
        content: CSS selectors of the page's message; empty where the general rules find it.
        ignore: CSS selectors of what is not.
        page: values of the page itself, by name.
        records: its records.
    """

    name: str
    pages: tuple[str, ...]
    first: int = EVER[0]
    last: int = EVER[1]
    needs: str = ""
    content: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    page: tuple[tuple[str, ValueRule], ...] = ()
    records: tuple[RecordRule, ...] = ()

    @property
    def rule(self) -> str:
        """The rule that its observations name."""
        return f"recipe {self.name}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of what it says: comments and layout of its file do not count."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).digest()

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """The ranges of URL keys it is for: each the first key, and the first beyond."""
        return tuple(found for page in self.pages for found in key_ranges(page, None))

    def is_for(self, url: str, timestamp: int | None = None) -> bool:
        """Tell whether it is for a page; without a timestamp, for any capture of it."""
        key = url_key(url)
        in_time = timestamp is None or self.first <= timestamp <= self.last
        return in_time and any(first <= key < beyond for first, beyond in self.ranges)


def recipe_for(recipes: Sequence[Recipe], url: str, timestamp: int | None = None) -> Recipe | None:
    """Choose the recipe of a page: of several, the first."""
    return next((recipe for recipe in recipes if recipe.is_for(url, timestamp)), None)
