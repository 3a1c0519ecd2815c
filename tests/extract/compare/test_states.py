"""What a capture is said to show: the page, or something that stands in its place."""

import pytest

from extract.blocks import html_blocks
from extract.compare.states import state_of

LONG = "<p>The board met in the moot hall and spoke of lanterns, wells and lanes.</p>" * 12
ADVERTS = "<h3>Related Searches</h3><ul><li><a href='/?q=loans'>Loans</a></li></ul>"


def state(body: str, title: str = "Lanterns") -> str:
    return state_of(html_blocks(f"<html><head><title>{title}</title></head><body>{body}</body>"))


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("<p>Buy this domain</p>" + ADVERTS + LONG, "lanterns.example"),
        ("<p>The domain name lanterns.example is for sale.</p>", "Lanterns"),
        ("<h1>lanterns.example</h1><p>This domain has expired.</p>" + LONG, ""),
        ("<p>This web page is parked free, courtesy of a registrar.</p>" + LONG, "Welcome"),
        ("<p>THIS DOMAIN MAY BE FOR SALE BY ITS OWNER!</p>" + ADVERTS + LONG, "Welcome"),
        ("<h1>It works!</h1>", ""),
        ("<p>If you see this page, the server runs.</p>", "Welcome to nginx!"),
        ("<p>This page tests the server.</p>", "Apache2 Ubuntu Default Page: It works"),
    ],
)
def test_a_domain_with_nothing_of_its_owner_on_it_is_about_something_else(
    body: str, title: str
) -> None:
    assert state(body, title) == "off-topic"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("<p>The old domain name is for sale, the board was told.</p>" + LONG, "Minutes"),
        (LONG + "<p>Cars parked by the wells are towed away.</p>", "Parking"),
        ("<p>This site is for sale: two acres by the canal.</p>", "Land for sale"),
        ("<h2>Related links</h2><p><a href='/a'>Wells</a></p>", "lanterns.example"),
        ("<h1>It works! Ten years of wardens</h1>" + LONG, ""),
    ],
)
def test_what_only_speaks_of_domains_or_parking_is_the_page(body: str, title: str) -> None:
    assert state(body, title) == "content"


@pytest.mark.parametrize(
    "body",
    [
        "<p>This page has moved to <a href='/wells/lanterns.html'>Wells</a>.</p>",
        "<p>You will be redirected in five seconds.</p>",
        "<h1>We have moved</h1><p>Please update your bookmarks: "
        "<a href='http://new.example/'>new.example</a></p>",
        "<p>Lanterns can now be found at <a href='https://new.example/'>our new website</a>.</p>",
        "<p>The content of this page is now on <a href='http://new.example/a'>another</a>.</p>",
        "<p>All guidance was moved to <a href='http://new.example/'>www.new.example</a>.</p>",
    ],
)
def test_a_page_that_says_where_it_went_leads_elsewhere(body: str) -> None:
    assert state(body) == "redirect"


@pytest.mark.parametrize(
    "body",
    [
        "<h1>This page has moved or was deleted</h1><p><a href='/'>Home page</a></p>",
        "<p>This page may have been moved to another place, or is gone. The page was not found: "
        "<a href='/map'>look for it</a>.</p>",
        "<h1>Oops</h1><p>We can't find the page you asked for. <a href='/'>Home page</a></p>",
    ],
)
def test_a_page_that_does_not_know_where_it_went_is_not_found(body: str) -> None:
    assert state(body) == "not-found"


@pytest.mark.parametrize(
    "body",
    [
        "<h1>This account has been suspended</h1><p>Write to the billing desk.</p>",
        "<h1>403 Forbidden</h1><p>You don't have permission to access /wells on this server.</p>",
        "<p>The service is temporarily unavailable.</p>",
    ],
)
def test_a_server_that_shows_no_page_shows_an_error(body: str) -> None:
    assert state(body) == "error"


@pytest.mark.parametrize(
    "body",
    [
        # Who moves house says to where.
        "<h1>We have moved</h1><p>Find us at our new address: 2 Canal Road, Fenby, FQ1 5DT. "
        "<a href='http://map.example/'>Map</a></p>",
        "<p>The site is now open from dawn. <a href='http://map.example/'>Map</a></p>",
        "<p>See our new website soon.</p>",  # and nothing to follow
        "<p>You can find the plan on <a href='http://new.example/'>our new site</a>.</p>" + LONG,
    ],
)
def test_a_page_with_something_else_to_say_is_the_page(body: str) -> None:
    assert state(body) == "content"
