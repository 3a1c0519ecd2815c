"""Pages shaped to be slow for one family of rules each: time grows with their length alone."""

import time

import pytest

from extract.page import read_page

SECONDS, SECONDS_A_MEGABYTE = 2.0, 25.0  # of processor time; the usual is a twentieth
K = 1000
JSON_LD = '<script type="application/ld+json">'
CARD = "<span class=fn>x</span><span class=tel>0113 496 0101</span>"

SHAPES: dict[str, str] = {
    "half a number again and again": "<p>" + "0113 496 " * 20 * K,
    "country codes": "<p>" + "+44 " * 40 * K,
    "zeros in parentheses": "<p>" + "(0) " * 40 * K,
    "extensions": "<p>" + "0113 496 0101 ext " * 8 * K,
    "at signs": "<p>" + "@" * 150 * K,
    "a long name before an at sign": "<p>" + "a" * 200 * K + "@",
    "a disguise without end": "<p>x [at] y" + " [dot] z" * 20 * K,
    "sections": "<p>Crime and Disorder Act 1998 Section 1" + ", 1" * 50 * K,
    "nested provisions": "<p>section " + "1(" * 50 * K,
    "capitals": "<p>" + "A" * 1000 * K,
    "words that begin titles": "<p>" + "Police and " * 20 * K + "Act 1998",
    "instruments": "<p>" + "Regulations 2007 (SI 2007/" * 8 * K,
    "postcodes glued": "<p>" + "SW1A1AA" * 30 * K,
    "hosts": "<p>" + "www." * 50 * K,
    "numbers in words": "<p>" + "hundred and " * 20 * K,
    "digits with commas": "<p>" + "1," * 80 * K + " partnerships",
    "names of partnerships": "<p>" + "Northshire Community Safety Partnership " * 5 * K,
    "dates with labels": "<p>" + "Published 6 March 2013 " * 9 * K,
    "months": "<p>updated " + "May " * 50 * K,
    "labels": "<p>" + "Contact: Tel: " * 15 * K,
    "lines of an address": "<p>" + "Leeds<br>0113 496 0101<br>" * 6 * K,
    "authorities": "<ul>" + "<li>the police authority" * 6 * K,
    "cells of immense spans": "<table><tr>" + "<td colspan=999999 rowspan=999999>x" * 30 * K,
    "rows alike": "<table>" + "<tr><th>Name<th>Tel<tr><td>Leeds CSP<td>0113 496 0101" * 3 * K,
    "nested lists": "<ul><li>x" * 100 * K,
    "nested elements": "<div>" * 200 * K + "x",
    "nested tables": "<table><tr><td>" * 40 * K,
    "links never closed": "<a href=x>y" * 40 * K,
    "comments never closed": "<p>x" + "<!--" * 100 * K,
    "nothing but less-than": "<" * 300 * K,
    "character references": "&#" * 150 * K,
    "entities that expand": '<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30))
    + "]><p>&a29;x",
    "NUL": "<p>" + "\0" * 300 * K + "x",
    "UTF-7": "<meta charset=utf-7><p>" + "+ADw-script+AD4-" * 15 * K,
    "JSON-LD of lists": JSON_LD + "[" * 100 * K + "</script><p>x",
    "JSON-LD of objects": JSON_LD + '{"contactPoint":' * 50 * K + "1" + "}" * 50 * K + "</script>",
    "JSON-LD in many pieces": f'{JSON_LD}{{"@type":"Organization","name":"x"}}</script>' * 2 * K,
    "JSON-LD of quotes": JSON_LD + '"' * 200 * K + "</script><p>x",
    "itemref to itself": '<div itemscope itemtype="//schema.org/Place" itemref=a id=a>x' * 2 * K,
    "cards within cards": f"<div class=vcard>{CARD}" * 2 * K,
    "cards in a row": f"<div class=vcard>{CARD}</div>" * 2 * K,
    "one card of many numbers": f"<div class=vcard>{CARD * 3 * K}</div>",
    "styles that hide": "<style>" + ".a{display:none}" * 15 * K + "</style><p class=b>x",
    "a style never closed": "<style>display:none " + "a," * 80 * K,
    "headings": "".join(f"<h{number % 6 + 1}>x" for number in range(30 * K)),
    "titles": "<title>" + "x | " * 50 * K,
    "files": "<a href=x.pdf>Application form (PDF, 23kb)</a>" * 3 * K,
    "blanks": "<p>a" + " " * 500 * K + "b",
    "lines of preformatted text": "<pre>" + "x\n" * 60 * K,
    "addresses to resolve": "".join(f'<a href="../../{n}?a=b#c">y</a>' for n in range(10 * K)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_page_shaped_to_be_slow_is_read_in_time(name: str) -> None:
    payload = SHAPES[name].encode()
    began = time.process_time()
    page = read_page(payload, url="http://www.northshire.example/", content_type="text/html")
    seconds = time.process_time() - began
    assert seconds < SECONDS + SECONDS_A_MEGABYTE * len(payload) / 1e6
    for found in page.observations:
        if found.source == "text":
            assert page.document.text[found.start : found.end] == found.raw


@pytest.mark.parametrize(
    "payload",
    [
        b"<p>\xc0\xaf\xc0\xaf\xe0\x80\xaf script \xf0\x80\x80\xaf</p>",  # overlong: no slashes
        b"\xff\xfe<\0p\0>\0x",
        b"\xef\xbb\xbf\xff\xfe<p>x",
        b"<meta charset=utf-16><p>x",
        b"<meta charset=utf-7>+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        b"\x1b$B!!\x1b(B<meta charset=iso-2022-jp><p>x",
        b"<p>&#xD800;&#x110000;&#0;&#99999999999;",
    ],
    ids=range(7),
)
def test_bytes_of_no_or_a_feigned_charset_make_text_and_no_markup(payload: bytes) -> None:
    page = read_page(payload, content_type="text/html")
    page.text.encode()
    assert "/" not in page.text or b"/" in payload
    assert all(found.kind != "link" for found in page.observations)
