"""The example site, read from its saved files and held against the truth that it was built from."""

import csv
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from extract.facts.records import Contact, Partnership
from extract.page import Page
from extract.saved import read_saved_page

EXAMPLE = Path(__file__).parents[2] / "examples" / "home-office"
HOST = "http://www.homeoffice.example"
DIRECTORY = "/crime/partnerships/directory/"
REGIONS = {
    "north-east": "North East",
    "wales": None,
    "west-midlands": "West Midlands",
    "yorkshire-humber": "Yorkshire and The Humber",
}
# Pages with contacts of their own, by year; every other page has none.
CONTACTS = {
    "2009": {
        "/": 1,
        "/crime/partnerships/": 1,
        "/crime/partnerships/contacts/": 8,
        "/crime/partnerships/cymru/": 1,
        DIRECTORY: 1,
        "/crime/partnerships/support-programme/": 1,
        "/news/training-days/": 1,
    },
    "2011": {
        "/": 1,
        "/crime/partnerships/": 1,
        "/crime/partnerships/contacts/": 8,
        "/crime/partnerships/cymru/": 1,
        DIRECTORY: 2,
        "/crime/partnerships/support-programme/": 1,
        "/news/": 1,
    },
    "2013": {
        "/contact-us/community-safety/": 6,
        "/crime/partnerships/": 1,
        "/crime/partnerships/cymru/": 1,
        DIRECTORY: 1,
        "/crime/partnerships/effective-practice/": 1,
        "/news/commissioners-first-plans/": 1,
    },
}
MERGED = {  # a sentence above the table says so
    "Lichfield and Tamworth Community Safety Partnership": ("Lichfield CSP", "Tamworth CSP")
}
FLOORS = {
    floor: (floor, "2 Marsham Street", "London")
    for floor in ("3rd floor, Peel building", "4th floor, Fry building", "2nd floor, Fry building")
}


@cache
def pages(year: str) -> dict[str, Page]:
    """The pages of a year by their path on the site."""
    read = {}
    with (EXAMPLE / year / "pages.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not row["file"].endswith(".html"):
                continue
            data = (EXAMPLE / year / row["file"]).read_bytes()
            digest = sha256(data).hexdigest()
            page = read_saved_page(data, name=row["file"], sha256=digest, url=row["url"]).page
            assert page.url is not None
            read[page.url.removeprefix(HOST)] = page
    return read


def rows(year: str, region: str) -> list[dict[str, str]]:
    with (EXAMPLE / "source" / "partnerships.csv").open(encoding="utf-8", newline="") as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["region"] == region and year in row["years"].split()
        ]


def kind(year: str, region: str) -> str:
    if year != "2009" or region == "wales":
        return "Community Safety Partnership"
    return "CDRP" if region == "west-midlands" else "Crime and Disorder Reduction Partnership"


def international(number: str) -> str:
    return "+44" + number.replace(" ", "")[1:]


def expected_contact(row: dict[str, str], year: str) -> Contact:
    team = row["team"]
    # A table of that year has no column for the site.
    shown = row["website"] and f"http://{row['website']}/" in "".join(
        link.url for link in pages(year)[f"{DIRECTORY}{row['region']}/"].facts.links
    )
    return Contact(
        unit=team if team.endswith(("Team", "Unit")) else None,
        role=None if team.endswith(("Team", "Unit")) else team,
        phone=(international(row["telephone"]),),
        email=(row["email"],),
        website=(f"http://{row['website']}/",) if shown else (),
    )


@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
@pytest.mark.parametrize("region", REGIONS)
def test_every_partnership_is_read_as_it_was_written(year: str, region: str) -> None:
    found = pages(year)[f"{DIRECTORY}{region}/"].facts.partnerships
    wanted = rows(year, region)
    by_name = {each.name: each for each in found}
    assert len(found) == len(wanted) == len(by_name)
    for row in wanted:
        partnership = by_name[row["name"] or f"{row['area']} {kind(year, region)}"]
        covers = (row["covers"] or row["area"]).replace(" and ", ", ").split(", ")
        # A name of one area may hold "and" as well.
        assert partnership.area in (tuple(covers), (row["area"],), (row["covers"],))
        assert partnership == Partnership(
            name=partnership.name,
            area=partnership.area,
            region=REGIONS[region],
            country="Wales" if region == "wales" else "England",
            police_force=partnership.police_force,
            predecessors=MERGED.get(partnership.name) or tuple(filter(None, [row["formerly"]])),
            contacts=(expected_contact(row, year),),
        )
        assert partnership.police_force in (None, f"{row['force']} Police")


@pytest.mark.parametrize("year", ["2009", "2011", "2013"])
def test_no_page_has_contacts_or_partnerships_but_those_it_gives(year: str) -> None:
    read = pages(year)
    assert {
        path: len(page.facts.contacts) for path, page in read.items() if page.facts.contacts
    } == (CONTACTS[year])
    directories = {f"{DIRECTORY}{region}/" for region in REGIONS}
    assert {path for path, page in read.items() if page.facts.partnerships} == directories
    assert not any(page.soft_404 or page.problems for page in read.values())


def test_the_home_offices_contacts_of_2009() -> None:
    teams = [
        Contact(
            organisation=organisation,
            unit=unit,
            phone=(international(phone),),
            email=(f"community.safety@{host}.example",),
        )
        for organisation, unit, phone, host in (
            (
                "Government Office for the North East",
                "Community Safety Team",
                "0191 498 0400",
                "go-northeast",
            ),
            (
                "Government Office for the West Midlands",
                "Community Safety Team",
                "0121 496 0400",
                "go-westmidlands",
            ),
            (
                "Government Office for Yorkshire and the Humber",
                "Community Safety Team",
                "0113 496 0400",
                "go-yorkshire",
            ),
            (
                "Welsh Assembly Government",
                "Community Safety Division",
                "029 2018 0400",
                "wales-government",
            ),
        )
    ]
    assert pages("2009")["/crime/partnerships/contacts/"].facts.contacts == (
        Contact(
            organisation="Home Office",
            unit="Community Safety Unit",
            address=FLOORS["3rd floor, Peel building"],
            postcode="SW1P 4DF",
            phone=("+442079460310",),
            fax=("+442079460311",),
            textphone=("+442079460390",),
            email=("cdrp.unit@homeoffice.example",),
        ),
        Contact(
            organisation="Home Office",
            unit="Anti-social Behaviour Team",
            address=FLOORS["4th floor, Fry building"],
            postcode="SW1P 4DF",
            phone=("+442079460324",),
            email=("asb.team@homeoffice.example",),
        ),
        Contact(
            unit="Partnership Training Desk",
            phone=("+442079460337",),
            email=("training.desk@homeoffice.example",),
        ),
        Contact(
            unit="Press office",
            phone=("+442079460441", "+447700900441"),
            email=("press.desk@homeoffice.example",),
        ),
        *teams,
    )


def test_the_welsh_page_has_its_unit_in_welsh() -> None:
    for year, government in (
        ("2009", "Llywodraeth Cynulliad Cymru"),
        ("2011", "Llywodraeth Cynulliad Cymru"),
        ("2013", "Llywodraeth Cymru"),
    ):
        facts = pages(year)["/crime/partnerships/cymru/"].facts
        assert facts.language == "cy"
        assert facts.contacts == (
            Contact(
                organisation=government,
                unit="Is-adran Diogelwch Cymunedol",
                phone=("+442920180400",),
                email=("community.safety@wales-government.example",),
            ),
        )
        assert [(each.number, each.where) for each in facts.counts] == [(22, "Wales")]
        assert [(each.act, each.sections) for each in facts.legal] == [
            ("Crime and Disorder Act", ("5", "6", "7"))
        ]


def test_the_claims_of_the_landing_pages() -> None:
    assert {
        year: [
            (each.number, each.where) for each in pages(year)["/crime/partnerships/"].facts.counts
        ]
        for year in CONTACTS
    } == {
        "2009": [(346, "England"), (22, "Wales")],
        "2011": [(310, "England"), (22, "Wales")],
        "2013": [],
    }
    assert {
        year: len(pages(year)["/crime/partnerships/"].facts.authorities) for year in CONTACTS
    } == {"2009": 6, "2011": 7, "2013": 6}


def test_only_the_directory_that_left_one_out_fails_its_own_claim() -> None:
    checks = {
        (year, path): [(each.claimed, each.found) for each in page.facts.claim_checks]
        for year in CONTACTS
        for path, page in pages(year).items()
        if any(not each.agrees for each in page.facts.claim_checks)
    }
    assert checks == {("2011", f"{DIRECTORY}yorkshire-humber/"): [(15, 14)]}


def test_a_news_list_has_no_date_of_publication_of_its_own() -> None:
    for year in CONTACTS:
        assert {each.type for each in pages(year)["/news/"].facts.dates} == {"updated", "archived"}
