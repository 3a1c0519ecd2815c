"""The notebooks of the examples: run from top to bottom, and drawn from what the archive says."""

import base64
import io
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

import marsham

EXAMPLES = Path(__file__).parent.parent / "examples"
NOTEBOOKS = EXAMPLES / "notebooks"
NAMES = ("archivist", "migration", "researcher")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the example, extracted; notebooks only read it."""
    path = tmp_path_factory.mktemp("notebooks") / "archive"
    with marsham.create_archive(path) as made:
        marsham.ingest(made, sorted((EXAMPLES / "home-office").glob("20*")))
        marsham.extract(made)
    return path


def run_through(name: str, archive: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Run a notebook in a kernel of its own; give what its cells show."""
    monkeypatch.setenv("MARSHAM_ARCHIVE", str(archive))
    monkeypatch.setenv("PYTHONWARNINGS", "error::FutureWarning,error::DeprecationWarning:__main__")
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=120, kernel_name="python3").execute(cwd=str(NOTEBOOKS))
    return [output for cell in book.cells for output in cell.get("outputs", [])]


def pictures(shown: list[dict[str, Any]]) -> list[Image.Image]:
    found = [one["data"]["image/png"] for one in shown if "image/png" in one.get("data", {})]
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in found]


def said(shown: list[dict[str, Any]]) -> str:
    """The tables as text, runs of blanks as one."""
    texts = [one["data"]["text/plain"] for one in shown if "text/plain" in one.get("data", {})]
    return "\n".join(" ".join(line.split()) for text in texts for line in text.splitlines())


def test_there_is_a_notebook_for_each_reader() -> None:
    assert sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_without_what_its_cells_show(name: str) -> None:
    book = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_the_archivist_sees_captures_per_month(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run_through("archivist", archive, monkeypatch)
    assert [one for one in shown if one.output_type == "stream"] == []
    with marsham.open_archive(archive) as opened:
        stamps = [str(row["captured"]) for row in marsham.table(opened, "captures")]
    for month, pages in (("2009-04", 16), ("2011-05", 16), ("2013-03", 16)):
        others = sum(stamp.startswith(month.replace("-", "")) for stamp in stamps) - pages
        assert f"{month} {others} {pages}" in said(shown)
    assert_drawn(pictures(shown), 2)


def test_the_migration_team_sees_whose_details_changed(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run_through("migration", archive, monkeypatch)
    assert [one for one in shown if one.output_type == "stream"] == []
    told = said(shown)
    for number in ("+441134960188", "+442920180390", "saferwalsall@walsall.example"):
        assert number in told  # what the example says changed by 2013
    assert "441914980177" not in told  # by 2011, and not since
    assert_drawn(pictures(shown), 1)


def test_the_researcher_sees_partnerships_by_region(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run_through("researcher", archive, monkeypatch)
    assert [one for one in shown if one.output_type == "stream"] == []
    told = said(shown)
    # North East, Wales, West Midlands, Yorkshire and The Humber; as the example's README counts.
    for counted in ("2009 12 22 25 15", "2011 12 22 25 14", "2013 12 22 24 15"):
        assert counted in told
    assert "2011 15 14 http://www.homeoffice.example/" in told  # the one claim that is wrong
    assert "[Lichfield" in told
    assert_drawn(pictures(shown), 1)


def assert_drawn(found: list[Image.Image], number: int) -> None:
    """Each is a picture with more than its white ground and black lines on it."""
    assert len(found) == number
    for picture in found:
        colours = picture.convert("RGB").getcolors(1 << 20) or []
        assert picture.width > 300
        assert len({colour for _, colour in colours if len(set(colour)) > 1}) > 1
