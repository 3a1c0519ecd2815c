"""Finding what an archive's replay added to a page: by its marks first, by its words second.

Never by position alone. A part whose end cannot be told is not cut: it is reported as left.
"""

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from archiver.errors import TimestampError
from archiver.markup import Comment, Raw, Tag, Token, tag_addresses, tokens
from archiver.records import DateSource, StatedDate
from archiver.timestamps import parse_timestamp
from archiver.unreplay.kinds import Kind, Mark, patterns_found

__all__ = ["Addition", "Additions", "PageText", "find_additions", "stated_dates"]

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "wbr")
)
_INLINE = frozenset(
    ("a", "abbr", "b", "em", "font", "i", "img", "small", "span", "strong", "time", "u")
)
_WHOLE_PAGE = frozenset(("html", "head", "body", "frameset"))
_LONGEST_BANNER = 3000  # characters of text a reader sees; more is not a banner
_MOST_OF_ONE_ID = 10  # a page has one of each; more is a mistake, or malice
_LONGEST_SOURCE = 8000  # characters of markup round a banner's words
_LONGEST_SCRIPT = 4000  # characters in which a script of the archive shows itself
_MACHINERY = frozenset(("script", "style", "link"))
_UNSEEN = "head insert"  # the part that shows nothing
_SPEAKING = ("banner", "header")  # the parts that hold a banner's sentences
_LONGEST_LINK = 40  # characters of a link in a banner
_MOST_PLACES = 20  # where a banner's words are looked for
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"


class Addition(NamedTuple):
    """A part that the archive added, from ``<`` to ``>``."""

    kind: str
    part: str
    start: int
    end: int
    sure: bool


@dataclass(slots=True)
class Additions:
    """What was found: parts to cut, and in words what looks added but cannot be cut."""

    parts: list[Addition] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class PageText:
    """A page's text with its tokens, and what a reader sees of any stretch of it."""

    def __init__(self, text: str, *, xml: bool = False) -> None:
        self.text = text
        self.tokens = list(tokens(text, xml=xml, inside=False))
        self._starts = [token.start for token in self.tokens]

    def visible(self, start: int, end: int) -> str:
        """Give the text between two places as a reader sees it, tags and scripts taken out."""
        parts: list[str] = []
        at = start
        for token in self.between(start, end):
            parts.append(self.text[at : token.start])
            if isinstance(token, Tag) and token.name not in _INLINE:
                parts.append(" ")
            at = max(at, token.end)
        parts.append(self.text[at:end])
        return html.unescape("".join(parts))

    def between(self, start: int, end: int) -> Iterator[Token]:
        """Give the tokens that begin between two places."""
        for index in range(bisect_left(self._starts, start), bisect_left(self._starts, end)):
            yield self.tokens[index]

    def index(self, start: int) -> int:
        """Give the place among the tokens of the first one that begins at `start` or later."""
        return bisect_left(self._starts, start)

    def holds_whole_page(self, start: int, end: int) -> bool:
        """Tell whether a stretch has tags in it that only a whole page has."""
        return any(
            isinstance(token, Tag) and token.name in _WHOLE_PAGE
            for token in self.between(start, end)
        )

    def elements_named(self, name: str) -> list[int]:
        """Find the start tags with an id: their places among the tokens, the first few only."""
        if name not in self.text:
            return []
        found = (
            index
            for index, token in enumerate(self.tokens)
            if isinstance(token, Tag)
            and not token.closing
            and self.text.find(name, token.start, token.end) >= 0
            and token.get("id") == name
        )
        return list(islice(found, _MOST_OF_ONE_ID))

    def element_end(self, index: int) -> int | None:
        """Find where the element whose start tag is the token at `index` ends.

        Tags of the same name are counted up and down; None when the count never comes to zero.
        """
        opening = self.tokens[index]
        if not isinstance(opening, Tag) or opening.name in _VOID:
            return opening.end
        depth = 0
        for token in islice(self.tokens, index, None):
            if isinstance(token, Tag) and token.name == opening.name:
                depth += -1 if token.closing else 1
                if not depth:
                    return token.end
        return None

    def script_end(self, index: int) -> int:
        """Find where the script ends whose start tag is the token at `index`."""
        end = self.tokens[index].end
        for token in islice(self.tokens, index + 1, index + 3):  # its inside and its end tag
            if isinstance(token, Raw) or (isinstance(token, Tag) and token.closing):
                end = token.end
        return end


def find_additions(page: PageText, kinds: Sequence[Kind]) -> Additions:
    """Find everything that these kinds of replay add to a page, apart from changed addresses."""
    found = Additions()
    for kind in kinds:
        for mark in kind.marks:
            if mark.id:
                _find_element(page, kind, mark, found)
            else:
                _find_between(page, kind, mark, found)
        _find_single(page, kind, found)
        if kind.wording and not any(part.part in _SPEAKING for part in found.parts):
            _find_words(page, kind, found)
    return found


def stated_dates(kinds: Iterable[Kind], source: DateSource, text: str) -> list[StatedDate]:
    """Read every date of one source that the kinds' patterns find in a text."""
    found: dict[str, StatedDate] = {}
    for kind in kinds:
        for pattern in kind.dates:
            if pattern.source is source:
                for match in pattern.pattern.finditer(text):
                    timestamp = _timestamp(match)
                    if timestamp:
                        raw = " ".join(match.group().split())
                        found.setdefault(timestamp, StatedDate(source, timestamp, raw))
    return list(found.values())


def _find_between(page: PageText, kind: Kind, mark: Mark, found: Additions) -> None:
    start: int | None = None
    opening = mark.begin.pattern if mark.begin else f"<{mark.after}>"
    for token in page.tokens:
        if start is None and isinstance(token, Tag) and mark.after:
            if token.name == mark.after and not token.closing:
                start = token.end
        elif isinstance(token, Comment):
            inside = page.text[slice(*token.inside)][:200]
            if start is not None and mark.end and mark.end.search(inside):
                if _may_be_added(page, start, token.start, mark):
                    found.parts.append(Addition(kind.name, mark.part, start, token.end, mark.sure))
                else:
                    found.left.append(f"{mark.part}: too much of a page stands between its marks")
                start = None
            elif start is None and mark.begin and mark.begin.search(inside):
                start = token.start
    if start is not None and mark.begin:
        found.left.append(f"{mark.part}: no end mark follows the comment {opening!r}")


def _may_be_added(page: PageText, start: int, end: int, mark: Mark) -> bool:
    # A lost mark must not take the page with it: what it shows tells, and behind a tag what it is.
    if page.holds_whole_page(start, end):
        return False
    shown = page.visible(start, end).strip()
    if mark.after:
        names = {token.name for token in page.between(start, end) if isinstance(token, Tag)}
        return names <= _MACHINERY and not shown
    return not shown if mark.part == _UNSEEN else len(shown) <= _LONGEST_BANNER


def _find_element(page: PageText, kind: Kind, mark: Mark, found: Additions) -> None:
    for index in page.elements_named(mark.id):
        token = page.tokens[index]
        end = page.element_end(index)
        if end is None or page.holds_whole_page(token.end, end):
            found.left.append(f"{mark.part}: no end tag matches the element {mark.id!r}")
        elif len(page.visible(token.start, end)) > _LONGEST_BANNER:
            found.left.append(f"{mark.part}: the element {mark.id!r} is too long to be one")
        else:
            found.parts.append(Addition(kind.name, mark.part, token.start, end, mark.sure))


def _find_single(page: PageText, kind: Kind, found: Additions) -> None:
    script = 0
    for index, token in enumerate(page.tokens):
        if isinstance(token, Comment):
            if patterns_found(kind.comments, page.text[slice(*token.inside)][:400]):
                found.parts.append(Addition(kind.name, "comment", token.start, token.end, True))
        elif isinstance(token, Tag):
            if token.closing or token.name not in ("script", "link"):
                continue
            script = index if token.name == "script" else script
            addresses = [address.url for address in tag_addresses(token)] if kind.assets else []
            if any(patterns_found(kind.assets, url) for url in addresses):
                end = page.script_end(index) if token.name == "script" else token.end
                found.parts.append(Addition(kind.name, token.name, token.start, end, False))
        elif isinstance(token, Raw):
            inside = page.text[token.start : token.end]
            if token.name == "script" and patterns_found(kind.scripts, inside[:_LONGEST_SCRIPT]):
                start, end = page.tokens[script].start, page.script_end(script)
                found.parts.append(Addition(kind.name, "script", start, end, True))
            elif token.name == "title":
                for title in kind.titles:
                    if match := title.match(inside):
                        end = token.start + match.end()
                        found.parts.append(Addition(kind.name, "title", token.start, end, False))


def _find_words(page: PageText, kind: Kind, found: Additions) -> None:
    words = re.compile("|".join(map(re.escape, kind.needles)))
    for match in islice(words.finditer(page.text), _MOST_PLACES):
        for start, end in _elements_round(page, match.start()):
            if _says_nothing_else(page, kind, start, end):
                first = not page.visible(_body_start(page), start).strip()
                last = not page.visible(end, len(page.text)).strip()
                sure = first and not last  # at the top of a page that says something
                found.parts.append(Addition(kind.name, "banner", start, end, sure))
                return


def _says_nothing_else(page: PageText, kind: Kind, start: int, end: int) -> bool:
    # Beside the known sentences a banner has room for a few words that are links.
    visible = page.visible(start, end)
    if not kind.wording[0].search(visible):
        return False
    for pattern in kind.wording:
        visible = pattern.sub("", visible)
    for index, token in enumerate(page.between(start, end), page.index(start)):
        if isinstance(token, Tag) and token.name == "a" and not token.closing:
            link = page.visible(token.start, page.element_end(index) or token.end)
            if len(link) <= _LONGEST_LINK:
                visible = visible.replace(link, "", 1)
    return not any(map(str.isalnum, visible))


def _elements_round(page: PageText, at: int) -> list[tuple[int, int]]:
    # The elements round a place that are short enough to be a banner, outer ones before inner ones.
    opened: dict[str, list[int]] = {}
    spans: list[tuple[int, int]] = []
    for token in page.between(max(at - _LONGEST_SOURCE, 0), at + _LONGEST_SOURCE):
        if isinstance(token, Tag) and token.name not in _VOID and token.name not in _WHOLE_PAGE:
            starts = opened.setdefault(token.name, [])
            if not token.closing:
                starts.append(token.start)
            elif starts:
                start = starts.pop()
                if start < at < token.end:
                    spans.append((start, token.end))
    return sorted(spans)


def _body_start(page: PageText) -> int:
    for token in page.tokens:
        if isinstance(token, Tag) and token.name == "body":
            return token.end
    return 0


def _timestamp(match: re.Match[str]) -> str | None:
    groups = match.groupdict(default="")
    timestamp = groups.get("timestamp", "")
    if not timestamp:
        month = groups["month"].lower()
        number = month if month.isdigit() else str(_MONTHS.find(month[:3]) // 3 + 1)
        clock = [part.zfill(2) for part in groups.get("time", "").split(":") if part]
        timestamp = "".join((groups["year"], number.zfill(2), groups["day"].zfill(2), *clock))
    try:
        parse_timestamp(timestamp)
    except TimestampError:  # a month that is none
        return None
    return timestamp
