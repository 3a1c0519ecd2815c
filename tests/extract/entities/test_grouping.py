"""Mentions of partnerships grouped: spellings joined, others kept apart, whatever the order."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.entities.codes import code_of, reference_of
from extract.entities.grouping import Decision, Grouping, Seen, group_partnerships
from extract.entities.mentions import PartnershipMention
from extract.entities.names import kind_named, name_key, slug_of

SITE = "northshire.example"


def seen(*mentions: PartnershipMention | str, page: str = "a", site: str = SITE) -> Seen:
    """One reading that lists partnerships, given by name or whole."""
    listed = [
        PartnershipMention(record, one) if isinstance(one, str) else one
        for record, one in enumerate(mentions)
    ]
    return Seen(site, frozenset([page]), listed)


def placed(name: str, region: str = "", **fields: object) -> PartnershipMention:
    return PartnershipMention(0, name, region=region or None, **fields)  # type: ignore[arg-type]


def keys(readings: Sequence[Seen], **decisions: Sequence[Decision]) -> dict[str, str]:
    """The key of each name, for names that stand in one region only."""
    grouping = group_partnerships(readings, **decisions)
    return {
        mention.name: grouping.key_of(mention, reading.site)
        for reading in readings
        for mention in reading.mentions
    }


def test_one_partnership_under_many_spellings_is_one() -> None:
    names = (
        "Sunderland CDRP",
        "Sunderland Crime and Disorder Reduction Partnership",
        "Sunderland Crime & Disorder Partnership (SCDRP)",
        "SUNDERLAND C.D.R.P.",
        "The Sunderland Community Safety Partnership",
        "Community Safety Partnership for Sunderland",
        "City of Sunderland CSP",
        "Safer Sunderland Partnership",
    )
    assert set(keys([seen(name, page=name) for name in names]).values()) == {"sunderland"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Newcastle-under-Lyme CSP", "Newcastle upon Tyne CSP"),
        ("North Tyneside CDRP", "South Tyneside CDRP"),
        ("Lichfield CSP", "Lichfield and Tamworth CSP"),
        ("Elmbridge CDRP", "Epsom and Ewell CDRP"),
        ("Taunton Deane CDRP", "West Somerset CDRP"),  # two districts that are one code today
    ],
)
def test_similar_names_are_kept_apart(one: str, other: str) -> None:
    found = keys([seen(one), seen(other)])
    assert found[one] != found[other]


def test_what_one_page_lists_twice_is_two_even_of_one_area() -> None:
    found = keys([seen("Sunderland CSP", "Safer Sunderland Partnership"), seen("Sunderland CDRP")])
    assert found["Sunderland CSP"] == found["Sunderland CDRP"] == "sunderland"
    assert found["Safer Sunderland Partnership"] == "safer-sunderland"


def test_two_of_one_area_do_not_keep_a_third_name_from_either() -> None:
    found = keys(
        [
            seen("Safer Sunderland Partnership", "Sunderland CSP"),
            seen("Sunderland City CDRP", page="b"),
            seen("Sunderland District CDRP", page="c"),
        ]
    )
    assert len(set(found.values())) == 2
    assert found["Sunderland City CDRP"] == found["Sunderland District CDRP"]


def test_the_same_name_in_two_regions_is_two() -> None:
    here, there = placed("Ashford CDRP", "South East"), placed("Ashford CDRP", "North West")
    grouping = group_partnerships([seen(here, page="a"), seen(there, page="b")])
    found = {grouping.key_of(here, SITE), grouping.key_of(there, SITE)}
    assert found == {"ashford-south-east", "ashford-north-west"}


def test_a_page_that_places_it_in_another_region_later_breaks_nothing() -> None:
    here, there = placed("Ashford CDRP", "South East"), placed("Ashford CDRP", "London")
    grouping = group_partnerships([seen(here), seen(there), seen("Ashford CSP", page="c")])
    assert grouping.key_of(here, SITE) == grouping.key_of(there, SITE) == "ashford"


def test_an_alias_joins_names_that_have_nothing_in_common() -> None:
    named = PartnershipMention(0, "Westmoor CSP", aliases=("Stronger Together",))
    found = keys([seen(named), seen("Stronger Together", page="b")])
    assert len(set(found.values())) == 1


def test_a_merger_keeps_the_new_partnership_apart_from_the_old_ones() -> None:
    merged = PartnershipMention(
        0,
        "Safer Sunderland Partnership",
        areas=("Sunderland",),
        predecessors=("Sunderland CDRP",),
    )
    found = keys([seen("Sunderland CDRP"), seen(merged)])
    assert found["Safer Sunderland Partnership"] != found["Sunderland CDRP"]


def test_a_former_name_of_the_same_words_is_no_predecessor() -> None:
    renamed = PartnershipMention(0, "Gateshead CSP", predecessors=("Gateshead CDRP",))
    assert keys([seen(renamed), seen("Gateshead CDRP")])["Gateshead CDRP"] == "gateshead"


def test_welsh_and_english_names_of_one_area_are_one() -> None:
    welsh = "Partneriaeth Diogelwch Cymunedol Abertawe"
    found = keys([seen("Swansea Community Safety Partnership"), seen(welsh, page="cy")])
    assert found[welsh] == "swansea"
    assert kind_named(welsh) == "CSP"


def test_a_name_that_says_only_what_it_is_belongs_to_its_site() -> None:
    name = "Community Safety Partnership"
    first, second = seen(name, site="ashdale.example"), seen(name, site="elmdale.example")
    grouping = group_partnerships([first, second])
    found = [grouping.key_of(one.mentions[0], one.site) for one in (first, second)]
    assert found == ["ashdale-example", "elmdale-example"]


def test_people_join_and_part_by_name_or_key() -> None:
    readings = [seen("Ashdale CSP"), seen("Elmdale CSP", page="b"), seen("Oakdale CSP", page="c")]
    joined = keys(readings, joined=[("ashdale", "Elmdale Community Safety Partnership")])
    assert joined["Ashdale CSP"] == joined["Elmdale CSP"] != joined["Oakdale CSP"]
    areas = [seen("Sunderland CDRP"), seen("Safer Sunderland Partnership", page="b")]
    assert len(set(keys(areas).values())) == 1
    assert len(set(keys(areas, parted=[("sunderland", "safer-sunderland")]).values())) == 2
    both = {"joined": [("Ashdale CSP", "Elmdale CSP")], "parted": [("elmdale", "ashdale")]}
    assert len(set(keys(readings, **both).values())) == 3  # who parts weighs more


def test_every_spelling_leads_to_the_key() -> None:
    grouping = group_partnerships([seen("Sunderland CDRP"), seen("Safer Sunderland", page="b")])
    assert grouping.keys["safer-sunderland"] == grouping.keys["sunderland"] == "sunderland"


def test_codes_never_overrule_the_page() -> None:
    assert code_of("Sunderland CSP") == "E22000248"
    assert code_of("Abertawe CSP") == code_of("Swansea CSP") is not None
    assert code_of("Sunderland CSP", region="South West") is None
    assert code_of("Sunderland CSP", ["Gateshead"]) is None  # name and area disagree
    assert code_of("Sunderland CSP", country="Wales") is None
    assert code_of("Elsewhere CSP") is None
    found = reference_of("E22000248")
    assert found is not None
    assert (found.name, found.region, found.police_force) == (
        "Sunderland",
        "North East",
        "Northumbria",
    )


def test_keys_hold_what_an_address_may_hold() -> None:
    assert slug_of("Tŷ Môn & Son's <b>") == "ty-mon-sons-b"
    assert slug_of("x" * 300) != slug_of("x" * 301)
    assert len(slug_of("word " * 100)) <= 80
    assert name_key("CSP") == ""


_NAMES = [
    "Sunderland CDRP",
    "Safer Sunderland Partnership",
    "Sunderland CSP",
    "Ashford CDRP",
    "Ashford CSP",
    "Gateshead CSP",
    "Community Safety Partnership",
    "Tyne CSP",
]
_MENTIONS = st.builds(
    PartnershipMention,
    st.just(0),
    st.sampled_from(_NAMES),
    st.lists(st.sampled_from(_NAMES), max_size=1).map(tuple),
    st.lists(st.sampled_from(["Sunderland", "Gateshead", "Nowhere"]), max_size=2).map(tuple),
    st.sampled_from([None, "North East", "South East"]),
    st.sampled_from([None, "England"]),
    st.none(),
    st.lists(st.sampled_from(_NAMES), max_size=1).map(tuple),
)
_SEEN = st.builds(
    Seen,
    st.sampled_from([SITE, "other.example"]),
    st.sets(st.sampled_from("abc"), min_size=1).map(frozenset),
    st.lists(_MENTIONS, min_size=1, max_size=3),
)
_PAIRS = st.lists(st.tuples(st.sampled_from(_NAMES), st.sampled_from(_NAMES)), max_size=2)


def told(grouping: Grouping, readings: Sequence[Seen]) -> list[str]:
    return [grouping.key_of(one, reading.site) for reading in readings for one in reading.mentions]


@settings(max_examples=200, deadline=None)
@given(st.lists(_SEEN, min_size=1, max_size=6), _PAIRS, _PAIRS, st.randoms())
def test_the_order_of_captures_and_decisions_does_not_matter(
    readings: list[Seen], joined: list[Decision], parted: list[Decision], chance: object
) -> None:
    first = group_partnerships(readings, joined, parted)
    mixed = list(readings)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    turned = [(other, one) for one, other in reversed(joined)]
    second = group_partnerships(mixed, turned, parted[::-1])
    assert told(first, readings) == told(second, readings)
    assert first.keys == second.keys
    assert first.codes == second.codes
