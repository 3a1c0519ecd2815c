import gzip
import io
import os
import zlib
from collections import Counter
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archiver.errors import FormatError, NoPayloadError, NotWritableError
from archiver.ingest.sniff import Format
from archiver.ingest.warc import WarcReading
from archiver.records import Capture, Kind
from archiver.timestamps import parse_timestamp
from snapshots import index
from snapshots.archive import Archive
from snapshots.ingest import session
from snapshots.ingest.intake import take_in
from snapshots.mementos import memento_at, memento_of
from snapshots.writer import Writer
from tests.builders import (
    digest,
    dns,
    flip,
    member,
    metadata,
    request,
    resource,
    response,
    revisit,
    warc,
    warcinfo,
    zstd_warc,
)
from tests.snapshots.helpers import all_captures, all_files, all_rows

NAMES = ["govuk-1", "govuk-2", "iana"]
COUNTED = ("response", "revisit", "resource")
URL = "http://www.homeoffice.example/crime/"


class Expected:
    """What warcio reads of a WARC file's captures: type, URL, date, entity and content."""

    def __init__(self, path: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: list[tuple[str, str, str]] = []
        self.bodies: dict[tuple[str, str], list[tuple[bytes, bytes]]] = {}
        for way in (0, 1):  # a stream can be read once
            with path.open("rb") as file:
                for number, found in enumerate(ArchiveIterator(file)):
                    self._take(way, number, found)

    def _take(self, way: int, number: int, found: object) -> None:
        kind: str = found.rec_type  # type: ignore[attr-defined]
        headers = found.rec_headers  # type: ignore[attr-defined]
        if not way:
            self.counts[kind] += 1
        if kind not in COUNTED:
            return
        url = headers.get_header("WARC-Target-URI").strip("<>")
        date = "".join(filter(str.isdigit, headers.get_header("WARC-Date")))[:14]
        if way:
            content = found.content_stream().read()  # type: ignore[attr-defined]
            if kind != "revisit":
                self.bodies.setdefault((url, date), []).append((self.raw.pop(0), content))
            return
        self.lines.append((url, date, kind))
        if kind != "revisit":
            self.raw = getattr(self, "raw", [])
            self.raw.append(found.raw_stream.read())  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def expected(corpora: Path) -> dict[str, Expected]:
    return {name: Expected(corpora / f"{name}.warc.gz") for name in NAMES}


def dechunked(raw: bytes, entity: bytes) -> bool:
    """Tell whether `entity` is `raw`, or `raw` without its chunked framing."""
    if raw == entity:
        return True
    rest, out = raw, b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        out += rest[:length]
        rest = rest[length + 2 :]
        if not length:
            break
    return out == entity


def test_real_files_are_listed_whole_and_given_back_byte_for_byte(
    archive: Archive, corpora: Path, expected: dict[str, Expected]
) -> None:
    with Writer(archive) as writer:
        for name in NAMES:
            report = take_in(writer, corpora / f"{name}.warc.gz", operator="tester")
            assert report.format is Format.WARC
            assert report.label == name
            assert report.before is None
            assert report.counts == dict(expected[name].counts)
            assert report.captures == sum(expected[name].counts[kind] for kind in COUNTED)
            assert report.problems == ()
    captures = all_captures(archive)
    lines = sorted(line for name in NAMES for line in expected[name].lines)
    assert sorted((one.url, one.timestamp, one.kind.value) for one in captures) == lines
    bodies: dict[tuple[str, str], list[tuple[bytes, bytes]]] = {}
    for name in NAMES:
        for place, found in expected[name].bodies.items():
            bodies.setdefault(place, []).extend(found)
    by_digest: dict[str, bytes] = {}
    for capture in captures:
        if capture.kind is not Kind.REVISIT:
            memento = memento_of(archive, capture)
            entity, content = b"".join(memento.entity()), memento.content()
            known = bodies[capture.url, capture.timestamp]
            assert any(dechunked(raw, entity) and content == body for raw, body in known)
            by_digest[capture.digest] = content
    unknown = 0
    for capture in captures:
        if capture.kind is Kind.REVISIT:
            if capture.digest in by_digest:
                assert memento_of(archive, capture).content() == by_digest[capture.digest]
            else:
                unknown += 1
                with pytest.raises(NoPayloadError):
                    memento_of(archive, capture)
    assert unknown == 0


def test_a_file_taken_in_twice_changes_nothing_and_says_so(archive: Archive, corpora: Path) -> None:
    path = corpora / "govuk-2.warc.gz"
    with Writer(archive) as writer:
        first = take_in(writer, path)
        before = all_rows(archive), all_files(archive)
        again = take_in(writer, path)
    with Writer(archive) as writer:
        take_in(writer, path, label="another label")
    assert (all_rows(archive), all_files(archive)) == before
    assert again.before is not None
    assert (again.captures, again.counts, again.label, again.snapshot_id) == (
        *(first.captures, first.counts, first.label, first.snapshot_id),
    )


def test_the_same_bytes_under_another_name_are_the_same_input(
    archive: Archive, tmp_path: Path
) -> None:
    for name in ("a.warc.gz", "b.warc.gz"):
        (tmp_path / name).write_bytes(warc(response()))
    with Writer(archive) as writer:
        assert take_in(writer, tmp_path / "a.warc.gz").before is None
        assert take_in(writer, tmp_path / "b.warc.gz").before is not None


def test_inputs_of_one_label_are_one_snapshot(archive: Archive, tmp_path: Path) -> None:
    for name, date in (("a", "2011-05-09T00:00:00Z"), ("b", "2009-01-01T00:00:00Z")):
        (tmp_path / name).write_bytes(warc(response(date=date)))
    with Writer(archive) as writer:
        first = take_in(writer, tmp_path / "a", label="Crime pages")
        second = take_in(writer, tmp_path / "b", label="Crime pages")
        assert first.snapshot_id == second.snapshot_id
    ((_, label, kind, _, tool, _, captures, start, end),) = all_rows(archive)["snapshot"]
    assert (label, kind, captures) == ("Crime pages", "ingest", 2)
    assert (start, end) == (20090101000000, 20110509000000)
    assert str(tool).startswith("marsham/")


def test_an_error_midway_leaves_nothing(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(response()))
    before = all_rows(archive), all_files(archive)

    def fail(*_: object) -> None:
        raise RuntimeError("midway")

    with Writer(archive) as writer:
        with monkeypatch.context() as patch:
            patch.setattr(session, "store_problems", fail)
            with pytest.raises(RuntimeError, match="midway"):
                take_in(writer, tmp_path / "a.warc.gz")
        assert (all_rows(archive), all_files(archive)) == before
        assert take_in(writer, tmp_path / "a.warc.gz").captures == 1


def test_a_full_disk_is_told_as_such(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(response()))

    def full(*_: object) -> str:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("snapshots.writer.copy_synced", full)
    before = all_files(archive)
    with (
        Writer(archive) as writer,
        pytest.raises(NotWritableError, match="No space left on device"),
    ):
        take_in(writer, tmp_path / "a.warc.gz")
    assert all_files(archive) == before


def test_a_file_cut_short_gives_its_sound_captures_and_tells_the_rest(
    archive: Archive, tmp_path: Path
) -> None:
    data = warc(warcinfo(), response(b"one"), response(b"two"))
    start = len(warc(warcinfo(), response(b"one")))
    path = tmp_path / "cut.warc.gz"
    path.write_bytes(data[:-5])
    with Writer(archive) as writer:
        report = take_in(writer, path)
    assert report.captures == 1
    (found,) = report.problems
    assert (found.code, found.file, found.offset) == ("truncated-record", str(path), start)
    assert found.length == len(data) - 5 - start
    ((_, intake_id, _, code, *_),) = all_rows(archive)["problem"]
    assert (intake_id, code) == (1, "truncated-record")
    (capture,) = all_captures(archive)
    assert memento_of(archive, capture).content() == b"one"


def test_a_damaged_record_costs_no_other(archive: Archive, tmp_path: Path) -> None:
    parts = [warc(response(b"%d" % number * 400, url=f"{URL}{number}")) for number in range(5)]
    place = len(parts[0]) + len(parts[1]) + 60
    (tmp_path / "a.warc.gz").write_bytes(flip(b"".join(parts), place))
    with Writer(archive) as writer:
        report = take_in(writer, tmp_path / "a.warc.gz")
    assert report.captures == 4
    assert [problem.code for problem in report.problems] == ["damaged-member"]
    for capture in all_captures(archive):
        assert memento_of(archive, capture).content() == capture.url[-1:].encode() * 400


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (warc(warcinfo(), metadata()), "holds no capture that could be listed$"),
        (warc(response(date="never")), "no capture that could be listed; bad-date at byte 0"),
        (b"WARC/1.0\r\n", "no capture that could be listed; truncated-record at byte 0"),
        (b"\x89PNG\r\n", "is a PNG picture"),
    ],
)
def test_a_file_that_gives_nothing_is_refused_and_leaves_nothing(
    archive: Archive, tmp_path: Path, data: bytes, reason: str
) -> None:
    before = all_rows(archive), all_files(archive)
    (tmp_path / "a.warc.gz").write_bytes(data)
    with Writer(archive) as writer, pytest.raises(FormatError, match=reason):
        take_in(writer, tmp_path / "a.warc.gz")
    assert (all_rows(archive), all_files(archive)) == before


def test_a_warc_states_its_own_addresses_and_dates(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(response()))
    with Writer(archive) as writer, pytest.raises(FormatError, match="states its own"):
        take_in(writer, tmp_path / "a.warc.gz", url=URL)


@pytest.mark.parametrize("form", ["gzip", "plain"])
def test_odd_addresses_and_values_go_into_either_database(
    archive: Archive, tmp_path: Path, form: str
) -> None:
    urls = [
        "http://h.example/" + "x" * 8000,
        "http://h.example/caf\xe9 \N{SNOWMAN}/%zz?'\"\\;--",
        "http://h.example/nul\0",
        "dns:h.example",
        "urn:x:y",
        "metadata://h.example/\N{GRINNING FACE}",
        "http://h.example:99999999/",
    ]
    records = [response(b"%d" % n, url=url) for n, url in enumerate(urls)]
    records.append(response(b"t", url=f"{URL}t", head=[("Content-Type", "a/\0b" + "c" * 5000)]))
    (tmp_path / "a").write_bytes(warc(*records, form=form))
    with Writer(archive) as writer:
        assert take_in(writer, tmp_path / "a").captures == 8
    found = {one.url for one in all_captures(archive)}
    assert found == {url.replace("\0", "%00") for url in urls} | {f"{URL}t"}
    with archive.catalogue.read() as connection:
        for number, url in enumerate(urls):
            moment = parse_timestamp("2011")
            capture = index.nearest(connection, url.replace("\0", "%00"), moment)
            assert capture is not None
            assert capture.digest == digest(b"%d" % number)


def test_a_name_that_is_not_utf_8_does_no_harm(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.warc.gz")
    path.write_bytes(warc(response(), response(date="never")))
    with Writer(archive) as writer:
        report = take_in(writer, path)
    assert report.captures == 1
    report.name.encode()  # it can be shown
    report.label.encode()
    report.problems[0].file.encode()


def test_a_revisit_leads_to_the_payload_taken_in_later(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(warc(revisit(b"text")))
    (tmp_path / "a").write_bytes(warc(response(b"text"), resource(b"other")))
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "b")
        with pytest.raises(NoPayloadError):
            memento_at(archive, URL, parse_timestamp("2012"))
        take_in(writer, tmp_path / "a")
    memento = memento_at(archive, URL, parse_timestamp("2012"))
    assert isinstance(memento.capture, Capture)
    assert (memento.capture.timestamp, memento.content()) == ("20110801090000", b"text")


# Files whose records cannot be opened one by one are framed anew

ODD = [
    warcinfo(),
    request(),
    response(b"one").replace(b"WARC-Date", b"warc-DATE"),  # a header is kept as it was written
    dns(),
    response(os.urandom(300_000), url=f"{URL}large"),
    revisit(b"one"),
    resource(b"text"),
    metadata(),
]


def framings(records: list[bytes]) -> dict[str, bytes]:
    """Give the same records in every framing that has to be made anew."""
    half = len(records) // 2
    return {
        "one gzip member": warc(*records, form="whole"),
        "two gzip members": member(b"".join(records[:half])) + member(b"".join(records[half:])),
        "some share a member": warc(*records[:-2]) + member(records[-2] + records[-1]),
        "a frame each": zstd_warc(*records),
        "one zstd frame": zstd_warc(b"".join(records)),
        "a dictionary": zstd_warc(*records, dictionary="plain"),
        "a compressed dictionary": zstd_warc(*records, dictionary="compressed"),
        "no checksums": zstd_warc(*records, checksum=False),
        "a skippable frame between": (
            zstd_warc(*records[:2]) + b"\x50*M\x18\x05\0\0\0hello" + zstd_warc(*records[2:])
        ),
    }


@pytest.mark.parametrize("form", framings(ODD))
def test_records_are_framed_anew_byte_for_byte_and_the_original_is_kept(
    sqlite_archive: Archive, tmp_path: Path, form: str
) -> None:
    data = framings(ODD)[form]
    (tmp_path / "crawl.warc").write_bytes(data)  # the name lies
    with Writer(sqlite_archive) as writer:
        report = take_in(writer, tmp_path / "crawl.warc")
    assert (report.format, report.captures, report.problems) == (Format.WARC, 5, ())
    (name,) = [name for name in all_files(sqlite_archive) if name.startswith("warcs/")]
    members = (sqlite_archive.path / name).read_bytes()
    assert members == b"".join(deflated(record) for record in ODD)
    (kept,) = (sqlite_archive.path / "originals").glob("*/*")
    assert kept.read_bytes() == data
    assert kept.stat().st_mode & 0o222 == 0
    reading = WarcReading(sqlite_archive.path / name, "the copy")
    assert [one for one in reading if not isinstance(one, Capture)] == []
    assert not reading.shared
    (row,) = all_rows(sqlite_archive)["original"]
    assert row == (kept.name, len(data), str(tmp_path / "crawl.warc"), 1)


def deflated(data: bytes) -> bytes:
    """Compress a record as the archive does."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("form", ["one gzip member", "a frame each", "one zstd frame"])
def test_damage_in_a_file_framed_anew_costs_what_it_stands_in(
    sqlite_archive: Archive, tmp_path: Path, form: str
) -> None:
    records = [warcinfo(), response(b"one"), response(os.urandom(400_000)), response(b"three")]
    data = framings(records)[form]
    path = tmp_path / "crawl.warc"
    path.write_bytes(flip(data, len(data) - 20_000))
    with Writer(sqlite_archive) as writer:
        report = take_in(writer, path)
    assert report.captures == (2 if form == "a frame each" else 1)
    (found,) = report.problems
    assert (found.code, found.file) == ("damaged-member", str(path))
    assert found.offset is not None
    assert found.length is not None
    for capture in all_captures(sqlite_archive):
        assert memento_of(sqlite_archive, capture).content() in (b"one", b"three")


def test_a_file_framed_anew_is_the_same_input_the_second_time(
    archive: Archive, tmp_path: Path
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(*ODD, form="whole"))
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.warc.gz")
        before = all_rows(archive), all_files(archive)
        assert take_in(writer, tmp_path / "a.warc.gz").before
    assert (all_rows(archive), all_files(archive)) == before


def test_an_error_while_framing_anew_leaves_nothing(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.warc.gz").write_bytes(warc(*ODD, form="whole"))
    before = all_rows(archive), all_files(archive)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(session, "store_problems", full)
    with Writer(archive) as writer:
        with pytest.raises(FormatError):
            take_in(writer, tmp_path / "a.warc.gz")
        assert (all_rows(archive), all_files(archive)) == before


def test_a_real_file_of_one_member_is_read_as_warcio_reads_it(
    sqlite_archive: Archive, corpora: Path
) -> None:
    path = corpora / "broken/not-per-record-gzip.warc.gz"
    with Writer(sqlite_archive) as writer:
        report = take_in(writer, path)
    plain = gzip.decompress(path.read_bytes())
    with io.BytesIO(plain) as file:
        expected = Counter(found.rec_type for found in ArchiveIterator(file))
    assert report.counts == dict(expected)
    assert report.problems == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_in_zstd_lists_what_it_lists_in_gzip(
    sqlite_archive: Archive, corpora: Path, tmp_path: Path, name: str
) -> None:
    plain = gunzipped((corpora / f"{name}.warc.gz").read_bytes())
    (tmp_path / "a.warc.zst").write_bytes(zstd_warc(*plain, dictionary="compressed"))
    with Writer(sqlite_archive) as writer:
        report = take_in(writer, tmp_path / "a.warc.zst")
    assert report.problems == ()
    reading = WarcReading(corpora / f"{name}.warc.gz", name)
    expected = sorted((one.url, one.timestamp, one.digest) for one in captures_of(reading))
    found = sorted((one.url, one.timestamp, one.digest) for one in all_captures(sqlite_archive))
    assert found == expected
    assert report.counts == dict(reading.counts)


def captures_of(reading: WarcReading) -> list[Capture]:
    return [one for one in reading if isinstance(one, Capture)]


def gunzipped(data: bytes) -> list[bytes]:
    """Give what each gzip member holds."""
    members = []
    while data:
        inflater = zlib.decompressobj(wbits=31)
        members.append(inflater.decompress(data) + inflater.flush())
        data = inflater.unused_data
    return members
