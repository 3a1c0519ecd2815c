"""A Chromium of our own: found, started with no way out but a proxy, watched, and ended."""

import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING

from archiver.capture.certificate import ProxyCertificate
from archiver.errors import MarshamError

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Controlled
    from playwright.sync_api import Playwright

__all__ = ["BrowserError", "Chromium", "Watch", "check_browser"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NOBODY = "127.0.0.1"
_START = 60.0  # seconds
_END = 10.0
_LOOK = 0.5  # seconds between two looks at the clock and the memory
_PAGE = os.sysconf("SC_PAGE_SIZE")
_KEPT = ("PATH", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "FONTCONFIG_FILE")
_POPUPS_LET_THROUGH = "--disable-popup-blocking"  # playwright's, for tests of pages
_OPTIONS = (
    "--disable-quic",
    "--no-pings",
    # No name is looked up here: the proxy gets names. Nothing of a page reaches a socket otherwise.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Calls between browsers go past any proxy; the same wish, as newer and older ones name it.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--accept-lang=en-GB,en",
)
_INSTALL = "install it with: pip install 'marsham[browser]'"
_PACKAGES = ("playwright", "cryptography")


class BrowserError(MarshamError):
    """A browser could not be used; the text says what to do."""


def check_browser() -> None:
    """Make sure that there is what a browser needs, without starting one.

    Raises:
        BrowserError: when a package or Chromium is missing.
    """
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise BrowserError(_lacking(package))
    if not any(map(shutil.which, _NAMES)):
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            _find(None, playwright.chromium.executable_path)


class Chromium:
    """A running Chromium with an empty profile, for one thread; end it with `close`.

    Whatever it would send by itself, outside of a page's context, is sent to a port where nobody
    listens. Its home is an empty folder, and of the environment it sees nothing but the language,
    the time zone and where programs are.

    Attributes:
        controlled: what playwright drives it by.
        group: the process group of all its processes; 0 while there is none.
        user_agent: what it calls itself, as the same browser with a window does.
    """

    def __init__(self, certificate: ProxyCertificate, executable: Path | None = None) -> None:
        """Start one.

        Args:
            certificate: what its proxies will show; it asks no more of it.
            executable: where Chromium is; without it, it is looked for.

        Raises:
            BrowserError: when playwright or Chromium are missing, or it does not start.
        """
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as error:
            raise BrowserError(_lacking("playwright")) from error
        self._home = TemporaryDirectory(prefix="marsham-browser-", ignore_cleanup_errors=True)
        self._nobody = socket.socket()  # bound, and not listening: who connects is refused
        self._nobody.bind((_NOBODY, 0))
        self._playwright: Playwright | None = None
        self._profile: Path | None = None
        self.group = 0
        try:
            self._playwright = sync_playwright().start()
            place = _find(executable, self._playwright.chromium.executable_path)
            self.controlled: Controlled = self._playwright.chromium.launch(
                executable_path=place,
                args=[
                    *_OPTIONS,
                    f"--ignore-certificate-errors-spki-list={certificate.fingerprint}",
                ],
                ignore_default_args=[_POPUPS_LET_THROUGH],
                proxy={"server": f"http://{_NOBODY}:{self._nobody.getsockname()[1]}"},
                env=self._environment(),
                chromium_sandbox=os.geteuid() != 0,  # it refuses to be confined as root
                timeout=_START * 1000,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
            session = self.controlled.new_browser_cdp_session()
            processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
            first = next(int(one["id"]) for one in processes if one["type"] == "browser")
            self.group = os.getpgid(first)
            self.user_agent = _with_a_window(session.send("Browser.getVersion")["userAgent"])
            session.detach()
            self._profile = _profile(first)
        except Error as error:
            self.close()
            said = str(error).strip().partition("\nCall log")[0][:2000]
            raise BrowserError(
                f"Chromium did not start: {said}\nTry: chromium --headless --dump-dom about:blank"
            ) from error
        except BaseException:
            self.close()
            raise

    @property
    def running(self) -> bool:
        """Whether it still answers to playwright."""
        return self.controlled.is_connected()

    def kill(self) -> None:
        """End it at once, from any thread; `close` still has to be called."""
        _kill(self.group)

    def close(self) -> None:
        """End it, in kindness or by force, and remove what it left."""
        controlled = getattr(self, "controlled", None)
        with Watch(self.group, seconds=_END), suppress(Exception):
            if controlled is not None:
                controlled.close()
        _kill(self.group)
        until = monotonic() + _END
        while monotonic() < until and _held(self.group):
            sleep(_LOOK / 10)  # what still runs would write to what is removed below
        if self._playwright is not None:
            with suppress(Exception):  # its driver may be gone as well
                self._playwright.stop()
        if self._profile is not None:  # playwright leaves it where Chromium ended by force
            shutil.rmtree(self._profile, ignore_errors=True)
        self._nobody.close()
        self._home.cleanup()

    def _environment(self) -> dict[str, str | float | bool]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = self._home.name
        return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}


class Watch:
    """Ends a Chromium that takes too long or too much memory; a context manager.

    What waits for an answer of the browser then fails, as its connection is gone.

    Attributes:
        reason: why it was ended; empty when it was not.
    """

    def __init__(self, group: int, *, seconds: float, memory: int | None = None) -> None:
        """Make one.

        Args:
            group: the process group of the browser; 0 for none.
            seconds: how long it may take.
            memory: bytes that all its processes may hold; None for any number.
        """
        self.reason = ""
        self._group = group
        self._until = monotonic() + seconds
        self._seconds = seconds
        self._memory = memory
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True, name="browser watch")

    def __enter__(self) -> "Watch":
        if self._group:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        if self._group:
            self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(min(_LOOK, max(self._until - monotonic(), 0))):
            if monotonic() >= self._until:
                self.reason = f"the browser did not answer within {self._seconds:.0f} seconds"
            elif self._memory is not None and _held(self._group) > self._memory:
                self.reason = f"the browser took more than {self._memory >> 20} MiB of memory"
            if self.reason:
                _kill(self._group)
                return


def _lacking(package: str) -> str:
    return f"capturing with a browser needs the package {package}; {_INSTALL}"


def _find(given: Path | None, playwrights: str) -> Path:
    if given is not None:
        if not given.is_file():
            raise BrowserError(f"there is no Chromium at {given}; give the path of its program")
        return given
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None and Path(playwrights).is_file():
        found = playwrights
    if found is None:
        raise BrowserError(
            "capturing with a browser needs Chromium, and there is none on this machine; install "
            "it with: apt install chromium (or: playwright install chromium)"
        )
    return Path(found)


def _with_a_window(user_agent: str) -> str:
    # Sites turn away what calls itself headless, whoever it is; who we are is said behind it.
    return user_agent.replace("HeadlessChrome", "Chrome")


def _profile(process: int) -> Path | None:
    arguments = Path(f"/proc/{process}/cmdline").read_text("utf-8", "replace").split("\0")
    option = "--user-data-dir="
    return next((Path(one[len(option) :]) for one in arguments if one.startswith(option)), None)


def _kill(group: int) -> None:
    # Chromium has a group of its own; one that is nobody's, or ours, must not be ended.
    if group > 1 and group != os.getpgrp():
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _held(group: int) -> int:
    """Give the bytes that the processes of a group hold each for itself; 0 when all have ended."""
    return sum(_own_pages(place) for place in _processes(group)) * _PAGE if group else 0


def _processes(group: int) -> Iterator[Path]:
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # it has ended, or is no process
            if os.getpgid(int(place.name)) == group:
                yield place


def _own_pages(place: Path) -> int:
    try:
        _, resident, shared, *_ = place.joinpath("statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return int(resident) - int(shared)
