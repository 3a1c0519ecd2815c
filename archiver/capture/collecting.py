"""Links as they are found: each address once for each hop, in order, and no endless number."""

from archiver.capture.addresses import fetch_url
from archiver.capture.link import Hop, Link

__all__ = ["LONGEST", "MOST_LINKS", "Collector"]

LONGEST = 1 << 16  # characters of an attribute or an element's text; a longer one is passed over
MOST_LINKS = 50_000  # of one answer; also what a sitemap may hold (sitemaps.org)


class Collector:
    """The links of one answer, and what was amiss with it.

    Args:
        url: the answer's address, which references are relative to unless a base is given.

    Attributes:
        faults: in a few words for people, each once.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.faults: list[str] = []
        self._links: dict[tuple[str, Hop], Link] = {}

    @property
    def links(self) -> tuple[Link, ...]:
        """What was found, in the order of first appearance."""
        return tuple(self._links.values())

    @property
    def full(self) -> bool:
        """Whether no more links are taken, so that a reader may stop."""
        return len(self._links) >= MOST_LINKS

    def add(
        self,
        reference: str,
        hop: Hop,
        where: str,
        base: str | None = None,
        charset: str = "utf-8",
    ) -> None:
        """Take what a reference leads to, unless it is no web address or there already.

        Args:
            reference: as the answer has it.
            hop: how it leads there.
            where: what it stood in.
            base: what it is relative to, where that is not the answer's own address.
            charset: the label of what its query is written in.
        """
        if len(reference) > LONGEST:
            if reference[:5].lower() != "data:":
                self.fault(f"an address of more than {LONGEST} characters was passed over")
            return
        url = fetch_url(reference, base or self.url, charset)
        if url is None or (url, hop) in self._links:
            return
        if self.full:
            self.fault(f"more than {MOST_LINKS} links; the rest were left out")
            return
        self._links[url, hop] = Link(url, hop, where)

    def fault(self, text: str) -> None:
        """Note what is amiss."""
        if text not in self.faults:
            self.faults.append(text)
