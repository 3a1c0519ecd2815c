"""``marsham snapshots``: the dated runs and sets the archive holds, and the report of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
from sqlalchemy import Connection, select

from archiver.errors import InputError
from marsham.cli.support import as_json_line, pass_archive, print_table, say
from snapshots.archive import Archive
from snapshots.tables import intake, problem, snapshot

__all__ = ["snapshots"]

_COLUMNS = ("id", "label", "kind", "captures", "first", "last", "created", "tool", "operator")
_SHOWN = ("id", "label", "captures", "first", "last", "created")
_PROBLEM = ("code", "file", "record_offset", "record_length", "url", "message")


@click.command(epilog="Example: marsham snapshots 2")
@click.argument("number", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each snapshot.")
@pass_archive
def snapshots(archive: Archive, number: int | None, as_json: bool) -> None:
    """List the snapshots, or with a NUMBER report on one: its inputs and what was wrong with them.

    A snapshot is a crawl or an ingested set, with its span of dates.
    """
    with archive.catalogue.read() as connection:
        rows = _snapshots(connection, number)
        reports = [
            _Report(row, _inputs(connection, row["id"]), _problems(connection, row["id"]))
            for row in rows
        ]
    if number is not None and not reports:
        raise InputError(f"there is no snapshot {number}; see: marsham snapshots")
    if as_json:
        for report in reports:
            click.echo(
                as_json_line(report.row | {"inputs": report.inputs, "problems": report.problems})
            )
    elif number is None:
        print_table(_SHOWN, [[row[name] for name in _SHOWN] for row in rows])
    else:
        for line in _lines(reports[0]):
            say(line)


@dataclass(frozen=True, slots=True)
class _Report:
    row: dict[str, Any]
    inputs: list[dict[str, Any]]
    problems: list[dict[str, Any]]


def _snapshots(connection: Connection, number: int | None) -> list[dict[str, Any]]:
    query = select(*(snapshot.c[name] for name in _COLUMNS)).order_by(snapshot.c.id)
    if number is not None:
        query = query.where(snapshot.c.id == number)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in connection.execute(query)]


def _inputs(connection: Connection, number: int) -> list[dict[str, Any]]:
    columns = ("name", "format", "digest", "taken", "captures", "counts")
    query = select(*(intake.c[name] for name in columns)).where(intake.c.snapshot_id == number)
    return [dict(zip(columns, row, strict=True)) for row in connection.execute(query)]


def _problems(connection: Connection, number: int) -> list[dict[str, Any]]:
    query = (
        select(*(problem.c[name] for name in _PROBLEM))
        .join(intake, intake.c.id == problem.c.intake_id)
        .where(intake.c.snapshot_id == number)
        .order_by(problem.c.id)
    )
    return [dict(zip(_PROBLEM, row, strict=True)) for row in connection.execute(query)]


def _lines(report: _Report) -> Iterator[str]:
    for name in _COLUMNS:
        value = report.row[name]
        yield f"{name:<9} {'' if value is None else value}".rstrip()
    for taken in report.inputs:
        yield f"input     {taken['name']} ({taken['format']}): {taken['counts']}"
        yield f"          sha256 {taken['digest']}, taken in {taken['taken']}"
    for found in report.problems:
        place = found["record_offset"]
        where = found["file"] if place is None else f"{found['file']} at byte {place}"
        yield f"problem   {found['code']}: {where}: {found['message']}"
