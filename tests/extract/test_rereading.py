"""Reading again: what has to be, no more, and what came of it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from archiver.errors import RecipeError
from archiver.timestamps import parse_timestamp
from extract import store
from extract.asof import pages_as_of
from extract.changes import changed_values
from extract.erased import forget_readings
from extract.facts.observations import Observation
from extract.store import ExtractReport, extract_archive
from extract.tables import extraction, observation, page_text, page_version
from marsham.cli import run
from snapshots.archive import Archive
from snapshots.rebuild import rebuild
from tests.extract.test_store import ENDLESS, HOST, SHORT, ingest, page, titles
from tests.snapshots.helpers import all_rows

DAY, LATER = "2011-05-09T10:16:21Z", "2013-03-26T12:29:52Z"
RECIPE = f"""
name = "partners"
pages = ["{HOST}/partners/*"]
[page]
title = {{ select = "h1", match = "([A-Z].*)" }}
"""
FACTS = (
    *("page_text", "extraction", "extraction_failure", "page_sketch"),
    *("page_version", "observation"),
)


def write_recipe(archive: Archive, text: str = RECIPE) -> Path:
    folder = archive.path / "recipes"
    folder.mkdir(exist_ok=True)
    path = folder / "partners.toml"
    path.write_text(text, "utf-8")
    return path


def partners(archive: Archive, tmp_path: Path) -> None:
    """Take in five captures of four payloads, three below /partners/."""
    ingest(
        archive,
        tmp_path / "a.warc.gz",
        ("partners/a", DAY, page("the Alpha")),
        ("partners/b", DAY, page("the Beta")),
        ("partners/b", LATER, page("the Beta")),
        ("news", DAY, page("the News")),
        ("copy-of-a", LATER, page("the Alpha")),
    )


def counts(report: ExtractReport) -> tuple[int, int, int]:
    return report.captures, report.read, report.shared


def test_a_recipe_written_changed_or_removed_has_its_own_pages_read_again(
    archive: Archive, tmp_path: Path
) -> None:
    partners(archive, tmp_path)
    assert counts(extract_archive(archive)) == (5, 3, 2)
    path = write_recipe(archive)
    report = extract_archive(archive)
    assert counts(report) == (3, 2, 1)
    assert titles(archive) == {
        "a": "Alpha",
        "b": "Beta",
        "news": "the News",
        "copy-of-a": "the Alpha",  # the same bytes at an address that the recipe is not for
    }
    assert (report.changes.compared, report.changes.pages) == (2, 2)
    assert dict(report.changes.tally) == {("page", "title", "changed"): 2}
    assert counts(extract_archive(archive)) == (0, 0, 0)

    path.write_text("# as agreed\n" + RECIPE)
    assert counts(extract_archive(archive)) == (0, 0, 0)
    path.write_text(RECIPE.replace("/partners/*", "/partners/b"))
    report = extract_archive(archive)
    # Its digest is another, so what it stays for is read again too; /partners/a as ever: known.
    assert counts(report) == (3, 1, 2)
    assert titles(archive)["a"] == "the Alpha"
    assert titles(archive)["b"] == "Beta"
    path.unlink()
    assert counts(extract_archive(archive)) == (2, 1, 1)
    assert titles(archive)["b"] == "the Beta"


def test_what_is_left_after_rereading_is_what_reading_at_once_leaves(
    archive: Archive, tmp_path: Path
) -> None:
    partners(archive, tmp_path)
    extract_archive(archive)
    write_recipe(archive)
    extract_archive(archive)
    with archive.catalogue.read() as connection:
        readings = set(connection.scalars(select(extraction.c.id)))
        assert readings == set(connection.scalars(select(page_version.c.extraction_id)))
        assert readings == set(connection.scalars(select(observation.c.extraction_id)))
        texts = set(connection.scalars(select(page_text.c.id)))
        assert texts == set(connection.scalars(select(extraction.c.text_id)))
    assert len(readings) == 4


def test_a_newer_extractor_reads_every_payload_once_and_tells_what_is_otherwise(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partners(archive, tmp_path)
    extract_archive(archive)
    before = all_rows(archive)["observation"]
    monkeypatch.setattr(store, "EXTRACTOR_VERSION", store.EXTRACTOR_VERSION + 1)
    report = extract_archive(archive)
    assert counts(report) == (5, 3, 2)
    assert (report.changes.compared, report.changes.pages, report.changes.values) == (3, 0, [])
    rows = all_rows(archive)
    assert [row[2:] for row in rows["observation"]] == [row[2:] for row in before]
    assert len(rows["extraction"]) == 3  # those before are gone
    assert counts(extract_archive(archive)) == (0, 0, 0)


def test_a_dry_run_tells_the_same_and_stores_nothing(archive: Archive, tmp_path: Path) -> None:
    partners(archive, tmp_path)
    assert counts(extract_archive(archive, dry_run=True)) == (5, 3, 2)
    assert all_rows(archive)["extraction"] == []
    extract_archive(archive)
    write_recipe(archive)
    before = all_rows(archive)
    dry = extract_archive(archive, dry_run=True)
    assert all_rows(archive) == before
    done = extract_archive(archive)
    assert (counts(dry), dry.changes) == (counts(done), done.changes)


def test_a_dry_run_goes_on_past_a_batch_with_bytes_that_come_again(
    sqlite_archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.store._BATCH", 2)
    pages = [(f"{number}", DAY, page(f"Page {number % 3}")) for number in range(9)]
    ingest(sqlite_archive, tmp_path / "a.warc.gz", *pages)
    assert counts(extract_archive(sqlite_archive, dry_run=True, jobs=2)) == (9, 3, 6)


def test_only_the_pages_asked_for_are_read(sqlite_archive: Archive, tmp_path: Path) -> None:
    partners(sqlite_archive, tmp_path)
    assert counts(extract_archive(sqlite_archive, only=f"{HOST}/partners/*")) == (3, 2, 1)
    assert counts(extract_archive(sqlite_archive, only=f"{HOST}/news")) == (1, 1, 0)
    assert counts(extract_archive(sqlite_archive)) == (1, 0, 1)


def test_a_recipe_with_a_mistake_stops_the_run_before_any_page_is_read(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    partners(sqlite_archive, tmp_path)
    write_recipe(sqlite_archive, RECIPE.replace("match", "matches"))
    with pytest.raises(RecipeError, match=r"partners\.toml, line 5: page\.title\.matches"):
        extract_archive(sqlite_archive)
    with sqlite_archive.catalogue.read() as connection:
        assert not connection.dialect.has_table(connection, "extraction") or not list(
            connection.execute(select(extraction))
        )


def test_what_a_recipe_does_not_find_is_a_problem_of_the_capture(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    partners(sqlite_archive, tmp_path)
    write_recipe(sqlite_archive, RECIPE.replace('"h1"', '"h2"'))
    report = extract_archive(sqlite_archive)
    assert [(found.code, found.url) for found in report.problems] == [
        ("recipe", f"{HOST}/partners/a"),
        ("recipe", f"{HOST}/partners/b"),
    ]
    assert report.problems[0].message.startswith("recipe partners: page.title")


def test_recipes_are_followed_again_after_a_rebuild(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    partners(sqlite_archive, tmp_path)
    write_recipe(sqlite_archive)
    extract_archive(sqlite_archive)
    before = all_rows(sqlite_archive)
    path = sqlite_archive.path
    sqlite_archive.close()
    rebuild(path)
    with Archive.open(path) as archive:
        extract_archive(archive)
        after = all_rows(archive)
    assert {name: after[name] for name in FACTS} == {name: before[name] for name in FACTS}


def test_a_page_keeps_its_facts_while_its_recipe_is_being_followed_anew(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    partners(sqlite_archive, tmp_path)
    extract_archive(sqlite_archive)
    write_recipe(sqlite_archive)
    with sqlite_archive.catalogue.read() as connection:  # written, and not yet followed
        found = list(pages_as_of(connection, parse_timestamp("20140101")))
    assert {each.facts.title for each in found} == {"the Alpha", "the Beta", "the News"}


def value(kind: str, name: str, text: str, start: int | None, rule: str = "x") -> Observation:
    end = None if start is None else start + len(text)
    return Observation(kind, 0, None, name, text, text, start, end, "text", rule, 0.9)


def test_values_are_new_gone_or_changed_and_moved_ones_are_the_same() -> None:
    before = [
        value("contact", "phone", "0113 496 0101", 10),
        value("contact", "unit", "Press", 30),
        value("contact", "email", "a@b.example", 50),
        value("page", "title", "One", None),
        value("contact", "fax", "0113 496 0102", 70),
    ]
    after = [
        value("contact", "phone", "0113 496 0101", 40, "another rule"),
        value("contact", "unit", "Press office", 30),
        value("page", "title", "Two", None),
        value("contact", "fax", "0113 496 0109", 90),
        value("contact", "fax", "0113 496 0109", 120),
    ]
    found = changed_values(before, after, "u", "2011")
    assert [(each.what, each.field, each.before, each.after) for each in found] == [
        ("changed", "unit", "Press", "Press office"),
        ("new", "title", None, "Two"),  # printed nowhere, and made of another text
        ("new", "fax", None, "0113 496 0109"),
        ("new", "fax", None, "0113 496 0109"),
        ("gone", "email", "a@b.example", None),
        ("gone", "title", "One", None),
        ("gone", "fax", "0113 496 0102", None),
    ]
    assert changed_values(after, after, "u", "2011") == []


def test_the_command_prints_what_changed(
    sqlite_archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partners(sqlite_archive, tmp_path)
    held = str(sqlite_archive.path)
    assert run(["--archive", held, "extract"]) == 0
    assert "read again" not in capsys.readouterr().out
    write_recipe(sqlite_archive)
    assert run(["--archive", held, "extract", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "3 captures of pages: 2 read, 1 with the same bytes" in said
    assert "nothing was stored" in said
    assert run(["--archive", held, "extract", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["changes"]
    assert (told["compared"], told["pages"]) == (2, 2)
    assert told["tally"] == [{"kind": "page", "field": "title", "what": "changed", "values": 2}]
    assert told["values"][0] == {
        "url": f"{HOST}/partners/a",
        "timestamp": "20110509101621",
        "kind": "page",
        "field": "title",
        "before": "the Alpha",
        "after": "Alpha",
        "what": "changed",
    }
    assert run(["--archive", held, "extract"]) == 0
    said = capsys.readouterr().out
    assert "2 pages read again: 2 with other values:" in said
    assert f"changed: page title: the Beta -> Beta ({HOST}/partners/b)" in said
    assert run(["--archive", held, "extract", "--again", "--dry-run"]) == 2


def test_what_is_forgotten_of_an_erased_page_that_was_given_up_leaves_no_trace(
    archive: Archive, tmp_path: Path
) -> None:
    ingest(archive, tmp_path / "a.warc.gz", ("a", DAY, ENDLESS), ("b", DAY, page("Kept")))
    assert extract_archive(archive, limits=SHORT).given_up == 1
    with archive.catalogue.write() as connection:
        forget_readings(connection, [], [f"{HOST}/a"])
    rows = all_rows(archive)
    assert rows["extraction_failure"] == []
    assert (len(rows["extraction"]), len(rows["page_text"])) == (1, 1)


def test_a_reading_that_is_given_up_takes_the_place_of_the_one_before(
    sqlite_archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partners(sqlite_archive, tmp_path)
    extract_archive(sqlite_archive)
    write_recipe(
        sqlite_archive,
        f"pages = ['{HOST}/partners/a']\n[page]\nsummary = "
        "{ select = 'p', match = '([a-z0-9 :,@.]+)+#' }",
    )
    report = extract_archive(sqlite_archive, limits=SHORT)
    assert [found.code for found in report.problems] == ["given-up"]
    assert (report.changes.compared, report.changes.pages) == (1, 1)
    assert {each.what for each in report.changes.values} == {"gone"}
    (sqlite_archive.path / "recipes" / "partners.toml").unlink()
    assert counts(extract_archive(sqlite_archive)) == (1, 0, 1)  # as the copy of it was read
    assert titles(sqlite_archive)["a"] == "the Alpha"
