"""Codes of the Office for National Statistics for partnerships, of about 2021.

A code only says which entry of the reference list a partnership of a page answers to. What the page
states stands; where the two do not fit together, there is no code.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from extract.entities.names import area_named
from extract.reference.places import area_key

__all__ = ["Reference", "code_of", "reference_of"]


@dataclass(frozen=True, slots=True)
class Reference:
    """What the reference list says of one partnership.

    Attributes:
        code: such as E22000001, or W14000001 in Wales.
        name: as the list has it.
        region: of England; empty for Wales.
        country: England or Wales.
        police_force: name of the police force area.
        areas: names of its districts.
    """

    code: str
    name: str
    region: str
    country: str
    police_force: str
    areas: tuple[str, ...]


def reference_of(code: str | None) -> Reference | None:
    """Give the entry of a code; None when there is none."""
    return _list().by_code.get(code or "")


def code_of(
    name: str, areas: Iterable[str] = (), region: str | None = None, country: str | None = None
) -> str | None:
    """Find the one code that a partnership's areas and its name lead to.

    Args:
        name: as a page spells it.
        areas: that the page states.
        region: the region that the page states; a code that lies elsewhere is none.
        country: and the country.

    Returns:
        The code, or None: nothing fits, several do, or name and areas contradict each other.
    """
    known = _list()
    by_area: set[str] = set()
    for area in areas:
        by_area |= known.codes(area_key(area))
    named = area_named(name)
    by_name = known.codes(named) if named else frozenset()
    both = by_area & by_name if by_area and by_name else by_area or by_name
    if len(both) != 1:
        return None
    (code,) = both
    entry = known.by_code[code]
    if region and entry.region and region != entry.region:
        return None
    if country in ("England", "Wales") and country != entry.country:
        return None
    return code


class _List:
    def __init__(self) -> None:
        self.by_code: dict[str, Reference] = {}
        self._by_name: dict[str, set[str]] = {}
        self._by_district: dict[str, set[str]] = {}
        districts: dict[str, list[str]] = {}
        text = files("extract.reference").joinpath("csp_codes.csv").read_text("utf-8")
        for row in csv.DictReader(text.splitlines()):
            code = row["csp_code"]
            districts.setdefault(code, []).append(row["lad_name"])
            self.by_code[code] = Reference(
                code,
                row["csp_name"],
                "" if row["region"] == "Wales" else row["region"],
                row["country"],
                row["pfa_name"],
                tuple(districts[code]),
            )
            self._by_name.setdefault(area_key(row["csp_name"]), set()).add(code)
            for name in (row["lad_name"], row["authority_nice_name"]):
                self._by_district.setdefault(area_key(name), set()).add(code)

    def codes(self, key: str) -> frozenset[str]:
        """The partnerships called so; else those that a district called so belongs to."""
        return frozenset(self._by_name.get(key) or self._by_district.get(key) or ())


@cache
def _list() -> _List:
    return _List()
