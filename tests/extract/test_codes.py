"""Codes of partnerships: candidates by name and area, never more than the page says."""

import pytest

from extract.reference.codes import Code, codes_of


def codes(*names: str, areas: tuple[str, ...] = ()) -> list[str]:
    return [found.code for found in codes_of(names, areas)]


def test_a_code_comes_with_what_the_table_says_of_it() -> None:
    assert codes_of(["Safer Bath and North East Somerset Partnership"], []) == (
        Code(
            "E22000001",
            "Bath and North East Somerset",
            "Avon and Somerset",
            "South West",
            "England",
        ),
    )


@pytest.mark.parametrize(
    "name",
    [
        "Cardiff Community Safety Partnership",
        "Safer Cardiff",
        "CARDIFF CSP",
        "Partneriaeth Diogelwch Cymunedol Caerdydd",
        "Crime and Disorder Reduction Partnership for Cardiff",
    ],
)
def test_the_words_that_say_what_a_partnership_is_do_not_count(name: str) -> None:
    assert [(found.name, found.country) for found in codes_of([name], [])] == [("Cardiff", "Wales")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Safer Hull", "Kingston upon Hull, City of"),
        ("Stockton Safer Partnership", "Stockton-on-Tees"),
        ("Safer York Partnership", "City of York"),
        ("London Borough of Camden CSP", "Camden"),
    ],
)
def test_a_place_is_known_by_its_short_name(name: str, expected: str) -> None:
    assert [found.name for found in codes_of([name], [])] == [expected]


def test_a_short_name_that_two_places_share_gives_both() -> None:
    found = {code.name for code in codes_of(["Safer Newcastle"], [])}
    assert found == {"Newcastle upon Tyne", "Newcastle-under-Lyme"}


def test_a_name_of_the_table_goes_before_the_districts_it_is_made_of() -> None:
    assert codes("North Devon CDRP", areas=("Torridge",)) == ["E22000363"]


def test_the_areas_decide_where_the_name_says_nothing() -> None:
    areas = ("South Hams District Council", "Teignbridge", "West Devon")
    assert codes("Safer Moor and Coast", areas=areas) == ["E22000364"]


def test_two_districts_in_one_name_are_looked_for_one_by_one() -> None:
    assert codes("Babergh and Mid Suffolk Community Safety Partnership") == ["E22000373"]


def test_an_area_that_several_partnerships_share_gives_them_all() -> None:
    assert len(codes("Safer Buckinghamshire")) == 4


def test_an_invented_place_has_no_code() -> None:
    assert codes("Northshire Community Safety Partnership", areas=("Westmarch",)) == []
    assert codes("", areas=("",)) == []
    assert codes("Community Safety Partnership") == []
