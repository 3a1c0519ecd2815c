import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.decode import decode


@pytest.mark.parametrize(
    ("payload", "content_type", "text", "used"),
    [
        ("Café £5".encode(), None, "Café £5", "utf-8"),
        # the declared charset lies: bytes that are valid UTF-8 are UTF-8
        ("Café £5".encode(), "text/html; charset=iso-8859-1", "Café £5", "utf-8"),
        # and the other way round
        (b"Caf\xe9 \x92", "text/html; charset=utf-8", "Café \u2019", "windows-1252"),
        # Latin-1 is Windows-1252 on the web
        (b"\x93quoted\x94", "text/html; charset=ISO-8859-1", "\u201cquoted\u201d", "windows-1252"),
        (b'<meta charset="windows-1251">\xcf\xf0\xe8', None, None, "windows-1251"),
        (b"\xef\xbb\xbfhello", "text/html; charset=windows-1252", "hello", "utf-8"),
        ("Tŷ".encode("utf-16"), None, "Tŷ", "utf-16-le"),
        (b"\xfe\xff" + "Tŷ".encode("utf-16-be"), None, "Tŷ", "utf-16-be"),
        # UTF-16 without a mark shows by its zero bytes
        ("<html><body>hello</body></html>".encode("utf-16-le"), None, None, "utf-16-le"),
        # stray Windows-1252 quotation marks pasted into a UTF-8 page
        ("naïve café Tŷ ".encode() + b"\x92", None, "naïve café Tŷ \u2019", "utf-8"),
        # bytes that Windows-1252 leaves without a meaning
        (b"a\x81b\xff", None, "a\x81bÿ", "windows-1252"),
        # a label that would name a Python codec, not a charset of the web
        (b"abc\xff", "text/html; charset=rot13", "abcÿ", "windows-1252"),
        (b"", None, "", "utf-8"),
    ],
)
def test_a_page_is_decoded_by_what_it_is_rather_than_what_it_claims(
    payload: bytes, content_type: str | None, text: str | None, used: str
) -> None:
    decoded = decode(payload, content_type)
    assert decoded.used == used
    if text is not None:
        assert decoded.text == text


def test_the_declared_charset_is_kept_beside_the_used_one() -> None:
    decoded = decode(b"Caf\xe9", 'text/html; charset="UTF-8"')
    assert (decoded.declared, decoded.used) == ("UTF-8", "windows-1252")
    assert decoded.problems == ("the page is not in UTF-8",)


def test_the_head_of_the_response_counts_before_the_page() -> None:
    page = b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">\xc1'
    assert decode(page, "text/html; charset=windows-1251").used == "windows-1251"
    assert decode(page).used == "koi8-r"


@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=40)))
def test_decoding_never_fails(payload: bytes, content_type: str | None) -> None:
    assert isinstance(decode(payload, content_type).text, str)
