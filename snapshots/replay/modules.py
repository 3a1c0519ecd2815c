r"""Addresses by which scripts import scripts, found and replaced; nothing else of a script is.

A script's text cannot be changed safely: what looks like an address in it may be anything. What
follows ``import``, ``export ... from`` and stands in ``import(...)`` is an address by the grammar,
and a script asks for it before any other script could mend it. Source: ECMA-262, clauses 12
(lexical grammar), 16.2 (modules) and 13.3.10 (import calls).

>>> list(imported('import {a} from "./a.js"; const b = await import(`./b.js`), c = "from" + "/d"'))
[(17, 23, './a.js'), (50, 56, './b.js')]
"""

import json
import re
from collections.abc import Callable, Iterator

from archiver.markup import Edit, apply_edits, read_source

__all__ = ["imported", "rewrite_import_map", "rewrite_script", "script_edits"]

# One alternative for each thing that can hide or hold an address. No alternative fails after its
# first character has matched (a regular expression is tried apart), so time is linear.
_TOKEN = re.compile(
    r"""
    (?P<line> //[^\n\r\u2028\u2029]*+ )
  | (?P<block> /\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z) )
  | (?P<string> "(?:[^"\\\n\r]++|\\(?:\r\n|[\s\S]|\Z))*+"? | '(?:[^'\\\n\r]++|\\(?:\r\n|[\s\S]|\Z))*+'? )
  | (?P<word> [A-Za-z_$\x80-\U0010ffff\\#][\w$\\]*+ )
  | (?P<number> [0-9][\w.]*+ )
  | (?P<mark> \+\+|--|=>|\.\.\.|[^\s] )
    """,  # noqa: E501 - a string of either quote reads best on one line
    re.VERBOSE,
)
_TEMPLATE = re.compile(r"(?:[^`\\$]++|\\(?:[\s\S]|\Z)|\$(?!\{))*+(?P<end>`|\$\{|\Z)")
_REGEX = re.compile(r"/(?:[^/\\\[\n\r]++|\\[^\n\r]|\[(?:[^\]\\\n\r]++|\\[^\n\r])*+\])++/\w*+")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))"
)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_LINE_ENDS = frozenset(("\n", "\r", "\r\n", "\u2028", "\u2029"))
# After these words an expression begins, so that a slash begins a regular expression.
_BEFORE_EXPRESSION = frozenset(
    (
        *("await", "case", "delete", "do", "else", "in", "instanceof", "new", "of"),
        *("return", "throw", "typeof", "void", "yield"),
    )
)
_WORTH_READING = re.compile("import|export")
_LONGEST = 4096  # characters of an address, and of a regular expression
_DEEPEST = 1000  # templates within templates
_MOST_DOUBTFUL = 100  # slashes that begin a regular expression without end; none does in a script


def imported(text: str) -> Iterator[tuple[int, int, str]]:
    """Find every address that a script or module imports by a literal.

    Yields:
        Where the address begins and ends in the text, inside its quotes, and the address with its
        escapes undone. Never raises; time is linear.
    """
    if not _WORTH_READING.search(text):
        return
    before = last = ""  # the two tokens before this one, as text; a literal is `"`
    clause = ""  # the import or export clause we are in: "import", "export", or none
    depth = 0  # of curly brackets
    templates: list[int] = []  # depths at which a template goes on after its expression
    at = doubtful = 0
    while match := _TOKEN.search(text, at):
        at = match.end()
        kind = match.lastgroup
        if kind in ("line", "block"):
            continue
        piece = match.group()
        if kind == "string":
            found = len(piece) > 1 and piece[-1] == piece[0]
            if found and _is_address(before, last, clause) and len(piece) <= _LONGEST:
                yield match.start() + 1, at - 1, _undone(piece[1:-1])
            piece, clause = '"', ""
        elif kind == "word":
            if last == ".":
                piece = "name"  # `x.import` is one like any other
            elif piece in ("import", "export"):
                clause = piece
            elif clause and piece not in ("from", "as", "default", "type") and last == "from":
                clause = ""
        elif piece == "`" or (piece == "}" and templates and templates[-1] == depth):
            if piece == "}":
                templates.pop()
            start = at
            end = _TEMPLATE.match(text, at)
            assert end is not None  # noqa: S101 - it matches every text
            at = end.end()
            if end["end"] == "${" and len(templates) < _DEEPEST:
                templates.append(depth)
                before, last = last, "("
                continue
            if piece == "`" and end["end"] == "`" and before == "import" and last == "(":
                yield start, at - 1, _undone(text[start : at - 1])
            piece = '"'
        elif piece == "/" and doubtful < _MOST_DOUBTFUL and _begins_expression(last):
            regex = _REGEX.match(text, at - 1, at + _LONGEST)
            if regex:
                at, piece = regex.end(), '"'
            else:
                doubtful += 1
        elif kind == "mark":
            depth += (piece == "{") - (piece == "}")
            if piece in ";(=" or (clause == "export" and piece not in "{},*"):
                clause = "" if piece != "(" or last != "import" else clause
        before, last = last, piece


def script_edits(
    text: str, change: Callable[[str], str | None], start: int = 0, end: int | None = None
) -> Iterator[Edit]:
    """Say what to change in a script, or one that is ``text[start:end]`` in a page.

    Args:
        text: the script.
        change: given an address, says what to put in its place; None for nothing. Names that are no
            addresses (``import "lodash"``) are not asked about: an import map says what they mean.
        start: where the script begins.
        end: where it ends.
    """
    inner = text if start == 0 and end is None else text[start:end]
    for first, last, address in imported(inner):
        if address.startswith(("/", "./", "../", "http:", "https:", "HTTP")):
            new = change(address)
            if new is not None:
                yield Edit(start + first, start + last, _written(new))


def rewrite_script(
    body: bytes, change: Callable[[str], str | None], *, charset: str | None = None
) -> bytes:
    """Replace the addresses a script imports; the very same object where there are none."""
    if b"import" not in body and b"export" not in body and b"\0" not in body[:64]:
        return body
    source = read_source(body, charset)
    edits = list(script_edits(source.text, change))
    return source.encode(apply_edits(source.text, edits)) if edits else body


def rewrite_import_map(text: str, change: Callable[[str], str | None]) -> str | None:
    """Replace the addresses in an import map; None for a text that is none, or needs no change.

    Source: HTML Standard, clause 8.1.6.2 (import maps). What browsers check files by (integrity)
    is left out, as it is true no longer.
    """
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict):
        return None

    def address(written: object) -> object:
        if not isinstance(written, str):
            return written
        return _changed(written, change)

    def table(entries: object) -> object:
        if not isinstance(entries, dict):
            return entries
        return {_changed(name, change): address(value) for name, value in entries.items()}

    made = {name: value for name, value in held.items() if name != "integrity"}
    if "imports" in made:
        made["imports"] = table(made["imports"])
    if isinstance(made.get("scopes"), dict):
        scopes = made["scopes"].items()
        made["scopes"] = {_changed(scope, change): table(names) for scope, names in scopes}
    return json.dumps(made).replace("<", "\\u003c") if made != held else None


def _changed(address: str, change: Callable[[str], str | None]) -> str:
    if address.startswith(("/", "./", "../", "http:", "https:")):
        return change(address) or address
    return address


def _is_address(before: str, last: str, clause: str) -> bool:
    if last == "(":
        return before == "import"
    return last == "import" or (last == "from" and clause != "")


def _begins_expression(last: str) -> bool:
    if not last or last in _BEFORE_EXPRESSION:
        return True
    # After a name, a literal or a closing bracket a slash divides. A closing curly bracket ends a
    # block far more often than an object that is divided.
    return not (last[-1].isalnum() or last[-1] in '_$)]"' or last in ("++", "--"))


def _undone(text: str) -> str:
    return _ESCAPE.sub(_undo, text) if "\\" in text else text


def _undo(match: re.Match[str]) -> str:
    if number := match[1] or match[2] or match[3]:
        return chr(min(int(number, 16), 0x10FFFF))
    character: str = match[4]
    return "" if character in _LINE_ENDS else _PLAIN_ESCAPES.get(character, character)


def _written(address: str) -> str:
    # Fit for either quote and for a template; and for a page, where "</script" would end it.
    parts = []
    for character in address:
        if character in "\"'`\\$<" or not " " <= character <= "\xff":
            parts.append(f"\\u{{{ord(character):x}}}")
        else:
            parts.append(character)
    return "".join(parts)
