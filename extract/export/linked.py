"""Contacts and partnerships as linked data: JSON-LD with the words of schema.org.

Each is a ``GovernmentOrganization`` with ``ContactPoint`` and ``PostalAddress``, and ``isBasedOn``
the address of the snapshot it was read from. The context stands in the file: nothing is fetched to
read it. Sources: JSON-LD 1.1 (W3C, 2020); schema.org.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import BinaryIO
from urllib.parse import quote

from extract.export.characters import TextOut
from extract.export.columns import Row, TableHead, Written

__all__ = ["LINKED", "write_jsonld"]

LINKED = ("contacts", "partnerships")
"""The sources that can be written as linked data."""

_CONTEXT = {
    "@vocab": "https://schema.org/",
    "contactOption": {"@type": "@vocab"},
    "isBasedOn": {"@type": "@id"},
}
_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\ud800-\udfff]")
_Node = dict[str, object]


def write_jsonld(out: BinaryIO, head: TableHead, rows: Iterable[Row]) -> Written:
    """Write contacts or partnerships as JSON-LD, a node a line.

    The head's fact ``snapshots`` is what the addresses of snapshots begin with: where `marsham
    serve` stands, by the setting ``address``.

    Args:
        out: where to; a binary file.
        head: of contacts or partnerships.
        rows: theirs.
    """
    node_of = _contact if head.name == "contacts" else _partnership
    encode = json.JSONEncoder(ensure_ascii=False).encode
    text = TextOut(out)
    text.write(f'{{"@context": {encode(_CONTEXT)},\n "@graph": [')
    number, last, place = 0, "", 0
    for row in rows:
        snapshot = _snapshot(head.facts.get("snapshots", ""), row)
        place = place + 1 if snapshot == last else 1
        last = snapshot
        node = {"@id": f"{snapshot}#{head.name}-{place}", **node_of(row), "isBasedOn": snapshot}
        text.write(",\n  " if number else "\n  ")
        text.write(encode(node))
        number += 1
    text.write("\n]}\n")
    return Written(number, text.replaced)


def _contact(row: Row) -> _Node:
    unit, role, person = row["unit"], row["role"], row["person"]
    point = _some(
        {
            "@type": "ContactPoint",
            "contactType": role or unit,
            "telephone": row["phone"],
            "faxNumber": row["fax"],
            "email": row["email"],
        }
    )
    points = [point] if len(point) > 1 + ("contactType" in point) else []
    if row["textphone"]:
        points.append(
            {
                "@type": "ContactPoint",
                "telephone": row["textphone"],
                "contactOption": "HearingImpairedSupported",
            }
        )
    address = _some({"streetAddress": row["address"], "postalCode": row["postcode"]})
    if address:
        address = {"@type": "PostalAddress", **_lines(address), "addressCountry": "GB"}
    name = row["organisation"] or row["partnership"] or unit
    return _some(
        {
            "@type": "GovernmentOrganization",
            "name": name,
            "department": _named("GovernmentOrganization", unit if unit != name else None),
            "memberOf": _named("GovernmentOrganization", row["partnership"]),
            "employee": _some({"@type": "Person", "name": person, "jobTitle": role})
            if person
            else None,
            "areaServed": _named("AdministrativeArea", row["region"]),
            "contactPoint": points,
            "address": address,
            "url": row["website"],
            "identifier": row["key"],
        }
    )


def _partnership(row: Row) -> _Node:
    point = _some({"@type": "ContactPoint", "telephone": row["phone"], "email": row["email"]})
    areas = row["area"] if isinstance(row["area"], list) else []
    inside = [area for area in (row["region"], row["country"]) if area]
    code = row["code"]
    known: list[object] = [row["key"]] if row["key"] else []
    if code:
        known.append({"@type": "PropertyValue", "propertyID": "ONS code", "value": code})
    return _some(
        {
            "@type": "GovernmentOrganization",
            "name": row["name"],
            "alternateName": row["aliases"],
            "areaServed": [_named("AdministrativeArea", area) for area in [*areas, *inside]],
            "contactPoint": point if len(point) > 1 else None,
            "url": row["website"],
            "identifier": known,
        }
    )


def _snapshot(base: str, row: Row) -> str:
    address = f"{base}{row['captured']}/{row['url']}"
    return _NOT_IN_IRI.sub(lambda found: quote(found[0], errors="replace"), address)


def _named(kind: str, name: object) -> _Node | None:
    return {"@type": kind, "name": name} if name else None


def _lines(address: Mapping[str, object]) -> _Node:
    lines = address.get("streetAddress")
    return (
        {**address, "streetAddress": ", ".join(lines)} if isinstance(lines, list) else {**address}
    )


def _some(node: _Node) -> _Node:
    return {name: value for name, value in node.items() if value}
