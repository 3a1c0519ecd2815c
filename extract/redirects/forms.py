"""The forms in which a checked map is written, and what each of them cannot hold."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archiver.errors import NotWritableError
from extract.redirects.checking import Checked, Outcome
from extract.redirects.cms import csv_files, drupal_files, govuk_files, wagtail_files
from extract.redirects.mapping import Fate, asked_as
from extract.redirects.servers import apache_files, iis_files, netlify_files, nginx_files

__all__ = ["FORMS", "Form", "Written", "write_map"]

_Files = Callable[[Sequence[Outcome]], Iterator[tuple[str, Iterator[str]]]]


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a map.

    Attributes:
        about: who reads it.
        files: gives the files, each by its name with its text in pieces.
        longest_path: characters of an old address behind its host; None for any number.
        longest_target: characters of a target.
        longest_row: bytes of an address and its target together.
        queries: whether addresses with a query can be told from those without.
        gone: whether it can say that an address is gone.
        undecided: whether addresses that nobody has decided on are written too.
        capitals: whether addresses that differ in capital letters alone are told apart.
        patterns: signs that mean something else in its paths.
    """

    about: str
    files: _Files
    longest_path: int | None = None
    longest_target: int | None = None
    longest_row: int | None = None
    queries: bool = True
    gone: bool = True
    undecided: bool = False
    capitals: bool = True
    patterns: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        files: in the order they were written.
        rows: how many addresses they hold.
        left_out: those they cannot hold, each with the reason.
    """

    files: tuple[Path, ...]
    rows: int
    left_out: tuple[tuple[Outcome, str], ...]


FORMS = {
    "apache": Form(
        "Apache: rules for a virtual host, and the map they look up",
        apache_files,
        longest_row=1000,  # mod_rewrite reads 1,024 bytes of a line, and passes over the rest
    ),
    "csv": Form("a table for other tools", csv_files),
    "drupal": Form(
        "Drupal's module Redirect",
        drupal_files,
        longest_path=2048,
        longest_target=2048,
        gone=False,
        capitals=False,
    ),
    "govuk": Form(
        "GOV.UK's transition tool",
        govuk_files,
        longest_path=2048,
        longest_target=2048,
        undecided=True,
    ),
    "iis": Form("IIS with URL Rewrite", iis_files, capitals=False),
    "netlify": Form(
        "Netlify and hosts like it", netlify_files, queries=False, gone=False, patterns="*:"
    ),
    "nginx": Form("nginx: one file for http, one for server", nginx_files),
    "wagtail": Form(
        "Wagtail's redirects", wagtail_files, longest_path=255, longest_target=255, gone=False
    ),
}


def write_map(checked: Checked, form: Form, folder: Path) -> Written:
    """Write a map into a folder, which is made where it is missing.

    The same map gives the same bytes. What a form cannot hold is left out, and told.

    Raises:
        NotWritableError: when a file cannot be written.
    """
    outcomes = list(checked.outcomes)
    if form.undecided:
        outcomes += [
            Outcome(*asked_as(row.old_url), Fate.UNRESOLVED, "", row.old_url)
            for row in checked.unresolved
        ]
    fitting: list[Outcome] = []
    left_out: list[tuple[Outcome, str]] = []
    known: set[str] = set()
    for one in outcomes:
        why = _misfit(one, form)
        small = (one.host + one.path).lower()
        if not why and not form.capitals and small in known:
            why = "differs from another address in capital letters alone"
        if why:
            left_out.append((one, why))
        else:
            known.add(small)
            fitting.append(one)
    written: list[Path] = []
    for name, pieces in form.files(fitting):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except OSError as error:
            raise NotWritableError(str(path), error.strerror or str(error)) from error
        written.append(path)
    return Written(tuple(written), len(fitting), tuple(left_out))


def _misfit(one: Outcome, form: Form) -> str:
    if one.fate is Fate.GONE and not form.gone:
        return "is gone, which cannot be said there"
    if "?" in one.path and not form.queries:
        return "has a query, which is not told apart there"
    if form.longest_path is not None and len(one.path) > form.longest_path:
        return f"is longer than {form.longest_path} characters"
    if form.longest_target is not None and len(one.target) > form.longest_target:
        return f"leads to an address longer than {form.longest_target} characters"
    if form.longest_row is not None:
        size = len(f"{one.host}{one.path}{one.target}".encode())
        if size > form.longest_row:
            return f"is longer than {form.longest_row} bytes together with its target"
    if any(sign in one.path for sign in form.patterns):
        return f"has one of the signs {' '.join(form.patterns)}, which mean something else there"
    return ""
