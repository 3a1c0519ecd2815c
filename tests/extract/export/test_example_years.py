"""Exports of the example as of its three years differ in what its README says, and in nothing else.

What a spreadsheet would show is read: the CSV files, by their own columns.
"""

import csv

import pytest

import marsham
from extract.export.columns import parted
from tests.extract.export.conftest import EXAMPLE

SITE = "http://www.homeoffice.example"
CONTACTS_PAGES = (f"{SITE}/crime/partnerships/contacts/", f"{SITE}/contact-us/community-safety/")
SAID = ("name", "aliases", "area", "region", "country", "phone", "email")
REACHED = ("organisation", "unit", "role", "address", "postcode", "phone", "fax", "email")
Rows = dict[str, dict[str, str]]
Differing = tuple[set[str], set[str], dict[tuple[str, str], tuple[str, str]]]


@pytest.fixture(scope="module")
def exported(
    example: marsham.Archive, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of each table as of each year, as CSV has them."""
    folder = tmp_path_factory.mktemp("years")
    found = {}
    for year in ("2009", "2011", "2013"):
        for what in ("contacts", "pages", "partnerships"):
            out = folder / f"{what}-{year}.csv"
            marsham.export(example, what, out, as_of=year)
            with out.open(encoding="utf-8", newline="") as file:
                found[what, year] = list(csv.DictReader(file))
    return found


def by_key(rows: list[dict[str, str]], names: tuple[str, ...]) -> Rows:
    found = {row["key"]: {name: row[name] for name in names} for row in rows}
    assert len(found) == len(rows)
    return found


def differing(before: Rows, now: Rows) -> Differing:
    """The keys added, those removed, and each value changed: before and now."""
    changed = {
        (key, name): (value, now[key][name])
        for key in before.keys() & now.keys()
        for name, value in before[key].items()
        if value != now[key][name]
    }
    return now.keys() - before.keys(), before.keys() - now.keys(), changed


def test_partnerships_of_2011_have_other_names_and_four_other_details(
    exported: dict[tuple[str, str], list[dict[str, str]]],
) -> None:
    before, now = (by_key(exported["partnerships", year], SAID) for year in ("2009", "2011"))
    added, removed, changed = differing(before, now)
    assert (added, removed) == (set(), {"east-riding-of-yorkshire"})
    renamed = {key for key, name in changed if name == "name"}
    english = {key for key, row in now.items() if row["country"] == "England"}
    assert renamed == english
    assert all(before[key]["name"].endswith(("CDRP", "Reduction Partnership")) for key in english)
    assert all(now[key]["name"].endswith("Community Safety Partnership") for key in english)
    assert {what: value for what, value in changed.items() if what[1] != "name"} == {
        ("coventry", "phone"): ("+441214960214", "+441214960275"),
        ("sunderland", "phone"): ("+441914980133", "+441914980177"),
        ("rugby", "email"): ("cdrp@rugby.example", "community.safety@rugby.example"),
        ("powys", "email"): ("crime.reduction@powys.example", "community.safety@powys.example"),
    }


def test_partnerships_of_2013_have_two_new_names_and_three_other_details(
    exported: dict[tuple[str, str], list[dict[str, str]]],
) -> None:
    rows = exported["partnerships", "2013"]
    before, now = by_key(exported["partnerships", "2011"], SAID), by_key(rows, SAID)
    added, removed, changed = differing(before, now)
    assert added == {"east-riding-of-yorkshire", "lichfield-and-tamworth", "safer-darlington"}
    assert removed == {"darlington", "lichfield", "tamworth"}
    assert changed == {
        ("leeds", "phone"): ("+441134960150", "+441134960188"),
        ("cardiff", "phone"): ("+442920180351", "+442920180390"),
        ("walsall", "email"): ("boroughsafety@walsall.example", "saferwalsall@walsall.example"),
    }
    assert {row["name"]: parted(row["predecessors"]) for row in rows if row["predecessors"]} == {
        "Lichfield and Tamworth Community Safety Partnership": ["Lichfield CSP", "Tamworth CSP"],
        "Safer Darlington Partnership": ["Darlington Community Safety Partnership"],
    }


def reached(
    exported: dict[tuple[str, str], list[dict[str, str]]], year: str
) -> tuple[Rows, dict[str, set[str]]]:
    """Whom the page of contacts names, and the teams of each partnership in the directory."""
    rows = exported["contacts", year]
    teams: dict[str, set[str]] = {}
    for row in rows:
        if row["partnership"]:
            teams.setdefault(row["key"].partition("/")[0], set()).add(row["unit"] or row["role"])
    return by_key([row for row in rows if row["url"] in CONTACTS_PAGES], REACHED), teams


def test_home_office_contacts_of_2011_have_moved_and_one_desk_is_new(
    exported: dict[tuple[str, str], list[dict[str, str]]],
) -> None:
    (before, teams_before), (now, teams) = (reached(exported, year) for year in ("2009", "2011"))
    added, removed, changed = differing(before, now)
    assert added == {"homeoffice.example/statistics-and-data-desk"}
    assert removed == {"homeoffice.example/partnership-training-desk"}
    unit = "homeoffice.example/home-office-community-safety-unit"
    assert changed == {
        (unit, "address"): (
            "3rd floor, Peel building; 2 Marsham Street; London",
            "4th floor, Fry building; 2 Marsham Street; London",
        ),
        (unit, "email"): (
            "cdrp.unit@homeoffice.example",
            "community.safety.unit@homeoffice.example",
        ),
    }
    both = teams_before.keys() & teams.keys()
    assert {key: teams[key] for key in both if teams[key] != teams_before[key]} == {
        "wakefield": {"Community Safety Team"}
    }


def test_home_office_contacts_of_2013_are_without_regional_teams(
    exported: dict[tuple[str, str], list[dict[str, str]]],
) -> None:
    (before, teams_before), (now, teams) = (reached(exported, year) for year in ("2011", "2013"))
    added, removed, changed = differing(before, now)
    here = "homeoffice.example/"
    assert added == {
        f"{here}police-and-crime-commissioner-liaison-team",
        f"{here}welsh-government-community-safety-division",
    }
    assert removed == {
        f"{here}government-office-for-the-north-east-community-safety-team",
        f"{here}government-office-for-the-west-midlands-community-safety-team",
        f"{here}government-office-for-yorkshire-and-the-humber-community-safety-team",
        f"{here}welsh-assembly-government-community-safety-division",
    }
    unit, team = f"{here}home-office-community-safety-unit", "anti-social-behaviour-team"
    assert changed == {
        (unit, "phone"): ("+442079460310", "+442079460358"),
        (unit, "fax"): ("+442079460311", ""),
        (f"{here}home-office-{team}", "address"): (
            "4th floor, Fry building; 2 Marsham Street; London",
            "2nd floor, Fry building; 2 Marsham Street; London",
        ),
        (f"{here}press-office", "email"): (
            "press.desk@homeoffice.example",
            "newsdesk@homeoffice.example",
        ),
    }
    both = teams_before.keys() & teams.keys()
    assert {key for key in both if teams[key] != teams_before[key]} == set()


def listed(year: str) -> set[str]:
    """The paths of the pages that the example's list of a year has saved."""
    with (EXAMPLE / year / "pages.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].endswith(".html")]
    return {row["url"].rpartition(SITE.partition("//")[2])[2] for row in rows}


def test_a_page_stands_until_a_capture_shows_it_moved_or_gone(
    exported: dict[tuple[str, str], list[dict[str, str]]],
) -> None:
    paths = {
        year: {row["url"].removeprefix(SITE) for row in exported["pages", year]}
        for year in ("2009", "2011", "2013")
    }
    assert paths["2009"] == listed("2009")
    assert paths["2011"] == paths["2009"] | listed("2011")
    moved, missing = "/crime/partnerships/contacts/", "/crime/partnerships/support-programme/"
    assert paths["2013"] == (paths["2011"] | listed("2013")) - {moved, missing}
    assert "/crime/partnerships/effective-practice/" in paths["2013"] - paths["2011"]
