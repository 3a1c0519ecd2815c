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
    runs: list[list[int]] = []  # first and last token of either side, and whether they are the same
    at = to = 0
    for one, other in [*pairs, (len(first), len(second))]:
        if at < one or to < other:
            _add(runs, [at, one, to, other, 0], first)
        if one < len(first):
            if runs and runs[-1][4]:
                runs[-1][1], runs[-1][3] = one + 1, other + 1
            else:
                runs.append([one, one + 1, other, other + 1, 1])
        at, to = one + 1, other + 1
    return [
        Stretch("".join(first[one:last]), "".join(second[other:end]))
        for one, last, other, end, _ in runs
    ], coarse


def _add(runs: list[list[int]], run: list[int], tokens: list[str]) -> None:
    """Add a differing run; joined to the one before where only a blank parts them."""
    if len(runs) > 1:
        blank, before = runs[-1], runs[-2]
        if blank[1] - blank[0] == 1 and not before[4] and tokens[blank[0]].isspace():
            run[0], run[2] = before[0], before[2]
            del runs[-2:]
    runs.append(run)
