"""Element paths: which element of a page's tree each of its values stands in.

A path is an XPath 1.0 expression. It begins at the root, or at the nearest element around whose id
no other element of the page has: ``/html/body/div[2]/p`` or ``//*[@id="contacts"]/tr[3]/td[2]``. A
number is left out where an element is the only one of its name beside its siblings.

It is told of the tree that lxml's parser (libxml2) makes of the decoded text, without any NUL and
encoded as UTF-8: ``lxml.etree.fromstring(data, lxml.etree.HTMLParser(encoding="utf-8"))``. A
browser's tree may differ from that: it puts a tbody in every table, and repairs markup otherwise.

Paths are not stored. They follow from payload and place, so they are worked out when somebody asks,
in a child process: extracting costs no more for them, and the catalogue is no larger.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from lxml.etree import _Element

from archiver.confined import Confined
from archiver.errors import ConfinedError, MarshamError
from archiver.records import Capture
from extract.blocks import html_runs
from extract.decode import decode
from extract.facts.observations import Observation
from snapshots.archive import Archive
from snapshots.mementos import memento_of

__all__ = ["Sought", "element_paths", "elements_of"]

Sought = tuple[int | None, int | None, str, str]
"""A value to find: its start and end in the canonical text, its source, and as it is printed."""

_LARGEST = 1 << 26  # bytes of a page; extracting reads no more either
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")  # others would be taken for a name space's
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_:.-]{0,63}")
_ATTRIBUTES = ("href", "src", "content", "alt", "title", "datetime", "value", "resource")
_NOWHERE = frozenset({"computed", "given", "url"})  # sources that are no part of the page
_PLAIN_TYPE = re.compile(r"^\s*text/plain\b", re.IGNORECASE)


def elements_of(
    archive: Archive,
    children: Confined,
    capture: Capture,
    text: str,
    observations: Sequence[Observation],
) -> list[str | None]:
    """Give the element path of each of a page's values, in their order.

    Args:
        archive: that holds the page.
        children: who reads it, and within which limits.
        capture: of the page.
        text: its canonical text, in which the places count.
        observations: the values.

    None stands for a value that is not from an element (worked out, or given from outside), and for
    all of a page that cannot be read any more.
    """
    sought = [(each.start, each.end, each.source, each.raw) for each in observations]
    if not sought:
        return []
    try:
        memento = memento_of(archive, capture)
        payload = memento.content(_LARGEST)
        told = children.call(
            _paths_as_json,
            payload + text.encode("utf-8", "replace"),
            len(payload),
            memento.content_type,
            sought,
        )
    except (MarshamError, ConfinedError):
        return [None] * len(sought)
    return [None if path is None else str(path) for path in json.loads(told)]


def element_paths(markup: str, text: str, sought: Iterable[Sought]) -> list[str | None]:
    """Give the path of the element that each value stands in, in their order; never fails.

    Args:
        markup: the page, decoded.
        text: its canonical text, in which the places count.
        sought: the values.

    For a value in the text it is the innermost element that has the whole of it in its own text or
    that of its descendants. For one from an attribute it is the element with that attribute, for
    one from JSON-LD its script.
    """
    tree = _Tree(markup, text)
    return [tree.path(each) for each in sought]


def _paths_as_json(data: bytes, length: int, content_type: str, sought: Sequence[Sought]) -> bytes:
    if _PLAIN_TYPE.match(content_type):
        return json.dumps([None] * len(sought)).encode()
    markup = decode(data[:length], content_type).text
    text = data[length:].decode("utf-8", "replace")
    return json.dumps(element_paths(markup, text, sought)).encode()


class _Tree:
    """A page's tree, its elements found by places in a canonical text."""

    def __init__(self, markup: str, text: str) -> None:
        found = html_runs(markup)
        self._root = found.root
        self._runs = found.runs
        self._links: dict[str, list[tuple[int, _Element]]] = {}
        for at, href, anchor in found.links:
            self._links.setdefault(href, []).append((at, anchor))
        self._ends = [end for _, end, _ in found.runs]
        self._given = _Squeezed(text)
        self._own = _Squeezed(found.text)
        self._same = self._given.text == self._own.text
        self._steps: dict[_Element, str] = {}
        self._paths: dict[_Element, str] = {}
        self._attributes: dict[str, list[_Element]] | None = None
        self._ids: dict[str, int] | None = None

    def path(self, sought: Sought) -> str | None:
        start, end, source, raw = sought
        if self._root is None or source in _NOWHERE:
            return None
        element = None
        if start is not None and end is not None and start < end:
            element = self._at(start, end)
        if source != "text":
            element = self._of_source(source, raw, start, element)
        return None if element is None else self._path_of(element)

    # ------------------------------------------------------------ places to elements

    def _at(self, start: int, end: int) -> _Element | None:
        """The innermost element that has a stretch of the canonical text."""
        place = self._own_place(start, end)
        if place is None:
            return None
        runs = self._runs
        around: list[_Element] | None = None
        for number in range(bisect_right(self._ends, place[0]), len(runs)):
            begin, _, element = runs[number]
            if begin >= place[1]:
                break
            around = _shared(around, element)
        return around[-1] if around else None

    def _own_place(self, start: int, end: int) -> tuple[int, int] | None:
        """A stretch of the canonical text as one of the text that this tree gives."""
        first, last = self._given.within(start, end)
        if first >= last:
            return None
        if not self._same:  # the markup was mended: the same words, as often before
            words = self._given.text[first:last]
            before = self._given.text.count(words, 0, first)
            if self._given.text.count(words) != self._own.text.count(words):
                return None
            first = -1
            for _ in range(before + 1):
                first = self._own.text.find(words, first + 1)
            last = first + len(words)
            if first < 0:
                return None
        return self._own.offsets[first], self._own.offsets[last - 1] + 1

    def _of_source(
        self, source: str, raw: str, start: int | None, around: _Element | None
    ) -> _Element | None:
        """The element that a value which is no text comes from."""
        root = self._root
        if root is None:
            return None
        if source == "title":
            return next(root.iter("title"), None)
        if source == "lang":
            return root
        if source == "json-ld":
            return _script_with(root, raw)
        folded = " ".join(raw.split())
        own = around
        while own is not None:  # a link around the words, say
            if any(" ".join(value.split()) == folded for value in own.values()):
                return own
            own = own.getparent()
        if source == "href" and start is not None:
            near = self._links.get(raw)
            if near and self._same:
                return min(near, key=lambda each: abs(each[0] - start))[1]
        return next(iter(self._with_attribute(folded)), around)

    def _with_attribute(self, value: str) -> list[_Element]:
        if self._attributes is None:
            self._attributes = {}
            for element in () if self._root is None else self._root.iter("*"):
                for name in _ATTRIBUTES:
                    if held := element.get(name):
                        key = " ".join(held.split())
                        self._attributes.setdefault(key, []).append(element)
        return self._attributes.get(value, [])

    # ------------------------------------------------------------ elements to paths

    def _path_of(self, element: _Element) -> str:
        steps: list[_Element] = []
        at: _Element | None = element
        path = ""
        while at is not None:
            if at in self._paths:
                path = self._paths[at]
                break
            steps.append(at)
            at = at.getparent()
        for each in reversed(steps):
            name = each.get("id", "")
            if _ID.fullmatch(name) and self._id_count(name) == 1:
                path = f'//*[@id="{name}"]'
            else:
                path = f"{path}/{self._step_of(each)}"
            self._paths[each] = path
        return path

    def _id_count(self, name: str) -> int:
        if self._ids is None:
            self._ids = {}
            for element in () if self._root is None else self._root.iter("*"):
                if own := element.get("id"):
                    self._ids[own] = self._ids.get(own, 0) + 1
        return self._ids.get(name, 0)

    def _step_of(self, element: _Element) -> str:
        if element not in self._steps:
            parent = element.getparent()
            self._steps.update(_steps([element] if parent is None else list(_children(parent))))
        return self._steps[element]


class _Squeezed:
    """A text without its white space, and where each of its characters stood."""

    def __init__(self, text: str) -> None:
        self.offsets = [at for at, char in enumerate(text) if not char.isspace()]
        self.text = "".join(text.split())

    def within(self, start: int, end: int) -> tuple[int, int]:
        """A stretch of the text, as one of the text without white space."""
        return bisect_left(self.offsets, start), bisect_left(self.offsets, end)


def _children(element: _Element) -> Iterator[_Element]:
    return element.iterchildren("*")


def _steps(siblings: Sequence[_Element]) -> Iterator[tuple[_Element, str]]:
    """How each of some siblings is told from the others."""
    names = [str(each.tag) for each in siblings]
    totals = dict.fromkeys(names, 0)
    for name in names:
        totals[name] += 1
    counts = dict.fromkeys(names, 0)
    for number, (each, name) in enumerate(zip(siblings, names, strict=True), start=1):
        counts[name] += 1
        if not _NAME.fullmatch(name):
            yield each, f"*[{number}]"
        else:
            yield each, name if totals[name] == 1 else f"{name}[{counts[name]}]"


def _shared(around: list[_Element] | None, element: _Element) -> list[_Element]:
    """The elements around both, outermost first; all around the one when there is no other."""
    own = [*reversed(list(element.iterancestors())), element]
    if around is None:
        return own
    length = 0
    for one, other in zip(around, own, strict=False):
        if one is not other:
            break
        length += 1
    return around[:length]


def _script_with(root: _Element, raw: str) -> _Element | None:
    scripts = [each for each in root.iter("script") if "ld+json" in each.get("type", "").lower()]
    written = json.dumps(raw)[1:-1]
    for each in scripts:
        text = each.text or ""
        if raw in text or written in text:
            return each
    return scripts[0] if len(scripts) == 1 else None
