"""Answers as servers give them: whole, without an end of their own, against the rules, and cut."""

from tests.builders import chunked
from tests.loopback import answer

__all__ = ["CHUNKED", "CUT", "EARLY", "FAULTY", "OK", "UNTIL_CLOSE", "WHOLE"]

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"

WHOLE = {
    "a length": answer(b"Crime"),
    "a length of nothing": answer(),
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nCrime",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 5\n\nCrime",
    "mixed line ends": b"HTTP/1.1 200 OK\nContent-Length: 5\r\n\nCrime",
    "a folded line": b"HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 5\r\n\r\nCrime",
    "no ASCII": b"HTTP/1.1 200 Tr\xe8s\r\nX-A: caf\xe9 \xff\r\nContent-Length: 5\r\n\r\nCrime",
    "five hundred fields": answer(b"Crime", fields=[(f"X-{n}", "x" * 80) for n in range(500)]),
    "a length said twice": OK + b"Content-Length: 5\r\ncontent-length: 5, 05\r\n\r\nCrime",
    "chunks": CHUNKED + chunked(b"Crime and policing", 7),
    "chunks with extensions": CHUNKED + b'5 ;a=b;c="d"\r\nCrime\r\n0;z\r\n\r\n',
    "chunks with bare line feeds": CHUNKED + b"5\nCrime\n0\n\n",
    "chunks with a trailer": CHUNKED + b"5\r\nCrime\r\n0\r\nX-Sum: 1\r\n two\r\nX-B: 2\r\n\r\n",
    "chunks rather than a length": OK
    + b"Content-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5\r\nCrime\r\n0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
}

# No framing but the end of the connection.
UNTIL_CLOSE = {
    "no length": OK + b"\r\nCrime",
    "old HTTP": b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nCrime",
    "chunks not last": OK + b"Transfer-Encoding: chunked, gzip\r\nContent-Length: 2\r\n\r\nCrime",
}

# What comes, all of which is kept, and a word of what is wrong with it.
FAULTY = {
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nCrime and", "several"),
    "two lengths in one": (OK + b"Content-Length: 5, 6\r\n\r\nCrime and", "several"),
    "a negative length": (OK + b"Content-Length: -1\r\n\r\nCrime", "not a number"),
    "an empty length": (OK + b"Content-Length:\r\n\r\nCrime", "not a number"),
    "a length in other digits": (OK + "Content-Length: ٣\r\n\r\nCrime".encode(), "not a number"),
    "a length in a book": (OK + b"Content-Length: %s\r\n\r\nx" % (b"9" * 5000), "not a number"),
    "not chunked": (CHUNKED + b"<p>Crime</p>\r\n", "announced as chunked, but is not"),
    "chunks that break": (CHUNKED + b"5\r\nCrime\r\nzz\r\nand\r\n", "chunk size is not a number"),
    "no HTTP": (b"<html>\n\nCrime", "not an answer of HTTP"),
    "the other's HTTP": (b"ICY 200 OK\r\n\r\nCrime", "not an answer of HTTP"),
    "HTTP without a number": (b"HTTP/1.1 fine\r\n\r\nCrime", "not an answer of HTTP"),
    "a line before HTTP": (b"\r\n" + answer(b"Crime"), "not an answer of HTTP"),
}

# What comes before the connection ends, and a word of what is missing.
CUT = {
    "a length": (answer(b"Crime", length=100), "after 5 of 100 bytes"),
    "a chunk": (CHUNKED + b"20\r\nCrime", "before its last chunk"),
    "chunks": (CHUNKED + b"5\r\nCrime\r\n", "before its last chunk"),
    "a chunk's size": (CHUNKED + b"5\r\nCrime\r\n1", "before its last chunk"),
    "a head": (OK + b"Content-Type: te", "within its head"),
    "a status line": (b"HTTP/1.1 20", "within its head"),
    "a first word": (b"HT", "within its head"),
}
