"""Where a sitemap leads: XML sitemaps, indexes of them, and plain lists (sitemaps.org 0.9)."""

from archiver.capture.collecting import Collector
from archiver.capture.elements import elements, local_name
from archiver.capture.link import Hop

__all__ = ["collect_list", "collect_sitemap"]

_ENTRIES = ("", "url", "sitemap", "urlset", "sitemapindex")
# What the extensions for pictures and films tell besides the pages themselves.
_SHOWN = {
    "image:loc": Hop.EMBED,
    "video:thumbnail_loc": Hop.EMBED,
    "video:content_loc": Hop.EMBED,
    "video:player_loc": Hop.LINK,
}


def collect_sitemap(text: str, found: Collector) -> None:
    """Find the entries of a sitemap or of an index of sitemaps."""
    for element in elements(text, found):
        name = local_name(element.name)
        if element.name in _SHOWN:
            if element.text:
                found.add(element.text, _SHOWN[element.name], element.name, element.base)
        elif name == "loc":
            parent = local_name(element.parent)
            if element.text and parent in _ENTRIES:
                where = "sitemap/loc" if parent.startswith("sitemap") else "url/loc"
                found.add(element.text, Hop.SITEMAP, where, element.base)
        elif name == "link":
            href = element.tag.get("href")
            if href:
                found.add(href, Hop.SITEMAP, "url/link/@href", element.base)
        if found.faults and found.full:
            return


def collect_list(text: str, found: Collector) -> None:
    """Find the entries of a sitemap in plain text: an absolute address on each line."""
    at = 0
    while at < len(text) and not (found.faults and found.full):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at : min(end, at + 80)].lstrip().lower()
        if line.startswith(("http://", "https://")):
            found.add(text[at:end], Hop.SITEMAP, "list of addresses")
        at = end + 1
