"""What a page leads to: an address, and how it was led to."""

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Hop", "Link"]


class Hop(StrEnum):
    """How an address was found, as one letter of a hop path.

    A hop path tells how a crawl came from a seed to an address: ``LLE`` is a picture on a page two
    links from a seed, an empty one the seed itself. The letters are those of the field.
    """

    LINK = "L"  # a reader may follow it
    EMBED = "E"  # the page is not whole without it
    REDIRECT = "R"  # the answer leads there
    GUESS = "X"  # looks like an address in a script
    SITEMAP = "M"  # a sitemap or feed lists it
    PREREQUISITE = "P"  # asked for because of manners: robots.txt

    __hash__ = str.__hash__  # in C; links are put into dictionaries by the thousand


class Link(NamedTuple):
    """An address found in an answer.

    Attributes:
        url: absolute, as it would be asked for, without fragment.
        hop: how it was found.
        where: what it stood in, such as ``img/@srcset``, ``css url()`` or ``Link header``.
    """

    url: str
    hop: Hop
    where: str
