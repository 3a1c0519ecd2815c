"""A first map of a site's redirects, drafted from what the archive holds of it.

Every archived address gets a row. One that led to another site leads there still; one that led to
another address of the site follows it; one whose page was found at another address later leads
there; one that ever showed a page leads to its last good snapshot;
one that was only ever missing is gone; and what only gave errors is left for people.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Named
from dataclasses import dataclass, field
from typing import NamedTuple

from archiver.records import Capture
from archiver.urls import join_url
from extract.compare.sites import Fate as Became
from extract.compare.sites import SiteComparison
from extract.redirects.mapping import Fate, Mapping, asked_as, folded, is_archive_address

__all__ = ["Moved", "draft", "moved_pages", "renewed"]

_MISSING = (404, 410)
_MOVED = (301, 302, 303, 307, 308)


@dataclass(slots=True)
class _Page:
    newest: Capture | None = None  # of those that say what stands at the address
    good: Capture | None = None
    spellings: dict[str, str] = field(default_factory=dict)  # each with its newest timestamp


class Moved(NamedTuple):
    """Where a page was found again.

    Attributes:
        url: its new address.
        timestamp: 14 digits, of the capture that shows it there.
        alike: the share of words that it kept, 0 to 1; None where they were not compared.
    """

    url: str
    timestamp: str
    alike: float | None


_Key = tuple[str, str]  # see `folded`


def moved_pages(
    comparison: SiteComparison, parameters: frozenset[str] | None = None
) -> dict[_Key, Moved]:
    """Give the pages that a comparison of two dates found again at another address, for `draft`."""
    return {
        folded(page.url, parameters): Moved(page.new_url, page.new.timestamp, page.alike)
        for page in comparison.of(Became.MOVED)
        if page.new is not None
    }


def draft(
    captures: Iterable[Capture],
    leads_to: Callable[[Capture], str],
    snapshot: Callable[[Capture], str],
    parameters: frozenset[str] | None = None,
    moved: Named[_Key, Moved] | None = None,
) -> Iterator[Mapping]:
    """Draft the fate of every address, sorted by address.

    Args:
        captures: of the site, in any order; what is withdrawn is not among them.
        leads_to: gives the address a captured redirect leads to; empty when it does not say.
        snapshot: gives the address at which readers are shown a capture.
        parameters: names of the parameters of queries that matter; None for all but sessions and
            campaigns.
        moved: pages that were found again at another address; see `moved_pages`. A redirect that
            was captured counts for more.

    Holds one small record an address in memory, and reads the heads of redirects alone.
    """
    pages: dict[tuple[str, str], _Page] = {}
    for capture in captures:
        if not capture.url.lower().startswith(("http://", "https://")):
            continue
        page = pages.setdefault(folded(capture.url, parameters), _Page())
        page.spellings[capture.url] = max(
            capture.timestamp, page.spellings.get(capture.url, capture.timestamp)
        )
        status = capture.status or 200
        if status >= 500 or status in (304, 401, 403, 407, 408, 429):
            continue
        if page.newest is None or _order(page.newest) <= _order(capture):
            page.newest = capture
        if status < 300 and (page.good is None or _order(page.good) <= _order(capture)):
            page.good = capture
    hosts = {asked_as(url)[0] for page in pages.values() for url in page.spellings}
    made = (
        _decide(key, page, hosts, leads_to, snapshot, parameters, (moved or {}).get(key))
        for key, page in pages.items()
    )
    return iter(sorted(made, key=lambda mapping: (asked_as(mapping.old_url), mapping.old_url)))


def renewed(drafted: Iterable[Mapping], earlier: Iterable[Mapping]) -> Iterator[Mapping]:
    """Give a new draft with what people decided in an earlier map, sorted by address.

    A row that names who decided it stays as it is, though the archive knows its address no more.
    """
    decided = {folded(one.old_url): one for one in earlier if one.decided_by}
    rows = [decided.pop(folded(one.old_url), one) for one in drafted]
    return iter(
        sorted([*rows, *decided.values()], key=lambda one: (asked_as(one.old_url), one.old_url))
    )


def _decide(
    key: tuple[str, str],
    page: _Page,
    hosts: set[str],
    leads_to: Callable[[Capture], str],
    snapshot: Callable[[Capture], str],
    parameters: frozenset[str] | None,
    moved: Moved | None,
) -> Mapping:
    last_used = sorted(page.spellings.items(), key=lambda one: (one[1], one[0]), reverse=True)
    old = last_used[0][0]
    rest = tuple(sorted(url for url, _ in last_used[1:]))
    newest, good = page.newest, page.good
    last_good = good.timestamp if good else ""
    if newest is not None and (newest.status or 200) in _MOVED:
        target = join_url(newest.url, leads_to(newest)) or ""
        day = _day(newest)
        if target and folded(target, parameters) != key and not is_archive_address(target):
            where = "on the site" if asked_as(target)[0] in hosts else "to another site"
            reason = f"redirected {where} on {day}"
            return Mapping(old, Fate.REDIRECT, target, rest, last_good, reason)
    if moved is not None and folded(moved.url, parameters) != key:
        share = "" if moved.alike is None else f", {moved.alike:.0%} of its words the same"
        reason = f"found there on {_date(moved.timestamp)}{share}"
        return Mapping(old, Fate.REDIRECT, moved.url, rest, last_good, reason)
    if good is not None:
        gone = newest is not None and (newest.status or 200) in _MISSING
        reason = f"missing on {_day(newest)}; shown before" if gone and newest else ""
        return Mapping(old, Fate.ARCHIVE, snapshot(good), rest, last_good, reason)
    if newest is not None and (newest.status or 200) in _MISSING:
        return Mapping(old, Fate.GONE, "", rest, "", f"never shown; missing on {_day(newest)}")
    return Mapping(old, Fate.UNRESOLVED, "", rest, "", "no capture shows a page")


def _day(capture: Capture) -> str:
    return _date(capture.timestamp)


def _date(timestamp: str) -> str:
    return f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}"


def _order(capture: Capture) -> tuple[str, int]:
    return capture.timestamp, capture.number
