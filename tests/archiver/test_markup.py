import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.markup import (
    Comment,
    Edit,
    Raw,
    Tag,
    Use,
    apply_edits,
    attribute_text,
    page_addresses,
    read_source,
    refresh_address,
    srcset_addresses,
    tag_addresses,
    tokens,
    write_attribute,
)

PIECES = st.sampled_from(
    [
        "<", ">", "</", "<a", " href=", '"', "'", "=", "/", "<!--", "-->", "--!>", "<!", "<?", " ",
        "<script>", "</script>", "<style>", "</style", "<![CDATA[", "]]>", "<svg>", "</svg>",
        "<!--[if IE]>", "<![endif]-->", "<img src=x", " srcset='a 1x, b 2x'", "&amp;", "&#x2F;",
        " style='background:url(x)'", "\n", "x", "é", "\x00", "\xa0", "<iframe srcdoc='",
    ]
)  # fmt: skip
PAGES = st.lists(st.one_of(PIECES, st.text(st.characters(max_codepoint=255), max_size=8))).map(
    "".join
)


def tags(text: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (("/" if tag.closing else "") + tag.name, {a.name: a.value for a in tag.attributes})
        for tag in tokens(text)
        if isinstance(tag, Tag)
    ]


def addresses(text: str) -> list[tuple[str, str]]:
    return [(address.url, address.use.value) for address in page_addresses(text)]


def rewritten(text: str) -> str:
    return apply_edits(text, [found.edit("/w/" + found.url) for found in page_addresses(text)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<A HREF=x>", [("a", {"href": "x"})]),
        ("<a href=x/>", [("a", {"href": "x/"})]),  # the slash belongs to the unquoted value
        ("<a href = 'x' >", [("a", {"href": "x"})]),
        ("<a href='x'title='y'>", [("a", {"href": "x", "title": "y"})]),
        ("<a/href=x/title=y>", [("a", {"href": "x/title=y"})]),
        ("<a b/=c>", [("a", {"b": "", "=c": ""})]),
        ("<a =b>", [("a", {"=b": ""})]),
        ("<a <b='>'>", [("a", {"<b": ">"})]),
        ('<a "b">', [("a", {'"b"': ""})]),
        ("<a href=>x", [("a", {"href": ""})]),
        ("<a href=a\"b'c=d`e>", [("a", {"href": "a\"b'c=d`e"})]),
        ("<br/>", [("br", {})]),
        ("</p class=x>", [("/p", {"class": "x"})]),
        ("<1>< a></ b><>", []),
        ("<a\x00b>", [("a\x00b", {})]),
        ("<a href='x", []),  # browsers drop a tag the end of the page cuts short
        ('<p><a href="x><b title="y">', [("p", {}), ("a", {"href": "x><b title=", 'y"': ""})]),
    ],
)
def test_a_tag_is_read_as_browsers_read_it(
    text: str, expected: list[tuple[str, dict[str, str]]]
) -> None:
    assert tags(text) == expected


def test_of_a_repeated_attribute_the_first_counts() -> None:
    (tag,) = tokens("<a href=one HREF=two>")
    assert isinstance(tag, Tag)
    assert tag.get("href") == "one"
    assert [attribute.value for attribute in tag.attributes] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("<script>a<b</script>x", "a<b"),
        ("<SCRIPT>a</ScRiPt >x", "a"),
        ("<script>a</scripts>b</script>", "a</scripts>b"),
        ("<script><!-- <script> </script> --></script>", "<!-- <script> </script> -->"),
        ("<script><!-- </script> -->", "<!-- "),
        ("<script><!--><script></script>", "<!--><script>"),
        ("<style>a > b { }</style>", "a > b { }"),
        ("<title><b></title>", "<b>"),
        ("<textarea></title></textarea>", "</title>"),
        ("<plaintext></plaintext>", "</plaintext>"),
        ("<script>never closed <p>", "never closed <p>"),
    ],
)
def test_the_inside_of_some_elements_is_no_markup(text: str, inside: str) -> None:
    raw = next(token for token in tokens(text) if isinstance(token, Raw))
    assert text[raw.start : raw.end] == inside


def test_noscript_is_markup() -> None:
    assert addresses("<noscript><img src=x></noscript>") == [("x", "image")]


def test_an_svg_script_may_close_itself_and_an_html_script_may_not() -> None:
    assert tags("<svg><script href='a'/><a/></svg>")[-2:] == [("a", {}), ("/svg", {})]
    assert tags("<script/><a>") == [("script", {})]
    assert [t.name for t in tokens("<script/><a>", xml=True) if isinstance(t, Tag)] == [
        "script",
        "a",
    ]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("<!-- a -- b -->c", " a -- b "),
        ("<!-->c-->", ""),
        ("<!--->c-->", ""),
        ("<!-- a --!>c", " a "),
        ("<!-- a > b --->c", " a > b -"),
        ("<!-- a", " a"),
    ],
)
def test_a_comment_ends_where_browsers_end_it(text: str, inside: str) -> None:
    comment = next(token for token in tokens(text) if isinstance(token, Comment))
    assert text[slice(*comment.inside)] == inside


def test_markup_in_a_conditional_comment_is_found_too() -> None:
    text = "<!--[if lt IE 7]><link rel=stylesheet href=ie.css><![endif]--><img src=x>"
    assert addresses(text) == [("ie.css", "style"), ("x", "image")]
    assert "href=/w/ie.css" in rewritten(text)
    outside = [token for token in tokens(text, inside=False) if isinstance(token, Tag)]
    assert [tag.name for tag in outside] == ["img"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a href=x ping='p q'>", [("x", "link"), ("p", "ping"), ("q", "ping")]),
        ("<area href=x>", [("x", "link")]),
        ("<link rel='alternate StyleSheet' href=x>", [("x", "style")]),
        ("<link rel='shortcut icon' href=x>", [("x", "image")]),
        ("<link rel=preload as=font href=x>", [("x", "font")]),
        ("<link rel=preconnect href=//h>", [("//h", "hint")]),
        ("<link rel=next href=x>", [("x", "link")]),
        (
            "<img src=x srcset='a 1x, b 2x' longdesc=y usemap='#m'>",
            [("x", "image"), ("a", "image"), ("b", "image"), ("y", "cite")],
        ),
        ("<input type=image src=x formaction=y>", [("x", "image"), ("y", "form")]),
        ("<table background=x><td background=y>", [("x", "image"), ("y", "image")]),
        ("<video src=x poster=y><track src=z>", [("x", "media"), ("y", "image"), ("z", "media")]),
        ("<object data=x codebase=y>", [("x", "object"), ("y", "object")]),
        ("<applet archive='a.jar,b.jar'>", [("a.jar", "object"), ("b.jar", "object")]),
        ("<param name=movie value=x><param name=colour value=y>", [("x", "object")]),
        ("<meta http-equiv=Refresh content='5;url=x'>", [("x", "refresh")]),
        ("<meta name=description content='5;url=x'>", []),
        ("<base href=x>", [("x", "base")]),
        ("<blockquote cite=x>", [("x", "cite")]),
        ("<html manifest=x><head profile=y>", [("x", "manifest"), ("y", "cite")]),
        ("<svg><image xlink:href=x /><a xlink:href=y>", [("x", "image"), ("y", "link")]),
        ("<div style='background:url(&quot;x&quot;)'>", [("x", "image")]),
        ("<style>@import 'x'; a{background:url(y)}</style>", [("x", "style"), ("y", "image")]),
        ("<iframe srcdoc='&lt;img src=x&gt;'>", [("x", "image")]),
        ("<div data-src=x data-href=y>", []),
        ("<a href='\t x\n'>", [("x", "link")]),
        ("<a name=x>", []),
    ],
)
def test_every_attribute_that_holds_an_address_is_known(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert addresses(text) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<a href=x>", "<a href=/w/x>"),
        ("<a href = ' x '>", "<a href = ' /w/x '>"),
        ('<a href="?a=1&amp;b=&eacute;&c">', '<a href="/w/?a=1&amp;b=&eacute;&c">'),
        ("<img srcset='a, b 2x'>", "<img srcset='/w/a, /w/b 2x'>"),
        (
            '<p style="a:url(&#39;x&#39;);b:&eacute;">',
            '<p style="a:url(&#39;/w/x&#39;);b:&eacute;">',
        ),
        (
            "<meta http-equiv=refresh content='0; URL=x'>",
            "<meta http-equiv=refresh content='0; URL=/w/x'>",
        ),
        (
            "<iframe srcdoc='&lt;img src=&quot;x&amp;amp;y&quot;&gt;'>",
            "<iframe srcdoc='&lt;img src=&quot;/w/x&amp;amp;y&quot;&gt;'>",
        ),
    ],
)
def test_a_changed_address_leaves_everything_round_it_as_it_was(before: str, after: str) -> None:
    assert rewritten(before) == after


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("<a href=x>", "", '<a href="">'),
        ("<a href='x'>", "a'b&c", "<a href='a&#39;b&amp;c'>"),
        ('<a href="x">', 'a"b', '<a href="a&quot;b">'),
        ("<a href=x>", "a b>c", "<a href=a&#32;b&#62;c>"),
        ('<a href="x">', "\u2019", '<a href="&#8217;">'),  # not a byte in latin-1
    ],
)
def test_a_new_address_cannot_break_out_of_its_attribute(before: str, new: str, after: str) -> None:
    (address,) = page_addresses(before)
    assert apply_edits(before, [address.edit(new)]) == after


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("a&amp;b", "a&b"),
        ("&#x2f;&#47;", "//"),
        ("?a=1&copy=2&reg;=3", "?a=1&copy=2®=3"),
        ("&copy", "©"),
        ("&notit;&unknown;&", "&notit;&unknown;&"),
        ("&#128;&#0;&#xD800;&#99999999999999;", "€\ufffd\ufffd\ufffd"),
        ("java&Tab;script&colon;x", "java\tscript:x"),
    ],
)
def test_character_references_in_attributes_are_undone(raw: str, meant: str) -> None:
    assert attribute_text(raw) == meant


@given(st.text(st.characters(max_codepoint=255)), st.sampled_from(['"', "'", ""]))
def test_a_value_written_is_the_value_read(value: str, quote: str) -> None:
    text = f"<a href={quote}{write_attribute(value, quote)}{quote}>"
    (tag,) = tokens(text)
    assert isinstance(tag, Tag)
    assert tag.get("href") == value


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("a", ["a"]),
        ("a 1x,b 2x", ["a", "b"]),
        ("a,b 1x", ["a,b"]),
        ("a, b", ["a", "b"]),
        (",, a 1x ,", ["a"]),
        ("a calc(1, 2), b", ["a", "b"]),
        ("data:image/png;base64,AA== 1x, b", ["data:image/png;base64,AA==", "b"]),
        ("", []),
    ],
)
def test_a_srcset_is_split_as_the_standard_splits_it(value: str, urls: list[str]) -> None:
    assert [value[start:end] for start, end in srcset_addresses(value)] == urls


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("5; url=/x", "/x"),
        ("5;URL = '/x' tail", "/x"),
        ('0,url="/x', "/x"),
        ("1.5 /x", "/x"),
        ("5", None),
        ("5; ", None),
        ("soon; url=/x", None),
    ],
)
def test_a_refresh_is_read_as_browsers_read_it(value: str, url: str | None) -> None:
    span = refresh_address(value)
    assert (value[span[0] : span[1]] if span else None) == url


def test_an_edit_inside_a_cut_is_left_out() -> None:
    edits = [Edit(2, 3, "X"), Edit(1, 5, ""), Edit(5, 6, "Y")]
    assert apply_edits("abcdefg", edits) == "aYg"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_utf_16_page_is_read_as_text_and_comes_back_as_bytes(encoding: str) -> None:
    body = "\ufeff<a href=x>caf\u00e9</a>".encode(encoding)
    source = read_source(body)
    assert addresses(source.text) == [("x", "link")]
    assert source.encode(rewritten(source.text)) == body.replace(
        "x".encode(encoding), "/w/x".encode(encoding)
    )


def test_a_declared_utf_16_without_a_mark_is_believed() -> None:
    source = read_source("<a href=x>".encode("utf-16-le"), "UTF-16")
    assert addresses(source.text) == [("x", "link")]


@pytest.mark.parametrize("body", [b"\xff\xfea", b"\xff\xfe\x00\xd8", b"\xef\xbb\xbfx", b"\x81\xa0"])
def test_bytes_always_come_back(body: bytes) -> None:
    source = read_source(body)
    assert source.encode(source.text) == body


@given(PAGES)
def test_tokens_follow_each_other_and_nothing_is_lost(text: str) -> None:
    at = 0
    for token in tokens(text, inside=False):
        assert at <= token.start <= token.end <= len(text)
        at = token.end
    assert apply_edits(text, []) == text


@given(PAGES, st.booleans())
def test_without_plain_tags_every_other_token_is_the_same(text: str, xml: bool) -> None:
    def told(plain: bool) -> list[object]:
        return [
            token
            for token in tokens(text, xml=xml, plain=plain)
            if not isinstance(token, Tag) or token.attributes or token.name in ("form", "svg")
        ]

    assert told(plain=False) == told(plain=True)


def test_without_plain_tags_a_page_is_little_more_than_its_links() -> None:
    text = "<ul><li>a<li><a href=x>b</a></ul><FORM></form><p >c</p><script>'<b>'</script>"
    named = [token for token in tokens(text, plain=False) if isinstance(token, Tag)]
    assert [tag.name for tag in named] == ["a", "form", "form", "p", "script", "script"]


def test_a_long_attribute_may_be_passed_over() -> None:
    (tag,) = tokens("<img src=abc srcset='a, b'>")
    assert isinstance(tag, Tag)
    assert [found.url for found in tag_addresses(tag, longest=3)] == ["abc"]


@given(PAGES)
def test_putting_every_address_back_changes_no_address(text: str) -> None:
    before = addresses(text)
    edits = [found.edit(found.url) for found in page_addresses(text)]
    assert addresses(apply_edits(text, edits)) == before
    if not any(edit.new for edit in edits):
        assert apply_edits(text, edits) == text


@given(PAGES)
def test_every_address_can_be_replaced_and_is_then_the_new_one(text: str) -> None:
    wanted = [("http://new.example/?a=1&copy=2", use) for _, use in addresses(text)]
    edits = [found.edit(wanted[0][0]) for found in page_addresses(text)]
    assert addresses(apply_edits(text, edits)) == wanted


def test_pages_within_pages_end_somewhere() -> None:
    text = ""
    for _ in range(300):
        text = f"<iframe/srcdoc={text.replace('&', '&amp;').replace('>', '&gt;')}>"
    assert addresses(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "<" * 200_000,
        '<a href="' * 50_000,
        '<a href="' + "x" * 1_000_000 + '">',
        "<a " + "b " * 500_000 + ">",
        "<a " + 'b="c" ' * 200_000,
        "<!--" * 100_000,
        "<!" * 100_000,
        "<script><!--" + "<script>" * 100_000,
        "<title>" + "</title" * 100_000,
        "<!--[if " * 50_000 + "-->",
        "<svg>" * 50_000 + "<![CDATA[" * 50_000,
        '<a href="' + "&" * 200_000 + '">',
        '<a href="&' + "a" * 200_000 + '=">',
        '<img srcset="' + "a(," * 100_000 + '">',
        '<p style="' + "url(" * 100_000 + '">',
        '<iframe srcdoc="' + "&lt;iframe srcdoc='" * 5_000 + '">',
    ],
    ids=lambda text: text[:16],
)
def test_no_page_takes_more_than_one_pass(text: str) -> None:
    assert apply_edits(text, [found.edit(found.url) for found in page_addresses(text)]) == text


def test_uses_have_names_that_can_be_written_to_a_table() -> None:
    assert [use.value for use in Use] == [use.name.lower() for use in Use]
