import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.errors import FormatError, UrlError
from archiver.headers import Headers
from archiver.remote.heads import linked_original, original_head
from archiver.remote.holdings import RemoteArchive
from archiver.remote.lists import Listed, read_links, read_list
from archiver.timestamps import Span, parse_timestamp

BASE = "https://webarchive.example/ukgwa/"
URL = "http://www.homeoffice.example/crime/"
AT = f"{BASE}timemap/link/{URL}"
TIMEMAP = f"""<{URL}>; rel="original",
<{BASE}{URL}>; rel="timegate",
<{AT}>; rel="self"; type="application/link-format"; from="Thu, 02 Apr 2009 11:12:13 GMT",
<{BASE}20090402111213mp_/{URL}>; rel="first memento"; datetime="Thu, 02 Apr 2009 11:12:13 GMT",
<{BASE}20110509101621mp_/{URL}>;rel="memento last";datetime="Mon, 09 May 2011 10:16:21 GMT";x=","
"""


def test_a_timemap_of_links_is_read() -> None:
    found = read_list(TIMEMAP.encode(), AT)
    assert found.kind == "TimeMap (links)"
    assert found.mementos == [
        Listed("20090402111213", URL, f"{BASE}20090402111213mp_/{URL}"),
        Listed("20110509101621", URL, f"{BASE}20110509101621mp_/{URL}"),
    ]
    assert (found.more, found.faults) == ([], [])


def test_further_parts_are_told_and_other_forms_of_the_list_are_not_parts() -> None:
    text = TIMEMAP + (
        f',<{AT}?page=2>; rel="timemap"; type="application/link-format"; from="x",'
        f'</ukgwa/timemap/link/3/{URL}>; rel="timemap next",'
        f'<{BASE}timemap/json/{URL}>; rel="timemap"; type="application/json",'
        f'<{AT}>; rel="timemap"; type="application/link-format"'
    )
    found = read_list(text.encode(), AT)
    assert found.more == [f"{AT}?page=2", f"https://webarchive.example/ukgwa/timemap/link/3/{URL}"]


def test_an_address_with_commas_and_quoted_parameters_do_not_break_a_link() -> None:
    url = "http://www.homeoffice.example/a,b;c?d=<e"
    text = (
        '<http://a.example/20110509101621/http://b.example/x,y;z>; title="a \\"b\\", <c>"; '
        'rel=memento; datetime="Mon, 09 May 2011 10:16:21 GMT"'
    )
    found = read_list(text.encode(), AT)
    assert [one.url for one in found.mementos] == ["http://b.example/x,y;z"]
    assert list(read_links(f"<{url}>; rel=original")) != []


def test_an_archive_with_addresses_of_its_own_kind_is_listed_with_the_dates_it_states() -> None:
    text = (
        f'<{URL}>; rel="original",\n'
        '<https://archive.example/memento/77>; rel="memento"; '
        'datetime="Mon, 09 May 2011 10:16:21 GMT"'
    )
    found = read_list(text.encode(), AT)
    assert found.mementos == [Listed("20110509101621", URL, "https://archive.example/memento/77")]


def test_lines_that_cannot_be_read_are_told_and_the_others_are_read() -> None:
    text = TIMEMAP + ', rubbish, <http://a.example/x>; rel="memento"; datetime="soon", <'
    found = read_list(text.encode(), AT)
    assert len(found.mementos) == 2
    assert found.unread == len(found.faults) == 3


ROW = {"urlkey": "x", "timestamp": "20110509101621", "url": URL, "status": "404", "digest": "AB"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROW),  # pywb, one memento
        f"{json.dumps(ROW)}\n",
        json.dumps([ROW]),
        json.dumps(  # the Wayback Machine
            [
                ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "redirect"],
                ["x", "20110509101621", URL, "text/html", "404", "AB", "-"],
                [],
                ["resume-key"],
            ]
        ),
        f"x 20110509101621 {URL} text/html 404 AB 123",
        f" CDX N b a m s k r M S V g\nx 20110509101621 {URL} text/html 404 AB - - 1 2 a.warc.gz",
        f" CDX a b s k\n{URL} 20110509101621 404 AB",
        f"x 20110509101621 {json.dumps(ROW)}",  # CDXJ
        f"!OpenWayback-CDXJ 1.0\n20110509101621 {json.dumps(ROW)}",
    ],
)
def test_every_form_of_line_says_the_same(text: str) -> None:
    found = read_list(text.encode(), AT)
    assert found.mementos == [Listed("20110509101621", URL, "", "404", "AB")], found
    assert found.faults == []


def test_the_json_of_aggregators_is_read_with_its_parts() -> None:
    place = f"{BASE}20110509101621/{URL}"
    whole = {
        "original_uri": URL,
        "mementos": {"list": [{"datetime": "2011-05-09T10:16:21Z", "uri": place}]},
        "timemap_index": [{"uri": "/ukgwa/timemap/json/2/", "from": "x"}],
    }
    found = read_list(json.dumps(whole).encode(), AT)
    assert found.mementos == [Listed("20110509101621", URL, place)]
    assert found.more == ["https://webarchive.example/ukgwa/timemap/json/2/"]


def test_absent_values_are_empty() -> None:
    found = read_list(f"x 20110509101621 {URL} - - - -".encode(), AT)
    assert found.mementos == [Listed("20110509101621", URL)]


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><p>Nothing here",
        "<html>",
        "Not found",
        '{"error": "no"}',
        '[["a", "b"], ["c", "d"]]',
        "[" * 100_000,
        "{" + '"a":{' * 100_000,
        "\x00\x01\x02",
    ],
)
def test_what_is_no_list_is_said_to_be_none(text: str) -> None:
    with pytest.raises(FormatError):
        read_list(text.encode(), AT)


def test_an_empty_list_names_no_memento() -> None:
    assert read_list(b" \n", AT).mementos == []


@given(st.text() | st.text(alphabet='<>;,="\\ \nrelmnto[]{}:'))
def test_nonsense_is_a_list_or_none_and_never_more(text: str) -> None:
    try:
        found = read_list(text.encode("utf-8", "replace"), AT)
    except FormatError:
        return
    assert all(len(one.timestamp) == 14 for one in found.mementos)


@pytest.mark.parametrize(
    "text",
    [
        '<a>;x="' * 20_000,
        "<a>;" * 50_000,
        "," * 200_000,
        "<" * 200_000,
        '<a>;rel="memento"' + " " * 200_000,
        "<a>" + ";a=b" * 50_000,
    ],
)
def test_a_hostile_list_costs_no_more_than_a_long_one(text: str) -> None:
    read_links_of = list(read_links(text))
    assert len(read_links_of) <= len(text)


# Where an archive keeps its lists


@pytest.mark.parametrize(
    ("given", "base", "lists"),
    [
        (
            "https://webarchive.example/ukgwa",
            "https://webarchive.example/ukgwa/",
            [
                f"https://webarchive.example/ukgwa/cdx?url={URL}",
                f"https://webarchive.example/ukgwa/timemap/link/{URL}",
                f"https://webarchive.example/ukgwa/timemap/json/{URL}",
            ],
        ),
        (
            "https://web.archive.org/web/",
            "https://web.archive.org/web/",
            [
                f"https://web.archive.org/cdx/search/cdx?url={URL}",
                f"https://web.archive.org/web/timemap/link/{URL}",
                f"https://web.archive.org/web/timemap/json/{URL}",
            ],
        ),
        (
            "http://127.0.0.1:8080/coll/timemap/json/http://other.example/",
            "http://127.0.0.1:8080/coll/",
            [f"http://127.0.0.1:8080/coll/timemap/json/{URL}"],
        ),
        (
            "https://web.archive.org/cdx/search/cdx?url=other.example&output=json",
            "https://web.archive.org/web/",
            [f"https://web.archive.org/cdx/search/cdx?output=json&url={URL}"],
        ),
        (
            "http://127.0.0.1:8080/coll-cdx",
            "http://127.0.0.1:8080/coll/",
            [f"http://127.0.0.1:8080/coll-cdx?url={URL}"],
        ),
        (  # the address of a memento, pasted
            f"{BASE}20110509101621mp_/{URL}",
            BASE,
            [f"{BASE}cdx?url={URL}", f"{BASE}timemap/link/{URL}", f"{BASE}timemap/json/{URL}"],
        ),
    ],
)
def test_an_archive_is_understood_by_any_of_its_addresses(
    given: str, base: str, lists: list[str]
) -> None:
    archive = RemoteArchive.at(given)
    assert archive.base == base
    assert list(archive.lists(URL, None)) == lists


def test_dates_and_queries_are_written_so_that_a_cdx_server_reads_them() -> None:
    span = Span(parse_timestamp("2009"), parse_timestamp("2011"))
    (first, *_) = RemoteArchive.at(BASE).lists("http://www.homeoffice.example/?a=1&b", span)
    assert first == (
        f"{BASE}cdx?url=http://www.homeoffice.example/%3Fa%3D1%26b"
        "&from=20090101000000&to=20110101000000"
    )


@pytest.mark.parametrize(
    "given", ["ftp://a.example/", "https://a.example/?q=1", "", "https://a:b@a.example/"]
)
def test_what_cannot_be_an_archive_is_said_so(given: str) -> None:
    with pytest.raises(UrlError):
        RemoteArchive.at(given)


# What an archive tells of the original's head


def head(*fields: tuple[str, str], length: int = 10, coding: str = "") -> list[tuple[str, str]]:
    return original_head(Headers.of(fields), length, coding).fields


def test_marked_fields_are_the_originals_and_the_archives_own_are_left_out() -> None:
    fields = Headers.of(
        (
            ("Server", "nginx"),
            ("Content-Type", "text/html; charset=utf-8"),
            ("x-archive-orig-content-type", "text/html"),
            ("x-archive-orig-server", "Apache"),
            ("X-Archive-Orig-Set-Cookie", "a=b"),
            ("x-archive-orig-transfer-encoding", "chunked"),
            ("x-archive-orig-content-length", "10"),
            ("Memento-Datetime", "Mon, 09 May 2011 10:16:21 GMT"),
            ("x-archive-src", "a.warc.gz"),
            ("Content-Encoding", "gzip"),
        )
    )
    found = original_head(fields, 10, "gzip")
    assert found.fields == [
        ("content-type", "text/html"),
        ("server", "Apache"),
        ("Set-Cookie", "a=b"),
        ("content-length", "10"),
        ("Content-Encoding", "gzip"),
    ]
    assert found.left == ()


def test_what_is_in_doubt_is_left_out_and_told() -> None:
    fields = Headers.of((("X-Powered-By", "PHP"), ("X-Archive-Orig-Server", "Apache")))
    found = original_head(fields, 0, "")
    assert found.fields == [("Server", "Apache")]
    assert "X-Powered-By" in found.left[0]
    assert original_head(Headers(), 0, "").left == (
        "the archive does not tell the original's head",
    )
    wrong = original_head(Headers.of((("X-Archive-Orig-Content-Length", "99"),)), 10, "")
    assert wrong.fields == [("Content-Length", "10")]
    assert "99" in wrong.left[0]


@pytest.mark.parametrize(
    ("location", "original"),
    [
        ("http://www.homeoffice.example/new/", "http://www.homeoffice.example/new/"),
        ("/new/", "/new/"),
        (f"{BASE}20110509101621id_/{URL}", URL),
        (f"/ukgwa/20110509101621mp_/{URL}", URL),
    ],
)
def test_a_redirect_leads_where_the_original_led(location: str, original: str) -> None:
    assert head(("Location", location)) == [("Location", original)]
    assert head(("Location", "x"), ("X-Archive-Orig-Location", location)) == [
        ("Location", location)
    ]


def test_the_link_field_names_the_original() -> None:
    value = f'<{BASE}{URL}>; rel="timegate", <{URL}>; rel="original"'
    assert linked_original(Headers.of((("Link", value),))) == URL
    assert linked_original(Headers.of((("Link", "rubbish"),))) == ""
