"""Observations: one value each, as printed and as read, with its place, its rule and how sure.

Observations are facts about bytes and never change. A page's records (contacts, partnerships and
the rest) are only views of them: `extract.facts.records.records_of` builds them, from a page just
read or from observations kept in a database.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from extract.facts.pieces import Piece

__all__ = ["Observation", "Quote", "RecordDraft", "computed", "number_records", "quote"]

LABELLED = 0.98  # label and value in one line or one row
LABEL_ABOVE = 0.9
TYPED = 0.97  # hCard, microdata, RDFa, JSON-LD
ADDRESS_BLOCK = 0.8
PROSE = 0.6
DISGUISED = 0.85


class Quote(NamedTuple):
    """One value: what is printed, what it means, where it stands, and which rule read it.

    `source` is "text" when ``canonical[start:end] == raw``; else it names where the value came from
    (href, alt, meta, json-ld, url, given, computed) and start and end are None, or the place of the
    link that carries it.
    """

    raw: str
    value: str
    start: int | None
    end: int | None
    source: str
    rule: str
    confidence: float


class Observation(NamedTuple):
    """One value of one field of one record on a page.

    `kind` is the record's kind, `record` its number among those of the kind, from 0. `parent` is
    the number of the partnership that a contact belongs to, or None. The fields after `field` are
    those of a `Quote`.
    """

    kind: str
    record: int
    parent: int | None
    field: str
    raw: str
    value: str
    start: int | None
    end: int | None
    source: str
    rule: str
    confidence: float


@dataclass(slots=True)
class RecordDraft:
    """A record being put together: its fields in order, and the contacts that belong to it."""

    kind: str
    fields: list[tuple[str, Quote]] = field(default_factory=list)
    children: list["RecordDraft"] = field(default_factory=list)
    _noted: set[tuple[str, str]] | None = None  # made when first needed

    def add(self, name: str, value: Quote) -> None:
        """Note a value, once; a field may hold several."""
        if self._noted is None:
            self._noted = {(known, held.value) for known, held in self.fields}
        if (name, value.value) not in self._noted:
            self._noted.add((name, value.value))
            self.fields.append((name, value))

    def keep(self, fields: Iterable[tuple[str, Quote]]) -> None:
        """Have these values instead of those there were."""
        self.fields = list(fields)
        self._noted = None

    def first(self, name: str) -> Quote | None:
        """The first value of a field, or None."""
        return next((held for known, held in self.fields if known == name), None)

    def values(self, name: str) -> list[str]:
        """All values of a field, in order."""
        return [held.value for known, held in self.fields if known == name]

    def has(self, *names: str) -> bool:
        """Whether any of these fields has a value."""
        return any(known in names for known, _ in self.fields)


def quote(piece: Piece, rule: str, confidence: float, value: str | None = None) -> Quote:
    """Quote a piece of text; its value is its text on one line, unless given."""
    text, start = piece
    if value is None:
        value = " ".join(text.split())
    return Quote(text, value, start, start + len(text), "text", rule, confidence)


def computed(value: str, rule: str, source: str = "computed", raw: str = "") -> Quote:
    """State a value that is printed nowhere: worked out, given, or taken from the page's head."""
    return Quote(raw, value, None, None, source, rule, 1.0)


def number_records(drafts: Iterable[RecordDraft]) -> list[Observation]:
    """Turn drafts into observations, numbering the records of each kind in order."""
    counters: dict[str, int] = {}
    observations: list[Observation] = []
    for draft in drafts:
        _observe(draft, None, counters, observations)
    return observations


def _observe(
    draft: RecordDraft,
    parent: int | None,
    counters: dict[str, int],
    observations: list[Observation],
) -> None:
    """Add a draft's observations, and those of the records that belong to it."""
    kind = draft.kind
    number = counters.get(kind, 0)
    counters[kind] = number + 1
    for name, held in draft.fields:
        observations.append(Observation(kind, number, parent, name, *held))
    for child in draft.children:
        _observe(child, number, counters, observations)
