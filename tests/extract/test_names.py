import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.facts.names import is_blank_value, is_person, kind_of_name, partnership_place
from extract.facts.numbers import is_approximate, read_number
from extract.labels import field_of
from extract.reference.places import (
    country_of,
    country_of_region,
    is_area,
    region_of,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Jane Farrow", "person"),
        ("Superintendent Vera Wetherlam", "person"),
        ("Mr J. O'Neil-Smith", "person"),
        ("Cllr Owen Sedgewick", "person"),
        ("Home Office", "organisation"),
        ("East Staffordshire Council", "organisation"),
        ("Avon and Somerset Constabulary", "organisation"),
        ("Government Office for London", "organisation"),
        ("Fire and Rescue Service", "organisation"),
        ("Department for Wells", "organisation"),
        ("Heddlu Gwent", "organisation"),
        ("Community Safety Unit", "unit"),
        ("Partnership Support Team", "unit"),
        ("Press office", "unit"),
        ("General enquiries", "unit"),
        ("CDRP Co-ordinator", "role"),
        ("Head of Community Safety", "role"),
        ("Chief Executive", "role"),
        ("Licensing and Safety Officer", "role"),
        ("2 Marsham Street", "address"),
        ("4th floor, Fry building", "address"),
        ("3rd Floor, Seacole Building", "address"),
        ("Town Hall", "address"),
        ("PO Box 12", "address"),
        ("Castle Road", "address"),
        ("Stafford CDRP", "partnership"),
        ("Safer Leeds", "partnership"),
        ("Northshire Safer Communities", "partnership"),
        ("Isle and Fen Community Safety Partnership", "partnership"),
        ("Partneriaeth Diogelwch Cymunedol Gwent", "partnership"),
        # nobody and nothing
        ("Cannock Chase", None),
        ("London", None),
        ("West Midlands", None),
        ("Community Safety Partnerships", None),
        ("What are community safety partnerships?", None),
        ("Contact the team", None),
        ("Email the community safety unit", None),
        ("Internet links", None),
        ("Safer Communities", None),
        ("Working together", None),
        ("Formal mergers", None),
        ("Contact Us", None),
    ],
)
def test_a_line_is_known_by_the_words_it_is_made_of(text: str, kind: str | None) -> None:
    assert kind_of_name(text) == kind


@pytest.mark.parametrize("text", ["Smith, Jane", "Farrow", "J Farrow"])
def test_where_a_person_is_expected_less_is_enough(text: str) -> None:
    assert is_person(text, expected=True)


@pytest.mark.parametrize("text", ["vacant", "Vacant", "TBC", "n/a", "-", "\u2013", "", "(vacant)"])
def test_a_value_that_says_there_is_none(text: str) -> None:
    assert is_blank_value(text)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Stafford CDRP", "Stafford"),
        ("Isle and Fen Community Safety Partnership", "Isle and Fen"),
        ("Safer Leeds", "Leeds"),
        ("Community Safety Partnership for Skipton", "Skipton"),
        ("Partneriaeth Diogelwch Cymunedol Gwent", "Gwent"),
    ],
)
def test_the_place_in_a_partnership_s_name(name: str, place: str) -> None:
    assert partnership_place(name) == place


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Tel. No:", "phone"),
        ("Telephone number", "phone"),
        ("Direct line", "phone"),
        ("Tel/Fax", "phone+fax"),
        ("Telephone and fax", "phone+fax"),
        ("Fax", "fax"),
        ("Minicom", "textphone"),
        ("E-mail address", "email"),
        ("Web site", "website"),
        ("Postcode", "postcode"),
        ("Postal address", "address"),
        ("Post", "role"),
        ("Job title", "role"),
        ("Contact name", "person"),
        ("Co-ordinator", "person"),
        ("Desk", "unit"),
        ("CDRP", "partnership"),
        ("New partnership", "partnership"),
        ("Replaces", "predecessors"),
        ("Local authority", "area"),
        ("Region", "region"),
        ("Police force", "police_force"),
        ("Ffôn", "phone"),
        ("E-bost", "email"),
        ("Cyfeiriad", "address"),
        ("Opening hours", None),
        ("Notes", None),
    ],
)
def test_labels_name_fields(label: str, field: str | None) -> None:
    assert field_of(label) == field


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("Government Office for the South West", "South West"),
        ("Yorkshire & the Humber", "Yorkshire and The Humber"),
        ("East of England", "East of England"),
        ("the North East region", "North East"),
        ("Greater London", "London"),
        ("Wales", None),
        ("Torbay", None),
    ],
)
def test_regions_under_their_many_names(text: str, region: str | None) -> None:
    assert region_of(text) == region


def test_places_know_their_kind() -> None:
    assert country_of("Cymru") == "Wales"
    assert country_of_region("South West") == "England"
    assert country_of_region("Wales") == "Wales"
    assert country_of_region("Mars") is None
    assert is_area("City of Bristol")
    assert is_area("Bristol")
    assert not is_area("Council")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("310", 310),
        ("1,310", 1310),
        ("twenty-two", 22),
        ("Forty two", 42),
        ("three hundred and ten", 310),
        ("a hundred", 100),
        ("many", None),
        ("", None),
    ],
)
def test_numbers_in_digits_and_words(text: str, number: int | None) -> None:
    assert read_number(text) == number


def test_words_that_make_a_number_rough() -> None:
    assert is_approximate("There are around ")
    assert not is_approximate("There are ")


@given(st.text(max_size=80))
def test_no_text_is_too_odd_to_be_classified(text: str) -> None:
    kind_of_name(text)
    field_of(text)
    region_of(text)
    read_number(text)
    partnership_place(text)
