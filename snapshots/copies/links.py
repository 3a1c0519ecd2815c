"""Which file of a copy stands for an address of one of its pages.

Every link is relative to the file it stands in, so that a copy can be moved, renamed, put below any
address of a web host, or opened from a disk.
"""

import re
from dataclasses import dataclass

from archiver.markup import Use
from snapshots.copies.places import Form, Held, Places, Variant
from snapshots.replay.addresses import resolve

__all__ = ["LinkMap", "relative", "variant_path"]

_FOLLOWED = frozenset((Use.LINK, Use.CITE, Use.FORM, Use.REFRESH, Use.FRAME))
# Schemes that lead to nothing outside, or that only a reader's own programs understand. All others
# are taken for the web's: `file:` too, since with a host in it Windows asks that host.
_KEPT = frozenset(("about", "cid", "data", "javascript", "mailto", "sms", "tel"))
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_UNSEEN = re.compile(r"[\t\r\n]")
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_LONGEST = 2000  # characters of an address that is named, not led to


@dataclass(frozen=True, slots=True)
class LinkMap:
    """The links of one file of a copy.

    Attributes:
        places: what is in the copy.
        timestamp: 14 digits; of each address the capture closest to this is meant.
        folder: where the file stands, from the root of the copy.
    """

    places: Places
    timestamp: str
    folder: str

    def replay(self, reference: str, base: str, use: Use) -> str | None:
        """Give what is to stand in the place of a reference.

        Args:
            reference: as it stands in the page, relative or not.
            base: what relative references start from.
            use: what the page uses it for.

        Returns:
            A link to the file of the closest capture, redirects followed. Of what is not in the
            copy a reader is told on a page; an image or another part of a page becomes a ``data:``
            address that only names what it was, and asks nobody. None for what is to stay as it
            is: a place in the same page, and schemes that lead nowhere.
        """
        reference = _UNSEEN.sub("", reference).strip()
        if not reference or reference[0] == "#":
            return None
        if use is Use.BASE:
            return ""  # every link is relative to its file
        scheme = _SCHEME.match(reference)
        if scheme and scheme[1].lower() in _KEPT:
            return None
        url = resolve(reference, base)
        if url is None:
            return self._absent(reference, use)
        address, mark, fragment = url.partition("#")
        held = self.places.nearest(address, self.timestamp)
        path = self._path(held, use) if held else ""
        if not path:
            return self._absent(address, use)
        return relative(path, self.folder) + mark + fragment

    def to(self, held: Held) -> str:
        """Give the link to a capture itself."""
        return relative(held.path, self.folder)

    def not_here(self, url: str) -> str:
        """Give the link to where it says that an address is not in the copy."""
        return relative(self.places.missing(url[:_LONGEST]), self.folder)

    def _path(self, held: Held, use: Use) -> str:
        end = self.places.destination(held)
        if end is None:  # the page that says where it led
            return held.path if use in _FOLLOWED else ""
        page = end.form in (Form.PAGE, Form.XHTML)
        if use is Use.FRAME and page:
            return self._variant(end, Variant.FRAMED)
        if use is Use.STYLE and end.form is not Form.STYLE and (end.other or not page):
            return self._variant(end, Variant.STYLE)
        if use not in _FOLLOWED and end.other:
            return self._variant(end, Variant.IMAGE)
        return end.path

    def _variant(self, held: Held, variant: Variant) -> str:
        self.places.want(held, variant)
        return variant_path(held, variant)

    def _absent(self, address: str, use: Use) -> str:
        if use in _FOLLOWED:
            return self.not_here(address)
        return "data:," + _BLANK.sub(lambda found: f"%{ord(found[0]):02X}", address[:_LONGEST])


def variant_path(held: Held, variant: Variant) -> str:
    """Give the path of a second file of a capture."""
    endings = {Variant.FRAMED: ".frame.html", Variant.STYLE: ".css", Variant.IMAGE: held.other}
    return f"{held.folder}/{held.stem}{endings[variant]}"


def relative(path: str, folder: str) -> str:
    """Give the way from a folder to a file, both from the root of the copy.

    >>> relative("sites/homeoffice.example/home-1/2011.html", "sites/homeoffice.example/a")
    '../home-1/2011.html'
    """
    steps = path.split("/")
    here = folder.split("/") if folder else []
    same = 0
    while same < min(len(steps) - 1, len(here)) and steps[same] == here[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + steps[same:])
