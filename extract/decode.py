"""Bytes to text: which charset a page claims, which one it is really in.

The order is that of trust: a byte order mark, strict UTF-8 (bytes that happen to be valid UTF-8
practically never are anything else), the charset of the HTTP head, the one in the page, and
Windows-1252, in which every byte means something. Labels are those of the WHATWG Encoding Standard
and no others, so a label in a page never chooses a codec by name.
"""

import codecs
import re
from dataclasses import dataclass

from bs4.dammit import UnicodeDammit

__all__ = ["Decoded", "charset_of_label", "declared_charset", "decode"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the charset it declared (as written), the one used and any repair made."""

    text: str
    declared: str | None
    used: str
    problems: tuple[str, ...] = ()


# https://encoding.spec.whatwg.org/#names-and-labels, as "codec: labels"; the replacement encodings
# and x-user-defined are left out, since no text can be had from them.
_TABLE = """
utf-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
cp866: 866 cp866 csibm866 ibm866
iso8859-2: csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
iso8859-3: csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
iso8859-4: csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
iso8859-5: csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5
iso8859-6: arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6
iso8859-6: iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
iso8859-7: csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597
iso8859-7: iso_8859-7 iso_8859-7:1987 sun_eu_greek
iso8859-8: csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598
iso8859-8: iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
iso8859-10: csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso8859-13: iso-8859-13 iso8859-13 iso885913
iso8859-14: iso-8859-14 iso8859-14 iso885914
iso8859-15: csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
iso8859-16: iso-8859-16
koi8-r: cskoi8r koi koi8 koi8-r koi8_r
koi8-u: koi8-ru koi8-u
mac-roman: csmacintosh mac macintosh x-mac-roman
cp874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
cp1250: cp1250 windows-1250 x-cp1250
cp1251: cp1251 windows-1251 x-cp1251
cp1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1
cp1252: iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
cp1253: cp1253 windows-1253 x-cp1253
cp1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5
cp1254: latin5 windows-1254 x-cp1254
cp1255: cp1255 windows-1255 x-cp1255
cp1256: cp1256 windows-1256 x-cp1256
cp1257: cp1257 windows-1257 x-cp1257
cp1258: cp1258 windows-1258 x-cp1258
mac-cyrillic: x-mac-cyrillic x-mac-ukrainian
gb18030: chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030
big5hkscs: big5 big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp: cseucpkdfmtjapanese euc-jp x-euc-jp
iso2022-jp: csiso2022jp iso-2022-jp
cp932: csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
cp949: cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601
cp949: ksc_5601 windows-949
utf-16-be: unicodefffe utf-16be
utf-16-le: csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
"""
_LABELS = {
    label: codec
    for line in _TABLE.strip().splitlines()
    for codec, _, labels in [line.partition(": ")]
    for label in labels.split()
}
_WHATWG_NAMES = {"cp1252": "windows-1252", "cp1251": "windows-1251", "cp1250": "windows-1250"}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_HEAD = 4096  # how far into a page its charset may be declared; the standard says 1024
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<(?:meta\b[^>]{0,300}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)\s*=\s*[\"']?\s*([^\s\"'/>;]{1,40})",
    re.IGNORECASE,
)
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_ASCII = bytes(range(0x80))
# Windows-1252 leaves five bytes without a meaning; browsers give them that of Latin-1.
_WINDOWS_1252 = {
    byte: bytes([byte]).decode("cp1252")
    for byte in range(0x80, 0xA0)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def charset_of_label(label: str) -> str | None:
    """Find the codec for a charset label as pages write it, or None for an unknown one.

    >>> charset_of_label(" ISO-8859-1 "), charset_of_label("rot13")
    ('cp1252', None)
    """
    return _LABELS.get(label.strip().lower())


def declared_charset(payload: bytes, content_type: str | None) -> str | None:
    """Read the charset label that the HTTP head states, else the one in the page's first bytes."""
    if content_type and (match := _HTTP_CHARSET.search(content_type)):
        return match.group(1)
    return _label_in_page(payload)


def decode(payload: bytes, content_type: str | None = None) -> Decoded:
    """Turn a page's bytes into text; never fails.

    Args:
        payload: the body with every transfer and content coding already taken off.
        content_type: the Content-Type header, if there was one.
    """
    declared = declared_charset(payload, content_type)
    for mark, codec in _MARKS:
        if payload.startswith(mark):
            text = payload[len(mark) :].decode(codec, "replace")
            return Decoded(text, declared, _name(codec))
    if codec_without_mark := _wide_codec(payload):
        return Decoded(payload.decode(codec_without_mark, "replace"), declared, codec_without_mark)
    if declared and charset_of_label(declared) == "iso2022-jp" and b"\x1b" in payload:
        return Decoded(payload.decode("iso2022-jp", "replace"), declared, "iso2022-jp")
    try:
        return Decoded(payload.decode("utf-8"), declared, "utf-8")
    except UnicodeDecodeError:
        return _decode_otherwise(payload, declared, content_type)


def _decode_otherwise(payload: bytes, declared: str | None, content_type: str | None) -> Decoded:
    """Decode bytes that are not UTF-8 throughout."""
    if _mostly_utf8(payload):
        mended = UnicodeDammit.detwingle(payload).decode("utf-8", "replace")
        problem = "UTF-8 with stray Windows-1252 bytes; they were mended one by one"
        return Decoded(mended, declared, "utf-8", (problem,))
    labels = [declared, _label_in_page(payload) if content_type else None]
    for codec in filter(None, (charset_of_label(label) for label in labels if label)):
        if codec in {"utf-8", "cp1252"} or codec.startswith("utf-16"):
            continue
        try:
            return Decoded(payload.decode(codec), declared, _name(codec))
        except UnicodeDecodeError:
            continue
    text = payload.decode("latin-1").translate(_WINDOWS_1252)
    claimed = charset_of_label(declared) if declared else None
    problems = () if claimed in {None, "cp1252"} else (f"the page is not in {declared}",)
    return Decoded(text, declared, "windows-1252", problems)


def _label_in_page(payload: bytes) -> str | None:
    match = _META_CHARSET.search(payload[:_HEAD])
    return match.group(1).decode("ascii", "replace") if match else None


def _wide_codec(payload: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark by the zero bytes of its markup."""
    sample = payload[:512]
    if len(sample) < 8 or 0 not in sample:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > 0.8 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.8 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(payload: bytes) -> bool:
    """Tell whether more of the high bytes form UTF-8 sequences than stray from them."""
    sequences = _MULTIBYTE.findall(payload)
    if not sequences:
        return False
    high = len(payload.translate(None, _ASCII))
    inside = sum(map(len, sequences))
    return inside > high - inside


def _name(codec: str) -> str:
    return _WHATWG_NAMES.get(codec, codec)
