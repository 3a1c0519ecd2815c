"""Facts of two dates side by side: what is new, what is absent, which values differ.

Records are matched by who they are about (partnership, organisation and unit, role), never by the
values that change. "Absent" means: not in any page of the later date; not that it ended then.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extract.asof import PageAsOf
from extract.facts.records import Contact, Partnership

__all__ = ["FactChanges", "ValueChange", "compare_facts"]

_FIELDS = (
    "organisation",
    "unit",
    "person",
    "role",
    "address",
    "postcode",
    "phone",
    "fax",
    "textphone",
    "email",
    "website",
)
_KINDS = (
    (re.compile(r"crime (?:and|&) disorder (?:reduction )?partnership", re.IGNORECASE), "CSP"),
    (re.compile(r"community safety partnership", re.IGNORECASE), "CSP"),
    (re.compile(r"\bcdrp\b", re.IGNORECASE), "CSP"),
)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One field of one record that reads otherwise at the later date."""

    subject: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FactChanges:
    """What differs between two dates.

    Attributes:
        pages_new: addresses whose page stands only at the later date.
        pages_absent: addresses whose page stands only at the earlier date.
        partnerships_new: names listed only at the later date.
        partnerships_absent: names listed only at the earlier date.
        succession: new partnerships that name those they replaced.
        contacts_new: contacts found only at the later date.
        contacts_absent: contacts found only at the earlier date.
        changed: values that differ.
        claims: claimed numbers that differ; what, where, before and after.
    """

    pages_new: tuple[str, ...]
    pages_absent: tuple[str, ...]
    partnerships_new: tuple[str, ...]
    partnerships_absent: tuple[str, ...]
    succession: tuple[tuple[str, tuple[str, ...]], ...]
    contacts_new: tuple[str, ...]
    contacts_absent: tuple[str, ...]
    changed: tuple[ValueChange, ...]
    claims: tuple[ValueChange, ...]


def compare_facts(before: Sequence[PageAsOf], after: Sequence[PageAsOf]) -> FactChanges:
    """Compare what the pages of two dates say; see `extract.asof.pages_as_of`.

    A partnership of the same area keeps its identity whether it is called a Crime and Disorder
    Reduction Partnership, a CDRP or a Community Safety Partnership. Several contacts of one subject
    are compared as one set of values.
    """
    pages = {page.capture.url for page in before}, {page.capture.url for page in after}
    listed = _partnerships(before), _partnerships(after)
    subjects = _contacts(before), _contacts(after)
    claims = _claims(before), _claims(after)
    partnership_keys = listed[0].keys() | listed[1].keys()
    contact_keys = [subject.keys() - partnership_keys for subject in subjects]
    new = sorted(listed[1].keys() - listed[0].keys())
    return FactChanges(
        pages_new=tuple(sorted(pages[1] - pages[0])),
        pages_absent=tuple(sorted(pages[0] - pages[1])),
        partnerships_new=tuple(listed[1][key].name for key in new),
        partnerships_absent=tuple(
            listed[0][key].name for key in sorted(listed[0].keys() - listed[1].keys())
        ),
        succession=tuple(
            (listed[1][key].name, listed[1][key].predecessors)
            for key in new
            if listed[1][key].predecessors
        ),
        contacts_new=tuple(sorted(subjects[1][k][0] for k in contact_keys[1] - contact_keys[0])),
        contacts_absent=tuple(sorted(subjects[0][k][0] for k in contact_keys[0] - contact_keys[1])),
        changed=tuple(_changes(*subjects)),
        claims=tuple(
            ValueChange(claims[1][key][0], "number", str(claims[0][key][1]), str(claims[1][key][1]))
            for key in sorted(claims[0].keys() & claims[1].keys())
            if claims[0][key][1] != claims[1][key][1]
        ),
    )


_Values = dict[str, set[str]]


def _changes(
    before: dict[str, tuple[str, _Values]], after: dict[str, tuple[str, _Values]]
) -> Iterable[ValueChange]:
    for key in sorted(before.keys() & after.keys()):
        (_, old), (subject, new) = before[key], after[key]
        for name in _FIELDS:
            if old[name] != new[name]:
                texts = [", ".join(sorted(values)) for values in (old[name], new[name])]
                yield ValueChange(subject, name, *texts)


def _partnerships(pages: Iterable[PageAsOf]) -> dict[str, Partnership]:
    return {_identity(found.name): found for page in pages for found in page.facts.partnerships}


def _contacts(pages: Iterable[PageAsOf]) -> dict[str, tuple[str, _Values]]:
    subjects: dict[str, tuple[str, _Values]] = {}
    for page in pages:
        for partnership in page.facts.partnerships:
            for contact in partnership.contacts:
                _gather(subjects, _identity(partnership.name), partnership.name, contact)
        for contact in page.facts.contacts:
            parts = [part for part in (contact.organisation, contact.unit) if part]
            subject = ", ".join(parts) or contact.role or contact.person
            if subject:
                _gather(subjects, _identity(subject), subject, contact)
    return subjects


def _gather(
    subjects: dict[str, tuple[str, _Values]], key: str, subject: str, contact: Contact
) -> None:
    _, values = subjects.setdefault(key, (subject, {name: set() for name in _FIELDS}))
    for name in _FIELDS:
        held = getattr(contact, name)
        if name == "address":
            held = (", ".join(held),) if held else ()
        values[name].update(held if isinstance(held, tuple) else (held,) if held else ())


def _claims(pages: Iterable[PageAsOf]) -> dict[tuple[str, str], tuple[str, int]]:
    claims: dict[tuple[str, str], tuple[str, int]] = {}
    for page in pages:
        for count in page.facts.counts:
            where = f" in {count.where}" if count.where else ""
            key = (page.capture.url, _identity(count.what) + where)
            claims[key] = (f"{count.what}{where} ({page.capture.url})", count.number)
    return claims


def _identity(name: str) -> str:
    for pattern, kind in _KINDS:
        name = pattern.sub(kind, name)
    return " ".join(re.findall(r"\w+", name.casefold().replace("csps", "csp")))
