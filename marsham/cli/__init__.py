"""The command ``marsham``: one short module a command, and the manners they share.

Results go to standard output; progress and messages to standard error. Status 0 means done, 1 done
with findings, 2 could not be done. No traceback reaches a user.
"""

import logging
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import click

from archiver.errors import MarshamError
from marsham.cli.erase import erase
from marsham.cli.export import export
from marsham.cli.extract import extract
from marsham.cli.ingest import ingest
from marsham.cli.init import init
from marsham.cli.listing import list_
from marsham.cli.package import package
from marsham.cli.read import read
from marsham.cli.rebuild import rebuild
from marsham.cli.serve import serve
from marsham.cli.show import show
from marsham.cli.snapshots import snapshots
from marsham.cli.support import DONE, FAILED, Context, say
from marsham.cli.verify import verify
from marsham.cli.withdraw import withdraw

__all__ = ["main", "marsham", "run"]

_COMMANDS = (
    *(init, ingest, snapshots, list_, show, serve, extract, read, export),
    *(verify, rebuild, withdraw, erase, package),
)


@click.group(
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


for _command in _COMMANDS:
    marsham.add_command(_command)


def main() -> None:
    """Run the command line and leave the process with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # archived text may hold what a terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and give its status; whatever goes wrong is said in a sentence."""
    try:
        status = marsham.main(arguments, prog_name="marsham", standalone_mode=False)
    except MarshamError as error:
        return _complain(str(error))
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        return _complain("stopped; what was finished before is kept")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else "the output: "
        return _complain(f"cannot read or write {place}{error.strerror or error}")
    except SystemExit:
        # Click leaves this way when whoever read our output has seen enough (a closed pipe).
        return DONE
    except Exception as error:
        if os.environ.get("MARSHAM_DEBUG"):
            raise
        return _complain(
            f"an error in Marsham itself: {type(error).__name__}: {error}; "
            "run it again with MARSHAM_DEBUG=1 and report what it prints"
        )
    return status if isinstance(status, int) else DONE


def _complain(message: str) -> int:
    say(f"marsham: {message}", err=True)
    return FAILED
