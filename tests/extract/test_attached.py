"""Documents of a page: as it tells of them, as they were served, and as they are kept."""

import csv
import gzip
from pathlib import Path

import pytest

import marsham
from extract.asof import PageAsOf
from extract.attached import Attached, attached_to, kept_format
from snapshots.archive import Archive
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc

HOST = "http://www.homeoffice.example"
PAGE = b"""<title>Documents</title><h1>Documents</h1>
<p><a href=/plan.pdf>Plan (PDF, 2KB)</a> <a href=/lost.pdf>Lost (PDF, 10KB)</a>
<a href=/form.doc>Form (Word, 1KB)</a> <a href=/private.pdf>Private (PDF)</a>
<a href=/list.csv>List (CSV)</a> <a href=/old.pdf>Old (PDF)</a></p>"""
PDF = b"%PDF-1.4 " + b"x" * 1991
LOGIN = b"<!DOCTYPE html><title>Sign in</title>"
ZIP = b"PK\x03\x04" + b"\0" * 26
CSV = b"a,b\n" * 100


@pytest.fixture
def filled(archive: Archive, tmp_path: Path) -> Archive:
    def taken(
        body: bytes, path: str, kind: str, *more: tuple[str, str], date: str, status: str = "200 OK"
    ) -> bytes:
        head = [("Content-Type", kind), *more]
        return response(body, url=HOST + path, head=head, date=date, status=status)

    records = [
        taken(PAGE, "/", "text/html", date="2011-05-29T00:00:00Z"),
        taken(b"%PDF older", "/plan.pdf", "application/pdf", date="2005-05-29T00:00:00Z"),
        taken(
            PDF,
            "/plan.pdf",
            "Application/PDF; q",
            ("Content-Length", "2000"),
            date="2011-05-30T00:00:00Z",
        ),
        taken(LOGIN, "/form.doc", "application/msword", date="2011-05-29T00:00:00Z"),
        taken(PDF, "/private.pdf", "application/pdf", date="2011-05-29T00:00:00Z"),
        taken(
            gzip.compress(CSV),
            "/list.csv",
            "text/csv",
            ("Content-Encoding", "gzip"),
            date="2011-05-29T00:00:00Z",
        ),
        taken(LOGIN, "/old.pdf", "text/html", status="404 Gone", date="2011-05-29T00:00:00Z"),
    ]
    (tmp_path / "in.warc.gz").write_bytes(warc(*records))
    marsham.ingest(archive, [tmp_path / "in.warc.gz"])
    marsham.extract(archive, jobs=1)
    scope = Scope("page", f"{HOST}/private.pdf")
    withdraw(archive, scope, Decision("private", "the panel"), lambda *_: ())
    return archive


def page_of(archive: Archive) -> PageAsOf:
    (page,) = marsham.pages_as_of(archive, "2011")
    return page


def test_each_document_is_told_as_claimed_as_served_and_as_kept(filled: Archive) -> None:
    found = {
        one.claimed.url.removeprefix(HOST): one for one in attached_to(filled, page_of(filled))
    }

    def told(path: str) -> tuple[object, ...]:
        one: Attached = found[path]
        return (
            one.claimed.format, one.claimed.size, one.state, one.status, one.type_served,
            one.size_served, one.format_kept, one.size_kept,
        )  # fmt: skip

    assert told("/plan.pdf") == ("pdf", 2048, "captured", 200, "application/pdf", 2000, "pdf", 2000)
    assert found["/plan.pdf"].timestamp == "20110530000000"
    assert told("/lost.pdf") == ("pdf", 10240, "never captured", None, "", None, "", None)
    kept = ("html", len(LOGIN))
    assert told("/form.doc")[2:] == ("captured", 200, "application/msword", None, *kept)
    assert told("/private.pdf")[2:] == ("withdrawn", None, "", None, "", None)
    assert told("/list.csv")[2:] == ("captured", 200, "text/csv", None, "", len(CSV))
    assert told("/old.pdf")[2:] == ("error", 404, "text/html", None, *kept)


def test_documents_are_exported(filled: Archive, tmp_path: Path) -> None:
    out = tmp_path / "attachments.csv"
    assert marsham.export(filled, "attachments", out, as_of="2011").counts["rows"] == 6
    with out.open(newline="") as file:
        rows = {row["attachment"]: row for row in csv.DictReader(file)}
    plan = rows[f"{HOST}/plan.pdf"]
    assert (plan["size_claimed"], plan["size_kept"]) == ("2048", "2000")
    assert plan["url"] == f"{HOST}/"


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\r\n%PDF-1.4", "pdf"),
        (ZIP + b"[Content_Types].xml" + b"word/document.xml", "docx"),
        (ZIP + b"mimetypeapplication/vnd.oasis.opendocument.text", "odt, ods or odp"),
        (ZIP + b"a.txt", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc, xls or ppt"),
        (b"  <HTML>", "html"),
        (b"", ""),
        (b"a,b\n", ""),
    ],
)  # fmt: skip
def test_a_format_is_told_by_how_a_file_begins(start: bytes, name: str) -> None:
    assert kept_format(start) == name
