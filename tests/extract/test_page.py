import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.facts.observations import Observation
from extract.facts.records import Contact, Count, records_of
from extract.page import Page, page_as_json, read_page
from tests.conftest import missing

DIRECTORY = """<html lang=en><head><title>Wells: partnerships | Northshire Council</title>
<meta name=description content="Who looks after wells."></head><body><div id=nav><a href=/>Home</a>
<a href=/jobs>Jobs</a></div><div id=main><h1>Well partnerships</h1><p class=intro>Find your local
partnership here.</p><h2>South West</h2><dl><dt>Torbay CDRP</dt>
<dd>Contact: Jane Farrow (Manager)</dd>
<dd>Tel: 01632 960111; Fax: 01632 960112</dd><dd>Address: 1 High Street, Torquay, TQ1 3DR</dd></dl>
<p>There are around 38 partnerships in the South West. See <a href="plan.pdf">the plan</a>
(PDF, 1KB) and section 5 of the Crime and Disorder Act 1998. The responsible authorities are:</p>
<ul><li>police<li>councils</ul><p>Well Unit, 020 7946 0480</p><p>Last updated 1 May 2011</p></div>
<div id=footer>Press office: 020 7946 0990</div></body></html>"""


def page(markup: str) -> Page:
    return read_page(markup.encode(), url="http://www.northshire.example/wells/", content_type=None)


def assert_quotes_hold(read: Page) -> None:
    """What an observation quotes from the text stands where it says."""
    for each in read.observations:
        if each.source == "text":
            assert each.start is not None
            assert each.end is not None
            assert read.document.text[each.start : each.end] == each.raw
        assert 0 < each.confidence <= 1


def test_a_page_is_read_whole() -> None:
    read = page(DIRECTORY)
    facts = read.facts
    assert_quotes_hold(read)
    assert facts.title == "Well partnerships"
    assert facts.summary == "Find your local partnership here."
    assert facts.language == "en"
    assert [(each.level, each.text) for each in facts.headings] == [
        (1, "Well partnerships"),
        (2, "South West"),
    ]
    assert [(each.url, each.raw) for each in facts.links] == [
        ("http://www.northshire.example/wells/plan.pdf", "plan.pdf")
    ]
    assert facts.counts == (Count("partnerships", "South West", 38, approx=True),)
    assert [each.unit for each in facts.contacts] == ["Well Unit", "Press office"]
    assert "Jobs" not in read.text
    assert 0.5 < read.coverage < 1


def test_records_are_rebuilt_from_observations_in_any_order_of_records() -> None:
    read = page(DIRECTORY)
    kept = [Observation(**json.loads(json.dumps(each._asdict()))) for each in read.observations]
    assert records_of(kept) == read.facts
    by_record: dict[tuple[str, int], list[Observation]] = {}
    for each in kept:
        by_record.setdefault((each.kind, each.record), []).append(each)
    groups = list(by_record.values())
    random.Random(7).shuffle(groups)  # noqa: S311
    assert records_of([each for group in groups for each in group]) == read.facts


def test_a_contact_of_a_partnership_knows_it_by_number() -> None:
    read = page(DIRECTORY)
    parents = {each.record: each.parent for each in read.observations if each.kind == "contact"}
    assert parents == {0: 0, 1: None, 2: None}
    assert read.facts.partnerships[0].contacts[0].person == "Jane Farrow"


def test_json_has_plain_values_and_provenance_on_request() -> None:
    read = page(DIRECTORY)
    written = json.loads(json.dumps(page_as_json(read, observations=True)))
    assert written["page"]["text"].startswith("Well partnerships\n")
    assert written["partnerships"][0]["contacts"][0]["fax"] == ["+441632960112"]
    assert len(written["observations"]) == len(read.observations)
    assert "observations" not in page_as_json(read)
    assert set(written["contacts"][0]) == {
        "organisation",
        "unit",
        "person",
        "role",
        "address",
        "postcode",
        "phone",
        "fax",
        "textphone",
        "email",
        "website",
    }


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<title>Wells | Northshire Council</title><h1>All our wells</h1>", "All our wells"),
        ("<title>Northshire Council - Wells</title><p>x", "Wells"),
        ("<title>Wells - Lanes - Home Office</title><p>x", "Wells"),
        ("<title>[ARCHIVED CONTENT] Wells</title><p>x", "Wells"),
        (
            "<title>Northshire: Home | Digging a well</title><b>Digging a well</b><p>x",
            "Digging a well",
        ),
        ("<p>x", None),
    ],
)
def test_the_title_is_the_page_s_without_the_site_s(markup: str, title: str | None) -> None:
    assert page(markup).facts.title == title


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<html lang=cy><p>The well and the lane", "cy"),
        ("<html xml:lang=en-GB><p>x", "en"),
        ("<meta http-equiv=Content-Language content=cy><p>x", "cy"),
        ("<meta name=DC.language content=eng><p>x", "en"),
        ("<p>Mae diogelwch cymunedol yn bwysig i ni ac mae eich barn wedi helpu", "cy"),
        ("<p>x", "en"),
    ],
)
def test_the_language_is_declared_or_known_by_its_small_words(markup: str, language: str) -> None:
    assert page(markup).facts.language == language


@pytest.mark.parametrize(
    ("markup", "missing"),
    [
        ("<title>Page not found</title><h1>Sorry</h1>", True),
        ("<h1>Error 404</h1>", True),
        ("<h1>Wells</h1><p>The page you want cannot be found.</p>", True),
        ("<h1>Lost property</h1><p>What was found is kept.</p>", False),
    ],
)
def test_a_page_that_says_it_is_not_there(markup: str, missing: bool) -> None:
    assert page(markup).soft_404 is missing


def test_links_to_places_in_the_page_or_to_no_page_are_left_out() -> None:
    read = page(
        "<h1>T</h1><p><a href=#a>a</a> <a href=mailto:x@y.example>b</a> <a "
        "href=javascript:c()>c</a> "
        "<a href='http://www.northshire.example/wells/#d'>d</a> <a href=/e>e</a> <a "
        "name=f>f</a></p>"
    )
    assert [each.text for each in read.facts.links] == ["e"]


def test_a_plain_text_rendering_is_read_like_a_page() -> None:
    text = (
        "This snapshot, taken on\n29/05/2011\n, shows web content acquired for preservation.\n\n"
        "Wells\n\nThere are currently 310 CSPs in England, and 22 in Wales.\n\n"
        "The responsible authorities of CSPs are:\n\n  • police \n  • local health boards (LHBs) "
        "in "
        "Wales\n\nContact Us\n\nWell Unit\n4th floor, Fry building\nHome Office\n2 Marsham Street\n"
        "London\nSW1P 4DF\n"
    )
    read = read_page(text.encode(), content_type="text/plain; charset=utf-8")
    assert_quotes_hold(read)
    assert read.facts.contacts == (
        Contact(
            organisation="Home Office",
            unit="Well Unit",
            address=("4th floor, Fry building", "2 Marsham Street", "London"),
            postcode="SW1P 4DF",
        ),
    )
    assert [each.number for each in read.facts.counts] == [310, 22]
    assert [each.name for each in read.facts.authorities] == ["police", "local health boards"]
    assert [(each.type, each.date) for each in read.facts.dates] == [("archived", "2011-05-29")]
    assert "snapshot" not in read.text


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00" * 50,
        bytes(range(128, 256)) * 40,
        b"%PDF-1.4\n%\xe2\xe3",
        b"\xff\xfe",
        b"<",
        b"\x1f\x8b",
    ],
)
def test_what_is_no_page_reads_as_one_without_facts(payload: bytes) -> None:
    read = read_page(payload)
    assert_quotes_hold(read)
    assert read.facts.contacts == ()


@settings(max_examples=150)
@given(
    st.binary(max_size=600), st.sampled_from([None, "text/html", "text/plain", "x/y; charset=z"])
)
def test_no_bytes_are_too_odd(payload: bytes, content_type: str | None) -> None:
    read = read_page(payload, url="http://www.x.example/", content_type=content_type)
    assert_quotes_hold(read)
    json.dumps(page_as_json(read))


_WORDS = st.sampled_from(
    [
        "Contact: ", "Jane Farrow", "Safer Leeds", "Stafford CDRP", "Tel: 01632 960101", "Fax",
        "01632 960102 ext 3", "x@y.example", "a at b dot example", "Home Office", "Well Unit",
        "1 High Street", "London", "SW1P 4DF", "310 CSPs in England", ", and 22 in Wales", "the",
        "responsible authorities are:", "section 5-7 of the Crime and Disorder Act 1998",
        "1998 Act", "Last updated 1 May 2011", "(PDF, 1KB)", "South West", "Chair",
        "is the community safety partnership for Torbay", "replaced North CDRP and South CDRP",
        "vacant", ":", ";", "(", ")",
    ]
)  # fmt: skip
_MARKS = st.sampled_from(
    [
        "<p>", "<br>", "<br><br>", "<li>", "<ul>", "</ul>", "<dl><dt>", "<dd>", "<tr>", "<td>",
        "<th>", "<table>", "</table>", "<h1>", "<h2>", "</h2>", "<b>", "</b>", "<td rowspan=2>",
        "<caption>", "<a href=mailto:m@n.example>", "</a>", "<a href=f.pdf>", "<div class=vcard>",
        "<i class=fn>", "<i class=tel>", "<div itemscope itemtype=Person>", "<i itemprop=name>",
        "</div>", "<nav>", "<footer>", "</footer>", " ", "\n",
        "<script type=application/ld+json>{\"name\": \"A\"}</script>",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.one_of(_WORDS, _MARKS), max_size=40).map("".join))
def test_quotes_and_records_hold_on_any_mixture_of_a_directory_s_parts(markup: str) -> None:
    read = page(markup)
    assert_quotes_hold(read)
    assert records_of(read.observations) == read.facts


@pytest.mark.parametrize(
    "payload",
    [
        b"<p>" + b" " * 1_000_000 + b"x",
        b"<p>" + b"0 1 2 3 " * 30_000,
        b"<p>" + b"a at b dot " * 30_000,
        b"<p>" + b"a: " * 50_000 + b"01632 960101",
        b"<p>" + b"Ann Lee " * 30_000 + b"01632 960101",
        b"<p>" + b"Crime and (Disorder " * 20_000 + b"Act 1998 section 5" + b", 5" * 5_000,
        b"<p>" + b"(" * 60_000 + b"01632 960101",
        b"a.b-" * 60_000 + b"@x.example",
        b"<p>in 300 partnerships " * 2_000,
        b"<style>" + b"@media x{.a{display:none}" * 10_000 + b"</style><p>x",
        b'<script type="application/ld+json">' + b'{"a":[' * 30_000 + b"</script>",
        b"<p>responsible authorities are " + b"a, " * 30_000,
        b"<p>updated " + b"1 May 1 May " * 20_000,
        b"<table>" + b"<tr><td rowspan=1000 colspan=1000>x 01632 960101" * 300,
        b"<a href=x>" * 20_000,
        b"<div>" * 200_000 + b"Tel 01632 960101",
    ],
    ids=lambda payload: payload[:24].decode(),
)
def test_input_made_to_be_slow_is_read_to_its_end(payload: bytes) -> None:
    read_page(payload, url="http://www.x.example/")


SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.mark.gold
def test_the_page_this_was_asked_for_reads_as_promised() -> None:
    source = SHARED / "seed" / "community-safety-partnerships-2011.txt"
    if not source.exists():
        missing("the page this was asked for is not beside the project (../shared/seed)")
    facts = read_page(source.read_bytes(), content_type="text/plain; charset=utf-8").facts
    assert facts.contacts == (
        Contact(
            organisation="Home Office",
            unit="Community Safety Unit",
            address=("4th floor, Fry building", "2 Marsham Street", "London"),
            postcode="SW1P 4DF",
        ),
    )
    assert [(each.number, each.where) for each in facts.counts] == [(310, "England"), (22, "Wales")]
    assert [(each.name, each.applies_to) for each in facts.authorities] == [
        ("police", None),
        ("police authorities", None),
        ("local authorities", None),
        ("fire and rescue authorities", None),
        ("local health boards", "Wales"),
        ("primary care trusts", "England"),
        ("probation", None),
    ]
    assert [(each.act, each.year, each.sections) for each in facts.legal] == [
        ("Crime and Disorder Act", 1998, ("5", "6", "7"))
    ]


def test_of_several_main_headings_the_title_decides() -> None:
    page = read_page(
        b"<title>Fire safety | Northshire</title><h1>Northshire Council</h1><h1>Fire safety</h1>"
    )
    assert page.facts.title == "Fire safety"
