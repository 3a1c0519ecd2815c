"""What the uses of an address come to in a crawl."""

from archiver.capture.link import Hop
from archiver.markup import Use

__all__ = ["hop_of"]

_HOPS = {
    Use.LINK: Hop.LINK,
    Use.CITE: Hop.LINK,
    Use.FORM: Hop.LINK,
    Use.IMAGE: Hop.EMBED,
    Use.STYLE: Hop.EMBED,
    Use.SCRIPT: Hop.EMBED,
    Use.FRAME: Hop.EMBED,
    Use.MEDIA: Hop.EMBED,
    Use.OBJECT: Hop.EMBED,
    Use.FONT: Hop.EMBED,
    Use.MANIFEST: Hop.EMBED,
    Use.REFRESH: Hop.REDIRECT,
}


def hop_of(use: Use) -> Hop | None:
    """Tell by which hop a use leads on; None for one that asks for nothing (hint, ping, base)."""
    return _HOPS.get(use)
