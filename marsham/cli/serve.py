"""``marsham serve``: show the archive in a browser."""

import socket
from contextlib import suppress

import click
import uvicorn

from archiver.errors import InputError
from marsham.cli.support import pass_archive
from marsham.web.app import make_app
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
@pass_archive
def serve(archive: Archive, host: str, port: int) -> None:
    """Show snapshots in a browser, under their banner, until stopped.

    The archive is only read: it may be written by another process meanwhile.
    """
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
        config = uvicorn.Config(
            make_app(archive), log_level="warning", access_log=False, server_header=False
        )
        with suppress(KeyboardInterrupt):  # the way to stop it
            uvicorn.Server(config).run(sockets=[listener])
