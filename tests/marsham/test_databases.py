"""The whole way from saved pages to tables is the same on SQLite and on PostgreSQL."""

import csv
from pathlib import Path

import marsham
from tests.marsham.conftest import EXAMPLE

YEARS = ("2009", "2011", "2013")


def tables(folder: Path, settings: marsham.Settings) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Every export of the example as of every year, without the names of WARC files."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with marsham.create_archive(folder / "archive", settings) as archive:
        marsham.ingest(archive, [EXAMPLE / year for year in YEARS])
        report = marsham.extract(archive)
        assert report.problems == []
        for what in ("contacts", "partnerships", "pages"):
            for year in YEARS:
                out = folder / f"{what}-{year}.csv"
                marsham.export(archive, what, out, as_of=year)
                with out.open(encoding="utf-8", newline="") as file:
                    rows = list(csv.DictReader(file))
                found[what, year] = [{**row, "file": "", "offset": ""} for row in rows]
    return found


def test_both_databases_give_the_same_tables(tmp_path: Path, postgres_database: str) -> None:
    name = "Test archive"
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "postgres").mkdir()
    one = tables(tmp_path / "sqlite", marsham.Settings(name))
    other = tables(tmp_path / "postgres", marsham.Settings(name, database=postgres_database))
    assert one == other
    assert len(one["partnerships", "2011"]) >= 60
