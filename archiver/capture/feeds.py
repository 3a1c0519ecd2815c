"""Where a feed leads: RSS in its versions, Atom (RFC 4287), and what podcasts and media add."""

from collections.abc import Callable, Mapping

from archiver.capture.collecting import Collector
from archiver.capture.elements import Element, elements, local_name
from archiver.capture.link import Hop
from archiver.capture.pages import collect_page, collect_tag

__all__ = ["collect_feed"]

_ITEMS = ("item", "entry")
_MARKED_UP = ("html", "text/html")  # what an element's type says of text that is a piece of a page
_PAGES = frozenset(("next", "previous", "prev", "first", "last", "prev-archive", "next-archive"))


def collect_feed(text: str, found: Collector) -> None:
    """Find what a feed lists (`Hop.SITEMAP`), what it is shown with, and what else it names.

    What it says of an item may be a piece of a page, as text or as elements of the feed itself:
    that leads where a page does.
    """
    for element in elements(text, found):
        reader = _READERS.get(element.name) or _READERS.get(local_name(element.name))
        if reader is not None:
            reader(element, found)
        elif (element.tag.get("type") or "").strip().lower() in _MARKED_UP:
            _page(element, found)
        elif element.tag.attributes:
            collect_tag(element.tag, found, element.base)
        if found.faults and found.full:
            return


def _link(element: Element, found: Collector) -> None:
    parent = local_name(element.parent)
    listed = Hop.SITEMAP if parent in _ITEMS else Hop.LINK
    href = element.tag.get("href")
    if href is None:
        _text(element, found, listed, f"{parent[:20]}/link")
        return
    relations = (element.tag.get("rel") or "alternate").lower().split()
    if "hub" in relations:
        return  # where subscriptions are posted to
    hop = listed if "alternate" in relations else Hop.LINK
    hop = Hop.EMBED if "enclosure" in relations else hop
    hop = Hop.SITEMAP if _PAGES.intersection(relations) else hop
    if href:
        found.add(href, hop, f"{parent[:20]}/link/@href", element.base)


def _guid(element: Element, found: Collector) -> None:
    permanent = (element.tag.get("ispermalink") or "true").strip().lower() == "true"
    if permanent and element.text.lower().startswith(("http://", "https://")):
        _text(element, found, Hop.SITEMAP, "item/guid")


def _item(element: Element, found: Collector) -> None:
    _attribute("rdf:about", Hop.SITEMAP)(element, found)


def _picture(element: Element, found: Collector) -> None:
    if local_name(element.parent) == "image":
        _text(element, found, Hop.EMBED, "image/url")


def _text(element: Element, found: Collector, hop: Hop, where: str) -> None:
    if element.text:
        found.add(element.text, hop, where, element.base)


def _page(element: Element, found: Collector) -> None:
    if "<" in element.text:
        collect_page(element.text, found, "utf-8", url=element.base)


def _content(element: Element, found: Collector) -> None:
    # RFC 4287, clause 4.1.3.
    _attribute("src", Hop.EMBED)(element, found)
    if (element.tag.get("type") or "").strip().lower() in _MARKED_UP:
        _page(element, found)


def _said(hop: Hop) -> Callable[[Element, Collector], None]:
    return lambda element, found: _text(element, found, hop, local_name(element.name))


def _attribute(attribute: str, hop: Hop) -> Callable[[Element, Collector], None]:
    def read(element: Element, found: Collector) -> None:
        if reference := element.tag.get(attribute):
            found.add(reference, hop, f"{local_name(element.name)}/@{attribute}", element.base)

    return read


# By name with its usual prefix where that matters, else by name alone.
_READERS: Mapping[str, Callable[[Element, Collector], None]] = {
    "link": _link,
    "guid": _guid,
    "item": _item,
    "url": _picture,
    "enclosure": _attribute("url", Hop.EMBED),
    "media:content": _attribute("url", Hop.EMBED),
    "media:thumbnail": _attribute("url", Hop.EMBED),
    "media:player": _attribute("url", Hop.LINK),
    "itunes:image": _attribute("href", Hop.EMBED),
    "content": _content,
    "content:encoded": _page,
    "description": _page,
    "source": _attribute("url", Hop.LINK),
    "icon": _said(Hop.EMBED),
    "logo": _said(Hop.EMBED),
    "comments": _said(Hop.LINK),
    "commentrss": _said(Hop.LINK),
    "origlink": _said(Hop.LINK),
}
