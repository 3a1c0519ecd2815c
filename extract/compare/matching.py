"""Matching: which unit of a page stands for which of another; what has no mate is new or gone.

Sure things first: units of one text in one order; then those of one meaning in one place; then
paragraphs parted or joined; then what stands elsewhere; and what is left in one place is paired by
what it is about (the first cell, the label) and by how alike it is.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz

from extract.compare.alignment import align
from extract.compare.units import Unit
from extract.compare.wording import meaning, reasons, words_of
from extract.labels import field_of

__all__ = ["PARTED", "Changed", "Matching", "match"]

PLACE = "place on the page"
PARTED = "paragraphs parted or joined"
_FURNITURE = frozenset({"nav", "header", "footer"})
_FEWEST = 4  # words that make a move worth telling by itself
_ALIKE = 0.45  # of two units in one place
_MUCH_ALIKE = 0.75  # of two units anywhere
_MANY = 4000  # pairs that are all held against each other
_FAR = 8  # words of a unit that is looked for elsewhere
_LONG = 20_000  # characters beyond which only words are counted
_CANDIDATES = 6
_BETTER = 0.08  # by how much a part taken to a paragraph must make it more alike
_NAMES_OTHERS = 4  # words that a heading or a term outweighs
_ASIDE = 8  # times that a word holds its place more than a part beside the text
_FIRST_WORDS = 3  # by which paragraphs are found that begin alike
_MOST_PASSED = 2  # units that may stand between the parts of one
_COMMON = 40  # units that share a word which then tells nothing


_Runs = tuple[int, int, int, int]  # first and beyond of the old page, and of the new


class Changed(NamedTuple):
    """Units that stand for each other and differ.

    `old` and `last` are the first and the one after the last of the old page, nearly always one
    unit; `new` and `end` those of the new. `sure` tells that more than their place speaks for it.
    """

    old: int
    last: int
    new: int
    end: int
    sure: bool


@dataclass(slots=True)
class Matching:
    """What became of the units of two pages, by their numbers.

    Attributes:
        same: units of one meaning in one place, and the rules that hid how they differ.
        regrouped: runs of units, first and beyond, that say the same differently parted.
        moved: units that stand elsewhere.
        reordered: units that stand elsewhere in their own list or table.
        changed: units that stand for each other and differ.
        removed: units of the old page alone.
        added: units of the new page alone.
        coarse: whether a bound made the answer coarse.
    """

    same: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)
    regrouped: list[tuple[int, int, int, int]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    reordered: list[tuple[int, int]] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    coarse: bool = False

    def mirrored(self) -> "Matching":
        """Give what became of them seen from the other page."""
        return Matching(
            [(new, old, rules) for old, new, rules in self.same],
            [(new, end, old, last) for old, last, new, end in self.regrouped],
            sorted((new, old) for old, new in self.moved),
            sorted((new, old) for old, new in self.reordered),
            sorted(
                Changed(new, end, old, last, sure) for old, last, new, end, sure in self.changed
            ),
            self.added,
            self.removed,
            self.coarse,
        )


def match(
    old: Sequence[Unit], new: Sequence[Unit], sides: Collection[str] = frozenset()
) -> Matching:
    """Match the units of two pages, those that are noise left out.

    Args:
        old: the units of the old page.
        new: those of the new one.
        sides: texts that stand in a sidebar of either page; where that stands is layout.

    The answer for the pages in the other order is its mirror.
    """
    if [unit.text for unit in new] < [unit.text for unit in old]:
        return _Matcher(new, old, sides).run().mirrored()
    return _Matcher(old, new, sides).run()


class _Matcher:
    """The steps of one matching; a class because all share what is matched so far."""

    def __init__(self, old: Sequence[Unit], new: Sequence[Unit], sides: Collection[str]) -> None:
        self.old, self.new, self.sides = old, new, sides
        self.out = Matching()
        self.spine: list[tuple[int, int]] = []  # pairs in one order
        self.free_old: list[int] = []
        self.free_new: list[int] = []
        self.old_keys: dict[int, str] = {}
        self.new_keys: dict[int, str] = {}

    def run(self) -> Matching:
        numbers: dict[str, int] = {}
        first = [numbers.setdefault(unit.text, len(numbers)) for unit in self.old]
        second = [numbers.setdefault(unit.text, len(numbers)) for unit in self.new]
        self.spine, self.out.coarse = align(first, second, [self._grip(unit) for unit in self.old])
        self.out.same = [(one, other, ()) for one, other in self.spine]
        self.free_old = _rest(len(self.old), [one for one, _ in self.spine])
        self.free_new = _rest(len(self.new), [other for _, other in self.spine])
        if self.free_old and self.free_new:
            self.old_keys = {at: meaning(self.old[at].text) for at in self.free_old}
            self.new_keys = {at: meaning(self.new[at].text) for at in self.free_new}
            self._meanings()
            self._regroup()
            self._moves()
            self._named()
            self._changes()
            self._far_changes()
            self._extend()
        self.out.removed, self.out.added = self.free_old, self.free_new
        self.out.changed.sort()
        self.out.same.sort()
        return self.out

    # ------------------------------------------------------------ what is left, by place

    def _gaps(self) -> Iterator[tuple[list[int], list[int]]]:
        """What is free on both sides between two neighbours of the spine, where both have some."""
        at = to = 0
        for one, other in [*self.spine, (len(self.old), len(self.new))]:
            last = bisect_left(self.free_old, one, at)
            end = bisect_left(self.free_new, other, to)
            if at < last and to < end:
                yield self.free_old[at:last], self.free_new[to:end]
            at, to = last, end

    def _take(self, old: set[int], new: set[int]) -> None:
        if old:
            self.free_old = [at for at in self.free_old if at not in old]
        if new:
            self.free_new = [at for at in self.free_new if at not in new]

    def _pair(self, found: list[tuple[int, int]]) -> None:
        """Put pairs that cross nothing into the spine."""
        self._take({one for one, _ in found}, {other for _, other in found})
        self.spine = sorted([*self.spine, *found])

    # ------------------------------------------------------------ the steps

    def _meanings(self) -> None:
        found: list[tuple[int, int]] = []
        for olds, news in self._gaps():
            numbers: dict[str, int] = {}
            first = [numbers.setdefault(self.old_keys[at], len(numbers)) for at in olds]
            second = [numbers.setdefault(self.new_keys[at], len(numbers)) for at in news]
            pairs, coarse = align(first, second)
            self.out.coarse |= coarse
            found += [(olds[one], news[other]) for one, other in pairs]
        for one, other in found:
            rules = reasons(self.old[one].text, self.new[other].text)
            self.out.same.append((one, other, rules))
        self._pair(found)

    def _regroup(self) -> None:
        old_words = {at: words_of(self.old_keys[at]) for at in self.free_old}
        new_words = {at: words_of(self.new_keys[at]) for at in self.free_new}
        starts: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for to in self.free_new:
            for size in {1, min(len(new_words[to]), _FIRST_WORDS)} if new_words[to] else ():
                starts[tuple(new_words[to][:size])].append(to)
        taken_old: set[int] = set()
        taken_new: set[int] = set()
        places = [one for one, _ in self.spine]
        for at in self.free_old:
            words = old_words[at]
            if at in taken_old or not words:
                continue
            here = bisect_left(places, at)
            expected = self.spine[here - 1][1] if here else -1
            listed: list[int] = []
            for size in range(min(len(words), _FIRST_WORDS), 0, -1):
                same = starts.get(tuple(words[:size]), [])
                near = bisect_left(same, expected)
                listed += same[max(near - _CANDIDATES, 0) : near + _CANDIDATES]
            listed = [to for to in dict.fromkeys(listed) if to not in taken_new]
            listed.sort(key=lambda to: abs(to - expected))
            for to in listed:
                runs = _same_words(old_words, new_words, at, to, taken_old, taken_new)
                if runs:
                    for first, last, begin, end in runs:
                        taken_old.update(range(first, last))
                        taken_new.update(range(begin, end))
                    self.out.regrouped += runs
                    break
        self._take(taken_old, taken_new)

    def _moves(self) -> None:
        places: dict[str, list[int]] = defaultdict(list)
        for to in self.free_new:
            places[self.new_keys[to]].append(to)
        found: list[tuple[int, int]] = []
        for at in self.free_old:
            if listed := places.get(self.old_keys[at]):
                found.append((at, listed.pop(0)))
        if not found:
            return
        lists: Counter[tuple[object, object]] = Counter()
        for one, other in [*self.spine, *found]:
            if self.old[one].place and self.new[other].place:
                lists[self.old[one].place, self.new[other].place] += 1
        own: dict[object, object] = {}
        for (place, other_place), _ in sorted(lists.items(), key=lambda each: -each[1]):
            own.setdefault(place, other_place)
        stayed = {self.old[one].place for one, _ in self.spine} - {None}
        known = set(found)
        filled = [(set(olds), set(news)) for olds, news in self._gaps()]
        replaced_old = set().union(*(olds for olds, _ in filled))
        replaced_new = set().union(*(news for _, news in filled))
        taken: list[tuple[int, int]] = []
        for one, other in found:
            old, new = self.old[one], self.new[other]
            beside = (one - 1, other - 1) in known or (one + 1, other + 1) in known
            if {old.region, new.region} <= _FURNITURE or self._aside(old, new):
                self.out.same.append((one, other, (PLACE,)))
            elif old.kind == "description" and one in replaced_old and other in replaced_new:
                continue  # the terms stayed, and what they stand for is another
            elif old.place in stayed and own.get(old.place) == new.place:
                self.out.reordered.append((one, other))
            elif old.weight >= _FEWEST or beside:
                self.out.moved.append((one, other))
            elif one in replaced_old and other in replaced_new:
                continue  # something else stands in the place of each
            else:
                self.out.same.append((one, other, (PLACE,)))
            taken.append((one, other))
        self._take({one for one, _ in taken}, {other for _, other in taken})

    def _aside(self, old: Unit, new: Unit) -> bool:
        """Whether a unit stands beside the text, where its place is a matter of layout."""
        return "aside" in (old.region, new.region) or old.text in self.sides

    def _grip(self, unit: Unit) -> int:
        """How much a unit holds its place: what names others more than the few words it names."""
        if unit.region == "aside" or unit.text in self.sides:
            return 1
        return _ASIDE * (unit.weight + (_NAMES_OTHERS if unit.kind in ("heading", "term") else 0))

    def _changes(self) -> None:
        found: list[tuple[int, int]] = []
        crossing: list[tuple[int, int]] = []
        for olds, news in self._gaps():
            pairs = self._alike(olds, news)
            spine = sorted(pairs)
            # What does not cross holds places; the rest is paired all the same.
            straight = _straight(spine)
            crossing += [pair for pair in pairs if pair not in straight]
            found += straight
        for one, other in [*found, *crossing]:
            self._change(one, other, sure=True)
        self._take({one for one, _ in crossing}, {other for _, other in crossing})
        self._pair(found)
        # What else stands in the same place.
        placed: list[tuple[int, int]] = []
        for olds, news in self._gaps():
            if len(olds) == len(news) and len(olds) <= _CANDIDATES:
                pairs = list(zip(olds, news, strict=True))
                if all(_may_replace(self.old[one], self.new[other]) for one, other in pairs):
                    placed += pairs
        for one, other in placed:
            self._change(one, other, sure=False)
        self._pair(placed)

    def _named(self) -> None:
        """Rows of one first cell and texts of one label, wherever they stand."""
        names: list[dict[str, list[int]]] = []
        for units, free, keys in (
            (self.old, self.free_old, self.old_keys),
            (self.new, self.free_new, self.new_keys),
        ):
            named: dict[str, list[int]] = defaultdict(list)
            for at in free:
                if name := _name(units[at], keys[at]):
                    named[name].append(at)
            names.append(named)
        found = [
            (listed[0], names[1][name][0])
            for name, listed in names[0].items()
            if len(listed) == 1 and len(names[1].get(name, ())) == 1
        ]
        for one, other in sorted(found):
            self._change(one, other, sure=True)
        self._hold(found)

    def _hold(self, found: list[tuple[int, int]]) -> None:
        """Take pairs from what is free; those that cross nothing hold places."""
        if not found:
            return
        spine = _straight(sorted([*self.spine, *found]))
        self._take({one for one, _ in found}, {other for _, other in found})
        if len(spine) >= len(self.spine):
            self.spine = spine

    def _change(self, one: int, other: int, *, sure: bool) -> None:
        self.out.changed.append(Changed(one, one + 1, other, other + 1, sure))

    def _extend(self) -> None:
        """Where a changed paragraph was parted or joined as well, take its other part to it."""
        free_old, free_new = set(self.free_old), set(self.free_new)
        for number, change in enumerate(self.out.changed):
            old, last, new, end, sure = change
            if not sure or self.old[old].kind == "row" or self.new[new].kind == "row":
                continue
            for _ in range(2 * _CANDIDATES):
                score = self._runs_alike(old, last, new, end)
                longer = [
                    (old, last, new, end + 1) if end in free_new else None,
                    (old, last, new - 1, end) if new - 1 in free_new else None,
                    (old, last + 1, new, end) if last in free_old else None,
                    (old - 1, last, new, end) if old - 1 in free_old else None,
                ]
                scored = [(self._runs_alike(*run), run) for run in longer if run is not None]
                best = max(scored, default=(0.0, (old, last, new, end)), key=lambda each: each[0])
                if best[0] < score + _BETTER and not (
                    best[0] > score and self._is_edge((old, last, new, end), best[1])
                ):
                    break
                old, last, new, end = best[1]
                free_old.difference_update(range(old, last))
                free_new.difference_update(range(new, end))
            self.out.changed[number] = Changed(old, last, new, end, sure)
        self.free_old = [at for at in self.free_old if at in free_old]
        self.free_new = [at for at in self.free_new if at in free_new]

    def _is_edge(self, runs: _Runs, longer: _Runs) -> bool:
        """Whether what a longer run has more is the very beginning or end of the other page's."""
        texts = [self._texts(*runs), self._texts(*longer)]
        (old, new), (longer_old, longer_new) = texts
        whole, part, grown = (new, old, longer_old) if new == longer_new else (old, new, longer_new)
        if grown.endswith(part):
            more = grown[: len(grown) - len(part)]
            return whole.startswith(more) and not part.startswith(more)
        more = grown[len(part) :]
        return whole.endswith(more) and not part.endswith(more)

    def _texts(self, old: int, last: int, new: int, end: int) -> tuple[str, str]:
        return (
            " ".join([self.old_keys[at] for at in range(old, last)]),
            " ".join([self.new_keys[at] for at in range(new, end)]),
        )

    def _runs_alike(self, old: int, last: int, new: int, end: int) -> float:
        return _texts_alike(*self._texts(old, last, new, end))

    def _alike(self, olds: list[int], news: list[int]) -> list[tuple[int, int]]:
        scored = []
        for one, other in self._candidates(olds, news):
            score = self._score(one, other)
            if score >= _ALIKE:
                scored.append((score, one, other))
        scored.sort(key=lambda each: (-each[0], each[1] + each[2], abs(each[1] - each[2]), each[1]))
        taken_old: set[int] = set()
        taken_new: set[int] = set()
        pairs: list[tuple[int, int]] = []
        for score, one, other in scored:
            if one in taken_old or other in taken_new:
                continue
            if score < _MUCH_ALIKE and any(
                (one < known) != (other < matched) for known, matched in pairs
            ):
                continue
            taken_old.add(one)
            taken_new.add(other)
            pairs.append((one, other))
        return pairs

    def _candidates(self, olds: list[int], news: list[int]) -> Iterator[tuple[int, int]]:
        if len(olds) * len(news) <= _MANY:
            for one in olds:
                for other in news:
                    yield one, other
            return
        yield from self._sharing_words(olds, news)

    def _sharing_words(self, olds: list[int], news: list[int]) -> Iterator[tuple[int, int]]:
        """For each old unit the new ones that share most of its rare words."""
        holders: dict[str, list[int]] = defaultdict(list)
        for other in news:
            for word in set(self.new_keys[other].split()):
                holders[word].append(other)
        for one in olds:
            votes: Counter[int] = Counter()
            for word in set(self.old_keys[one].split()):
                listed = holders.get(word, ())
                if len(listed) <= _COMMON:
                    votes.update(listed)
            best = sorted(votes.items(), key=lambda each: (-each[1], each[0]))
            for other, _ in best[:_CANDIDATES]:
                yield one, other

    def _score(self, one: int, other: int) -> float:
        old, new = self.old[one], self.new[other]
        first, second = self.old_keys[one], self.new_keys[other]
        if old.kind == "row" and new.kind == "row" and len(old.cells) > 1 and len(new.cells) > 1:
            return _rows_alike(old, new, first, second)
        score = _texts_alike(first, second)
        label, other_label = _label(first), _label(second)
        if label and label == other_label:
            score = max(score, 0.8 + score / 5)
        return score - (0.1 if (old.kind == "heading") != (new.kind == "heading") else 0)

    def _far_changes(self) -> None:
        olds = [at for at in self.free_old if self.old[at].weight >= _FAR]
        news = [at for at in self.free_new if self.new[at].weight >= _FAR]
        if not olds or not news:
            return
        scored = []
        for one, other in self._sharing_words(olds, news):
            score = self._score(one, other)
            if score >= _MUCH_ALIKE:
                scored.append((-score, one, other))
        taken_old: set[int] = set()
        taken_new: set[int] = set()
        for _, one, other in sorted(scored):
            if one not in taken_old and other not in taken_new:
                taken_old.add(one)
                taken_new.add(other)
                self._change(one, other, sure=True)
        self._take(taken_old, taken_new)


def _straight(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of pairs in the order of their first, those that do not cross each other."""
    kept, _ = align(
        [at for at, _ in pairs], [at for at, _ in sorted(pairs, key=lambda pair: pair[1])]
    )
    return [pairs[at] for at, _ in kept]


def _name(unit: Unit, key: str) -> str:
    """What a unit is about: the first cell of a row, a label before a colon; empty for none.

    The label of a field ("Telephone") says nothing of whose it is.
    """
    if unit.kind == "row":
        name = unit.cells[0].casefold() if len(unit.cells) > 1 else ""
    else:
        name = _label(key)
    return "" if not name or field_of(name) else f"{unit.kind == 'row'} {name}"


def _rest(count: int, taken: list[int]) -> list[int]:
    held = set(taken)
    return [at for at in range(count) if at not in held]


def _same_words(
    old: dict[int, list[str]],
    new: dict[int, list[str]],
    at: int,
    to: int,
    taken_old: set[int],
    taken_new: set[int],
) -> list[tuple[int, int, int, int]]:
    """Runs of units that say the same words from here on, differently parted; none if they do not.

    Between the parts of what one page has in one unit, the other may have something new: then there
    are several runs, and what is new is in none of them.
    """
    shorter = min(len(old[at]), len(new[to]))
    if old[at][:shorter] != new[to][:shorter]:
        return []
    first = _Words(old, at, taken_old)
    second = _Words(new, to, taken_new)
    while True:
        size = min(first.left, second.left)
        if first.words[first.at : first.at + size] != second.words[second.at : second.at + size]:
            # What does not fit may stand between: where one page is inside a unit of its own.
            passing, other = (second, first) if first.at else (first, second)
            if passing.at or not other.at or not passing.pass_over():
                return []
            continue
        first.at += size
        second.at += size
        if not first.left and not second.left:
            break
        if not all(side.left or side.go_on() for side in (first, second)):
            return []
    if first.passed and second.passed:
        return []
    runs = [(*one, *other) for one in first.runs() for other in second.runs()]
    units = sum(last - start for side in (first, second) for start, last in side.runs())
    return runs if units > 2 else []


class _Words:
    """The words of units in a row, walked through one after the other."""

    __slots__ = ("at", "end", "passed", "start", "taken", "units", "words")

    def __init__(self, units: dict[int, list[str]], start: int, taken: set[int]) -> None:
        self.units, self.start, self.taken = units, start, taken
        self.words, self.at, self.end = units[start], 0, start + 1
        self.passed: list[int] = []

    @property
    def left(self) -> int:
        return len(self.words) - self.at

    def go_on(self) -> bool:
        """Go on to the next unit; not beyond what is free."""
        if self.end not in self.units or self.end in self.taken:
            return False
        self.words, self.at, self.end = self.units[self.end], 0, self.end + 1
        return True

    def pass_over(self) -> bool:
        """Leave the unit out at whose beginning this stands, and go on to the next."""
        if len(self.passed) == _MOST_PASSED or self.end - 1 == self.start:
            return False
        self.passed.append(self.end - 1)
        return self.go_on()

    def runs(self) -> list[tuple[int, int]]:
        """First and beyond of each run, without what was passed over."""
        bounds = [self.start - 1, *self.passed, self.end]
        return [(one + 1, other) for one, other in pairwise(bounds) if one + 1 < other]


def _may_replace(old: Unit, new: Unit) -> bool:
    """Whether a unit can stand for another by nothing but its place."""
    if old.kind == "row" or new.kind == "row":
        return False
    if (old.kind == "heading") != (new.kind == "heading"):
        return False
    if (old.region in _FURNITURE) != (new.region in _FURNITURE):
        return False
    return old.weight <= 4 * new.weight and new.weight <= 4 * old.weight


def _texts_alike(first: str, second: str) -> float:
    words, others = first.split(), second.split()
    both = Counter(words) & Counter(others)
    shared = sum(len(word) * count for word, count in both.items())
    total = sum(map(len, words)) + sum(map(len, others))
    score = 2 * shared / total if total else 0.0
    if len(first) < _LONG and len(second) < _LONG:
        by_letters = fuzz.ratio(first, second) / 100
        if by_letters >= _MUCH_ALIKE:
            score = max(score, by_letters)
    return score


def _rows_alike(old: Unit, new: Unit, first: str, second: str) -> float:
    cells, others = [list(map(str.casefold, unit.cells)) for unit in (old, new)]
    if cells[0] and cells[0] == others[0]:
        return 0.9 + _texts_alike(first, second) / 10
    held, other_held = [Counter(filter(None, row)) for row in (cells, others)]
    most = max(held.total(), other_held.total())
    shared = (held & other_held).total() / most if most else 0.0
    return shared if shared >= 0.5 else 0.0


def _label(text: str) -> str:
    label, colon, _ = text.partition(":")
    return label if colon and len(label) < 40 and label.count(" ") < 5 else ""
