"""The gold pages themselves: whole, invented, and with a gold that says what is on the page."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.gold import forms
from tests.gold.scorer import SETS

# How many pages each set has.
HALVES = {"shown": 20, "held": 20, "third": 22, "fourth": 8, "fifth": 8, "sixth": 10}
# The ranges Ofcom keeps free for drama, as E.164 has them.
DRAMA = re.compile(
    r"\+44(?:2079460\d{3}|1(?:1[3-8]|21|31|41|51|61)4960\d{3}|1914980\d{3}|1632960\d{3}"
    r"|2920180\d{3}|7700900\d{3}|3069990\d{3}|808157\d{4})(?:;ext=\d+)?"
)
INLINE = frozenset("a abbr b big em font i nobr small span strong sup tt u".split())  # noqa: SIM905
KINDS = {
    "page": {
        "attachments",
        "dates",
        "headings",
        "language",
        "links",
        "must_contain",
        "must_not_contain",
        "summary",
        "title",
    },
    "contacts": {
        "address",
        "email",
        "fax",
        "organisation",
        "person",
        "phone",
        "postcode",
        "role",
        "textphone",
        "unit",
        "website",
    },
    "partnerships": {
        "alt_names",
        "area",
        "contacts",
        "country",
        "name",
        "police_force",
        "predecessors",
        "region",
    },
    "counts": {"approx", "number", "what", "where"},
    "authorities": {"applies_to", "name"},
    "legal": {"act", "number", "sections", "year"},
    "claim_checks": {"agrees", "claimed", "found", "how"},
}
EXTRA = {"alt_acts", "alt_names"}
ENTRIES: list[tuple[str, dict[str, Any]]] = [
    (half, entry)
    for half in HALVES
    for entry in json.loads((SETS / half / "manifest.json").read_text(encoding="utf-8"))
]
every_page = pytest.mark.parametrize(
    ("half", "entry"), ENTRIES, ids=[entry["stem"] for _, entry in ENTRIES]
)


class Heard(HTMLParser):
    """All text of a page and all values of its attributes, without comments."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += "" if tag in INLINE else " "
        self.values += [value for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        self.text += "" if tag in INLINE else " "

    def handle_data(self, data: str) -> None:
        self.text += data


def gold_of(half: str, entry: dict[str, Any]) -> dict[str, Any]:
    file = SETS / half / "gold" / f"{entry['stem']}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def heard(half: str, entry: dict[str, Any]) -> Heard:
    """A page decoded by its true charset, whatever it says of itself."""
    charsets = json.loads((SETS / half / "charsets.json").read_text(encoding="utf-8"))
    page = Heard()
    page.feed((SETS / half / entry["file"]).read_bytes().decode(charsets[entry["stem"]]))
    page.close()
    return page


def contacts(gold: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every contact of a gold page: its own, its partnerships', and the furniture."""
    yield from gold["contacts"]
    for partnership in gold["partnerships"]:
        yield from partnership["contacts"]
    yield from gold["optional"].get("contacts", ())


def allowed(value: Any) -> list[Any]:
    return value["any_of"] if isinstance(value, dict) else [value]


def dense(text: str) -> str:
    """A text without what may stand between the digits of a number."""
    return re.sub(r"[\s().\-\u2013]", "", text.replace("(0)", ""))


@pytest.mark.parametrize("half", HALVES)
def test_the_manifest_names_all_that_lies_there(half: str) -> None:
    entries = [entry for named, entry in ENTRIES if named == half]
    stems = {entry["stem"] for entry in entries}
    assert len(entries) == len(stems) == HALVES[half]
    assert {file.stem for file in (SETS / half / "gold").iterdir()} == stems
    assert {f"pages/{file.name}" for file in (SETS / half / "pages").iterdir()} == {
        entry["file"] for entry in entries
    }
    assert set(json.loads((SETS / half / "charsets.json").read_text(encoding="utf-8"))) == stems


def test_no_page_is_in_both_halves() -> None:
    addresses = [entry["url"] for _, entry in ENTRIES]
    assert len(addresses) == len(set(addresses))


@every_page
def test_the_gold_has_the_shape_that_readings_have(half: str, entry: dict[str, Any]) -> None:
    gold = gold_of(half, entry)
    for key in ("stem", "url", "snapshot_url", "captured"):
        assert gold[key] == entry[key]
    assert set(gold["page"]) == KINDS["page"]
    for kind in list(KINDS)[1:]:
        for record in gold[kind]:
            assert set(record) - EXTRA == KINDS[kind] - EXTRA
    for contact in contacts(gold):
        assert set(contact) == KINDS["contacts"]
        assert any(contact[field] for field in ("phone", "fax", "textphone", "email", "address"))


@every_page
def test_numbers_and_mailboxes_reach_nobody(half: str, entry: dict[str, Any]) -> None:
    for contact in contacts(gold_of(half, entry)):
        for field in ("phone", "fax", "textphone"):
            assert all(DRAMA.fullmatch(number) for number in contact[field])
        assert all(mailbox.endswith(".example") for mailbox in contact["email"])
    text = heard(half, entry).text
    assert all(each.endswith(".example") for each in re.findall(r"\w@([\w.-]+\w)", text))


@every_page
def test_what_a_contact_is_reached_by_stands_on_the_page(half: str, entry: dict[str, Any]) -> None:
    gold, page = gold_of(half, entry), heard(half, entry)
    disguised = gold.get("disguised", ())
    everything = " ".join([page.text, *page.values])
    numbers, codes = dense(everything), re.sub(r"\s", "", everything).upper()
    for contact in contacts(gold):
        for field in ("phone", "fax", "textphone"):
            for number in contact[field]:
                digits, _, extension = number.removeprefix("+44").partition(";ext=")
                assert digits in numbers
                assert extension in numbers
        for mailbox in contact["email"]:
            if mailbox in disguised:  # then neither the text nor a link has it as it is
                assert mailbox not in everything
            else:
                assert mailbox in everything
        for code in allowed(contact["postcode"]):
            assert forms.postcode(code) in codes


@every_page
def test_names_and_passages_stand_on_the_page(half: str, entry: dict[str, Any]) -> None:
    gold, page = gold_of(half, entry), heard(half, entry)
    text = forms.plain(page.text)
    everything = forms.plain(" ".join([page.text, *page.values]))
    for passage in gold["page"]["must_contain"]:
        assert forms.plain(passage) in text
    for passage in gold["page"]["must_not_contain"]:  # else it would forbid nothing
        assert forms.plain(passage) in everything or passage in raw(half, entry)
    for heading in gold["page"]["headings"]:
        assert forms.plain(heading["text"]) in text
    for partnership in gold["partnerships"]:
        for name in (partnership["name"], *partnership["predecessors"], *partnership["area"]):
            assert forms.plain(name) in text
    for contact in contacts(gold):
        for field in ("organisation", "unit", "person", "role"):
            names = [forms.plain(name) for name in allowed(contact[field])]
            assert any(name in everything for name in names)
        for line in contact["address"]:
            assert forms.plain(line) in text


def raw(half: str, entry: dict[str, Any]) -> str:
    return Path(SETS / half / entry["file"]).read_bytes().decode("latin-1")
