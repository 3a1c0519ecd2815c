"""What one reading of a page states of partnerships and contacts, in the form entities need."""

from collections.abc import Iterable
from dataclasses import dataclass

from extract.entities.names import slug_of
from extract.facts.observations import Observation

__all__ = ["KINDS", "ContactMention", "PartnershipMention", "contacts_in", "partnerships_in"]

KINDS = ("contact", "partnership")
_DETAILS = ("person", "address", "postcode", "phone", "fax", "textphone", "email", "website")


@dataclass(frozen=True, slots=True)
class PartnershipMention:
    """A partnership as one record of a page states it; `record` is that record's number."""

    record: int
    name: str
    aliases: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    region: str | None = None
    country: str | None = None
    police_force: str | None = None
    predecessors: tuple[str, ...] = ()

    def state(self) -> dict[str, list[str]]:
        """Give what may change while it stays the same partnership; only what is stated."""
        found = {
            "alias": sorted(self.aliases),
            "area": sorted(self.areas),
            "region": _listed(self.region),
            "country": _listed(self.country),
            "police_force": _listed(self.police_force),
            "predecessor": sorted(self.predecessors),
        }
        return {name: values for name, values in found.items() if values}


@dataclass(frozen=True, slots=True)
class ContactMention:
    """A contact as one record of a page states it.

    Attributes:
        record: the record's number.
        parent: the number of the partnership's record that it belongs to, or None.
        subject: whom one reaches: organisation, unit and role as printed; a person only where
            nothing else is said.
        slug: the same as part of a key; empty when nobody is named.
        details: what may change while it stays the same contact.
    """

    record: int
    parent: int | None
    subject: str
    slug: str
    details: dict[str, list[str]]


def partnerships_in(observations: Iterable[Observation]) -> list[PartnershipMention]:
    """Give the partnerships among the observations of one reading, in their order."""
    return [
        PartnershipMention(
            record,
            name,
            tuple(fields.get("alias", ())),
            tuple(fields.get("area", ())),
            _first(fields, "region"),
            _first(fields, "country"),
            _first(fields, "police_force"),
            tuple(fields.get("predecessor", ())),
        )
        for record, (_, fields) in _records(observations, "partnership").items()
        if (name := _first(fields, "name"))
    ]


def contacts_in(observations: Iterable[Observation]) -> list[ContactMention]:
    """Give the contacts among the observations of one reading, in their order."""
    found = []
    for record, (parent, fields) in _records(observations, "contact").items():
        named = [_first(fields, name) for name in ("organisation", "unit", "role")]
        subject = ", ".join(part for part in named if part)
        slug = slug_of(*named)
        if not slug and parent is None:
            subject = _first(fields, "person") or ""
            slug = slug_of(subject)
        details = {name: fields[name] for name in _DETAILS if name in fields}
        for name in details.keys() - {"person", "address"}:
            details[name] = sorted(details[name])
        found.append(ContactMention(record, parent, subject, slug, details))
    return found


_Fields = dict[str, list[str]]


def _records(
    observations: Iterable[Observation], kind: str
) -> dict[int, tuple[int | None, _Fields]]:
    found: dict[int, tuple[int | None, _Fields]] = {}
    for each in observations:
        if each.kind == kind:
            _, fields = found.setdefault(each.record, (each.parent, {}))
            values = fields.setdefault(each.field, [])
            if each.value and each.value not in values:
                values.append(each.value)
    return dict(sorted(found.items()))


def _first(fields: _Fields, name: str) -> str | None:
    return next(iter(fields.get(name, ())), None)


def _listed(value: str | None) -> list[str]:
    return [value] if value else []
