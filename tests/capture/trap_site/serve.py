"""Serve the trap site until interrupted: ``python -m tests.capture.trap_site.serve``."""

import threading

import click

from tests.capture.trap_site.limits import LIMITS
from tests.capture.trap_site.server import TrapSite

__all__ = ["main"]


@click.command()
@click.option("--day", type=click.IntRange(1, 2), default=1, help="Which day of the site it is.")
@click.option("--manifest", is_flag=True, help="List what there is and what must be captured.")
def main(day: int, manifest: bool) -> None:
    """Serve the trap site, each request on a line."""
    with TrapSite() as site:
        site.day = day
        if manifest:
            for each in site.manifest.resources.values():
                url, need = site.manifest.url(each), each.need[day - 1]
                click.echo(f"{need:8} {each.area:11} {url}  {each.why}")
            for family in site.manifest.families:
                click.echo(
                    f"{family.budget:8} {'family':11} {family.pattern.pattern}  {family.name}"
                )
            return
        for place, authority in site.at.items():
            click.echo(f"{place:8} http://{authority}/", err=True)
        click.echo(str(LIMITS), err=True)
        told, moment = 0, threading.Event()
        try:
            while not moment.wait(0.2):
                for entry in site.log[told:]:
                    told += 1
                    asked = entry.question
                    click.echo(f"{asked.place:8} {asked.method} {asked.target}")
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
