"""Servers asked in a process of its own, so that asking and recording share no processor.

The parent hands out errands: questions to one server, one errand at a time for each. The child has
threads that run them (`archiver.capture.asking`), and sends every reply as soon as it is there. It
keeps nothing: what it was handed and did not answer is given back when an errand ends, even if that
is because the child is gone. The next errand has another one.
"""

import os
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from queue import SimpleQueue
from socket import socket
from typing import Any

from archiver.capture.asking import Asker, Question, Reply
from archiver.capture.cookies import Jar
from archiver.capture.messages import (
    Channel,
    Message,
    read_question,
    read_reply,
    write_question,
    write_reply,
)
from archiver.capture.wire import Limits
from archiver.children import Child
from archiver.errors import NotWritableError
from archiver.fetch.guard import Guard

__all__ = ["Askers", "Done", "Terms"]

_AHEAD = 64  # replies that wait in the parent; the child waits with those beyond
_OPEN = 200  # servers whose connection is kept
_ASK, _MORE, _STOP = range(3)


@dataclass(frozen=True, slots=True)
class Terms:
    """How servers are asked.

    Attributes:
        user_agent: what they are told we are.
        guard: which addresses may be connected to, by the system's own resolver, besides those that
            an errand lets be private.
        limits: how much of an answer is taken.
        guesses: whether addresses in scripts are looked for.
        workers: how many are asked at once.
    """

    user_agent: str
    guard: Guard
    limits: Limits
    guesses: bool = False
    workers: int = 4


@dataclass(frozen=True, slots=True)
class Done:
    """An errand has ended.

    Attributes:
        left: questions that were not answered, in their order.
        fault: what went wrong with the first of them, in words; empty when nothing did.
        full: the temporary folder has no room for an answer.
        gone: whether it ended because the process did. The first question was under way then, as
            one of every other errand was, and may be why.
    """

    left: tuple[Question, ...] = ()
    fault: str = ""
    full: NotWritableError | None = None
    gone: bool = False


@dataclass(slots=True)
class _Errand:
    questions: deque[Question]
    jar: Jar


class Askers:
    """The process that asks; for one thread, but for the function that is told what came.

    Attributes:
        errands: questions under way and not answered yet, by the number of their server.
    """

    def __init__(self, terms: Terms, came: Callable[[Message | None], object]) -> None:
        """Make one; the process is started with the first errand, or by `begin`.

        Args:
            terms: how servers are asked.
            came: given what is to be given to `receive`, in a thread of ours.
        """
        self._terms = terms
        self._came = came
        self._child: Child | None = None
        self._channel: Channel | None = None
        self._under_way: dict[int, _Errand] = {}
        self._room = threading.Semaphore(_AHEAD)
        self._stopped = self._closed = False

    @property
    def busy(self) -> int:
        """How many servers are asked."""
        return len(self._under_way)

    @property
    def process(self) -> int | None:
        """The id of the process; None while there is none."""
        return self._child.process.pid if self._child else None

    def begin(self) -> None:
        """Start the process, so that it is ready when the first errand comes."""
        if self._channel is None:
            self._start()

    def left(self, number: int) -> int:
        """Tell how many questions of a server that is asked are not answered yet."""
        return len(self._under_way[number].questions)

    def ask(self, number: int, questions: Sequence[Question], jar: Jar, private: str = "") -> None:
        """Begin an errand.

        Args:
            number: of a server of which nothing is under way.
            questions: for it.
            jar: its cookies.
            private: the server as ``host:port``, if it may be at a private address.
        """
        self._under_way[number] = _Errand(deque(questions), jar)
        asked = [write_question(one) for one in questions]
        self._send(_ASK, number, private, asked, jar.to_text() if jar.cookies else "")

    def add(self, number: int, questions: Sequence[Question]) -> None:
        """Add questions to an errand; should that be over by now, they are given back."""
        self._under_way[number].questions.extend(questions)
        self._send(_MORE, number, [write_question(one) for one in questions])

    def stop(self) -> None:
        """End every errand with the answer that is under way."""
        if self._child is not None and not self._stopped:
            self._stopped = True
            self._send(_STOP)

    def receive(self, message: Message | None) -> Iterator[tuple[int, Reply | Done]]:
        """Give what came, with the number of its server."""
        self._room.release()
        if message is None:
            yield from self._bereft()
            return
        number, reply, *fault = message.values
        errand = self._under_way[number]
        if reply is not None:
            question = errand.questions.popleft()
            told = read_reply(message, reply, question, errand.jar)
            errand.jar = told.jar
            yield number, told
            return
        del self._under_way[number]
        said, full = fault
        yield number, Done(tuple(errand.questions), said, full and NotWritableError(*full))

    def close(self) -> None:
        """End the process, whatever is under way."""
        self._closed = True
        self._room.release()
        if self._child is not None:
            self._child.end()
            self._child = None

    def _send(self, *values: object) -> None:
        self.begin()
        assert self._channel is not None  # noqa: S101 - just made
        with suppress(OSError):  # it is gone, which whoever reads tells
            self._channel.send(Message.of(values))

    def _start(self) -> None:
        terms = self._terms
        self._child = Child(
            f"{__name__}:serve",
            {
                "user_agent": terms.user_agent,
                "private": [*sorted(terms.guard.private), *map(str, terms.guard.networks)],
                "limits": asdict(terms.limits),
                "guesses": terms.guesses,
                "workers": terms.workers,
            },
            environment=os.environ,
            quiet=False,
        )
        self._channel = Channel(self._child.channel)
        reading = threading.Thread(target=self._read, args=(self._channel,), daemon=True)
        reading.start()

    def _read(self, channel: Channel) -> None:
        for message in channel.messages():
            self._room.acquire()
            self._came(message)
        if not self._closed:
            self._room.acquire()
            self._came(None)

    def _bereft(self) -> Iterator[tuple[int, Done]]:
        # The child is gone, and nobody here knows why.
        if self._child is not None:
            self._child.end()
        self._child = self._channel = None
        under_way, self._under_way = self._under_way, {}
        for number, errand in under_way.items():
            fault = "the process that asks has ended" if errand.questions else ""
            yield number, Done(tuple(errand.questions), fault, gone=True)


# ------------------------------------------------------------ in the child


def serve(
    ours: socket,
    *,
    user_agent: str,
    private: Iterable[str],
    limits: dict[str, Any],
    guesses: bool,
    workers: int,
) -> None:
    """Be the process that asks, until the socket is closed; terms as of `Terms`."""
    guard = Guard.of(private)

    def asker(own: str) -> Asker:
        also = replace(guard, private=guard.private | {own}) if own else guard
        return Asker(user_agent, also, Limits(**limits), guesses=guesses)

    asking = _Asking(Channel(ours), asker)
    for _ in range(workers):
        threading.Thread(target=asking.work, daemon=True).start()
    asking.listen()
    os._exit(0)  # whatever is under way: nobody wants to know


@dataclass(slots=True)
class _Task:
    """An errand in the child."""

    number: int
    asker: Asker
    questions: deque[Question]
    jar: Jar

    def each(self) -> Iterator[Question]:
        while self.questions:
            yield self.questions.popleft()


class _Asking:
    """The threads of the child, and what they share."""

    def __init__(self, channel: Channel, asker: Callable[[str], Asker]) -> None:
        self._channel = channel
        self._asker = asker
        # By server, and by what may be private there; that used longest ago first.
        self._askers: dict[tuple[int, str], Asker] = {}
        self._tasks: dict[int, _Task] = {}
        self._work: SimpleQueue[_Task] = SimpleQueue()
        self._stopping = threading.Event()

    def listen(self) -> None:
        """Take errands until the parent is gone."""
        for message in self._channel.messages():
            kind, *told = message.values
            if kind == _ASK:
                number, private, asked, cookies = told
                self._begin(number, private, asked, Jar.from_text(cookies) if cookies else Jar())
            elif kind == _MORE:
                number, asked = told
                if task := self._tasks.get(number):  # else its end is on its way to the parent
                    task.questions.extend(map(read_question, asked))
            else:
                self._stopping.set()

    def work(self) -> None:
        """Run one errand after the other, for a thread."""
        while True:
            task = self._work.get()
            fault, full = "", None
            try:
                self._run(task)
            except NotWritableError as error:
                full = error.path, error.reason
            except Exception:  # the parent tells it
                fault = traceback.format_exc()
            del self._tasks[task.number]
            try:
                self._channel.send(Message.of((task.number, None, fault, full)))
            except OSError:
                return  # there is no parent any more

    def _begin(self, number: int, private: str, asked: Iterable[tuple[Any, ...]], jar: Jar) -> None:
        asker = self._askers.pop((number, private), None) or self._asker(private)
        while len(self._askers) >= _OPEN:  # only those of errands under way are in use
            idle = next((one for one in self._askers if one[0] not in self._tasks), None)
            if idle is None:
                break
            self._askers.pop(idle).close()
        self._askers[number, private] = asker
        task = _Task(number, asker, deque(map(read_question, asked)), jar)
        self._tasks[number] = task
        self._work.put(task)

    def _run(self, task: _Task) -> None:
        jar = task.jar
        for reply in task.asker.ask(task.each(), jar):
            values, file = write_reply(reply, jar)
            try:
                self._channel.send(Message.of((task.number, values), file))
            finally:
                if reply.exchange:
                    reply.exchange.response.close()
            jar = reply.jar
            if self._stopping.is_set():
                return
