"""Comparisons of the gold pairs and sites: the gold is whole, and the engine held to it."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from extract.blocks import html_blocks
from extract.compare.units import units_of
from extract.decode import decode
from tests.gold import forms
from tests.gold.comparisons import SETS, Score, score_pair, score_set, score_site
from tests.gold.test_pages import DRAMA

PAIRS = sorted(SETS.glob("*/pairs/*"))
SITES = sorted(SETS.glob("*/sites/*"))
each_pair = pytest.mark.parametrize("case", PAIRS, ids=[case.name for case in PAIRS])
each_site = pytest.mark.parametrize("case", SITES, ids=[case.name for case in SITES])
CONTENT = (
    *("added", "removed", "changed", "moved", "links_added", "links_removed"),
    *("links_retargeted", "contacts_changed", "counts_changed"),
)
SITE_KINDS = {"added", "removed", "changed", "unchanged", "moved", "not_captured"}


def gold_of(case: Path) -> dict[str, Any]:
    return dict(json.loads((case / "gold.json").read_text(encoding="utf-8")))


def text_of(page: Path) -> str:
    document = html_blocks(decode(page.read_bytes(), None).text)
    return forms.plain(" ".join(unit.text for unit in units_of(document)))


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


@each_pair
def test_the_gold_of_a_pair_tells_what_stands_on_its_pages(case: Path) -> None:
    gold = gold_of(case)
    assert gold["case"] == case.name
    assert set(gold) - {"page_state", "may_moved"} == {
        *("case", "url", "old_timestamp", "new_timestamp", "note", "must_not", "may"),
        *CONTENT,
    }
    old, new = (text_of(case / f"{side}.html") for side in ("old", "new"))
    for text in (*gold["removed"], *(each["from"] for each in gold["changed"])):
        assert forms.plain(text) in old
    for text in (*gold["added"], *(each["to"] for each in gold["changed"])):
        assert forms.plain(text) in new
    for text in (*gold["moved"], *gold.get("may_moved", ())):
        assert forms.plain(text) in old
    for each in gold["contacts_changed"]:
        if each["field"] == "phone":
            assert digits(each["from"]) in digits(old)
            assert digits(each["to"]) in digits(new)


@each_pair
def test_numbers_and_mailboxes_of_pairs_reach_nobody(case: Path) -> None:
    for page in (case / "old.html", case / "new.html"):
        text = text_of(page)
        assert all(each.endswith(".example") for each in re.findall(r"\w@([\w.-]+\w)", text))
        for number in re.findall(r"\(?\b0\d{2,5}\)?[ ]?\d{3,4}[ ]?\d{3,4}\b", text):
            assert DRAMA.fullmatch(forms.digits(number))


@each_site
def test_the_gold_of_a_site_names_each_address_once(case: Path) -> None:
    gold = gold_of(case)
    assert gold["case"] == case.name
    assert set(gold) == {"case", "note", *SITE_KINDS}
    named = [url for kind in SITE_KINDS - {"moved"} for url in gold[kind]]
    named += [each["from"] for each in gold["moved"]]
    assert len(named) == len(set(named))
    captured: set[str] = set()
    for side in ("old", "new"):
        with (case / side / "pages.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        captured |= {row["url"] for row in rows}
        listed = {row["file"] for row in rows} - {""}
        assert listed == {page.name for page in (case / side).glob("*.html")}
    assert {*named, *(each["to"] for each in gold["moved"])} <= captured


@pytest.mark.parametrize(
    ("name", "pairs", "false", "sites"),
    [
        ("first", 0.99, 1, 1.0),
        ("second", 0.98, 1, 1.0),
        ("third", 0.98, 1, 1.0),
        ("fourth", 0.98, 1, 1.0),
    ],
)
def test_the_gold_pairs_and_sites_are_compared(
    name: str, pairs: float, false: int, sites: float
) -> None:
    score, of_sites = score_set(SETS / name)
    assert score.recall >= pairs, score.wrong
    assert score.false <= false, score.wrong
    assert of_sites.recall >= sites, of_sites.wrong
    assert not of_sites.false, of_sites.wrong
    assert not score.noise, score.wrong


# ---------------------------------------------------------------- the scorer itself


def gold(**values: Any) -> dict[str, Any]:
    return {kind: [] for kind in CONTENT} | {"case": "c", "must_not": [], "may": []} | values


def figures(score: Score) -> tuple[float, int, int, int]:
    return score.found, score.wanted, score.false, score.noise


PHONE, OTHER = "(01632) 960 101", "01632 960102"
OLD, NEW = "Ring the desk on Mondays.", "Ring the desk on Tuesdays."


@pytest.mark.parametrize(
    ("wanted", "told", "expected"),
    [
        ({"changed": [{"from": OLD, "to": NEW}]}, {"changed": [{"from": OLD, "to": NEW}]},
         (1, 1, 0, 0)),
        # In two it is half found, and neither part is false.
        ({"changed": [{"from": OLD, "to": NEW}]}, {"removed": [OLD], "added": [NEW]},
         (0.5, 1, 0, 0)),
        ({"removed": [OLD], "added": ["Quite another thing."]},
         {"changed": [{"from": OLD, "to": "Quite another thing."}]}, (2, 2, 0, 0)),
        # Seen from the wrong side it is not found.
        ({"changed": [{"from": OLD, "to": NEW}]}, {"changed": [{"from": NEW, "to": OLD}]},
         (0, 1, 1, 0)),
        ({"must_not": ["visitor"]}, {"added": ["Visitor 12"]}, (0, 0, 1, 1)),
        ({"may": ["desk"]}, {"added": [NEW]}, (0, 0, 0, 0)),
        ({"may_moved": [OLD]}, {"moved": [OLD]}, (0, 0, 0, 0)),
        ({"contacts_changed": [{"field": "phone", "from": PHONE, "to": OTHER}]},
         {"contacts_changed": [{"field": "phone", "from": "01632 960101", "to": "01632960102"}]},
         (1, 1, 0, 0)),
        ({"counts_changed": [{"what": "wardens in the county", "from": 1, "to": 2}]},
         {"counts_changed": [{"what": "sheep", "from": 1, "to": 2}]}, (0, 1, 1, 0)),
    ],
)  # fmt: skip
def test_what_is_told_of_a_pair_is_counted(
    wanted: dict[str, Any], told: dict[str, Any], expected: tuple[float, int, int, int]
) -> None:
    assert figures(score_pair(gold(**wanted), told)) == expected


def test_what_is_told_of_a_site_is_counted() -> None:
    empty: dict[str, Any] = {kind: [] for kind in SITE_KINDS} | {"case": "s"}
    wanted = empty | {"changed": ["a"], "moved": [{"from": "b", "to": "c"}]}
    told = empty | {"changed": ["a"], "removed": ["b"], "added": ["c"]}
    assert figures(score_site(wanted, told)) == (1, 2, 2, 0)
