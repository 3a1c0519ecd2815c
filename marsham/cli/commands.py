"""Every command by its name, each loaded when it is asked for."""

from importlib import import_module
from pathlib import Path

import click

from marsham.cli.support import Context

__all__ = ["marsham"]

_COMMANDS = {  # the function in a module of this package
    "capture": "capture",
    "compare": "compare",
    "erase": "erase",
    "export": "export",
    "extract": "extract",
    "history": "history",
    "ingest": "ingest",
    "init": "init",
    "list": "listing.list_",
    "package": "package",
    "read": "read",
    "rebuild": "rebuild",
    "redirects": "redirects",
    "review": "review",
    "search": "search",
    "serve": "serve",
    "show": "show",
    "snapshots": "snapshots",
    "timeline": "timeline",
    "verify": "verify",
    "withdraw": "withdraw",
}


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(".")
        found = getattr(import_module(f"marsham.cli.{module}"), name or module)
        assert isinstance(found, click.Command)  # noqa: S101 - the table above says so
        return found


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: marsham --archive home-office ingest saved-pages/",
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    default="archive",
    envvar="MARSHAM_ARCHIVE",
    show_envvar=True,
    show_default=True,
    help="The archive folder.",
)
@click.version_option(package_name="marsham", message="%(prog)s %(version)s")
@click.pass_context
def marsham(context: click.Context, archive: Path) -> None:
    """Keep dated snapshots of government web pages, show them, and turn them into data."""
    context.obj = Context(archive)
