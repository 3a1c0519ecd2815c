"""Child processes of our own: started anew, spoken to over a socket, and ended with their parent.

A child is not forked, for a fork would carry the parent's files, locks, database connections and
other threads' locks. It ends with its parent, even with one that was killed. This is Linux, as the
archive's lock is.
"""

import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module

__all__ = ["Child", "begin"]

_START = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given.pop("path")
from archiver.children import begin
begin(**given)
"""


class Child:
    """A child process, and our end of the socket between us.

    Attributes:
        channel: a stream socket; the child reads its end when the parent closes it or is gone.
        process: the child.
    """

    def __init__(
        self,
        serve: str,
        given: Mapping[str, object],
        *,
        environment: Mapping[str, str],
        quiet: bool,
    ) -> None:
        """Start one.

        Args:
            serve: module and name, parted by a colon, of the function it runs. That is given the
                socket, and `given` by name.
            given: what JSON can write.
            environment: all it has.
            quiet: whether what it says on standard error goes nowhere.
        """
        self._ending = threading.Lock()
        self.channel, theirs = socket.socketpair()
        watched, self._lifeline = os.pipe()
        told = {
            "path": [place for place in sys.path if place],
            "channel": theirs.fileno(),
            "lifeline": watched,
            "serve": serve,
            "given": dict(given),
        }
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-P", "-c", _START, json.dumps(told)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL if quiet else None,
                pass_fds=(theirs.fileno(), watched),
                env=environment,
                start_new_session=True,  # Ctrl-C is for the parent alone
            )
        except BaseException:
            self.channel.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(watched)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        with self._ending:  # more than one thread may come to this
            self.process.kill()
            self.process.wait()
            self.channel.close()
            if self._lifeline >= 0:
                os.close(self._lifeline)
                self._lifeline = -1


def begin(channel: int, lifeline: int, serve: str, given: dict[str, object]) -> None:
    """Be a child, until the function that serves is done.

    Args:
        channel: descriptor of the socket.
        lifeline: descriptor of a pipe that ends with the parent.
        serve: see `Child`.
        given: likewise.
    """
    _end_with(lifeline)
    module, _, name = serve.partition(":")
    with socket.socket(fileno=channel) as ours:
        getattr(import_module(module), name)(ours, **given)


def _end_with(lifeline: int) -> None:
    # The kernel sends SIGIO, which ends a process that does not expect it, when the other end of
    # the pipe is closed, whatever this process is doing then. (PR_SET_PDEATHSIG would do so when
    # the thread that started us ends.)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # it was closed before
        raise SystemExit
