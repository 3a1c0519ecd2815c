"""How often a value is right that was read with some confidence, rule by rule.

python -m tests.gold.calibration --set tests/gold/extract/shown

A value is right when the gold of its page has it in that field, of whichever contact or
partnership. Of values read at 0.9 or more, nine in ten have to be right.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from extract.facts.observations import Observation
from extract.saved import read_saved_page
from tests.gold import forms

__all__ = ["Rates", "rates_of"]

Rates = dict[tuple[str, float], list[int]]
"""Rule and confidence: how many values were read, and how many of them rightly."""

_CONTACT = {
    "organisation": forms.plain,
    "unit": forms.plain,
    "person": forms.person,
    "role": forms.plain,
    "address": forms.plain,
    "postcode": forms.postcode,
    "phone": forms.digits,
    "fax": forms.digits,
    "textphone": forms.digits,
    "email": forms.mailbox,
    "website": forms.account,
}
_PARTNERSHIP = {
    "name": forms.partnership,
    "area": forms.area,
    "region": forms.region,
    "country": forms.plain,
    "police_force": forms.force,
}
_ALIKE = 0.8  # names with that much in common are held for the same


def rates_of(folder: Path) -> Rates:
    """Read every page of a set and say of each rule how many of its values are right."""
    rates: Rates = defaultdict(lambda: [0, 0])
    for page in json.loads((folder / "manifest.json").read_text("utf-8")):
        gold = json.loads((folder / "gold" / f"{page['stem']}.json").read_text("utf-8"))
        saved = read_saved_page(
            (folder / page["file"]).read_bytes(),
            name=page["file"],
            sha256="",
            url=page.get("snapshot_url") or page.get("url"),
            content_type=page.get("content_type"),
        )
        known = {**_known_contacts(gold), **_known_partnerships(gold)}
        for found in saved.page.observations:
            form = {"contact": _CONTACT, "partnership": _PARTNERSHIP}.get(found.kind, {})
            if found.field in form:
                counted = rates[found.rule, found.confidence]
                counted[0] += 1
                counted[1] += _is_right(found, form[found.field](found.value), known)
    return rates


def _is_right(found: Observation, value: str, known: Mapping[tuple[str, str], set[str]]) -> bool:
    held = known.get((found.kind, found.field), set())
    if value in held or (found.field == "address" and any(value in each for each in held)):
        return True
    if (
        found.field == "organisation"
        and forms.partnership(found.value) in known["partnership", "name"]
    ):
        return True
    return any(forms.likeness(value, each) >= _ALIKE for each in held)


def _known_contacts(gold: Mapping[str, Any]) -> dict[tuple[str, str], set[str]]:
    contacts = [*gold["contacts"], *(gold.get("optional") or {}).get("contacts", [])]
    for partnership in gold["partnerships"]:
        contacts += partnership["contacts"]
    known: dict[tuple[str, str], set[str]] = defaultdict(set)
    for contact in contacts:
        for field, form in _CONTACT.items():
            known["contact", field] |= {form(value) for value in _values(contact.get(field))}
    return known


def _known_partnerships(gold: Mapping[str, Any]) -> dict[tuple[str, str], set[str]]:
    known: dict[tuple[str, str], set[str]] = {("partnership", name): set() for name in _PARTNERSHIP}
    known["partnership", "name"] |= {
        forms.partnership(name) for name in (gold.get("optional") or {}).get("partnerships", [])
    }
    for partnership in gold["partnerships"]:
        for field, form in _PARTNERSHIP.items():
            known["partnership", field] |= {form(each) for each in _values(partnership.get(field))}
        known["partnership", "name"] |= {
            forms.partnership(name) for name in partnership.get("alt_names", [])
        }
    return known


def _values(held: Any) -> Iterator[str]:
    """The values of a field, each that is allowed where any of several is right."""
    if isinstance(held, dict):
        held = held["any_of"]
    for value in held if isinstance(held, list) else [held]:
        if isinstance(value, list):
            yield from value
        elif value:
            yield value


@click.command()
@click.option("--set", "folder", type=click.Path(path_type=Path), required=True)
def main(folder: Path) -> None:
    """Print the table of rules."""
    rates = rates_of(folder)
    for (rule, confidence), (read, right) in sorted(rates.items()):
        click.echo(f"{confidence:5.2f}  {rule:28} {right:5} of {read:5} right  {right / read:.3f}")
    sure = [counted for (_, confidence), counted in rates.items() if confidence >= 0.9]
    read, right = (sum(counted[at] for counted in sure) for at in (0, 1))
    click.echo(f"at 0.9 or more: {right} of {read} right, {right / read:.3f}")


if __name__ == "__main__":
    main()
