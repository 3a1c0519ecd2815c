"""Hints: cheap signs in a page's text that a costly rule could find something there.

Most pages hold nothing that most rules look for. Looking for a few words takes a hundredth of the
time that an expression with as many alternatives takes, so words decide whether, and in which
blocks, an expression is tried at all. A hint may be wrong; the rule itself decides.
"""

import re
from collections.abc import Iterable, Iterator

from extract.document import Block, Document

__all__ = ["blocks_at", "holds_any", "places_like", "places_of"]


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether a text holds any of these words or parts of words, as they are written."""
    return any(word in text for word in words)


def places_of(text: str, words: Iterable[str]) -> Iterator[int]:
    """Where each of these words or parts of words starts in a text, word after word."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            yield at
            at = text.find(word, at + len(word))


def places_like(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[int]:
    """Where each of these expressions matches in a text, one after the other.

    An expression that begins with letters is searched for as fast as a word; so a condition on
    what stands before them is better put behind the letters, as a look back.
    """
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield match.start()


def blocks_at(document: Document, places: Iterable[int]) -> list[Block]:
    """The blocks that hold these places of the canonical text, each once, in order."""
    numbers = {document.block_at(place).number for place in places}
    return [document.blocks[number] for number in sorted(numbers)]
