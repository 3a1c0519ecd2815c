"""Charsets of the web: their labels, and which one a page's bytes say they are in.

Labels are those of the WHATWG Encoding Standard (clause 4.2) and no others, so what a page calls
its charset never chooses a codec by name.
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from archiver.markup import SPACE, Tag, tokens

__all__ = [
    "UTF_8",
    "WINDOWS_1252",
    "Charset",
    "charset_of_label",
    "decode_as",
    "is_utf_8",
    "labels_in_page",
    "marked_charset",
    "wide_charset",
    "xml_label",
]


class Charset(NamedTuple):
    """A charset.

    Attributes:
        name: the standard's, in lower case, such as ``windows-1252``.
        codec: Python's codec that reads it.
    """

    name: str
    codec: str


# https://encoding.spec.whatwg.org/#names-and-labels, as "name codec: other labels"; the replacement
# encodings and x-user-defined are left out, since no text can be had from them.
_TABLE = """
utf-8 utf-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8
ibm866 cp866: 866 cp866 csibm866
iso-8859-2 iso8859-2: csisolatin2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987
iso-8859-2 iso8859-2: l2 latin2
iso-8859-3 iso8859-3: csisolatin3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988
iso-8859-3 iso8859-3: l3 latin3
iso-8859-4 iso8859-4: csisolatin4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988
iso-8859-4 iso8859-4: l4 latin4
iso-8859-5 iso8859-5: csisolatincyrillic cyrillic iso-ir-144 iso8859-5 iso88595 iso_8859-5
iso-8859-5 iso8859-5: iso_8859-5:1988
iso-8859-6 iso8859-6: arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114
iso-8859-6 iso8859-6: iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6
iso-8859-6 iso8859-6: iso_8859-6:1987
iso-8859-7 iso8859-7: csisolatingreek ecma-118 elot_928 greek greek8 iso-ir-126 iso8859-7 iso88597
iso-8859-7 iso8859-7: iso_8859-7 iso_8859-7:1987 sun_eu_greek
iso-8859-8 iso8859-8: csiso88598e csisolatinhebrew hebrew iso-8859-8-e iso-ir-138 iso8859-8 iso88598
iso-8859-8 iso8859-8: iso_8859-8 iso_8859-8:1988 visual
iso-8859-8-i iso8859-8: csiso88598i logical
iso-8859-10 iso8859-10: csisolatin6 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso-8859-13 iso8859-13: iso8859-13 iso885913
iso-8859-14 iso8859-14: iso8859-14 iso885914
iso-8859-15 iso8859-15: csisolatin9 iso8859-15 iso885915 iso_8859-15 l9
iso-8859-16 iso8859-16:
koi8-r koi8-r: cskoi8r koi koi8 koi8_r
koi8-u koi8-u: koi8-ru
macintosh mac-roman: csmacintosh mac x-mac-roman
windows-874 cp874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620
windows-1250 cp1250: cp1250 x-cp1250
windows-1251 cp1251: cp1251 x-cp1251
windows-1252 cp1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100
windows-1252 cp1252: iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii x-cp1252
windows-1253 cp1253: cp1253 x-cp1253
windows-1254 cp1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9
windows-1254 cp1254: iso_8859-9:1989 l5 latin5 x-cp1254
windows-1255 cp1255: cp1255 x-cp1255
windows-1256 cp1256: cp1256 x-cp1256
windows-1257 cp1257: cp1257 x-cp1257
windows-1258 cp1258: cp1258 x-cp1258
x-mac-cyrillic mac-cyrillic: x-mac-ukrainian
gbk gb18030: chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 iso-ir-58 x-gbk
gb18030 gb18030:
big5 big5hkscs: big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp euc-jp: cseucpkdfmtjapanese x-euc-jp
iso-2022-jp iso2022-jp: csiso2022jp
shift_jis cp932: csshiftjis ms932 ms_kanji shift-jis sjis windows-31j x-sjis
euc-kr cp949: cseuckr csksc56011987 iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601
euc-kr cp949: ksc_5601 windows-949
utf-16be utf-16-be: unicodefffe
utf-16le utf-16-le: csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16
"""
_LABELS = {
    label: Charset(name, codec)
    for line in _TABLE.strip().splitlines()
    for names, _, labels in [line.partition(":")]
    for name, codec in [names.split()]
    for label in (name, *labels.split())
}
UTF_8 = _LABELS["utf-8"]
WINDOWS_1252 = _LABELS["windows-1252"]
_UTF_16 = {order: _LABELS[f"utf-16{order}"] for order in ("le", "be")}
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_BE, _UTF_16["be"]),
    (codecs.BOM_UTF16_LE, _UTF_16["le"]),
)
_HEAD = 1 << 16  # bytes of a page in which it may say its charset; browsers look on when it is late
_WORD = re.compile(rb"charset", re.IGNORECASE)
_IN_CONTENT = re.compile(
    rf"charset[{SPACE}]*=[{SPACE}]*(?:\"([^\"]*)\"|'([^']*)'|([^{SPACE};\"']+))", re.IGNORECASE
)
_XML_DECLARATION = re.compile(
    rb"[ \t\r\n]*<\?xml[^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([^\"'>]{1,40})[\"']"
)
# Windows-1252 leaves five bytes without a meaning; browsers give them that of Latin-1.
_FROM_LATIN_1 = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def charset_of_label(label: str) -> Charset | None:
    """Find the charset a label means as pages write it, or None for an unknown one.

    >>> charset_of_label(" ISO-8859-1 ")
    Charset(name='windows-1252', codec='cp1252')
    >>> charset_of_label("rot13")
    """
    return _LABELS.get(label) or _LABELS.get(label.strip(SPACE).lower())


def marked_charset(payload: bytes) -> tuple[Charset, int] | None:
    """Read a byte order mark: the charset it means and its length; None without one."""
    for mark, charset in _MARKS:
        if payload.startswith(mark):
            return charset, len(mark)
    return None


def wide_charset(payload: bytes) -> Charset | None:
    """Recognise UTF-16 without a byte order mark by the zero bytes of its markup."""
    sample = payload[:512]
    if len(sample) < 8 or 0 not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.8 * half and even < 0.1 * half:
        return _UTF_16["le"]
    if even > 0.8 * half and odd < 0.1 * half:
        return _UTF_16["be"]
    return None


def labels_in_page(payload: bytes) -> Iterator[str]:
    """Give the charset labels of an HTML page's ``meta`` elements, as written, in order.

    Those in comments and scripts are none. The search ends with the page's head. Source: HTML
    Standard, clause 13.2.3.2; but the standard's 1024 bytes are taken for 64 KiB, since browsers
    read a page anew whose charset comes late.
    """
    start = payload[:_HEAD]
    if not _WORD.search(start):
        return
    for token in tokens(start.decode("latin-1"), inside=False):
        if not isinstance(token, Tag) or token.closing:
            continue
        if token.name == "body":
            return
        if token.name == "meta" and (label := _meta_label(token)):
            yield label


def xml_label(payload: bytes) -> str | None:
    """Read the encoding that an XML declaration states, as written."""
    match = _XML_DECLARATION.match(payload)
    return match[1].decode("latin-1") if match else None


def is_utf_8(payload: bytes) -> bool:
    """Tell whether bytes are UTF-8; a last character that is cut short does not matter."""
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.end == len(payload) and error.reason == "unexpected end of data"
    return True


def decode_as(payload: bytes, charset: Charset) -> str:
    """Make text of bytes as browsers do, what cannot be read becoming U+FFFD; never fails."""
    if charset != WINDOWS_1252:
        return payload.decode(charset.codec, "replace")
    try:
        return payload.decode("cp1252")
    except UnicodeDecodeError:
        return payload.decode("latin-1").translate(_FROM_LATIN_1)


def _meta_label(tag: Tag) -> str | None:
    label = tag.get("charset")
    if label is not None:
        return label.strip(SPACE)
    if (tag.get("http-equiv") or "").strip(SPACE).lower() != "content-type":
        return None
    match = _IN_CONTENT.search(tag.get("content") or "")
    return (match[1] or match[2] or match[3] or "").strip(SPACE) if match else None
