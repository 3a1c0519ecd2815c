"""Alignment: which elements of one sequence stand for which of another, both in order.

Elements that occur once on both sides are sure; among those that would cross, the heavier run
stays. What lies between is aligned in the same way, and where nothing is unique by the longest
common subsequence, up to a bound. So the cost is about linear, and an answer that a bound made
coarse says so.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

__all__ = ["align"]

_MOST_PRODUCT = 20_000_000  # lengths multiplied; the matrix is a bit for each
_NEAR = 1000  # how far ahead the next place of an element may lie where a bound is passed


def align(
    old: Sequence[int], new: Sequence[int], weights: Sequence[int] | None = None
) -> tuple[list[tuple[int, int]], bool]:
    """Align two sequences of element numbers.

    Args:
        old: equal elements have equal numbers.
        new: the other sequence.
        weights: what each element of `old` weighs; 1 when not given.

    Returns:
        Pairs of places, rising on both sides; and whether a bound made it coarse.
    """
    pairs: list[tuple[int, int]] = []
    coarse = False
    stack = [(0, len(old), 0, len(new))]
    while stack:
        first, last, begin, end = stack.pop()
        while first < last and begin < end and old[first] == new[begin]:
            pairs.append((first, begin))
            first += 1
            begin += 1
        while first < last and begin < end and old[last - 1] == new[end - 1]:
            last -= 1
            end -= 1
            pairs.append((last, end))
        if first == last or begin == end:
            continue
        anchors = _anchors(old, new, (first, last, begin, end), weights)
        if anchors:
            at, to = first, begin
            for one, other in [*anchors, (last, end)]:
                if at < one and to < other:
                    stack.append((at, one, to, other))
                if one < last:
                    pairs.append((one, other))
                at, to = one + 1, other + 1
        elif (last - first) * (end - begin) <= _MOST_PRODUCT:
            pairs.extend(_longest(old[first:last], new[begin:end], first, begin))
        else:
            coarse = True
            pairs.extend(_greedy(old, new, (first, last, begin, end)))
    pairs.sort()
    return pairs, coarse


def _anchors(
    old: Sequence[int],
    new: Sequence[int],
    bounds: tuple[int, int, int, int],
    weights: Sequence[int] | None,
) -> list[tuple[int, int]]:
    """The elements that occur once on both sides, as many as weigh most without crossing."""
    first, last, begin, end = bounds
    where = _once(new[begin:end], begin)
    unique = [
        (at, where[element])
        for element, at in _once(old[first:last], first).items()
        if element in where
    ]
    if not unique:
        return []
    # Elements that stayed together are one run.
    shifts = [other - one for one, other in unique]
    starts = [0, *(at for at, (one, other) in enumerate(pairwise(shifts), 1) if one != other)]
    runs = list(pairwise([*starts, len(unique)]))  # first and beyond in `unique`
    chosen = _heaviest(
        [
            (
                unique[start][1],
                sum([weights[one] for one, _ in unique[start:beyond]])
                if weights
                else beyond - start,
            )
            for start, beyond in runs
        ]
    )
    return [pair for run in chosen for pair in unique[slice(*runs[run])]]


def _once(elements: Sequence[int], begin: int) -> dict[int, int]:
    """The elements that occur once, in their order, and their places counted from `begin`."""
    places = dict(zip(elements, range(begin, begin + len(elements)), strict=True))
    if len(places) == len(elements):
        return places
    counts = Counter(elements)
    return {element: at for element, at in places.items() if counts[element] == 1}


def _heaviest(runs: list[tuple[int, int]]) -> list[int]:
    """Choose of (place, weight) those with rising places that weigh most together."""
    if all(one[0] < other[0] for one, other in pairwise(runs)):
        return list(range(len(runs)))
    places = sorted(place for place, _ in runs)
    best: list[tuple[int, int]] = [(0, -1)] * (len(runs) + 1)  # a Fenwick tree of maxima
    before = [-1] * len(runs)
    total = [0] * len(runs)
    for number, (place, weight) in enumerate(runs):
        rank = bisect_left(places, place)
        top = (0, -1)
        at = rank
        while at > 0:
            top = max(top, best[at], key=lambda each: each[0])
            at &= at - 1
        total[number] = top[0] + weight
        before[number] = top[1]
        at = rank + 1
        while at <= len(runs):
            if best[at][0] < total[number]:
                best[at] = (total[number], number)
            at += at & -at
    number = max(range(len(runs)), key=lambda each: total[each])
    chosen = []
    while number >= 0:
        chosen.append(number)
        number = before[number]
    return chosen[::-1]


def _longest(
    old: Sequence[int], new: Sequence[int], first: int, begin: int
) -> list[tuple[int, int]]:
    blocks = LCSseq.opcodes(old, new).as_matching_blocks()
    return [
        (first + block.a + step, begin + block.b + step)
        for block in blocks
        for step in range(block.size)
    ]


def _greedy(
    old: Sequence[int], new: Sequence[int], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Take each element's next place, as far as it lies near; for what is too long to align."""
    first, last, begin, end = bounds
    places: dict[int, list[int]] = {}
    for at in range(begin, end):
        places.setdefault(new[at], []).append(at)
    pairs = []
    to = begin
    for at in range(first, last):
        listed = places.get(old[at])
        if not listed:
            continue
        following = bisect_left(listed, to)
        if following < len(listed) and listed[following] - to <= _NEAR:
            to = listed[following]
            pairs.append((at, to))
            to += 1
    return pairs
