"""Reference pages made from the code: the commands, the tables, the exports.

``python -m marsham.reference FOLDER`` writes them; `make lint` fails when they are out of date.
"""

import sys
from pathlib import Path

import click

from extract import tables as facts
from extract.export.sources import SOURCES
from marsham.cli.commands import marsham as command_line
from snapshots.verify.findings import CODES, Level

__all__ = ["command_reference", "database_reference", "findings_reference", "main"]


_WIDTH = 96  # characters of a line


def command_reference() -> str:
    """Write every command with its arguments, options and example, as ``--help`` prints them."""
    parts = [
        "# Commands",
        "Made from the code by `make docs`; do not edit.",
        "Status 0 means done, 1 done with findings, 2 could not be done. Results go to standard "
        "output, messages to standard error.",
        "A DATE is `2011`, `2011-05`, `2011-05-29`, `29/05/2011`, a timestamp of 4 to 14 digits, "
        "or ISO 8601. With `--at` and in web addresses it means its first second; with `--as-of` "
        "its last.",
    ]
    names = command_line.context_settings["help_option_names"]
    with click.Context(
        command_line, info_name="marsham", terminal_width=_WIDTH, help_option_names=names
    ) as context:
        parts.append(_help("marsham", command_line, context))
        for name in command_line.list_commands(context):
            command = command_line.get_command(context, name)
            assert command is not None  # noqa: S101 - it is on the list
            with click.Context(
                command, info_name=name, parent=context, terminal_width=_WIDTH
            ) as inner:
                parts.append(_help(f"marsham {name}", command, inner))
                for part in _parts_of(command, inner):
                    with click.Context(
                        part, info_name=part.name, parent=inner, terminal_width=_WIDTH
                    ) as innermost:
                        parts.append(_help(f"marsham {name} {part.name}", part, innermost))
    return "\n\n".join(parts) + "\n"


def database_reference() -> str:
    """Write every table with its columns, and the columns of every export."""
    parts = [
        "# Database and exports",
        "Made from the code by `make docs`; do not edit. `schema.sql` holds the same as SQL.",
        "## Tables",
    ]
    for table in facts.metadata.sorted_tables:
        rows = [
            f"| `{column.name}` | {column.type!s} | {column.comment or ''} |"
            for column in table.columns
        ]
        keys = ", ".join(f"`{column.name}`" for column in table.primary_key)
        parts.append(f"### {table.name}\n\n{table.comment} Key: {keys}.")
        parts.append("\n".join(["| Column | Type | Meaning |", "|---|---|---|", *rows]))
    parts.append("## Exports")
    for name, source in sorted(SOURCES.items()):
        parts.append(f"### {name}\n\nA row is {source.about}.")
        rows = [f"| `{one.name}` | {one.kind.value} | {one.about} |" for one in source.columns]
        parts.append("\n".join(["| Column | Kind | Meaning |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def findings_reference() -> str:
    """Write every code that `marsham verify` can find, by the level that finds it first."""
    parts = [
        "# Findings of a check",
        "Made from the code by `make docs`; do not edit.",
        "What `marsham verify` can find. A level finds what those before it find too. A warning "
        "means that nothing is lost and somebody should look; damage, that something is lost, or "
        "that two statements about it contradict each other. Restoring is left to people: nothing "
        "is ever repaired by a check.",
    ]
    for level in (*Level, None):
        head = f"## Level {level.value}" if level else "## Against a copy"
        rows = [
            f"| `{name}` | {code.severity.value} | {code.meaning} | {code.advice} |"
            for name, code in CODES.items()
            if code.level is level
        ]
        table = [
            "| Code | Severity | What was found | What to do next |",
            "|---|---|---|---|",
            *rows,
        ]
        parts.append(f"{head}\n\n" + "\n".join(table))
    return "\n\n".join(parts) + "\n"


def main(folder: Path) -> None:
    """Write the reference pages into a folder."""
    (folder / "findings.md").write_text(findings_reference(), "utf-8")
    (folder / "commands.md").write_text(command_reference(), "utf-8")
    (folder / "database.md").write_text(database_reference(), "utf-8")


def _parts_of(command: click.Command, context: click.Context) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return []
    found = (command.get_command(context, name) for name in command.list_commands(context))
    return [part for part in found if part is not None]


def _help(name: str, command: click.Command, context: click.Context) -> str:
    return f"## {name}\n\n```text\n{command.get_help(context)}\n```"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
