"""What a page is made of: when its parts were captured, and what of it is missing."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

import marsham
from archiver.markup import Use
from archiver.timestamps import parse_timestamp
from snapshots.archive import Archive
from snapshots.mementos import memento_at
from snapshots.replay.banner import Parts
from snapshots.requisites import parts_of, requisites, sheet_requisites
from tests.builders import response, warc

HOST = "http://www.homeoffice.example"
URL = f"{HOST}/crime/"
PAGE = b"""<head><base href="/a/"><link rel=stylesheet href=s.css></head><a href="/other/">link</a>
<img src=logo.png srcset="x1.png 1x, x2.png 2x"><img src=logo.png#again>
<img src=data:image/gif;base64,AA>
<script src=/never.js></script><iframe src=/frame/></iframe>
<p style="background:url(/error.png)">"""


@pytest.fixture
def held(sqlite_archive: Archive, tmp_path: Path) -> Archive:
    css = (("Content-Type", "text/css"),)
    records = [
        response(PAGE, url=URL, date="2014-03-25T12:00:00Z"),
        response(PAGE, url=URL, date="2016-03-25T12:00:00Z"),
        response(b"p{background:url(deep.png)} @import 'gone.css';", url=f"{HOST}/a/s.css",
                 date="2014-03-26T12:00:00Z", head=css),
        response(b"x", url=f"{HOST}/a/logo.png", date="2014-03-24T12:00:00Z"),
        response(b"x", url=f"{HOST}/a/logo.png", date="2014-04-30T12:00:00Z"),
        response(b"x", url=f"{HOST}/a/deep.png", date="2014-03-27T23:00:00Z"),
        response(b"<p>", url=f"{HOST}/frame/", date="2014-03-25T12:00:01Z"),
        response(b"no", url=f"{HOST}/error.png", status="404 Gone", date="2014-03-25T12:00:01Z"),
        response(b"GIF", url=f"{HOST}/a.gif", head=(("Content-Type", "image/gif"),)),
    ]  # fmt: skip
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(sqlite_archive, [tmp_path / "in.warc.gz"])
    return sqlite_archive


def parts(held: Archive, url: str = URL, at: str = "2014", **more: int) -> Parts | None:
    return parts_of(held, memento_at(held, url, parse_timestamp(at)), **more)


def test_parts_are_counted_with_the_span_of_their_dates(held: Archive) -> None:
    found = parts(held)
    # Held: the sheet, the logo of the day before, the frame, and the picture the sheet names.
    assert found == Parts(
        held=4,
        missing=3,  # the script, what the sheet imports, and the picture that was an error
        first=datetime(2014, 3, 24, 12, tzinfo=UTC),
        last=datetime(2014, 3, 27, 23, tzinfo=UTC),
    )


def test_parts_are_those_closest_to_the_page_as_replay_takes_them(held: Archive) -> None:
    found = parts(held, at="2016")
    assert found is not None
    assert found.last == datetime(2014, 4, 30, 12, tzinfo=UTC)


def test_the_look_for_parts_ends_at_its_limits_and_says_so(held: Archive) -> None:
    few = parts(held, most=2)
    assert few is not None
    assert few.cut
    assert few.held + few.missing == 2
    own = parts(held, sheet_bytes=1)  # those the page names itself
    assert own is not None
    assert own.cut
    assert (own.held, own.missing) == (3, 2)


def test_what_is_no_page_has_no_parts(held: Archive) -> None:
    assert parts(held, f"{HOST}/a.gif") is None


def test_a_page_of_a_hundred_thousand_images_is_read_no_further_than_needed() -> None:
    page = b"".join(b"<img src=/%d.png>" % number for number in range(100_000))
    assert len(requisites(page, URL, most=301)) == 301


def test_requisites_start_from_the_base_and_keep_their_use() -> None:
    found = requisites(PAGE, URL, uses=(Use.IMAGE, Use.STYLE, Use.FRAME))
    assert found == {
        f"{HOST}/a/s.css": Use.STYLE,
        f"{HOST}/a/logo.png": Use.IMAGE,
        f"{HOST}/a/x1.png": Use.IMAGE,
        f"{HOST}/a/x2.png": Use.IMAGE,
        f"{HOST}/frame/": Use.FRAME,
        f"{HOST}/error.png": Use.IMAGE,
    }
    assert sheet_requisites(b"a{b:url(../x)} c{d:url(data:x)}", f"{HOST}/a/s.css") == {
        f"{HOST}/x": Use.IMAGE
    }
