"""A comparison as one page of HTML that stands by itself, with nothing from elsewhere.

All text of the archived pages is escaped; nothing of their markup is taken over. Both pages stand
side by side or in one text, a line for each paragraph; what differs is listed above and can be
jumped to. Colour is never the only sign: words stand in ``ins`` and ``del``, and every line says
what it is. One script of our own lets keys do what the links do; the page's policy names it by its
hash and lets no other run.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import escape
from itertools import groupby

from archiver.timestamps import parse_timestamp
from extract.compare.pages import PageComparison, Row
from extract.compare.stretches import Stretch

__all__ = ["SHEET_POLICY", "sheet_of"]

_CONTEXT = 2  # lines that are shown before and after what differs
_SHORT = 90  # characters of a text in the list of changes
_MOST_IGNORED = 200
_TWO = '<th scope="col">Old</th><th scope="col">New</th>'
_NAMES = {
    "added": ("+", "added"),
    "removed": ("\u2212", "removed"),
    "changed": ("~", "changed"),
    "moved": ("\u2192", "moved here"),
    "gone": ("\u2190", "moved from here"),
    "reordered": ("\u2195", "re-ordered"),
    "ignored": ("\u00b7", "passed over"),
    "same": ("", ""),
}
_TOLD = ("added", "removed", "changed", "moved", "reordered")
# Keys act only while the focus is in the list of changes or on a change: they are in nobody's
# way (WCAG 2.1, 2.1.4).
_SCRIPT = """
document.addEventListener("keydown", function (event) {
  if (event.ctrlKey || event.altKey || event.metaKey || "np".indexOf(event.key) < 0) return;
  var here = document.activeElement && document.activeElement.closest("[data-change]");
  if (!here) return;
  var step = event.key === "p" ? -1 : here.tagName === "LI" ? 0 : 1;
  var number = Number(here.getAttribute("data-change")) + step;
  var row = document.querySelector("tr[data-change='" + number + "']");
  if (!row) return;
  event.preventDefault();
  row.focus();
  row.scrollIntoView({block: "center"});
});
"""
_HASH = b64encode(sha256(_SCRIPT.encode()).digest()).decode()
SHEET_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'"
_STYLE = """
:root{color-scheme:light dark;--ink:#14171a;--quiet:#4a5560;--line:#c3cad1;--paper:#fff;
--wash:#f2f4f6;--link:#1a4f8b;--in:#d9f2df;--in-line:#1c7a3d;--out:#fde0de;--out-line:#a3211a;
--to:#e3ecfa;--to-line:#1a4f8b}
@media(prefers-color-scheme:dark){:root{--ink:#eceff2;--quiet:#b3bdc7;--line:#4a5561;
--paper:#12171c;--wash:#1d252d;--link:#8fc1ff;--in:#12381f;--in-line:#7fd89a;--out:#47201d;
--out-line:#ff9d95;--to:#17304f;--to-line:#8fc1ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:0 1rem 3rem;max-width:84rem;color:var(--ink);background:var(--paper);
font:1rem/1.5 "Helvetica Neue",Helvetica,"Liberation Sans",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
h1{font-size:1.75rem;line-height:1.2;margin:1.5rem 0 1rem}
h2{font-size:1.25rem;margin:2rem 0 .5rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th,td:first-child{overflow-wrap:normal}
thead th{background:var(--wash);position:sticky;top:0}
.sides th:first-child,.sides td:first-child{width:8.5rem;color:var(--quiet);font-size:.875rem}
.sides th:nth-child(n+2){width:calc((100% - 8.5rem)/2)}
.sides{table-layout:fixed}
.h{font-weight:700;font-size:1.1rem}
.added td:last-child,ins{background:var(--in)}
.removed td:nth-child(2),del{background:var(--out)}
.moved td:last-child,.reordered td:last-child,.gone td:nth-child(2){background:var(--to)}
ins{text-decoration:underline;text-decoration-color:var(--in-line);text-decoration-thickness:2px}
del{text-decoration:line-through;text-decoration-color:var(--out-line)}
.added td:first-child,.added th{border-left:.35rem solid var(--in-line)}
.removed th{border-left:.35rem double var(--out-line)}
.changed th{border-left:.35rem dashed var(--ink)}
.moved th,.gone th,.reordered th{border-left:.35rem dotted var(--to-line)}
.sides tbody th{font-weight:400;color:var(--quiet);font-size:.875rem}
.ignored td{color:var(--quiet)}
tr:target,tr:focus{outline:3px solid #ffb81c}
.jump a{display:inline-block;min-width:1.6rem;min-height:1.6rem;text-align:center}
.one th:nth-child(2),.one td:nth-child(2){width:auto}
summary{cursor:pointer;padding:.35rem .6rem;background:var(--wash);color:var(--link)}
details{margin:.25rem 0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
ol,ul{padding-left:1.5rem}
.quiet{color:var(--quiet)}
@media(max-width:44rem){th,td{padding:.35rem .3rem}
table,tbody,tr,td,tbody th{display:block;width:auto!important}
thead{position:absolute;left:-999rem}
td[data-head]::before{content:attr(data-head) ": ";color:var(--quiet)}
.sides td:empty{display:none}}
"""


def sheet_of(comparison: PageComparison, *, inline: bool = False) -> str:
    """Write a comparison as a page.

    Args:
        comparison: what differs.
        inline: both pages in one text, what is gone beside what is new, rather than side by side.
    """
    return "\n".join(_page(comparison, inline)) + "\n"


def _page(comparison: PageComparison, inline: bool) -> Iterator[str]:
    title = comparison.new["title"] or comparison.old["title"] or comparison.new["url"] or "a page"
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{SHEET_POLICY}">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>Compared: {escape(title)}</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>{escape(title)}: two captures compared</h1>"
    yield from _captures(comparison)
    yield from _summary(comparison)
    yield from _facts(comparison)
    yield from _full(comparison, inline)
    yield from _ignored(comparison)
    yield f"</main><script>{_SCRIPT}</script></body></html>"


def _captures(comparison: PageComparison) -> Iterator[str]:
    yield (
        '<table><thead><tr><th scope="col">Capture</th><th scope="col">Captured</th>'
        '<th scope="col">Address</th><th scope="col">Shows</th><th scope="col">SHA-256</th>'
        "</tr></thead><tbody>"
    )
    for name, head in (("Old", comparison.old), ("New", comparison.new)):
        yield (
            f'<tr><th scope="row">{name}</th>'
            f'<td data-head="Captured">{_moment(head["timestamp"])}</td>'
            f'<td data-head="Address">{escape(head["url"])}</td>'
            f'<td data-head="Shows">{escape(head["state"])}</td>'
            f'<td class="quiet" data-head="SHA-256">{escape(head["sha256"][:16])}\u2026</td></tr>'
        )
    yield "</tbody></table>"


def _moment(timestamp: str) -> str:
    if not timestamp:
        return "not known"
    at = parse_timestamp(timestamp)
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at.day} {at:%B %Y, %H:%M}</time> UTC'


def _summary(comparison: PageComparison) -> Iterator[str]:
    told = [(number, row) for number, row in enumerate(comparison.rows) if row.kind in _TOLD]
    yield "<h2>What differs</h2>"
    if not comparison.differs:
        yield "<p>Nothing but what is listed below as passed over.</p>"
    for note in comparison.notes:
        yield f"<p><strong>Note:</strong> {escape(note)}</p>"
    if told:
        yield (
            "<p>Follow a link to a change; from there the key n leads to the next change and p to "
            "the previous one, as the links beside each change do.</p><ol>"
        )
        for place, (number, row) in enumerate(told):
            text = row.new or row.old
            short = text if len(text) <= _SHORT else text[:_SHORT].rstrip() + "\u2026"
            yield (
                f'<li data-change="{place}">{_NAMES[row.kind][1]}: '
                f'<a href="#r{number}">{escape(short)}</a></li>'
            )
        yield "</ol>"


def _facts(comparison: PageComparison) -> Iterator[str]:
    links = [("removed", link.text, link.href, "") for link in comparison.links_removed]
    links += [("added", link.text, "", link.href) for link in comparison.links_added]
    links += [("leads elsewhere", *link) for link in comparison.links_retargeted]
    yield from _table("Links", ("What", "Text", "Old", "New"), links)
    yield from _table("Contacts", ("What", "Old", "New"), comparison.contacts)
    yield from _table(
        "Numbers",
        ("Of what", "Old", "New"),
        [(each.what, str(each.old), str(each.new)) for each in comparison.counts],
    )
    laws = [("removed", law) for law in comparison.laws_removed]
    laws += [("added", law) for law in comparison.laws_added]
    yield from _table("Legislation", ("What", "Act or instrument"), laws)


def _table(title: str, heads: tuple[str, ...], rows: object) -> Iterator[str]:
    if not rows:
        return
    yield f"<h2>{title}</h2><table><thead><tr>"
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead><tbody>"
    for row in rows:  # type: ignore[attr-defined]
        cells = zip(heads, row, strict=True)
        yield "<tr>" + "".join(_cell(head, text) for head, text in cells) + "</tr>"
    yield "</tbody></table>"


def _cell(head: str, text: str) -> str:
    return f'<td data-head="{head}">{escape(text)}</td>'


def _full(comparison: PageComparison, inline: bool) -> Iterator[str]:
    """Both pages, line by line; long stretches that are alike are folded."""
    told = [number for number, row in enumerate(comparison.rows) if row.kind in _TOLD]
    jumps = {number: _jumps(place, told) for place, number in enumerate(told)}
    rows = list(enumerate(comparison.rows))
    shown: set[int] = set()
    for number, row in rows:
        if row.kind not in ("same", "ignored"):
            shown.update(range(number - _CONTEXT, number + _CONTEXT + 1))
    yield f"<h2>Both pages, {'in one text' if inline else 'side by side'}</h2>"
    heads = '<th scope="col">Text</th>' if inline else _TWO
    for is_shown, run in groupby(rows, key=lambda each: each[0] in shown):
        part = list(run)
        if not is_shown:
            lines = f"{len(part)} line{'' if len(part) == 1 else 's'} without a change"
            yield f"<details><summary>{lines}</summary>"
        yield (
            f'<table class="sides{" one" if inline else ""}"><thead><tr><th scope="col">'
            f'<span class="unseen">What</span></th>{heads}</tr></thead><tbody>'
        )
        for number, row in part:
            yield _line(number, row, jumps, inline)
        yield "</tbody></table>"
        if not is_shown:
            yield "</details>"


def _jumps(place: int, told: list[int]) -> tuple[int, str]:
    """The number of a change, and links to those before and after."""
    links = []
    if place:
        links.append((told[place - 1], "\u2191", "previous change"))
    if place + 1 < len(told):
        links.append((told[place + 1], "\u2193", "next change"))
    written = "".join(
        f' <a href="#r{number}"><span aria-hidden="true">{sign}</span>'
        f'<span class="unseen">{name}</span></a>'
        for number, sign, name in links
    )
    return place, f' <span class="jump">{written}</span>' if written else ""


def _line(number: int, row: Row, jumps: Mapping[int, tuple[int, str]], inline: bool) -> str:
    sign, name = _NAMES[row.kind]
    label = f"{sign} {name}".strip()
    if row.rule:
        label += f": {escape(row.rule)}"
    heading = ' class="h"' if row.heading else ""
    if row.kind == "changed":
        old, new = _marked(row.words, old=True), _marked(row.words, old=False)
    else:
        old, new = escape(row.old), escape(row.new)
        if row.kind == "removed":
            old = f"<del>{old}</del>"
        elif row.kind == "added":
            new = f"<ins>{new}</ins>"
    attributes = ""
    if number in jumps:
        place, links = jumps[number]
        attributes, label = f' tabindex="-1" data-change="{place}"', label + links
    head = f'<th scope="row">{label}</th>' if label else "<td></td>"
    cells = f"<td{heading}>{old}</td><td{heading}>{new}</td>"
    if inline:
        cells = f"<td{heading}>{_together(row.words) if row.kind == 'changed' else new or old}</td>"
    return f'<tr id="r{number}" class="{row.kind}"{attributes}>{head}{cells}</tr>'


def _marked(stretches: tuple[Stretch, ...], *, old: bool) -> str:
    tag = "del" if old else "ins"
    pieces = []
    for stretch in stretches:
        text = escape(stretch.old if old else stretch.new)
        pieces.append(text if stretch.same or not text else f"<{tag}>{text}</{tag}>")
    return "".join(pieces)


def _together(stretches: tuple[Stretch, ...]) -> str:
    """Both texts in one: what is gone, and behind it what is new."""
    pieces = []
    for stretch in stretches:
        if stretch.same:
            pieces.append(escape(stretch.new))
            continue
        if stretch.old:
            pieces.append(f"<del>{escape(stretch.old)}</del>")
        if stretch.new:
            pieces.append(f"<ins>{escape(stretch.new)}</ins>")
    return "".join(pieces)


def _ignored(comparison: PageComparison) -> Iterator[str]:
    if not comparison.ignored_counts:
        return
    total = sum(number for _, number in comparison.ignored_counts)
    yield f"<h2>Passed over ({total})</h2>"
    yield "<p>These differ and are no change of what the page says.</p><ul>"
    for rule, number in comparison.ignored_counts:
        yield f"<li>{escape(rule)}: {number}</li>"
    yield "</ul>"
    if comparison.ignored:
        yield "<details><summary>Show them</summary>"
        yield from _table("One by one", ("Rule", "Old", "New"), comparison.ignored[:_MOST_IGNORED])
        yield "</details>"
