from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.capture.message import AnswerReader, Framing
from tests.archiver.capture.answers import CHUNKED, CUT, EARLY, FAULTY, OK, UNTIL_CLOSE, WHOLE
from tests.loopback import answer


def read(
    *parts: bytes, head_limit: int = 1 << 18, close: bool = True
) -> tuple[AnswerReader, bytes]:
    reader = AnswerReader(head_limit)
    given = b"".join(map(reader.feed, parts))
    if close:
        given += reader.close()
    return reader, given


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_ends_where_its_framing_says_and_what_follows_is_surplus(name: str) -> None:
    reader, given = read(WHOLE[name] + b"HTTP/1.1", close=False)
    assert given == WHOLE[name]
    assert reader.finished
    assert reader.whole
    assert (reader.length, reader.surplus, reader.fault) == (len(given), 8, "")
    assert reader.head is not None
    assert not reader.reusable
    assert read(WHOLE[name], close=False)[0].reusable == ("rather" not in name)


@pytest.mark.parametrize("name", UNTIL_CLOSE)
def test_without_other_framing_the_end_of_the_connection_ends_the_answer(name: str) -> None:
    reader, given = read(UNTIL_CLOSE[name])
    assert given == UNTIL_CLOSE[name]
    assert given[reader.body_start :] == b"Crime"
    assert (reader.framing, reader.whole, reader.fault) == (Framing.CLOSE, True, "")
    assert not reader.reusable


@pytest.mark.parametrize("name", FAULTY)
def test_what_breaks_the_rules_is_kept_until_the_connection_ends_and_its_fault_told(
    name: str,
) -> None:
    sent, fault = FAULTY[name]
    reader, given = read(sent, b"more")
    assert given == sent + b"more"
    assert fault in reader.fault
    assert reader.whole
    assert not reader.reusable
    assert (reader.head is None) == ("HTTP" in name)


@pytest.mark.parametrize("name", CUT)
def test_what_is_missing_at_the_end_is_told(name: str) -> None:
    sent, fault = CUT[name]
    reader, given = read(sent, close=False)
    assert not reader.whole
    given += reader.close()
    assert given == sent
    assert fault in reader.fault
    assert not reader.reusable


def test_of_a_head_that_broke_off_what_came_is_read() -> None:
    reader, _ = read(OK + b"X-A: 1\r\nX-B: 2")
    assert reader.head is not None
    assert reader.head.headers.get("X-B") == "2"
    assert reader.body_start == reader.length


def test_the_last_chunk_is_enough_without_the_line_behind_it() -> None:
    sent = CHUNKED + b"5\r\nCrime\r\n0\r\n"
    reader, given = read(sent)
    assert (given, reader.whole, reader.fault, reader.reusable) == (sent, True, "", False)


# Interim answers


def test_interim_answers_are_kept_apart() -> None:
    other = b"HTTP/1.1 100\n\n"
    reader, given = read(other + EARLY + EARLY + answer(b"Crime"), close=False)
    assert reader.interim == (other, EARLY, EARLY)
    assert given == answer(b"Crime")
    assert reader.reusable


@pytest.mark.parametrize("sent", [EARLY, EARLY + EARLY[:-2], EARLY + EARLY[:-20]])
def test_an_interim_answer_alone_is_no_answer(sent: bytes) -> None:
    reader, given = read(sent)
    assert given == b""
    assert b"".join(reader.interim) == sent
    assert (reader.head, reader.whole) == (None, False)
    assert reader.fault == "an interim answer came and no other"


def test_a_switch_of_protocols_ends_the_answer_and_is_a_fault() -> None:
    sent = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"
    reader, given = read(sent + b"\x00\x00\x12", close=False)
    assert (given, reader.surplus, reader.finished) == (sent, 3, True)
    assert "switched to another protocol" in reader.fault
    assert not reader.reusable


def test_nothing_at_all_is_told_as_such() -> None:
    reader, given = read()
    assert (given, reader.head, reader.whole, reader.fault) == (b"", None, False, "nothing came")


# Using the connection again


@pytest.mark.parametrize(
    ("protocol", "connection", "reusable"),
    [
        ("HTTP/1.1", "keep-alive", True),
        ("HTTP/1.1", "Upgrade, Close", False),
        ("HTTP/1.0", "Keep-Alive", True),
        ("HTTP/1.0", "x", False),
        ("HTTP/1.0", "keep-alive, close", True),  # what it said is what it does not know
        ("HTTP/2", "keep-alive", False),
        ("HTTP/1", "keep-alive", False),
    ],
)
def test_whether_a_connection_is_used_again(protocol: str, connection: str, reusable: bool) -> None:
    sent = f"{protocol} 200 OK\r\nConnection: {connection}\r\nContent-Length: 1\r\n\r\nx"
    assert read(sent.encode(), close=False)[0].reusable == reusable


# Limits


def test_a_head_that_does_not_end_is_cut_at_the_limit() -> None:
    sent = OK + b"X-A: 1\r\n" * 100
    reader, given = read(sent, head_limit=300, close=False)
    assert given == sent[:300]
    assert (reader.finished, reader.overlong, reader.whole) == (True, True, False)
    assert reader.head is not None
    assert reader.body_start == reader.length == 300
    assert (reader.fault, reader.surplus) == ("the head passes the limit", 0)


def test_interim_answers_that_do_not_end_come_to_the_same_limit() -> None:
    reader, given = read(EARLY * 1000, head_limit=1000, close=False)
    assert reader.overlong
    assert len(b"".join(reader.interim)) + len(given) == 1000


def test_a_first_line_that_does_not_end_is_no_head() -> None:
    reader, given = read(b"HTTP/" + b"x" * 1000, head_limit=300)
    assert (len(given), reader.head, reader.overlong) == (300, None, True)


def test_a_trailer_that_does_not_end_is_cut_at_the_limit() -> None:
    sent = CHUNKED + b"5\r\nCrime\r\n0\r\n" + b"X-A: 1\r\n" * 100
    reader, given = read(sent, head_limit=300, close=False)
    assert given == sent[: sent.index(b"X-A") + 300]
    assert (reader.overlong, reader.fault) == (True, "the trailer passes the limit")


# In whatever parts it comes

PIECES = [
    *(
        answer(b"Crime"),
        EARLY,
        OK,
        CHUNKED,
        b"\r\n",
        b"\n",
        b"\r",
        b"0\r\n",
        b"5\r\nCrime",
        b"HTTP",
    ),
    *(b"Content-Length: 9\r\n", b"X-A: 1\r\n", b" two\r\n", b"3;x\r\nand\r\n", b"x", b"\xff" * 30),
    *(b"HTTP/1.0 304 Not Modified\r\n", b"Connection: keep-alive\r\n", b"<p>Crime</p>\n" * 9),
]
MESSAGES = st.one_of(
    st.sampled_from(
        [*WHOLE.values(), *UNTIL_CLOSE.values()]
        + [sent for sent, _ in (*FAULTY.values(), *CUT.values())]
    ).flatmap(lambda sent: st.sampled_from([sent, EARLY + sent, sent + b"0\r\n\r\nx"])),
    st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
)


def told(reader: AnswerReader, given: bytes) -> tuple[object, ...]:
    return (
        *(given, reader.interim, reader.head, reader.body_start, reader.framing, reader.length),
        *(reader.surplus, reader.finished, reader.overlong, reader.fault, reader.whole),
        reader.reusable,
    )


@given(
    sent=MESSAGES,
    cuts=st.lists(st.integers(0, 400), max_size=30),
    limit=st.sampled_from([20, 60, 200, 1 << 18]),
    close=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_in_whatever_parts_an_answer_comes_it_is_read_alike(
    sent: bytes, cuts: list[int], limit: int, close: bool
) -> None:
    at = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    parts = [sent[start:end] for start, end in pairwise(at)]
    whole = read(sent, head_limit=limit, close=close)
    assert told(*read(*parts, head_limit=limit, close=close)) == told(*whole)
    bytewise = read(*(bytes([byte]) for byte in sent), head_limit=limit, close=close)
    assert told(*bytewise) == told(*whole)


@given(sent=MESSAGES)
@settings(deadline=None)
def test_no_byte_is_lost_or_made(sent: bytes) -> None:
    reader, given = read(sent)
    assert len(given) + reader.surplus + sum(map(len, reader.interim)) == len(sent)
    assert b"".join(reader.interim) + given == sent[: len(sent) - reader.surplus]
