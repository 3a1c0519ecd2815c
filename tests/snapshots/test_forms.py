"""Forms and ways out of archived pages: which is a search box, where each leads, what is marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from archiver.markup import Tag, tokens
from snapshots.replay.addresses import AddressMap
from snapshots.replay.forms import is_search_form
from snapshots.replay.html import rewrite_html

HOST = "http://www.homeoffice.example"
URL = f"{HOST}/crime/index.htm"
TIME = "20110529000000"


def rewritten(page: str, prefix: str = "/web/") -> str:
    return rewrite_html(page.encode(), URL, AddressMap(TIME, prefix)).decode()


@pytest.mark.parametrize(
    ("form", "searches"),
    [
        ("<form role=search action=/x>", True),
        ("<form action=/search>", True),
        ("<form action='/search/results.aspx?lang=en'>", True),
        ("<form action='http://www.google.example/sitesearch'>", True),
        ("<form id=site-search action=/x method=post>", True),
        ("<form class='nav searchform' action=/x>", True),
        ("<form action=/chwilio>", True),
        ("<form action=/research-grants/apply>", False),
        ("<form class=research action=/x>", False),
        ("<form id=research action=/x>", False),
        ("<form action=/search method=post>", False),  # may be a job application called so
        ("<form action=/contact method=post>", False),
        ("<form>", False),
    ],
)
def test_a_search_box_is_known_by_what_its_form_says(form: str, searches: bool) -> None:
    tag = next(token for token in tokens(form) if isinstance(token, Tag))
    assert is_search_form(tag) is searches


@pytest.mark.parametrize(
    ("form", "action", "method"),
    [
        ("<form role=search action=/x>", f"/search/{TIME}/www.homeoffice.example", None),
        (
            "<form role=search method=POST action=/x>",
            f"/search/{TIME}/www.homeoffice.example",
            "get",
        ),
        ("<form role=search>", f"/search/{TIME}/www.homeoffice.example", None),
        ("<form method=post action=/send?a=1>", f"/form/{TIME}/{HOST}/send?a=1", "post"),
        ("<form method=post action=''>", f"/form/{TIME}/{URL}", "post"),
        ("<form method=post>", f"/form/{TIME}/{URL}", "post"),
        ("<form method=post action=//h.example/x>", f"/form/{TIME}/http://h.example/x", "post"),
        ("<form action=/list>", f"/web/{TIME}/{HOST}/list", None),
    ],
)  # fmt: skip
def test_a_form_leads_to_where_it_can_be_answered(
    form: str, action: str, method: str | None
) -> None:
    made = html.fragment_fromstring(rewritten(form + "<input name=q></form>"))
    assert made.get("action") == action
    assert made.get("method") == method
    assert made.get("target") == "_top"


def test_our_own_pages_are_named_with_the_host_where_archived_ones_are() -> None:
    made = html.fragment_fromstring(
        rewritten("<form role=search action=/x>", "https://archive.example/web/")
    )
    assert made.get("action") == f"https://archive.example/search/{TIME}/www.homeoffice.example"


def test_a_form_is_led_by_its_page_even_where_like_forms_were_seen_before() -> None:
    # Tags are remembered between the pages of a site; these mean another address on each.
    for page in ("/a", "/b", "/a"):
        body = rewrite_html(b"<form method=post>", HOST + page, AddressMap(TIME)).decode()
        assert f'action="/form/{TIME}/{HOST}{page}"' in body


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("<a href=http://other.example/x>", "→ other.example"),
        ("<area href=//OTHER.example:8080/>", "→ other.example:8080"),
        ("<a href=http://other.example/ title=Other>", "Other"),
        ("<a href=http://other.example/ title=''>", ""),
        ("<a href=http://homeoffice.example/>", None),  # with and without www. is one site
        ("<a href=https://www.homeoffice.example/>", None),
        ("<a href=/police/>", None),
        ("<a href=mailto:unit@other.example>", None),
        ("<a href=#top>", None),
        ("<a href=http://[::1/>", None),
        ("<link href=http://other.example/x>", None),
    ],
)
def test_a_link_to_another_site_is_marked_by_its_host(link: str, title: str | None) -> None:
    assert html.fragment_fromstring(rewritten(link)).get("title") == title


@given(st.text(max_size=60), st.sampled_from(["form role=search", "form method=post", "a"]))
def test_whatever_an_address_holds_stays_inside_its_attribute(text: str, tag: str) -> None:
    name = "href" if tag == "a" else "action"
    value = text.replace("&", "&amp;").replace('"', "&quot;")
    page = f'<div><{tag} {name}="http://h.example/{value}"><i>x</i></div>'
    made = html.fragment_fromstring(rewritten(page.encode("utf-8", "replace").decode()))
    assert [element.tag for element in made.iter()][:1] == ["div"]
    known = {"href", "action", "method", "role", "target", "title"}
    assert all(set(element.attrib) <= known for element in made.iter())
