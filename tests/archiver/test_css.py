import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.css import css_addresses, css_edit, rewrite_css

AWKWARD = st.text(
    st.one_of(st.sampled_from("\"'\\()url@import;{}/* \n-as,e"), st.characters(max_codepoint=255)),
    max_size=120,
)


def found(sheet: str) -> list[str]:
    return [address.url for address in css_addresses(sheet)]


@pytest.mark.parametrize(
    ("sheet", "urls"),
    [
        ("a { background: url(x.png) }", ["x.png"]),
        ("a { background: URL( 'x y.png' ) }", ["x y.png"]),
        ('a { background: url("x).png") }', ["x).png"]),
        (r"a { background: url(x\(1\).png) }", ["x(1).png"]),
        (r"a { background: \75 rl(x.png) }", ["x.png"]),  # an escaped u is a u
        (r"a { background: url(\78.png) }", ["x.png"]),
        ("a { background: url(data:image/png;base64,AA==) }", ["data:image/png;base64,AA=="]),
        ("a { background: url() }", [""]),
        ("a { background: url(x.png", ["x.png"]),  # the end of the sheet closes everything
        ('a { background: url("x.png', ["x.png"]),
        ('@import "a.css" screen;', ["a.css"]),
        ("@IMPORT url(a.css);", ["a.css"]),
        ("@import/**/'a.css'/**/;", ["a.css"]),
        (
            'a { background: image-set("1.png" 1x, url(2.png) 2x, "3.avif" type("image/avif")) }',
            ["1.png", "2.png", "3.avif"],
        ),
        ("a { background: -webkit-image-set(url(1.png) 1x) }", ["1.png"]),
    ],
)
def test_an_address_is_found_however_it_is_written(sheet: str, urls: list[str]) -> None:
    assert found(sheet) == urls


@pytest.mark.parametrize(
    "sheet",
    [
        "/* url(x.png) */",
        "/* url(x.png)",
        'a { content: "url(x.png)" }',
        "a { content: \"@import 'x.css'\" }",
        "a { background: myurl(x.png) }",
        'a { background: url(x"y.png) }',  # a quote makes it a bad address
        "@namespace svg url(http://www.w3.org/2000/svg);",
        '@charset "utf-8";',
        'a[href="x.png"] { color: red }',
        "a { content: 'url(x.png)\n }",  # the line ends the bad string, and what it held
    ],
)
def test_what_no_browser_fetches_is_no_address(sheet: str) -> None:
    assert found(sheet) == []


def test_only_the_difference_is_written_so_that_escapes_stay_as_they_are() -> None:
    sheet = r"a { background: url(/w/http://h/x\(1\).png) }"
    assert rewrite_css(sheet, lambda url: url.removeprefix("/w/")) == (
        r"a { background: url(http://h/x\(1\).png) }"
    )


def test_a_new_address_is_escaped_for_the_place_it_is_put_in() -> None:
    sheet = "url(a) url('a') url(\"a\")"
    assert rewrite_css(sheet, lambda _: "(b'\"") == (r"""url(\(b\'\") url('(b\'"') url("(b'\"")""")


def test_bytes_beyond_ascii_are_letters_and_come_through() -> None:
    sheet = "a { background: url(voil\u00c3\u00a0/\u00c2\u0085.png) }"  # UTF-8 read as latin-1
    assert rewrite_css(sheet, lambda url: "/w/" + url) == sheet.replace("url(", "url(/w/")


@given(AWKWARD)
def test_changing_nothing_copies_the_sheet(sheet: str) -> None:
    assert rewrite_css(sheet, lambda url: url) == sheet
    spans = [(address.start, address.end) for address in css_addresses(sheet)]
    assert spans == sorted(spans)


@given(AWKWARD, st.text(st.characters(max_codepoint=255, exclude_characters="\0"), max_size=20))
def test_an_address_put_in_is_the_one_found_afterwards(sheet: str, new: str) -> None:
    before = list(css_addresses(sheet))
    if before and not sheet[before[0].start : before[0].end].endswith("\\"):
        start, end, written = css_edit(sheet, before[0], new)
        after = next(css_addresses(sheet[:start] + written + sheet[end:]))
        assert after.url == new


@pytest.mark.parametrize(
    "piece",
    ["\\", '"\\', "url(", "url(\\", "image-set(", "/*", "\\a", "@import ", "'", "(", "url( "],
)
def test_a_long_run_of_anything_is_read_in_one_pass(piece: str) -> None:
    sheet = piece * 200_000
    assert rewrite_css(sheet, lambda url: url) == sheet
