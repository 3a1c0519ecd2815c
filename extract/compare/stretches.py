"""Which words differ within two texts that stand for each other."""

import re
from typing import NamedTuple

from extract.compare.alignment import align

__all__ = ["Stretch", "word_changes"]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


class Stretch(NamedTuple):
    """A stretch of two texts: alike, or what stands in one instead of what stands in the other."""

    old: str
    new: str

    @property
    def same(self) -> bool:
        """Whether both read alike."""
        return self.old == self.new


def word_changes(old: str, new: str) -> tuple[list[Stretch], bool]:
    """Part two texts into stretches; joined again, their sides are the texts.

    Returns:
        The stretches, and whether a bound made them coarse.

    >>> [stretch for stretch in word_changes("310 CSPs", "316 CSPs")[0]]
    [Stretch(old='310', new='316'), Stretch(old=' CSPs', new=' CSPs')]
    """
    first, second = _TOKEN.findall(old), _TOKEN.findall(new)
    numbers: dict[str, int] = {}
    olds = [numbers.setdefault(token, len(numbers)) for token in first]
    news = [numbers.setdefault(token, len(numbers)) for token in second]
    pairs, coarse = align(olds, news)
    stretches: list[Stretch] = []
    at = to = 0
    for one, other in [*pairs, (len(first), len(second))]:
        if at < one or to < other:
            stretches.append(Stretch("".join(first[at:one]), "".join(second[to:other])))
        if one < len(first):
            if stretches and stretches[-1].same:
                token = stretches[-1].old + first[one]
                stretches[-1] = Stretch(token, token)
            else:
                stretches.append(Stretch(first[one], first[one]))
        at, to = one + 1, other + 1
    return _joined(stretches), coarse


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Join differing stretches that only a blank parts: a phrase is read as one."""
    joined: list[Stretch] = []
    for stretch in stretches:
        if (
            len(joined) > 1
            and not stretch.same
            and joined[-1].same
            and not joined[-2].same
            and joined[-1].old.isspace()
        ):
            blank, before = joined.pop(), joined.pop()
            stretch = Stretch(
                before.old + blank.old + stretch.old, before.new + blank.new + stretch.new
            )
        joined.append(stretch)
    return joined
