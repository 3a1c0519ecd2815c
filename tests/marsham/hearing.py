"""A stand-in for the live web: it hears whatever a browser sends out, and answers everything."""

import socket
import threading
import time
from contextlib import suppress

__all__ = ["Hearing"]

_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nAccess-Control-Allow-Origin: *\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Hearing:
    """Listens on a TCP and a UDP port of the loopback interface.

    Attributes:
        port: of TCP; a browser is told to look for every host there.
        datagram_port: of UDP, for WebRTC.
        heard: the first line of every request; empty for a connection without a word.
        datagrams: how many came.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.datagrams = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind(("127.0.0.1", 0))
        self.datagram_port: int = self._ear.getsockname()[1]
        for listen in (self._listen, self._listen_for_datagrams):
            threading.Thread(target=listen, daemon=True).start()

    def names(self) -> set[str]:
        """Give what the requests that were heard asked for, as far as its first slash."""
        return {line.split(" ")[1].split("?")[0].strip("/") for line in self.heard if line}

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._ear.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(3)
            try:
                text = connection.recv(2000).decode("latin-1")
            except TimeoutError:
                text = ""
            self.heard.append(text.partition("\r\n")[0])
            connection.sendall(_ANSWER)
            time.sleep(0.05)

    def _listen_for_datagrams(self) -> None:
        with suppress(OSError):
            while True:
                self._ear.recv(2000)
                self.datagrams += 1
