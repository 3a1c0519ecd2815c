"""A page's message as clean HTML and Markdown, and what of the page was left out of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from extract.content import block_ids, content_html, content_markdown
from extract.coverage import kept_share, region_sizes
from extract.page import Page, link_resolver, read_page

URL = "http://www.northshire.example/safety/"
ALLOWED_TEXT = "h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd table tr th td address a strong br"
ALLOWED = frozenset(ALLOWED_TEXT.split())


def read(body: str) -> Page:
    return read_page(f"<html><body>{body}</body></html>".encode(), url=URL)


def as_html(body: str) -> str:
    page = read(body)
    return content_html(page.document, link_resolver(URL, page.document.base))


def as_markdown(body: str) -> str:
    page = read(body)
    text = content_markdown(page.document, link_resolver(URL, page.document.base))
    return re.sub(r'<a id="[^"]*"></a>', "", text)


def without_ids(markup: str) -> str:
    return re.sub(r' id="b-[0-9a-f]{12}(?:-\d+)?"', "", markup)


def test_headings_paragraphs_and_addresses_keep_their_kind_and_line_breaks() -> None:
    body = "<h1>Team</h1><p>Who we <b>are</b>.<address>1 High Street<br>Northtown</address>"
    assert without_ids(as_html(body)) == (
        "<h1>Team</h1>\n<p>Who we <strong>are</strong>.</p>\n"
        "<address>1 High Street<br>\nNorthtown</address>\n"
    )
    assert as_markdown(body) == "# Team\n\nWho we **are**.\n\n1 High Street\\\nNorthtown\n"


def test_lists_stay_nested_and_numbered() -> None:
    body = "<ul><li>One<ol><li>first</li><li>second</li></ol></li><li>Two</li></ul>"
    assert without_ids(as_html(body)).replace("\n", "") == (
        "<ul><li><p>One</p><ol><li><p>first</p></li><li><p>second</p></li></ol></li>"
        "<li><p>Two</p></li></ul>"
    )
    assert as_markdown(body) == "-   One\n    1.  first\n    2.  second\n-   Two\n"


def test_two_lists_in_a_row_stay_two() -> None:
    markup = as_html("<ul><li>a</li></ul><ol><li>b</li></ol>")
    assert markup.index("</ul>") < markup.index("<ol>")


def test_a_span_is_kept_in_html_and_repeated_in_markdown() -> None:
    body = (
        "<table><tr><th>Desk</th><th>Tel</th></tr><tr><td rowspan=2>News</td><td>1</td></tr>"
        "<tr><td>2</td></tr></table>"
    )
    assert 'rowspan="2">News</td>' in as_html(body)
    assert as_markdown(body) == ("| Desk | Tel |\n| --- | --- |\n| News | 1 |\n| News | 2 |\n")


def test_links_lead_to_where_the_page_led() -> None:
    body = '<base href="/a/"><p><a href="b.htm">the <b>plan</b></a></p>'
    expected = "http://www.northshire.example/a/b.htm"
    assert f'<a href="{expected}">the <strong>plan</strong></a>' in as_html(body)
    assert as_markdown(body) == f"[the **plan**](<{expected}>)\n"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", " JaVa\tscript:alert(1)", "data:text/html,x", "vbscript:x"]
)
def test_a_link_that_runs_something_is_only_text(href: str) -> None:
    body = f'<p>See <a href="{href}">here</a> now.</p>'
    assert without_ids(as_html(body)) == "<p>See here now.</p>\n"


def test_a_mailbox_that_a_script_writes_is_a_link() -> None:
    script = "document.write('<a href=\"mailto:' + 'a' + '@b.example\">')"
    body = f"<p>Write to <script>{script}</script>.</p>"
    assert '<a href="mailto:a@b.example">a@b.example</a>' in as_html(body)


def test_furniture_scripts_and_hidden_text_are_left_out_and_counted() -> None:
    body = (
        '<div id="nav"><a href="/">Home</a></div><h1>Team</h1><p>Text of it.</p>'
        '<p style="display:none">Secret words</p><script>x()</script>'
        "<footer>Crown copyright</footer>"
    )
    assert without_ids(as_html(body)) == "<h1>Team</h1>\n<p>Text of it.</p>\n"
    document = read(body).document
    assert region_sizes(document) == {"footer": 15, "main": 15, "hidden": 12, "nav": 4}
    assert kept_share(document) == round(15 / 34, 3)


def test_coverage_is_kept_with_what_a_page_says() -> None:
    facts = read("<nav>Home</nav><h1>Team</h1>").facts
    assert facts.kept == 0.5
    assert dict(facts.regions) == {"main": 4, "nav": 4}


def test_an_id_stays_when_other_blocks_change() -> None:
    before = read("<h1>Team</h1><p>One.</p><p>Same</p><p>Same</p>").document.content
    after = read("<h2>New</h2><h1>Team</h1><p>One, changed.</p><p> Same</p><p>Same</p>").document
    ids = block_ids(before)
    later = block_ids(after.content)
    assert ids[0] == later[1]
    assert ids[1] not in later
    assert ids[2:] == later[3:]
    assert len(set(later)) == 5


def test_markup_in_text_stays_text() -> None:
    body = "<p>&lt;script&gt;alert(1)&lt;/script&gt; *not bold* [x](y) | z</p>"
    assert "<script" not in as_html(body)
    assert as_markdown(body) == (
        "\\<script\\>alert(1)\\</script\\> \\*not bold\\* \\[x\\](y) \\| z\n"
    )


def test_a_paragraph_that_opens_like_a_list_is_none() -> None:
    assert as_markdown("<p>1. Introduction</p>") == "1\\. Introduction\n"


def test_a_table_of_nothing_but_spans_costs_little() -> None:
    cells = "<td colspan=1000 rowspan=1000>x</td>" * 300
    body = f"<table><tr><th>a</th><th>b</th></tr>{f'<tr>{cells}</tr>' * 20}</table>"
    assert len(as_markdown(body)) < 10_000_000


MARKUP = st.lists(
    st.sampled_from(
        [
            "<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "<th>", "</table>",
            "<h2>", "</h2>", "<br>", "<b>", "</b>", "<a href='/x'>", "</a>",
            "<a href='javascript:x'>",
            "<dl>", "<dt>", "<dd>", "<address>", "<script>x</script>", "<td rowspan=3 colspan=2>",
            "text", " ", "a & b < c", "\"quoted\"",
        ]
    ),
    max_size=40,
)  # fmt: skip


@given(MARKUP)
def test_any_markup_becomes_well_formed_html_of_allowed_elements(parts: list[str]) -> None:
    page = read("".join(parts))
    markup = content_html(page.document, link_resolver(URL, None))
    tree = html.fragment_fromstring(markup, create_parent="div")
    assert {each.tag for each in tree.iterdescendants()} <= ALLOWED
    assert not any("javascript" in value for value in tree.xpath("//@href"))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids)) == len(page.document.content)
    assert "".join(tree.itertext()).split() == " ".join(
        block.text for block in page.document.content
    ).split() or any(
        link.start == link.end for each in page.document.content for link in each.links
    )
    content_markdown(page.document, link_resolver(URL, None))
