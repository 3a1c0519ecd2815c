"""How much two sketches of a page differ, by the rules that compare pages whole.

What stayed is found by its hash; only what differs, and a little round it, is looked at. So the
cost is that of the change.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from extract.compare.addresses import lead_alike
from extract.compare.alignment import align
from extract.compare.details import mailboxes_behind
from extract.compare.labelling import noise_rules
from extract.compare.links import compare_links
from extract.compare.matching import match
from extract.compare.sketches import Sketch
from extract.compare.units import Unit, joined

__all__ = ["Difference", "compare_sketches"]

_ROUND = 4  # units that stayed which are looked at on either side of what differs


@dataclass(frozen=True, slots=True)
class Difference:
    """How much differs between two captures of a page.

    Attributes:
        added: units (paragraphs, headings, items, rows) that only the new one has.
        removed: units that only the old one has.
        changed: units that read otherwise.
        moved: units that stand elsewhere.
        words_added: words of what was added or changed that are new.
        words_removed: words of what was removed or changed that are gone.
        links: addresses and mailboxes linked to on one side only, or elsewhere.
        passed_over: what differs and is noise; see `extract.compare.noise`.
        coarse: whether a bound made it coarse.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    words_added: int = 0
    words_removed: int = 0
    links: int = 0
    passed_over: int = 0
    coarse: bool = False

    @property
    def differs(self) -> bool:
        """Whether anything but noise differs."""
        return bool(self.blocks or self.links)

    @property
    def blocks(self) -> int:
        """How many units were added, removed, changed or moved."""
        return self.added + self.removed + self.changed + self.moved

    @property
    def words(self) -> int:
        """How many words are new or gone."""
        return self.words_added + self.words_removed


def compare_sketches(old: Sketch, new: Sketch) -> Difference:
    """Tell how much differs between two captures of a page; both need their texts.

    As `extract.compare.pages.compare_pages` would; what it reads of the payload besides (hidden
    parts, scripts) says nothing here.
    """
    alike = lead_alike(old.base, new.base)
    if alike and old.hashes == new.hashes:
        return Difference()
    pairs, coarse = align(old.numbers, new.numbers)
    # Where relative links lead elsewhere, what reads alike may differ all the same.
    stayed = pairs if alike else []
    places, others = _round_changes(stayed, len(old.numbers), len(new.numbers))
    olds, news = old.units(places), new.units(others)
    all_units = [each.unit for each in olds], [each.unit for each in news]
    adverts = tuple({at for at, one in enumerate(some) if one.is_advert} for some in (olds, news))
    rules = noise_rules(*all_units, (adverts[0], adverts[1]), (old.base, new.base))
    kept = [
        [unit for unit, rule in zip(units, by, strict=True) if rule is None]
        for units, by in zip(all_units, rules, strict=True)
    ]
    sides = [{each.unit.text for each in some if each.is_side} for some in (olds, news)]
    found = match(kept[0], kept[1], sides[0] & sides[1])
    stood = [(one, other) for one, other, _ in found.same] + found.moved + found.reordered
    mailboxes = sum(len(mailboxes_behind(kept[0][one], kept[1][other])) for one, other in stood)
    stood += [(each.old, each.new) for each in found.changed]
    links, rewritten = _links(old, new, places, kept[0], kept[1], stood)
    words_added = sum(kept[1][at].weight for at in found.added)
    words_removed = sum(kept[0][at].weight for at in found.removed)
    for each in found.changed:
        before = Counter(joined(kept[0][each.old : each.last]).text.split())
        after = Counter(joined(kept[1][each.new : each.end]).text.split())
        words_removed += (before - after).total()
        words_added += (after - before).total()
    return Difference(
        added=len(found.added),
        removed=len(found.removed),
        changed=len(found.changed),
        moved=len(found.moved) + len(found.reordered),
        words_added=words_added,
        words_removed=words_removed,
        links=links + mailboxes,
        passed_over=rewritten + _passed_over(all_units, rules) + len(found.regrouped)
        + sum(bool(why) for _, _, why in found.same),
        coarse=coarse or found.coarse,
    )  # fmt: skip


def _round_changes(
    pairs: Sequence[tuple[int, int]], size: int, other_size: int
) -> tuple[list[int], list[int]]:
    """Leave out what stayed, but for the units next to what differs."""
    # As pairs rise on both sides, those between two that lie as far apart as they are in number are
    # neighbours.
    inner = [
        pair
        for first, pair, last in zip(pairs, pairs[_ROUND:], pairs[2 * _ROUND :], strict=False)
        if last[0] - first[0] == last[1] - first[1] == 2 * _ROUND
    ]
    left_old, left_new = {one for one, _ in inner}, {other for _, other in inner}
    return (
        [at for at in range(size) if at not in left_old],
        [at for at in range(other_size) if at not in left_new],
    )


def _links(
    old: Sketch,
    new: Sketch,
    places: Sequence[int],
    units: Sequence[Unit],
    others: Sequence[Unit],
    pairs: Sequence[tuple[int, int]],
) -> tuple[int, int]:
    """How many links differ, and how many are only written otherwise."""
    held, come = ({link for unit in some for link in unit.links} for some in (units, others))
    if (
        old.base == new.base
        and held == come
        and all(units[one].links == others[to].links for one, to in pairs)
    ):
        return 0, 0
    # What was left out stands on both pages: a link that is new here may stand there.
    looked_at = set(places)
    stayed = old.links(at for at in range(len(old.numbers)) if at not in looked_at)
    found = compare_links(units, others, pairs, old.base, new.base, stayed=stayed)
    links = len(found.added) + len(found.removed) + len(found.retargeted)
    return links, found.rewritten


def _passed_over(
    units: tuple[Sequence[Unit], Sequence[Unit]],
    rules: tuple[Sequence[str | None], Sequence[str | None]],
) -> int:
    """How many units are noise and stand on one page alone; of one rule each stands for another."""
    texts = [
        Counter((by, unit.text) for unit, by in zip(some, named, strict=True) if by)
        for some, named in zip(units, rules, strict=True)
    ]
    total = 0
    for rule in {by for held in texts for by, _ in held}:
        gone, come = (
            sum(number for (by, _), number in held.items() if by == rule)
            for held in (texts[0] - texts[1], texts[1] - texts[0])
        )
        total += max(gone, come)
    return total
