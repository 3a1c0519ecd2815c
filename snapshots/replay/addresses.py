"""Which replay address stands for an address of an archived page.

>>> addresses = AddressMap("20110529000000")
>>> addresses.replay("../police/", "http://www.homeoffice.example/crime/", Use.LINK)
'/web/20110529000000/http://www.homeoffice.example/police/'
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archiver.markup import Use
from archiver.urls import join_url
from snapshots.replay.remembered import Reach

__all__ = ["MODIFIERS", "AddressMap", "reach", "resolve"]

MODIFIERS: Mapping[Use, str] = {
    Use.LINK: "",  # what a reader follows is shown with its banner
    Use.CITE: "",
    Use.FORM: "",
    Use.IMAGE: "im_",
    Use.STYLE: "cs_",
    Use.SCRIPT: "js_",
    Use.FRAME: "if_",
    Use.MEDIA: "oe_",
    Use.OBJECT: "oe_",
    Use.FONT: "oe_",
    Use.MANIFEST: "mp_",
    Use.REFRESH: "mp_",
    Use.HINT: "mp_",
    Use.BASE: "mp_",
}
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_ABSOLUTE = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_UNSEEN = re.compile(r"[\t\r\n]")  # the URL standard takes these out wherever they stand


_NOT_RELATIVE = re.compile(r"https?://|[/\\#]|(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BELOW_FOLDER = re.compile(r"[\w.~%-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddressMap:
    """The replay addresses of one snapshot's moment.

    Attributes:
        timestamp: 14 digits; every link of a page leads to the page's own time.
        prefix: what stands before the timestamp; it may be a whole origin.
    """

    timestamp: str
    prefix: str = "/web/"

    def at(self, url: str, modifier: str = "") -> str:
        """Give the replay address of an original URL."""
        return f"{self.prefix}{self.timestamp}{modifier}/{url}"

    def replay(self, reference: str, base: str, use: Use) -> str | None:
        """Give the replay address of what a page refers to.

        Args:
            reference: as it stands in the page, relative or not.
            base: what relative references start from.
            use: what the page uses it for.

        Returns:
            The address, absolute within the archive; None for what is to stay as it is: a place in
            the same page, an empty reference, and every scheme but http and https.
        """
        url = resolve(reference, base)
        return None if url is None else self.at(url, MODIFIERS[use])


def resolve(reference: str, base: str) -> str | None:
    """Make a reference absolute; None when it is empty, a place in the page, or no web address."""
    reference = _UNSEEN.sub("", reference)
    if not reference or reference[0] == "#":
        return None
    if _ABSOLUTE.match(reference):
        return reference
    scheme = _SCHEME.match(reference)
    if scheme and scheme.group().lower() not in ("http:", "https:"):
        return None
    url = join_url(base, reference)
    return url if url and _ABSOLUTE.match(url) else None


def reach(reference: str) -> Reach:
    """Tell where else a reference means the same address as here.

    >>> reach("/crime/").name, reach("crime/").name, reach("?page=2").name
    ('SITE', 'FOLDER', 'PAGE')
    """
    if _NOT_RELATIVE.match(reference):
        return Reach.SITE
    scheme = _SCHEME.match(reference)
    return Reach.FOLDER if _BELOW_FOLDER.match(reference) and not scheme else Reach.PAGE
