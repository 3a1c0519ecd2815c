"""What is erased is nowhere in the archive any more, and the archive is sound as before."""

import gzip
import io
import json
import random
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text

from archiver.errors import (
    ArchiveError,
    DamagedError,
    ErasedError,
    FormatError,
    InputError,
    NoCaptureError,
)
from archiver.timestamps import parse_date, parse_span, parse_timestamp
from archiver.warc import scan
from extract.erased import forget_readings
from extract.store import extract_archive
from extract.tables import ENTITY_TABLES
from snapshots import index
from snapshots import writer as writing
from snapshots.archive import Archive
from snapshots.erasure import completing
from snapshots.erasure.preparing import erase, hindrances
from snapshots.erasure.register import Moves, erasures
from snapshots.erasure.selection import Order, select_records
from snapshots.ingest.intake import take_in
from snapshots.mementos import memento_at, memento_of
from snapshots.rebuild import rebuild
from snapshots.settings import Settings
from snapshots.tables import problem
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import verify
from snapshots.withdrawals import Decision, scope_of, withdraw
from snapshots.writer import Writer
from tests.builders import (
    arc,
    arc_record,
    digest,
    flip,
    har,
    har_entry,
    http_response,
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
from tests.snapshots.helpers import all_captures, all_rows, put
from tests.snapshots.test_rebuild import ingest

HOST = "http://www.homeoffice.example"
SECRET = f"{HOST}/quokka/"
NEWS = f"{HOST}/news/"
MARK = "Zanzibar"
PAGE = (  # whose link is kept with the page's blocks, compressed
    f"<html><title>{MARK} desk</title><p>{MARK}: telephone 020 7946 0777</p>"
    f'<p><a href="#{MARK}">Where {MARK} is</a></p></html>'
).encode()
OTHER = b"<html><title>News</title><p>Nothing new: telephone 020 7946 0888</p></html>"
BY_COURT = Decision("Private details", "High Court")
IDENTITY = "<urn:uuid:11111111-2222-4333-8444-555555555555>"


def of(address: str, at: str | None = None, **more: bool) -> Order:
    span = parse_date(at) if at else None
    return Order(scope_of(address=address, at=span), **more)


def carry_out(archive: Archive, order: Order) -> None:
    erase(archive, order, BY_COURT, forget=forget_readings)


def sound(archive: Archive) -> list[str]:
    said = []
    for level in Level:
        found: list[Finding] = []
        verify(archive, level, found=found.append)
        said += [f"{level} {one.code} {one.file} {one.message}" for one in found]
    return said


def rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    found = all_rows(archive)
    read = ("page_text", "extraction", "page_sketch", "page_version", "observation")
    # Those are extracted, and not rebuilt.
    for name in ("verification", *read, *(table.name for table in ENTITY_TABLES)):
        found.pop(name, None)
    return found


PACKED = (b"\x1f\x8b\x08", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")  # how gzip and zlib begin
CHUNK = 64  # bytes inflated at once, so that what comes before damage is seen


def inflated(data: bytes) -> bytes:
    """Give what a gzip or zlib stream holds up to its end, or to where it is damaged."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
    found = bytearray()
    with suppress(zlib.error):
        for start in range(0, len(data), CHUNK):
            found += stream.decompress(data[start : start + CHUNK])
            if stream.eof:
                break
    return bytes(found)


def unpacked(data: bytes) -> Iterator[bytes]:
    """Give bytes as they are and, where any of them are compressed, as they were."""
    yield data
    for magic in PACKED:
        at = data.find(magic)
        while at >= 0:
            yield inflated(data[at:])
            at = data.find(magic, at + 1)
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for name in file.namelist():
                yield from unpacked(file.read(name))


def in_row(mark: str, row: tuple[object, ...]) -> bool:
    return mark in repr(row) or any(
        mark.encode() in part
        for value in row
        if isinstance(value, bytes)
        for part in unpacked(value)
    )


def holding(archive: Archive, mark: str) -> list[str]:
    """Give everything of an archive that holds a text: files with all they pack, and rows."""
    found = [
        place.relative_to(archive.path).as_posix()
        for place in sorted(archive.path.rglob("*"))
        if place.is_file() and any(mark.encode() in part for part in unpacked(place.read_bytes()))
    ]
    return found + [
        name for name, those in all_rows(archive).items() if any(in_row(mark, row) for row in those)
    ]


def assert_gone(archive: Archive, *marks: str) -> None:
    for mark in marks:
        assert holding(archive, mark) == []
    assert sound(archive) == []
    before = rows(archive)
    archive.close()
    assert rebuild(archive.path).problems == ()
    with Archive.open(archive.path) as again:
        assert rows(again) == before
        assert sound(again) == []
        for place in archive.path.glob("catalogue.db.before-*"):
            place.unlink()


def crawl(*, form: str = "gzip") -> bytes:
    """A crawl with one page to be erased, and all that a crawler writes beside it."""
    link = [("WARC-Concurrent-To", IDENTITY)]
    page = response(PAGE, url=SECRET).replace(
        next(line for line in response(PAGE, url=SECRET).split(b"\r\n") if b"Record-ID" in line),
        f"WARC-Record-ID: {IDENTITY}".encode(),
    )
    return warc(
        warcinfo(),
        response(OTHER, url=NEWS),
        page,
        record("request", f"GET /?{MARK} HTTP/1.1\r\n\r\n".encode(), url=SECRET, fields=link),
        record("metadata", f"via: {MARK}\r\n".encode(), url=SECRET, fields=link),
        record("request", f"Cookie: {MARK}\r\n\r\n".encode(), url=SECRET),  # names nothing
        response(OTHER + b"2", url=NEWS, date="2011-06-01T00:00:00Z"),
        form=form,
    )


def take(archive: Archive, folder: Path, files: dict[str, str | bytes], *names: str) -> None:
    put(folder, files)
    with Writer(archive) as writer:
        for name in names or files:
            take_in(writer, folder / name)


@pytest.mark.parametrize("form", ["gzip", "plain"])
def test_what_is_erased_is_nowhere_and_every_other_record_is_byte_for_byte_as_it_was(
    archive: Archive, tmp_path: Path, form: str
) -> None:
    data = crawl(form=form)
    take(archive, tmp_path, {"a.warc.gz": data})
    extract_archive(archive)
    assert {"page_text", "page_sketch"} <= set(holding(archive, MARK))
    carry_out(archive, of(SECRET))
    assert_gone(archive, MARK)
    with Archive.open(archive.path) as again:
        assert {one.url for one in all_captures(again)} == {NEWS}
        (place,) = again.path.glob("warcs/2*/*/*")
        kept = {one.headers.fields: one for one in scan(place) if hasattr(one, "headers")}
        for one in scan(tmp_path / "a.warc.gz"):
            assert hasattr(one, "headers")
            before = data[one.offset : one.offset + one.length]
            if one.target == SECRET:
                assert one.headers.fields not in kept
            else:
                now = kept[one.headers.fields]
                assert place.read_bytes()[now.offset : now.offset + now.length] == before
        (news, later) = all_captures(again)
        assert memento_of(again, later).content() == OTHER + b"2"
        assert memento_of(again, news).content() == OTHER


def test_a_stub_tells_what_stood_there_and_keeps_no_digest(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl()})
    carry_out(sqlite_archive, of(SECRET))
    (place,) = sqlite_archive.path.glob("warcs/2*/*/*")
    text = gzip.decompress(place.read_bytes()).decode()
    (stub,) = [part for part in text.split("WARC/1.1\r\n") if IDENTITY in part]
    assert "WARC-Type: metadata" in stub
    assert f"WARC-Target-URI: {SECRET}" in stub
    assert "WARC-Date: 2011-05-09T10:16:21Z" in stub
    assert "erased: a record of type response" in stub
    assert "authority: High Court" in stub
    assert "reason: Private details" in stub
    assert digest(PAGE) not in text
    assert not place.stat().st_mode & 0o222


def test_who_asks_for_what_was_erased_is_told_when_by_whom_and_why(
    archive: Archive, tmp_path: Path
) -> None:
    again = response(OTHER, url=SECRET, date="2012-01-01T00:00:00Z")
    take(archive, tmp_path, {"a.warc.gz": crawl() + warc(again)})
    carry_out(archive, of(SECRET, "20110509101621"))
    with pytest.raises(ErasedError, match=r"was erased on 20.* by High Court: Private details"):
        memento_at(archive, SECRET, parse_timestamp("20110509101621"))
    found = memento_at(archive, SECRET, parse_timestamp("2011"))  # not the very capture
    assert found.capture.timestamp == "20120101000000"
    (made,) = _register(archive)
    assert (made.number, made.captures, made.scope.target) == (1, 1, SECRET)
    assert made.records == 4
    carry_out(archive, of(SECRET, only_these=True))
    with pytest.raises(ErasedError):
        memento_at(archive, SECRET, parse_timestamp("2011"))
    assert_gone(archive, MARK)


def _register(archive: Archive) -> list[object]:
    with archive.catalogue.read() as connection:
        return list(erasures(connection))


def test_copies_are_named_and_nothing_happens_until_it_is_said_what_becomes_of_them(
    archive: Archive, tmp_path: Path
) -> None:
    files: dict[str, str | bytes] = {
        "a.warc.gz": crawl(),
        "b.warc.gz": warc(
            revisit(PAGE, url=SECRET, refers_to=(SECRET, "2011-05-09T10:16:21Z")),
            response(PAGE, url=f"{HOST}/copy"),
            resource(f"{MARK} desk".encode(), url=f"urn:text:{SECRET}"),
        ),
    }
    take(archive, tmp_path, files)
    before = rows(archive)
    order = of(SECRET, "20110509101621")
    found = select_records(archive, order)
    assert {one.url for one in found.copies} == {SECRET, f"{HOST}/copy", f"urn:text:{SECRET}"}
    with pytest.raises(InputError, match="--copies"):
        carry_out(archive, order)
    assert rows(archive) == before
    carry_out(archive, of(SECRET, "20110509101621", only_these=True))
    with archive.catalogue.read() as connection:
        (left,) = [one for one in index.every(connection) if one.url == SECRET]
    assert memento_of(archive, left).content() == PAGE  # as its copy holds it
    carry_out(archive, of(f"{HOST}/copy", copies=True))
    assert [one.url for one in all_captures(archive)] == [NEWS, NEWS, f"urn:text:{SECRET}"]


def test_with_copies_everything_that_shows_it_goes_at_once(
    archive: Archive, tmp_path: Path
) -> None:
    others = warc(
        revisit(PAGE, url=SECRET),
        response(PAGE, url=f"{HOST}/copy"),
        resource(f"{MARK} desk".encode(), url=f"urn:text:{SECRET}"),
    )
    take(archive, tmp_path, {"a.warc.gz": crawl(), "b.warc.gz": others})
    carry_out(archive, of(SECRET, "20110509101621", copies=True))
    assert {one.url for one in all_captures(archive)} == {NEWS}
    assert_gone(archive, MARK)


def test_a_revisit_left_alone_says_that_what_it_showed_was_erased(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    same = revisit(PAGE, url=SECRET, refers_to=(SECRET, "2011-05-09T10:16:21Z"))
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl() + warc(same)})
    carry_out(sqlite_archive, of(SECRET, "20110509101621", only_these=True))
    with pytest.raises(ErasedError, match="High Court"):
        memento_at(sqlite_archive, SECRET, parse_timestamp("20110801090000"))
    assert sound(sqlite_archive) == []


def saved(*pages: tuple[str, bytes]) -> dict[str, str | bytes]:
    lines = ["url,timestamp,status,file,note"]
    lines += [f"{url},20110509101621,200,{n}.html,seen" for n, (url, _) in enumerate(pages)]
    files: dict[str, str | bytes] = {"in/pages.csv": "\n".join(lines)}
    return files | {f"in/{n}.html": body for n, (_, body) in enumerate(pages)}


def chunk(body: bytes) -> bytes:
    return http_response(body, fields=[("Content-Type", "text/html")])


TWO = warc(warcinfo(), response(OTHER, url=NEWS), response(PAGE, url=SECRET))
LISTED = "\n".join(
    json.dumps({"url": address, "ts": "2011-05-09T10:16:21Z", "title": f"{name} desk"})
    for address, name in ((NEWS, "News"), (SECRET, MARK))
).encode()
CONTAINERS: dict[str, dict[str, str | bytes]] = {
    "in.wacz": {"in.wacz": wacz({"archive/a.warc.gz": TWO, "pages/pages.jsonl": LISTED})},
    "in.har": {
        "in.har": har(har_entry(NEWS, body=OTHER.decode()), har_entry(SECRET, body=PAGE.decode()))
    },
    "in.arc.gz": {
        "in.arc.gz": arc(
            arc_record("filedesc://in.arc", b"1 0 x\n"),
            arc_record(NEWS, chunk(OTHER)),
            arc_record(SECRET, chunk(PAGE)),
        )
    },
    "in.mhtml": {
        "in.mhtml": mhtml(
            ([("Content-Type", "text/html"), ("Content-Location", NEWS)], OTHER),
            ([("Content-Type", "text/html"), ("Content-Location", SECRET)], PAGE),
        )
    },
    "in.warc.zst": {
        "in.warc.zst": zstd_warc(response(OTHER, url=NEWS), response(PAGE, url=SECRET))
    },
    "in": saved((NEWS, OTHER), (SECRET, PAGE)),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_an_input_kept_that_holds_it_and_more_is_destroyed_only_when_that_is_said(
    name: str, archive: Archive, tmp_path: Path
) -> None:
    take(archive, tmp_path, CONTAINERS[name], name)
    before = rows(archive)
    with pytest.raises(InputError, match="--originals"):
        carry_out(archive, of(SECRET))
    assert rows(archive) == before
    carry_out(archive, of(SECRET, originals=True))
    assert {one.url for one in all_captures(archive)} == {NEWS}
    if name != "in":
        assert not list(archive.path.glob("originals/*/*"))
    else:  # the other page's own file stays; the list of both goes
        (left,) = archive.path.glob("originals/*/*")
        assert left.read_bytes() == OTHER
    if name != "in.warc.zst":  # which came of a compressor no other reader here knows
        assert_gone(archive, MARK)


def test_a_saved_page_goes_with_its_file_and_the_provenance_of_it(
    archive: Archive, tmp_path: Path
) -> None:
    put(tmp_path, {"a.html": PAGE, "b.html": OTHER})
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.html", url=SECRET, captured="2011")
        take_in(writer, tmp_path / "b.html", url=NEWS, captured="2011")
    carry_out(archive, of(SECRET))
    assert [place.read_bytes() for place in archive.path.glob("originals/*/*")] == [OTHER]
    with Archive.open(archive.path) as again, again.catalogue.read() as connection:
        (left,) = index.every(connection)
        assert index.stated_dates(connection, left)
    assert_gone(archive, MARK)


def test_where_a_file_was_full_its_provenance_in_the_next_file_goes_too(
    sqlite_archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 1)
    put(tmp_path, saved((NEWS, OTHER), (SECRET, PAGE)))
    with Writer(sqlite_archive) as writer:
        take_in(writer, tmp_path / "in")
    carry_out(sqlite_archive, of(SECRET, originals=True))
    assert_gone(sqlite_archive, MARK, "1.html")


def test_the_address_goes_too_where_it_must_and_its_id_stays_taken(
    archive: Archive, tmp_path: Path
) -> None:
    odd = [("WARC-Payload-Digest", digest(b"another"))]  # a problem is noted for this one
    named = warc(
        response(PAGE, url=f"{HOST}/a-zanzibar"),
        response(PAGE + b"2", url=f"{HOST}/a-zanzibar", date="2012-01-01T00:00:00Z", fields=odd),
        response(b"gif", url=f"{HOST}/b", head=[("Content-Type", "image/gif")]),
    )
    later = warc(response(b"css", url=f"{HOST}/c", head=[("Content-Type", "text/css")]))
    take(archive, tmp_path, {"a.warc.gz": named})
    part = of(f"{HOST}/a-zanzibar", "2011-05-09T10:16:21Z", address_too=True)
    with pytest.raises(InputError, match="captures or stubs of it stay"):
        carry_out(archive, part)
    carry_out(archive, of(f"{HOST}/a-zanzibar", address_too=True))
    take(archive, tmp_path, {"b.warc.gz": later}, "b.warc.gz")
    with pytest.raises(NoCaptureError):
        memento_at(archive, f"{HOST}/a-zanzibar", parse_timestamp("2011"))
    assert_gone(archive, MARK, "zanzibar")


def test_a_reason_must_not_repeat_the_address_that_goes(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl()})
    told = Decision(f"Private: {SECRET}", "High Court")
    with pytest.raises(InputError, match="must not repeat"):
        erase(sqlite_archive, of(SECRET, address_too=True), told, forget=forget_readings)


def test_ids_types_and_numbers_are_the_same_when_the_catalogue_is_made_anew(
    archive: Archive, tmp_path: Path
) -> None:
    # One second, one address: numbered; the erased one between two others, and later one more.
    second = [
        response(b"%d" % n, url=SECRET, head=[("Content-Type", f"text/x{n}")]) for n in range(3)
    ]
    take(archive, tmp_path, {"a.warc.gz": warc(*second), "b.warc.gz": warc(response(b"b"))})
    with archive.catalogue.read() as connection:
        middle = list(index.every(connection))[1]
    take(archive, tmp_path, {"c.warc.gz": warc(response(b"c", url=f"{HOST}/c"))}, "c.warc.gz")
    carry_out(archive, of(f"{HOST}/crime/"))
    again = response(b"4", url=SECRET, head=[("Content-Type", "text/x4")])
    take(archive, tmp_path, {"d.warc.gz": warc(again)}, "d.warc.gz")
    assert middle.url
    assert_gone(archive)
    with Archive.open(archive.path) as opened:
        carry_out(opened, of(SECRET))
        with pytest.raises(FormatError, match="was erased on"):
            take(opened, tmp_path, {"e.warc.gz": warc(again, response(b"e"))}, "e.warc.gz")
        other = response(b"5", url=SECRET, date="2013-01-01T00:00:00Z")
        take(opened, tmp_path, {"f.warc.gz": warc(other)}, "f.warc.gz")
        assert_gone(opened)


def test_the_same_input_again_changes_nothing_and_says_what_was_erased_of_it(
    archive: Archive, tmp_path: Path
) -> None:
    take(archive, tmp_path, {"a.warc.gz": crawl()})
    carry_out(archive, of(SECRET))
    before = rows(archive)
    with Writer(archive) as writer:
        taken = take_in(writer, tmp_path / "a.warc.gz")
    assert taken.before
    (told,) = taken.problems
    assert told.code == "erased"
    assert "1 captures of this input were erased" in told.message
    assert rows(archive) == before
    with Writer(archive) as writer, pytest.raises(FormatError, match="take it out of the input"):
        take_in(writer, put(tmp_path, {"b.warc.gz": crawl() + warc(response(b"x"))}) / "b.warc.gz")
    assert rows(archive) == before
    assert_gone(archive, MARK)


def test_known_damage_behind_an_erased_record_is_still_known(
    archive: Archive, tmp_path: Path
) -> None:
    broken = flip(warc(response(b"damaged" * 20, url=NEWS)), 200)
    odd = response(b"odd", url=NEWS, fields=[("WARC-Payload-Digest", digest(b"another"))])
    data = crawl() + broken + warc(odd, response(OTHER, url=f"{HOST}/last"))
    take(archive, tmp_path, {"a.warc.gz": data})
    with archive.catalogue.read() as connection:
        assert len(connection.execute(problem.select()).all()) == 2
    found = select_records(archive, of(SECRET))
    assert [one.code for one in found.unreadable]  # it may hold anything, which is told
    carry_out(archive, of(SECRET))
    assert_gone(archive, MARK)


def test_records_that_were_never_listed_go_with_their_address(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    never = response(PAGE + b"never", url=SECRET, date="never")
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl() + warc(never)})
    carry_out(sqlite_archive, of(SECRET))
    assert_gone(sqlite_archive, MARK)


def test_unfinished_tails_and_catalogues_moved_aside_that_hold_it_are_destroyed(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl()})
    extract_archive(sqlite_archive)
    sqlite_archive.close()
    rebuild(sqlite_archive.path)
    quarantine = sqlite_archive.path / "quarantine"
    put(
        quarantine,
        {
            "cut-0": crawl()[:-20],
            "cut-0.json": "{}",
            "other-0": warc(response(OTHER, url=NEWS)),
            "other-0.json": "{}",
        },
    )
    with Archive.open(sqlite_archive.path) as archive:
        extract_archive(archive)
        carry_out(archive, of(SECRET))
        assert {place.name for place in quarantine.iterdir()} == {"other-0", "other-0.json"}
        assert not list(archive.path.glob("catalogue.db.before-*"))
        assert_gone(archive, MARK)


def test_an_erasure_cut_short_is_told_and_the_next_command_that_writes_completes_it(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(catalogue: object) -> None:
        raise ArchiveError("somebody reads the catalogue")

    take(archive, tmp_path, {"a.warc.gz": crawl()})
    extract_archive(archive)
    with monkeypatch.context() as broken:
        broken.setattr(completing, "_write_anew", fail)
        with pytest.raises(ArchiveError, match="not complete yet"):
            carry_out(archive, of(SECRET))
    assert {line.split()[1] for line in sound(archive)} == {"erasure-unfinished"}
    archive.close()
    assert rebuild(archive.path).problems == ()  # which moves aside a catalogue that may hold it
    with Archive.open(archive.path) as again:
        extract_archive(again)
        assert not (archive.path / "erasing").exists()
        assert not list(archive.path.glob("catalogue.db.before-*"))
        assert_gone(again, MARK)


def test_postgresql_holds_nothing_of_it_in_the_files_of_its_tables(
    tmp_path: Path, postgres_database: str
) -> None:
    settings = Settings(database=postgres_database)
    with Archive.create(tmp_path / "archive", settings) as archive:
        take(archive, tmp_path, {"a.warc.gz": crawl()})
        extract_archive(archive)
        assert {"page_text", "page_sketch"} <= set(in_files(archive, MARK))
        carry_out(archive, of(SECRET))
        assert in_files(archive, MARK) == []


def in_files(archive: Archive, mark: str) -> list[str]:
    """Give the tables of a PostgreSQL database whose files hold a text, compressed or not."""
    query = (
        "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) AS data FROM pg_class "
        "WHERE relkind IN ('r', 't', 'i') AND pg_relation_filepath(oid) LIKE 'base/%'"
    )
    with archive.catalogue.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("CHECKPOINT"))
        return [
            name
            for name, data in connection.execute(text(query))
            if any(mark.encode() in part for part in unpacked(bytes(data)))
        ]


def test_the_journal_of_decisions_keeps_the_address_a_withdrawal_named_and_that_is_told(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl()})
    scope = scope_of(address=SECRET)
    withdraw(sqlite_archive, scope, BY_COURT, lambda connection, value: ())
    assert select_records(sqlite_archive, of(SECRET, address_too=True)).decisions == [1]
    carry_out(sqlite_archive, of(SECRET, address_too=True))
    assert_gone(sqlite_archive, MARK)
    assert "decisions.jsonl" in holding(sqlite_archive, SECRET)


def test_a_host_a_prefix_and_dates_are_named_as_for_a_withdrawal(
    archive: Archive, tmp_path: Path
) -> None:
    page = [response(b"%d" % n, url=f"{HOST}/{n}", date=f"200{n}-01-01T00:00:00Z") for n in (1, 2)]
    wide = response(b"w", url="http://other.example/x", date="2009-01-01T00:00:00Z")
    take(archive, tmp_path, {"a.warc.gz": warc(*page, wide, response(b"p", url=f"{HOST}/p/q"))})
    carry_out(archive, of(f"{HOST}/p*"))
    assert len(all_captures(archive)) == 3
    carry_out(archive, Order(scope_of(address="*", span=parse_span("2001"))))
    assert len(all_captures(archive)) == 2
    carry_out(archive, Order(scope_of(host="other.example")))
    assert [one.url for one in all_captures(archive)] == [f"{HOST}/2"]
    assert [one.scope.kind for one in _register(archive)] == ["prefix", "dates", "host"]
    assert_gone(archive)


def test_nothing_happens_where_nothing_is_meant_or_something_hinders_it(
    sqlite_archive: Archive, tmp_path: Path
) -> None:
    take(sqlite_archive, tmp_path, {"a.warc.gz": crawl()})
    before = rows(sqlite_archive)
    order = of(f"{HOST}/none")
    assert hindrances(order, select_records(sqlite_archive, order))
    with pytest.raises(InputError, match="nothing that is archived"):
        carry_out(sqlite_archive, order)
    with pytest.raises(InputError, match="a value is not erased"):
        carry_out(sqlite_archive, Order(scope_of(value="020 7946 0777")))
    with pytest.raises(InputError, match="reason and an authority"):
        erase(sqlite_archive, of(SECRET), Decision(" ", "x"), forget=forget_readings)
    with pytest.raises(InputError, match="changed meanwhile"):
        erase(sqlite_archive, of(SECRET), BY_COURT, forget=forget_readings, expected=2)
    (note,) = (sqlite_archive.path / "manifests/commits").iterdir()
    kept = note.read_bytes()
    note.write_bytes(b"{")
    with pytest.raises(DamagedError):
        carry_out(sqlite_archive, of(SECRET))
    note.write_bytes(kept)
    assert rows(sqlite_archive) == before
    assert not (sqlite_archive.path / "decisions.jsonl").exists()
    assert sound(sqlite_archive) == []


def test_a_note_changed_after_an_erasure_is_found(sqlite_archive: Archive, tmp_path: Path) -> None:
    put(tmp_path, {"a.html": PAGE})
    with Writer(sqlite_archive) as writer:
        take_in(writer, tmp_path / "a.html", url=SECRET, captured="2011")
    carry_out(sqlite_archive, of(SECRET))
    note = sqlite_archive.path / "manifests/commits/00000001.json"
    assert json.loads(note.read_bytes())["rows"].get("original") == []
    note.write_bytes(note.read_bytes().replace(b"A. ", b"B. ") + b"\n")
    assert any("note-chain" in line for line in sound(sqlite_archive))


def test_moves_lead_to_a_place_now_and_back() -> None:
    moves = Moves([(100, 50, 100, 20), (200, 10, 170, 30)])
    for taken, now in ((0, 0), (100, 100), (150, 120), (200, 170), (210, 200), (999, 989)):
        assert (moves.now(taken), moves.taken(now)) == (now, taken)
    assert moves.is_stub(170)
    assert not moves.is_stub(171)


def test_facts_another_capture_shares_stay(archive: Archive, tmp_path: Path) -> None:
    twice = warc(response(PAGE, url=SECRET), response(PAGE, url=f"{HOST}/copy"))
    take(archive, tmp_path, {"a.warc.gz": twice})
    extract_archive(archive)
    carry_out(archive, of(f"{HOST}/copy", only_these=True))
    extract_archive(archive)
    assert len(all_rows(archive)["page_version"]) == 1
    assert MARK in repr(all_rows(archive)["page_text"])
    carry_out(archive, of(SECRET))
    assert all_rows(archive)["page_text"] == []
    assert_gone(archive, MARK)


@pytest.mark.parametrize("seed", range(4))
def test_random_erasures_among_random_inputs_leave_an_archive_that_comes_back_as_it_was(
    archive: Archive, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "ROLL_OVER", 4000)  # so that one input stands in several files
    chance = random.Random(seed)  # noqa: S311
    for _ in range(3):
        ingest(archive, tmp_path / "inputs", chance, 4)
        for _ in range(3):
            one = chance.choice(all_captures(archive))
            whole = chance.random() < 0.5
            at = None if whole else one.timestamp
            gone = chance.random() < 0.5 and whole
            kept = chance.choice(["copies", "only_these"])
            order = of(one.url, at, originals=True, address_too=gone, **{kept: True})
            found = select_records(archive, order)
            if hindrances(order, found):
                continue
            carry_out(archive, order)
            those = {(each.capture.url, each.capture.timestamp) for each in found.captures}
            assert not those & {(each.url, each.timestamp) for each in all_captures(archive)}
    assert_gone(archive)
