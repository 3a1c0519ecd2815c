"""What the commands share: the archive they work on, dates as arguments, tables and problems."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import update_wrapper
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from archiver.errors import InputError, TimestampError
from archiver.records import Problem
from archiver.timestamps import Span, parse_date, parse_timestamp

if TYPE_CHECKING:
    from snapshots.archive import Archive
    from snapshots.writer import Writer

__all__ = [
    "DATE",
    "DONE",
    "FAILED",
    "FINDINGS",
    "Context",
    "as_json_line",
    "between",
    "counted",
    "pass_archive",
    "print_problems",
    "print_table",
    "printable",
    "problem_as_json",
    "readable",
    "say",
    "say_recovered",
]

DONE, FINDINGS, FAILED = 0, 1, 2
_SHOWN_PROBLEMS = 20
_MEASURED = 1000
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Context:
    """What the command group knows before a command runs.

    Attributes:
        path: the archive folder, whether or not there is an archive in it.
    """

    path: Path


class _Date(click.ParamType[Span]):
    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Span:
        if isinstance(value, Span):
            return value
        try:
            return parse_date(str(value))
        except TimestampError as error:
            self.fail(str(error), param, ctx)


DATE = _Date()


def pass_archive(command: Callable[Concatenate["Archive", P], R]) -> Callable[P, R]:
    """Give a command the archive, opened for reading and closed when the command is done."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from snapshots.archive import Archive  # the database is not needed to print a help page

        context: Context = click.get_current_context().obj
        with Archive.open(context.path) as archive:
            return command(archive, *args, **kwargs)

    return update_wrapper(run, command)


def between(
    start: Span | None, end: Span | None, first_name: str = "--from", last_name: str = "--to"
) -> Span | None:
    """Make one span of two dates as two options give them; None when neither is given.

    Args:
        start: the span begins with its first second.
        end: and ends with the last second of this.
        first_name: the first option, for the message.
        last_name: and the second.

    Raises:
        InputError: when the second lies before the first.
    """
    if start is None and end is None:
        return None
    first = start.first if start else datetime(1, 1, 1, tzinfo=UTC)
    last = end.last if end else datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    if last < first:
        raise InputError(f"{last_name} lies before {first_name}")
    return Span(first, last)


def as_json_line(value: object) -> str:
    """Write a value as one line of JSON, as it is read by people and machines."""
    return json.dumps(value, ensure_ascii=False, default=str)


def say(text: str, *, err: bool = False) -> None:
    """Print a line for people; control characters from archived text are shown, not obeyed."""
    click.echo(printable(text), err=err)


def printable(text: str) -> str:
    """Write control characters so that a terminal shows them and does not obey."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def say_recovered(writer: "Writer") -> None:
    """Tell what opening a writer found left by an interrupted run, and put right."""
    for found in writer.recovered:
        say(f"put right: {found.file}: {found.message}", err=True)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun.

    >>> counted(1, "capture"), counted(2, "capture")
    ('1 capture', '2 captures')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def readable(timestamp: int | str) -> str:
    """Write a timestamp of 14 digits for people, to the minute.

    >>> readable(20110529101621)
    '29 May 2011, 10:16'
    """
    at = parse_timestamp(f"{timestamp:0>14}")
    return f"{at.day} {at:%B %Y, %H:%M}"


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under heads, each column as wide as its widest cell; numbers to the right.

    The widths are those of the first `_MEASURED` rows: a table of millions is not held to be
    measured.
    """
    all_texts = (["" if cell is None else str(cell) for cell in row] for row in rows)
    texts = list(islice(all_texts, _MEASURED))
    widths = [max(map(len, column)) for column in zip(heads, *texts, strict=True)]
    numeric = [
        bool(texts) and all(row[number].isdigit() or not row[number] for row in texts)
        for number in range(len(heads))
    ]
    for line in chain([list(heads), ["-" * width for width in widths]], texts, all_texts):
        cells = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        say("  ".join(cells).rstrip())


def print_problems(problems: Sequence[Problem], where_all: str) -> None:
    """Print problems to standard error: the first of them whole, the rest counted.

    Args:
        problems: what was wrong.
        where_all: the command that prints all of them.
    """
    for found in problems[:_SHOWN_PROBLEMS]:
        where = found.file + ("" if found.offset is None else f" at byte {found.offset}")
        about = f" ({found.url})" if found.url else ""
        say(f"  {found.code}: {where}: {found.message}{about}", err=True)
    if len(problems) > _SHOWN_PROBLEMS:
        say(f"  and {len(problems) - _SHOWN_PROBLEMS} more; see: {where_all}", err=True)


def problem_as_json(found: Problem) -> dict[str, Any]:
    """Give a problem as JSON has it, without the fields it does not have."""
    return {key: value for key, value in asdict(found).items() if value is not None}
