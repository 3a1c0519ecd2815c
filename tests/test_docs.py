"""The README and the guides are true: their blocks are run, and what they print is compared."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from extract import tables
from marsham.cli.commands import marsham
from marsham.reference import command_reference, database_reference, findings_reference
from marsham.schema import schema_sql

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/guides").glob("*.md")),
]
_CONTEXT = click.Context(marsham)
COMMANDS = {
    name: command
    for name in marsham.list_commands(_CONTEXT)
    if (command := marsham.get_command(_CONTEXT, name))
}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MARSHAM_ARCHIVE"}
_SERVED = re.compile(r"http://127\.0\.0\.1:\d+/")


def blocks(page: Path) -> list[tuple[str, str]]:
    return _BLOCK.findall(page.read_text("utf-8"))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder like a fresh clone whose installation has been made."""
    for name in ("Makefile", "pyproject.toml", "requirements", "examples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    installed = tmp_path / ".venv"
    installed.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (installed / part).symlink_to(Path(sys.prefix) / part)
    (installed / "installed").touch()
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_docs_prints_what_they_show(page: Path, clone: Path) -> None:
    shown = [text for language, text in blocks(page) if language == "console"]
    with Session(clone) as session:
        for text in shown:
            for command, expected in steps(text):
                assert_alike(session.run(command), expected, command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_in_the_docs_runs(page: Path, clone: Path) -> None:
    for language, text in blocks(page):
        if language == "python":
            done = subprocess.run(
                [sys.executable, "-W", "error", "-c", text],
                cwd=clone,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_in_the_docs_is_of_a_kind_that_is_checked(page: Path) -> None:
    for language, text in blocks(page):
        assert language in {"console", "python", "toml", "csv", "text"}, text
        if language == "toml":
            tomllib.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("docs/reference/commands.md", command_reference),
        ("docs/reference/database.md", database_reference),
        ("docs/reference/findings.md", findings_reference),
        ("schema.sql", schema_sql),
    ],
)
def test_generated_pages_are_up_to_date(page: str, made: Callable[[], str]) -> None:
    assert (ROOT / page).read_text("utf-8") == made(), "run: make docs schema"


def test_every_column_of_every_table_is_explained() -> None:
    columns = [column for table in tables.metadata.sorted_tables for column in table.columns]
    assert [str(column) for column in columns if not column.comment] == []


def test_every_command_is_shown_in_the_readme_or_a_guide() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    missing = [name for name in COMMANDS if f"marsham {name}" not in text]
    assert not missing


def test_every_command_has_help_with_an_example() -> None:
    for name, command in COMMANDS.items():
        assert command.help, name
        assert command.epilog, name
        assert "Example: marsham" in command.epilog, name
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, (name, parameter.name)


def test_the_list_of_commands_fits_a_terminal_of_80_columns() -> None:
    names = marsham.context_settings["help_option_names"]
    with click.Context(marsham, terminal_width=80, help_option_names=names) as context:
        listed = marsham.get_help(context)
    assert [line for line in listed.splitlines()[1:] if line.endswith("...")] == []
    assert all(name in listed for name in COMMANDS)


class Session:
    """One shell through a page, so that what a block exports holds in the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[subprocess.Popen[str]] = []
        self.exports: list[str] = []

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.terminate()
            server.communicate()

    def run(self, command: str) -> str:
        if command.startswith("export "):
            self.exports.append(command)
            return ""
        script = "\n".join([*self.exports, command])
        if re.search(r"\bserve\b|\bhttp\.server\b", command):
            return self._serve("\n".join([*self.exports, f"exec {command}"]))
        # As typed by a person: not by a make that runs these tests.
        typed = {name: value for name, value in os.environ.items() if name not in _MAKE}
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode in (0, 1), f"{command}: {done.stdout}"
        return done.stdout

    def _serve(self, script: str) -> str:
        server = subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.servers.append(server)
        assert server.stdout
        said = server.stdout.readline()
        address = _SERVED.search(said)
        assert address, said
        with urllib.request.urlopen(address[0], timeout=20) as answer:  # noqa: S310
            assert answer.status == 200
        return said


def steps(text: str) -> list[tuple[str, str]]:
    """Part a console block into commands and what each prints."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            command, shown = found[-1]
            found[-1] = (command, f"{shown}{line}\n")
    return found


def assert_alike(printed: str, shown: str, command: str) -> None:
    """Compare line by line; ``...`` stands for any run of lines, or of characters in one."""
    wanted = [re.escape(line).replace(r"\.\.\.", ".*") for line in shown.splitlines()]
    if wanted == [".*"]:
        return
    pattern = "\n".join(wanted).replace("\n.*\n", "\n(?:.*\n)*?")
    pattern = re.sub(r"^\.\*\n", "(?:.*\n)*?", pattern)
    pattern = re.sub(r"\n\.\*$", "(?:\n.*)*", pattern)
    assert re.fullmatch(pattern, printed.rstrip("\n")), (
        f"{shlex.quote(command)} printed:\n{printed}\nthe page shows:\n{shown}"
    )
