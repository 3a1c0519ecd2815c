"""What a reader asked of a list: a date, words and filters, and which page of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from starlette.requests import Request

from archiver.timestamps import parse_span
from marsham.web.dates import read_asked

__all__ = ["Listed", "date_asked", "listed", "words_asked"]

_AT_ONCE = 100  # rows on a page
_LONGEST = 300  # characters of a word or filter
_MOST_DIGITS = 9

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list: its rows, its number from 1, how many pages and how many rows in all."""

    rows: Sequence[T]
    page: int
    pages: int
    all: int


def date_asked(request: Request) -> tuple[str, str, datetime]:
    """Give the date a reader asked for: as typed, as digits, and the last second of it; else now.

    Raises:
        TimestampError: when it is none.
    """
    typed = words_asked(request, "as-of")
    if not typed:
        return "", "", datetime.now(UTC)
    digits = read_asked(typed)
    return typed, digits, parse_span(digits).last


def words_asked(request: Request, name: str) -> str:
    """Give what a reader typed into a field, not longer than anybody means to."""
    return request.query_params.get(name, "").strip()[:_LONGEST]


def listed(request: Request, rows: Sequence[T]) -> Listed[T] | None:
    """Give the page of a list that was asked for; None when there is none of that number."""
    typed = request.query_params.get("page", "1")
    pages = max(1, -(-len(rows) // _AT_ONCE))
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS):
        return None
    page = int(typed)
    if not 1 <= page <= pages:
        return None
    return Listed(rows[(page - 1) * _AT_ONCE : page * _AT_ONCE], page, pages, len(rows))
