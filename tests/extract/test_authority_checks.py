"""Responsible authorities on a page held against the law of the page's day."""

from datetime import date

import pytest

from extract.facts.authority_checks import check_authorities
from extract.facts.records import Authority
from extract.reference.authorities import authorities_in_force, authority_rules

SEED = (
    Authority("police"),
    Authority("police authorities"),
    Authority("local authorities"),
    Authority("fire and rescue authorities"),
    Authority("local health boards", "Wales"),
    Authority("primary care trusts", "England"),
    Authority("probation"),
)


def verdicts(listed: tuple[Authority, ...], on: date) -> dict[str | None, str]:
    return {
        check.listed or check.law: check.verdict
        for check in check_authorities(listed, on)
        if check.verdict != "agrees"
    }


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(1998, 9, 29), []),
        (date(1998, 9, 30), ["council", "chief officer of police"]),
        (
            date(2003, 4, 1),  # health authorities in Wales, primary care trusts a year later
            [
                "council",
                "chief officer of police",
                "police authority",
                "fire authority",
                "local health board",
            ],
        ),
        (
            date(2013, 4, 1),
            [
                "council",
                "chief officer of police",
                "fire authority",
                "local health board",
                "probation",
                "clinical commissioning group",
            ],
        ),
        (
            date(2023, 12, 20),
            [
                "council",
                "chief officer of police",
                "fire authority",
                "local health board",
                "probation",
                "integrated care board",
            ],
        ),
    ],
)
def test_the_law_has_who_was_responsible_on_a_day(day: date, kinds: list[str]) -> None:
    assert [rule.kind for rule in authorities_in_force(day)] == kinds


def test_every_rule_names_its_source() -> None:
    assert all(
        rule.source and (rule.end is None or rule.first < rule.end) for rule in authority_rules()
    )


def test_a_list_that_was_right_on_its_day_agrees_throughout() -> None:
    checks = check_authorities(SEED, date(2011, 5, 9))
    assert [check.verdict for check in checks] == ["agrees"] * 7


def test_the_same_list_two_years_later_is_out_of_date() -> None:
    assert verdicts(SEED, date(2013, 5, 9)) == {
        "police authorities": "not in force",
        "primary care trusts": "not in force",
        "clinical commissioning group": "left out",
    }


def test_a_commissioner_never_was_a_responsible_authority() -> None:
    listed = (Authority("Police and Crime Commissioner"),)
    (check,) = check_authorities(listed, date(2014, 1, 1))
    assert check.verdict == "not in force"
    assert "never named it" in check.how


def test_a_body_of_one_country_listed_for_both_applies_elsewhere() -> None:
    assert verdicts((Authority("Local Health Boards"),), date(2011, 5, 9)) == {
        "Local Health Boards": "applies elsewhere"
    }


def test_health_stands_for_whichever_body_it_was_then() -> None:
    listed = (Authority("health"), Authority("police"), Authority("council"))
    assert "health" not in verdicts(listed, date(2011, 5, 9))
    assert verdicts(listed, date(2001, 1, 1)) == {"health": "not in force"}


def test_a_list_for_one_country_need_not_name_the_bodies_of_the_other() -> None:
    listed = tuple(Authority(found.name, "England") for found in SEED[:4] + SEED[5:])
    assert verdicts(listed, date(2011, 5, 9)) == {}


def test_a_page_without_a_list_is_not_checked() -> None:
    assert check_authorities((), date(2011, 5, 9)) == ()
