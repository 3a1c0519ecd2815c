"""Pages full of what looks like facts, repeated, nested and damaged; what reading them must keep.

Made of the stuff that each family of rules looks for, in every layout, so that one rule's slow spot
or wrong place is met sooner than on pages of any kind.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from extract.page import page_as_json, read_page
from extract.recipes.recipe import Recipe, RecordRule, ValueRule
from tests.fuzz.cases import Case, Target, either, spoil

__all__ = ["EXTRACT"]

_URL = "http://www.northshire.example/crime/partnerships/"
_SECONDS, _SECONDS_A_BYTE = 1.0, 40e-6  # of processor time; a fortieth of that is usual

_PIECES = (
    *("0113 496 0101", "+44 (0)20 7946 0310 ext. 12", "01632 960 001 / 002", "0", "07700 900123"),
    *("Tel:", "Telephone number", "Fax", "Minicom:", "Ffôn:", "(020)", "+", "00 44", "1", " 0 "),
    *("press@northshire.example", "csu [at] northshire [dot] example", "@", "a.b-c_d%", " at "),
    *(" dot ", "mailto:", "firstname.surname@", "SW1P 4DF", "SW1A", "B1 1AA", "GIR 0AA", "1AA"),
    *("Section 5", "sections 5 to 7", "ss. 5, 6(1A), 7", "s 115 of the", "1,", "(1)", "(a)", "(("),
    *("Crime and Disorder Act 1998", "the 1998 Act", "Act", "Regulations 2007 (SI 2007/1830)"),
    *("Schedule 11", "c. 37", "Deddf Trosedd ac Anhrefn 1998", "adrannau 5 i 7", "and", "or", "-"),
    *("There are currently 310 CSPs in England, and 22 in Wales", "three hundred and ten", "one"),
    *("hundred", "about 376", "partnerships", "9" * 30, "1,2,3,4", "twenty-two", "over", "England"),
    *("Northshire Community Safety Partnership", "CDRP", "Safer Leeds", "North East", "Cymru"),
    *("West Midlands Police", "and", "(formerly", "merged with", ")", "the council", "Wales:"),
    *("Published 6 March 2013", "Last updated:", "29/05/2011", "31.2.1999", "2011-05-29", "May"),
    *("Mr J. Example", "Dr", "Community Safety Manager", "Contact:", "Press office", "Unit,"),
    *("4th floor, Fry building", "2 Marsham Street", "London", "PO Box 1", ",", ";", ":", "|", "•"),
    *(
        "A",
        "ABC",
        "É",
        "ß",
        "\u0130",
        "\u0131",
        "\u200b",
        "\u00ad",
        "\u00a0",
        "\u2028",
        "\t",
        "\r",
        "\n",
        " ",
    ),
    *(
        "http://www.x.example/",
        "www.safer.example.gov.uk",
        "www.",
        "https:/",
        "a.b.c.d.e.f.g.h.org",
    ),
    *("yes", "no", "✓", "Police authority", "primary care trust", "Application form (PDF, 23kb)"),
    *("This page is no longer here", "\0", "&#0;", "&#xD800;", "&amp;", "&lt;", "<", ">", "é" * 3),
)
_WRAPS: tuple[tuple[str, str], ...] = (
    *(("<p>", "</p>"), ("<li>", "</li>"), ("<td>", "</td>"), ("<th>", "</th>"), ("<dt>", "</dt>")),
    *(("<dd>", "</dd>"), ("<tr>", "</tr>"), ("<table>", "</table>"), ("<ul>", "</ul>")),
    *(("<dl>", "</dl>"), ("<h2>", "</h2>"), ("<h1>", "</h1>"), ("<div>", "</div>"), ("", "<br>")),
    *(("<b>", "</b>"), ("<a href='mailto:x@y.example'>", "</a>"), ("<address>", "</address>")),
    *(("<a href='/a.pdf'>", "</a>"), ("<td rowspan=9 colspan=99>", "</td>"), ("<pre>", "</pre>")),
    *(("<div class='vcard'>", "</div>"), ("<span class='fn org'>", "</span>"), ("<nav>", "</nav>")),
    *(("<span class='tel'>", "</span>"), ("<p itemscope itemtype='http://schema.org/Place'>", "")),
    *(("<i itemprop='telephone name'>", "</i>"), ("<p hidden>", "</p>"), ("<!--", "-->")),
    *(("<script type='application/ld+json'>", "</script>"), ("<footer>", "</footer>")),
    *(("<title>", "</title>"), ("<p lang=cy>", "</p>"), ("<noscript>", "</noscript>")),
)
_TOKENS = (b"<", b">", b"\0", b"</p>", b"<td>", b"&#", b"\xff", b"\xc0\xaf", b"+AGE-", b"<!--")
_TYPES = (
    None,
    "text/html",
    "text/html; charset=iso-8859-1",
    "text/plain",
    "text/html;charset=utf-7",
)
_SELECTORS = (
    "p",
    "td",
    "li",
    "dt",
    "b",
    "a",
    "h2",
    "tr",
    "div > p",
    "tr:has(td)",
    ".vcard",
    "h1 ~ *",
)
_EXPRESSIONS = ("", "", r"([0-9 ]+)", r"^\w+", r"(.*)", r"(?s)(x)?(.+)", r"$")
_FIELDS = ("unit", "person", "phone", "fax", "email", "website", "address", "postcode")


def _make(random: Random) -> Case:
    pieces = [_fragment(random, 0) for _ in range(random.randrange(1, 12))]
    text = "".join(pieces)[: 1 << 17]
    data = text.encode(random.choice(("utf-8", "utf-8", "utf-8", "cp1252", "utf-16")), "replace")
    for _ in range(random.choice((0, 0, 0, 1, 3))):
        data = spoil(random, data, _TOKENS)
    return Case(data, (random.choice(_TYPES), _recipe(random) if either(random, 0.4) else None))


def _fragment(random: Random, depth: int) -> str:
    match random.randrange(10):
        case 0 | 1 if depth < 5:
            opening, closing = random.choice(_WRAPS)
            inside = "".join(_fragment(random, depth + 1) for _ in range(random.randrange(1, 7)))
            return f"{opening}{inside}{closing}"
        case 2:
            times = 1 << random.randrange(1, 12)
            return _line(random, random.randrange(1, 4)) * times
        case 3:
            opening, closing = random.choice(_WRAPS)
            times = 1 << random.randrange(1, 10)
            return (opening + _line(random, random.randrange(1, 4)) + closing) * times
        case 4:
            return random.choice(_WRAPS)[0] * (1 << random.randrange(1, 9))
        case 5:
            return _typed(random)
        case _:
            opening, closing = random.choice(_WRAPS)
            return opening + _line(random, random.randrange(1, 12)) + closing


def _line(random: Random, pieces: int) -> str:
    glue = random.choice((" ", " ", "", ", ", "<br>", "\n"))
    return glue.join(random.choice(_PIECES) for _ in range(pieces)) + glue


def _typed(random: Random) -> str:
    make: tuple[Callable[[], str], ...] = (
        lambda: '{"@type":"Organization","telephone":"0113 496 0101","email":"a@b.example"}',
        lambda: "[" * random.randrange(1, 3000),
        lambda: '{"contactPoint":' * random.randrange(1, 2000) + "1" + "}" * random.randrange(2000),
        lambda: '{"@type":"Place","name":' + json.dumps(_line(random, 3)) + ",}",
    )
    return f"<script type='application/ld+json'>{random.choice(make)()}</script>"


def _recipe(random: Random) -> Recipe:
    def rule() -> ValueRule:
        return ValueRule(
            select=random.choice((*_SELECTORS, "")),
            attribute=random.choice(("", "", "", "href", "class")),
            match=random.choice(_EXPRESSIONS),
        )

    kind = random.choice(("contact", "partnership"))
    fields = [(name, rule()) for name in random.sample(_FIELDS, 3)]
    return Recipe(
        "fuzz",
        ("http://www.northshire.example/*",),
        content=tuple(random.sample(_SELECTORS, random.randrange(2))),
        ignore=tuple(random.sample(_SELECTORS, random.randrange(2))),
        page=(("title", rule()), ("published", rule())),
        records=(
            RecordRule(
                kind,
                random.choice(_SELECTORS),
                siblings=either(random, 0.4),
                fields=(("name", rule()),) if kind == "partnership" else tuple(fields),
                contact=tuple(fields) if kind == "partnership" else (),
            ),
        ),
    )


def _check(case: Case, _folder: Path) -> None:
    assert isinstance(case.facts, tuple)
    content_type, recipe = case.facts
    began = time.process_time()
    page = read_page(case.data, url=_URL, content_type=content_type, recipe=recipe)
    seconds = time.process_time() - began
    assert seconds < _SECONDS + _SECONDS_A_BYTE * len(case.data), f"took {seconds:.1f} s"
    assert page == read_page(case.data, url=_URL, content_type=content_type, recipe=recipe)
    assert 0 <= page.coverage <= 1
    text = page.document.text
    records: dict[str, int] = {}
    for found in page.observations:
        assert found.record in (records.get(found.kind, -1), records.get(found.kind, -1) + 1)
        records[found.kind] = found.record
        assert found.parent is None or 0 <= found.parent <= records["partnership"]
        assert (found.start is None) == (found.end is None)
        assert 0 <= found.confidence <= 1
        if found.start is not None and found.end is not None:
            assert 0 <= found.start <= found.end <= len(text)
        if found.source == "text":
            assert text[found.start : found.end] == found.raw
    json.dumps(page_as_json(page, observations=True), ensure_ascii=False).encode()


EXTRACT = Target("extract", _make, _check)
