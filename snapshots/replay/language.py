"""Languages: what banner and pages say to a reader, from catalogues of messages kept as data.

A catalogue is a TOML file named by the language (``en.toml``, ``cy.toml``) in a package's folder
``languages``. A message is a text with places in braces, or a table of such texts by the plural
form of its ``number``: which numbers take which form is a rule of the language.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from archiver.timestamps import parse_timestamp

__all__ = ["LANGUAGES", "Language", "language_of", "negotiate"]

LANGUAGES: Mapping[str, str] = {"en": "English", "cy": "Cymraeg"}
"""The languages there are, by their code, each in its own name."""

_PACKAGES = ("snapshots.replay",)  # whose messages every language has


@dataclass(frozen=True, slots=True)
class Language:
    """One language and its messages.

    Attributes:
        code: as in the ``lang`` attribute of HTML.
        messages: by their key, each a text or its plural forms.
        months: names in the order of the year, as they stand in a date.
    """

    code: str
    messages: Mapping[str, str | Mapping[str, str]]
    months: tuple[str, ...]

    def say(self, key: str, **values: object) -> str:
        """Give a message with values in its places; a number as people of the language write it.

        Args:
            key: of the message.
            values: by the name of the place; `number` chooses the plural form as well.
        """
        message = self.messages[key]
        if not isinstance(message, str):
            number = values["number"]
            form = _PLURALS[self.code](number) if isinstance(number, int) else "other"
            message = message.get(form) or message["other"]
        shown = {
            name: f"{value:,}" if isinstance(value, int) else value
            for name, value in values.items()
        }
        return message.format_map(shown)

    def day(self, moment: datetime) -> str:
        """Write a day in full.

        >>> language_of("cy").day(datetime(2011, 5, 9))
        '9 Mai 2011'
        """
        return f"{moment.day} {self.months[moment.month - 1]} {moment.year}"

    def moment(self, moment: datetime) -> str:
        """Write a moment to the second, in UTC."""
        return self.say("moment", day=self.day(moment), time=f"{moment:%H:%M:%S}")

    def date(self, timestamp: str) -> str:
        """Write a timestamp to the precision it has: a year, a month, a day, or a moment.

        >>> language_of("en").date("201105")
        'May 2011'
        """
        at = parse_timestamp(timestamp)
        if len(timestamp) < 6:
            return str(at.year)
        if len(timestamp) < 8:
            return f"{self.months[at.month - 1]} {at.year}"
        return self.day(at) if len(timestamp) < 10 else self.moment(at)

    def span(self, first: datetime, last: datetime) -> str:
        """Write two days as a span, what they share only once.

        >>> language_of("en").span(datetime(2014, 3, 25), datetime(2014, 3, 27))
        '25 to 27 March 2014'
        """
        if first.date() == last.date():
            return self.day(first)
        if (first.year, first.month) == (last.year, last.month):
            start = str(first.day)
        elif first.year == last.year:
            start = f"{first.day} {self.months[first.month - 1]}"
        else:
            start = self.day(first)
        return self.say("span", first=start, last=self.day(last))


def _english(number: int) -> str:
    return {0: "zero", 1: "one"}.get(number, "other")  # zero only where a message has it


def _welsh(number: int) -> str:
    # Source: Unicode CLDR, plural rules, cy: nouns after 2, 3 and 6 change their first letter.
    return {0: "zero", 1: "one", 2: "two", 3: "few", 6: "many"}.get(number, "other")


_PLURALS: Mapping[str, Callable[[int], str]] = {"en": _english, "cy": _welsh}


@cache
def language_of(code: str, *packages: str) -> Language:
    """Give a language with the banner's messages, and those of further packages.

    Args:
        code: one of `LANGUAGES`.
        packages: with a folder ``languages`` of their own.
    """
    messages: dict[str, str | Mapping[str, str]] = {}
    months: tuple[str, ...] = ()
    for package in (*_PACKAGES, *packages):
        text = (files(package) / "languages" / f"{code}.toml").read_text("utf-8")
        for key, message in tomllib.loads(text).items():
            if isinstance(message, list):
                months = tuple(message)
            else:
                messages[key] = message
    return Language(code, messages, months)


def negotiate(accepted: str, otherwise: str) -> str:
    """Choose a language by an Accept-Language header: of ours the one most wanted.

    >>> negotiate("fr, cy-GB;q=0.9, en;q=0.8", "en")
    'cy'

    Args:
        accepted: the header's value; whatever is wrong in it is passed over.
        otherwise: what is chosen when none of ours is in it.

    Source: RFC 9110, clause 12.5.4.
    """
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        name, _, weight = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and 0 < quality <= 1:
            wanted.append((-quality, place, code))
    return min(wanted)[2] if wanted else otherwise
