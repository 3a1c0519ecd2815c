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
from snapshots.replay.origins import Origins, site_label
from snapshots.replay.remembered import Reach

__all__ = ["MODIFIERS", "MODULE", "AddressMap", "reach", "resolve"]

MODULE = "jm_"
"""Modifier of a script that is imported: what it imports keeps the time of the page."""

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
        origins: where content is shown; None when all is on one host.
        site: the label of the site that is being shown; its own addresses need no origin.
        scripts: whether the page's scripts run. Then a link leads the frame, not the window: a
            script may have changed what it leads to.
        own: what stands before the prefix of what only this site's pages may read, where they have
            no origin by which they could be told apart.
    """

    timestamp: str
    prefix: str = "/web/"
    origins: Origins | None = None
    site: str = ""
    scripts: bool = False
    own: str = ""

    def at(self, url: str, modifier: str = "") -> str:
        """Give the replay address of an original URL; without modifier, under its banner."""
        path = f"{self.prefix}{self.timestamp}{modifier}/{url}"
        if self.origins is None or not modifier:
            return path
        origin = self.origins.content(url)
        return path if self.site and f"//{self.site}." in origin else origin + path

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
        if url is None:
            return None
        modifier = MODIFIERS[use]
        return self.at(url, modifier) if modifier else self.link(url)

    def link(self, url: str) -> str:
        """Give the replay address to which a reader is led who follows a link."""
        return self.at(url, "mp_" if self.scripts else "")

    def module(self, reference: str, base: str) -> str | None:
        """Give the replay address of a script that others import by its address.

        The address keeps the page's time even where the script's own is another, for two addresses
        of one module would be two modules.
        """
        url = resolve(reference, base)
        if url is None:
            return None
        own = self.own if self.own and site_label(url) == self.site else ""
        return own + self.at(url, MODULE)


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
