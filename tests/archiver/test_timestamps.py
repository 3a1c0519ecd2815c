from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import TimestampError
from archiver.timestamps import (
    format_timestamp,
    parse_date,
    parse_digits,
    parse_span,
    parse_timestamp,
)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2011", "20110101000000", "20111231235959"),
        ("201102", "20110201000000", "20110228235959"),
        ("201202", "20120201000000", "20120229235959"),  # a leap year
        ("20110529", "20110529000000", "20110529235959"),
        ("2011052910", "20110529100000", "20110529105959"),
        ("201105291016", "20110529101600", "20110529101659"),
        ("20110529101621", "20110529101621", "20110529101621"),
    ],
)
def test_a_shortened_timestamp_covers_all_its_seconds(text: str, first: str, last: str) -> None:
    span = parse_span(text)
    assert (format_timestamp(span.first), format_timestamp(span.last)) == (first, last)
    assert parse_timestamp(text) == span.first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "201",
        "20115",  # an odd number of digits: which part is short?
        "201105291016210",
        "20111301",  # a thirteenth month
        "20110230",  # a thirtieth of February
        "20110229",  # 2011 was no leap year
        "20110529246060",
        "0000",  # there was no year nought
        "2011 05",
        "+2011",
        "²⁰¹¹",  # digits to Python, not to an archive
        "٢٠١١",
    ],
)
def test_what_is_no_timestamp_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(TimestampError, match="write 2011, 2011-05") as caught:
        parse_timestamp(text)
    assert caught.value.text == text


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_written_moment_reads_back_to_the_second(moment: datetime) -> None:
    assert parse_timestamp(format_timestamp(moment)) == moment.replace(microsecond=0)


def test_a_moment_in_another_zone_is_written_in_utc() -> None:
    summer = timezone(timedelta(hours=1))
    assert format_timestamp(datetime(2011, 5, 29, 0, 30, tzinfo=summer)) == "20110528233000"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2011", "2011"),
        ("2011-05", "201105"),
        ("2011-05-29", "20110529"),
        ("29/05/2011", "20110529"),
        ("9/5/2011", "20110509"),  # day first, as in Britain, and no leading noughts
        ("29.05.2011", "20110529"),
        (" 20110529101621\n", "20110529101621"),
        ("2011-05-29T10:16:21Z", "20110529101621"),
        ("2011-05-29 10:16:21", "20110529101621"),  # no zone is UTC
        ("2011-05-29T11:16:21.999+01:00", "20110529101621"),
        ("20110529T101621Z", "20110529101621"),
    ],
)
def test_a_date_is_read_as_people_type_it(text: str, same: str) -> None:
    assert parse_date(text) == parse_span(same)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "05/29/2011",  # month first
        "31/04/2011",
        "29/05/11",  # which century?
        "29 May 2011",
        "2011-5-1",
        "2011/05/29/10",
        "",
        "0001-01-01T00:00:00+05:00",  # before the first moment there is
        "9999-12-31T23:59:59-05:00",
        "2011-05-29T10:16:21 Europe/London",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(TimestampError):
        parse_date(text)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        span = parse_date(text)
    except TimestampError:
        return
    assert span.first <= span.last


@pytest.mark.parametrize(
    ("digits", "first", "last"),
    [
        ("2011", "20110101000000", "20111231235959"),
        ("20110", "20110101000000", "20110930235959"),
        ("20111", "20111001000000", "20111231235959"),
        ("2011020", "20110201000000", "20110209235959"),
        ("2011022", "20110220000000", "20110228235959"),
        ("201105293", None, None),  # no hour begins with 3
        ("2011052910162", "20110529101620", "20110529101629"),
        ("2011023", None, None),
        ("201", None, None),
        ("201105291016210", None, None),
        ("٢٠١١٠", None, None),
    ],
)
def test_digits_cut_within_a_part_mean_all_that_begin_with_them(
    digits: str, first: str | None, last: str | None
) -> None:
    if first is None:
        with pytest.raises(TimestampError):
            parse_digits(digits)
    else:
        span = parse_digits(digits)
        assert (format_timestamp(span.first), format_timestamp(span.last)) == (first, last)
