import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update
from warcio.archiveiterator import ArchiveIterator

from archiver.digests import sha1, write_digest
from archiver.errors import DamagedError, NotWritableError
from archiver.records import Capture, Kind
from archiver.warc import NewRecord, open_record, record_id
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.rows import Entry, store_captures
from snapshots.tables import problem, snapshot, warc_file
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.writer import Place, Writer
from tests.builders import response, warc
from tests.snapshots.helpers import all_captures, all_files, all_rows

DATE = datetime(2011, 5, 9, 10, 16, 21, tzinfo=UTC)
URL = "http://www.homeoffice.example/"


def record(number: int, size: int = 100) -> NewRecord:
    body = bytes([number]) * size
    return NewRecord("resource", record_id(), DATE, f"{URL}{number}", "a/b", body, sha1(body))


def listed(places: dict[int, Place]) -> "Store":
    return Store(places)


class Store:
    """Writes the rows of records appended, as a caller of `commit` does."""

    def __init__(self, places: dict[int, Place]) -> None:
        self.places = places

    def __call__(self, connection: Connection) -> None:
        if connection.scalar(select(snapshot.c.id)) is None:
            row = {"id": 1, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
            connection.execute(snapshot.insert().values(row | {"captures": 0}))
        entries = [
            Entry(
                Capture(
                    *(f"{URL}{number}", "20110509101621", Kind.RESOURCE, None, "a/b"),
                    *(write_digest(sha1(b"")), place.file, place.offset, place.length),
                )
            )
            for number, place in self.places.items()
        ]
        store_captures(connection, entries, 1)


def append(writer: Writer, *numbers: int, size: int = 100) -> None:
    writer.commit(Store({number: writer.append(record(number, size)) for number in numbers}))


def blocks(archive: Archive) -> dict[str, bytes]:
    """Read the block of every capture listed."""
    found = {}
    for capture in all_captures(archive):
        with open_record(archive.locate(capture.file), capture.offset) as opened:
            found[capture.url] = opened.block.read()
    return found


def files(archive: Archive) -> dict[str, tuple[int, int]]:
    with archive.catalogue.read() as connection:
        return {
            row.path: (row.sealed, row.committed_length)
            for row in connection.execute(select(warc_file))
        }


def test_what_is_committed_can_be_read_before_its_file_is_sealed(archive: Archive) -> None:
    with Writer(archive) as writer, Archive.open(archive.path) as reader:
        append(writer, 1, 2)
        assert blocks(reader) == {f"{URL}1": b"\1" * 100, f"{URL}2": b"\2" * 100}
        append(writer, 3)
        assert len(blocks(reader)) == 3
        assert [sealed for sealed, _ in files(reader).values()] == [0]
    assert len(blocks(archive)) == 3
    assert [sealed for sealed, _ in files(archive).values()] == [1]


def test_a_sealed_file_is_sound_read_only_and_begins_with_warcinfo(archive: Archive) -> None:
    with Writer(archive) as writer:
        append(writer, 1)
    ((path, (_, length)),) = files(archive).items()
    place = archive.path / path
    assert path.startswith("warcs/20")
    assert place.name.startswith("Test-archive-20")
    assert place.stat().st_mode & 0o777 == 0o444
    data = place.read_bytes()
    assert len(data) == length
    manifest = json.loads((archive.path / "manifests" / f"{place.name}.json").read_text())
    assert manifest["sha256"] == sha256(data).hexdigest()
    with place.open("rb") as file:
        kinds = []
        for found in ArchiveIterator(file):
            kinds.append(found.rec_type)
            if found.rec_type == "warcinfo":
                text = found.raw_stream.read().decode()
                assert found.rec_headers.get_header("WARC-Filename") == place.name
    assert kinds == ["warcinfo", "resource"]
    assert "software: marsham/" in text
    assert "isPartOf: Test archive" in text


def test_what_was_not_committed_leaves_no_trace(archive: Archive) -> None:
    before = all_rows(archive), all_files(archive)
    with Writer(archive) as writer:
        writer.append(record(1))
        writer.keep_original(b"page", sha256(b"page").hexdigest())
        writer.roll_back()
        assert all_files(archive) == before[1]
        writer.append(record(2))  # closing forgets it too
    assert (all_rows(archive), all_files(archive)) == before


def test_rolling_back_keeps_what_was_committed(archive: Archive) -> None:
    with Writer(archive) as writer:
        append(writer, 1)
        rows = all_rows(archive)
        writer.append(record(2))
        writer.roll_back()
        assert all_rows(archive) == rows
        append(writer, 3)  # it stands where the forgotten record stood
    assert set(blocks(archive)) == {f"{URL}1", f"{URL}3"}
    ((path, (_, length)),) = files(archive).items()
    assert (archive.path / path).stat().st_size == length
    with (archive.path / path).open("rb") as file:
        assert len(list(ArchiveIterator(file))) == 3


def test_an_error_in_the_rows_leaves_neither_rows_nor_bytes(archive: Archive) -> None:
    def fail(connection: Connection) -> None:
        Store({9: place})(connection)
        raise RuntimeError("midway")

    with Writer(archive) as writer:
        append(writer, 1)
        before = all_rows(archive)
        place = writer.append(record(9))
        with pytest.raises(RuntimeError, match="midway"):
            writer.commit(fail)
        writer.roll_back()
        assert all_rows(archive) == before
    assert set(blocks(archive)) == {f"{URL}1"}


def test_a_full_file_makes_room_for_the_next(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 3000)
    with Writer(archive) as writer:
        for number in range(10):
            append(writer, number * 3, number * 3 + 1, number * 3 + 2)
    found = files(archive)
    assert len(found) >= 3
    assert all(sealed == 1 for sealed, _ in found.values())
    assert len(blocks(archive)) == 30
    assert not any(name.startswith("warcs/open/") for name in all_files(archive))


def test_a_full_file_rolled_back_keeps_its_committed_part(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 1500)
    with Writer(archive) as writer:
        append(writer, 1)
        for number in range(2, 9):  # past the end of the first file, and none committed
            writer.append(record(number))
        writer.roll_back()
    assert set(blocks(archive)) == {f"{URL}1"}
    assert [sealed for sealed, _ in files(archive).values()] == [1]
    assert not any(name.startswith("warcs/open/") for name in all_files(archive))


# After an interruption


def interrupted(archive: Archive, *numbers: int) -> Path:
    """Commit records and leave the file open, as a killed writer does; give its place."""
    writer = Writer(archive)
    append(writer, *numbers)
    assert writer._current
    assert writer._current.handle
    writer._current.handle.close()
    writer._lock.release()
    (place,) = (archive.path / "warcs" / "open").iterdir()
    return place


def test_a_tail_beyond_what_was_committed_goes_to_quarantine(archive: Archive) -> None:
    place = interrupted(archive, 1, 2)
    size = place.stat().st_size
    with place.open("ab") as file:
        file.write(b"half a record")
    with Writer(archive) as writer:
        (found,) = writer.recovered
        assert (found.code, found.offset, found.length) == ("interrupted-run", size, 13)
        assert "13 bytes moved to quarantine/" in found.message
    (kept,) = (place for place in archive.path.glob("quarantine/*") if place.suffix != ".json")
    assert kept.read_bytes() == b"half a record"
    note = json.loads(kept.with_name(kept.name + ".json").read_text())
    assert (note["offset"], note["length"]) == (size, 13)
    assert len(blocks(archive)) == 2
    with archive.catalogue.read() as connection:
        assert connection.scalars(select(problem.c.code)).all() == ["interrupted-run"]
    with Writer(archive) as writer:
        assert writer.recovered == []


def test_a_file_never_committed_goes_to_quarantine_and_half_a_copy_goes_away(
    archive: Archive,
) -> None:
    folder = archive.path / "warcs" / "open"
    (folder / "never.warc.gz.open").write_bytes(b"bytes")
    (folder / "empty.warc.gz.open").write_bytes(b"")
    (folder / "half.warc.gz.open.copy").write_bytes(b"bytes")
    with Writer(archive) as writer:
        assert [found.file for found in writer.recovered] == ["never.warc.gz.open"]
    assert list(folder.iterdir()) == []
    assert (archive.path / "quarantine" / "never.warc.gz-0").read_bytes() == b"bytes"


@pytest.mark.parametrize("state", ["as it was", "manifest", "moved", "all but the row"])
def test_a_seal_half_done_is_completed(archive: Archive, state: str) -> None:
    place = interrupted(archive, 1, 2)
    ((path, (_, length)),) = files(archive).items()
    digest = sha256(place.read_bytes()).hexdigest()
    final = archive.path / path
    if state in ("manifest", "all but the row"):
        writer = Writer.__new__(Writer)
        writer.archive = archive
        writer._write_manifest(path, digest, length)
    if state in ("moved", "all but the row"):
        final.parent.mkdir(parents=True)
        place.chmod(0o444)
        place.rename(final)
    with Writer(archive) as writer:
        assert writer.recovered == []
    assert files(archive) == {path: (1, length)}
    assert sha256(final.read_bytes()).hexdigest() == digest
    assert len(blocks(archive)) == 2
    lines = (archive.path / "manifests" / "manifest-sha256.txt").read_text().splitlines()
    assert lines == [f"{digest}  {path}"]


def test_half_a_line_in_the_list_of_manifests_is_put_right(archive: Archive) -> None:
    with Writer(archive) as writer:
        append(writer, 1)
    listing = archive.path / "manifests" / "manifest-sha256.txt"
    whole = listing.read_text()
    listing.write_text(whole + "0123456789abc")
    with Writer(archive) as writer:
        append(writer, 2)
    lines = listing.read_text().splitlines()
    assert lines[0] + "\n" == whole
    assert sorted(line.split("  ")[1] for line in lines) == sorted(files(archive))


def test_a_file_shorter_than_was_committed_stops_everything(archive: Archive) -> None:
    place = interrupted(archive, 1, 2)
    size = place.stat().st_size
    with place.open("r+b") as file:
        file.truncate(size - 1)
    with pytest.raises(DamagedError, match=f"{size - 1} bytes where {size} were committed"):
        Writer(archive)
    assert place.stat().st_size == size - 1
    place.unlink()
    with pytest.raises(DamagedError, match="the file is missing; restore the file from a copy"):
        Writer(archive)
    with archive.lock():  # it was let go of each time
        pass


def test_a_catalogue_that_failed_to_note_a_seal_is_put_right(archive: Archive) -> None:
    with Writer(archive) as writer:
        append(writer, 1)
    with archive.catalogue.write() as connection:
        connection.execute(update(warc_file).values(sealed=0, sha256=""))
    with Writer(archive) as writer:
        assert writer.recovered == []
    assert [sealed for sealed, _ in files(archive).values()] == [1]


def test_a_file_that_cannot_be_sealed_yet_is_sealed_by_the_next_writer(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NotWritableError("manifests", "No space left on device")

    with Writer(archive) as writer, monkeypatch.context() as patch:
        patch.setattr(Writer, "_write_manifest", full)
        append(writer, 1)
        writer.close()
    assert [sealed for sealed, _ in files(archive).values()] == [0]
    assert len(blocks(archive)) == 1
    with Writer(archive) as writer:
        assert writer.recovered == []
    assert [sealed for sealed, _ in files(archive).values()] == [1]


def test_a_read_only_copy_of_a_warc_file_is_taken_over_byte_for_byte(
    archive: Archive, tmp_path: Path
) -> None:
    data = warc(response(b"text"))
    source = tmp_path / "TNA crawl (May).2011.warc"  # its name does not say it is gzip
    source.write_bytes(data)
    source.chmod(0o400)
    with Writer(archive) as writer:
        take_in(writer, source)
    ((path, _),) = files(archive).items()
    assert path.startswith("warcs/2011/05/TNA-crawl-May-20110509101621-00001-")
    assert path.endswith(".warc.gz")
    assert (archive.path / path).read_bytes() == data


def test_an_original_never_committed_goes_away_and_a_committed_one_to_its_place(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>a")
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.html", url="http://a.example/", captured="2011")
    (place,) = archive.path.glob("originals/*/*")
    opened = archive.path / "warcs/open" / f"{place.name}.original"
    place.rename(opened)  # as after a kill between the commit and the move
    assert archive.locate(str(place.relative_to(archive.path))) == opened
    found: list[Finding] = []
    assert verify(archive, Level.FILES, found=found.append).status == 0
    (opened.parent / f"{'0' * 64}.original").write_bytes(b"copied, not committed")
    (opened.parent / f"{'1' * 64}.original.new").write_bytes(b"half a co")
    with Writer(archive) as writer:
        assert writer.recovered == []
    assert list(opened.parent.iterdir()) == []
    assert place.read_bytes() == b"<p>a"
    assert list(archive.path.glob("originals/*/*")) == [place]


def test_an_original_that_cannot_be_moved_yet_is_moved_by_the_next_writer(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>a")
    name = sha256(b"<p>a").hexdigest()
    place = archive.path / "originals" / name[:2]
    place.write_text("in the way")
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.html", url="http://a.example/", captured="2011")
        with pytest.raises(ZeroDivisionError):  # what is committed outlives a later failure
            fail_after_keeping(writer, b"<p>a", name)
        writer.roll_back()
    assert archive.locate(f"originals/{name[:2]}/{name}").read_bytes() == b"<p>a"
    place.unlink()
    with Writer(archive):
        pass
    assert (place / name).read_bytes() == b"<p>a"


def fail_after_keeping(writer: Writer, data: bytes, name: str) -> None:
    writer.keep_original(data, name)
    writer.commit(lambda connection: 1 / 0)
