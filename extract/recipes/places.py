"""Where the elements of a page's tree stand in its canonical text.

The tree that selectors look at and the blocks are made from the same markup by the same parser, so
their texts come in the same order. What the blocks leave out (hidden elements, scripts) and what
they add (a picture's words) is passed over.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from extract.facts.pieces import Piece

__all__ = ["Places", "within"]

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_NEXT_TEXTS = 50  # of the tree, in which what stands next is looked for
_NEAR_TEXTS = 5  # one of which goes on where a text ends within a line
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
        nodes = list(soup.descendants)
        self._nodes = nodes  # or their ids would be given to others
        self._orders = {id(node): order for order, node in enumerate(nodes)}
        self._lasts = list(range(len(nodes)))  # of each node the last one inside it
        for order in range(len(nodes) - 1, -1, -1):
            node = nodes[order]
            if isinstance(node, Tag) and node.contents:
                self._lasts[order] = self._lasts[self._orders[id(node.contents[-1])]]
        # Only plain strings are text: comments, scripts and style sheets are of other classes.
        texts = [
            (order, squeeze)
            for order, node in enumerate(nodes)
            if type(node) is NavigableString and (squeeze := _squeeze(str(node)))
        ]
        self._seen: list[int] = []  # orders of the texts that have a place,
        self._spans: list[tuple[int, int]] = []  # and these, in the text without white space
        at = 0
        for number, (order, wanted) in enumerate(texts):
            following = [each for _, each in texts[number + 1 : number + 1 + _NEXT_TEXTS]]
            start = self._find(squeezed, at, wanted, following)
            if start is not None:
                at = start + len(wanted)
                self._seen.append(order)
                self._spans.append((start, at))

    def _find(self, squeezed: str, at: int, wanted: str, following: list[str]) -> int | None:
        if squeezed.startswith(wanted, at):
            end = at + len(wanted)
            if self._is_line_end(end) or any(
                squeezed.startswith(each, end) for each in following[:_NEAR_TEXTS]
            ):
                return at
            return None  # a hidden "North" is not the beginning of "North Tyneside"
        if any(len(each) > 1 and squeezed.startswith(each, at) for each in following):
            return None  # a later one stands here: this one is not shown
        start = squeezed.find(wanted, at, at + _AHEAD + len(wanted))
        if start >= 0 and (not following or squeezed.startswith(following[0], start + len(wanted))):
            return start
        return None

    def _is_line_end(self, place: int) -> bool:
        offsets = self._offsets
        if place >= len(offsets):
            return True
        return "\n" in self._text[offsets[place - 1] : offsets[place]]

    def of(self, elements: Iterable[Tag]) -> Piece | None:
        """Give the stretch of the canonical text that elements span; None when they are unseen."""
        spans = []
        for element in elements:
            order = self._orders.get(id(element))
            first, last = 0, len(self._nodes)  # of the whole tree, which is not in itself
            if order is not None:
                first, last = order, self._lasts[order]
            inside = bisect_left(self._seen, first), bisect_right(self._seen, last)
            if inside[0] < inside[1]:
                spans.append((self._spans[inside[0]][0], self._spans[inside[1] - 1][1]))
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
