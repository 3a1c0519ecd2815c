"""What is built for others to install runs where nothing else is installed."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples/home-office/2011"


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=600
    )
    assert done.returncode in (0, 1), f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy, so that nothing is written beside the sources
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "examples/")):
            place = source / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((ROOT / name).read_bytes())
    run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, source, cwd=folder
    )
    return next(folder.glob("*.whl"))


def test_a_wheel_holds_the_four_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packages = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert packages == {"archiver", "snapshots", "extract", "marsham"}
    for needed in (
        "archiver/py.typed",
        "archiver/unreplay/kinds/ukgwa-2011.toml",
        "extract/reference/csp_codes.csv",
        "marsham/web/languages/cy.toml",
        "marsham/web/templates/snapshot.html",
        "snapshots/replay/languages/cy.toml",
        "marsham/web/static/marsham.css",
    ):
        assert needed in names


def test_a_wheel_runs_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty/bin/python"
    marsham = tmp_path / "empty/bin/marsham"
    lock = ROOT / "requirements/run.lock"
    run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock, cwd=tmp_path)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=tmp_path)
    run(python, "-m", "pip", "check", cwd=tmp_path)
    assert run(marsham, "--version", cwd=tmp_path).startswith("marsham 0.")
    run(marsham, "init", cwd=tmp_path)
    assert "24 captures" in run(marsham, "ingest", EXAMPLE, cwd=tmp_path)
    assert "read" in run(marsham, "extract", cwd=tmp_path)
    exported = run(marsham, "export", "partnerships", cwd=tmp_path)
    assert "Sunderland Community Safety Partnership" in exported
