"""Labelling: which units of two pages are noise, by which rule, when the pages are compared."""

from collections import Counter
from collections.abc import Collection, Sequence

from extract.compare.noise import ARCHIVE, MOST_READ, of_archives, of_readers, rule_of
from extract.compare.units import Unit

__all__ = ["noise_rules"]

_EDITED = 0.4  # share of its words that a notice keeps when it is edited


def noise_rules(
    old: Sequence[Unit],
    new: Sequence[Unit],
    adverts: tuple[Collection[int], Collection[int]],
    bases: tuple[str, str],
) -> tuple[list[str | None], list[str | None]]:
    """Name for each unit of two pages the rule by which it is noise; None for what counts.

    Args:
        old: the units of the old page.
        new: those of the new one.
        adverts: numbers of the units of either that stand in something called an advert.
        bases: what the links of either are resolved against.

    What stands on both pages is no noise. What stands in an advert's place on both pages, and is
    another on each, is an advert; what was only edited there is not.
    """
    counts = [Counter([unit.text for unit in units]) for units in (old, new)]
    differing = (counts[0] - counts[1]) + (counts[1] - counts[0])
    found: list[list[str | None]] = []
    for units, advertised, base in zip((old, new), adverts, bases, strict=True):
        framed = of_archives(units) if differing else ()
        listed = of_readers(units) if differing else ()
        found.append(
            [
                None
                if unit.text not in differing
                else ARCHIVE
                if at in framed
                else MOST_READ
                if at in listed
                else rule_of(unit, advertised=at in advertised, base=base)
                for at, unit in enumerate(units)
            ]
            if differing
            else [None] * len(units)
        )
    if adverts[0] and adverts[1]:
        texts = [
            {units[at].text for at in advertised}
            for units, advertised in zip((old, new), adverts, strict=True)
        ]
        if texts[0] - texts[1] and texts[1] - texts[0]:
            for rules, units, advertised, others in zip(
                found, (old, new), adverts, reversed(texts), strict=True
            ):
                for at in advertised:
                    if not rules[at] and not _is_edited(units[at].text, others):
                        rules[at] = "advert"
    return found[0], found[1]


def _is_edited(text: str, others: Collection[str]) -> bool:
    """Whether a text has much in common with one of others, and is none of them."""
    words = _words(text)
    return text not in others and any(
        len(words & held) >= _EDITED * max(len(words), len(held), 1) for held in map(_words, others)
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip(".,:;!?") for word in text.casefold().split())
