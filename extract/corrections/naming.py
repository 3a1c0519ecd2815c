"""What the records of a page are called, so that a decision finds its record again.

The number of a record changes with every record before it; its name does not. A contact is named
by its organisation, unit and role, never by a telephone number or a person.
"""

import re
from collections.abc import Iterable

from extract.facts.observations import Observation

__all__ = ["folded", "record_names"]

_LONGEST = 300  # characters of a name
_NAMED_BY = {
    "attachment": ("url",),
    "authority": ("name", "applies_to"),
    "claim_check": ("how", "claimed"),
    "contact": ("organisation", "unit", "role"),
    "count": ("what", "where"),
    "date": ("type",),
    "heading": ("text",),
    "legal": ("act", "year"),
    "link": ("url",),
    "page": (),
    "partnership": ("name",),
}
_OTHERWISE = ("name", "title", "what", "type", "text", "url")  # for kinds not known here
_WORDS = re.compile(r"\w+")


def record_names(observations: Iterable[Observation]) -> dict[tuple[str, int], str]:
    """Name every record of a page: by its kind and number what it is called.

    Values count as they were read, so that a correction of a name does not rename its record. A
    contact of a partnership has the partnership's name before its own. Records that are called the
    same share their name.
    """
    firsts: dict[tuple[str, int], dict[str, str]] = {}
    parents: dict[tuple[str, int], int] = {}
    for each in observations:
        key = (each.kind, each.record)
        firsts.setdefault(key, {}).setdefault(each.field, each.value)
        if each.parent is not None:
            parents[key] = each.parent
    names = {key: _name(key[0], fields) for key, fields in firsts.items()}
    for key, parent in parents.items():
        above = names.get(("partnership", parent), "")
        names[key] = " / ".join(filter(None, (above, names[key])))[:_LONGEST]
    return names


def folded(name: str) -> str:
    """Fold what does not tell two names apart: letter case, punctuation, spacing.

    >>> folded("Home Office / Community-Safety  unit")
    'home office community safety unit'
    """
    return " ".join(_WORDS.findall(name.casefold()))


def _name(kind: str, fields: dict[str, str]) -> str:
    parts = [fields[field] for field in _NAMED_BY.get(kind, _OTHERWISE) if fields.get(field)]
    return " / ".join(" ".join(part[:_LONGEST].split()) for part in parts)[:_LONGEST]
