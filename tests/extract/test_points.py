import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.facts.emails import emails_of_href, find_emails
from extract.facts.postcodes import find_postcodes
from extract.facts.websites import find_websites, is_website_text
from extract.written import written_address


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Write to Jane.Farrow@Northshire.example.", ["jane.farrow@northshire.example"]),
        ("o'neil@northshire.example", ["o'neil@northshire.example"]),
        ("csu [at] northshire [dot] example", ["csu@northshire.example"]),
        ("csu(at)northshire.gov.uk", ["csu@northshire.gov.uk"]),
        ("jane dot farrow at northshire dot example", ["jane.farrow@northshire.example"]),
        ("crime AT northshire DOT gov DOT uk", ["crime@northshire.gov.uk"]),
        ("jane.farrow at northshire.gov.uk", ["jane.farrow@northshire.gov.uk"]),
        ("a@x.example, b@x.example", ["a@x.example", "b@x.example"]),
        # what reads like a disguise and is none
        ("contact us at www.northshire.gov.uk", []),
        ("meet at the hall dot com", []),
        ("arrive at northshire.gov.uk", []),
        ("@northshire", []),
        ("a@b", []),
    ],
)
def test_addresses_are_found_plain_and_disguised(text: str, addresses: list[str]) -> None:
    assert [email.address for email in find_emails(text)] == addresses


@pytest.mark.parametrize(
    ("href", "addresses"),
    [
        ("mailto:csu@x.example", ["csu@x.example"]),
        ("MAILTO:csu@x.example?subject=Web%20query", ["csu@x.example"]),
        ("mailto:a@x.example,b@x.example", ["a@x.example", "b@x.example"]),
        ("mailto:%63su@x.example", ["csu@x.example"]),
        ("mailto:mailto:csu@x.example", ["csu@x.example"]),
        ("mailto:Crime%20Unit%20<csu@x.example>", ["csu@x.example"]),
        ("mailto:", []),
        ("http://x.example/?q=a@b.example", []),
    ],
)
def test_addresses_are_read_from_links(href: str, addresses: list[str]) -> None:
    assert emails_of_href(href) == addresses


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("London SW1P 4DF", "SW1P 4DF"),
        ("SW1P4DF", "SW1P 4DF"),
        ("M1 1AE", "M1 1AE"),
        ("B33 8TH", "B33 8TH"),
        ("CR2 6XH", "CR2 6XH"),
        ("DN55 1PT", "DN55 1PT"),
        ("W1A 0AX", "W1A 0AX"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("GIR 0AA", "GIR 0AA"),
        ("ZA1 1XY", "ZA1 1XY"),  # the right shape in no area there is
        ("SW1P  4DF", "SW1P 4DF"),
    ],
)
def test_a_postcode_is_known_by_its_grammar(text: str, code: str) -> None:
    assert [found.code for found in find_postcodes(text)] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "E22000001",
        "section 5 6AB",
        "Q1 1AA",
        "SW1P 4DC0",
        "SW1P 4CI",  # letters that are never used there
        "sw1p 4df",
        "£S1 1AA",
        "A4 paper",
        "PDF 120KB",
    ],
)
def test_what_only_looks_like_a_postcode_is_none(text: str) -> None:
    assert find_postcodes(text) == []


def test_where_an_address_is_expected_letter_case_does_not_matter() -> None:
    assert find_postcodes("sw1p 4df", any_case=True)[0].code == "SW1P 4DF"


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("Web: www.safer-leeds.example.", ["http://www.safer-leeds.example/"]),
        ("(see http://www.x.example/a.htm).", ["http://www.x.example/a.htm"]),
        ("http:/www.x.example/a", ["http://www.x.example/a"]),  # as archives write it
        ("https://x.example", ["https://x.example/"]),
        ("csu@www.x.example", []),
        ("http://nothing", []),
    ],
)
def test_web_addresses_are_found_in_text(text: str, urls: list[str]) -> None:
    assert [website.url for website in find_websites(text)] == urls


def test_a_bare_host_counts_only_where_an_address_is_expected() -> None:
    assert find_websites("safer.leeds.gov.uk") == []
    assert find_websites("safer.leeds.gov.uk", bare=True)[0].url == "http://safer.leeds.gov.uk/"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("web site", True),
        ("Visit our website", True),
        ("www.x.example", True),
        ("Northshire Police", False),
        ("website terms", False),
    ],
)
def test_link_text_that_only_says_website(text: str, is_one: bool) -> None:
    assert is_website_text(text) is is_one


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ("document.write('<a href=\"mailto:a@x.example\">mail</a>')", "a@x.example"),
        ('document.write("a" + "&#64;" + "x.example")', "a@x.example"),
        ("var h='x.example'; document.write('a'+'@'+h);", "a@x.example"),
        ("var contact = 'a@x.example';", None),  # set, but never shown
        ("document.write(decode('@'))", None),
        ("", None),
    ],
)
def test_addresses_written_by_script(script: str, address: str | None) -> None:
    assert written_address(script) == address


@given(st.text(max_size=200))
def test_finders_never_fail_and_places_are_sound(text: str) -> None:
    places = [
        *((each.start, each.end) for each in find_emails(text)),
        *((each.start, each.end) for each in find_websites(text, bare=True)),
        *((each.start, each.end) for each in find_postcodes(text, any_case=True)),
    ]
    assert all(0 <= start < end <= len(text) for start, end in places)
    emails_of_href(text)
    written_address(text)
