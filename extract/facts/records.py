"""Records: contacts, partnerships and all else a page states, rebuilt from observations."""

from collections.abc import Iterable
from dataclasses import dataclass

from extract.facts.observations import Observation

__all__ = [
    "Attachment",
    "Authority",
    "ClaimCheck",
    "Contact",
    "Count",
    "Heading",
    "LegalReference",
    "PageDate",
    "PageLink",
    "Partnership",
    "Records",
    "records_of",
]


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody can be reached; numbers are E.164 with ``;ext=``, `region` is the block's."""

    organisation: str | None = None
    unit: str | None = None
    person: str | None = None
    role: str | None = None
    address: tuple[str, ...] = ()
    postcode: str | None = None
    phone: tuple[str, ...] = ()
    fax: tuple[str, ...] = ()
    textphone: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    website: tuple[str, ...] = ()
    region: str = "main"


@dataclass(frozen=True, slots=True)
class Partnership:
    """A partnership as the page describes it; its country is stated or follows from its region."""

    name: str
    aliases: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    region: str | None = None
    country: str | None = None
    police_force: str | None = None
    predecessors: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A number that the page claims: how many of what, where; `approx` for "around 300"."""

    what: str
    where: str | None
    number: int
    approx: bool = False


@dataclass(frozen=True, slots=True)
class Authority:
    """A responsible authority as listed; `applies_to` is England or Wales, None for both."""

    name: str
    applies_to: str | None = None


@dataclass(frozen=True, slots=True)
class LegalReference:
    """An Act or instrument with the provisions cited, ranges written out."""

    act: str
    year: int | None = None
    number: str | None = None
    sections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A number of the page held against what was read from it; `how` says in words what was."""

    claimed: int
    found: int
    agrees: bool
    how: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the page's message."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link of the page's message: as written, and resolved against base and page address."""

    url: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class PageDate:
    """A date of the page: published, updated, review or archived; ISO 8601, to the day or month."""

    type: str
    date: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document to download: its format and its size in bytes, both as the page claims."""

    url: str
    format: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """All that a page states.

    `kept` is the share of its visible text that belongs to its message, `regions` how many
    characters each of its regions holds; see `extract.coverage`.
    """

    title: str | None = None
    summary: str | None = None
    language: str | None = None
    headings: tuple[Heading, ...] = ()
    links: tuple[PageLink, ...] = ()
    dates: tuple[PageDate, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    contacts: tuple[Contact, ...] = ()
    partnerships: tuple[Partnership, ...] = ()
    counts: tuple[Count, ...] = ()
    authorities: tuple[Authority, ...] = ()
    legal: tuple[LegalReference, ...] = ()
    claim_checks: tuple[ClaimCheck, ...] = ()
    kept: float | None = None
    regions: tuple[tuple[str, int], ...] = ()


_Fields = dict[str, list[Observation]]


def records_of(observations: Iterable[Observation]) -> Records:
    """Group observations into records again; contacts of a partnership go into it.

    Observations may come in any order of records; within one record the order is kept, so keep the
    order they were stored in.
    """
    fields: dict[str, dict[int, _Fields]] = {}
    parents: dict[int, int] = {}  # number of a contact: number of its partnership
    for each in observations:
        record = fields.setdefault(each.kind, {}).setdefault(each.record, {})
        record.setdefault(each.field, []).append(each)
        if each.kind == "contact" and each.parent is not None:
            parents[each.record] = each.parent
    sorted_fields = {kind: dict(sorted(records.items())) for kind, records in fields.items()}

    def all_of(kind: str) -> list[_Fields]:
        return list(sorted_fields.get(kind, {}).values())

    nested: dict[int, list[Contact]] = {}
    alone: list[Contact] = []
    for number, record in sorted_fields.get("contact", {}).items():
        parent = parents.get(number)
        (alone if parent is None else nested.setdefault(parent, [])).append(_contact(record))
    page = all_of("page")[0] if "page" in fields else {}
    coverage = all_of("coverage")[0] if "coverage" in fields else {}
    return Records(
        title=_one(page, "title"),
        summary=_one(page, "summary"),
        language=_one(page, "language"),
        headings=tuple(
            Heading(int(_some(record, "level")), _some(record, "text"))
            for record in all_of("heading")
        ),
        links=tuple(
            PageLink(_some(record, "url"), _some(record, "text"), record["url"][0].raw)
            for record in all_of("link")
        ),
        dates=tuple(
            PageDate(_some(record, "type"), _some(record, "date")) for record in all_of("date")
        ),
        attachments=tuple(
            Attachment(_some(record, "url"), _some(record, "format"), _number(record, "size"))
            for record in all_of("attachment")
        ),
        contacts=tuple(alone),
        partnerships=tuple(
            _partnership(record, nested.get(number, []))
            for number, record in sorted_fields.get("partnership", {}).items()
        ),
        counts=tuple(
            Count(
                _some(record, "what"),
                _one(record, "where"),
                int(_some(record, "number")),
                _some(record, "approx") == "true",
            )
            for record in all_of("count")
        ),
        authorities=tuple(
            Authority(_some(record, "name"), _one(record, "applies_to"))
            for record in all_of("authority")
        ),
        legal=tuple(
            LegalReference(
                _some(record, "act"),
                _number(record, "year"),
                _one(record, "number"),
                _all(record, "section"),
            )
            for record in all_of("legal")
        ),
        claim_checks=tuple(
            ClaimCheck(
                int(_some(record, "claimed")),
                int(_some(record, "found")),
                _some(record, "agrees") == "true",
                _some(record, "how"),
            )
            for record in all_of("claim_check")
        ),
        kept=float(_some(coverage, "kept")) if coverage else None,
        regions=tuple(
            (region, int(held[0].value)) for region, held in coverage.items() if region != "kept"
        ),
    )


def _contact(record: _Fields) -> Contact:
    return Contact(
        organisation=_one(record, "organisation"),
        unit=_one(record, "unit"),
        person=_one(record, "person"),
        role=_one(record, "role"),
        address=_all(record, "address"),
        postcode=_one(record, "postcode"),
        phone=_all(record, "phone"),
        fax=_all(record, "fax"),
        textphone=_all(record, "textphone"),
        email=_all(record, "email"),
        website=_all(record, "website"),
        region=_one(record, "region") or "main",
    )


def _partnership(record: _Fields, contacts: list[Contact]) -> Partnership:
    return Partnership(
        name=_some(record, "name"),
        aliases=_all(record, "alias"),
        area=_all(record, "area"),
        region=_one(record, "region"),
        country=_one(record, "country"),
        police_force=_one(record, "police_force"),
        predecessors=_all(record, "predecessor"),
        contacts=tuple(contacts),
    )


def _all(record: _Fields, name: str) -> tuple[str, ...]:
    return tuple(each.value for each in record.get(name, ()))


def _one(record: _Fields, name: str) -> str | None:
    return record[name][0].value if name in record else None


def _some(record: _Fields, name: str) -> str:
    return record[name][0].value if name in record else ""


def _number(record: _Fields, name: str) -> int | None:
    return int(record[name][0].value) if name in record else None
