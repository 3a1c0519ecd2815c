"""How well a reading of the gold pages agrees with the gold.

python -m tests.gold.scorer READINGS --set tests/gold/extract/shown

READINGS is what ``marsham read --manifest MANIFEST --out READINGS`` wrote. Rules: README.md here.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.gold import forms

__all__ = ["Tally", "as_reading", "score_page", "score_set"]

Record = Mapping[str, Any]
Same = Callable[[Any, Any], bool]

SETS = Path(__file__).parent / "extract"
_HEAVIEST = 40.0  # items that a page may weigh in one field
_PAIRED = 1.5  # what two contacts must share to be held for the same
_CROWD = 60  # contacts that share a value before it stops telling any apart


@dataclass(slots=True)
class Tally:
    """What was read rightly, what was read and is not so, what was missed."""

    right: float = 0.0
    false: float = 0.0
    missed: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false) if self.right else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.false + self.missed) if self.right else 0.0

    def add(self, other: "Tally", weight: float = 1.0) -> None:
        self.right += weight * other.right
        self.false += weight * other.false
        self.missed += weight * other.missed

    def light(self) -> float:
        """The share at which this weighs no more than a page may."""
        return min(1.0, _HEAVIEST / max(self.right + self.missed, self.right + self.false, 1.0))


class _Sheet(dict[str, Tally]):
    """The tallies of one page, by field."""

    def mark(self, field: str, right: float = 0, false: float = 0, missed: float = 0) -> None:
        self.setdefault(field, Tally()).add(Tally(right, false, missed))

    def one(self, field: str, gold: Any, read: Any, same: Same) -> None:
        """A field of one value, of which the gold may allow several, or none."""
        allowed = [each for each in _allowed(gold) if each not in (None, "", [])]
        optional = len(allowed) < len(_allowed(gold))
        if read in (None, "", []):
            self.mark(field, missed=bool(allowed) and not optional)
        elif any(same(each, read) for each in allowed):
            self.mark(field, right=1)
        else:
            self.mark(field, false=1, missed=bool(allowed) and not optional)

    def several(
        self,
        field: str,
        gold: Iterable[Hashable],
        read: Iterable[Hashable],
        ignored: Collection[Hashable] = (),
    ) -> None:
        """A field of several values without order, already in the form to compare."""
        wanted = set(gold) - {""}
        given = set(read) - {""}
        given -= set(ignored) - wanted
        self.mark(field, len(wanted & given), len(given - wanted), len(wanted - given))


def _allowed(gold: Any) -> list[Any]:
    return gold["any_of"] if isinstance(gold, dict) and "any_of" in gold else [gold]


def _listed(value: Any) -> list[Any]:
    if value in (None, ""):
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _named_alike(one: object, other: object) -> bool:
    return forms.plain(one) == forms.plain(other) or forms.likeness(one, other) >= 0.8


_SINGLE: dict[str, Same] = {
    "organisation": _named_alike,
    "unit": _named_alike,
    "role": _named_alike,
    "person": lambda one, other: forms.person(one) == forms.person(other),
    "address": lambda one, other: forms.likeness(forms.address(one), forms.address(other)) >= 0.75,
    "postcode": lambda one, other: forms.postcode(one) == forms.postcode(other),
}
_MANY: dict[str, Callable[[object], str]] = {
    "phone": forms.digits,
    "fax": forms.digits,
    "textphone": forms.digits,
    "email": forms.mailbox,
    "website": forms.account,
}
_SETTLED: dict[str, Same] = {
    "region": lambda one, other: forms.region(one) == forms.region(other),
    "country": lambda one, other: forms.region(one) == forms.region(other),
    "police_force": lambda one, other: forms.force(one) == forms.force(other),
}
_TELLING = {"person": forms.person, "postcode": forms.postcode, "unit": forms.plain}
_WEIGHTS = {
    "email": 3.0,
    "phone": 3.0,
    "person": 2.5,
    "fax": 1.5,
    "textphone": 1.5,
    "postcode": 1.5,
    "unit": 1.5,
    "website": 1.0,
    "address": 1.0,
    "organisation": 0.5,
    "role": 0.5,
}


def score_page(gold: Record, read: Record) -> dict[str, Tally]:
    """Hold what was read from a page against its gold, field by field.

    Args:
        gold: a gold file as it is.
        read: what `marsham read` wrote for the page; parts that are not there count as missed.
    """
    sheet = _Sheet()
    optional = gold.get("optional") or {}
    _score_text(sheet, gold["page"], read.get("page") or {}, optional)
    _score_contacts(sheet, gold, read, optional)
    _score_partnerships(sheet, gold, read, optional)
    _score_counts(sheet, gold, read, optional)
    _score_authorities(sheet, gold, read)
    _score_law(sheet, gold, read, optional)
    _score_checks(sheet, gold, read)
    return sheet


def _score_text(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    sheet.one(
        "page.title",
        gold["title"],
        read.get("title"),
        lambda one, other: (
            forms.plain(one) == forms.plain(other) or forms.likeness(one, other) >= 0.9
        ),
    )
    if gold["summary"] is not None:
        sheet.one(
            "page.summary",
            gold["summary"],
            read.get("summary"),
            lambda one, other: forms.likeness(one, other) >= 0.8,
        )
    sheet.one(
        "page.language",
        gold["language"],
        read.get("language"),
        lambda one, other: forms.plain(one)[:2] == forms.plain(other)[:2],
    )
    _score_headings(sheet, gold, read)
    sheet.several(
        "page.links",
        (forms.account(link["url"]) for link in gold["links"]),
        (forms.account(url) for url in _followed(read)),
        {forms.account(url) for url in optional.get("links", ())},
    )
    wanted = {forms.account(each["url"]): each["format"] for each in gold["attachments"]}
    given = {forms.account(e["url"]): e.get("format") for e in _listed(read.get("attachments"))}
    sheet.several("page.attachments", wanted, given)
    sheet.several(
        "page.attachment_format",
        ((url, forms.plain(kind)) for url, kind in wanted.items()),
        ((url, forms.plain(kind)) for url, kind in given.items()),
    )
    sheet.several(
        "page.dates",
        ((each["type"], each["date"]) for each in gold["dates"]),
        ((forms.date_kind(each["type"]), each["date"]) for each in _listed(read.get("dates"))),
        {tuple(each) for each in optional.get("dates", ())},
    )
    text = forms.plain(read.get("text"))
    found = sum(forms.plain(each) in text for each in gold["must_contain"])
    leaked = sum(forms.plain(each) in text for each in gold["must_not_contain"])
    sheet.mark("page.text", found, leaked, len(gold["must_contain"]) - found)


def _followed(read: Record) -> Iterator[str]:
    """The links of the main content that lead to another page."""
    for link in _listed(read.get("links")):
        url = str(link["url"])
        here = url.startswith(("mailto:", "tel:", "javascript:", "#"))
        if link.get("region", "main") == "main" and not here:
            yield url


def _score_headings(sheet: _Sheet, gold: Record, read: Record) -> None:
    wanted = Counter(forms.plain(h["text"]) for h in gold["headings"] if not h.get("pseudo"))
    pseudo = {forms.plain(h["text"]) for h in gold["headings"] if h.get("pseudo")} - set(wanted)
    given = Counter(forms.plain(h["text"]) for h in _listed(read.get("headings")))
    for text in pseudo:
        given.pop(text, None)
    shared = (wanted & given).total()
    sheet.mark("page.headings", shared, given.total() - shared, wanted.total() - shared)


def _contacts(facts: Record) -> list[dict[str, Any]]:
    """Every contact of a page, each with the name of the partnership it stands under."""
    found = [{**contact, "under": None} for contact in _listed(facts.get("contacts"))]
    for each in _listed(facts.get("partnerships")):
        found += [{**c, "under": each.get("name")} for c in _listed(each.get("contacts"))]
    return found


def _values(contact: Record) -> set[tuple[str, str]]:
    """What tells a contact from others."""
    found = {(f, form(v)) for f, form in _MANY.items() for v in _listed(contact.get(f))}
    found |= {(f, form(v)) for f, form in _TELLING.items() for v in _allowed(contact.get(f)) if v}
    return found


def _nearness(gold: Record, read: Record) -> float:
    """How much speaks for two contacts being the same."""
    near = 0.0
    for field, form in _MANY.items():
        given = {form(value) for value in _listed(read.get(field))}
        if given & {form(value) for value in _listed(gold.get(field))}:
            near += _WEIGHTS[field]
    for field, same in _SINGLE.items():
        value = read.get(field)
        if value and any(each and same(each, value) for each in _allowed(gold.get(field))):
            near += _WEIGHTS[field]
    return near


def _paired(gold: list[dict[str, Any]], read: list[dict[str, Any]]) -> dict[int, int]:
    """Gold contacts with the readings of them, one to one, the nearest first."""
    holders = defaultdict(list)
    for index, contact in enumerate(gold):
        for value in _values(contact):
            holders[value].append(index)
    near = {
        (index, other): _nearness(gold[index], contact)
        for other, contact in enumerate(read)
        for value in _values(contact)
        if len(holders.get(value, ())) <= _CROWD
        for index in holders.get(value, ())
    }
    pairs: dict[int, int] = {}
    taken = set()
    for (index, other), weight in sorted(
        near.items(), key=lambda each: (-each[1], abs(each[0][0] - each[0][1]), each[0])
    ):
        if weight >= _PAIRED and index not in pairs and other not in taken:
            pairs[index] = other
            taken.add(other)
    return pairs


def _score_contacts(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    wanted, given = _contacts(gold), _contacts(read)
    pairs = _paired(wanted, given)
    spare = [index for index in range(len(given)) if index not in set(pairs.values())]
    for furniture in optional.get("contacts", ()):
        best = max(spare, key=lambda index: _nearness(furniture, given[index]), default=None)
        if best is not None and _nearness(furniture, given[best]) >= _PAIRED:
            spare.remove(best)
    for index, contact in enumerate(wanted):
        other = pairs.get(index)
        _score_contact(sheet, contact, {} if other is None else given[other], optional)
    for index in spare:
        _score_contact(sheet, {}, given[index], optional)
    sheet.mark("contact.record", len(pairs), len(spare), len(wanted) - len(pairs))


def _score_contact(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    for field, same in _SINGLE.items():
        value = read.get(field)
        if field == "organisation" and value and read.get("under"):
            repeated = forms.partnership(value) == forms.partnership(read["under"])
            if repeated and not any(_allowed(gold.get(field))):
                value = None
        wanted = gold.get(field)
        sheet.one(f"contact.{field}", None if wanted == [] else wanted, value, same)
    for field, form in _MANY.items():
        sheet.several(
            f"contact.{field}",
            map(form, _listed(gold.get(field))),
            map(form, _listed(read.get(field))),
            {form(value) for value in optional.get(field, ())},
        )


def _score_partnerships(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    wanted, given = _listed(gold.get("partnerships")), _listed(read.get("partnerships"))
    pairs: dict[int, int] = {}
    names = [forms.partnership(each.get("name")) for each in given]
    known = [
        {forms.partnership(name) for name in (each["name"], *each.get("alt_names", ()))}
        for each in wanted
    ]
    for index, called in enumerate(known):
        free = (i for i, name in enumerate(names) if name in called and i not in pairs.values())
        if (first := next(free, None)) is not None:
            pairs[index] = first
    for index in set(range(len(wanted))) - set(pairs):
        name = forms.partnership(wanted[index]["name"])
        open_ = [i for i in range(len(given)) if i not in pairs.values()]
        best = max(open_, key=lambda i: forms.likeness(name, names[i]), default=None)
        if best is not None and forms.likeness(name, names[best]) >= 0.8:
            pairs[index] = best
    may = {forms.partnership(name) for name in optional.get("partnerships", ())}
    spare = [i for i, name in enumerate(names) if i not in pairs.values() and name not in may]
    sheet.mark("partnership.name", len(pairs), len(spare), len(wanted) - len(pairs))
    for index, each in enumerate(wanted):
        other = pairs.get(index)
        _score_partnership(sheet, each, {} if other is None else given[other])
    for index in spare:
        _score_partnership(sheet, {}, given[index])


def _score_partnership(sheet: _Sheet, gold: Record, read: Record) -> None:
    for field, form in (("area", forms.area), ("predecessors", forms.partnership)):
        sheet.several(
            f"partnership.{field}",
            map(form, _listed(gold.get(field))),
            map(form, _listed(read.get(field))),
        )
    for field, same in _SETTLED.items():
        sheet.one(f"partnership.{field}", gold.get(field), read.get(field), same)
    sheet.several("partnership.contact_link", _reached_by(gold), _reached_by(read))


def _reached_by(partnership: Record) -> Iterator[tuple[str, str]]:
    """By whom and where a partnership can be reached."""
    for contact in _listed(partnership.get("contacts")):
        yield from (("email", forms.mailbox(value)) for value in _listed(contact.get("email")))
        yield from (("phone", forms.digits(value)) for value in _listed(contact.get("phone")))
        if isinstance(contact.get("person"), str):
            yield ("person", forms.person(contact["person"]))


def _score_counts(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    free = _listed(read.get("counts"))
    right = 0
    for wanted in gold["counts"]:
        found = next((given for given in free if _claims_alike(wanted, given)), None)
        if found is not None:
            free.remove(found)
            right += 1
    false = [each for each in free if each.get("number") not in optional.get("counts", ())]
    sheet.mark("claim.counts", right, len(false), len(gold["counts"]) - right)


def _claims_alike(gold: Record, read: Record) -> bool:
    kinds = {forms.claimed(gold["what"]), forms.claimed(read.get("what"))}
    either = "partnership" in kinds and kinds <= {"partnership", "csp", "cdrp"}
    here = gold["where"] is None or forms.region(gold["where"]) == forms.region(read.get("where"))
    return str(gold["number"]) == str(read.get("number")) and (len(kinds) == 1 or either) and here


def _score_authorities(sheet: _Sheet, gold: Record, read: Record) -> None:
    given = {
        forms.authority(each["name"]): forms.place(each.get("applies_to"))
        for each in _listed(read.get("authorities"))
    }
    found = set()
    for each in gold["authorities"]:
        names = [forms.authority(name) for name in (each["name"], *each.get("alt_names", ()))]
        name = next((name for name in names if name in given), None)
        sheet.mark("claim.authorities", right=name is not None, missed=name is None)
        if name is None:
            sheet.mark("claim.authority_applies_to", missed=1)
            continue
        found.add(name)
        right = given[name] == forms.place(each.get("applies_to"))
        sheet.mark("claim.authority_applies_to", right, not right, not right)
    sheet.mark("claim.authorities", false=len(set(given) - found))


def _score_law(sheet: _Sheet, gold: Record, read: Record, optional: Record) -> None:
    given: dict[tuple[str, str], set[str]] = defaultdict(set)
    for law in _listed(read.get("legal")):
        named = given[forms.act(law, law["act"])]
        named.update(map(forms.section, _listed(law.get("sections"))))
    for law in optional.get("legal", ()):
        for key in [key for key in given if forms.plain(law["act"]) in " ".join(key)]:
            del given[key]
    wanted: dict[tuple[str, str], set[str]] = {}
    for law in gold["legal"]:
        keys = [forms.act(law, name) for name in (law["act"], *law.get("alt_acts", ()))]
        key = next((key for key in keys if key in given), keys[0])
        wanted[key] = {forms.section(each) for each in law["sections"]}
    sheet.several("claim.legal_act", wanted, given)
    sheet.several(
        "claim.legal_section",
        ((key, each) for key, sections in wanted.items() for each in sections),
        ((key, each) for key, sections in given.items() for each in sections),
    )


def _score_checks(sheet: _Sheet, gold: Record, read: Record) -> None:
    wanted, given = (
        {
            (int(each["claimed"]), bool(each["agrees"]))
            for each in _listed(facts.get("claim_checks"))
            if each.get("claimed") is not None
        }
        for facts in (gold, read)
    )
    false = sum(not agrees for _, agrees in given - wanted)
    sheet.mark("claim.checks", len(wanted & given), false, len(wanted - given))


@dataclass(frozen=True, slots=True)
class Report:
    """How a set was read: by field, by group of fields, by page, and in one figure."""

    fields: Mapping[str, Tally]
    groups: Mapping[str, float]
    pages: Mapping[str, float]
    overall: float
    invented: Mapping[str, int]  # contacts read from the pages that have none
    unread: tuple[str, ...]


def score_set(folder: Path, readings: Path) -> Report:
    """Score a folder of readings, one JSON file a page, against a set of gold pages."""
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    whole, pages, invented, unread = _Sheet(), {}, {}, []
    for stem in (entry["stem"] for entry in entries):
        gold = json.loads((folder / "gold" / f"{stem}.json").read_text(encoding="utf-8"))
        reading = readings / f"{stem}.json"
        read: Record = {}
        if reading.exists():
            read = json.loads(reading.read_text(encoding="utf-8"))
        else:
            unread.append(stem)
        page, sheet = Tally(), score_page(gold, read)
        if not _contacts(gold):
            invented[stem] = round(sheet["contact.record"].false)
        for field, tally in sheet.items():
            whole.setdefault(field, Tally()).add(tally, tally.light())
            page.add(tally, tally.light())
        pages[stem] = page.f1
    fields = {name: whole[name] for name in sorted(whole) if whole[name].right + whole[name].missed}
    by_group: dict[str, list[float]] = defaultdict(list)
    for name, tally in fields.items():
        by_group[name.split(".")[0]].append(tally.f1)
    groups = {name: sum(each) / len(each) for name, each in by_group.items()}
    overall = sum(tally.f1 for tally in fields.values()) / len(fields) if fields else 0.0
    return Report(fields, groups, pages, overall, invented, tuple(unread))


def as_reading(gold: Record) -> dict[str, Any]:
    """The gold as a reading that gets everything right, as `marsham read` would write it."""
    own = ("optional", "note", "disguised")
    read = _chosen({key: value for key, value in gold.items() if key not in own})
    read["page"]["text"] = "\n".join(gold["page"]["must_contain"])
    return dict(read)


def _chosen(value: Any) -> Any:
    """A value with the first of what is allowed wherever several things are."""
    if isinstance(value, dict) and "any_of" in value:
        return next((each for each in value["any_of"] if each), None)
    if isinstance(value, dict):
        return {key: _chosen(each) for key, each in value.items()}
    return [_chosen(each) for each in value] if isinstance(value, list) else value


@click.command()
@click.argument("readings", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--set",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SETS / "shown",
    show_default=True,
    help="The set of gold pages.",
)
@click.option("--pages", is_flag=True, help="Print every page's figure too.")
def main(readings: Path, folder: Path, pages: bool) -> None:
    """Score the JSON files in READINGS against a set of gold pages."""
    report = score_set(folder, readings)
    click.echo(f"{'field':<30} {'prec':>7} {'recall':>7} {'F1':>7} {'gold':>7}")
    for name, tally in report.fields.items():
        figures = f"{tally.precision:7.3f} {tally.recall:7.3f} {tally.f1:7.3f}"
        click.echo(f"{name:<30} {figures} {tally.right + tally.missed:7.1f}")
    for name, figure in report.groups.items():
        click.echo(f"group {name:<24} {figure:23.3f}")
    for stem, figure in report.pages.items() if pages else ():
        click.echo(f"{stem:<46} {figure:7.3f}")
    for stem, number in report.invented.items():
        click.echo(f"contacts on {stem}, which has none: {number}")
    if report.unread:
        click.echo(f"no reading of: {', '.join(report.unread)}")
    click.echo(f"overall {report.overall:.3f} ({len(report.pages)} pages)")


if __name__ == "__main__":
    main()
