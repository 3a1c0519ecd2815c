"""The scorer of the gold pages: what is right earns, what is missed or made up costs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.gold import forms
from tests.gold.scorer import SETS, as_reading, main, score_page, score_set

STRANGER = {"person": "Nobody Atall", "phone": ["+441632960999"], "email": ["no@body.example"]}


def gold_of(stem: str) -> dict[str, Any]:
    (file,) = SETS.glob(f"shown/gold/{stem}_*.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def readings(folder: Path, half: str = "shown") -> Path:
    """A folder of perfect readings of a set."""
    for file in (SETS / half / "gold").iterdir():
        read = as_reading(json.loads(file.read_text(encoding="utf-8")))
        (folder / file.name).write_text(json.dumps(read), encoding="utf-8")
    return folder


@pytest.mark.parametrize("half", ["shown", "held"])
def test_a_perfect_answer_scores_one(half: str, tmp_path: Path) -> None:
    report = score_set(SETS / half, readings(tmp_path, half))
    assert report.overall == 1
    assert set(report.pages.values()) == {1.0}
    assert all(tally.false == tally.missed == 0 for tally in report.fields.values())
    assert not any(report.invented.values())
    assert report.invented


@pytest.mark.parametrize("half", ["shown", "held"])
def test_an_empty_answer_scores_nothing(half: str, tmp_path: Path) -> None:
    report = score_set(SETS / half, tmp_path)
    assert report.overall == 0
    assert len(report.unread) == len(report.pages) == 20


def test_every_kind_of_value_is_in_both_halves(tmp_path: Path) -> None:
    shown, held = (score_set(SETS / half, tmp_path).fields for half in ("shown", "held"))
    assert set(shown) == set(held)


def test_an_invented_contact_costs_each_of_its_values() -> None:
    gold = gold_of("s20")
    read = as_reading(gold)
    read["contacts"] = [STRANGER]
    sheet = score_page(gold, read)
    for field in ("record", "person", "phone", "email"):
        assert sheet[f"contact.{field}"].false == 1


def test_an_invented_contact_lowers_the_whole_and_is_named(tmp_path: Path) -> None:
    folder = readings(tmp_path)
    (file,) = folder.glob("s20_*.json")
    read = json.loads(file.read_text(encoding="utf-8"))
    read["contacts"] = [STRANGER]
    file.write_text(json.dumps(read), encoding="utf-8")
    report = score_set(SETS / "shown", folder)
    assert report.overall < 1
    assert report.invented[file.stem] == 1


def test_a_wrong_number_is_both_false_and_missed() -> None:
    gold = gold_of("s16")
    read = as_reading(gold)
    read["contacts"][0]["phone"] = ["+441144960417"]
    tally = score_page(gold, read)["contact.phone"]
    assert (tally.right, tally.false, tally.missed) == (0, 1, 1)


def test_a_number_without_its_extension_is_a_miss() -> None:
    gold = gold_of("s02")
    read = as_reading(gold)
    read["contacts"][2]["phone"] = ["+441632960230"]
    assert score_page(gold, read)["contact.phone"].missed == 1


def test_site_furniture_neither_earns_nor_costs() -> None:
    gold = gold_of("s03")
    read = as_reading(gold)
    without = score_page(gold, read)
    read["contacts"] += as_reading(gold | {"contacts": gold["optional"]["contacts"]})["contacts"]
    assert score_page(gold, read) == without


def test_what_may_be_left_out_may_be_given_too() -> None:
    gold = gold_of("s02")
    read = as_reading(gold)
    given = score_page(gold, read)["contact.organisation"]
    for contact in read["contacts"]:
        contact["organisation"] = None
    left_out = score_page(gold, read)["contact.organisation"]
    assert (given.right, given.missed) == (4, 0)
    assert (left_out.right, left_out.missed) == (0, 0)


def test_a_contact_moved_to_another_partnership_breaks_the_link_alone() -> None:
    gold = gold_of("s13")
    read = as_reading(gold)
    north, south, _ = read["partnerships"]
    north["contacts"], south["contacts"] = south["contacts"], north["contacts"]
    sheet = score_page(gold, read)
    assert sheet["contact.record"].missed == 0
    assert sheet["partnership.contact_link"].missed == 5


def test_forbidden_text_is_false() -> None:
    gold = gold_of("s11")
    read = as_reading(gold)
    read["page"]["text"] += " [ARCHIVED CONTENT]"
    assert score_page(gold, read)["page.text"].false == 1


@pytest.mark.parametrize("name", ["yr heddlu", "The police", "heddlu"])
def test_a_body_may_be_named_in_welsh_or_in_english(name: str) -> None:
    gold = gold_of("s05")
    read = as_reading(gold)
    read["authorities"][0]["name"] = name
    assert score_page(gold, read)["claim.authorities"].missed == 0


@pytest.mark.parametrize("name", ["Deddf Trosedd ac Anhrefn", "Crime and Disorder Act 1998"])
def test_an_act_may_be_named_in_welsh_or_in_english(name: str) -> None:
    gold = gold_of("s05")
    read = as_reading(gold)
    read["legal"][0]["act"] = name
    sheet = score_page(gold, read)
    assert sheet["claim.legal_act"].missed == sheet["claim.legal_section"].missed == 0


def test_a_false_alarm_about_a_claim_costs_and_an_agreement_does_not() -> None:
    gold = gold_of("s16")
    read = as_reading(gold)
    read["claim_checks"] = [{"claimed": 2, "agrees": True}, {"claimed": 3, "agrees": False}]
    assert score_page(gold, read)["claim.checks"].false == 1


def test_a_long_directory_weighs_no_more_than_forty_values(tmp_path: Path) -> None:
    fields = score_set(SETS / "shown", tmp_path).fields
    names = [len(gold_of(f"s{number:02}")["partnerships"]) for number in range(1, 21)]
    assert max(names) > 40
    assert fields["partnership.name"].missed == sum(min(number, 40) for number in names)


def test_the_command_prints_fields_groups_pages_and_the_whole(tmp_path: Path) -> None:
    folder = readings(tmp_path)
    done = CliRunner().invoke(main, [str(folder), "--set", str(SETS / "shown"), "--pages"])
    assert done.exit_code == 0
    for line in ("contact.phone ", "group contact ", "s20_traps_without_contact "):
        assert line in done.output
    assert done.output.endswith("overall 1.000 (20 pages)\n")


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        (forms.plain, " \u201cSafer\u201d  Bolton \u2013 ", '"safer" bolton'),
        (forms.person, "Cllr. Mrs Odile Garrowby", "odile garrowby"),
        (forms.person, "Pcora Lyddon", "pcora lyddon"),  # begins like a title, and is none
        (forms.digits, "+44 (0)113 496 0303 ext. 12", "0113 4960303 x12"),
        (forms.account, "http://www.X.example:80/a/#b", "https://www.x.example/a"),
        (forms.account, "http:/x.example/%20y", "http://x.example/%20y"),
        (forms.partnership, "The Eden Community Safety Partnership", "Eden CSPs"),
        (forms.partnership, "Eden Crime & Disorder Reduction Partnership", "eden cdrp"),
        (forms.area, "City of York Council", "York"),
        (forms.area, "London Borough of Camden", "camden"),
        (forms.region, "Government Office for the North East", "North East"),
        (forms.region, "Yorkshire & Humberside", "Yorkshire and the Humber"),
        (forms.region, "Cymru", "Wales"),
        (forms.force, "Heddlu Gwent Police", "Gwent"),
        (forms.authority, "the Fire and rescue authorities (FRAs)", "fire and rescue authority"),
        (forms.section, "ss. 5", "5"),
        (forms.section, "Sch. 9", "Schedule 9"),
        (forms.postcode, "zs1 4qt", "ZS14QT"),
        (forms.date_kind, "Last updated", "modified"),
        (forms.claimed, "o bartneriaethau", "CSPs"),
    ],
)
def test_two_ways_of_writing_a_value_are_one(
    form: Callable[[object], str], one: str, other: str
) -> None:
    assert form(one) == form(other)
