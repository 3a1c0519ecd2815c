"""The web application as it is served: its memory, its access log, its processes."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from secrets import token_bytes
from socket import socket
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TextIO

import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from marsham.web.access import AccessLog
from marsham.web.app import make_app
from marsham.web.memory import Memory
from snapshots.archive import Archive

__all__ = ["STANDARD_OUTPUT", "run_server"]

STANDARD_OUTPUT = Path("-")
"""The access log's name for standard output."""


def run_server(
    listener: socket,
    archive: Archive,
    *,
    workers: int = 1,
    log: Path | None,
    edit: bool = False,
    redirects: Path | None = None,
) -> None:
    """Serve an archive until a signal says stop: SIGINT or SIGTERM.

    Args:
        listener: a socket that listens already; all processes take from it.
        archive: what is shown; it is only read unless people may edit.
        workers: processes; with more than one, one that dies is replaced, and SIGHUP replaces all
            of them one after the other, none of them unanswered meanwhile.
        log: the file the access log is appended to, `STANDARD_OUTPUT`, or None for no log.
        edit: let those who sign in decide on values.
        redirects: a map of redirects that they decide on as well.
    """
    make = partial(_served, archive.path, log, token_bytes(32), redirects)
    if not edit:
        _run(listener, partial(make, None), workers)
        return
    with TemporaryDirectory(prefix="marsham-serve-") as folder:
        _run(listener, partial(make, Path(folder) / "attempts"), workers)


def _run(listener: socket, make: Callable[[], ASGIApp], workers: int) -> None:
    config = uvicorn.Config(
        make,
        factory=True,
        workers=workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    if workers == 1:
        uvicorn.Server(config).run(sockets=[listener])
    else:
        Multiprocess(config, [listener]).run()


def _served(
    path: Path, log: Path | None, secret: bytes, redirects: Path | None, attempts: Path | None
) -> ASGIApp:
    # Made in the process that serves: neither a database connection nor a file may be inherited.
    if parent := parent_process():
        Thread(target=_end_with, args=(parent,), daemon=True).start()
    archive = Archive.open(path)
    app: ASGIApp = Memory(
        make_app(archive, secret=secret, attempts=attempts, redirects=redirects),
        archive.catalogue.watch().revision,
    )
    return app if log is None else AccessLog(app, _opened(log))


def _opened(log: Path) -> TextIO:
    return sys.stdout if log == STANDARD_OUTPUT else log.open("a", encoding="utf-8")


def _end_with(parent: BaseProcess) -> None:
    # A parent that is killed cannot end its processes; they would go on listening.
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
