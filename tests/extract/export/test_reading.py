"""Exports are read back as they were written, for an export to be held against them."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.errors import FormatError
from extract.export.columns import Row
from extract.export.formats import table_writer
from extract.export.reading import READERS, read_rows
from extract.export.workbook import write_xlsx
from tests.extract.export.test_writers import HEAD, TEXTS, row

GIVEN = st.lists(
    st.tuples(
        TEXTS,
        st.lists(TEXTS.filter(bool)),
        st.integers(-(1 << 60), 1 << 60),
        st.none() | st.booleans(),
    )
)


def read_back(path: Path, form: str) -> list[dict[str, object]]:
    """The rows of a file; no value and an empty one are one, as flat formats cannot tell them."""
    return flat(read_rows(path, form, "contacts", HEAD.flat))


def flat(rows: Iterable[Row]) -> list[dict[str, object]]:
    names = [column.name for column in HEAD.flat]
    return [{name: None if r[name] in ("", []) else r[name] for name in names} for r in rows]


@settings(max_examples=30, deadline=None)
@given(GIVEN)
@pytest.mark.parametrize("form", sorted(READERS))
def test_rows_are_read_back_as_they_were(
    form: str,
    tmp_path_factory: pytest.TempPathFactory,
    given: list[tuple[str, list[str], int, bool | None]],
) -> None:
    rows = [row(unit, *phones, offset=at, gone=gone) for unit, phones, at, gone in given]
    path = tmp_path_factory.mktemp("read") / "contacts"
    with path.open("wb") as file:
        table_writer(form, "contacts")(file, HEAD, rows)
    assert read_back(path, form) == flat(rows)


def test_a_workbook_is_read_over_all_its_sheets_and_long_values(tmp_path: Path) -> None:
    units = [f"Unit {n}" for n in range(25)]
    units[0] = units[9] = units[10] = "long \U0001f4de " * 9_000  # a last row, and the first after
    units[20] = "x [goes on: sheet long values, number 1]"  # written by somebody else
    rows = [
        row(unit, *(["y" * 40_000, "z"] if n in (9, 24) else [])) for n, unit in enumerate(units)
    ]
    path = tmp_path / "contacts.xlsx"
    with path.open("wb") as file:
        write_xlsx(file, HEAD, rows, most_rows=11)
    assert read_back(path, "xlsx") == flat(rows)


def test_a_damaged_workbook_is_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    write_xlsx(out, HEAD, [row("Desk")])
    whole, path = out.getvalue(), tmp_path / "contacts.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(FormatError, match="not the export"):
        read_back(path, "xlsx")
    for data in (b"", whole[: len(whole) // 2], whole.replace(b"PK", b"KP")):
        path.write_bytes(data)
        with pytest.raises(FormatError, match="not the export"):
            read_back(path, "xlsx")
