"""Comparing the catalogue, row by row, with one made anew from the files."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from archiver.records import Problem
from snapshots.archive import Archive
from snapshots.catalogue import Catalogue, stream
from snapshots.commits import committed_note
from snapshots.rebuild import replay
from snapshots.tables import (
    capture,
    commit_note,
    erased_record,
    erasure,
    intake,
    listed_page,
    media_type,
    original,
    problem,
    same_capture,
    snapshot,
    stated_date,
    url,
    warc_file,
)
from snapshots.verify.findings import CODES, Finding

__all__ = ["compare_rebuilt"]

_TRIES = 20
_SHOWN = 200  # characters of a value in a message


@dataclass(frozen=True, slots=True)
class _View:
    """Rows of one table with what they stand for, by a key that does not hang on other rows.

    Ids of URLs and media types are given as they come; one record lost would shift all that follow.
    """

    name: str
    keys: tuple[str, ...]
    query: Select[Any]


_PLACE = ("urlkey", "url", "timestamp", "file_id", "record_offset")
_SEEN = (url.c.urlkey, url.c.url)


def _whole(table: Table) -> _View:
    keys = tuple(column.name for column in table.primary_key)
    return _View(table.name, keys, select(table).order_by(*table.primary_key))


_VIEWS = (
    *map(_whole, (snapshot, intake, warc_file, original, listed_page, problem, commit_note)),
    *map(_whole, (erasure, erased_record)),
    _View(
        "capture",
        _PLACE,
        select(
            *_SEEN,
            *(column for column in capture.c if column.name not in ("url_id", "media_type_id")),
            media_type.c.name.label("media_type"),
        )
        .join(url, url.c.id == capture.c.url_id)
        .join(media_type, media_type.c.id == capture.c.media_type_id)
        .order_by(*_SEEN, capture.c.timestamp, capture.c.file_id, capture.c.record_offset),
    ),
    _View(
        "stated_date",
        (*_PLACE, "position"),
        select(
            *_SEEN,
            *(capture.c[name] for name in _PLACE[2:]),
            *(stated_date.c[name] for name in ("position", "source", "stated", "raw", "rule")),
        )
        .join(capture, same_capture(stated_date))
        .join(url, url.c.id == capture.c.url_id)
        .order_by(
            *_SEEN,
            *(capture.c[name] for name in _PLACE[2:]),
            stated_date.c.position,
        ),
    ),
)


def compare_rebuilt(archive: Archive, counts: Counter[str]) -> Iterator[Finding]:
    """Make the index anew in a temporary SQLite database and tell each row that is not the same.

    The catalogue is compared as it is at the beginning: what a writer adds meanwhile is left out.
    That state is held by one long transaction.
    """
    with TemporaryDirectory(prefix="marsham-") as folder:
        beside = Catalogue.sqlite(Path(folder) / "rebuilt.db", create=True)
        try:
            beside.lay_out()
            with _held(archive) as (held, last, known):
                with beside.write() as connection:
                    for found in replay(archive.path, connection, last, known=known):
                        if found.code != "unknown-file":  # the rows that lack it tell more
                            yield _finding(found)
                with beside.read() as connection:
                    for view in _VIEWS:
                        yield from _compare(view, held, connection, counts)
        finally:
            beside.close()


@contextmanager
def _held(archive: Archive) -> Iterator[tuple[Connection, int, dict[int, bytes]]]:
    """Hold the catalogue as it is now, with its last commit and the note of that.

    A crawl may extend the note meanwhile, so it is taken as the catalogue that is held knows it.
    """
    for tries_left in reversed(range(_TRIES)):
        with archive.catalogue.read() as held:
            query = select(commit_note.c.id, commit_note.c.sha256)
            last = held.execute(query.order_by(commit_note.c.id.desc()).limit(1)).first()
            if last is None:
                yield held, 0, {}
                return
            data = committed_note(archive.path, *last)
            if data is None and tries_left:
                continue  # extended between two looks; or it is not what it was, which is told
            yield held, last.id, {} if data is None else {last.id: data}
            return


def _finding(found: Problem) -> Finding:
    code = found.code if found.code in CODES else "damaged-record"
    return Finding(code, found.file, found.message, found.offset, found.url)


def _compare(
    view: _View, ours: Connection, rebuilt: Connection, counts: Counter[str]
) -> Iterator[Finding]:
    # Both sides are sorted by key, so that one pass tells all.
    left, right = _rows(ours, view), _rows(rebuilt, view)
    one, other = next(left, None), next(right, None)
    while one or other:
        counts["rows"] += 1
        if other is None or (one and one.key < other.key):
            assert one  # noqa: S101 - or the loop had ended
            yield one.finding("row-extra", f"{one.values!r:.{_SHOWN}}")
            one = next(left, None)
        elif one is None or other.key < one.key:
            yield other.finding("row-missing", f"{other.values!r:.{_SHOWN}}")
            other = next(right, None)
        else:
            yield from _differences(one, other)
            one, other = next(left, None), next(right, None)


@dataclass(frozen=True, slots=True)
class _Row:
    table: str
    key: tuple[Any, ...]
    values: dict[str, Any]

    def finding(self, code: str, message: str) -> Finding:
        names = [name for name in ("id", "sha256", "timestamp") if name in self.values][:1]
        named = ", ".join(f"{name} {self.values[name]}" for name in names)
        address = self.values.get("url")
        return Finding(code, self.table, f"{named}: {message}", url=address)


def _differences(one: _Row, other: _Row) -> Iterator[Finding]:
    # A file that was not finished when the check began may be so by now.
    moving = ("sealed", "sha256") if one.values.get("sealed") == 0 else ()
    for name, value in one.values.items():
        if value != other.values[name] and name not in moving:
            message = f"{name} is {value!r:.{_SHOWN}} in the catalogue"
            message += f" and {other.values[name]!r:.{_SHOWN}} by the files"
            yield one.finding("row-differs", message)


def _rows(connection: Connection, view: _View) -> Iterator[_Row]:
    for row in stream(connection, view.query):
        values = dict(row._mapping)
        yield _Row(view.name, tuple(values[name] for name in view.keys), values)
