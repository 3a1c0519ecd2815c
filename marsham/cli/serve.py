"""``marsham serve``: show the archive in a browser."""

import socket
from contextlib import suppress
from pathlib import Path

import click

from archiver.errors import InputError
from extract.redirects.deciding import MapFile
from marsham.cli.support import pass_archive
from marsham.web.reviewers import Reviewers
from marsham.web.server import STANDARD_OUTPUT, run_server
from snapshots.archive import Archive

__all__ = ["serve"]


@click.command(epilog="Example: marsham serve --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 for any free.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer; as many as the machine has processors to spare.",
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Append one JSON object a line for each answer to this file; - for standard output.",
)
@click.option(
    "--edit",
    is_flag=True,
    help="Let people sign in at /review and decide on values that were read.",
)
@click.option(
    "--redirects",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    metavar="MAP",
    help="With --edit: a map that marsham redirects drafted, to be decided on there as well.",
)
@pass_archive
def serve(
    archive: Archive,
    host: str,
    port: int,
    workers: int,
    log: Path | None,
    edit: bool,
    redirects: Path | None,
) -> None:
    """Show snapshots in a browser, under their banner, until stopped.

    The archive is only read: it may be written by another process meanwhile. /health answers
    whether it can be read. With --edit those whom `marsham review user` named may decide on values;
    each decision is written as `marsham review decide` writes it. With --redirects they decide on
    the rows of a map of redirects as well.
    """
    if redirects is not None:
        if not edit:
            raise click.UsageError("--redirects goes with --edit")
        MapFile(redirects)
    if edit and not Reviewers(archive.path).names():
        raise InputError("nobody may sign in yet; name somebody with: marsham review user NAME")
    if log is not None and log != STANDARD_OUTPUT:
        try:
            log.open("a").close()
        except OSError as error:
            raise InputError(f"the access log cannot be written: {error}") from error
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except socket.gaierror as error:
        raise InputError(f"cannot listen on {host}: {error.strerror}; see --host") from error
    except OSError as error:
        raise InputError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port"
        ) from error
    with listener:
        name = f"[{host}]" if ":" in host else host
        shown = f"http://{name}:{listener.getsockname()[1]}/"
        click.echo(f"{archive.settings.name} is at {shown} (stop with Ctrl-C)")
        with suppress(KeyboardInterrupt):  # the way to stop it
            run_server(listener, archive, workers=workers, log=log, edit=edit, redirects=redirects)
