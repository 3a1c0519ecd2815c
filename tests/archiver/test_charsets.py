import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.charsets import (
    UTF_8,
    charset_of_label,
    decode_as,
    is_utf_8,
    labels_in_page,
    marked_charset,
    wide_charset,
    xml_label,
)

NAMES = (
    "utf-8 ibm866 iso-8859-2 iso-8859-8-i koi8-u macintosh windows-874 windows-1252 windows-1258 "
    "x-mac-cyrillic gbk gb18030 big5 euc-jp iso-2022-jp shift_jis euc-kr utf-16be utf-16le"
)


@pytest.mark.parametrize("label", ["rot13", "zlib", "utf-7", "idna", "hex", "", "../utf8"])
def test_only_labels_of_the_web_choose_a_codec(label: str) -> None:
    assert charset_of_label(label) is None


@pytest.mark.parametrize(
    ("label", "name", "codec"),
    [
        ("UTF8", "utf-8", "utf-8"),
        ("\tlatin1\n", "windows-1252", "cp1252"),
        ("us-ascii", "windows-1252", "cp1252"),
        ("gb2312", "gbk", "gb18030"),  # is read with more characters than it is written with
        ("utf-16", "utf-16le", "utf-16-le"),
        ("iso-8859-9", "windows-1254", "cp1254"),
        ("x-sjis", "shift_jis", "cp932"),
    ],
)
def test_a_label_means_what_browsers_take_it_for(label: str, name: str, codec: str) -> None:
    assert charset_of_label(label) == (name, codec)


@pytest.mark.parametrize("name", NAMES.split())
def test_every_charset_has_its_own_name_for_a_label_and_a_codec(name: str) -> None:
    charset = charset_of_label(name)
    assert charset is not None
    assert charset.name == name
    assert codecs.lookup(charset.codec)


@pytest.mark.parametrize(
    ("page", "labels"),
    [
        (b"<meta charset=utf-8>", ["utf-8"]),
        (b"<META CHARSET=' UTF-8 '>", ["UTF-8"]),
        (b"<meta http-equiv='Content-Type' content='text/html;charset=\"koi8-r\"'>", ["koi8-r"]),
        (b"<meta content='x; charset = big5; y' http-equiv=CONTENT-TYPE>", ["big5"]),
        (b"<meta charset=a><meta charset=b>", ["a", "b"]),
        (b"<meta name=description content='charset=big5'>", []),
        (b"<!-- <meta charset=a> --><title><meta charset=b></title>", []),
        (b"<body><meta charset=a>", []),
        (b" " * 70_000 + b"<meta charset=a>", []),
    ],
)
def test_the_charset_of_a_page_stands_in_its_head(page: bytes, labels: list[str]) -> None:
    assert list(labels_in_page(page)) == labels


def test_the_charset_of_xml_stands_in_its_declaration() -> None:
    assert xml_label(b"<?xml version='1.0' encoding='koi8-r'?><a/>") == "koi8-r"
    assert xml_label(b"<?xml version='1.0'?><a encoding='koi8-r'/>") is None
    assert xml_label(b"<a/>") is None


def test_marks_and_zero_bytes_tell_of_utf_16() -> None:
    assert marked_charset("\ufeffx".encode("utf-16-be")) == (("utf-16be", "utf-16-be"), 2)
    assert marked_charset(b"x") is None
    assert wide_charset("<html>".encode("utf-16-le")) == charset_of_label("utf-16le")
    assert wide_charset("<html>".encode("utf-16-be")) == charset_of_label("utf-16be")
    assert wide_charset(b"<html>\0\0\0\0") is None


def test_utf_8_that_is_cut_short_is_utf_8() -> None:
    assert is_utf_8("caf\u00e9".encode()[:-1])
    assert not is_utf_8("caf\u00e9".encode()[:-1] + b"x")
    assert not is_utf_8(b"caf\xe9 x")


def test_every_byte_of_windows_1252_means_something() -> None:
    western = charset_of_label("latin1")
    assert western is not None
    assert decode_as(b"\x80\x81\xff", western) == "\u20ac\x81\u00ff"


@given(st.binary(max_size=200), st.sampled_from(NAMES.split()))
def test_any_bytes_become_text(payload: bytes, name: str) -> None:
    assert isinstance(decode_as(payload, charset_of_label(name) or UTF_8), str)
    assert all(isinstance(label, str) for label in labels_in_page(b"<meta charset=" + payload))
