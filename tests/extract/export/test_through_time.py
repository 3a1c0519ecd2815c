"""Tables through time, links, and the graph of links: held against the catalogue and the pages."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas
import pyarrow.parquet
import pytest
from lxml import etree

import marsham
from marsham.cli import run
from snapshots.withdrawals import Decision, Scope, withdraw
from tests.builders import response, warc
from tests.marsham.conftest import EXAMPLE

HOST = "http://www.homeoffice.example"
PAGE = f"{HOST}/locks/"
GEXF = "{http://gexf.net/1.3}"


def page(text: str, *links: str) -> bytes:
    told = "".join(f"<li><a href='{link}'>To {link}</a></li>" for link in links)
    return f"<title>Locks</title><main><h1>Locks</h1><p>{text}</p><ul>{told}</ul></main>".encode()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[marsham.Archive]:
    yield from filled(tmp_path, marsham.Settings())


def filled(folder: Path, settings: marsham.Settings) -> Iterator[marsham.Archive]:
    records = [
        response(body, url=url, date=f"{year}-05-29T00:00:00Z")
        for year, url, body in (
            (2009, PAGE, page("There are 310 wardens.", "/bolts/", "/bolts", "#top", "/lost/")),
            (2009, f"{HOST}/bolts/", page("Bolts hold.", "/locks/index.html")),
            (2009, f"{HOST}/secret/", page("A secret.", "/locks/")),
            (2010, PAGE, page("There are 310 wardens.", "/bolts/", "/bolts", "#top", "/lost/")),
            (2011, PAGE, page("There are 316 wardens.", "/bolts/")),
            (2011, f"{HOST}/secret/", page("Another secret.", "/locks/")),
        )
    ]
    folder.mkdir(exist_ok=True)
    (folder / "in.warc.gz").write_bytes(warc(*records))
    with marsham.create_archive(folder / "archive", settings) as made:
        marsham.ingest(made, [folder / "in.warc.gz"])
        marsham.extract(made)
        scope = Scope("page", f"{HOST}/secret/")
        withdraw(made, scope, Decision("private", "the panel"), lambda *_: ())
        yield made


def test_captures_are_all_those_in_view_up_to_the_date(archive: marsham.Archive) -> None:
    rows = list(marsham.table(archive, "captures"))
    told = [(row["url"], str(row["captured"])[:4], row["title"]) for row in rows]
    assert told == [
        (f"{HOST}/bolts/", "2009", "Locks"),
        (PAGE, "2009", "Locks"),
        (PAGE, "2010", "Locks"),
        (PAGE, "2011", "Locks"),
    ]
    assert len(list(marsham.table(archive, "captures", as_of="2010"))) == 3
    only = marsham.Filters(prefixes=(PAGE,))
    assert len(list(marsham.table(archive, "captures", filters=only))) == 3


def test_texts_are_told_once_with_all_captures_that_say_them(archive: marsham.Archive) -> None:
    rows = {str(row["content"]).split("\n")[1]: row for row in marsham.table(archive, "texts")}
    assert set(rows) == {"There are 310 wardens.", "There are 316 wardens.", "Bolts hold."}
    often = rows["There are 310 wardens."]
    assert often["captures"] == 2
    assert (often["first_captured"], often["last_captured"]) == ("20090529000000", "20100529000000")
    held = {row["text"] for row in marsham.table(archive, "captures")}
    assert held == {row["text"] for row in rows.values()}


def test_blocks_are_told_once_for_all_captures_that_have_them(archive: marsham.Archive) -> None:
    rows = list(marsham.table(archive, "blocks"))
    pages = {row["captured"]: row["blocks"] for row in marsham.table(archive, "captures")
             if row["url"] == PAGE}  # fmt: skip
    assert pages["20090529000000"] == pages["20100529000000"] != pages["20110529000000"]
    told = {str(row["blocks"]): [] for row in rows}
    for row in rows:
        told[str(row["blocks"])].append((row["number"], row["kind"], row["content"], row["links"]))
    assert len(told) == 3  # and none of what is withdrawn
    assert told[pages["20110529000000"]] == [
        (1, "heading", "Locks", []),
        (2, "paragraph", "There are 316 wardens.", []),
        (3, "item", "To /bolts/", ["/bolts/"]),
    ]
    hashes = {row["hash"] for row in rows if row["content"] == "Locks"}
    assert len(hashes) == 1  # of the same block on every page
    assert len(hashes.pop()) == 16
    assert len({row["blocks"] for row in marsham.table(archive, "blocks", as_of="2010")}) == 2


def test_a_row_of_a_table_is_a_block_with_its_cells(tmp_path: Path) -> None:
    body = b"<table><tr><th>Lock</th><th>Keys</th></tr><tr><td>Tarn</td><td>12</td></tr></table>"
    (tmp_path / "in.warc.gz").write_bytes(warc(response(body, url=PAGE)))
    with marsham.create_archive(tmp_path / "archive") as made:
        marsham.ingest(made, [tmp_path / "in.warc.gz"])
        marsham.extract(made)
        rows = [
            (row["kind"], row["content"], row["cells"]) for row in marsham.table(made, "blocks")
        ]
    assert rows == [("row", "Lock Keys", ["Lock", "Keys"]), ("row", "Tarn 12", ["Tarn", "12"])]


def test_another_database_gives_the_same_tables(
    archive: marsham.Archive, tmp_path: Path, postgres_database: str
) -> None:
    for other in filled(tmp_path / "other", marsham.Settings(database=postgres_database)):
        for what in ("captures", "texts", "blocks", "links", "changes"):
            tables = [
                [{name: value for name, value in row.items() if name != "file"} for row in table]
                for table in (marsham.table(archive, what), marsham.table(other, what))
            ]
            assert tables[0]
            assert tables[0] == tables[1]


def test_changes_are_told_between_one_capture_of_a_page_and_the_next(
    archive: marsham.Archive,
) -> None:
    rows = list(marsham.table(archive, "changes"))
    assert {(row["url"], row["old_captured"], row["new_captured"]) for row in rows} == {
        (PAGE, "20100529000000", "20110529000000")
    }
    told = [(row["change"], row["old"], row["new"]) for row in rows]
    assert ("changed", "There are 310 wardens.", "There are 316 wardens.") in told
    assert ("number", "310", "316") in told
    assert ("link removed", f"{HOST}/lost/", None) in told
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))


def test_links_are_those_of_the_pages_that_stood(archive: marsham.Archive) -> None:
    rows = [(row["url"], row["target"]) for row in marsham.table(archive, "links", as_of="2010")]
    assert rows == [
        (f"{HOST}/bolts/", f"{HOST}/locks/index.html"),
        (PAGE, f"{HOST}/bolts/"),
        (PAGE, f"{HOST}/bolts"),
        (PAGE, f"{HOST}/lost/"),
    ]
    assert len(list(marsham.table(archive, "links"))) == 2


def test_edges_fold_spellings_and_weigh_links_by_year(archive: marsham.Archive) -> None:
    rows = [tuple(row.values()) for row in marsham.table(archive, "graph")]
    assert rows == [
        (2009, f"{HOST}/bolts/", PAGE, 1, True),
        (2009, PAGE, f"{HOST}/bolts/", 2, True),
        (2009, PAGE, f"{HOST}/lost/", 1, False),
        (2010, f"{HOST}/bolts/", PAGE, 1, True),
        (2010, PAGE, f"{HOST}/bolts/", 2, True),
        (2010, PAGE, f"{HOST}/lost/", 1, False),
        (2011, f"{HOST}/bolts/", PAGE, 1, True),
        (2011, PAGE, f"{HOST}/bolts/", 1, True),
    ]


def test_a_graph_is_written_as_one_gexf_file_a_year(
    archive: marsham.Archive, tmp_path: Path
) -> None:
    command = ["--archive", str(archive.path), "export", "graph", "--format", "gexf", "--out"]
    for name in ("first", "second"):
        assert run([*command, str(tmp_path / name)]) == 0
    names = ["links-2009.gexf", "links-2010.gexf", "links-2011.gexf"]
    assert sorted(path.name for path in (tmp_path / "first").iterdir()) == names
    for name in names:
        data = (tmp_path / "first" / name).read_bytes()
        assert data == (tmp_path / "second" / name).read_bytes()
        assert b"secret" not in data
    root = etree.parse(tmp_path / "first/links-2009.gexf").getroot()
    assert (root.tag, root.get("version")) == (f"{GEXF}gexf", "1.3")
    labels = {node.get("id"): node.get("label") for node in root.iter(f"{GEXF}node")}
    assert set(labels.values()) == {PAGE, f"{HOST}/bolts/", f"{HOST}/lost/"}
    edges = {
        (labels[edge.get("source")], labels[edge.get("target")]): edge.get("weight")
        for edge in root.iter(f"{GEXF}edge")
    }
    assert edges[PAGE, f"{HOST}/bolts/"] == "2.0"
    assert len(edges) == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("pages", "--format", "gexf", "--out", "x"), "gexf is a format of graphs"),
        (("graph", "--format", "gexf"), "name a folder"),
    ],
)
def test_gexf_is_for_graphs_in_a_folder(
    given: tuple[str, ...], said: str, archive: marsham.Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--archive", str(archive.path), "export", *given]) == 2
    assert said in capsys.readouterr().err


def test_tables_are_given_as_arrow_pandas_and_parquet_alike(
    archive: marsham.Archive, tmp_path: Path
) -> None:
    for what in ("captures", "texts", "blocks", "links", "changes", "graph"):
        table = marsham.table(archive, what)
        arrow = table.to_arrow()
        assert arrow.to_pylist() == list(table)
        assert arrow.column_names == list(table.columns)
        marsham.export(archive, what, tmp_path / f"{what}.parquet", form="parquet")
        assert pyarrow.parquet.read_table(tmp_path / f"{what}.parquet").equals(arrow)
        frame = table.to_pandas()
        assert len(frame) == arrow.num_rows
        assert pandas.api.types.is_integer_dtype(frame.dtypes.iloc[0]) == (
            what in ("graph", "links")
        )
        batches = sum(batch.num_rows for batch in table.to_batches())
        assert batches == arrow.num_rows


def test_a_missing_package_is_named_with_what_to_install(
    archive: marsham.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = marsham.table(archive, "links")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(marsham.MarshamError, match=r"marsham\[pandas\]"):
        table.to_pandas()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(marsham.MarshamError, match=r"marsham\[parquet\]"):
        table.to_arrow()


def test_the_example_has_a_graph_for_each_of_its_years(tmp_path: Path) -> None:
    with marsham.create_archive(tmp_path / "archive") as made:
        marsham.ingest(made, [EXAMPLE / year for year in ("2009", "2011", "2013")])
        marsham.extract(made)
        rows = list(marsham.table(made, "graph"))
    assert {row["year"] for row in rows} == {2009, 2011, 2013}
