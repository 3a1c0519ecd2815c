"""Dates as HTTP writes them, to the letter."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.httpdates import HttpDateError, parse_http_date, write_http_date

TODAY = datetime(2026, 11, 23, tzinfo=UTC)
MAY = datetime(2011, 5, 29, 10, 16, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 29 May 2011 10:16:21 GMT", MAY),
        ("Sunday, 29-May-11 10:16:21 GMT", MAY),
        ("Sun May 29 10:16:21 2011", MAY),
        ("Mon May  9 10:16:21 2011", MAY.replace(day=9)),
        ("Mon, 29 May 2011 10:16:21 GMT", MAY),  # the day of the week is not compared
        ("Sunday, 06-Nov-94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sunday, 06-Nov-76 08:49:37 GMT", datetime(2076, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sunday, 06-Nov-77 08:49:37 GMT", datetime(1977, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2017, 1, 1, tzinfo=UTC)),  # a leap second
        ("Mon, 01 Jan 0001 00:00:00 GMT", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_three_forms_are_read(text: str, moment: datetime) -> None:
    assert parse_http_date(text, today=TODAY) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "29 May 2011 10:16:21 GMT",
        "Sun, 29 May 2011 10:16:21 PDT",
        "Sun, 29 May 2011 10:16:21 UTC",
        "Sun, 29 May 2011 10:16:21 +0000",
        "Sunday, 29-May-11 10:16:21 PDT",
        "Sunday, 29-May-2011 10:16:21 GMT",
        "Sun May 29 10:16:21 2011 GMT",
        "Sun May 9 10:16:21 2011",
        "Sun, 9 May 2011 10:16:21 GMT",
        "Sun, 29 May 2011 10:16 GMT",
        "Sun, 29 May 2011 24:16:21 GMT",
        "Sun, 29 May 2011 10:16:61 GMT",
        "Sun, 30 Feb 2011 10:16:21 GMT",
        "Sun, 29 May 0000 10:16:21 GMT",
        "Fri, 31 Dec 9999 23:59:60 GMT",  # beyond the end of time
        "sun, 29 may 2011 10:16:21 gmt",
        "Sun,  29 May 2011 10:16:21 GMT",
        "Sun, 29 May 2011 10:16:21 GMT ",
        "Sun, ２９ May 2011 10:16:21 GMT",  # noqa: RUF001 - digits to Python, not to HTTP
        "2011-05-29T10:16:21Z",
    ],
)
def test_everything_else_is_no_date(text: str) -> None:
    with pytest.raises(HttpDateError, match="such as 'Sun, 29 May 2011"):
        parse_http_date(text, today=TODAY)


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_written_date_reads_back_to_the_second(moment: datetime) -> None:
    assert parse_http_date(write_http_date(moment)) == moment.replace(microsecond=0)


@given(st.text(max_size=40))
def test_no_text_is_too_odd_to_be_refused(text: str) -> None:
    with pytest.raises(HttpDateError):
        parse_http_date(text)
