"""Where the elements of a page's tree stand in its canonical text.

The tree that selectors look at and the blocks are made from the same markup by the same parser, so
their texts come in the same order. What the blocks leave out (hidden elements, scripts) and what
they add (a picture's words) is passed over.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from extract.facts.pieces import Piece

__all__ = ["Places", "within"]

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_NEXT_TEXTS = 50  # of the tree, in which what stands next is looked for
_AHEAD = 3000  # characters that the blocks may have added


class Places:
    """The places of a tree's texts in a canonical text.

    Args:
        soup: the tree.
        text: the canonical text of the same page.
    """

    def __init__(self, soup: BeautifulSoup, text: str) -> None:
        self._text = text
        self._offsets = [at for at, char in enumerate(text) if not char.isspace()]
        squeezed = "".join(text.split())
        # Only plain strings are text: comments, scripts and style sheets are of other classes.
        nodes = [node for node in soup.descendants if type(node) is NavigableString]
        texts = [(id(node), squeeze) for node in nodes if (squeeze := _squeeze(str(node)))]
        self._nodes = nodes  # or their ids would be given to others
        self._spans: dict[int, tuple[int, int]] = {}
        at = 0
        for number, (node, wanted) in enumerate(texts):
            start = self._find(squeezed, at, texts, number)
            if start is not None:
                at = start + len(wanted)
                self._spans[node] = start, at

    @staticmethod
    def _find(squeezed: str, at: int, texts: list[tuple[int, str]], number: int) -> int | None:
        wanted = texts[number][1]
        if squeezed.startswith(wanted, at):
            return at
        following = texts[number + 1 : number + 1 + _NEXT_TEXTS]
        if any(len(text) > 1 and squeezed.startswith(text, at) for _, text in following):
            return None  # a later one stands here: this one is not shown
        start = squeezed.find(wanted, at, at + _AHEAD + len(wanted))
        if start >= 0 and (
            not following or squeezed.startswith(following[0][1], start + len(wanted))
        ):
            return start
        return None

    def of(self, elements: Iterable[Tag]) -> Piece | None:
        """Give the stretch of the canonical text that elements span; None when they are unseen."""
        spans = [
            self._spans[id(node)]
            for element in elements
            for node in element.descendants
            if id(node) in self._spans
        ]
        if not spans:
            return None
        start = self._offsets[min(first for first, _ in spans)]
        end = self._offsets[max(last for _, last in spans) - 1] + 1
        return Piece(self._text[start:end], start)


def within(spans: Sequence[tuple[int, int]], place: int) -> bool:
    """Tell whether a place lies in one of some spans: sorted, none touching another."""
    number = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return number >= 0 and place < spans[number][1]


def _squeeze(text: str) -> str:
    return "".join(text.translate(_UNSEEN).split())
