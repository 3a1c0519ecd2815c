"""Acts and instruments that a page cites, and where they stand as of the page's day."""

from datetime import date

import pytest

from extract.facts.records import LegalReference
from extract.page import read_page
from extract.reference.legislation import legislation_address

DAY = date(2011, 5, 9)
SITE = "https://www.legislation.gov.uk"


def cited(text: str) -> tuple[LegalReference, ...]:
    page = f"<html><body><h1>The law</h1><p>{text}</p></body></html>"
    return read_page(page.encode(), url="http://www.northshire.example/law").facts.legal


@pytest.mark.parametrize(
    ("provision", "expected"),
    [
        (None, "/ukpga/1998/37/2011-05-09"),
        ("5", "/ukpga/1998/37/section/5/2011-05-09"),
        ("5(1)", "/ukpga/1998/37/section/5/1/2011-05-09"),
        ("6(1A)", "/ukpga/1998/37/section/6/1A/2011-05-09"),
        ("17(2)(a)", "/ukpga/1998/37/section/17/2/a/2011-05-09"),
        ("5A", "/ukpga/1998/37/section/5A/2011-05-09"),
        ("Schedule 9", "/ukpga/1998/37/schedule/9/2011-05-09"),
        ("Schedule 9 paragraph 3", "/ukpga/1998/37/schedule/9/paragraph/3/2011-05-09"),
        ("nonsense", "/ukpga/1998/37/2011-05-09"),
    ],
)
def test_an_address_leads_to_the_provision_on_the_day(provision: str | None, expected: str) -> None:
    found = legislation_address("Crime and Disorder Act", 1998, None, provision, DAY)
    assert found == SITE + expected


def test_an_instrument_has_regulations_or_articles() -> None:
    title = "Crime and Disorder (Formulation and Implementation of Strategy) Regulations"
    assert (
        legislation_address(title, 2007, "SI 2007/1830", "Regulation 4(2)", DAY)
        == f"{SITE}/uksi/2007/1830/regulation/4/2/2011-05-09"
    )
    assert legislation_address(title, 2007) == f"{SITE}/uksi/2007/1830"


def test_a_printed_chapter_number_is_enough_for_an_act_no_table_knows() -> None:
    assert legislation_address("Salmon Act", 1986, "c. 62") == f"{SITE}/ukpga/1986/62"


def test_an_act_that_is_not_known_has_no_address() -> None:
    assert legislation_address("Lighthouses and Ponies Act", 1998) is None
    assert legislation_address("Crime and Disorder Act", None) is None


def test_a_law_younger_than_the_page_is_given_as_it_is_now() -> None:
    address = legislation_address("Police Reform Act", 2002, None, "97", date(2001, 1, 1))
    assert address == f"{SITE}/ukpga/2002/30/section/97"


def sections(text: str) -> dict[str, tuple[str, ...]]:
    return {f"{found.act} {found.year}": found.sections for found in cited(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Section 17 of the Crime and Disorder Act (1998) applies to all of them.", ("17",)),
        ("The 1998 Crime and Disorder Act, sections 5-7, set them up.", ("5", "6", "7")),
        ("Set up under s.17 CDA 1998 and kept since.", ("17",)),
        ("Mae adrannau 5 i 7 o Ddeddf Trosedd ac Anhrefn 1998 yn berthnasol.", ("5", "6", "7")),
        ("See section 5(1) to (3) of the Crime &amp; Disorder Act 1998.", ("5(1)", "5(2)", "5(3)")),
        (
            "section 5(1)(a) to (c) of the Crime and Disorder Act 1998",
            ("5(1)(a)", "5(1)(b)", "5(1)(c)"),
        ),
        (
            "sections 5A, 6 of, and Schedule 2 to, the Crime and Disorder Act 1998",
            ("5A", "6", "Schedule 2"),
        ),
    ],
)
def test_an_act_is_known_in_whatever_form_it_is_cited(text: str, expected: tuple[str, ...]) -> None:
    assert sections(text) == {"Crime and Disorder Act 1998": expected}


def test_a_provision_of_an_act_that_is_not_named_goes_to_no_other() -> None:
    text = "See Schedule 9 to the Police and Justice Act 2006, and sections 5 to 7 of the 1998 Act."
    assert sections(text) == {"Police and Justice Act 2006": ("Schedule 9",)}


def test_the_1998_act_is_the_one_of_that_year_named_before() -> None:
    text = (
        "The Crime and Disorder Act 1998 and the Police Reform Act 2002. Section 6 of the 1998 Act."
    )
    assert sections(text) == {"Crime and Disorder Act 1998": ("6",), "Police Reform Act 2002": ()}


def test_an_act_without_its_year_is_the_one_that_the_page_dates_elsewhere() -> None:
    text = "Section 17 of the Crime and Disorder Act. The Crime and Disorder Act 1998 is old."
    assert sections(text) == {"Crime and Disorder Act 1998": ("17",)}


def test_a_known_act_without_any_year_is_still_cited() -> None:
    assert sections("It follows from the Crime and Disorder Act.") == {
        "Crime and Disorder Act None": ()
    }
    assert sections("We shall Act. The Balancing Act is a play.") == {}


def test_a_welsh_title_of_a_known_act_is_given_in_english() -> None:
    text = "Adran 97 o Ddeddf Diwygio'r Heddlu 2002, a Deddf Cestyll Cymru 1988."
    assert sections(text) == {"Police Reform Act 2002": ("97",), "Deddf Cestyll Cymru 1988": ()}
