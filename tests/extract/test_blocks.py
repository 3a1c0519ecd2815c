import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.blocks import html_blocks, text_blocks
from extract.document import Document


def texts(document: Document, region: str = "main") -> list[str]:
    return [block.text for block in document.blocks if block.region == region]


def assert_sound(document: Document) -> None:
    """Every offset of a document points at what it says."""
    assert document.text == "\n".join(block.text for block in document.blocks)
    for number, block in enumerate(document.blocks):
        assert block.number == number
        assert document.text[block.start : block.end] == block.text
        for link in block.links:
            assert link.start == link.end or document.text[link.start : link.end] == link.text
        for start, end in block.bold:
            assert block.start <= start < end <= block.end
    for mark in document.marks:
        assert 0 <= mark.start <= mark.end <= len(document.text)


def test_white_space_is_folded_and_line_breaks_are_kept() -> None:
    document = html_blocks("<p>  One\n two&nbsp; <b>three</b><br> four\t</p>")
    assert texts(document) == ["One two three\nfour"]


def test_two_breaks_in_a_row_part_paragraphs() -> None:
    document = html_blocks("<td><b>A</b><br>1<br> &nbsp; <br><b>B</b><br>2")
    assert texts(document) == ["A\n1", "B\n2"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display: none'>secret</p>",
        "<p style='VISIBILITY:hidden'>secret</p>",
        "<p hidden>secret</p>",
        "<template><p>secret</p></template>",
        "<script>var a = 'secret'</script>",
        "<style>.gone, .away{color:red;display:none}</style><p class='big gone'>secret</p>",
        "<noscript>Please turn on JavaScript, secret</noscript>",
        "<noscript>Turn on scripting to see the secret</noscript>",
        "<!-- secret -->",
        "<select><option>secret</select>",
    ],
)
def test_hidden_text_is_left_out(hidden: str) -> None:
    document = html_blocks(f"<body><p>before</p>{hidden}<p>after</p>")
    assert texts(document) == ["before", "after"]


def test_a_style_sheet_for_print_hides_nothing() -> None:
    document = html_blocks("<style>@media print{.no{display:none}}</style><p class=no>shown</p>")
    assert texts(document) == ["shown"]


@pytest.mark.parametrize(
    ("end", "after"),
    [
        ("</body></html><p>two</p>", ["two"]),
        ("</HTML>\n<!-- note -->two<p>three", ["two", "three"]),
        ("</body></html>\n<!-- kept <p>by</p> an archive -->\n</html>", []),
        ("</html><html><body><p>two</p></body></html>", ["two"]),
    ],
)
def test_what_stands_behind_the_end_of_a_page_is_read(end: str, after: list[str]) -> None:
    assert texts(html_blocks(f"<html><body><p>one</p>{end}")) == ["one", *after]


def test_noscript_text_is_what_a_reader_of_the_archive_sees() -> None:
    assert texts(html_blocks("<p>a</p><noscript>Ring us instead</noscript>"))[1:] == [
        "Ring us instead"
    ]


@pytest.mark.parametrize(
    ("markup", "region"),
    [
        ("<nav><p>x</p></nav>", "nav"),
        ("<div role=navigation>x</div>", "nav"),
        ("<div id=leftNav>x</div>", "nav"),
        ("<div class='site-breadcrumb'>x</div>", "nav"),
        ("<div id=breadcrumb>x</div>", "nav"),
        ("<div id=hd>x</div>", "header"),
        ("<footer>x</footer>", "footer"),
        ("<div id=footer>x</div>", "footer"),
        ("<div id=ukgwa-header>x</div>", "archive"),
        ("<div id=webArchiveInfobox>x</div>", "archive"),
        ("<p>Skip to main content</p>", "nav"),
        ("<p>You are here: Home</p>", "nav"),
        ("<p>Back to top</p>", "nav"),
        ("<aside>x</aside>", "aside"),
        ("<div id=rightcol>x</div>", "main"),
        ("<div id=content>x</div>", "main"),
        # the words of these names promise more than they say
        ("<div class=unavigable>x</div>", "main"),
        ("<article><header>x</header></article>", "main"),
        ("<div class=hd>x</div>", "main"),  # the head of a small box, not of the page
    ],
)
def test_furniture_is_told_from_the_message(markup: str, region: str) -> None:
    document = html_blocks(f"<body><h1>Title</h1><p>Some words to begin with.</p>{markup}")
    assert document.blocks[-1].region == region


def test_an_element_named_header_that_holds_the_message_is_message() -> None:
    document = html_blocks("<div id=header><h1>Title</h1><p>One.</p><p>Two.</p></div>")
    assert texts(document) == ["Title", "One.", "Two."]


def test_links_before_the_first_heading_are_navigation_and_those_after_are_not() -> None:
    document = html_blocks(
        "<ul id=n><li><a href=/>Start</a><li><a href=/j>Jobs</a></ul><h1>Grants</h1>"
        "<ul><li><a href=/a>Wells</a><li><a href=/b>Lamps</a></ul>"
    )
    assert texts(document, "nav") == ["Start", "Jobs"]
    assert texts(document) == ["Grants", "Wells", "Lamps"]


def test_a_layout_cell_of_links_is_navigation() -> None:
    document = html_blocks(
        "<table><tr><td><a href=/>Home</a><br><a href=/g>Grants</a><br><a href=/n>News</a></td>"
        "<td><font size=5><b>Grants</b></font><br><br>The scheme pays for "
        "wardens.</td></tr></table>"
    )
    assert texts(document, "nav") == ["Home\nGrants\nNews"]
    assert texts(document) == ["Grants", "The scheme pays for wardens."]


def test_a_site_s_standing_links_are_navigation_wherever_they_stand() -> None:
    document = html_blocks(
        "<h1>T</h1><p>Words of the page.</p><p><a href=/p>Privacy</a> | <a "
        "href=/c>Copyright</a></p>"
    )
    assert texts(document, "nav") == ["Privacy | Copyright"]


def test_a_box_of_links_beside_the_text_belongs_to_the_message() -> None:
    document = html_blocks(
        "<div id=content><h1>T</h1><p>Words.</p></div><div id=rightcol><h3>Internet links</h3>"
        "<ul><li><a href='http://a.example/'>A society</a></li></ul></div>"
    )
    assert texts(document)[-1] == "A society"


def test_spans_of_a_data_table_are_resolved() -> None:
    document = html_blocks(
        "<table><tr><th>Desk</th><th>Name</th><th>Tel</th></tr>"
        "<tr><td rowspan=2>Crime</td><td>A</td><td>1</td></tr><tr><td>B</td><td>2</td></tr>"
        "<tr><td colspan=2>Duty</td><td>3</td></tr></table>"
    )
    places = {
        block.text: (block.cell.row, block.cell.column) for block in document.blocks if block.cell
    }
    assert places["B"] == (2, 1)
    assert places["2"] == (2, 2)
    assert places["3"] == (3, 2)


def test_nested_tables_dissolve_into_layout() -> None:
    document = html_blocks("<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>")
    assert [block.cell for block in document.blocks] == [None]


def test_headings_above_a_block_are_its_path() -> None:
    document = html_blocks("<h1>A</h1><h2>B</h2><p>b</p><h2>C</h2><h3>D</h3><p>d</p>")
    by_text = {block.text: block for block in document.blocks}
    assert [document.blocks[above].text for above in by_text["d"].path] == ["A", "C", "D"]


def test_a_link_that_a_break_parts_is_in_both_blocks() -> None:
    document = html_blocks("<a href=/x>one<p>two</p></a>")
    assert [link.text for block in document.blocks for link in block.links] == ["one", "two"]


def test_the_head_is_read() -> None:
    document = html_blocks(
        "<html lang=cy><head><title>A | B</title><base href='http://b.example/'>"
        "<meta name=DC.Date content='2001-02-03'></head><body>x"
    )
    assert (document.title, document.language) == ("A | B", "cy")
    assert document.base == "http://b.example/"
    assert document.meta == (("dc.date", "2001-02-03"),)


def test_a_title_nobody_closed_does_not_swallow_the_page() -> None:
    document = html_blocks("<html><head><title>Wells<body><h1>Wells</h1><p>Dig deep.</p>")
    assert texts(document) == ["Wells", "Dig deep."]


def test_an_address_written_by_script_becomes_a_link() -> None:
    document = html_blocks(
        "<p>Write: <script>var u='crime';document.write('<a href=\"mailto:'+u+'@'+"
        "'office.example'+'\">mail</a>')</script></p>"
    )
    assert [link.href for link in document.blocks[0].links] == ["mailto:crime@office.example"]


@pytest.mark.parametrize("tag", ["div", "font", "b", "span", "blockquote", "ul><li"])
def test_nesting_beyond_the_parser_s_limit_costs_markup_and_not_the_text(tag: str) -> None:
    document = html_blocks("<p>before</p>" + f"<{tag}>" * 200_000 + "after")
    assert document.problems
    assert "before" in document.text
    assert "after" in document.text


@pytest.mark.parametrize(
    "markup", ["", "   ", "\x00", "<", "<html>", "<table>", "<!DOCTYPE", "\ud800"]
)
def test_almost_nothing_is_no_problem(markup: str) -> None:
    assert_sound(html_blocks(markup))
    assert_sound(text_blocks(markup))


_TAG_NAMES = "p div b i a br td tr table th li ul dl dt dd h1 h2 nav footer span title style script"
_TAGS = st.sampled_from(_TAG_NAMES.split())
_PIECES = st.one_of(
    st.text(max_size=12),
    _TAGS.map(lambda tag: f"<{tag}>"),
    _TAGS.map(lambda tag: f"</{tag}>"),
    st.sampled_from(
        [
            "<a href='mailto:x@y.example'>",
            "<td rowspan=3 colspan=2>",
            "<div class=vcard><span class=fn>",
            "<p itemscope itemprop=x>",
            "<div hidden>",
            "<div id=nav>",
            "\n",
            " ",
        ]
    ),
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_offsets_hold_on_any_tag_soup(markup: str) -> None:
    assert_sound(html_blocks(markup))


@given(st.text(max_size=300))
def test_offsets_hold_on_any_plain_text(text: str) -> None:
    assert_sound(text_blocks(text))


def test_a_plain_rendering_is_parted_at_blank_lines_and_bullets() -> None:
    document = text_blocks(
        "Wells\n\nWe look after wells.\n\nWho digs?\n\n  • diggers \n  • divers\n\n"
        "Well Office\n1 Dale Street\nSkipton\n"
    )
    assert [(block.kind, block.text) for block in document.blocks] == [
        ("heading", "Wells"),
        ("paragraph", "We look after wells."),
        ("heading", "Who digs?"),
        ("item", "diggers"),
        ("item", "divers"),
        ("paragraph", "Well Office\n1 Dale Street\nSkipton"),
    ]


def test_an_archive_s_notice_in_plain_text_is_not_the_page_s() -> None:
    document = text_blocks(
        "This snapshot, taken on\n29/05/2011\n, shows web content acquired for preservation by the "
        "archive.\n\nWells\n\nDig deep."
    )
    assert texts(document, "archive")[0].startswith("This snapshot, taken on\n29/05/2011, shows")
    assert document.main_text == "Wells\nDig deep."


def test_a_stray_end_of_a_paragraph_is_a_break_as_in_browsers() -> None:
    document = html_blocks(
        "<div><b>Witness Unit</b></p>Tel: 1<p>One<br>two</b></p>three</br>four</div>"
    )
    assert document.text == "Witness Unit\nTel: 1\nOne\ntwo\nthree\nfour"
