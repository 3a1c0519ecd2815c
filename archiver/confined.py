"""Confinement: untrusted content is read in child processes whose limits hold for C libraries too.

A limit written in Python cannot stop a parser written in C, nor one regular expression. So the work
is done in a child that the kernel ends when it takes too much, and whose end costs the one call:

- processor time of each call, and by the clock many times that;
- address space, so that memory runs out in the child and nowhere else;
- no file can be written, no process started, and few files opened;
- none of the parent's files, locks, database connections or secrets of its environment is there.

A child (see `archiver.children`) serves one call after the other, and is replaced when it dies.
Arguments are trusted and travel as a pickle; what comes back is bytes and nothing else, so a child
that was taken over has no object to give.
"""

import errno
import math
import os
import pickle
import queue
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

from archiver.children import Child
from archiver.errors import ConfinedError

__all__ = ["Confined", "Limits"]

P = ParamSpec("P")

_KEPT = ("LD_LIBRARY_PATH", "PATH", "PYTHONHOME")  # of the environment
_CLOCK = 20  # how much longer than its processor time a call may take by the clock,
_GRACE = 60  # and seconds besides: a machine may be busy
_OPEN_FILES = 64
_REQUEST = struct.Struct("!IQQ")  # seconds; lengths of the call and of its data
_REPLY = struct.Struct("!cQ")  # how it went, and the length of what follows
_DONE, _FAULT, _NO_MEMORY = b"=", b"!", b"m"
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take.

    Attributes:
        seconds: processor time.
        memory: bytes of address space of the child, the interpreter and its libraries included.
        reply: bytes of the result.
    """

    seconds: int = 30
    memory: int = 768 * _MIB
    reply: int = 32 * _MIB


class Confined:
    """Up to `jobs` children that do calls; a context manager, for any number of threads.

    Children are started when they are first needed.
    """

    def __init__(self, limits: Limits | None = None, jobs: int = 1) -> None:
        self.limits = limits or Limits()
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(jobs):
            self._free.put(None)
        self._lock = threading.Lock()
        self._children: set[_Child] = set()
        self._closed = False

    def call(
        self,
        function: Callable[Concatenate[bytes, P], bytes],
        data: bytes,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> bytes:
        """Do ``function(data, *args, **kwargs)`` in a child; waits for one that is free.

        Args:
            function: one that a module has under its own name.
            data: what is not trusted.
            args: its other arguments, small and of plain types.
            kwargs: those given by name.

        Raises:
            ConfinedError: when it passed a limit, raised an exception, or ended its process.

        A call costs about a tenth of a millisecond besides the transfer of `data` and the result;
        one that starts a child a tenth of a second more, and the import of what it calls. What
        fails for memory, or ends its process, in a child that had served before is done again in a
        new one: so it does not depend on what came before.
        """
        request = pickle.dumps((function, args, kwargs))
        child = self._free.get()
        try:
            while True:
                used = child is not None
                child = child or self._new()
                try:
                    return child.ask(request, data)
                except ConfinedError as error:
                    self._end(child)
                    child = None
                    if self._closed or not (used and error.cause in ("memory", "crash")):
                        raise
        except BaseException:
            if child is not None:  # interrupted half-way: its answer would be taken for the next
                self._end(child)
                child = None
            raise
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End the children; calls under way fail."""
        self._closed = True
        with self._lock:
            children, self._children = self._children, set()
        for child in children:
            child.end()

    def __enter__(self) -> "Confined":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _new(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise ConfinedError("crash", "was stopped")
            child = _Child(self.limits)
            self._children.add(child)
        return child

    def _end(self, child: "_Child") -> None:
        with self._lock:
            self._children.discard(child)
        child.end()


class _Child:
    """One child process, which does one call at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child = Child(
            f"{__name__}:serve_calls",
            {"memory": limits.memory},
            environment={name: os.environ[name] for name in _KEPT if name in os.environ},
            quiet=not os.environ.get("MARSHAM_DEBUG"),
        )
        self._channel = self._child.channel

    def ask(self, request: bytes, data: bytes) -> bytes:
        """Send one call and wait for its result; after an error the child has to be ended."""
        started = time.monotonic()
        until = started + _CLOCK * self._limits.seconds + _GRACE
        try:
            self._channel.settimeout(until - started)
            head = _REQUEST.pack(self._limits.seconds, len(request), len(data))
            self._channel.sendall(head + request)
            self._channel.sendall(data)
            status, length = _REPLY.unpack(self._receive(_REPLY.size, until))
            if length > self._limits.reply:
                raise ConfinedError(
                    "memory", f"gave more than {self._limits.reply // _MIB} MiB of results"
                )
            reply = self._receive(length, until)
        except TimeoutError:
            after = time.monotonic() - started
            raise ConfinedError("time", f"was not done after {after:.0f} s") from None
        except OSError:
            raise self._death(time.monotonic() - started) from None
        if status == _DONE:
            return reply
        if status == _NO_MEMORY:
            raise self._shortage()
        raise ConfinedError("fault", f"failed: {reply.decode('utf-8', 'replace')}")

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._child.end()

    def _receive(self, length: int, until: float) -> bytes:
        parts = []
        while length:
            self._channel.settimeout(max(until - time.monotonic(), 0.001))
            part = self._channel.recv(min(length, _MIB))
            if not part:
                raise ConnectionResetError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _shortage(self) -> ConfinedError:
        needed = f"needed more than {self._limits.memory // _MIB} MiB of memory"
        return ConfinedError("memory", needed)

    def _death(self, after: float) -> ConfinedError:
        status = self._child.process.wait()
        if status == errno.ENOMEM:
            return self._shortage()
        if status == -signal.SIGXCPU:
            text = f"took more than {self._limits.seconds} s of processor time"
            return ConfinedError("time", text)
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return ConfinedError("crash", f"ended its process ({how}) after {after:.1f} s")


# ------------------------------------------------------------ in the child


def serve_calls(calls: socket.socket, memory: int) -> None:
    """Be a child: do the calls that come over a socket, one after the other, until it is closed.

    Args:
        calls: the socket.
        memory: bytes of address space this process may have.
    """
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(limit, (value, value))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    try:
        _serve(calls)
    except MemoryError:  # not in the call itself: there is too little left to say so
        os._exit(errno.ENOMEM)


def _serve(calls: socket.socket) -> None:
    while head := _take(calls, _REQUEST.size):
        seconds, length, size = _REQUEST.unpack(head)
        function, args, kwargs = pickle.loads(_take(calls, length))  # noqa: S301 - our parent's
        status, reply = _do(function, _take(calls, size), args, kwargs, seconds)
        calls.sendall(_REPLY.pack(status, len(reply)))
        calls.sendall(reply)


def _do(
    function: Callable[..., bytes],
    data: bytes,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    seconds: int,
) -> tuple[bytes, bytes]:
    used = time.process_time()
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used) + seconds, hard))
    try:
        return _DONE, function(data, *args, **kwargs)
    except MemoryError:
        return _NO_MEMORY, b""
    except Exception as error:  # it is told to whoever asked
        return _FAULT, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:_MIB]


def _take(calls: socket.socket, length: int) -> bytes:
    parts = []
    while length:
        part = calls.recv(min(length, _MIB))
        if not part:
            return b""
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
