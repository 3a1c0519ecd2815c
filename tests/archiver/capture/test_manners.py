import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.exchange import Cut, Exchange, Timing
from archiver.capture.manners import Came, Manners, Next, Standing
from archiver.errors import FetchError
from archiver.fetch.pace import Pace
from archiver.http import parse_head

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FINE = Came(status=200, seconds=0.1)
NOBODY = Came()  # a refused connection, or nothing in time
BROKEN = Came(status=500)


class Still(Random):
    """Dice that always show the same."""

    def __init__(self, shown: float = 0.0) -> None:
        super().__init__(0)
        self.shown = shown

    def random(self) -> float:
        return self.shown


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - chance, not a secret


def manners(delay: float = 1.0) -> Manners:
    return Manners(Pace(delay=delay, tries=3))


def pause(found: Next, now: datetime = NOW) -> float:
    return found.standing.wait(now)


def exchange(
    response: bytes, *, cut: Cut | None = None, passing: bool = False, seconds: float = 0.1
) -> Exchange:
    parsed = parse_head(response)
    return Exchange(
        url="http://www.homeoffice.example/",
        request=b"GET / HTTP/1.1\r\n\r\n",
        asked_at=NOW,
        response=io.BytesIO(response),
        length=len(response),
        head=parsed and parsed[0],
        body_start=parsed[1] if parsed else 0,
        address="192.0.2.1",
        port=80,
        cut=cut,
        passing=passing,
        timing=Timing(last_byte=seconds),
    )


# The usual pause


@pytest.mark.parametrize(
    ("delay", "crawl_delay", "seconds", "expected"),
    [
        (1.0, None, 0.1, 1.0),
        (1.0, 10.0, 0.1, 10.0),
        (10.0, 1.0, 0.1, 10.0),
        (1.0, None, 7.0, 7.0),  # as long as it took to answer
        (1.0, None, 400.0, 30.0),  # but no longer than half a minute
        (1.0, 60.0, 400.0, 60.0),
        (0.0, 5.0, 0.1, 5.0),
        (0.0, 0.0, 7.0, 0.0),  # who asks for no delay gets none
        (0.0, None, 7.0, 0.0),
    ],
)
def test_the_pause_is_the_longest_that_anybody_asks_for(
    delay: float, crawl_delay: float | None, seconds: float, expected: float
) -> None:
    came = Came(status=200, seconds=seconds)
    found = manners(delay).after(Standing(), came, NOW, Still(), crawl_delay=crawl_delay)
    assert pause(found) == expected
    assert found.standing.delay == expected
    assert found.again_at is None


def test_a_delay_of_nothing_leaves_nothing_to_wait_for() -> None:
    found = manners(0).after(Standing(), FINE, NOW, Still(1.0))
    assert found.standing == Standing()


@given(st.integers(), st.floats(0.001, 120), st.none() | st.floats(0, 120), st.floats(0, 60))
def test_chance_adds_up_to_a_quarter_and_never_takes_away(
    seed: int, delay: float, crawl_delay: float | None, seconds: float
) -> None:
    came = Came(status=200, seconds=seconds)
    found = manners(delay).after(Standing(), came, NOW, seeded(seed), crawl_delay=crawl_delay)
    least = found.standing.delay
    assert least >= max(delay, crawl_delay or 0)
    assert least - 1e-5 <= pause(found) <= least * 1.25 + 1e-5


def test_the_same_dice_give_the_same_pauses() -> None:
    pauses = [pause(manners().after(Standing(), FINE, NOW, seeded(7))) for _ in range(2)]
    assert pauses[0] == pauses[1] > 1


# What is asked again


@pytest.mark.parametrize(
    ("came", "again"),
    [
        (Came(status=429), True),
        (Came(status=500), True),
        (Came(status=502), True),
        (Came(status=503), True),
        (Came(status=504), True),
        (Came(status=200, cut=Cut.DISCONNECT), True),
        (Came(status=200, cut=Cut.TIME), True),
        (NOBODY, True),
        (Came(status=200, cut=Cut.LENGTH), False),  # as long as we wanted it
        (Came(status=200, cut=Cut.UNSPECIFIED), False),
        (Came(passing=False), False),  # a host nobody knows
        (Came(status=501), False),
        (Came(status=505), False),
        (Came(status=404), False),
        (Came(status=403), False),
        (Came(status=301), False),
        (Came(status=200), False),
    ],
)
def test_what_may_pass_is_asked_again_until_the_tries_are_used_up(came: Came, again: bool) -> None:
    known = manners()
    first = known.after(Standing(), came, NOW, Still(), tries=1)
    assert (first.again_at is not None) is again
    if first.again_at is not None:
        assert first.again_at >= NOW + timedelta(seconds=2)
        assert first.again_at >= (first.standing.not_before or NOW)
        second = known.after(Standing(), came, NOW, Still(), tries=2)
        assert second.again_at is not None
        assert second.again_at >= NOW + timedelta(seconds=2)
    assert known.after(Standing(), came, NOW, Still(), tries=3).again_at is None


def test_one_broken_file_does_not_hold_up_its_site() -> None:
    found = manners().after(Standing(), Came(status=200, cut=Cut.DISCONNECT), NOW, Still())
    assert pause(found) == 1
    assert found.again_at == NOW + timedelta(seconds=2)
    assert found.standing.failures == 0


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (exchange(b"HTTP/1.1 200 OK\r\n\r\n", seconds=4), Came(status=200, seconds=4)),
        (exchange(b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n"),
         Came(status=503, asked=120, seconds=0.1)),
        (exchange(b"HTTP/1.1 301 Moved\r\nRetry-After: 9\r\n\r\n"),
         Came(status=301, asked=9, seconds=0.1)),
        (exchange(b"HTTP/1.1 200 OK\r\nRetry-After: 9\r\n\r\n"), Came(status=200, seconds=0.1)),
        (exchange(b"HTTP/1.1 429 No\r\nRetry-After: soon\r\n\r\n"),
         Came(status=429, seconds=0.1)),
        (exchange(b"HTTP/1.1 429 No\r\nRetry-After: 99999999999999999999 Jan 2030\r\n\r\n"),
         Came(status=429, seconds=0.1)),
        (exchange(b"", passing=True), Came(seconds=0.1)),
        (exchange(b"HTTP/1.", cut=Cut.DISCONNECT), Came(seconds=0.1, cut=Cut.DISCONNECT)),
        (exchange(b"SSH-2.0-OpenSSH_9.6\r\n"), Came(seconds=0.1, passing=False)),
    ],
)  # fmt: skip
def test_an_exchange_is_read_for_what_concerns_manners(found: Exchange, expected: Came) -> None:
    with found:
        assert Came.of(found, NOW) == expected


def test_a_question_nobody_takes_is_told_by_its_error() -> None:
    passing = FetchError("http://x.example/", "refused the connection", passing=True)
    assert Came.nothing(passing) == NOBODY
    assert not Came.nothing(FetchError("http://x.example/", "cannot be found")).worth_another


# What the server says


@pytest.mark.parametrize("status", [429, 503, 301, 302])
def test_a_server_is_left_alone_as_long_as_it_asks(status: int) -> None:
    for text in ("120", format_datetime(NOW + timedelta(minutes=2), usegmt=True)):
        head = f"HTTP/1.1 {status} X\r\nRetry-After: {text}\r\n\r\n".encode()
        with exchange(head) as found:
            after = manners(0).after(Standing(), Came.of(found, NOW), NOW, Still())
        assert pause(after) == 120
        assert not after.standing.aside


def test_what_the_server_says_stands_in_place_of_our_guess() -> None:
    worn = Standing(failures=5)
    found = manners().after(worn, Came(status=503, asked=3), NOW, Still())
    assert pause(found) == 3
    assert found.again_at == NOW + timedelta(seconds=3)


def test_no_pause_is_shorter_than_the_usual_whatever_the_server_says() -> None:
    found = manners(5).after(Standing(), Came(status=503, asked=0), NOW, Still())
    assert pause(found) == 5


@pytest.mark.parametrize("asked", [3601.0, 86400.0, 999_999_999_999.0])
def test_a_server_that_asks_for_more_than_an_hour_is_set_aside_and_reported(asked: float) -> None:
    found = manners().after(Standing(), Came(status=503, asked=asked), NOW, Still(1.0))
    assert found.standing.aside == f"manners: status 503 asks to wait {asked:.0f} seconds"
    assert pause(found) >= min(asked, 366 * 86400)  # kept for another day, and not asked before
    assert not found.standing.given_up
    assert found.again_at is not None


def test_setting_aside_ends_with_the_next_answer_and_not_with_one_under_way() -> None:
    aside = manners().after(Standing(), Came(status=503, asked=7200), NOW, Still()).standing
    late = manners().after(aside, FINE, NOW + timedelta(seconds=1), Still()).standing
    assert late.aside == aside.aside
    assert late.not_before == aside.not_before
    after = manners().after(aside, FINE, NOW + timedelta(seconds=7200), Still()).standing
    assert after.aside == ""


# Failures


def test_pauses_double_with_failures_up_to_five_minutes_and_the_breaker_opens() -> None:
    known, standing, now, pauses = manners(), Standing(), NOW, []
    while not standing.given_up:
        standing = known.after(standing, NOBODY, now, Still(), tries=1).standing
        pauses.append(standing.wait(now))
        now += timedelta(seconds=standing.wait(now))
        standing = Standing.from_text(standing.to_text())  # killed, and gone on
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 600, 600, 600, 1]
    assert standing.given_up == "manners: no answer, 11 failures in a row"


def test_back_off_has_a_bound() -> None:
    known = replace(manners(), failures=100)
    found = known.after(Standing(failures=60), NOBODY, NOW, Still(), tries=2)
    assert pause(found) == 300


def test_after_the_rest_one_answer_is_enough_to_begin_anew() -> None:
    known = manners()
    opened = known.after(Standing(failures=7), NOBODY, NOW, Still()).standing
    assert opened.on_trial
    later = NOW + timedelta(seconds=600)
    assert opened.wait(later) == 0
    closed = known.after(opened, FINE, later, Still()).standing
    assert (closed.failures, closed.openings, closed.on_trial) == (0, 0, False)
    assert closed.wait(later) == 1


def test_what_was_under_way_when_the_breaker_opened_does_not_count() -> None:
    known = manners()
    opened = known.after(Standing(failures=7), NOBODY, NOW, Still()).standing
    soon = NOW + timedelta(seconds=5)
    assert known.after(opened, NOBODY, soon, Still()).standing == opened


def test_a_page_that_is_not_found_shows_that_somebody_is_there() -> None:
    worn = Standing(failures=7)
    assert manners().after(worn, Came(status=404), NOW, Still()).standing.failures == 0
    assert manners().after(worn, Came(status=501), NOW, Still()).standing.openings == 1


def test_a_host_nobody_knows_is_given_up_without_waiting_for_it() -> None:
    known, standing, now = manners(), Standing(), NOW
    for _ in range(8):
        standing = known.after(standing, Came(passing=False), now, Still()).standing
        now += timedelta(seconds=standing.wait(now))
    assert standing.given_up == "manners: no answer, 8 failures in a row"
    assert now - NOW == timedelta(seconds=8)  # the usual pauses


def test_what_is_given_up_is_not_asked_again() -> None:
    standing = Standing(failures=10, openings=3)
    assert manners().after(standing, NOBODY, NOW, Still()).again_at is None


CAME = st.builds(
    Came,
    status=st.none() | st.sampled_from([200, 301, 404, 429, 500, 501, 503]),
    asked=st.none() | st.floats(0, 1e12),
    seconds=st.floats(0, 1e4),
    cut=st.none() | st.sampled_from(Cut),
    passing=st.booleans(),
)


@given(st.lists(st.tuples(CAME, st.floats(0, 1000)), max_size=20), st.integers())
def test_whatever_comes_the_standing_is_kept_and_no_pause_is_cut_short(
    events: list[tuple[Came, float]], seed: int
) -> None:
    known, standing, now, dice = manners(), Standing(), NOW, seeded(seed)
    for came, seconds in events:
        now += timedelta(seconds=seconds)
        found = known.after(standing, came, now, dice, tries=2, crawl_delay=2)
        assert Standing.from_text(found.standing.to_text()) == found.standing
        assert pause(found, now) >= max(2, min(came.asked or 0, 86400)) - 1e-5
        assert pause(found, now) >= standing.wait(now)
        assert found.again_at is None or found.again_at >= (found.standing.not_before or now)
        standing = found.standing
