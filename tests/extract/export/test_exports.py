"""The example exported in every format, read back by independent readers, held to the catalogue."""

import csv
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
import rdflib
from openpyxl.utils.escape import unescape

import marsham
from archiver.errors import InputError
from archiver.timestamps import parse_date
from extract.export.columns import Kind, parted
from extract.export.formats import TABLE_FORMATS
from extract.export.persons import functional_contacts, is_personal_mailbox
from extract.export.sources import SOURCES
from extract.export.writing import Order, table_of
from extract.formulas import unshielded
from marsham import Archive, Change, Filters
from marsham.cli import run
from tests.builders import response, warc

SCHEMA = rdflib.Namespace("https://schema.org/")
TABLES = ("csv", "json", "jsonl", "parquet", "sqlite", "xlsx")
HOST = "http://www.northshire.example"


def catalogue_rows(archive: Archive, what: str, year: str) -> list[dict[str, object]]:
    """The rows as they are before any format, in what flat formats can tell."""
    moment = parse_date(year).last
    with table_of(archive, Order(what, moment=moment)) as table:
        names = [(column.name, column.kind) for column in table.head.flat]
        return [{name: plain(row[name], kind) for name, kind in names} for row in table.rows]


def plain(value: object, kind: Kind) -> object:
    return (value or None) if kind in (Kind.TEXT, Kind.TEXTS) else value


def read_back(path: Path, what: str, form: str) -> list[dict[str, object]]:
    kinds = {column.name: column.kind for column in SOURCES[what].columns}
    if form == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{n: unshielded(c) for n, c in row.items()} for row in csv.DictReader(file)]
        return [{n: from_text(cell, kinds[n]) for n, cell in row.items()} for row in rows]
    if form == "xlsx":
        names, *cells = openpyxl.load_workbook(path)[what].iter_rows(values_only=True)
        return [
            {str(n): from_cell(c, kinds[str(n)]) for n, c in zip(names, row, strict=True)}
            for row in cells
        ]
    if form == "parquet":
        found = pyarrow.parquet.read_table(path).to_pylist()
    elif form == "sqlite":
        with closing(sqlite3.connect(path)) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute(f"SELECT * FROM {what}")]
        found = [{n: from_column(v, kinds[n]) for n, v in row.items()} for row in rows]
    elif form == "json":
        found = json.loads(path.read_text("utf-8"))
    else:
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        {n: plain(v, kinds[n]) for n, v in row.items() if kinds[n] is not Kind.NESTED}
        for row in found
    ]


def from_text(text: str, kind: Kind) -> object:
    if not text:
        return None
    if kind is Kind.TEXTS:
        return parted(text)
    return {Kind.INTEGER: int, Kind.NUMBER: float, Kind.BOOLEAN: lambda t: t == "true"}.get(
        kind, str
    )(text)


def from_column(value: object, kind: Kind) -> object:
    if kind is Kind.TEXTS:
        return json.loads(str(value))
    return bool(value) if kind is Kind.BOOLEAN and value is not None else value


def from_cell(cell: object, kind: Kind) -> object:
    if isinstance(cell, str):
        text = unescape(cell)
        return parted(text) if kind is Kind.TEXTS else text
    return cell


@pytest.mark.parametrize("form", TABLES)
@pytest.mark.parametrize("what", sorted(SOURCES))
def test_an_export_read_back_is_the_catalogue(
    example: Archive, tmp_path: Path, what: str, form: str
) -> None:
    out = tmp_path / f"{what}.{form}"
    manifest = marsham.export(example, what, out, form=form, as_of="2011")
    rows = catalogue_rows(example, what, "2011")
    assert read_back(out, what, form) == rows
    assert manifest.counts["rows"] == len(rows) > 0


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # within rdflib itself
@pytest.mark.parametrize("what", ["contacts", "partnerships"])
def test_linked_data_tells_every_number_and_where_it_is_from(
    example: Archive, tmp_path: Path, what: str
) -> None:
    out = tmp_path / "out.jsonld"
    marsham.export(example, what, out, form="jsonld", as_of="2011")
    graph = rdflib.Graph().parse(out, format="json-ld")
    rows = catalogue_rows(example, what, "2011")
    told = {str(number) for number in graph.objects(None, SCHEMA.telephone)}
    names = ("phone", "textphone") if what == "contacts" else ("phone",)
    assert told == {str(n) for row in rows for name in names for n in row[name] or []}  # type: ignore[attr-defined]
    nodes = list(graph.subject_objects(SCHEMA.isBasedOn))
    assert len(nodes) == len(rows)
    addresses = {f"http://localhost:8080/web/{row['captured']}/{row['url']}" for row in rows}
    assert {str(address) for _, address in nodes} == addresses
    for node, _ in nodes:
        assert (node, rdflib.RDF.type, SCHEMA.GovernmentOrganization) in graph


@pytest.mark.parametrize("form", sorted(TABLE_FORMATS))
def test_a_second_export_is_the_same_to_the_byte(
    example: Archive, tmp_path: Path, form: str
) -> None:
    digests = []
    for number in (1, 2):
        out = tmp_path / str(number) / f"contacts.{form}"
        out.parent.mkdir()
        manifest = marsham.export(example, "contacts", out, form=form)
        digests.append(hashlib.sha256(out.read_bytes()).hexdigest())
        assert manifest.files[0].sha256 == digests[-1]
        beside = out.with_name(f"{out.name}.manifest.json").read_bytes()
        digests.append(hashlib.sha256(beside).hexdigest())
    assert digests[:2] == digests[2:]


@pytest.mark.parametrize("form", TABLES)
def test_an_export_says_what_it_would_change(example: Archive, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"contacts.{form}"
    marsham.export(example, "contacts", out, form=form, as_of="2011")
    assert list(marsham.export_differences(example, "contacts", out, as_of="2011")) == []
    found = list(marsham.export_differences(example, "contacts", out, as_of="2013"))
    count = {change: sum(one.change is change for one in found) for change in Change}
    before, now = (len(catalogue_rows(example, "contacts", year)) for year in ("2011", "2013"))
    assert now - before == count[Change.ADDED] - count[Change.REMOVED]
    assert all(count.values())
    for one in found:
        if one.change is Change.CHANGED:
            assert all(was != is_now for was, is_now in one.fields.values())


@pytest.mark.parametrize("what", sorted(SOURCES))
def test_a_workbook_of_the_same_rows_would_change_nothing(
    example: Archive, tmp_path: Path, what: str
) -> None:
    out = tmp_path / "out.xlsx"
    marsham.export(example, what, out, form="xlsx", as_of="2011")
    assert list(marsham.export_differences(example, what, out, as_of="2011")) == []


def test_an_export_that_was_edited_is_not_compared_with(example: Archive, tmp_path: Path) -> None:
    out = tmp_path / "contacts.csv"
    marsham.export(example, "contacts", out)
    out.write_text(out.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(InputError, match="changed since it was written"):
        marsham.export_differences(example, "contacts", out)
    with pytest.raises(InputError, match="holds contacts, not pages"):
        marsham.export_differences(example, "pages", out)


def test_filters_leave_out_what_they_say(example: Archive, tmp_path: Path) -> None:
    def urls(what: str, filters: Filters) -> list[dict[str, object]]:
        out = tmp_path / "out.jsonl"
        marsham.export(example, what, out, form="jsonl", as_of="2011", filters=filters)
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()]

    everything = urls("contacts", Filters())
    below = urls("contacts", Filters(prefixes=("http://www.homeoffice.example/news/",)))
    assert below == [row for row in everything if "/news/" in str(row["url"])] != []
    assert urls("contacts", Filters(sites=("homeoffice.example",))) == everything
    assert urls("contacts", Filters(sites=("other.example",))) == []
    north = urls("partnerships", Filters(regions=("north east",)))
    assert {row["region"] for row in north} == {"North East"}
    sure = urls("contacts", Filters(least_confidence=0.9))
    assert 0 < len(sure) < len(everything)
    assert all(float(str(row["confidence"])) >= 0.9 for row in sure)
    assert urls("pages", Filters(statuses=(404,))) == []
    with pytest.raises(InputError, match="no region"):
        urls("pages", Filters(regions=("Wales",)))
    with pytest.raises(InputError, match="persons cannot be told"):
        urls("pages", Filters(functional=True))


def contact(**values: object) -> dict[str, object]:
    texts = ("partnership", "organisation", "unit", "person", "role", "key")
    lists = ("address", "phone", "email")
    row: dict[str, object] = dict.fromkeys(texts) | {name: [] for name in lists}
    row |= {"url": "http://a.example/", "file": "a.warc", "corrected": [], "evidence": []}
    return row | values


def test_functional_contacts_name_no_person() -> None:
    given = contact(
        unit="Community Safety Team",
        person="Mrs Jo Quokka",
        address=["FAO Jo Quokka", "Town Hall"],
        phone=["+441632960001", "+447700900123"],
        email=["jo.quokka@a.example", "safety@a.example"],
        corrected=["person: Jo Quokka, read as J Quokka, was corrected"],
        evidence=[
            {"field": "person", "value": "Mrs Jo Quokka", "raw": "Mrs Jo Quokka"},
            {"field": "email", "value": "jo.quokka@a.example", "raw": "jo.quokka@a.example"},
            {"field": "phone", "value": "+441632960001", "raw": "Jo Quokka 01632 960001"},
        ],
    )
    [row] = functional_contacts([given])
    assert "uokka" not in json.dumps(row)
    assert "7700900123" not in json.dumps(row)
    assert (row["phone"], row["email"]) == (["+441632960001"], ["safety@a.example"])
    assert list(functional_contacts([contact(person="Jo Quokka")])) == []


@pytest.mark.parametrize(
    ("mailbox", "personal"),
    [
        ("jo.quokka@a.example", True),
        ("j.quokka@a.example", True),
        ("jo_quokka2@a.example", True),
        ("press.office@a.example", False),
        ("community.safety@a.example", False),
        ("csp@a.example", False),
        ("enquiries@a.example", False),
    ],
)
def test_a_mailbox_of_a_person_is_told_by_its_form(mailbox: str, personal: bool) -> None:
    assert is_personal_mailbox(mailbox) is personal


def test_what_is_withdrawn_is_in_no_format(tmp_path: Path) -> None:
    page = (
        b"<title>Zanzibar desk</title><h1>Zanzibar desk</h1><h2>Contact us</h2>"
        b"<p>Zanzibar Desk<br>Telephone: 01632 960777</p>"
    )
    (tmp_path / "a.warc").write_bytes(warc(response(page, url=f"{HOST}/z/")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc"])
        marsham.extract(archive)
        assert any("Zanzibar" in text for text in exported(archive, tmp_path))
        withdraw_all(archive)
        for text in exported(archive, tmp_path):
            assert "anzibar" not in text
            assert "1632960777" not in text


def withdraw_all(archive: Archive, url: str = f"{HOST}/z/") -> None:
    arguments = ["--archive", str(archive.path), "withdraw", url]
    assert run([*arguments, "--reason", "Private", "--authority", "Takedown panel"]) == 0


def exported(archive: Archive, folder: Path) -> list[str]:
    """Everything that every format says, unpacked."""
    found = []
    for what in sorted(SOURCES):
        for form, known in sorted(TABLE_FORMATS.items()):
            if known.only and what not in known.only:
                continue
            out = folder / f"{what}.{form}"
            marsham.export(archive, what, out, form=form, as_of="2030")
            found.append(out.with_name(f"{out.name}.manifest.json").read_text("utf-8"))
            if form in TABLES:
                found.append(json.dumps(read_back(out, what, form)))
            found.append(out.read_bytes().decode("latin-1"))
    return found


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_what_is_withdrawn_is_in_no_folder(tmp_path: Path, form: str) -> None:
    page = b"<title>Zanzibar desk</title><h1>Zanzibar desk</h1><p><img src=map.png alt=Map></p>"
    left = (
        b"<title>Start</title><h1>Start</h1><p>Words that stay.</p>"
        b"<a href=/z/>Desk</a> <img src=/z/map.png>"
    )
    drawn = response(
        b"\x89PNG zanzibar", url=f"{HOST}/z/map.png", head=(("Content-Type", "image/png"),)
    )
    kept = warc(response(page, url=f"{HOST}/z/"), drawn, response(left, url=f"{HOST}/"))
    (tmp_path / "a.warc").write_bytes(kept)
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc"])
        marsham.extract(archive)
        before = everything_in(archive, tmp_path / "before", form)
        assert any(b"Zanzibar desk" in data for data in before.values())
        assert any(b"PNG zanzibar" in data for data in before.values())
        withdraw_all(archive)
        withdraw_all(archive, f"{HOST}/z/map.png")
        now = everything_in(archive, tmp_path / "now", form)
        assert any(b"Words that stay" in data for data in now.values())
        for name, data in now.items():
            assert b"anzibar" not in data, name
        withdrawn = {name for name, data in before.items() if b"anzibar" in data} - {
            "manifest.json"
        }
        assert not withdrawn & now.keys()


def everything_in(archive: Archive, out: Path, form: str) -> dict[str, bytes]:
    """Every file of an export of pages, by its name in the folder."""
    marsham.export(archive, "pages", out, form=form, as_of="2030")
    files = [path for path in out.rglob("*") if path.is_file()]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def test_formulas_in_names_of_contacts_are_harmless(tmp_path: Path) -> None:
    page = (
        b"<title>Contacts</title><h1>=cmd|' /C calc'!A0</h1><div class=vcard>"
        b"<p class='fn org'>=cmd|' /C calc'!A0</p><p>Telephone: <b class=tel>01632 960777</b></div>"
    )
    (tmp_path / "a.warc").write_bytes(warc(response(page, url=f"{HOST}/z/")))
    with marsham.create_archive(tmp_path / "archive") as archive:
        marsham.ingest(archive, [tmp_path / "a.warc"])
        marsham.extract(archive)
        for what in ("contacts", "pages"):
            marsham.export(archive, what, tmp_path / "out.csv")
            marsham.export(archive, what, tmp_path / "out.xlsx", form="xlsx")
            with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert any("cmd|" in cell for cell in cells)
            assert not any(cell.startswith(("=", "@")) for cell in cells)
            book = openpyxl.load_workbook(tmp_path / "out.xlsx")
            types = {cell.data_type for sheet in book for row in sheet for cell in row}
            assert "f" not in types


@pytest.mark.parametrize(("form", "suffix"), [("markdown", ".md"), ("html", ".html")])
def test_pages_as_files_lead_to_one_another_and_to_their_documents(
    example: Archive, tmp_path: Path, form: str, suffix: str
) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for out in folders:
        manifest = marsham.export(example, "pages", out, form=form, as_of="2011")
    texts = {path: path.read_text("utf-8") for path in folders[0].rglob(f"*{suffix}")}
    assert len(texts) == manifest.counts["rows"] == len(catalogue_rows(example, "pages", "2011"))
    pattern = r"\]\(<?(\.{1,2}/[^)#>]+)" if form == "markdown" else r'href="(\.{1,2}/[^"#]+)'
    led = [
        (path.parent / target).resolve()
        for path, text in texts.items()
        for target in re.findall(pattern, text)
    ]
    assert all(target.is_file() for target in led)
    assert any(target in {path.resolve() for path in texts} for target in led)
    for file in manifest.files:
        one, two = ((out / file.name).read_bytes() for out in folders)
        assert hashlib.sha256(one).hexdigest() == hashlib.sha256(two).hexdigest() == file.sha256
    assert (folders[0] / "manifest.json").read_bytes() == (
        folders[1] / "manifest.json"
    ).read_bytes()
    if form == "markdown":
        assert all(text.startswith("---\ntitle: ") for text in texts.values())
    with pytest.raises(InputError, match="there already"):
        marsham.export(example, "pages", folders[0], form=form)
