import json

import pytest

from archiver.errors import FormatError
from archiver.provenance import RULES, NoDateError, Provenance, choose_date
from archiver.records import DateSource, Grade, StatedDate
from archiver.unreplay import recover_page

ADDRESS = "http://webarchive.nationalarchives.gov.uk/20110509101621/http:/www.homeoffice.example/"
PAGE = b"""<body><div id="webArchiveInfobox">This snapshot, taken on 29/05/2011, shows web content
</div><p>Text of the page.</p>
<a href="/20110509101621/http:/www.homeoffice.example/x">x</a></body>"""


def dates(**stated: str) -> list[StatedDate]:
    return [StatedDate(DateSource[name.upper()], text, text) for name, text in stated.items()]


@pytest.mark.parametrize(
    ("stated", "timestamp", "rule"),
    [
        # The page this software was first asked for: the server fell back to another snapshot.
        (
            {"address": "20110509101621", "banner": "20110529"},
            "20110529000000",
            "banner-over-address",
        ),
        ({"address": "20110509101621", "banner": "20110509"}, "20110509101621", "address"),
        ({"address": "20110509001621", "banner": "20110508"}, "20110509001621", "address"),
        ({"address": "20110509101621", "banner": "20110507"}, "20110507000000",
         "banner-over-address"),
        ({"address": "2011", "banner": "20110529"}, "20110529000000", "banner-more-precise"),
        ({"banner": "20110529"}, "20110529000000", "banner"),
        ({"frame": "20110529101621", "banner": "20110529", "address": "20110509101621"},
         "20110529101621", "archive-frame"),
        ({"memento": "20110530000000", "frame": "20110529101621"}, "20110530000000",
         "memento-datetime"),
        ({"list": "20110531", "memento": "20110530000000"}, "20110531000000", "list"),
        ({"warc": "20110601000000", "list": "20110531"}, "20110601000000", "warc-date"),
        ({"file": "20200101000000", "banner": "20110529"}, "20110529000000", "banner"),
        ({"file": "20200101000000"}, "20200101000000", "file-time"),
        ({"page": "20110504", "file": "20200101000000"}, "20200101000000", "file-time"),
    ],
)  # fmt: skip
def test_the_most_trusted_date_is_chosen(stated: dict[str, str], timestamp: str, rule: str) -> None:
    chosen = choose_date(dates(**stated))
    assert (chosen.timestamp, chosen.rule) == (timestamp, rule)
    assert chosen.reason == RULES[rule]


def test_dates_more_than_a_day_apart_are_a_conflict_said_in_words() -> None:
    chosen = choose_date(dates(address="20110509101621", banner="20110529"))
    assert chosen.precision == "day"
    assert chosen.conflict == "address says 20110509101621; banner says 20110529"


@pytest.mark.parametrize(
    "stated",
    [
        {"address": "20110529101621", "banner": "20110529"},
        {"address": "20110529101621", "banner": "20110530"},  # summer time, or near midnight
        {"address": "2011", "banner": "20110529"},  # a year covers the day
        {"banner": "20110529", "file": "20240101000000"},  # saved years later: no disagreement
        {"banner": "20110529", "page": "20090101"},  # written years earlier: neither
    ],
)
def test_dates_that_fit_together_are_no_conflict(stated: dict[str, str]) -> None:
    assert choose_date(dates(**stated)).conflict == ""


def test_of_one_source_the_more_precise_date_counts() -> None:
    stated = dates(frame="20110529") + dates(frame="20110529101621")
    assert choose_date(stated).timestamp == "20110529101621"


@pytest.mark.parametrize("stated", [[], dates(page="20110504"), dates(banner="20110230")])
def test_without_a_date_of_capture_none_is_made_up(stated: list[StatedDate]) -> None:
    with pytest.raises(NoDateError, match=r"pages\.csv"):
        choose_date(stated)


def test_a_provenance_comes_back_from_json_as_it_was() -> None:
    recovered = recover_page(PAGE, media_type="text/html", address=ADDRESS)
    provenance = Provenance.of(
        recovered, source_file="csp.html", source_sha256="0" * 64, stated=dates(file="2024")
    )
    assert Provenance.from_json(provenance.to_json()) == provenance
    assert provenance.chosen is not None
    assert provenance.chosen.rule == "banner-over-address"
    assert provenance.grade is Grade.RECOVERED
    assert provenance.archive == "ukgwa-2011"
    assert json.loads(provenance.to_json())["layers"][0]["timestamp"] == "20110509101621"


def test_a_page_without_a_date_has_a_provenance_without_one() -> None:
    recovered = recover_page(b"<p>Text", media_type="text/html")
    provenance = Provenance.of(recovered, source_file="a.html", source_sha256="0" * 64)
    assert provenance.chosen is None
    assert Provenance.from_json(provenance.to_json()) == provenance


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"chosen": 1}', "null"])
def test_what_is_no_provenance_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match="provenance"):
        Provenance.from_json(text)
