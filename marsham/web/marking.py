"""Where a quote stands in a page, as an address tells it to our script in the page.

A browser's own way, a text fragment (``#:~:text=``), does not reach a frame of another origin, and
archived pages stand in one. So the address of the page above ends in a mark of our own, which its
script passes on (``marsham-frame.js``), and the script in the page finds the place
(``marsham-replay.js``). Where scripts do not run the page opens at its top.
"""

from urllib.parse import quote

__all__ = ["mark_of"]

_LONGEST = 500  # characters of a quote
_AROUND = 60  # characters before and behind, by which one of several equal quotes is told


def mark_of(text: str, start: int, end: int) -> str:
    """Give what stands behind ``#``: the words before, the quote, and the words behind.

    Args:
        text: the canonical text of the page.
        start: where the quote begins in it.
        end: where it ends.

    >>> mark_of("Tel: 020 7946 0441", 5, 18)
    'marsham-mark:Tel%3A,020%207946%200441,'

    Empty for a quote without any words.
    """
    parts = text[max(start - _AROUND, 0) : start], text[start:end], text[end : end + _AROUND]
    before, quoted, behind = (" ".join(part.split()) for part in parts)
    if not quoted:
        return ""
    if len(quoted) > _LONGEST:
        quoted, behind = quoted[:_LONGEST], ""
    return "marsham-mark:" + ",".join(quote(part, safe="") for part in (before, quoted, behind))
