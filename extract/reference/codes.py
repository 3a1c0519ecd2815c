"""Codes of partnerships: what the Office for National Statistics calls the one a page names.

The table is a picture of about 2021. It gives candidates and overrules nothing: pages of twenty
years name partnerships that were merged before it, and spell them as they like.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from extract.reference.places import area_key, reference_rows

__all__ = ["Code", "codes_of"]


class Code(NamedTuple):
    """A partnership in the table: its code (E22... or W14...), and what the table says of it."""

    code: str
    name: str
    force: str
    region: str
    country: str


_KIND = re.compile(
    r"\b(?:community safety(?: (?:strategic|and \w{1,20}))? partnerships?"
    r"|crime (?:and|&) disorder(?: reduction)? partnerships?|crime reduction partnerships?"
    r"|cdrps?|csps?|partnerships?|safer|stronger|safe|communities|together"
    r"|partneriaeth(?: diogelwch)?(?: cymunedol)?)\b|[()]",
    re.IGNORECASE,
)
_LOOSE_ENDS = re.compile(r"^(?:(?:the|for|of|in|and)\b|\W)+|(?:\b(?:the|for|of|in|and)|\W)+$", re.I)
_SECOND_PART = re.compile(r" (?:upon|on|under|super|by|le) .{1,40}$")
_OTHER_NAMES = {
    "abertawe": "swansea",
    "bro morgannwg": "vale of glamorgan",
    "caerdydd": "cardiff",
    "caerffili": "caerphilly",
    "casnewydd": "newport",
    "castell nedd port talbot": "neath port talbot",
    "merthyr tudful": "merthyr tydfil",
    "pen y bont ar ogwr": "bridgend",
    "sir benfro": "pembrokeshire",
    "sir ddinbych": "denbighshire",
    "sir fynwy": "monmouthshire",
    "sir gaerfyrddin": "carmarthenshire",
    "sir gâr": "carmarthenshire",
    "sir y fflint": "flintshire",
    "tor faen": "torfaen",
    "wrecsam": "wrexham",
    "ynys môn": "isle of anglesey",
    "hull": "kingston upon hull",
}
_LONGEST = 120  # characters of a name; a longer one is none
_BY_NAME, _BY_ALL_AREAS, _BY_AREA = 3, 2, 1


def codes_of(names: Sequence[str], areas: Sequence[str]) -> tuple[Code, ...]:
    """Find the codes that a partnership may have, the likeliest first; empty when none fits.

    Args:
        names: what pages call the partnership, in any order.
        areas: the areas they say it covers; may be empty.

    A code whose partnership bears the name comes before one that covers just the areas, and that
    before those that cover one of them; only the best of these kinds are given. So "Worcester" is a
    candidate for the partnership that it is a part of, and "Buckinghamshire" for four.

    >>> [code.code for code in codes_of(["Safer Bath and North East Somerset Partnership"], [])]
    ['E22000001']
    """
    places = {key for name in names for key in _keys(_KIND.sub(" ", name[:_LONGEST]))}
    covered = [set(_keys(area[:_LONGEST])) for area in areas]
    keys = places.union(*covered)
    ranks: dict[Code, int] = {}
    for entry in _table():
        if entry.name in places:
            rank = _BY_NAME
        elif _covers_just(entry, covered):
            rank = _BY_ALL_AREAS
        elif not keys.isdisjoint(entry.districts | {entry.name} | entry.short):
            rank = _BY_AREA
        else:
            continue
        ranks[entry.code] = rank
    best = max(ranks.values(), default=0)
    return tuple(sorted(code for code, rank in ranks.items() if rank == best))


def _covers_just(entry: "_Entry", covered: Sequence[set[str]]) -> bool:
    """Whether areas are those of a partnership, each one and nothing besides."""
    known = entry.districts | {entry.name}
    if not covered or any(known.isdisjoint(keys) for keys in covered):
        return False
    return all(any(district in keys for keys in covered) for district in entry.districts)


def _keys(name: str) -> Iterator[str]:
    """The forms in which a place may stand in the table; two places joined by "and" as well."""
    key = area_key(_LOOSE_ENDS.sub("", name))
    if not key:
        return
    yield _OTHER_NAMES.get(key, key)
    first, joint, second = key.partition(" and ")
    if joint and key not in _known():
        yield from (first, second)


class _Entry(NamedTuple):
    """A partnership of the table: the keys of its name, of its districts, and of short forms."""

    code: Code
    name: str
    districts: set[str]
    short: set[str]


@cache
def _known() -> frozenset[str]:
    return frozenset(key for entry in _table() for key in entry.districts | {entry.name})


@cache
def _table() -> tuple[_Entry, ...]:
    entries: dict[str, _Entry] = {}
    for row in reference_rows("csp_codes.csv"):
        code = Code(
            row["csp_code"], row["csp_name"], row["pfa_name"], row["region"], row["country"]
        )
        entry = entries.setdefault(code.code, _Entry(code, area_key(code.name), set(), set()))
        entry.districts.add(area_key(row["lad_name"]))
    for entry in entries.values():
        for key in entry.districts | {entry.name}:
            entry.short.add(_SECOND_PART.sub("", key))
    return tuple(entries.values())
