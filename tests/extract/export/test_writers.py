"""Tables as files: whatever is in the rows comes back, and the same rows are the same bytes."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from archiver.errors import InputError
from extract.export.columns import Column, Kind, Row, TableHead, Written, joined, parted
from extract.export.formats import TABLE_FORMATS, table_writer
from extract.export.workbook import LONG_VALUES, write_xlsx
from extract.formulas import shielded, unshielded

HEAD = TableHead(
    "contacts",
    "a contact",
    (
        Column("unit", Kind.TEXT, "the unit"),
        Column("phone", Kind.TEXTS, "its numbers"),
        Column("offset", Kind.INTEGER, "where"),
        Column("confidence", Kind.NUMBER, "how sure"),
        Column("gone", Kind.BOOLEAN, "whether it is gone"),
        Column("evidence", Kind.NESTED, "what was read"),
    ),
    datetime(2011, 12, 31, 23, 59, 59, tzinfo=UTC),
    {"as of": "20111231235959"},
)
FLAT = [column.name for column in HEAD.flat]
PAYLOADS = ["=1+1", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
ALL = sorted(form for form in TABLE_FORMATS if form != "jsonld")


def row(unit: str | None, *phone: str, **others: object) -> dict[str, object]:
    known = {"offset": 7, "confidence": 0.98, "gone": False, "evidence": [{"raw": unit}]}
    return {"unit": unit, "phone": list(phone), **known, **others}


def written(form: str, rows: Iterable[Row], head: TableHead = HEAD) -> tuple[bytes, Written]:
    out = io.BytesIO()
    said = table_writer(form, "contacts")(out, head, rows)
    return out.getvalue(), said


def from_csv(data: bytes) -> list[dict[str, object]]:
    found = []
    for cells in csv.DictReader(io.StringIO(data.decode(), newline="")):
        raw = {name: unshielded(cell) for name, cell in cells.items()}
        found.append(typed(raw["unit"], parted(raw["phone"]), raw["offset"], raw["gone"]))
    return found


def from_xlsx(data: bytes) -> list[dict[str, object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["contacts"]
    names, *rows = sheet.iter_rows(values_only=True)
    assert list(names) == FLAT
    return [
        typed(unescape(str(cells[0] or "")), parted(unescape(str(cells[1] or ""))), *cells[2::2])
        for cells in rows
    ]


def from_parquet(data: bytes) -> list[dict[str, object]]:
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    return [
        typed(each["unit"], each["phone"], each["offset"], each["gone"])
        for each in table.to_pylist()
    ]


def from_sqlite(data: bytes) -> list[dict[str, object]]:
    with sqlite3.connect(":memory:") as database:
        database.deserialize(data)
        rows = database.execute("SELECT unit, phone, offset, gone FROM contacts").fetchall()
    database.close()
    return [typed(unit, json.loads(phone), *rest) for unit, phone, *rest in rows]


def from_json(data: bytes) -> list[dict[str, object]]:
    return [typed(e["unit"], e["phone"], e["offset"], e["gone"]) for e in json.loads(data)]


def from_jsonl(data: bytes) -> list[dict[str, object]]:
    lines = data.decode().removesuffix("\n").split("\n")
    return from_json(f"[{','.join(lines)}]".encode())


def typed(unit: object, phone: object, offset: object, gone: object) -> dict[str, object]:
    # Only None and nothing are one in the flattest formats.
    said = str(gone).lower() in {"true", "1"}
    return {"unit": unit or "", "phone": phone, "offset": int(str(offset)), "gone": said}


READERS = {
    "csv": from_csv,
    "json": from_json,
    "jsonl": from_jsonl,
    "parquet": from_parquet,
    "sqlite": from_sqlite,
    "xlsx": from_xlsx,
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS.filter(bool)), st.integers(-99, 1 << 52))))
@pytest.mark.parametrize("form", ALL)
def test_rows_come_back_as_they_were(form: str, given: list[tuple[str, list[str], int]]) -> None:
    rows = [row(unit, *phones, offset=offset) for unit, phones, offset in given]
    data, said = written(form, rows)
    assert READERS[form](data) == [
        typed(each["unit"], each["phone"], each["offset"], each["gone"]) for each in rows
    ]
    assert said == Written(len(rows))


@pytest.mark.parametrize("form", ALL)
def test_the_same_rows_are_the_same_bytes(form: str) -> None:
    rows = [row(f"Unit {number}", "+442079460310") for number in range(100)]
    assert written(form, rows)[0] == written(form, rows)[0]


@pytest.mark.parametrize("form", ALL)
def test_no_rows_are_a_table_with_its_head(form: str) -> None:
    data, said = written(form, [])
    assert READERS[form](data) == [] if form != "jsonl" else data == b""
    assert said.rows == 0


@pytest.mark.parametrize("form", ALL)
def test_half_a_surrogate_pair_is_replaced_and_counted(form: str) -> None:
    data, said = written(form, [row("Crime \ud83d unit", "a\udc00", evidence=[])])
    [found] = READERS[form](data)
    assert (found["unit"], found["phone"]) == ("Crime \ufffd unit", ["a\ufffd"])
    assert said == Written(1, replaced=2)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_formula_in_csv_has_an_apostrophe_before_it(payload: str) -> None:
    data, _ = written("csv", [row(payload, payload, "+442079460310")])
    [cells] = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    assert cells[0] == "'" + payload
    assert cells[1].startswith("'")
    assert READERS["csv"](data)[0]["phone"] == [payload, "+442079460310"]


@pytest.mark.parametrize("numbers", [["+442079460310"], ["+442079460310;ext=12", "+441914980112"]])
def test_telephone_numbers_in_csv_stay_readable(numbers: list[str]) -> None:
    data, _ = written("csv", [row("Desk", *numbers)])
    [cells] = list(csv.reader(io.StringIO(data.decode())))[1:]
    assert cells[1] == "; ".join(numbers)


@given(st.text())
def test_an_apostrophe_is_undone(text: str) -> None:
    assert unshielded(shielded(text)) == text
    assert not shielded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.lists(st.text(st.sampled_from("a; \\")).filter(bool)))
def test_several_values_of_a_cell_can_be_told_apart(values: list[str]) -> None:
    assert parted(joined(values)) == values


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_workbook_holds_no_formula(payload: str) -> None:
    data, _ = written("xlsx", [row(payload, payload)])
    book = openpyxl.load_workbook(io.BytesIO(data))
    for cells in book["contacts"].iter_rows(min_row=2):
        assert {cell.data_type for cell in cells[:2]} == {"s"}
        # Else a formula it would be as soon as somebody edits the cell.
        assert all(cell.quotePrefix for cell in cells[:2])


def test_a_workbook_explains_its_columns_and_keeps_its_head_in_sight() -> None:
    data, _ = written("xlsx", [row("Desk")])
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["contacts", "about"]
    assert book["contacts"].freeze_panes == "A2"
    told = {cells[0]: cells[2] for cells in book["about"].iter_rows(values_only=True)}
    assert told["phone"] == "its numbers"
    assert told["as of"] == "20111231235959"
    assert book.properties.created == datetime(2011, 12, 31, 23, 59, 59)  # noqa: DTZ001


def test_columns_of_a_workbook_are_as_wide_as_what_they_hold() -> None:
    data, _ = written("xlsx", [row("Anti-social Behaviour Team"), row("x" * 300, "+442079460310")])
    sheet = openpyxl.load_workbook(io.BytesIO(data))["contacts"]
    unit, phone, offset = (sheet.column_dimensions[name].width for name in "ABC")
    assert 26 < phone + 13 < unit < 60
    assert offset < phone  # as wide as its name


def test_rows_beyond_the_limit_of_a_sheet_go_on_in_another() -> None:
    out = io.BytesIO()
    said = write_xlsx(out, HEAD, (row(f"Unit {n}") for n in range(25)), most_rows=11)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["contacts", "about", "contacts 2", "contacts 3"]
    units = [
        cells[0]
        for name in ("contacts", "contacts 2", "contacts 3")
        for cells in book[name].iter_rows(min_row=2, values_only=True)
    ]
    assert units == [f"Unit {n}" for n in range(25)]
    assert said == Written(25)


@pytest.mark.parametrize("text", ["x" * 32_768, "\U0001f4de" * 16_384, "=1+1;" * 30_000])
def test_a_text_longer_than_a_cell_goes_on_in_a_sheet_of_its_own(text: str) -> None:
    data, said = written("xlsx", [row("Desk"), row(text)])
    book = openpyxl.load_workbook(io.BytesIO(data))
    cell = str(book["contacts"]["A3"].value)
    assert cell.endswith(f"[goes on: sheet {LONG_VALUES}, number 1]")
    parts = list(book[LONG_VALUES].iter_rows(min_row=2, values_only=True))
    assert "".join(str(part[5]) for part in parts) == text
    assert {part[:4] for part in parts} == {(1, "contacts", 3, "unit")}
    assert said == Written(2, continued=1)


@pytest.mark.parametrize("text", ["x" * 32_767, "\U0001f4de" * 16_383])
def test_a_text_as_long_as_a_cell_stays_in_it(text: str) -> None:
    data, said = written("xlsx", [row(text)])
    assert READERS["xlsx"](data)[0]["unit"] == text
    assert said == Written(1)


def test_control_characters_in_a_workbook_are_escaped_as_its_format_says() -> None:
    data, said = written("xlsx", [row("a\x0bb_x0041_\uffff")])
    assert READERS["xlsx"](data)[0]["unit"] == "a\x0bb_x0041_\ufffd"
    assert said == Written(1, replaced=1)


def test_csv_begins_with_a_byte_order_mark_when_asked() -> None:
    plain, marked = io.BytesIO(), io.BytesIO()
    table_writer("csv", "contacts")(plain, HEAD, [row("Öffentlich")])
    table_writer("csv", "contacts", bom=True)(marked, HEAD, [row("Öffentlich")])
    assert marked.getvalue() == b"\xef\xbb\xbf" + plain.getvalue()
    with pytest.raises(InputError, match="for CSV"):
        table_writer("json", "contacts", bom=True)


def test_parquet_and_sqlite_say_what_their_columns_mean() -> None:
    schema = pyarrow.parquet.read_schema(io.BytesIO(written("parquet", [row("Desk")])[0]))
    assert schema.field("phone").metadata == {b"about": b"its numbers"}
    with sqlite3.connect(":memory:") as database:
        database.deserialize(written("sqlite", [row("Desk")])[0])
        told = database.execute("SELECT * FROM columns").fetchall()
        assert ("phone", "list of texts", "its numbers") in told
        manifest = dict(database.execute("SELECT * FROM manifest"))
    database.close()
    assert manifest["rows"] == "1"
    assert manifest["as of"] == "20111231235959"


def test_without_pyarrow_the_message_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import io\n"
        "from datetime import datetime, UTC\n"
        "from extract.export.columns import TableHead\n"
        "from extract.export.formats import table_writer\n"
        "head = TableHead('a', 'b', (), datetime.now(UTC))\n"
        "table_writer('parquet', 'a')(io.BytesIO(), head, [])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert "pip install 'marsham[parquet]'" in done.stderr


def test_no_format_gathers_all_rows() -> None:
    for form in ("csv", "json", "jsonl", "xlsx", "sqlite"):
        alive = Alive()
        written(form, alive.rows(3000))
        assert alive.most < 50, form


class Alive:
    """Counts how many of its rows are held by somebody."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def rows(self, number: int) -> Iterable[Row]:
        for each in range(number):
            yield Held(self, row(f"Unit {each}"))


class Held(dict[str, object]):
    def __init__(self, alive: Alive, of: Row) -> None:
        super().__init__(of)
        self.alive = alive
        alive.now += 1
        alive.most = max(alive.most, alive.now)

    def __del__(self) -> None:
        self.alive.now -= 1
