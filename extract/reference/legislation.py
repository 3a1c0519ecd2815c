"""Addresses at legislation.gov.uk: of an Act or instrument, a provision of it, as of a day.

The address is put together from type, year and number. Where a page does not print the number, a
table of the Acts that such pages cite has it; for any other Act there is no address rather than a
guessed one.
"""

import re
from datetime import date
from functools import cache

from extract.reference.places import reference_rows

__all__ = ["is_known_act", "legislation_address"]

_SITE = "https://www.legislation.gov.uk"
_CHAPTER = re.compile(r"c\.\s?(\d{1,3})", re.IGNORECASE)
_INSTRUMENT = re.compile(r"S\.?I\.?\s?(\d{4})/(\d{1,5})", re.IGNORECASE)
_MADE = re.compile(r"(?:Regulations|Order|Rules)$")
_PROVISION = re.compile(
    r"(?P<kind>section|schedule|article|regulation|rule|part)?\s?(?P<unit>\d{1,3}[A-Z]{0,3})"
    r"(?P<below>(?:\(\w{1,4}\)){0,4})(?:,? para(?:graph)?s?\.? ?(?P<paragraph>\d{1,3}[A-Z]?))?",
    re.IGNORECASE,
)
_FIRST_REVISED = date(1991, 2, 1)  # what stood before is not there as of a day


def legislation_address(
    act: str,
    year: int | None,
    number: str | None = None,
    provision: str | None = None,
    on: date | None = None,
) -> str | None:
    """Give the address of a law, or of one provision, as it stood on a day.

    Args:
        act: its title without the year.
        year: the year in its title.
        number: "c. 37" or "SI 2007/1830", where known.
        provision: "5", "6(1A)", "Schedule 9", "Regulation 4(2)"; all of it when None.
        on: the day; the law as it is now when None, or when the law is younger than the day.

    Returns:
        The address; None when it is not known which Act it is.

    >>> legislation_address("Crime and Disorder Act", 1998, None, "5", date(2011, 5, 9))
    'https://www.legislation.gov.uk/ukpga/1998/37/section/5/2011-05-09'
    """
    law = _law(act, year, number)
    if law is None:
        return None
    parts = [_SITE, law]
    if provision is not None:
        parts += _steps(provision, made=_MADE.search(act) is not None)
    first = date(int(law.split("/")[1]), 1, 1)
    if on is not None and on >= max(first, _FIRST_REVISED):
        parts.append(on.isoformat())
    return "/".join(parts)


def is_known_act(title: str) -> bool:
    """Whether a title without its year is that of an Act or instrument in the table."""
    return _key(title) in {name for name, _ in _known()}


def _law(act: str, year: int | None, number: str | None) -> str | None:
    """Type, year and number of a law, as addresses write them."""
    if number and (match := _INSTRUMENT.fullmatch(number)):
        return f"uksi/{match[1]}/{match[2]}"
    if year is None:
        return None
    if number and (match := _CHAPTER.fullmatch(number)) and act.endswith("Act"):
        return f"ukpga/{year}/{match[1]}"
    return _known().get((_key(act), year))


def _steps(provision: str, *, made: bool) -> list[str]:
    """The part of the address that leads to a provision; empty for one that cannot be read."""
    match = _PROVISION.fullmatch(provision.strip())
    if match is None:
        return []
    kind = (match["kind"] or ("regulation" if made else "section")).lower()
    steps = [kind, match["unit"].upper()]
    steps += re.findall(r"\w+", match["below"])
    if match["paragraph"]:
        steps += ["paragraph", match["paragraph"]]
    return steps


def _key(title: str) -> str:
    return " ".join(title.casefold().replace("&", "and").split())


@cache
def _known() -> dict[tuple[str, int], str]:
    rows = reference_rows("acts.csv")
    return {
        (_key(row["title"]), int(row["year"])): f"{row['type']}/{row['year']}/{row['number']}"
        for row in rows
    }
