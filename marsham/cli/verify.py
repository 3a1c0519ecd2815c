"""``marsham verify``: check that the archive is what it was."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from archiver.timestamps import Span
from marsham.cli.support import DATE, Context, as_json_line, counted, say
from snapshots.archive import Archive
from snapshots.verify.findings import Finding, Level
from snapshots.verify.fixity import Tick, Verdict
from snapshots.verify.fixity import verify as check

__all__ = ["verify"]

_JUDGEMENTS = ("sound", "sound, with warnings", "DAMAGED")


@click.command(epilog="Example: marsham verify --level files --since 2026-01")
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.RECORDS.value,
    show_default=True,
    help="How deep to go; each level does what those before it do as well.",
)
@click.option(
    "--since", type=DATE, help="Leave out files found sound, at this level, on this DATE or later."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Compare every file with a copy of the archive folder, both ways.",
)
@click.option("--json", "as_json", is_flag=True, help="Print findings and summary as JSON lines.")
@click.pass_obj
def verify(
    context: Context, level: str, since: Span | None, against: Path | None, as_json: bool
) -> int:
    """Check that the archive is what it was.

    The levels: `quick` looks at sizes, manifests and unknown or missing files; `files` also at the
    SHA-256 of every file; `records` at every record, its digests and its entry in the index; `deep`
    makes the index anew beside it and compares row by row. Nothing is repaired or changed, and a
    writer may write meanwhile. Results are kept in the catalogue. Status 0 means sound, 1 warnings,
    2 damage. What each code means is told in docs/reference/findings.md.
    """

    def tell(finding: Finding) -> None:
        if as_json:
            click.echo(as_json_line(_as_json(finding)))
        else:
            for line in _lines(finding):
                say(line)

    with Archive.open(context.path, damaged=True) as archive, _progress() as tick:
        verdict = check(
            archive,
            Level(level),
            since=since.first if since else None,
            against=against,
            found=tell,
            tick=tick,
        )
    if as_json:
        click.echo(as_json_line(_summary(verdict)))
    else:
        say(_sentence(verdict))
        if verdict.not_kept:
            say(f"the result was not kept: {verdict.not_kept}", err=True)
    return verdict.status


@contextmanager
def _progress() -> Iterator[Tick]:
    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Checking", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _lines(finding: Finding) -> tuple[str, str]:
    where = finding.file + ("" if finding.offset is None else f" at byte {finding.offset}")
    about = f" ({finding.url})" if finding.url else ""
    said = f"{finding.severity.value:<7}  {finding.code}: {where}: {finding.message}{about}"
    return said, f"         {finding.advice}"


def _as_json(finding: Finding) -> dict[str, object]:
    said = {name: value for name, value in asdict(finding).items() if value is not None}
    return said | {"severity": finding.severity.value, "advice": finding.advice}


def _summary(verdict: Verdict) -> dict[str, object]:
    return {
        "level": verdict.level.value,
        "began": verdict.began,
        "status": verdict.status,
        "warnings": verdict.warnings,
        "damage": verdict.damage,
        "counts": dict(sorted(verdict.counts.items())),
        "codes": dict(sorted(verdict.codes.items())),
        "kept": not verdict.not_kept,
    }


def _sentence(verdict: Verdict) -> str:
    counts = sorted(verdict.counts.items())
    seen = ", ".join(counted(number, name.removesuffix("s"), name) for name, number in counts)
    judged = _JUDGEMENTS[verdict.status]
    found = f"{verdict.damage} damage, {counted(verdict.warnings, 'warning')}"
    return f"{judged} ({verdict.level.value}): {found}; looked at {seen or 'nothing'}"
