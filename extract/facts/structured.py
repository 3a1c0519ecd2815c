"""Typed markup: hCard, microdata, RDFa and JSON-LD, read leniently into records as text gives."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from extract.document import Document, Mark
from extract.facts.assembly import is_reachable
from extract.facts.emails import emails_of_href, find_emails
from extract.facts.lines import Resolve
from extract.facts.names import is_organisation, is_partnership, is_unit
from extract.facts.observations import TYPED, Quote, RecordDraft
from extract.facts.phones import find_phones
from extract.facts.postcodes import find_postcodes

__all__ = ["read_json_leniently", "typed_dates", "typed_records"]


@dataclass(slots=True)
class _Item:
    """A typed thing: its types, and its properties by name, each a value or another thing."""

    types: tuple[str, ...]
    properties: dict[str, list["Quote | _Item"]] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    also: list[tuple[int, int]] = field(default_factory=list)  # where it goes on, in RDFa

    def add(self, name: str, value: "Quote | _Item") -> None:
        self.properties.setdefault(name, []).append(value)

    def texts(self, *names: str) -> list[Quote]:
        return [
            value
            for name in names
            for value in self.properties.get(name, ())
            if isinstance(value, Quote) and value.value
        ]

    def items(self, *names: str) -> list["_Item"]:
        return [
            value
            for name in names
            for value in self.properties.get(name, ())
            if isinstance(value, _Item)
        ]


_HCARD = {  # class names of both generations of microformats, as schema.org properties
    "fn": "name",
    "p-name": "name",
    "org": "org",
    "p-org": "org",
    "organization-name": "orgName",
    "p-organization-name": "orgName",
    "organization-unit": "department",
    "p-organization-unit": "department",
    "title": "jobTitle",
    "role": "jobTitle",
    "p-job-title": "jobTitle",
    "p-role": "jobTitle",
    "adr": "address",
    "p-adr": "address",
    "h-adr": "address",
    "street-address": "streetAddress",
    "p-street-address": "streetAddress",
    "extended-address": "extendedAddress",
    "p-extended-address": "extendedAddress",
    "post-office-box": "postOfficeBoxNumber",
    "locality": "addressLocality",
    "p-locality": "addressLocality",
    "region": "addressRegion",
    "p-region": "addressRegion",
    "postal-code": "postalCode",
    "p-postal-code": "postalCode",
    "tel": "telephone",
    "p-tel": "telephone",
    "email": "email",
    "u-email": "email",
    "url": "url",
    "u-url": "url",
    "type": "type",
    "value": "value",
}
_VCARD = {  # what the vocabularies of RDFa have besides
    **{name: held for name, held in _HCARD.items() if name[1:2] != "-"},
    "organization": "org",
    "organization-unit-name": "department",
    "orgname": "orgName",
    "orgunit": "department",
    "hasname": "n",
    "hastelephone": "telephone",
    "worktel": "telephone",
    "hometel": "telephone",
    "mobiletel": "telephone",
    "fax": "faxNumber",
    "hasemail": "email",
    "hasaddress": "address",
    "address": "address",
    "hasurl": "url",
    "hasvalue": "value",
    "name": "name",
    "affiliation": "affiliation",
    "street": "streetAddress",
    "pcode": "postalCode",
    "pobox": "postOfficeBoxNumber",
}
_FOAF = {
    "name": "name",
    "mbox": "email",
    "phone": "telephone",
    "homepage": "url",
    "workplacehomepage": "url",
    "member": "member",
}
_DUBLIN_CORE = {"modified": "dcterms:modified", "issued": "dcterms:issued"}
# Where a name's vocabulary is known by: a part of its address, or the prefix it usually has.
_VOCABULARIES: tuple[tuple[tuple[str, ...], Mapping[str, str] | None], ...] = (
    (("schema.org/", "schema:", "s:"), None),
    (("vcard/ns#", "vcard-rdf/", "data-vocabulary.org/", "vcard:", "v:"), _VCARD),
    (("xmlns.com/foaf/", "foaf:"), _FOAF),
    (("purl.org/dc/", "dc:", "dct:", "dcterms:"), _DUBLIN_CORE),
    (("22-rdf-syntax-ns#", "rdf:"), {"value": "value"}),
)
_NESTING = frozenset({"org", "address", "telephone"})  # hCard properties with parts of their own
_ADDRESS_PARTS = (
    "postOfficeBoxNumber",
    "extendedAddress",
    "streetAddress",
    "addressLocality",
    "addressRegion",
)
_DATE_TERMS = {  # what RDFa takes from the Dublin Core
    f"{prefix}:{term}": name
    for prefix in ("dc", "dct", "dcterms", "schema")
    for term, name in (
        ("modified", "dateModified"),
        ("issued", "datePublished"),
        ("dateModified", "dateModified"),
        ("datePublished", "datePublished"),
    )
}
_NESTED_THINGS = frozenset({"org", "address", "telephone", "email", "contactPoint", "affiliation"})
_TYPES = {"VCard": "vcard", "Individual": "Person"}  # of vocabularies other than schema.org
_PERSONS = frozenset({"Person"})
_INNER = (  # properties whose things are looked into for contacts of their own
    "member",
    "members",
    "employee",
    "employees",
    "subOrganization",
    "mainEntity",
    "about",
    "publisher",
    "itemListElement",
    "item",
)
_SEVERAL_LINES = frozenset({"address", "streetAddress", "description", "org"})
_COMMENT = re.compile(
    r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[|/\*<!\[CDATA\[\*/)|(?:-->|//\]\]>|\]\]>)\s*;?\s*$"
)
_TRAILING = re.compile(r",(\s*[}\]])")
_BLOCK_COMMENT = re.compile(r"/\*[^*]{0,2000}\*/")
_LINE_COMMENT = re.compile(r"^\s*//[^\n]{0,2000}$|[ \t]//[^\n\"]{0,2000}$", re.MULTILINE)
_BARE_BREAK = re.compile(r"[\x00-\x1f]")
_MISSING_COMMA = re.compile(r'("|\d|true|false|null|[}\]])(\s*\n\s*)(?="[^"\n]{1,80}"\s*:)')
_SCRIPT_LIMIT = 1_000_000
_DEPTH_LIMIT = 12


def typed_records(
    document: Document, resolve: Resolve
) -> tuple[list[tuple[int, RecordDraft]], list[tuple[int, int]]]:
    """Read contacts and partnerships from typed markup.

    Returns:
        Each record with its place in the canonical text (its end for markup that has none), and the
        stretches of text that the markup covers, which need not be read again.
    """
    records: list[tuple[int, RecordDraft]] = []
    taken: list[tuple[int, int]] = []
    for item in _marked_items(document):
        found = list(_records_of(item, resolve))
        records.extend((item.start, record) for record in found)
        if found:
            taken += [(item.start, item.end), *item.also]
    for script in document.scripts:
        for item in _json_items(read_json_leniently(script)):
            records.extend((len(document.text), record) for record in _records_of(item, resolve))
    return records, sorted(taken)


def typed_dates(document: Document) -> list[tuple[str, Quote]]:
    """Read dates that typed markup states, as pairs of schema.org property and value."""
    found: list[tuple[str, Quote]] = []
    for mark in document.marks:
        found.extend(
            (name, _mark_quote(document, mark))
            for name in (_DATE_TERMS.get(each, each) for each in mark.names)
            if name
            in {
                "datePublished",
                "dateModified",
                "dateCreated",
                "dtreviewed",
                "dt-published",
                "dt-updated",
            }
        )
    for script in document.scripts:
        for item in _json_items(read_json_leniently(script)):
            for name in ("datePublished", "dateModified", "dateCreated"):
                found.extend((name, value) for value in item.texts(name)[:1])
    return found


# ---------------------------------------------------------------- reading the markups


def _mark_quote(document: Document, mark: Mark) -> Quote:
    text = document.text[mark.start : mark.end]
    if mark.value is not None:
        return Quote(
            mark.value,
            mark.value.strip(),
            mark.start,
            mark.end,
            "attribute",
            mark.vocabulary,
            TYPED,
        )
    return Quote(text, " ".join(text.split()), mark.start, mark.end, "text", mark.vocabulary, TYPED)


def _marked_items(document: Document) -> list[_Item]:
    """Build things from marks; properties outside any thing are nobody's."""
    top: list[_Item] = []
    holders: dict[int, _Item] = {}
    subjects: dict[str, _Item] = {}  # of RDFa: things by what they are called
    hanging: dict[int | None, _Item] = {}  # of RDFa: by mark, things whose type stands inside
    for number, mark in enumerate(document.marks):
        holder = None
        above = mark.parent
        while above is not None and holder is None:
            holder = holders.get(above)
            above = document.marks[above].parent
        names = mark.names
        if mark.vocabulary == "hcard":
            names = tuple(dict.fromkeys(_HCARD[name] for name in mark.names if name in _HCARD))
        elif mark.vocabulary == "rdfa":
            names = tuple(dict.fromkeys(filter(None, map(_rdfa_name, mark.names))))
            known = subjects.get(mark.subject)
            if known is not None and not mark.types:
                known.also.append((mark.start, mark.end))
                if not names:  # more about a thing of which was told before
                    holders[number] = known
                    continue
                holder = known
        if mark.types:
            item = _Item(_type_names(mark.types), start=mark.start, end=mark.end)
            above = mark.parent
            if mark.vocabulary == "rdfa" and not names and above in hanging:
                item = hanging.pop(above)  # the thing that the relation around it leads to
                item.types = _type_names(mark.types)
                holders[number] = item
                continue
            if mark.subject and not names and mark.subject in subjects:
                known = holders[number] = subjects[mark.subject]
                known.also.append((mark.start, mark.end))
                continue
            if mark.subject:
                subjects.setdefault(mark.subject, item)
            holders[number] = item
            if holder is not None and names:
                for name in names:
                    holder.add(name, item)
            else:
                top.append(item)
            continue
        if holder is None:
            continue
        if mark.vocabulary == "rdfa" and mark.value is None and _NESTED_THINGS & set(names):
            part = _Item((), start=mark.start, end=mark.end)
            part.add("text", _mark_quote(document, mark))
            hanging[number] = holders[number] = part
            for name in names:
                holder.add(name, part)
            continue
        value = _mark_quote(document, mark)
        if {"name", "org"} <= set(names):
            holder.add("orgName", value)
            continue
        if not _SEVERAL_LINES.intersection(names):
            value = _first_line(value)
        for name in names:
            if mark.vocabulary == "hcard" and name in _NESTING:
                part = _Item((name,), start=mark.start, end=mark.end)
                part.add("text", value)
                holders[number] = part
                holder.add(name, part)
            elif (
                mark.vocabulary == "hcard"
                and mark.value is not None
                and name not in {"email", "url"}
            ):
                holder.add(name, _mark_quote(document, _plain(mark)))
            else:
                holder.add(name, value)
    parts: set[int] = set()  # things that are part of another: by their ids, all being kept
    for item in holders.values():
        if id(item) not in parts:
            parts |= {id(part) for part in _join(item, subjects)}
    return [item for item in top if id(item) not in parts]


def _join(item: _Item, subjects: Mapping[str, _Item]) -> Iterator[_Item]:
    """Put things in the place of the names by which a thing's properties call them.

    Gives these things. Properties that lead to contacts of their own are left as they are, for
    things may name each other in a ring.
    """
    for name in _NESTED_THINGS:
        for number, value in enumerate(values := item.properties.get(name, [])):
            if isinstance(value, Quote) and value.source == "attribute":
                found = subjects.get(value.value)
                if found is not None and found is not item:
                    values[number] = found
                    item.also.append((found.start, found.end))
                    yield found


def _rdfa_name(written: str) -> str:
    """The schema.org name of a property of RDFa; empty for one of no concern."""
    local = re.split(r"[:/#]", written)[-1]
    if local == written:
        return local
    for marks, meanings in _VOCABULARIES:
        if any(written.startswith(mark) if mark[-1] == ":" else mark in written for mark in marks):
            return local if meanings is None else meanings.get(local.lower(), "")
    return ""


def _first_line(held: Quote) -> Quote:
    """What stands before the first line break: an element that nobody closed goes on for long."""
    bare = held.raw.lstrip("\n")
    if held.source != "text" or held.start is None or "\n" not in bare:
        return held
    start = held.start + len(held.raw) - len(bare)
    line = bare.split("\n")[0]
    value = " ".join(line.split())
    return held._replace(raw=line, value=value, start=start, end=start + len(line))


def _plain(mark: Mark) -> Mark:
    return Mark(mark.vocabulary, mark.names, mark.types, mark.start, mark.end, None, mark.parent)


def _type_names(types: Sequence[str]) -> tuple[str, ...]:
    names = (re.split(r"[:/#]", name.rstrip("/"))[-1] for name in types)
    return tuple(_TYPES.get(name, name) for name in names)


def read_json_leniently(script: str) -> object:
    """Read JSON as hand-edited pages write it; None when nothing helps.

    Comments and CDATA around it, comments in it, trailing commas and semicolons, line breaks in
    strings and a comma missing at a line's end are forgiven, in that order.

    >>> read_json_leniently('<!-- {"name": "Safer Leeds",} -->;')
    {'name': 'Safer Leeds'}
    """
    text = script[:_SCRIPT_LIMIT].strip().strip("\ufeff;").strip()
    for _ in range(2):
        text = _COMMENT.sub("", text).strip().strip(";").strip()
    repairs = (
        lambda text: text,
        lambda text: _LINE_COMMENT.sub("", _BLOCK_COMMENT.sub("", text)),
        lambda text: _TRAILING.sub(r"\1", text),
        lambda text: _MISSING_COMMA.sub(r"\1,\2", text),
        lambda text: _BARE_BREAK.sub(" ", text),
        lambda text: text + "}" * max(text.count("{") - text.count("}"), 0),
        lambda text: re.sub(r"[\u2018\u2019\u201c\u201d]", '"', text),
    )
    for repair in repairs:
        text = repair(text)
        try:
            found: object = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        return found
    return None


def _json_items(value: object, depth: int = 0) -> Iterator[_Item]:
    """Go through the things of a JSON-LD value."""
    if depth > _DEPTH_LIMIT:
        return
    if isinstance(value, list):
        for each in value:
            yield from _json_items(each, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(value.get("@graph"), list):
            yield from _json_items(value["@graph"], depth + 1)
        else:
            yield _json_item(value, depth)


def _json_item(value: Mapping[str, object], depth: int) -> _Item:
    types = value.get("@type")
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    item = _Item(_type_names([str(name) for name in names]))
    for name, held in value.items():
        for each in held if isinstance(held, list) else [held]:
            if isinstance(each, Mapping) and depth < _DEPTH_LIMIT:
                item.add(name, _json_item(each, depth + 1))
            elif isinstance(each, str | int | float) and not isinstance(each, bool):
                raw = str(each)
                item.add(
                    name, Quote(raw, " ".join(raw.split()), None, None, "json-ld", "json-ld", TYPED)
                )
    return item


# ---------------------------------------------------------------- things to records


def _records_of(item: _Item, resolve: Resolve) -> Iterator[RecordDraft]:
    """Turn a thing into contacts, in a partnership if it is one."""
    name = next(iter(item.texts("name", "legalName")), None) or next(
        iter(item.texts("orgName")), None
    )
    partnership: RecordDraft | None = None
    if name and not _PERSONS & set(item.types) and is_partnership(name.value):
        partnership = RecordDraft("partnership", [("name", name)])
        for served in item.texts("areaServed"):
            partnership.add("area", served)
        for served_item in item.items("areaServed"):
            for served in served_item.texts("name"):
                partnership.add("area", served)
    contacts = list(_contacts_of(item, resolve, nested=partnership is not None))
    if partnership is not None:
        partnership.children = contacts
        yield partnership
    else:
        yield from contacts
    for inner in item.items(*_INNER):
        yield from _records_of(inner, resolve)


def _contacts_of(item: _Item, resolve: Resolve, *, nested: bool) -> Iterator[RecordDraft]:
    record = RecordDraft("contact")
    is_person = bool(_PERSONS & set(item.types))
    organisation = item.texts("orgName") + [
        text
        for inner in item.items("org", "worksFor", "memberOf", "affiliation", "parentOrganization")
        for text in inner.texts("orgName", "name")
    ]
    if not organisation:
        organisation = [
            text
            for inner in item.items("org")
            for text in inner.texts("text")
            if not inner.texts("department")
        ] + item.texts("worksFor", "memberOf", "affiliation")
    units = item.texts("department") + [
        text
        for inner in item.items("org", "department")
        if not inner.texts("telephone", "email")  # then it is a contact by itself
        for text in inner.texts("department", "name")
    ]
    names = item.texts("name", "legalName")
    if names and not nested:
        kind = _kind_of_holder(
            item, names[0].value, is_person=is_person, has_org=bool(organisation)
        )
        record.add(kind, names[0])
    for held in organisation[:1]:
        if not nested:
            record.add("organisation", held)
    for held in units[:1]:
        record.add("unit", held)
    for held in item.texts("jobTitle")[:1]:
        record.add("role", held)
    _add_means(record, item, resolve)
    points = item.items("contactPoint", "contactPoints")
    for point in points:
        inner = RecordDraft(
            "contact", [pair for pair in record.fields if pair[0] == "organisation"]
        )
        for held in point.texts("name")[:1]:
            inner.add("unit", held)
        _add_means(inner, point, resolve)
        if not is_reachable(record) or (len(points) == 1 and not _differ(record, inner)):
            for name, held in inner.fields:
                if name not in {"unit"} or not record.has("unit"):
                    record.add(name, held)
        elif is_reachable(inner):
            for held in point.texts("contactType")[:1]:
                titled = held.value[:1].upper() + held.value[1:]
                if not inner.has("unit") and is_unit(titled):
                    inner.add("unit", _valued(held, titled))
            yield inner
    if is_reachable(record):
        _add_employee(record, item)
        yield record


def _differ(record: RecordDraft, point: RecordDraft) -> bool:
    """Whether a point of contact has another number or mailbox than the body itself."""
    return any(
        record.has(name)
        and point.has(name)
        and not set(point.values(name)) & set(record.values(name))
        for name in ("phone", "email")
    )


def _add_employee(record: RecordDraft, item: _Item) -> None:
    """Name the one person of a body whose own means of contact are none."""
    people = item.items("employee", "employees", "member", "members")
    if len(people) != 1 or record.has("person") or people[0].texts("telephone", "email", "url"):
        return
    for kind, name in (("person", "name"), ("role", "jobTitle")):
        for held in people[0].texts(name)[:1]:
            if not record.has(kind):
                record.add(kind, held)


def _kind_of_holder(item: _Item, name: str, *, is_person: bool, has_org: bool) -> str:
    """Say whether a thing's name is that of a person, a unit or an organisation."""
    if is_person:
        return "person"
    if {"vcard", "h-card"} & set(item.types):
        if is_unit(name):
            return "unit"
        return "organisation" if is_organisation(name) and not has_org else "person"
    part = "ContactPoint" in item.types and not is_organisation(name)
    return "unit" if part or is_unit(name) else "organisation"


def _add_means(record: RecordDraft, item: _Item, resolve: Resolve) -> None:
    """Add numbers, addresses and links of a thing to a record."""
    for held in item.texts("telephone", "phone"):
        _add_phones(record, held, _number_kind(item.texts("contactType"), "phone"))
    for part in item.items("telephone"):
        kind = _number_kind(part.texts("type"), "phone")
        if any(name.lower() == "fax" for name in part.types):
            kind = "fax"
        for held in part.texts("value") or part.texts("text"):
            _add_phones(record, held, kind)
    for held in item.texts("faxNumber"):
        _add_phones(record, held, "fax")
    boxes = [held for part in item.items("email") for held in part.texts("value", "text")[:1]]
    for held in (*item.texts("email"), *boxes):
        addresses = emails_of_href(held.raw) or [found.address for found in find_emails(held.value)]
        for address in addresses:
            record.add("email", _valued(held, address))
    for held in item.texts("url", "sameAs")[:1]:
        url = resolve(held.value)
        if url and url.startswith("http"):
            record.add("website", _valued(held, url))
    for place in item.items("address", "location"):
        _add_address(record, place)
        for inner in place.items("address"):
            _add_address(record, inner)
    _add_address(record, item)
    for held in item.texts("address"):
        _add_printed_address(record, held)


def _valued(held: Quote, value: str) -> Quote:
    return Quote(held.raw, value, held.start, held.end, held.source, held.rule, held.confidence)


def _add_phones(record: RecordDraft, held: Quote, kind: str) -> None:
    for phone in find_phones(held.value.removeprefix("tel:"), kind):
        fields = phone.kind.split("+") if phone.labelled else [kind]
        for name in fields:
            record.add(name, _valued(held, phone.number))


def _number_kind(types: Sequence[Quote], otherwise: str) -> str:
    words = " ".join(held.value.lower() for held in types)
    if "fax" in words:
        return "fax"
    return "textphone" if re.search(r"text|minicom|tty|tdd", words) else otherwise


def _add_address(record: RecordDraft, item: _Item) -> None:
    if not record.has("address"):
        parts = [held for name in (*_ADDRESS_PARTS, "postalCode") for held in item.texts(name)]
        for name in _ADDRESS_PARTS:
            for held in item.texts(name):
                record.add("address", _until_next(held, parts))
    for held in item.texts("postalCode")[:1]:
        code = find_postcodes(held.value, any_case=True)
        record.add("postcode", _valued(held, code[0].code if code else held.value.upper()))


def _until_next(held: Quote, parts: Sequence[Quote]) -> Quote:
    """A part of an address up to the next that stands within it, as where nobody closed it."""
    start = held.start
    if held.source != "text" or start is None:
        return held
    inside = [
        each.start
        for each in parts
        if each.start is not None and start < each.start < start + len(held.raw)
    ]
    if not inside:
        return held
    raw = held.raw[: min(inside) - start].rstrip(" ,;\n")
    return held._replace(raw=raw, value=" ".join(raw.split()), end=start + len(raw))


def _add_printed_address(record: RecordDraft, held: Quote) -> None:
    codes = find_postcodes(held.value)
    end = codes[-1].start if codes else len(held.value)
    if not record.has("address"):
        for line in held.value[:end].split(","):
            if line.strip():
                record.add("address", _valued(held, line.strip()))
    if codes:
        record.add("postcode", _valued(held, codes[-1].code))
