"""Two versions of one page compared: what was added, removed, changed and moved, and only that.

What is noise (see `extract.compare.noise`) is not a change. It is kept beside the changes, each
part with the rule that passed it over.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from archiver.unreplay import recover_page
from archiver.urls import join_url
from extract.blocks import html_blocks, text_blocks
from extract.compare.details import ContactChange, CountChange, Side, compare_details
from extract.compare.labelling import noise_rules
from extract.compare.links import LinkChanges, Retargeted, ToldLink, compare_links
from extract.compare.matching import PARTED, Changed, Matching, match
from extract.compare.noise import ARCHIVE
from extract.compare.sites import Outline
from extract.compare.states import NOT_A_PAGE, state_of
from extract.compare.stretches import Stretch, word_changes
from extract.compare.units import Unit, joined, units_of
from extract.compare.unseen import Unseen, place_key, unseen_parts
from extract.compare.wording import meaning, plain, words_of
from extract.decode import decode
from extract.document import CONTENT, Document

__all__ = [
    "Change",
    "Ignored",
    "PageComparison",
    "Row",
    "Version",
    "compare_pages",
    "comparison_as_json",
    "outline_page",
    "statements_of",
]

_MOST_TRIPLES = 2000  # of a page; the smallest are kept, so that two pages keep the same
_OFF_TOPIC = 0.04  # share of words that pages of two subjects have in their places
_ENOUGH = 400  # characters of a page that tell its subject
_LONG_WORD = re.compile(r"\w{4,}")
_MOST_IGNORED = 500  # told one by one; the others are counted
_TAGS = re.compile(rb"<[^<>]{0,5000}>")
_REPLAY_WORDS = (b"archive", b"wayback", b"memento", b"snapshot", b"replay")
_REPLAY_TIME = re.compile(rb"/\d{14}|/\d{4,13}(?:[a-z]{2}_)?/https?:/")
_COARSE = (
    "the pages are too large or too repetitive to compare in full: what is told is true, but parts "
    "that are alike may be told as removed and added"
)


@dataclass(frozen=True, slots=True)
class Version:
    """One capture of a page, as it is to be compared.

    Attributes:
        payload: the body, codings taken off.
        url: its original URL, or one in another archive; empty when not known.
        timestamp: when it was captured, 14 digits; empty when not known.
        content_type: the Content-Type header; may be empty.
        status: the HTTP status; None when not known.
        replayed: whether another archive's replay may still have to be undone.
    """

    payload: bytes
    url: str = ""
    timestamp: str = ""
    content_type: str = ""
    status: int | None = None
    replayed: bool = True


class Change(NamedTuple):
    """A unit that was changed: how it read, how it reads, and which words differ."""

    old: str
    new: str
    words: tuple[Stretch, ...]


class Ignored(NamedTuple):
    """Something that differs and is no change: by which rule, and what either page has."""

    rule: str
    old: str
    new: str


class Row(NamedTuple):
    """A line of the full display: what stands on either side, and what it is.

    `kind` is same, added, removed, changed, moved (on the side it moved to), gone (from where it
    moved), reordered or ignored. `rule` names what passed an ignored part over. `heading` tells
    headings from other text.
    """

    kind: str
    old: str
    new: str
    words: tuple[Stretch, ...] = ()
    rule: str = ""
    heading: bool = False


@dataclass(frozen=True, slots=True)
class PageComparison:
    """What differs between two captures of a page.

    Attributes:
        old, new: what is known of either capture: url, timestamp, sha256, title and state. States
            are those of `extract.compare.states.state_of`; a new page about something else is
            ``off-topic``.
        added, removed: texts of paragraphs, headings, items and rows that one page alone has.
        changed: those that read otherwise.
        moved: those that stand elsewhere.
        reordered: items and rows that stand elsewhere in their own list or table.
        links: what differs in links.
        contacts: details of contacts that were replaced.
        counts: numbers of things that were replaced.
        laws_added, laws_removed: legislation named on one page alone, within what differs.
        ignored: what differs and is no change, with the rule that says so.
        ignored_counts: how many there are by rule; more than in `ignored` when there are many.
        rows: the whole of both pages, side by side.
        alike: the share of words that both pages have in their places, from 0 to 1.
        coarse: whether a bound made the answer coarse: true, but finer ones exist.
        notes: what else a reader has to know, in words.
    """

    old: dict[str, str]
    new: dict[str, str]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    moved: tuple[str, ...] = ()
    reordered: tuple[str, ...] = ()
    links_added: tuple[ToldLink, ...] = ()
    links_removed: tuple[ToldLink, ...] = ()
    links_retargeted: tuple[Retargeted, ...] = ()
    contacts: tuple[ContactChange, ...] = ()
    counts: tuple[CountChange, ...] = ()
    laws_added: tuple[str, ...] = ()
    laws_removed: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    ignored_counts: tuple[tuple[str, int], ...] = ()
    rows: tuple[Row, ...] = ()
    alike: float = 1.0
    coarse: bool = False
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything but noise differs."""
        return (
            self.old["state"] != self.new["state"]
            or any((self.added, self.removed, self.changed, self.moved, self.reordered))
            or any((self.links_added, self.links_removed, self.links_retargeted, self.contacts))
        )


@dataclass(slots=True)
class _Read:
    """A version, read and parted."""

    version: Version
    url: str
    document: Document
    units: list[Unit]  # all of them
    rules: list[str | None]  # by which each is noise
    kept: list[int]  # those that are not
    base: str
    state: str
    cut: str  # what was taken off as another archive's
    cut_links: int
    body: bytes
    unseen: Unseen
    stated: str  # when another archive says it was captured, 14 digits; or empty
    adverts: set[int]  # units that stand in something called an advert


def compare_pages(old: Version, new: Version) -> PageComparison:
    """Compare two captures of a page; never fails, whatever the bytes are.

    The cost is about linear in the size of the pages; where a bound was passed the answer says so.
    """
    if old.payload == new.payload and old.content_type == new.content_type:
        new_read = first = _read(old)
        if (old.url, old.status) != (new.url, new.status):
            new_read = _read(new)
    else:
        first, new_read = _read(old), _read(new)
    second = new_read
    heads = _head(first), _head(second)
    notes = []
    for name, read in (("old", first), ("new", second)):
        notes += [f"the {name} page: {problem}" for problem in read.document.problems]
    if first.state != second.state and {first.state, second.state} & NOT_A_PAGE:
        notes.append(
            f"one capture shows {first.state} and the other {second.state}, so their texts were "
            "not compared"
        )
        return PageComparison(*heads, rows=tuple(_unmatched(first, second)), alike=0.0,
                              notes=tuple(notes))  # fmt: skip
    _label_noise(first, second)
    units = [first.units[at] for at in first.kept]
    others = [second.units[at] for at in second.kept]
    sides = (_in_sides(first) & _in_sides(second)) | _across_title(first, second)
    found = match(units, others, sides)
    pairs = [(one, other) for one, other, _ in found.same]
    pairs += [*found.moved, *found.reordered]
    pairs += [(each.old, each.new) for each in found.changed]
    adverts = first.unseen.advert_links | second.unseen.advert_links
    links = compare_links(units, others, pairs, first.base, second.base, adverts)
    details = compare_details(
        Side(first.document, units, first.base),
        Side(second.document, others, second.base),
        found.changed,
        [(one, other) for one, other, _ in found.same] + found.moved + found.reordered,
        found.removed,
        found.added,
    )
    changes: dict[Changed, Change] = {}
    coarse = found.coarse
    for each in found.changed:
        before = joined(units[each.old : each.last]).text
        after = joined(others[each.new : each.end]).text
        words, is_coarse = word_changes(before, after)
        changes[each] = Change(before, after, tuple(words))
        coarse |= is_coarse
    if coarse:
        notes.append(_COARSE)
    if details.partial:
        notes.append("so much differs that facts were read from a part of it only")
    alike = _alike(found, units, others)
    if alike < _OFF_TOPIC and _is_other_subject(first, second):
        heads[1]["state"] = "off-topic"
        notes.append("the later capture is about something else")
    ignored, counts = _ignored(first, second, found, units, others, links)
    return PageComparison(
        *heads,
        added=tuple(others[at].text for at in found.added),
        removed=tuple(units[at].text for at in found.removed),
        changed=tuple(changes[each] for each in sorted(found.changed, key=lambda each: each.new)),
        moved=tuple(others[at].text for _, at in sorted(found.moved, key=lambda each: each[1])),
        reordered=tuple(
            others[at].text for _, at in sorted(found.reordered, key=lambda each: each[1])
        ),
        links_added=tuple(links.added),
        links_removed=tuple(links.removed),
        links_retargeted=tuple(links.retargeted),
        contacts=tuple(details.contacts),
        counts=tuple(details.counts),
        laws_added=tuple(details.laws_added),
        laws_removed=tuple(details.laws_removed),
        ignored=ignored,
        ignored_counts=counts,
        rows=tuple(_rows(first, second, found, changes)),
        alike=alike,
        coarse=coarse,
        notes=tuple(notes),
    )


def outline_page(version: Version) -> Outline:
    """Read what a page is known by when it is looked for at another address."""
    read = _read(version)
    words: list[str] = []
    for at in read.kept:
        if read.units[at].region in CONTENT:
            words += words_of(meaning(read.units[at].text))
    triples = {
        crc32(" ".join(words[at : at + 3]).encode("utf-8", "replace"))
        for at in range(max(len(words) - 2, 1 if words else 0))
    }
    title = plain(read.document.title).casefold()
    return Outline(read.state, title, frozenset(sorted(triples)[:_MOST_TRIPLES]))


# ---------------------------------------------------------------- reading


def _read(version: Version) -> _Read:
    payload = version.payload
    cut, cut_links, url, stated = "", 0, version.url, ""
    if version.replayed and _may_be_replay(payload + version.url.encode("utf-8", "replace")):
        recovered = recover_page(
            payload, media_type="text/html", charset=None, address=version.url or None
        )
        cut = " ".join(
            plain(
                _TAGS.sub(b" ", payload[part.offset : part.offset + part.length])
                .decode("utf-8", "replace")
            )
            for part in recovered.removed
            if part.part in ("banner", "header")
        )  # fmt: skip
        payload, cut_links = recovered.body, recovered.links_restored
        url = recovered.url or url
        full = (date.timestamp for date in recovered.stated if len(date.timestamp) == 14)
        stated = next(full, "")
    decoded = decode(payload, version.content_type or None)
    is_text = version.content_type.lower().startswith("text/plain")
    document = text_blocks(decoded.text) if is_text else html_blocks(decoded.text)
    base = (join_url(url, document.base) if document.base else url) or url
    units = units_of(document)
    unseen = unseen_parts(payload)
    adverts = {
        at for at, unit in enumerate(units) if unseen.adverts and _is_in(unit, unseen.adverts)
    }
    state = state_of(document, version.status)
    return _Read(
        version,
        url,
        document,
        units,
        [None] * len(units),
        list(range(len(units))),
        base,
        state,
        cut,
        cut_links,
        payload,
        unseen,
        stated,
        adverts,
    )


def _may_be_replay(data: bytes) -> bool:
    lowered = data.lower()
    return any(word in lowered for word in _REPLAY_WORDS) or bool(_REPLAY_TIME.search(lowered))


def _is_in(unit: Unit, keys: frozenset[str]) -> bool:
    return unit.region != "archive" and place_key(unit.text) in keys


def _in_sides(read: _Read) -> set[str]:
    sides = read.unseen.sides
    return {unit.text for unit in read.units if _is_in(unit, sides)} if sides else set()


def _across_title(first: _Read, second: _Read) -> set[str]:
    """What stands before the page's title on one page and behind it on the other: beside the text.

    Only where both pages have one title, and it is the same.
    """
    ends = [_title_of(read) for read in (first, second)]
    if (
        None in ends
        or len({read.units[end or 0].text for read, end in zip((first, second), ends, strict=True)})
        > 1
    ):
        return set()
    before, after = [
        ({unit.text for unit in read.units[:end]}, {unit.text for unit in read.units[end:]})
        for read, end in zip((first, second), ends, strict=True)
    ]
    return (before[0] & after[1]) | (before[1] & after[0])


def _title_of(read: _Read) -> int | None:
    """The number of the unit that is the only heading of the first rank."""
    titles = [
        at
        for at, unit in enumerate(read.units)
        if unit.kind == "heading" and read.document.blocks[unit.blocks[0]].level == 1
    ]
    return titles[0] if len(titles) == 1 else None


def _label_noise(first: _Read, second: _Read) -> None:
    """Name the rules by which parts of the pages are noise."""
    first.rules, second.rules = noise_rules(
        first.units,
        second.units,
        (first.adverts, second.adverts),
        (first.base, second.base),
    )
    for read in (first, second):
        read.kept = [at for at, rule in enumerate(read.rules) if rule is None]


def _head(read: _Read) -> dict[str, str]:
    return {
        "url": read.url,
        "timestamp": read.version.timestamp or read.stated,
        "sha256": hashlib.sha256(read.version.payload).hexdigest(),
        "title": read.document.title,
        "state": read.state,
    }


# ---------------------------------------------------------------- what was passed over


def _ignored(
    first: _Read,
    second: _Read,
    found: Matching,
    units: Sequence[Unit],
    others: Sequence[Unit],
    links: LinkChanges,
) -> tuple[tuple[Ignored, ...], tuple[tuple[str, int], ...]]:
    """All that differs and is no change."""
    ignored: list[Ignored] = []
    if first.cut != second.cut:
        ignored.append(Ignored(ARCHIVE, first.cut, second.cut))
    for rule in dict.fromkeys(filter(None, (*first.rules, *second.rules))):
        ignored += _differing(
            rule,
            [unit.text for unit, by in zip(first.units, first.rules, strict=True) if by == rule],
            [unit.text for unit, by in zip(second.units, second.rules, strict=True) if by == rule],
        )
    for one, other, rules in found.same:
        ignored += [Ignored(rule, units[one].text, others[other].text) for rule in rules]
    for one, last, other, end in found.regrouped:
        ignored.append(
            Ignored(
                PARTED,
                " \u00b6 ".join(unit.text for unit in units[one:last]),
                " \u00b6 ".join(unit.text for unit in others[other:end]),
            )
        )
    for rule, before, after in (
        ("advert", sorted(first.unseen.advert_links), sorted(second.unseen.advert_links)),
        ("hidden part", first.unseen.hidden, second.unseen.hidden),
        ("comment in the markup", first.unseen.comments, second.unseen.comments),
        ("script or hidden field", first.unseen.scripts, second.unseen.scripts),
    ):
        ignored += _differing(rule, before, after)
    counts = Counter(each.rule for each in ignored)
    if links.rewritten:
        counts["address written otherwise"] += links.rewritten
    if first.cut_links != second.cut_links:
        counts["another archive's addresses"] += abs(first.cut_links - second.cut_links)
    stayed = not (found.changed or found.added or found.removed or found.moved or found.reordered)
    nothing = stayed and not counts
    if nothing and first.body != second.body:
        counts["markup or white space"] += 1
    return tuple(ignored[:_MOST_IGNORED]), tuple(sorted(counts.items()))


def _differing(rule: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Ignored]:
    held, others = Counter(old), Counter(new)
    gone, come = list((held - others).elements()), list((others - held).elements())
    for at in range(max(len(gone), len(come))):
        yield Ignored(
            rule,
            gone[at] if at < len(gone) else "",
            come[at] if at < len(come) else "",
        )


# ---------------------------------------------------------------- the full display


def _rows(
    first: _Read,
    second: _Read,
    found: Matching,
    changes: dict[Changed, Change],
) -> Iterator[Row]:
    """The whole of both pages: the new one in its order, what is gone where it was."""
    old_of: dict[int, tuple[str, int]] = {}  # of a unit of the old page: what it is, and its mate
    new_of: dict[int, tuple[str, int]] = {}
    rules: dict[int, str] = {}
    old_at, new_at = first.kept, second.kept
    for one, other, why in found.same:
        old_of[old_at[one]] = ("same", new_at[other])
        new_of[new_at[other]] = ("same", old_at[one])
        if why:
            rules[new_at[other]] = ", ".join(why)
    changed: dict[int, Change] = {}  # by the first unit of the new page
    for each in found.changed:
        for at in range(each.old, each.last):
            old_of[old_at[at]] = ("changed", new_at[each.new])
        for at in range(each.new, each.end):
            new_of[new_at[at]] = ("changed", old_at[each.old])
        changed[new_at[each.new]] = changes[each]
    for name, moves in (("moved", found.moved), ("reordered", found.reordered)):
        for one, other in moves:
            old_of[old_at[one]] = (name, new_at[other])
            new_of[new_at[other]] = (name, old_at[one])
    for one, last, other, end in found.regrouped:
        for at in range(one, last):
            old_of[old_at[at]] = ("parted", new_at[other])
        for at in range(other, end):
            new_of[new_at[at]] = ("parted", old_at[one])
    shown: set[int] = set()
    next_old = 0
    for at, unit in enumerate(second.units):
        kind, mate = new_of.get(at, ("", -1))
        if kind in ("same", "changed", "parted") and mate >= next_old:
            yield from _old_rows(first, old_of, range(next_old, mate), shown)
            next_old = mate
        heading = unit.kind == "heading"
        if second.rules[at]:
            yield Row("ignored", "", unit.text, rule=second.rules[at] or "", heading=heading)
        elif kind == "same":
            old_text = first.units[mate].text
            rule = rules.get(at, "")
            yield Row(
                "ignored" if rule else "same", old_text, unit.text, rule=rule, heading=heading
            )
            shown.add(mate)
        elif kind == "changed":
            if at in changed:
                change = changed[at]
                yield Row("changed", change.old, change.new, change.words, heading=heading)
            shown.add(mate)
        elif kind == "parted":
            yield Row("ignored", "", unit.text, rule=PARTED, heading=heading)
        elif kind in ("moved", "reordered"):
            yield Row(kind, "", unit.text, heading=heading)
        else:
            yield Row("added", "", unit.text, heading=heading)
    yield from _old_rows(first, old_of, range(next_old, len(first.units)), shown)


def _old_rows(
    first: _Read, old_of: dict[int, tuple[str, int]], places: Iterable[int], shown: set[int]
) -> Iterator[Row]:
    for at in places:
        if at in shown:
            continue
        unit = first.units[at]
        kind, _ = old_of.get(at, ("", -1))
        heading = unit.kind == "heading"
        if kind in ("same", "changed"):
            continue  # shown beside what it became
        shown.add(at)
        if first.rules[at]:
            yield Row("ignored", unit.text, "", rule=first.rules[at] or "", heading=heading)
        elif kind == "parted":
            yield Row("ignored", unit.text, "", rule=PARTED, heading=heading)
        elif kind in ("moved", "reordered"):
            yield Row("gone", unit.text, "", heading=heading)
        else:
            yield Row("removed", unit.text, "", heading=heading)


def _unmatched(first: _Read, second: _Read) -> Iterator[Row]:
    for unit in first.units:
        yield Row("removed", unit.text, "", heading=unit.kind == "heading")
    for unit in second.units:
        yield Row("added", "", unit.text, heading=unit.kind == "heading")


def _is_other_subject(first: _Read, second: _Read) -> bool:
    """Whether two pages with hardly a word in common have other titles as well, and enough text."""
    titles = [set(_LONG_WORD.findall(read.document.title.lower())) for read in (first, second)]
    return (
        first.state == second.state == "content"
        and all(len(read.document.text) > _ENOUGH for read in (first, second))
        and not titles[0] & titles[1]
    )


def _alike(found: Matching, units: Sequence[Unit], others: Sequence[Unit]) -> float:
    total = sum(unit.weight for unit in (*units, *others))
    if not total:
        return 1.0
    shared = sum(units[one].weight + others[other].weight for one, other, _ in found.same)
    shared += sum(
        sum(unit.weight for unit in (*units[one:last], *others[other:end]))
        for one, last, other, end in found.regrouped
    )
    shared += sum(
        units[one].weight + others[other].weight for one, other in (*found.moved, *found.reordered)
    )
    for each in found.changed:
        words = Counter(joined(units[each.old : each.last]).text.split())
        shared += 2 * (words & Counter(joined(others[each.new : each.end]).text.split())).total()
    return min(shared / total, 1.0)


# ---------------------------------------------------------------- as JSON


def statements_of(comparison: PageComparison) -> tuple[str, ...]:
    """Tell each change in a line, by which changes that many pages share are known."""
    return (
        *(f"+ {text}" for text in comparison.added),
        *(f"- {text}" for text in comparison.removed),
        *(f"~ {each.old} \u2192 {each.new}" for each in comparison.changed),
        *(f"> {text}" for text in (*comparison.moved, *comparison.reordered)),
        *(f"+ link {link.text} {link.href}" for link in comparison.links_added),
        *(f"- link {link.text} {link.href}" for link in comparison.links_removed),
        *(f"~ link {' '.join(link)}" for link in comparison.links_retargeted),
        *(f"~ {' '.join(each)}" for each in comparison.contacts),
    )


def comparison_as_json(comparison: PageComparison) -> dict[str, object]:
    """Give a comparison in plain values; texts and addresses as they are shown."""
    return {
        "verdict": "differs" if comparison.differs else "same",
        "old": comparison.old,
        "new": comparison.new,
        "page_state": {"old": comparison.old["state"], "new": comparison.new["state"]},
        "alike": round(comparison.alike, 4),
        "added": list(comparison.added),
        "removed": list(comparison.removed),
        "changed": [{"from": each.old, "to": each.new} for each in comparison.changed],
        "moved": list(comparison.moved),
        "reordered": list(comparison.reordered),
        "links_added": [link._asdict() for link in comparison.links_added],
        "links_removed": [link._asdict() for link in comparison.links_removed],
        "links_retargeted": [
            {"text": link.text, "from": link.old, "to": link.new}
            for link in comparison.links_retargeted
        ],
        "contacts_changed": [
            {"field": each.field, "from": each.old, "to": each.new} for each in comparison.contacts
        ],
        "counts_changed": [
            {"what": each.what, "from": each.old, "to": each.new} for each in comparison.counts
        ],
        "legislation": {
            "added": list(comparison.laws_added),
            "removed": list(comparison.laws_removed),
        },
        "ignored": {
            "counts": dict(comparison.ignored_counts),
            "parts": [
                {"rule": each.rule, "from": each.old, "to": each.new} for each in comparison.ignored
            ],
        },
        "coarse": comparison.coarse,
        "notes": list(comparison.notes),
    }
