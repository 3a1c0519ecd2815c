import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from archiver.errors import ArchiveError, NoArchiveError
from snapshots.archive import Archive
from snapshots.ingest.intake import take_in
from snapshots.settings import Settings
from snapshots.tables import (
    capture,
    media_type,
    problem,
    snapshot,
    url,
    verification,
    warc_file,
)
from snapshots.verify import fixity
from snapshots.verify.findings import CODES, Finding, Level, Severity
from snapshots.verify.fixity import Verdict, verify
from snapshots.writer import Writer
from tests.builders import chunked, flip, http_response, record, response, warc, warcinfo
from tests.snapshots.helpers import all_captures, all_files, all_rows, put

URL = "http://www.homeoffice.example/crime/"
HOST = "http://www.homeoffice.example"
LIST = "manifests/manifest-sha256.txt"
BROKEN = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]


def fill(archive: Archive, folder: Path) -> Archive:
    """Put into an archive: a plain WARC file, one of gzip with known problems, saved pages."""
    sound = [response(b"page %d " % n * 40, url=f"{URL}{n}") for n in range(4)]
    doubts = [
        response(b"what follows is damaged", url=f"{URL}a"),
        record("response", http_response(b"5\r\nshort", fields=BROKEN), url=f"{URL}b"),
    ]
    files = {
        "plain.warc": warc(warcinfo(), *sound, form="plain"),
        "known.warc.gz": warc(*doubts) + flip(warc(response(b"lost" * 90)), 60) + warc(*sound[:1]),
        "saved/pages.csv": f"url,timestamp,file\n{HOST}/,20110509,a.html\n{HOST}/b,2009,b.html\n",
        "saved/a.html": "<title>A</title><p>Crime and policing",
        "saved/b.html": "<title>B</title><p>Passports and immigration",
    }
    put(folder, files)
    with Writer(archive) as writer:
        for name in ("plain.warc", "known.warc.gz", "saved"):
            take_in(writer, folder / name)
    return archive


def save(writer: Writer, folder: Path, *numbers: int) -> None:
    """Take pages in, written to the file that stays open until the writer is closed."""
    for number in numbers:
        put(folder, {f"{number}.html": f"<title>{number}</title>"})
        take_in(writer, folder / f"{number}.html", url=f"{URL}{number}", captured="2011")


@pytest.fixture
def full(archive: Archive, tmp_path: Path) -> Archive:
    return fill(archive, tmp_path / "inputs")


@pytest.fixture
def sqlite_full(sqlite_archive: Archive, tmp_path: Path) -> Archive:
    return fill(sqlite_archive, tmp_path / "inputs")


def check(
    archive: Archive, level: str = "records", **more: object
) -> tuple[Verdict, list[Finding]]:
    found: list[Finding] = []
    verdict = verify(archive, Level(level), found=found.append, **more)  # type: ignore[arg-type]
    return verdict, found


def codes(archive: Archive, level: str, **more: object) -> set[str]:
    verdict, found = check(archive, level, **more)
    grave = sum(finding.severity is Severity.DAMAGE for finding in found)
    assert (verdict.damage, verdict.warnings) == (grave, len(found) - grave)
    assert verdict.status == (2 if grave else 1 if found else 0)
    assert verdict.codes == Counter(finding.code for finding in found)
    return {finding.code for finding in found}


def place(archive: Archive, pattern: str) -> Path:
    return sorted(archive.path.glob(pattern))[0]


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(change(data))
    path.chmod(0o444)


def on_file(pattern: str, change: Callable[[bytes], bytes]) -> Callable[[Archive], None]:
    return lambda archive: rewrite(place(archive, pattern), change)


def gone(pattern: str) -> Callable[[Archive], None]:
    return lambda archive: place(archive, pattern).unlink()


def put_there(name: str) -> Callable[[Archive], None]:
    return lambda archive: put(archive.path, {name: "a letter"}) and None


def turned_into_a_folder(archive: Archive) -> None:
    path = place(archive, "originals/*/*")
    path.unlink()
    path.mkdir()


def on_rows(statement: Callable[[], object]) -> Callable[[Archive], None]:
    def act(archive: Archive) -> None:
        with archive.catalogue.write() as connection:
            connection.execute(statement())  # type: ignore[call-overload]

    return act


def entry(**values: object) -> Callable[[Archive], None]:
    """Change the index entry of a record of the plain file."""
    one = select(url.c.id).where(url.c.url == f"{URL}2").scalar_subquery()
    return on_rows(lambda: update(capture).where(capture.c.url_id == one).values(**values))


def unlist(archive: Archive) -> None:
    one = select(url.c.id).where(url.c.url == f"{URL}2").scalar_subquery()
    with archive.catalogue.write() as connection:
        connection.execute(delete(capture).where(capture.c.url_id == one))


def another_type(archive: Archive) -> None:
    with archive.catalogue.write() as connection:
        connection.execute(insert(media_type).values(id=99, name="text/odd"))
    entry(media_type_id=99)(archive)


def a_snapshot_more(archive: Archive) -> None:
    row = {"id": 9, "label": "", "kind": "", "created": 0, "tool": "", "operator": ""}
    with archive.catalogue.write() as connection:
        connection.execute(insert(snapshot).values(row | {"captures": 0}))


def spoiled(data: bytes) -> bytes:
    manifest = json.loads(data)
    return json.dumps(manifest | {"sha256": "0" * 64}).encode()


PLAIN, KNOWN, OWN = "warcs/2*/*/plain*", "warcs/2*/*/known*", "warcs/2*/*/Test*"
NOTE = "manifests/commits/00000001.json"
BODY = 2100  # a place in the body of a record of the plain file

DAMAGES: list[tuple[str, str, Callable[[Archive], None], set[str]]] = [
    ("a WARC file is gone", "quick", gone(PLAIN), {"missing-file"}),
    ("an original is gone", "quick", gone("originals/*/*"), {"missing-file"}),
    ("a commit note is gone", "quick", gone(NOTE), {"missing-file"}),
    ("a WARC file is cut", "quick", on_file(OWN, lambda data: data[:-1]), {"short-file"}),
    ("an original is cut", "quick", on_file("originals/*/*", lambda _: b""), {"short-file"}),
    ("a WARC file has grown", "quick", on_file(OWN, lambda data: data + b"x"), {"long-file"}),
    ("a strange WARC file", "quick", put_there("warcs/2011/05/x.warc.gz"), {"unknown-file"}),
    ("a strange original", "quick", put_there("originals/ab/abcd"), {"unknown-file"}),
    ("a strange manifest", "quick", put_there("manifests/x.warc.json"), {"unknown-file"}),
    ("a strange note", "quick", put_there("manifests/commits/00000009.json"), {"unknown-file"}),
    ("a manifest is gone", "quick", gone("manifests/plain*"), {"manifest-missing"}),
    (
        "a manifest is no JSON",
        *("quick", on_file("manifests/plain*", lambda data: data[:-9])),
        {"manifest-unreadable"},
    ),
    ("a manifest lies", "quick", on_file("manifests/plain*", spoiled), {"manifest-differs"}),
    ("the list is gone", "quick", gone(LIST), {"list-missing"}),
    (
        "the list lacks a line",
        *("quick", on_file(LIST, lambda data: data[data.index(b"\n") + 1 :])),
        {"list-differs"},
    ),
    ("the list lies", "quick", on_file(LIST, lambda data: b"0" * 64 + data[64:]), {"list-differs"}),
    (
        "the list names a stranger",
        *("quick", on_file(LIST, lambda data: data + b"0" * 64 + b"  warcs/x\n")),
        {"list-differs"},
    ),
    ("a file that cannot be read", "files", turned_into_a_folder, {"unreadable-file", "long-file"}),
    (
        "an original has changed",
        *("files", on_file("originals/*/*", lambda data: flip(data, 3))),
        {"changed-file"},
    ),
    ("a bit has flipped", "files", on_file(OWN, lambda data: flip(data, 90)), {"changed-file"}),
    ("a note has changed", "files", on_file(NOTE, lambda data: data + b" "), {"changed-file"}),
    (
        "a bit has flipped in a gzip member",
        *("records", on_file(KNOWN, lambda data: flip(data, 90))),
        {"changed-file", "damaged-record", "entry-astray"},
    ),
    (
        "a file is cut inside a record",
        *("records", on_file(PLAIN, lambda data: data[:-40])),
        {"short-file", "changed-file", "damaged-record", "entry-astray"},
    ),
    (
        "a bit has flipped in a plain record",
        *("records", on_file(PLAIN, lambda data: flip(data, BODY))),
        {"changed-file", "block-digest", "payload-digest"},
    ),
    (
        "a known problem was forgotten",
        *("records", on_rows(lambda: delete(problem).where(problem.c.code == "broken-chunking"))),
        {"doubtful-record"},
    ),
    (
        "known damage was forgotten",
        *("records", on_rows(lambda: delete(problem).where(problem.c.code == "damaged-member"))),
        {"damaged-record"},
    ),
    (
        "an erasure was prepared",
        *("quick", lambda archive: (archive.path / "erasing").mkdir()),
        {"erasure-unfinished"},
    ),
    ("an entry was deleted", "records", unlist, {"record-unlisted"}),
    (
        "an entry points elsewhere",
        *("records", entry(record_offset=capture.c.record_offset + 1)),
        {"entry-astray", "record-unlisted"},
    ),
    (
        "an address was changed",
        *(
            "records",
            on_rows(
                lambda: update(url).where(url.c.url == f"{URL}2").values(head=HOST, shared=601)
            ),
        ),
        {"entry-url"},
    ),
    ("a date was changed", "records", entry(timestamp=20110509101622), {"entry-date"}),
    ("a kind was changed", "records", entry(kind=3), {"entry-kind"}),
    ("a status was changed", "records", entry(status=404), {"entry-status"}),
    ("a media type was changed", "records", another_type, {"entry-type"}),
    ("a digest was changed", "records", entry(digest=bytes(20)), {"entry-digest"}),
    ("a length was changed", "records", entry(record_length=9), {"entry-length"}),
    ("a grade was changed", "deep", entry(grade=3), {"row-differs"}),
    ("a snapshot was added", "deep", a_snapshot_more, {"row-extra"}),
    ("an entry was deleted, deep", "deep", unlist, {"record-unlisted", "row-missing"}),
    (
        "a label was changed",
        *("deep", on_rows(lambda: update(snapshot).values(label="mine"))),
        {"row-differs"},
    ),
    (
        "a note is no JSON",
        *("deep", on_file("manifests/commits/00000003.json", lambda data: data[:-9])),
        {"changed-file", "note-unreadable", "row-extra"},
    ),
    (
        "a note was changed",
        *("deep", on_file(NOTE, lambda data: data + b" ")),
        {"changed-file", "note-chain", "row-differs"},
    ),
]


@pytest.mark.parametrize(
    ("level", "damage", "expected"),
    [case[1:] for case in DAMAGES],
    ids=[case[0] for case in DAMAGES],
)
def test_each_damage_is_found_at_its_level_and_told_by_its_code(
    sqlite_full: Archive,
    level: str,
    damage: Callable[[Archive], None],
    expected: set[str],
) -> None:
    assert codes(sqlite_full, level) == set()
    damage(sqlite_full)
    assert codes(sqlite_full, level) == expected


@pytest.mark.parametrize("level", list(Level))
def test_an_archive_as_it_was_made_is_sound_on_both_databases(full: Archive, level: str) -> None:
    before = all_files(full), all_rows(full)
    verdict, found = check(full, level)
    assert (found, verdict.status, verdict.not_kept) == ([], 0, "")
    after = all_rows(full)
    assert after.pop("verification")
    before[1].pop("verification")
    assert (all_files(full), after) == before


@pytest.mark.parametrize("level", ["files", "records", "deep"])
def test_damage_is_found_on_both_databases(full: Archive, level: str) -> None:
    on_file(KNOWN, lambda data: flip(data, 90))(full)
    entry(grade=3)(full)
    more = {"files": set(), "records": {"damaged-record", "entry-astray"}}
    more["deep"] = {*more["records"], "row-differs", "row-extra"}
    assert codes(full, level) == {"changed-file"} | more[level]


def test_every_code_is_made_to_happen_here() -> None:
    made = {code for *_, expected in DAMAGES for code in expected}
    others = {"catalogue-damaged", "copy-lacks", "copy-has-more", "copy-size", "copy-differs"}
    assert made | others == set(CODES)


def test_a_code_is_found_first_at_the_level_it_is_listed_under() -> None:
    for what, level, _, expected in DAMAGES:
        assert any(CODES[code].level is Level(level) for code in expected), what


def test_a_finding_says_where_and_what_to_do(sqlite_full: Archive) -> None:
    entry(status=404)(sqlite_full)
    _, (found,) = check(sqlite_full)
    assert found.file.startswith("warcs/2011/05/plain-")
    assert found.message == "404 in the index, 200 in the file"
    assert found.url == f"{URL}2"
    assert found.offset
    assert "marsham rebuild" in found.advice


# The catalogue


def test_a_catalogue_that_says_it_is_damaged_is_damage(sqlite_full: Archive) -> None:
    sqlite_full.close()
    path = sqlite_full.path / "catalogue.db"
    data = bytearray(path.read_bytes())
    data[-8192:-8100] = os.urandom(92)  # the head of a page
    path.write_bytes(data)
    with Archive.open(sqlite_full.path) as archive:
        assert "catalogue-damaged" in codes(archive, "files")


def test_a_catalogue_that_is_no_database_is_damage(sqlite_full: Archive) -> None:
    sqlite_full.close()
    (sqlite_full.path / "catalogue.db").write_bytes(b"not a database" * 999)
    with Archive.open(sqlite_full.path, damaged=True) as archive:
        verdict, (found,) = check(archive, "quick")
    assert (found.code, verdict.status) == ("catalogue-damaged", 2)
    assert "not a database" in found.message
    assert "not a database" in verdict.not_kept


# Against a copy


@pytest.fixture
def copy(sqlite_full: Archive, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sqlite_full.path, tmp_path / "copy"))


def test_a_copy_that_is_the_same_is_sound(sqlite_full: Archive, copy: Path) -> None:
    verdict, found = check(sqlite_full, "quick", against=copy)
    assert found == []
    assert verdict.counts["compared"] == len(all_files(sqlite_full)) - 2  # settings and the list


def test_a_copy_is_compared_both_ways_and_nothing_is_repaired(
    sqlite_full: Archive, copy: Path
) -> None:
    place(sqlite_full, OWN).unlink()
    (copy / place(sqlite_full, KNOWN).relative_to(sqlite_full.path)).unlink()
    theirs = copy / place(sqlite_full, PLAIN).relative_to(sqlite_full.path)
    rewrite(theirs, lambda data: flip(data, BODY))
    originals = sorted(sqlite_full.path.glob("originals/*/*"))
    rewrite(originals[0], lambda data: data + b"x")
    before = all_files(sqlite_full)
    _, found = check(sqlite_full, "quick", against=copy)
    told = {finding.code: finding for finding in found}
    assert set(told) == {
        *("missing-file", "long-file"),
        *("copy-lacks", "copy-has-more", "copy-size", "copy-differs"),
    }
    assert "the archive's matches" in told["copy-differs"].message
    assert "the copy's matches" in told["copy-size"].message
    assert all_files(sqlite_full) == before


def test_what_is_no_copy_of_an_archive_is_refused(sqlite_full: Archive, tmp_path: Path) -> None:
    with pytest.raises(NoArchiveError):
        check(sqlite_full, "quick", against=tmp_path / "nothing")


# Results


def results(archive: Archive) -> list[tuple[str, str, int, int]]:
    columns = (verification.c.level, verification.c.what, verification.c.warnings)
    with archive.catalogue.read() as connection:
        query = select(*columns, verification.c.damage).order_by(verification.c.id)
        return [tuple(row) for row in connection.execute(query)]


def test_results_are_kept_for_each_file_and_for_the_whole(full: Archive) -> None:
    rewrite(place(full, PLAIN), lambda data: flip(data, BODY))
    put_there("warcs/2011/05/x.warc.gz")(full)
    check(full, "files")
    kept = results(full)
    assert {level for level, *_ in kept} == {"files"}
    assert sum(damage for *_, damage in kept) == 1
    assert kept[-1] == ("files", "", 1, 0)
    with full.catalogue.read() as connection:
        texts = connection.scalars(
            select(verification.c.findings).where(verification.c.damage == 1)
        )
        (found,) = json.loads(texts.one())
    assert found["code"] == "changed-file"
    assert len({what for _, what, *_ in kept}) == len(kept) == 3 + 3 + 3 + 1


def since(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_rolling_check_takes_what_was_not_checked_since_beginning_with_the_oldest(
    full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full.catalogue.read() as connection:
        paths = sorted(connection.scalars(select(warc_file.c.path)))
    check(full, "records")
    for number, path in enumerate(paths):
        with full.catalogue.write() as connection:
            connection.execute(
                update(verification)
                .where(verification.c.what == path)
                .values(checked=20260301000000 - number * 1000000)
            )
    looked: list[str] = []
    file = fixity._Check._file

    def noted(self: object, one: object) -> None:
        looked.append(one.path)  # type: ignore[attr-defined]
        file(self, one)  # type: ignore[arg-type]

    monkeypatch.setattr(fixity._Check, "_file", noted)
    check(full, "files", since=since("2026-04-01"))
    assert looked == paths[::-1]
    looked.clear()
    check(full, "files", since=since("2026-04-01"))  # now all of them are
    assert looked == []
    check(full, "deep", since=since("2026-01-01"))  # a deeper level was never reached
    assert set(looked) > set(paths)


def test_a_damaged_file_is_checked_again_however_lately_it_was(full: Archive) -> None:
    rewrite(place(full, PLAIN), lambda data: flip(data, BODY))
    for _ in range(2):
        verdict, found = check(full, "files", since=since("2026-01-01"))
        assert [finding.code for finding in found] == ["changed-file"]
    assert verdict.counts["files"] == 1


def test_on_a_read_only_archive_the_result_is_not_kept_and_that_is_said(
    unprivileged: tuple[Path, Callable[[Callable[[], object]], str]], tmp_path: Path
) -> None:
    folder, call = unprivileged
    with Archive.create(folder / "archive") as archive:
        fill(archive, tmp_path / "inputs")
    for path in [archive.path, *archive.path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)

    def act() -> object:
        with Archive.open(archive.path) as found:
            verdict, findings = check(found, "deep")
        return findings, verdict.status, verdict.not_kept

    assert call(act).startswith("([], 0, 'the catalogue could not be used: attempt to write")


# While a writer writes


def test_what_a_writer_is_writing_is_no_finding(archive: Archive, tmp_path: Path) -> None:
    writer = Writer(archive)
    save(writer, tmp_path, 1, 2)
    writer.keep_original(b"page", "ab" * 32)
    (current,) = (archive.path / "warcs" / "open").glob("*.open")
    put(archive.path, {f"originals/cd/{'cd' * 32}": "just moved there, as far as a check can tell"})
    with current.open("ab") as file:
        file.write(b"half a record")
    assert codes(archive, "deep") == set()
    with current.open("r+b") as file:
        file.truncate(current.stat().st_size - 14)
    assert codes(archive, "quick") == {"short-file"}
    writer._lock.release()
    assert writer._current
    assert writer._current.handle
    writer._current.handle.close()
    assert codes(archive, "quick") == {"short-file", "unknown-file"}  # nobody writes it any more


def test_a_file_being_finished_is_found_wherever_it_is(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is renamed between two looks.
    writer = Writer(archive)
    save(writer, tmp_path, 1, 2)
    locate = Archive.locate

    def slow(self: Archive, name: str) -> Path:
        found = locate(self, name)
        if found.name.endswith(".open"):
            writer.close()
            found = locate(self, name)
        return found

    monkeypatch.setattr(Archive, "locate", slow)
    assert codes(archive, "deep") == set()


def test_a_writer_may_write_while_a_check_keeps_its_results(full: Archive, tmp_path: Path) -> None:
    with Writer(full) as writer:
        save(writer, tmp_path, 7)
        check(full, "files")
        save(writer, tmp_path, 8)
    assert codes(full, "deep") == set()


def test_a_database_gone_away_does_not_hide_what_was_found(
    sqlite_full: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Iterator[None]:
        raise ArchiveError("the catalogue could not be used: disk full")

    gone(PLAIN)(sqlite_full)
    monkeypatch.setattr(sqlite_full.catalogue, "write", fail)
    verdict, found = check(sqlite_full, "files")
    assert [finding.code for finding in found] == ["missing-file"]
    assert verdict.not_kept.endswith("disk full")


def test_chunked_bodies_and_revisits_are_sound(archive: Archive, tmp_path: Path) -> None:
    body = b"Crime and policing" * 9
    head = [("Content-Type", "text/html"), ("Transfer-Encoding", "chunked")]
    block = http_response(chunked(body), fields=head)
    put(tmp_path, {"a.warc.gz": warc(record("response", block), response(body))})
    with Writer(archive) as writer:
        take_in(writer, tmp_path / "a.warc.gz")
    assert codes(archive, "deep") == set()


def test_an_archive_may_declare_strong_payload_digests(tmp_path: Path) -> None:
    settings = Settings(name="Test archive", payload_digest="sha256")
    with Archive.create(tmp_path / "archive", settings) as archive:
        fill(archive, tmp_path / "inputs")
        digests = {capture.digest.partition(":")[0] for capture in all_captures(archive)}
        assert digests == {"sha1", "sha256"}  # what was taken in keeps what it declares
        assert codes(archive, "deep") == set()
        rewrite(place(archive, OWN), lambda data: flip(data, len(data) - 700))
        assert "changed-file" in codes(archive, "records")


def test_the_habit_of_a_writer_told_at_ingest_is_not_found_again(
    archive: Archive, tmp_path: Path
) -> None:
    framed = response(chunked(b"text"), head=BROKEN)
    put(tmp_path, {"a.warc.gz": warc(framed, framed)})
    with Writer(archive) as writer:
        taken = take_in(writer, tmp_path / "a.warc.gz")
    assert [problem.code for problem in taken.problems] == ["digest-over-framing"]
    assert codes(archive, "deep") == set()
