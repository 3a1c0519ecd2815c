"""Links of two versions of a page: which are new, which are gone, which lead elsewhere now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from extract.compare.addresses import page_identity, target
from extract.compare.noise import is_tracking
from extract.compare.units import Unit
from extract.compare.wording import meaning, plain

__all__ = ["LinkChanges", "Retargeted", "ToldLink", "compare_links"]


class ToldLink(NamedTuple):
    """A link: its text and its original address."""

    text: str
    href: str


class Retargeted(NamedTuple):
    """A link of one text that leads elsewhere."""

    text: str
    old: str
    new: str


@dataclass(slots=True)
class LinkChanges:
    """What differs in links, in the order of the pages.

    Attributes:
        added: addresses that only the new page links to.
        removed: addresses that only the old page links to.
        retargeted: links that lead elsewhere.
        rewritten: how many addresses are written otherwise and lead to the same page.
    """

    added: list[ToldLink] = field(default_factory=list)
    removed: list[ToldLink] = field(default_factory=list)
    retargeted: list[Retargeted] = field(default_factory=list)
    rewritten: int = 0


class _Link(NamedTuple):
    text: str
    href: str
    identity: str
    raw: str


def compare_links(
    old: Sequence[Unit],
    new: Sequence[Unit],
    pairs: Iterable[tuple[int, int]],
    old_base: str,
    new_base: str,
    adverts: Collection[str] = frozenset(),
    stayed: Iterable[tuple[str, str]] = (),
) -> LinkChanges:
    """Compare the links of two pages.

    Args:
        old: the units of the old page that count.
        new: those of the new one.
        pairs: numbers of units that stand for each other.
        old_base: what the old page's links are resolved against.
        new_base: and the new one's.
        adverts: addresses, as written, that are no links of the page's own.
        stayed: texts and addresses, as written, of links of units that stand on both pages alike
            and are left out of `old` and `new`; only for pages of one base.

    Links are one by where they lead; see `page_identity`.
    """
    found = LinkChanges()
    olds = [_links_of(unit, old_base, adverts) for unit in old]
    news = [_links_of(unit, new_base, adverts) for unit in new]
    held_old = {link.identity for links in olds for link in links}
    held_new = {link.identity for links in news for link in links}
    raw = {(link.identity, link.raw) for links in olds for link in links}
    for identity, written in _identified(stayed, new_base, adverts):
        raw.add((identity, written))
        held_old.add(identity)
        held_new.add(identity)
    left = _gone(olds, held_new)
    come = _gone(news, held_old)
    retargeted: list[Retargeted] = []
    taken_old: set[str] = set()
    taken_new: set[str] = set()

    def retarget(one: _Link, other: _Link) -> None:
        retargeted.append(Retargeted(other.text, one.href, other.href))
        taken_old.add(one.identity)
        taken_new.add(other.identity)

    for one, other in pairs:
        if not olds[one] and not news[other]:
            continue
        unmatched = [link for link in olds[one] if link.identity not in held_new]
        others = [link for link in news[other] if link.identity not in held_old]
        # A link whose own place leads elsewhere, though both addresses stand on both pages.
        if not unmatched and not others and old[one].text == new[other].text:
            for first, second in _swapped(olds[one], news[other]):
                retargeted.append(Retargeted(second.text, first.href, second.href))
            continue
        waiting: dict[str, list[_Link]] = defaultdict(list)
        for link in reversed(others):
            if link.identity not in taken_new:
                waiting[meaning(link.text)].append(link)
        for link in unmatched:
            listed = waiting.get(meaning(link.text))
            if listed and link.identity not in taken_old:
                retarget(link, listed.pop())
    by_text: dict[str, list[_Link]] = defaultdict(list)
    for link in come.values():
        if link.identity not in taken_new:
            by_text[meaning(link.text)].append(link)
    for link in left.values():
        listed = by_text.get(meaning(link.text), [])
        if link.identity not in taken_old and link.text and len(listed) == 1:
            retarget(link, listed.pop())
    found.retargeted = list(dict.fromkeys(retargeted))
    found.added = [
        ToldLink(link.text, link.href) for key, link in come.items() if key not in taken_new
    ]
    found.removed = [
        ToldLink(link.text, link.href) for key, link in left.items() if key not in taken_old
    ]
    found.rewritten = len(
        {
            (link.identity, link.raw)
            for links in news
            for link in links
            if link.identity in held_old and (link.identity, link.raw) not in raw
        }
    )
    return found


def _identified(
    links: Iterable[tuple[str, str]], base: str, adverts: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Where links lead, and how their addresses are written."""
    for text, raw in set(links):
        if raw in adverts or (not text and is_tracking(raw)):
            continue
        href = target(raw, base)
        if href is not None:
            yield page_identity(href), raw


def _links_of(unit: Unit, base: str, adverts: Collection[str]) -> list[_Link]:
    found = []
    for link in unit.links:
        if link.href in adverts or (not link.text and is_tracking(link.href)):
            continue
        href = target(link.href, base)
        if href is not None:
            text = plain(link.text) if link.text else ""
            found.append(_Link(text, href, page_identity(href), link.href))
    return found


def _gone(links: list[list[_Link]], held: set[str]) -> dict[str, _Link]:
    gone: dict[str, _Link] = {}
    for each in links:
        for link in each:
            if link.identity not in held and (
                link.identity not in gone or (link.text and not gone[link.identity].text)
            ):
                gone[link.identity] = link
    return gone


def _swapped(olds: list[_Link], news: list[_Link]) -> list[tuple[_Link, _Link]]:
    if len(olds) != len(news):
        return []
    pairs = list(zip(olds, news, strict=True))
    if any(one.text != other.text for one, other in pairs):
        return []
    return [(one, other) for one, other in pairs if one.identity != other.identity]
