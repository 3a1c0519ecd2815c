"""Text to blocks: a page's markup, or its plain rendering, as a `Document`.

One parse by lxml, one walk over the tree without recursion. White space is folded as a browser
folds it, line breaks are kept, hidden text is left out, data tables keep their grid and layout
tables dissolve.
"""

import re
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element

from extract.document import CONTENT, Block, Cell, Document, Link, Links, Mark
from extract.plain import plain_drafts
from extract.regions import BlockDraft, region_of_element, settle
from extract.tableform import MOST_PLACES, is_data_table
from extract.written import written_address

__all__ = ["Block", "Document", "Link", "html_blocks", "text_blocks"]

_CONTAINERS_TEXT = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main
menu nav ol p pre section summary table tbody td tfoot th thead tr ul xmp listing
"""
_CONTAINERS = frozenset(_CONTAINERS_TEXT.split())
_KINDS = {
    "li": "item",
    "dt": "term",
    "dd": "description",
    "address": "address",
    "caption": "caption",
    "figcaption": "caption",
    "legend": "caption",
    **{f"h{rank}": "heading" for rank in range(1, 7)},
}
_LISTS = frozenset({"ul", "ol", "dl", "dir", "menu"})
_CELLS = frozenset({"td", "th"})
_BOLD = frozenset({"b", "strong"})
_SPEAKING = frozenset({"nav", "header", "footer", "aside", "main", "article"})
# Containers that, without attributes, change nothing for what is inside them.
_TRANSPARENT_TEXT = "p div body center tbody thead tfoot section blockquote hr form"
_TRANSPARENT = frozenset(_TRANSPARENT_TEXT.split())
_DECLARING_TEXT = """
style script title noscript template select option textarea button svg math object embed iframe
canvas audio video applet noframes datalist colgroup col rp frame
"""
_DECLARING = frozenset(_DECLARING_TEXT.split())
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MEDIA = re.compile(r"@[^{};]{1,200}\{(?:[^{}]{0,500}\{[^{}]{0,2000}\}){0,300}[^{}]{0,500}\}")
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,2000})\}")
_SIMPLE_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?[.#][\w-]+", re.IGNORECASE)
_ZERO_WIDTH = str.maketrans("", "", "\u00ad\u200b\u200c\u200d\u2060\ufeff")
_NEEDS_SCRIPT = re.compile(r"java ?script|browser", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(r"@|[\[(]at[\])]|\bdot\b|\d{3}[ -]?\d{3}", re.IGNORECASE)
_TYPED_MARKUP = (b"vcard", b"h-card", b"itemprop", b"itemscope")
_CARD_CLASS = re.compile(
    r"^(?:vcard|h-card|fn|n|org|organization-name|organization-unit|title|role|adr|tel|email|url|"
    r"type|value|street-address|extended-address|locality|region|postal-code|country-name|"
    r"post-office-box|[pu]-[a-z-]+|dt-[a-z-]+)$"
)
_NO_ATTRIBUTES: dict[str, str] = {}
_VALUE_OF = {"a": "href", "link": "href", "area": "href", "time": "datetime", "abbr": "title"}
_INLINE_TAGS = re.compile(
    rb"</?(?:font|b|i|u|em|strong|span|center|small|big|tt|nobr|abbr|acronym)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(rb"<[^<>]{0,2000}>")
_BLOCK_TAG = re.compile(rb"</?(?:p|div|br|li|tr|td|th|h[1-6]|dt|dd|table)\b[^<>]{0,500}>", re.I)
_ODD_BREAK = re.compile(rb"</br\b|(?:</div>|</li>|</h[1-6]>|</b>|</strong>)\s{0,99}</p>", re.I)
_PARTING_TAG = re.compile(
    rb"<(/?(?:p|br|div|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|form|center|blockquote|pre|hr))"
    rb"(?=[\s/>])[^<>]{0,2000}>",
    re.IGNORECASE,
)
_MAX_SPAN = 1000


def html_blocks(text: str) -> Document:
    """Read markup, however broken, into blocks; never fails.

    What the parser gives up on is said in `Document.problems`: nesting beyond its limit costs first
    the inline markup, then all of it.
    """
    payload = text.replace("\x00", "").encode("utf-8", "replace")
    if _ODD_BREAK.search(payload):
        payload = _mend_breaks(payload)
    root, too_deep = _parse(payload)
    problems: tuple[str, ...] = ()
    if too_deep:
        problems = ("nested too deep; inline markup was left out",)
        root, too_deep = _parse(_INLINE_TAGS.sub(b"", payload))
    if too_deep:
        lines = _ANY_TAG.sub(b"", _BLOCK_TAG.sub(b"\n\n", payload)).decode("utf-8", "replace")
        flat = text_blocks(lines)
        return Document(
            flat.text, flat.blocks, problems=("nested too deep; read without its markup",)
        )
    if root is None:
        return Document("", ())
    walker = _Walker(marked=any(name in payload for name in _TYPED_MARKUP))
    walker.walk(root)
    if not walker.drafts and "<" in walker.title:  # a title nobody closed swallowed the page
        opened = re.sub(r"(?i)(<title[^>]*>[^<]*)", r"\1</title>", text, count=1)
        if opened != text and "</title><" not in text.lower():
            return html_blocks(opened)
    return walker.document(problems)


def text_blocks(text: str) -> Document:
    """Read a plain text rendering of a page: blank lines part blocks, headings bear no marks."""
    drafts = plain_drafts(text.translate(_ZERO_WIDTH))
    settle(drafts)
    title = next((draft.text for draft in drafts if draft.kind == "heading"), "")
    return Document("\n".join(draft.text for draft in drafts), _finish(drafts), title=title)


def _mend_breaks(payload: bytes) -> bytes:
    """Write out the breaks that browsers make of ``</br>`` and of a ``</p>`` that ends nothing."""
    pieces = []
    at = 0
    is_open = False  # whether a paragraph is; any other block ends it
    for match in _PARTING_TAG.finditer(payload):
        tag = match.group(1).lower()
        if tag == b"/br" or (tag == b"/p" and not is_open):
            pieces += [payload[at : match.start()], b"<br>" if tag == b"/br" else b"<p></p>"]
            at = match.end()
        is_open = tag == b"p" or (is_open and tag in {b"br", b"/br"})
    return b"".join([*pieces, payload[at:]])


def _parse(payload: bytes) -> tuple[_Element | None, bool]:
    """Parse markup; the second value tells that nesting beyond the limit cost part of it.

    Raises:
        MemoryError: when memory ran out; the parser itself would leave out the rest.
    """
    parser = etree.HTMLParser(
        recover=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(payload, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        root = None
    faults = {entry.type_name for entry in parser.error_log}
    if "ERR_NO_MEMORY" in faults:
        raise MemoryError
    return root, root is not None and "ERR_RESOURCE_LIMIT" in faults


def _finish(drafts: list[BlockDraft]) -> tuple[Block, ...]:
    """Number the blocks and give each the headings above it."""
    blocks = []
    path: list[tuple[int, int]] = []  # level and number of the headings above
    for number, draft in enumerate(drafts):
        if draft.kind == "heading" and draft.is_content:
            while path and path[-1][0] >= draft.level:
                path.pop()
        blocks.append(
            Block(
                number,
                draft.kind,
                draft.level,
                draft.region,
                draft.text,
                draft.start,
                draft.links,
                draft.bold,
                tuple(above for _, above in path) if draft.region in CONTENT else (),
                draft.cell,
                draft.list,
                draft.part,
                draft.classes,
                draft.language,
            )
        )
        if draft.kind == "heading" and draft.is_content:
            path.append((draft.level, number))
    return tuple(blocks)


@dataclass(slots=True)
class _Grid:
    """Where the next cell of a data table goes, given the spans of the rows above."""

    number: int
    row: int = -1
    column: int = 0
    carried: dict[int, int] | None = None  # column: rows still covered from above
    spanned: int = 0  # places that spans have covered so far

    def next_row(self) -> None:
        self.row += 1
        self.column = 0

    def place(self, rowspan: int, colspan: int) -> tuple[int, int]:
        carried = self.carried = self.carried or {}
        column = self.column
        while carried.get(self.column, 0) > self.row and self.spanned < MOST_PLACES:
            self.column += 1
        self.spanned += self.column - column + colspan - 1
        if self.spanned > MOST_PLACES:
            rowspan = colspan = 1
        column = self.column
        for covered in range(column, column + colspan):
            carried[covered] = self.row + rowspan
        self.column = column + colspan
        return max(self.row, 0), column


@dataclass(slots=True)
class _Context:
    """What a container sets for everything inside it."""

    kind: str = "paragraph"
    level: int = 0
    region: str = "main"
    in_article: bool = False
    list: int | None = None
    depth: int = 0
    part: int | None = None
    frame: tuple[int, int] | None = None
    grid: _Grid | None = None
    cell: Cell | None = None
    row: int = 0
    classes: str = ""
    language: str = ""
    preformatted: bool = False

    def inner(self) -> "_Context":
        """A context to start from for a container directly inside this one."""
        return _Context(
            self.kind if self.kind != "heading" else "paragraph",
            self.level if self.kind != "heading" else 0,
            self.region,
            self.in_article,
            self.list,
            self.depth,
            self.part,
            self.frame,
            self.grid,
            self.cell,
            self.row,
            "",
            self.language,
            self.preformatted,
        )


@dataclass(slots=True)
class _OpenLink:
    href: str
    start: int | None = None
    first: int = 0  # number of its first piece of text in the block
    alternative: str = ""
    used: bool = False


@dataclass(slots=True)
class _OpenMark:
    number: int
    names: tuple[str, ...]
    types: tuple[str, ...]
    vocabulary: str
    value: str | None
    parent: int | None
    start: int | None = None
    end: int = 0


class _Walker:
    """Collects blocks during one walk; a class because the walk's state is all of it."""

    def __init__(self, *, marked: bool) -> None:
        self.drafts: list[BlockDraft] = []
        self.title = ""
        self.language = ""
        self.base: str | None = None
        self.meta: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self.marked = marked
        self.marks: list[_OpenMark] = []
        self.open_marks: list[tuple[_Element, _OpenMark]] = []
        self.context = _Context()
        self.counter = 0  # numbers lists, tables, parts and frames
        self.hiding: set[str] = set()
        self.offset = 0  # where the block being gathered starts in the canonical text
        self.link: _OpenLink | None = None
        self.bold_depth = 0
        self._clear()

    def document(self, problems: tuple[str, ...]) -> Document:
        """What the walk has found, its regions settled."""
        settle(self.drafts)
        length = max(self.offset - 1, 0)
        marks = tuple(
            Mark(
                mark.vocabulary,
                mark.names,
                mark.types,
                min(mark.start if mark.start is not None else mark.end, length),
                min(mark.end, length),
                mark.value,
                mark.parent,
            )
            for mark in self.marks
        )
        return Document(
            text="\n".join(draft.text for draft in self.drafts),
            blocks=_finish(self.drafts),
            title=" ".join(self.title.split()),
            language=self.language,
            meta=tuple(self.meta),
            base=self.base,
            marks=marks,
            scripts=tuple(self.scripts),
            problems=problems,
        )

    # ------------------------------------------------------------ the walk

    def walk(self, root: _Element) -> None:
        """Go through the tree once, in document order."""
        events = etree.iterwalk(root, events=("start", "end"))
        outer: list[_Context] = []
        passed_over = None
        for event, element in events:
            tag = str(element.tag)
            if event == "start":
                items = element.items()
                attributes = dict(items) if items else _NO_ATTRIBUTES
                if (attributes or tag in _DECLARING) and self._passes_over(
                    element, tag, attributes
                ):
                    passed_over = element
                    events.skip_subtree()
                    continue
                if tag in _CONTAINERS:
                    if self.size:
                        self._separate()
                    outer.append(self.context)
                    self._enter(element, tag, attributes)
                else:
                    self._enter_inline(tag, attributes)
                if self.marked and attributes:
                    self._open_mark(element, attributes)
                if element.text:
                    self._write(element.text)
                continue
            if element is passed_over:
                passed_over = None
            else:
                if self.open_marks and self.open_marks[-1][0] is element:
                    self._close_mark()
                if tag in _CONTAINERS:
                    if self.size:
                        self._separate(closing_cell=tag in _CELLS)
                    self.context = outer.pop()
                elif tag == "a":
                    self._close_link()
                elif tag in _BOLD:
                    self.bold_depth -= 1
            if element.tail:
                self._write(element.tail)
        self._flush()

    def _next(self) -> int:
        self.counter += 1
        return self.counter

    def _passes_over(self, element: _Element, tag: str, attributes: dict[str, str]) -> bool:
        """Take what an unseen element declares, and say that its inside is not text of the page."""
        if tag in _DECLARING:
            if tag == "style":
                self.hiding |= _hidden_selectors("".join(element.itertext()))
            elif tag == "script":
                self._read_script(element)
            elif tag == "title":
                self.title = self.title or "".join(element.itertext())
            elif tag == "noscript":
                return _NEEDS_SCRIPT.search("".join(element.itertext())) is not None
            return True
        if tag in {"html", "body"}:
            return False
        if "hidden" in attributes or (
            "style" in attributes and _INVISIBLE.search(attributes["style"])
        ):
            return True
        return bool(self.hiding) and self._is_hidden_by_sheet(tag, attributes)

    def _is_hidden_by_sheet(self, tag: str, attributes: dict[str, str]) -> bool:
        names = [f".{name}" for name in attributes.get("class", "").split()]
        if name := attributes.get("id"):
            names.append(f"#{name}")
        return any(name in self.hiding or tag + name in self.hiding for name in names)

    def _read_script(self, element: _Element) -> None:
        text = element.text or ""
        if "ld+json" in element.get("type", "").lower():
            self.scripts.append(text)
        elif address := written_address(text):
            where = self.offset + self.size
            self.links.append(Link("", f"mailto:{address}", where, where))

    def _enter(self, element: _Element, tag: str, attributes: dict[str, str]) -> None:
        """Open a container: the context for what is inside."""
        if not attributes and tag in _TRANSPARENT and self.context.kind != "heading":
            return
        context = self.context = self.context.inner()
        if tag in _KINDS and context.cell is None:
            context.kind = _KINDS[tag]
            context.level = int(tag[1]) if context.kind == "heading" else context.depth
        if tag in _LISTS:
            context.list = self._next()
            context.depth += 1
        elif tag in {"li", "dt", "dd"}:
            context.part = self._next()
        elif tag == "pre":
            context.preformatted = True
        elif tag in {"table", "tr", "td", "th"}:
            self._enter_table(element, tag, context)
        if tag == "html":
            self.language = attributes.get("lang") or next(
                (value for name, value in attributes.items() if name.endswith("lang")), ""
            )
        elif attributes or tag in _SPEAKING:
            self._enter_region(element, tag, context, attributes)

    def _enter_table(self, element: _Element, tag: str, context: _Context) -> None:
        if tag == "table":
            context.grid = _Grid(self._next()) if is_data_table(element) else None
            context.cell = None
        elif tag == "tr":
            if context.grid:
                context.grid.next_row()
            context.row = self._next()
        elif context.grid:
            rowspan = _span(element.get("rowspan"))
            colspan = _span(element.get("colspan"))
            row, column = context.grid.place(rowspan, colspan)
            context.kind = "cell"
            context.level = 0
            context.list = None
            context.part = self._next()
            context.cell = Cell(context.grid.number, row, column, rowspan, colspan, tag == "th")
        else:
            context.part = self._next()
            context.frame = (context.row, context.part)

    def _enter_region(
        self, element: _Element, tag: str, context: _Context, attributes: dict[str, str]
    ) -> None:
        name, classes = attributes.get("id", ""), attributes.get("class", "")
        role = attributes.get("role", "")
        context.classes = f"{classes} {name}".strip()
        context.language = attributes.get("lang") or context.language
        if tag == "body" or context.region == "archive":
            return
        if tag in {"main", "article"} or role == "main":
            context.in_article = True
        if not (name or classes or role or tag in _SPEAKING):
            return
        region = region_of_element(tag, name, classes, role)
        if region is None or (context.in_article and region in {"header", "footer"}):
            return  # an article's own header and footer are part of it
        if region not in {"nav", "header", "footer"} or not _holds_message(element):
            context.region = region

    def _enter_inline(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "br":
            self._break_line()
        elif tag == "a":
            self._close_link()
            if "href" in attributes:
                self.link = _OpenLink(attributes["href"])
        elif tag in _BOLD:
            self.bold_depth += 1
        elif tag == "img":
            alternative = " ".join(attributes.get("alt", "").split())
            if alternative and _LOOKS_LIKE_ADDRESS.search(alternative):
                self._write(f" {alternative} ")
            elif alternative and self.link:
                self.link.alternative = alternative
        elif tag == "area" and attributes.get("href"):
            where = self.offset + self.size
            self.links.append(Link(attributes.get("alt", ""), attributes["href"], where, where))
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property")
            name = name or attributes.get("http-equiv")
            if name and (content := attributes.get("content")):
                self.meta.append((name.strip().lower(), " ".join(content.split())))
        elif tag == "base" and self.base is None:
            self.base = attributes.get("href")

    # ------------------------------------------------------------ typed markup

    def _open_mark(self, element: _Element, attributes: dict[str, str]) -> None:
        if "itemprop" in attributes or "itemscope" in attributes:
            vocabulary = "microdata"
            names = tuple(attributes.get("itemprop", "").split())
            types = tuple(attributes.get("itemtype", "").split()) or ("Thing",)
            types = types if "itemscope" in attributes else ()
        else:
            vocabulary = "hcard"
            names = tuple(filter(_CARD_CLASS.match, attributes.get("class", "").split()))
            types = tuple(name for name in names if name in {"vcard", "h-card"})
        if not (names or types):
            return
        value = attributes.get(
            _VALUE_OF.get(str(element.tag), "content"), attributes.get("content")
        )
        parent = self.open_marks[-1][1].number if self.open_marks else None
        mark = _OpenMark(len(self.marks), names, types, vocabulary, value, parent)
        mark.end = self.offset + self.size
        self.marks.append(mark)
        self.open_marks.append((element, mark))

    def _close_mark(self) -> None:
        _, mark = self.open_marks.pop()
        if mark.start is not None:
            mark.end = self.offset + self.size if self.size else self.offset - 1

    # ------------------------------------------------------------ the text of one block

    def _clear(self) -> None:
        self.pieces: list[str] = []
        self.size = 0
        self.space = False  # white space was seen and not yet written
        self.at_break = False
        self.links: list[Link] = []
        self.bold: list[tuple[int, int]] = []

    def _write(self, raw: str) -> None:
        if self.context.preformatted:
            for number, line in enumerate(raw.split("\n")):
                if number:
                    self._break_line()
                self._write_folded(line)
        elif raw.isspace():  # most of what stands between tags
            self.space = True
        else:
            self._write_folded(raw)

    def _write_folded(self, raw: str) -> None:
        """Add text, its white space folded to single blanks."""
        if not raw.isascii():
            raw = raw.translate(_ZERO_WIDTH)
        words = raw.split()
        if not words:
            self.space = self.space or bool(raw)
            return
        if self.size and not self.at_break and (self.space or raw[0].isspace()):
            self.pieces.append(" ")
            self.size += 1
        start = self.offset + self.size
        if self.link and self.link.start is None:
            self.link.start, self.link.first = start, len(self.pieces)
        for _, mark in self.open_marks:
            if mark.start is None:
                mark.start = start
        folded = " ".join(words)
        self.pieces.append(folded)
        self.size += len(folded)
        self.space = raw[-1].isspace()
        self.at_break = False
        if self.bold_depth > 0 or self.context.kind == "term":
            if self.bold and start - self.bold[-1][1] <= 1:
                start = self.bold.pop()[0]
            self.bold.append((start, self.offset + self.size))

    def _break_line(self) -> None:
        """A line break; the second in a row parts paragraphs, as it was used to."""
        if not self.size:
            return
        if not self.at_break:
            self.pieces.append("\n")
            self.size += 1
            self.at_break = True
            self.space = False
        elif self.context.cell is None:
            self._flush()

    def _separate(self, *, closing_cell: bool = False) -> None:
        """A container begins or ends: a new block, or a new line inside a data cell."""
        if self.context.cell is None or closing_cell:
            self._flush()
        elif self.size and not self.at_break:
            self._break_line()

    def _close_link(self) -> None:
        link, self.link = self.link, None
        if link is None:
            return
        end = self.offset + self.size
        if link.start is not None and link.start < end:
            text = "".join(self.pieces[link.first :]).rstrip("\n")
            self.links.append(Link(text, link.href, link.start, link.start + len(text)))
        elif not link.used:
            self.links.append(Link(link.alternative, link.href, end, end))

    def _flush(self) -> None:
        """End the block being gathered; links and marks that are open go on in the next."""
        if not self.size:
            return
        text = "".join(self.pieces)
        if self.link and self.link.start is not None:
            again = _OpenLink(self.link.href, used=True)
            self._close_link()
            self.link = again
        text = text.rstrip("\n")
        context = self.context
        end = self.offset + len(text)
        self.drafts.append(
            BlockDraft(
                context.kind,
                context.level,
                context.region,
                text,
                self.offset,
                Links(
                    link if link.end <= end else Link(link.text, link.href, end, end)
                    for link in self.links
                ),
                tuple(self.bold) if self.bold else (),
                context.cell,
                context.list,
                context.part,
                context.frame,
                context.classes,
                context.language,
            )
        )
        self.offset = end + 1
        self._clear()


def _span(written: str | None) -> int:
    """Read a rowspan or colspan; nonsense means 1."""
    if written and written.strip().isdecimal():
        return min(max(int(written), 1), _MAX_SPAN)
    return 1


def _hidden_selectors(sheet: str) -> frozenset[str]:
    """Find the simple selectors that a style sheet hides on screen."""
    if not _INVISIBLE.search(sheet):
        return frozenset()
    return frozenset(
        selector.strip()
        for selectors, rules in _RULE.findall(_MEDIA.sub("", sheet))
        if _INVISIBLE.search(rules)
        for selector in selectors.split(",")
        if _SIMPLE_SELECTOR.fullmatch(selector.strip())
    )


def _holds_message(element: _Element) -> bool:
    """Whether an element named as furniture holds a main heading and text under it."""
    if element.tag in {"nav", "footer"} or element.get("role"):
        return False
    heading = element.find(".//h1")
    return heading is not None and len(element.findall(".//p")) > 1
