"""Pages of archives and of nobody, damaged; what undoing, replaying and reading them must keep.

The page's own part holds words that stand nowhere else. What happens to an archive's additions
round it may change what is known of the page, and never the page's own words.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random

from lxml import etree, html

from archiver.capture.finding import find
from archiver.headers import Headers
from archiver.http import Head
from archiver.markup import read_source
from archiver.provenance import Provenance
from archiver.records import Grade
from archiver.unreplay import recover_page
from archiver.unreplay.kinds import kinds
from extract.page import page_as_json, read_page
from snapshots.replay.addresses import AddressMap
from snapshots.replay.rewrite import rewrite
from tests.fuzz.cases import Case, Target, either, spoil
from tests.replayed import PAGE_URL, PAGES, UKGWA

__all__ = ["FIND", "READ", "REPLAY", "UNREPLAY"]

_HOLE = "<p>Text of the page.</p>"
_PIECE = re.compile(r"<!--.*?-->|<[^>]*>|[^<]+|<", re.DOTALL)
_BANNERS = {mark.id for kind in kinds() for mark in kind.marks if mark.id}
_WORD = re.compile(r"kept\d+word")
_TOKENS = (
    *("<!--", "-->", "<![CDATA[", "<div>", "</div>", "<script>", "</script>", "<style>", "</p>"),
    *("<title>", "</title>", "<textarea>", "<plaintext>", "<noscript>", "<svg>", "<table>", "<"),
    *('<div id="webArchiveInfobox">', '<div id="wm-ipp">', '<div id="ukgwa-header">', "</body>"),
    *("<!-- BEGIN ARCHIVE BANNER -->", "<!-- END ARCHIVE BANNER -->", "<!-- WB Insert -->", "&#0;"),
    *("<!-- End WB Insert -->", "<!-- End Wayback Rewrite JS Include -->", "&#x110000;", "&", '"'),
    *(
        "[ARCHIVED CONTENT] ",
        "This snapshot, taken on 29/05/2011",
        "wbinfo = {",
        "'",
        "=",
        "\ud800",
    ),
    *("<a href='/20110509101621/http:/a.example/'>", "/web/20150208000231/", "url(", "@import '"),
    *(
        "<base href='http://[::1'>",
        "<base href='//b.example/x'>",
        "\0",
        "\ufeff",
        "é",
        "99999999999",
    ),
    *(
        "<iframe srcdoc='&lt;a href=x>'>",
        "<meta http-equiv=refresh content='0;url=",
        "srcset='a 1x,",
    ),
    *("<a href='http://a.example:99999/'>", "<img src=//[>", "<p style='", "<meta charset=utf-16>"),
)
_CHARSETS = ("utf-8", "utf-8", "utf-8", "utf-16", "latin-1", "cp1252", "utf-16-le", "koi8-r")
_DECLARED = (
    None,
    None,
    "utf-8",
    "iso-8859-1",
    "utf-16",
    "nonsense",
    "\0",
    "rot13",
    "utf-7",
    "idna",
)
_TYPES = ("text/css", "text/javascript", "text/plain", "application/xhtml+xml", "image/png", "")
_MEMENTO = (
    *(None, None, "Thu, 02 Apr 2009 11:12:13 GMT", "", "x", "Mon, 01 Jan 0001 00:00:00 +2359"),
    *("Fri, 31 Dec 9999 23:59:59 -2359", "Thu, 99 Apr 2009 11:12:13 GMT", "1 Jan 0 0:0:0 +999999"),
)
_ADDRESSES = (
    *(UKGWA + "20110509101621/http:/", UKGWA + "2011/http://[", "//", "http://a.example/\0"),
    *(
        "https://web.archive.org/web/20150208000231id_/http://a.example/",
        "/20110509101621/http://x",
    ),
    UKGWA + "20110509101621/" * 50 + PAGE_URL,
    UKGWA + "99999999999999/" + PAGE_URL,
)


@dataclass(frozen=True, slots=True)
class _Facts:
    """How the page is given, and the page's own words, when nothing was done to them."""

    media_type: str
    charset: str | None
    address: str | None
    memento: str | None
    words: tuple[str, ...]


def _make(random: Random) -> Case:
    kind = random.choice(list(PAGES))
    address: str | None = PAGES[kind][0]
    before, _, after = PAGES[kind][1].format(ukgwa=UKGWA).partition(_HOLE)
    own = _own_part(random, address or "")
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        if either(random, 0.7):
            before = _spoil_text(random, before)
        else:
            after = _spoil_text(random, after)
    words = tuple(_WORD.findall(own))
    if either(random, 0.2):
        own, words = _spoil_text(random, own), ()
    if either(random, 0.2):
        address = None if either(random, 0.5) else random.choice(_ADDRESSES)
    if either(random, 0.02):
        before, words = before + random.choice(_TOKENS) * 20_000, ()
    encoding = random.choice(_CHARSETS)
    text = before + own + after
    errors = "surrogatepass" if encoding.startswith("utf") else "replace"
    data = text.encode(encoding, errors)
    declared = encoding if either(random, 0.5) else random.choice(_DECLARED)
    if encoding != "utf-8" or declared not in (None, "utf-8"):
        words = ()
    media_type = "text/html"
    if either(random, 0.1):
        media_type, words = random.choice(_TYPES), ()
    if either(random, 0.1):
        data, words = (
            spoil(random, data, tuple(each.encode("utf-8", "replace") for each in _TOKENS)),
            (),
        )
    return Case(data, _Facts(media_type, declared, address, random.choice(_MEMENTO), words))


def _own_part(random: Random, address: str) -> str:
    prefix = address.removesuffix(PAGE_URL)
    out = []
    for number in range(random.randrange(1, 8)):
        word = f"kept{number}word"
        out.append(
            random.choice(
                (
                    f"<p>{word}</p>",
                    f"<h2>{word}</h2>\n",
                    f"<div class=x><p>{word} and</p></div>",
                    f'<ul><li><a href="{prefix}http://www.homeoffice.example/{number}">{word}</a></ul>',
                    f"<table><tr><td>{word}<td>020 7946 0{number}00</table>",
                    f"<!-- note --><p>{word}<br>",
                    f"<script>a < b</script><b>{word}</b>",
                )
            )
        )
    return "<div>" + "".join(out) + "</div>"


def _spoil_text(random: Random, text: str) -> str:
    pieces = _PIECE.findall(text)
    if not pieces:
        return random.choice(_TOKENS)
    at = random.randrange(len(pieces))
    match random.randrange(7):
        case 0:
            del pieces[at]
        case 1:
            pieces.insert(at, pieces[at])
        case 2:
            pieces.insert(at, random.choice(_TOKENS))
        case 3:
            other = random.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        case 4:
            cut = random.randrange(len(pieces[at]) + 1)
            pieces[at] = pieces[at][:cut] + random.choice(_TOKENS) + pieces[at][cut:]
        case 5:
            cut = random.randrange(len(pieces[at]) + 1)
            pieces[at] = pieces[at][:cut] + pieces[at][cut + random.randrange(1, 4) :]
        case _:
            pieces[at] = random.choice((pieces[at].upper(), pieces[at].replace(" ", "\n", 1)))
    return "".join(pieces)


def _shown(data: bytes, *, banners: bool = True) -> str:
    # Everything a reader may see, by another parser; what damage put into a banner goes with it.
    try:
        tree = html.document_fromstring(data.decode("utf-8", "replace").replace("\0", ""))
    except (etree.ParserError, ValueError):
        return ""
    hidden = ("script", "style", "title", "textarea", etree.Comment)
    etree.strip_elements(tree, *hidden, with_tail=False)
    if not banners:
        for banner in [each for each in tree.iter("div") if each.get("id") in _BANNERS]:
            banner.clear(keep_tail=True)
    return str(tree.text_content())


# Undoing another archive's replay


def _check_unreplay(case: Case, _folder: Path) -> None:
    facts = case.facts
    assert isinstance(facts, _Facts)

    def recover(body: bytes, address: str | None) -> object:
        return recover_page(
            body,
            media_type=facts.media_type,
            charset=facts.charset,
            address=address,
            memento_datetime=facts.memento,
        )

    recovered = recover_page(
        case.data,
        media_type=facts.media_type,
        charset=facts.charset,
        address=facts.address,
        memento_datetime=facts.memento,
    )
    assert recovered == recover(case.data, facts.address)
    assert len(recovered.body) <= 2 * len(case.data) + 1000
    if recovered.archive is None:
        assert recovered.body is case.data
        assert not recovered.removed
    if recovered.grade is Grade.BODY:
        assert recovered.body is case.data
    for removed in recovered.removed:
        assert removed.offset >= 0
        assert removed.length >= 0
        assert removed.offset + removed.length <= len(case.data) * 2 + 100
    provenance = Provenance.of(recovered, source_file="x", source_sha256="ab" * 32)
    text = provenance.to_json()
    text.encode()
    assert Provenance.from_json(text) == provenance
    _check_words(case, facts.words, recovered.body)
    same_encoding = (  # half a character more or less, and UTF-16 is or is none
        read_source(recovered.body, facts.charset).encoding
        == read_source(case.data, facts.charset).encoding
    )
    if recovered.grade is Grade.RECOVERED and len(recovered.layers) == 1 and same_encoding:
        again = recover_page(
            recovered.body,
            media_type=facts.media_type,
            charset=facts.charset,
            address=recovered.url,
        )
        assert _shown(again.body) == _shown(recovered.body), "a second undoing takes more away"


def _check_words(case: Case, words: tuple[str, ...], after: bytes) -> None:
    if not words:
        return
    shown = _WORD.findall(_shown(case.data, banners=False))
    kept = _WORD.findall(_shown(after))
    assert [word for word in kept if word in shown] == shown, "words of the page itself are lost"


# Replaying


def _check_replay(case: Case, _folder: Path) -> None:
    facts = case.facts
    assert isinstance(facts, _Facts)
    content_type = facts.media_type + (f"; charset={facts.charset}" if facts.charset else "")
    addresses = AddressMap("20110529000000")
    after = rewrite(case.data, url=PAGE_URL, addresses=addresses, content_type=content_type)
    assert after == rewrite(case.data, url=PAGE_URL, addresses=addresses, content_type=content_type)
    _check_words(case, facts.words, after)
    source = read_source(case.data, facts.charset)
    assert source.encode(source.text) == case.data


# Reading


def _check_read(case: Case, _folder: Path) -> None:
    facts = case.facts
    assert isinstance(facts, _Facts)
    content_type = facts.media_type + (f"; charset={facts.charset}" if facts.charset else "")
    page = read_page(case.data, url=facts.address, content_type=content_type or None)
    assert page == read_page(case.data, url=facts.address, content_type=content_type or None)
    assert 0 <= page.coverage <= 1
    text = json.dumps(page_as_json(page, observations=True), ensure_ascii=False)
    text.encode()


# Finding where they lead


def _check_find(case: Case, _folder: Path) -> None:
    facts = case.facts
    assert isinstance(facts, _Facts)
    content_type = facts.media_type + (f"; charset={facts.charset}" if facts.charset else "")
    head = Head("HTTP/1.1", 200, "", Headers.of([("Content-Type", content_type)]))
    found = find(PAGE_URL, head, case.data, guesses=True, sitemap=True)
    assert found == find(PAGE_URL, head, case.data, guesses=True, sitemap=True)
    for link in found.links:
        assert link.url.startswith(("http://", "https://"))
        assert link.url.isascii()
        assert link.url.isprintable()


FIND = Target("find", _make, _check_find)
UNREPLAY = Target("unreplay", _make, _check_unreplay)
REPLAY = Target("replay", _make, _check_replay)
READ = Target("read", _make, _check_read)
