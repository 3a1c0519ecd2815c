"""Contacts and the partnerships they belong to, from all layouts and markups of one page."""

from collections.abc import Iterable

from extract.document import Document
from extract.facts.assembly import LOOSE, assemble, is_reachable
from extract.facts.entries import Entry, entries_of
from extract.facts.lines import INSTRUCTION, POINTS, Resolve
from extract.facts.observations import RecordDraft
from extract.facts.partnerships import (
    complete_partnerships,
    mentioned_partnership,
    subject_partnership,
)
from extract.facts.structured import typed_records

__all__ = ["read_contacts"]

_NAMES = ("organisation", "unit", "person", "role", "postcode")


def read_contacts(document: Document, resolve: Resolve) -> list[RecordDraft]:
    """Read a page's partnerships and contacts, in the order of the page.

    Contacts of a partnership are its children. What is said twice (in markup and text, in two
    languages, in a box and a sentence) comes once.
    """
    typed, taken = typed_records(document, resolve)
    entries = entries_of(document, resolve, taken)
    placed: list[tuple[int, RecordDraft]] = [(start, record) for start, record in typed]
    by_heading: dict[int, RecordDraft] = {}
    for entry in entries:
        records = assemble(entry)
        _adopt(records, entry, by_heading)
        placed.extend((entry.start, record) for record in records)
    placed.sort(key=lambda each: each[0])
    records = [record for _, record in placed]
    partnerships = [record for record in records if record.kind == "partnership"]
    contacts = [record for record in records if record.kind == "contact"]
    loose = [pair for record in records if record.kind == LOOSE for pair in record.fields]
    subject = subject_partnership(document, partnerships)
    if subject is not None:
        for field, held in loose:
            subject.add(field, held)
        if subject not in partnerships:
            partnerships.insert(0, subject)
        subject.children.extend(each for each in contacts if not each.has("region"))
        contacts = [each for each in contacts if each.has("region")]
    if not partnerships and (mentioned := mentioned_partnership(document)):
        partnerships.append(mentioned)
    partnerships = complete_partnerships(document, partnerships)
    return [*_without_repeats(partnerships, contacts)]


def _adopt(records: list[RecordDraft], entry: Entry, by_heading: dict[int, RecordDraft]) -> None:
    """Give contacts under a sub-heading to the partnership whose heading stands further up."""
    for record in records:
        if record.kind == "partnership" and entry.title and entry.path and not entry.single:
            name = record.first("name")
            if name and name.start == entry.title.start:
                by_heading[entry.path[-1]] = record
    if any(record.kind == "partnership" for record in records):
        return
    parent = next(
        (by_heading[above] for above in reversed(entry.path) if above in by_heading), None
    )
    if parent is not None:
        for record in records:
            if record.kind == LOOSE:
                for field, held in record.fields:
                    parent.add(field, held)
            else:
                parent.children.append(record)
        records.clear()


def _without_repeats(
    partnerships: list[RecordDraft], contacts: list[RecordDraft]
) -> Iterable[RecordDraft]:
    """Merge contacts that are the same one said twice; those in partnerships count first."""
    seen: dict[tuple[str, str], list[RecordDraft]] = {}
    for partnership in partnerships:
        partnership.children = _merged(partnership.children, seen, {}, owned=True)
        yield partnership
    yield from _merged(contacts, {}, seen)


def _merged(
    contacts: list[RecordDraft],
    seen: dict[tuple[str, str], list[RecordDraft]],
    elsewhere: dict[tuple[str, str], list[RecordDraft]],
    *,
    owned: bool = False,
) -> list[RecordDraft]:
    """Keep the contacts that say something new; the rest complete the ones they repeat."""
    own: dict[tuple[str, str], list[RecordDraft]] = {}
    kept: list[RecordDraft] = []
    for contact in contacts:
        if not is_reachable(contact, owned=owned):
            continue
        keys = _keys(contact)
        known = [each for key in keys for each in own.get(key, ())[:20]]
        twin = next((each for each in known if _is_same(each, contact)), None)
        if twin is not None:
            _complete(twin, contact)
            for key in keys:
                own.setdefault(key, []).append(twin)
            continue
        if any(
            _is_same(each, contact) and keys <= _keys(each)
            for key in keys
            for each in elsewhere.get(key, ())[:20]
        ):
            continue
        kept.append(contact)
        for key in keys:
            own.setdefault(key, []).append(contact)
            seen.setdefault(key, []).append(contact)
    return kept


def _keys(contact: RecordDraft) -> set[tuple[str, str]]:
    keys = {(field, held.value) for field, held in contact.fields if field in POINTS}
    keys.discard(("website", ""))
    if not keys:
        keys = {("postcode", value) for value in contact.values("postcode")}
    return keys


def _is_same(one: RecordDraft, other: RecordDraft) -> bool:
    """Whether two records that share a number or address are one contact said twice."""
    ours, theirs = _keys(one), _keys(other)
    if ours == theirs and len(ours) > 1:
        return _agree(one, other, ("person", "postcode"))
    if not (ours <= theirs or theirs <= ours) or not _agree(one, other, _NAMES):
        return False
    smaller, larger = (one, other) if len(ours) <= len(theirs) else (other, one)
    if ours == theirs:
        return True
    return all(larger.has(name) for name in _NAMES if smaller.has(name)) or (
        not smaller.has("person", "unit", "role") or not larger.has("person", "unit", "role")
    )


def _agree(one: RecordDraft, other: RecordDraft, names: Iterable[str]) -> bool:
    """Whether no scalar field has two different values; letter case does not count."""
    for name in names:
        ours, theirs = one.first(name), other.first(name)
        if ours and theirs and ours.value.casefold() != theirs.value.casefold():
            shorter, longer = sorted((ours.value.casefold(), theirs.value.casefold()), key=len)
            if name != "unit" or not longer.startswith(shorter + " "):  # "Media", "Media desk"
                return False
    return True


def _complete(kept: RecordDraft, repeated: RecordDraft) -> None:
    """Add to a contact what only its repetition says."""
    given = {field for field, held in repeated.fields if held.rule != INSTRUCTION}
    kept.keep(  # "the press office" gives way to "Press Office"
        (field, held)
        for field, held in kept.fields
        if held.rule != INSTRUCTION or field not in given
    )
    known = {field for field, _ in kept.fields} - POINTS
    for field, held in repeated.fields:
        if field not in known:
            kept.add(field, held)
