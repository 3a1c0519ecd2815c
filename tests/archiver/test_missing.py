from time import perf_counter

import pytest

from archiver.missing import says_missing


@pytest.mark.parametrize(
    "title",
    [
        "Page not found",
        "Northshire Council: page not found",
        "Northshire Council - 404",
        "404",
        "404 - File or directory not found.",
        "HTTP 404: Not Found",
        "Error 404--Not Found",
        "Sorry, we cannot find that page",
        "The page you requested has been moved",
        "This document is no longer available",
        "Tudalen heb ei chanfod",
        "Heb ddod o hyd i'r dudalen",
        "Ni ddaethpwyd o hyd i\u2019r dudalen",
        "Nid yw'r dudalen hon ar gael",
        "Nid yw\u2019r dudalen yn bodoli mwyach",
        "Gwall 404",
        "Ni chafwyd hyd i'r dudalen",
        "This page has gone",
        "Page unavailable",
        "Sorry, that page isn't here any more",
        "The page you want is not here",
        "The page you requested is unavailable",
        "We couldn\u2019t find what you were looking for",
        "Sorry, but we are unable to locate the page you requested",
        "The link you followed may be broken",
        "There is nothing at this address",
        "You may have mistyped the web address",
    ],
)
def test_titles_that_say_so(title: str) -> None:
    assert says_missing(title, "")
    assert says_missing("Northshire Council", title)
    assert says_missing("Cyngor", title.upper())


@pytest.mark.parametrize(
    "title",
    [
        "",
        "Lost property",
        "The Wells (Northern Shires) Regulations 2009 No. 404",
        "SI 2009/404",
        "Form 404 and how to fill it in",
        "Roads: A404 improvement",
        "What was found in the lake",
        "Pages of the year",
        "Tudalen hafan",
        "Sut i ddod o hyd i swydd",  # how to find a job
        "Gwybodaeth ar gael",
        "If you cannot find what you are looking for, ring us",
        "This page is temporarily unavailable",
        "We could not find the owner of the land",
        "The address you asked us to write to",
    ],
)
def test_titles_that_do_not(title: str) -> None:
    assert not says_missing(title, "")
    assert not says_missing("Northshire Council", title)


def test_a_long_text_has_something_else_to_say() -> None:
    text = "A page not found in the ledger was found in the well. "
    assert says_missing("", text)
    assert not says_missing("", text * 20)


@pytest.mark.parametrize(
    "part", ["page ", "404", "sorry we ", "ni ", "nid yw'r dudalen ", " ", "\n"]
)
def test_a_long_title_costs_little(part: str) -> None:
    begin = perf_counter()
    says_missing(part * 300_000, part * 300_000)
    assert perf_counter() - begin < 1
