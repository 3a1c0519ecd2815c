"""Running other projects' programs on what Marsham wrote, each on the loopback interface alone."""

import io
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import BinaryIO

__all__ = ["run_tool", "serving_files", "serving_pywb"]

_PATIENCE = 60  # seconds in which a program must answer


def run_tool(program: Path, *arguments: str | Path, folder: Path | None = None) -> str:
    """Run a program to its end and give what it printed; it must succeed."""
    done = subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE
    )
    assert done.returncode == 0, f"{program.name}: {done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def serving_pywb(programs: Path, folder: Path) -> Iterator[str]:
    """Serve the collections below a folder, or of its ``config.yaml``, with pywb."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [programs / "pywb", "-b", "127.0.0.1", "-p", str(port), "-d", str(folder)]
    with (folder / "pywb.log").open("wb") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            _await(port, running, folder / "pywb.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(timeout=_PATIENCE)


def _await(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        else:
            return


class _Files(SimpleHTTPRequestHandler):
    """A static web server that answers ranges, as any that holds WACZ files must."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def send_head(self) -> BinaryIO | None:  # type: ignore[override]
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return None
        data = path.read_bytes()
        first, end, status = 0, len(data), 200
        if asked := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "")):
            status = 206
            if asked[1]:
                first = int(asked[1])
                end = min(int(asked[2]) + 1, end) if asked[2] else end
            else:
                first = max(0, end - int(asked[2]))
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(end - first))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{len(data)}")
        self.end_headers()
        return io.BytesIO(data[first:end])


@contextmanager
def serving_files(folder: Path) -> Iterator[str]:
    """Serve the files of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=folder)) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
