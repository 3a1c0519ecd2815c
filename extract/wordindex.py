"""The index of words: every text read, found by what it says, with SQLite's FTS5.

It is kept by the database itself: a reading that is stored is in it, and one that is forgotten is
not. PostgreSQL has none yet; there texts are looked through one by one (`extract.search`).

Source: https://www.sqlite.org/fts5.html (external content tables).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    Connection,
    Select,
    bindparam,
    column,
    inspect,
    literal_column,
    select,
    table,
    text,
)

from extract.questions import Phrase, Question, Together
from extract.tables import WORD_INDEX
from snapshots.catalogue import Prepared

__all__ = ["clean_out", "has_index", "matching", "one_line", "ranked", "snippets"]

_WORDS = table(WORD_INDEX, column("rowid"), column("rank"))
_RANKED = Prepared(
    select(_WORDS.c.rowid)
    .where(literal_column(WORD_INDEX).op("MATCH")(bindparam("asked")))
    .order_by(_WORDS.c.rank)
)
_OPEN, _CLOSE = "\x02", "\x03"
_AROUND = 32  # words of a snippet


def has_index(connection: Connection) -> bool:
    """Tell whether this catalogue has an index of words."""
    return connection.dialect.name == "sqlite" and inspect(connection).has_table(WORD_INDEX)


def matching(question: Question) -> Select[Any]:
    """Give the query for the ids of the readings that say what is asked, in no order."""
    asked: BindParameter[str] = bindparam("asked", _expression(question), unique=True)
    match = literal_column(WORD_INDEX).op("MATCH")(asked)
    return select(_WORDS.c.rowid.label("id")).where(match)


def ranked(connection: Connection, question: Question) -> list[int]:
    """Give the readings that say what is asked, the best first."""
    return [number for (number,) in _RANKED.rows(connection, asked=_expression(question))]


def snippets(
    connection: Connection, question: Question, readings: Sequence[int]
) -> dict[int, tuple[tuple[str, bool], ...]]:
    """Give of each reading a piece of its text, cut into what was looked for and what was not."""
    if not readings:
        return {}
    shown: ColumnClause[str] = literal_column(
        f"snippet({WORD_INDEX}, 1, '{_OPEN}', '{_CLOSE}', '', {_AROUND})"
    )
    match = literal_column(WORD_INDEX).op("MATCH")(bindparam("asked", _expression(question)))
    query = select(_WORDS.c.rowid, shown).where(match, _WORDS.c.rowid.in_(readings))
    return {number: _pieces(piece) for number, piece in connection.execute(query)}


def clean_out(connection: Connection) -> None:
    """Take out of the index's own pages what was forgotten; costs writing the index anew."""
    if has_index(connection):
        connection.execute(text("INSERT INTO word_index(word_index) VALUES ('optimize')"))


def _pieces(snippet: str) -> tuple[tuple[str, bool], ...]:
    pieces: list[tuple[str, bool]] = []
    for number, part in enumerate(snippet.split(_OPEN)):
        found, closed, rest = part.partition(_CLOSE) if number else ("", "", part)
        if not closed:  # the page itself has such a sign
            found, rest = "", found + rest
        pieces += ((one_line(found), True), (one_line(rest), False))
    return tuple(piece for piece in pieces if piece[0])


def one_line(said: str) -> str:
    """Put a piece of text on one line; a blank at either end is kept, so that words stay apart."""
    line = " ".join(said.split())
    if not line:
        return " " if said else ""
    return f"{' ' if said[:1].isspace() else ''}{line}{' ' if said[-1:].isspace() else ''}"


def _expression(question: Question) -> str:
    wanted = " AND ".join(
        "(" + " OR ".join(map(_part, choices)) + ")" for choices in question.wanted
    )
    if not question.unwanted:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(_quoted, question.unwanted))})"


def _part(part: Phrase | Together) -> str:
    if isinstance(part, Phrase):
        return _quoted(part)
    return f"NEAR({' '.join(map(_quoted, part.phrases))}, {part.distance})"


def _quoted(phrase: Phrase) -> str:
    said = phrase.text.replace('"', " ")
    return f'"{said}"' + (" *" if phrase.begins else "")
