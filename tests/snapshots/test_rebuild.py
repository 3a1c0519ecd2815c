import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from archiver.errors import LockedError, NoArchiveError
from snapshots import index
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.rebuild import REBUILT, rebuild
from snapshots.settings import Settings
from snapshots.tables import commit_note, snapshot
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.withdrawals import Decision, scope_of, withdraw
from snapshots.writer import Writer
from tests.builders import (
    arc,
    arc_record,
    flip,
    har,
    har_entry,
    http_response,
    member,
    mhtml,
    record,
    resource,
    response,
    revisit,
    wacz,
    warc,
    warcinfo,
    zstd_warc,
)
from tests.snapshots.helpers import all_captures, all_files, all_rows, put

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "home-office"
HOST = "http://www.homeoffice.example"
Rows = dict[str, list[tuple[object, ...]]]


def rows(archive: Archive) -> Rows:
    """Give every row but the results of checks, which are not brought back."""
    found = all_rows(archive)
    found.pop("verification")
    return found


def anew(path: Path) -> Rows:
    """Make the catalogue of an archive anew and give its rows."""
    assert rebuild(path).problems == ()
    with Archive.open(path) as archive:
        return rows(archive)


def sound(archive: Archive) -> list[str]:
    found: list[Finding] = []
    verify(archive, Level.DEEP, found=found.append)
    return [f"{one.code} {one.file} {one.message}" for one in found]


def lose(archive: Archive) -> None:
    """Lose every row of the catalogue, whichever database it is in."""
    archive.close()
    if not archive.settings.database:
        for place in archive.path.glob("catalogue.db*"):
            place.unlink()
        return
    with archive.catalogue.write() as connection:
        for table in reversed(REBUILT):
            connection.execute(delete(table))
    archive.close()


def mixture(folder: Path, chance: random.Random) -> Path:
    """Make one input, of any kind: what is odd about each is there on purpose."""
    hosts = [HOST, f"{HOST}:8080", "https://homeoffice.example", "http://www.HomeOffice.example"]

    def address() -> str:
        return f"{chance.choice(hosts)}/{chance.choice('abc')}{chance.choice(['', '?q=1', '#x'])}"

    def date() -> str:
        return f"20{chance.randrange(9, 13):02}-05-09T10:16:{chance.randrange(3):02}Z"

    def text() -> bytes:
        return b"<p>Crime and policing %d" % chance.randrange(5) * chance.randrange(1, 30)

    kind = chance.choice(["warc", "plain", "damaged", "pages", "page", "text", "folder"])
    path = folder / f"{kind}-{chance.randrange(10**9)}"
    if kind in ("warc", "plain", "damaged"):
        records = [warcinfo()]
        for _ in range(chance.randrange(1, 6)):
            types = [("Content-Type", chance.choice(["text/html", "TEXT/HTML;charset=x", ""]))]
            records.append(
                chance.choice(
                    [
                        response(text(), url=address(), date=date(), head=types),
                        response(text(), url=address(), date="never"),
                        revisit(text(), url=address(), date=date()),
                        resource(text(), url=address(), date=date()),
                        record("response", b"no http", url=address(), date=date()),
                    ]
                )
            )
        records.append(response(text(), url=address(), date=date()))
        data = warc(*records, form="plain" if kind == "plain" else "gzip")
        if kind == "damaged":
            data = flip(data, chance.randrange(200, len(data))) + warc(response(text()))
        path.write_bytes(data)
    elif kind == "pages":
        lines = ["url,timestamp,status,file,content_type,location,note"]
        files: dict[str, str | bytes] = {}
        for number in range(chance.randrange(1, 5)):
            files[f"{number}.html"] = text()
            when = chance.choice(["2009", "20110509101621", "1066", "19700101", "nonsense"])
            typed = chance.choice(
                ["", "text/html", "text/caf\xe9;x", "te\u0127t/html", "  A/B ; c"]
            )
            lines.append(f"{address()},{when},200,{number}.html,{typed},,seen")
        lines.append(f"{address()},2010,301,,,{address()},")
        files["pages.csv"] = "\n".join(lines)
        put(path, files)
    elif kind == "folder":
        saved = f"<!-- saved from url=(0031){HOST}/crime/{chance.random()} --><html>"
        put(path, {"crime.html": saved, "style.css": "p {}", "other.bin": b"\0\1"})
    else:
        path = path.with_suffix(".html" if kind == "page" else ".txt")
        path.write_bytes(b"<html><title>x</title>" + text() if kind == "page" else b"plain words")
    return path


def ingest(archive: Archive, folder: Path, chance: random.Random, count: int) -> None:
    folder.mkdir(exist_ok=True)
    done = 0
    while done < count:
        with Writer(archive) as writer:
            for _ in range(chance.randrange(1, 4)):
                path = mixture(folder, chance)
                known = {"url": f"{HOST}/{chance.random()}", "captured": "2011-05"}
                more = known if path.suffix in (".html", ".txt") else {}
                label = chance.choice([None, "Crime pages", "Home page"])
                try:
                    take_in(writer, path, label=label, operator="A. Archivist", **more)
                except writing.ArchiveError:
                    raise
                except ValueError:  # it holds nothing that can be listed
                    continue
                done += 1


@pytest.mark.parametrize("seed", range(4))
def test_random_mixtures_come_back_as_they_were_row_by_row(
    archive: Archive, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 4000)  # so that one input stands in several files
    ingest(archive, tmp_path / "inputs", random.Random(seed), 10)  # noqa: S311
    before = rows(archive)
    assert len(before["intake"]) >= 10
    assert sound(archive) == []
    files = all_files(archive)
    lose(archive)
    assert anew(archive.path) == before
    assert {name for name in all_files(archive) if "before" not in name} == files


def test_the_example_and_real_files_come_back_as_they_were(archive: Archive, corpora: Path) -> None:
    with Writer(archive) as writer:
        for year in ("2009", "2011", "2013"):
            take_in(writer, EXAMPLE / year)
        for name in ("govuk-1", "govuk-2"):
            take_in(writer, corpora / f"{name}.warc.gz", label="govuk")
    before = rows(archive)
    lose(archive)
    assert anew(archive.path) == before
    with Archive.open(archive.path) as again:
        assert sound(again) == []
        with Writer(again) as writer:  # and all goes on from there
            assert take_in(writer, EXAMPLE / "2009").before is not None
            take_in(writer, corpora / "iana.warc.gz")
        assert sound(again) == []


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_every_format_comes_back_as_it_was_and_is_found_sound(
    tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = http_response(b"5\r\nhello\r\nzz", fields=[("Transfer-Encoding", "chunked")])
    inner = arc(arc_record("filedesc://in.arc", b"1 0 x\n"), arc_record(f"{HOST}/in", odd))
    first, last = warc(warcinfo(), response(b"one")), warc(response(b"two", url=f"{HOST}/2"))
    members = {"archive/a.warc.gz": first, "archive/b.arc.gz": inner, "archive/c.warc.gz": last}
    lines = [{"format": "json-pages-1.0"}, {"url": HOST, "title": "Crime", "ts": "2011-05-09"}]
    members["pages/pages.jsonl"] = "\n".join(map(json.dumps, lines)).encode()
    parts = {"profile": "multi-wacz-package", "resources": [{"path": "crawl.wacz"}]}
    files: dict[str, str | bytes] = {
        "old.arc.gz": arc(
            arc_record("filedesc://old.arc", b"1 0 x\n"),
            arc_record(f"{HOST}/crime", http_response(b"<p>Crime</p>")),
            arc_record(f"{HOST}/odd", odd),
            arc_record("dns:www.homeoffice.example", b"20080101000000\nx 1 IN A 10.0.0.1"),
        ),
        "crawl.wacz": wacz(members),
        "parts.json": json.dumps(parts),
        "page.har": har(har_entry(), har_entry()),
        "page.mhtml": mhtml(
            ([("Content-Type", "text/html"), ("Content-Location", HOST)], b"Crime")
        ),
        "shared.warc.gz": member(response(b"three") + response(b"four", url=f"{HOST}/4")),
        "frames.warc.zst": zstd_warc(response(b"five"), response(b"six")),
        "pages/pages.csv": f"url,timestamp,status,file\n{HOST}/a,2009,200,a.html\n",
        "pages/a.html": "<title>A</title>",
    }
    put(tmp_path / "in", files)
    monkeypatch.setattr(writing, "ROLL_OVER", 3000)
    settings = Settings(name="Test archive", payload_digest=algorithm)
    with Archive.create(tmp_path / "archive", settings) as archive:
        with Writer(archive) as writer:
            for place in sorted((tmp_path / "in").iterdir()):
                take_in(writer, place)
        assert sound(archive) == []
        before = rows(archive)
        assert len(before["intake"]) == 8
        assert len(before["listed_page"]) == 2
    lose(archive)
    assert anew(archive.path) == before
    with Archive.open(archive.path) as again:
        assert sound(again) == []


def test_an_archive_without_any_commit_comes_back_empty(archive: Archive) -> None:
    before = rows(archive)
    lose(archive)
    assert anew(archive.path) == before


# The catalogue from before


@pytest.fixture
def small(sqlite_archive: Archive, tmp_path: Path) -> Archive:
    put(tmp_path, {"a.html": "<title>A</title>", "b.warc.gz": warc(response(b"text"))})
    with Writer(sqlite_archive) as writer:
        take_in(writer, tmp_path / "a.html", url=f"{HOST}/a", captured="2011")
        take_in(writer, tmp_path / "b.warc.gz")
    return sqlite_archive


def test_a_damaged_catalogue_is_moved_aside_with_its_log_and_never_deleted(
    small: Archive,
) -> None:
    before = rows(small)
    small.close()
    place = small.path / "catalogue.db"
    place.write_bytes(b"not a database" * 999)
    (small.path / "catalogue.db-wal").write_bytes(b"nor a log")
    made = rebuild(small.path)
    assert made.aside
    assert made.aside.name.startswith("catalogue.db.before-20")
    assert made.aside.read_bytes() == b"not a database" * 999
    (log,) = small.path.glob("catalogue.db.before-*-wal")
    assert log.read_bytes() == b"nor a log"
    with Archive.open(small.path) as archive:
        assert rows(archive) == before
    assert rebuild(small.path).aside != made.aside  # even within one second
    assert made.aside.exists()


def test_half_a_new_catalogue_is_no_hindrance(small: Archive) -> None:
    before = rows(small)
    (small.path / "catalogue.db.new").write_bytes(b"half of it")
    (small.path / "catalogue.db.new-wal").write_bytes(b"half of it")
    assert anew(small.path) == before


def test_while_someone_writes_nothing_is_made_anew(small: Archive) -> None:
    with Writer(small), pytest.raises(LockedError):
        rebuild(small.path)
    assert not list(small.path.glob("catalogue.db.*"))


def test_where_there_is_no_archive_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoArchiveError):
        rebuild(tmp_path)


def test_on_postgres_what_hung_on_the_old_rows_goes_with_them(
    tmp_path: Path, postgres_database: str
) -> None:
    import marsham

    settings = marsham.Settings(database=postgres_database)
    with marsham.create_archive(tmp_path / "archive", settings) as archive:
        marsham.ingest(archive, [EXAMPLE / "2009"])
        marsham.extract(archive)
        before = all_rows(archive)
        assert rebuild(archive.path).aside is None
        after = all_rows(archive)
        assert after["page_version"] == []
        marsham.extract(archive)  # nothing has to be read again
        assert all_rows(archive) == before


# Files that are missing or damaged


def problems(path: Path) -> list[tuple[str, str]]:
    return [(found.code, found.file) for found in rebuild(path).problems]


def test_a_lost_warc_file_costs_its_captures_and_is_told(small: Archive) -> None:
    (place,) = small.path.glob("warcs/2*/*/b-*")
    kept = place.read_bytes()
    place.unlink()
    path = place.relative_to(small.path).as_posix()
    assert problems(small.path) == [("missing-file", path)]
    with Archive.open(small.path) as archive:
        assert [capture.url for capture in all_captures(archive)] == [f"{HOST}/a"]
    place.write_bytes(kept)
    assert problems(small.path) == []


def test_a_damaged_record_costs_itself_and_is_told(small: Archive) -> None:
    (place,) = small.path.glob("warcs/2*/*/Test*")
    data = place.read_bytes()
    place.chmod(0o644)
    place.write_bytes(flip(data, len(data) - 20))  # in the metadata record
    ((code, _),) = problems(small.path)
    assert code in ("damaged-member", "truncated-record")  # as its bits, which vary, have it
    with Archive.open(small.path) as archive:
        assert len(all_captures(archive)) == 2
        assert all_rows(archive)["stated_date"] == []


def test_a_lost_manifest_is_made_up_for_by_the_list_and_a_lost_list_by_the_manifest(
    small: Archive,
) -> None:
    before = rows(small)
    manifest = next(small.path.glob("manifests/b-*.json"))
    listing = small.path / "manifests/manifest-sha256.txt"
    kept = manifest.read_bytes(), listing.read_bytes()
    manifest.unlink()
    assert anew(small.path) == before
    listing.unlink()
    ((code, _), *_) = problems(small.path)
    assert code == "manifest-missing"
    manifest.write_bytes(kept[0])
    listing.write_bytes(kept[1])
    assert anew(small.path) == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda place: place.unlink(), "missing-file"),
        (lambda place: place.write_text("{"), "note-unreadable"),
        (lambda place: place.write_text('{"number": 1}'), "note-unreadable"),
        (lambda place: place.write_text(place.read_text().replace("{", "{ ")), "note-chain"),
    ],
    ids=["missing", "cut", "not a note", "changed"],
)
def test_a_note_that_is_missing_or_changed_is_told(
    small: Archive, change: Callable[[Path], object], code: str
) -> None:
    change(small.path / "manifests/commits/00000001.json")
    found = problems(small.path)
    assert found[0] == (code, "manifests/commits/00000001.json")
    with Archive.open(small.path) as archive:
        assert any(capture.url.endswith("/crime/") for capture in all_captures(archive))


def test_a_file_no_note_tells_of_is_named(small: Archive, tmp_path: Path) -> None:
    put(small.path, {"warcs/2011/05/x.warc.gz": warc(response(b"x", url=f"{HOST}/x"))})
    assert problems(small.path) == [("unknown-file", "warcs/2011/05/x.warc.gz")]


def test_notes_follow_one_another(small: Archive) -> None:
    notes = sorted((small.path / "manifests/commits").iterdir())
    assert [note.name for note in notes] == ["00000001.json", "00000002.json"]
    with small.catalogue.read() as connection:
        kept = connection.scalars(select(commit_note.c.sha256).order_by(commit_note.c.id)).all()
    assert json.loads(notes[0].read_text())["previous"] == ""
    assert json.loads(notes[1].read_text())["previous"] == kept[0]


# Interruptions


def test_a_commit_lost_with_the_catalogue_at_its_last_step_is_completed(
    small: Archive, tmp_path: Path
) -> None:
    # The machine stopped between note and commit, and the catalogue with it: the files of the
    # archive are as they are just before the commit takes effect.
    put(tmp_path, {"c.html": "<title>C</title>"})
    seen = tmp_path / "seen"
    note = Writer._tell

    def stop(self: Writer, *arguments: object) -> object:
        told = note(self, *arguments)  # type: ignore[arg-type]
        shutil.copytree(small.path, seen, ignore=shutil.ignore_patterns("catalogue.db*"))
        return told

    with pytest.MonkeyPatch.context() as patch, Writer(small) as writer:
        patch.setattr(Writer, "_tell", stop)
        take_in(writer, tmp_path / "c.html", url=f"{HOST}/c", captured="2012")
    assert rebuild(seen).problems == ()
    with Archive.open(seen) as archive:
        assert {capture.url for capture in all_captures(archive)} >= {f"{HOST}/c"}
        with Writer(archive) as writer:
            assert writer.recovered == []
        assert sound(archive) == []
        assert rows(archive) == rows(small)


def test_a_commit_that_failed_leaves_no_note(small: Archive, tmp_path: Path) -> None:
    put(tmp_path, {"c.html": "<title>C</title>"})
    before = all_files(small), all_rows(small)

    def fail(self: Writer, *_: object) -> object:
        note(self, *_)  # type: ignore[arg-type]
        raise RuntimeError("midway")

    note = Writer._tell
    with Writer(small) as writer:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Writer, "_tell", fail)
            with pytest.raises(RuntimeError, match="midway"):
                take_in(writer, tmp_path / "c.html", url=f"{HOST}/c", captured="2012")
        assert (all_files(small), all_rows(small)) == before
        take_in(writer, tmp_path / "c.html", url=f"{HOST}/c", captured="2012")
    assert sound(small) == []


def test_a_commit_whose_answer_was_lost_is_not_undone(
    small: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"c.html": "<title>C</title>"})
    engine = small.catalogue.engine
    commit = engine.dialect.do_commit

    def lost(connection: object) -> None:
        commit(connection)  # type: ignore[arg-type]
        monkeypatch.undo()
        raise sqlite3.OperationalError("the connection broke")

    with Writer(small) as writer:
        monkeypatch.setattr(engine.dialect, "do_commit", lost)
        taken = take_in(writer, tmp_path / "c.html", url=f"{HOST}/c", captured="2012")
    assert taken.captures == 1
    assert sound(small) == []


def test_problems_of_the_archive_itself_come_back(small: Archive) -> None:
    put(small.path, {"warcs/open/never.warc.gz.open": "bytes"})
    with Writer(small) as writer:
        assert [found.code for found in writer.recovered] == ["interrupted-run"]
    before = rows(small)
    assert [row[3] for row in before["problem"]] == ["interrupted-run"]
    lose(small)
    assert anew(small.path) == before


def test_a_snapshot_filled_by_commits_that_are_no_intakes_comes_back(archive: Archive) -> None:
    from tests.snapshots.nursery import append

    row = {"id": 1, "label": "run", "kind": "crawl", "created": 1, "tool": "", "operator": ""}
    with Writer(archive) as writer:
        writer.commit(
            lambda connection: connection.execute(snapshot.insert().values(row | {"captures": 0}))
        )
        append(writer, [f"{HOST}/1", f"{HOST}/2"], random.Random(1))  # noqa: S311
    before = rows(archive)
    lose(archive)
    after = anew(archive.path)
    assert after.pop("snapshot")[0][6] == 2  # counted anew
    before.pop("snapshot")
    assert after == before


def test_what_was_withdrawn_stays_so_when_the_catalogue_is_made_anew(
    archive: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(warc(response(b"1", url=f"{HOST}/a"), response(b"2", url=f"{HOST}/b")))
    with Writer(archive) as writer:
        take_in(writer, path)
    decision = Decision("Private details", "Takedown panel")
    withdraw(archive, scope_of(address=f"{HOST}/a"), decision, lambda _, __: ())
    before = rows(archive)
    lose(archive)
    assert anew(archive.path) == before
    with Archive.open(archive.path) as again, again.catalogue.read() as connection:
        assert [capture.url for capture in index.every(connection)] == [f"{HOST}/b"]
        assert sound(again) == []
