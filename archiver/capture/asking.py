"""Questions to one server, one after the other, and what each answer turned out to be.

Everything that needs no archive is done here, so that several threads can do it at once: asking,
decoding, finding links, taking a page's measure.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from archiver.capture.content import content
from archiver.capture.cookies import Jar
from archiver.capture.exchange import Exchange
from archiver.capture.finding import LARGEST_LIST, Found, find, unpacked
from archiver.capture.kinds import AnswerKind, answer_kind
from archiver.capture.link import Hop
from archiver.capture.manners import Came
from archiver.capture.probe import Answer
from archiver.capture.sameness import fingerprint, read_wording
from archiver.capture.wire import Limits, Wire
from archiver.errors import FetchError
from archiver.fetch.guard import Guard
from archiver.http import Head

__all__ = ["Asker", "Learnt", "Question", "Reply", "learn"]

_START = 1 << 13  # bytes of a payload by which it is told whether to read the rest
_PAGES = (AnswerKind.HTML, AnswerKind.XHTML)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Question:
    """An address to be asked for.

    Attributes:
        number: of the address in its crawl.
        url: the address.
        path: its hop path.
        via: the address it was found at; empty for a seed.
        tries: how often it was asked for before.
        fields: further fields of the request.
        cookies: what a browser would send; the server's others are sent besides.
        sitemap: whether robots.txt calls it a sitemap.
    """

    number: int
    url: str
    path: str
    via: str = ""
    tries: int = 0
    fields: tuple[tuple[str, str], ...] = ()
    sitemap: bool = False
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question.

    Attributes:
        question: the question.
        came: what it means for manners.
        ended_at: when the answer was there, an aware datetime.
        jar: the server's cookies now.
        exchange: what crossed the wire; None when nothing could be asked.
        error: why not, then.
        found: what the answer leads to.
        fingerprint: of a page, see `archiver.capture.sameness`; None for what is no page.
        measure: of a page, to be held against a soft 404.
    """

    question: Question
    came: Came
    ended_at: datetime
    jar: Jar
    exchange: Exchange | None = None
    error: FetchError | None = None
    found: Found | None = None
    fingerprint: int | None = None
    measure: Answer | None = None

    @property
    def status(self) -> int | None:
        """The HTTP status; None without an answer."""
        return self.exchange.head.status if self.exchange and self.exchange.head else None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an answer tells; fields as of `Reply`."""

    found: Found
    fingerprint: int | None = None
    measure: Answer | None = None


def learn(
    question: Question, head: Head, payload: Callable[[int], bytes], *, guesses: bool = False
) -> Learnt:
    """Read an answer: what it leads to, and the measure of a page.

    Args:
        question: what was asked.
        head: of the answer.
        payload: gives so many bytes of its payload, from the first, without any coding.
        guesses: whether addresses in scripts are looked for.
    """
    # Of what leads nowhere, such as a film of gigabytes, no more than the start is read.
    read = payload(_START)
    content_type = head.headers.get("Content-Type")
    kind = answer_kind(question.url, content_type, read)
    if kind is AnswerKind.SCRIPT:
        leads = guesses
    else:
        leads = kind is not AnswerKind.OTHER or question.sitemap or read.startswith(_GZIP)
    if leads and len(read) >= _START:
        read = payload(LARGEST_LIST)
    found = find(question.url, head, read, guesses=guesses, sitemap=question.sitemap)
    if kind not in _PAGES:
        return Learnt(found)
    read, *_ = unpacked(question.url, content_type, read)
    wording = read_wording(read)
    mark = fingerprint(wording)
    measure = Answer.of_wording(question.url, head.status, wording, mark, len(read))
    return Learnt(found, mark, measure)


class Asker:
    """Asks one server, over one connection that is kept open; a context manager.

    It may be handed from thread to thread, and is used by one at a time.
    """

    def __init__(
        self,
        user_agent: str,
        guard: Guard,
        limits: Limits,
        *,
        context: ssl.SSLContext | None = None,
        guesses: bool = False,
    ) -> None:
        """Make one.

        Args:
            user_agent: what the server is told we are.
            guard: which addresses may be connected to.
            limits: how much of an answer is taken.
            context: whom to trust; see `Wire`.
            guesses: whether addresses in scripts are looked for.
        """
        self._wire = Wire(user_agent, guard, limits, context)
        self._guesses = guesses

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def ask(self, questions: Iterable[Question], jar: Jar) -> Iterator[Reply]:
        """Ask one after the other, until all are or the server has trouble.

        Args:
            questions: of one server.
            jar: its cookies.
        """
        for question in questions:
            reply = self._ask(question, jar)
            yield reply
            if reply.came.failed or reply.came.asked is not None:
                return
            jar = reply.jar

    def _ask(self, question: Question, jar: Jar) -> Reply:
        before = jar.state(question.url, datetime.now(UTC))
        reply = self._once(question, jar)
        after = reply.jar.state(question.url, reply.ended_at)
        if before != after and _leads_to_itself(reply):
            # It wanted to see its cookie come back: what it says then is the answer.
            assert reply.exchange is not None  # noqa: S101 - it has led somewhere
            reply.exchange.response.close()
            return self._once(question, reply.jar)
        return reply

    def _once(self, question: Question, jar: Jar) -> Reply:
        now = datetime.now(UTC)
        cookies = jar.field(question.url, now, question.cookies)
        fields = question.fields + ((("Cookie", cookies),) if cookies else ())
        try:
            exchange = self._wire.ask(question.url, fields)
        except FetchError as error:
            return Reply(question, Came.nothing(error), datetime.now(UTC), jar, error=error)
        now = datetime.now(UTC)
        came = Came.of(exchange, now)
        if exchange.head is None:
            return Reply(question, came, now, jar, exchange)
        jar = jar.after(question.url, exchange.head.headers, now)
        learnt = learn(
            question,
            exchange.head,
            lambda limit: content(exchange, limit).payload,
            guesses=self._guesses,
        )
        return Reply(
            *(question, came, now, jar, exchange),
            found=learnt.found,
            fingerprint=learnt.fingerprint,
            measure=learnt.measure,
        )


def _leads_to_itself(reply: Reply) -> bool:
    if reply.found is None or reply.status is None or not 300 <= reply.status < 400:
        return False
    return any(
        link.hop is Hop.REDIRECT and link.url == reply.question.url for link in reply.found.links
    )
