r"""What an archive put before the addresses of a page, and how to take it off again.

One `Prefix` stands for all the ways one archive writes its own address: with either scheme, without
one, relative to its host, with one slash or two, in a script with its slashes escaped.

>>> prefix = Prefix.of("http://webarchive.nationalarchives.gov.uk/", {"20110509101621"})
>>> peeled = prefix.peel("/20110509101621cs_/http:/www.homeoffice.gov.uk/main.css")
>>> peeled.url
'http://www.homeoffice.gov.uk/main.css'
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from archiver.errors import TimestampError
from archiver.timestamps import parse_span

__all__ = ["Peeled", "Prefix", "address_host", "repair_slashes"]

_ORIGIN = re.compile(r"(?:https?:/{1,2}|//)([^/?#\s:@]+)(?::\d+)?", re.IGNORECASE)
_ONE_SLASH = re.compile(r"\A(https?|ftp):/(?!/)", re.IGNORECASE)
_ARCHIVED = re.compile(r"(/(?:\d{4,14}|[+*])(?:[a-z]{2,4}_)?/)(https?):/(?!/)", re.IGNORECASE)
_WITH_SCHEME = re.compile(r"(?:https?|ftp):/|(?:mailto|javascript|tel|data):", re.IGNORECASE)
_BARE_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:[/?#]|$)", re.IGNORECASE)
_SLASH = r"\\?/"
# The rest of an address inside a script: up to what ends its string, references to quotes included.
_REST = r"""(?:[^ \t\r\n\f"'<>)\\&]|\\/|&(?!quot;|apos;|#3[49];|#x2[27];))*"""
_A_DAY = timedelta(days=1)


class Peeled(NamedTuple):
    """An address with an archive's prefix taken off.

    Attributes:
        url: the original URL.
        timestamp: as written: digits, ``+`` or ``*``.
        modifier: such as ``im_``, or empty.
        hosted: whether the address named the archive's host, rather than being relative to it.
    """

    url: str
    timestamp: str
    modifier: str
    hosted: bool


@dataclass(frozen=True)
class Prefix:
    """What one archive writes before a timestamp.

    Attributes:
        written: the prefix as its links mostly write it.
        hosts: its hosts, in lower case; none when it is only known relative to its host.
        paths: patterns for the path between host and timestamp.
        timestamps: those the page itself was shown under.
    """

    written: str
    hosts: frozenset[str]
    paths: tuple[str, ...]
    timestamps: frozenset[str]

    @classmethod
    def of(
        cls,
        written: str,
        timestamps: Iterable[str] = (),
        hosts: Iterable[str] = (),
        paths: Iterable[str] = (),
    ) -> "Prefix":
        """Make a prefix from one writing of it, and more hosts and paths the archive may use."""
        origin = _ORIGIN.match(written)
        path = (written[origin.end() :] if origin else written) or "/"
        return cls(
            written,
            frozenset([*([origin[1].lower()] if origin else []), *hosts]),
            tuple(dict.fromkeys([re.escape(path), *paths])),
            frozenset(timestamps),
        )

    def peel(self, address: str) -> Peeled | None:
        """Take the prefix off an address; None when the address is none of this archive's."""
        match = self._pattern.fullmatch(address)
        if match is None:
            return None
        rest = match["rest"]
        if _WITH_SCHEME.match(rest):
            url = repair_slashes(rest)
        elif (match["origin"] or match["path"] != "/") and _BARE_HOST.match(rest):
            url = "http://" + rest
        else:
            return None
        return Peeled(url, match["timestamp"], match["modifier"] or "", bool(match["origin"]))

    def elsewhere(self, peeled: Peeled) -> bool:
        """Tell whether an address leads to another capture than the page's own.

        Then it is the author's: a replay gives every link the page's own time, give or take a day.
        """
        if not peeled.hosted or peeled.modifier or peeled.timestamp in self.timestamps:
            return False
        return not any(_near(peeled.timestamp, stamp) for stamp in self.timestamps)

    def peel_script(self, text: str, *, anywhere: bool = True) -> tuple[str, int]:
        """Take the prefix off every address in a script or other text, strings left as they are.

        Args:
            text: the script.
            anywhere: take it off whatever its timestamp, not only the page's own.

        Returns:
            The text, and how many addresses were changed. One layer only: an archived address
            inside an archived address stays.
        """
        count = 0

        def restore(match: re.Match[str]) -> str:
            nonlocal count
            if not anywhere and match["timestamp"] not in self.timestamps:
                return match.group()
            count += 1
            slashes = match["slashes"]
            if slashes in ("/", "\\/"):
                slashes *= 2
            return f"{match['scheme']}:{slashes}{match['rest']}"

        return self._script_pattern.sub(restore, text), count

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(
            rf"""(?P<origin>(?:https?:)?/{{1,2}}(?:{self._hosts})(?::\d+)?)?(?P<path>{self._paths})"""
            r"""(?P<timestamp>\d{4,14}|[+*])(?P<modifier>[a-z]{2,4}_)?/(?P<rest>.+)""",
            re.IGNORECASE | re.DOTALL,
        )

    @cached_property
    def _script_pattern(self) -> re.Pattern[str]:
        paths = self._paths.replace("/", _SLASH)
        return re.compile(
            rf"""(?:(?:https?:)?(?:{_SLASH}){{1,2}}(?:{self._hosts})(?::\d+)?"""
            r"""|(?<=["'(=,; \t\r\n])|\A)"""
            rf"""(?:{paths})(?P<timestamp>\d{{4,14}}|[+*])(?:[a-z]{{2,4}}_)?{_SLASH}"""
            rf"""(?P<scheme>https?):(?P<slashes>(?:{_SLASH}){{1,2}})(?P<rest>{_REST})""",
            re.IGNORECASE,
        )

    @property
    def _hosts(self) -> str:
        return "|".join(map(re.escape, sorted(self.hosts))) or r"(?!)"  # no host matches nothing

    @property
    def _paths(self) -> str:
        return "|".join(sorted(self.paths, key=len, reverse=True))


def address_host(address: str) -> str:
    """Give the host an address names, in lower case without port; empty for a relative one."""
    match = _ORIGIN.match(address)
    return match[1].lower() if match else ""


def repair_slashes(url: str) -> str:
    """Give back the second slash that an archive's server took, also in an address inside."""
    return _ARCHIVED.sub(r"\1\2://", _ONE_SLASH.sub(r"\1://", url))


def _near(one: str, other: str) -> bool:
    try:
        first, second = parse_span(one), parse_span(other)
    except TimestampError:
        return False
    return first.first <= second.last + _A_DAY and second.first <= first.last + _A_DAY
