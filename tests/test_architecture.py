"""The house stands on four floors: a package imports only from floors below it."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("archiver", "snapshots", "extract", "marsham")
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))

ALL = """
import importlib, json, pathlib, sys, threading
import requests  # binds a socket when it is imported, to see whether there is IPv6

def hook(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        opened.append(str(arguments[0]))
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "sqlite3.connect"):
        opened.append(event)

opened = []
sys.dont_write_bytecode = True
sys.addaudithook(hook)
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([opened, threading.active_count()]))
"""


def module_name(path: Path) -> str:
    """Give the dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Give the modules a file imports, and which names from each; anywhere in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} line {node.lineno}: imports are absolute here"
            yield node.module or "", [alias.name for alias in node.names]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_its_own_floor_and_those_below(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    below = FLOORS[: FLOORS.index(own) + 1]
    upward = [name for name, _ in imports(path) if name.split(".")[0] in set(FLOORS) - set(below)]
    assert upward == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_module_reaches_into_the_private_parts_of_another(path: Path) -> None:
    private = [
        (name, some)
        for name, names in imports(path)
        for some in [*name.split("."), *names]
        if name.split(".")[0] in FLOORS and some.startswith("_") and not some.startswith("__")
    ]
    assert private == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_names_a_module_gives_are_sorted_and_there(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    given = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    ]
    for names in given:
        assert list(names) == sorted(set(names), key=lambda name: (not name.isupper(), name))


def test_every_module_has_a_subject() -> None:
    # What is called utils has none.
    names = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & {"utils", "util", "helpers", "common", "misc", "core", "base"} == set()


def test_every_module_begins_by_saying_what_it_knows() -> None:
    silent = [
        module_name(path)
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


def test_importing_every_module_does_nothing() -> None:
    names = [module_name(path) for path in MODULES if path.name != "__main__.py"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALL, *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[[], 1]\n"
    assert done.stderr == ""


# Whoever reads the table of captures by himself must leave out what is withdrawn; these do it
# through `snapshots.visible`, or have a reason to see everything.
READS_CAPTURES = {
    "snapshots.index": "visible() in every query, unless asked for withdrawn captures too",
    "snapshots.visible": "is the filter",
    "snapshots.crawl.earlier": "only adds conditions to index.select_captures",
    "snapshots.erasure.completing": "deletes erased captures, and moves those behind them",
    "snapshots.erasure.quoting": "finds which pages lose all captures; shows no content",
    "snapshots.erasure.selection": "finds what is to be erased, withdrawn or not, for who erases",
    "snapshots.verify.deep": "compares every row, withdrawn or not; shows no content",
    "snapshots.membership": "only adds conditions to index.select_captures",
    "snapshots.query": "adds conditions to index.select_captures, and visible() where it counts",
    "snapshots.reach": "counts what is withdrawn",
    "snapshots.rebuild": "writes captures anew, and what is withdrawn with them",
    "snapshots.reports": "only adds conditions to index.select_captures",
    "snapshots.rows": "writes captures",
    "snapshots.addresses": "visible() in its query",
    "snapshots.timeline": "visible() in every query",
    "snapshots.verify.scratch": "checks every record, withdrawn or not; shows no content",
    "extract.corrections.reviewing": "only adds conditions to index.select_captures",
    "extract.notices": "only adds conditions to index.select_captures",
    "extract.search": "only adds conditions to index.select_captures, or through extract.asof",
    "extract.occurrences": "visible() in every query",
    "extract.asof": "visible() where the version of a date is chosen",
    "extract.compare.timelines": "only adds conditions to index.select_captures",
    "extract.entities.histories": "visible() where it is found whom a name means",
    "extract.export.graph": "visible() where the years are found",
    "extract.export.through_time": "visible() for texts and blocks; others begin with index's",
    "extract.evidence": "only adds conditions to index.select_captures",
    "extract.store": "only adds conditions to index.select_captures",
    "extract.recipes.matching": "gives extract.store a column; reads nothing",
    "extract.withdrawn": "finds what is to be withdrawn",
}


def test_captures_are_read_only_where_what_is_withdrawn_is_left_out() -> None:
    readers = {
        module_name(path)
        for path in MODULES
        for name, names in imports(path)
        if name == "snapshots.tables" and "capture" in names
    }
    assert readers <= READS_CAPTURES.keys()
    for name in ("snapshots.index", "snapshots.addresses", "snapshots.timeline", "extract.asof"):
        path = next(path for path in MODULES if module_name(path) == name)
        assert "visible(" in path.read_text("utf-8")
