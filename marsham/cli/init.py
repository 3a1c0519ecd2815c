"""``marsham init``: make a new archive."""

import click

from marsham.cli.support import Context
from snapshots.archive import SETTINGS, Archive
from snapshots.settings import Settings

__all__ = ["init"]


@click.command(
    epilog='Example: marsham --archive home-office init --institution "The Example Archive"'
)
@click.option("--name", default=Settings().name, show_default=True, help="What to call it.")
@click.option(
    "--institution",
    default=Settings().institution,
    show_default=True,
    help="Who keeps it, as the banner over every snapshot says.",
)
@click.option("--contact", default="", help="E-mail or web address for readers and web masters.")
@click.option("--database", default="", help="Database URL of the catalogue; SQLite without it.")
@click.pass_obj
def init(context: Context, name: str, institution: str, contact: str, database: str) -> None:
    """Make a new archive, with settings and a catalogue."""
    settings = Settings(name, institution, contact, database=database)
    Archive.create(context.path, settings).close()
    click.echo(f"made an archive in {context.path}; its settings are in {context.path / SETTINGS}")
