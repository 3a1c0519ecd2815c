"""Children with limits: what passes one costs its own call, and nothing is left behind."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archiver.confined import Confined, Limits
from archiver.errors import ConfinedError
from tests.archiver import calls

ROOT = Path(__file__).resolve().parents[2]
LIMITS = Limits(seconds=1, memory=1 << 28, reply=1 << 20)


@pytest.fixture
def children() -> Iterator[Confined]:
    with Confined(LIMITS) as children:
        yield children


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("size", [0, 1, 5 << 16, 1 << 20])
def test_what_a_child_gives_is_given_whole(children: Confined, size: int) -> None:
    data = os.urandom(size)
    assert children.call(calls.echo, data) == data


def test_arguments_may_be_given_by_name(children: Confined) -> None:
    assert children.call(calls.echo, b"a", after="b") == b"ab"


def test_a_child_serves_one_call_after_the_other(children: Confined) -> None:
    assert len({children.call(calls.own_pid, b"") for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("function", "cause", "words"),
    [
        (calls.spin, "time", "took more than 1 s of processor time"),
        (calls.hoard, "memory", "needed more than 256 MiB of memory"),
        (calls.segfault, "crash", "ended its process (signal SIGSEGV)"),
        (calls.leave, "crash", "ended its process (status 3)"),
        (calls.fail, "fault", "failed: ValueError: what it said"),
        (calls.nest, "fault", "failed: RecursionError"),
    ],
)
def test_a_call_that_goes_wrong_says_how_and_the_next_one_is_served(
    children: Confined, function: Callable[[bytes], bytes], cause: str, words: str
) -> None:
    with pytest.raises(ConfinedError) as caught:
        children.call(function, b"what it said")
    assert caught.value.cause == cause
    assert words in caught.value.what
    assert children.call(calls.echo, b"next") == b"next"


def test_a_result_larger_than_agreed_is_refused(children: Confined) -> None:
    with pytest.raises(ConfinedError, match="more than 1 MiB of results"):
        children.call(calls.echo, bytes((1 << 20) + 1))
    assert children.call(calls.echo, b"next") == b"next"


def test_waiting_long_without_working_is_given_up_by_the_clock(
    children: Confined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.confined._CLOCK", 0)
    monkeypatch.setattr("archiver.confined._GRACE", 0.5)
    with pytest.raises(ConfinedError, match="was not done after") as caught:
        children.call(calls.nap, b"", 1000.0)
    assert caught.value.cause == "time"


def test_what_fails_in_a_used_child_is_done_again_in_a_new_one(children: Confined) -> None:
    assert children.call(calls.crash_if_used, b"") == b"fresh"
    assert children.call(calls.crash_if_used, b"") == b"fresh"


def test_a_child_has_no_file_lock_or_secret_of_its_parent_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    with (tmp_path / "lock").open("w") as lock, Confined() as children:
        os.set_inheritable(lock.fileno(), True)
        fcntl.flock(lock, fcntl.LOCK_EX)
        had = json.loads(children.call(calls.surroundings, os.fsencode(tmp_path / "written")))
    assert set(had["files"]) <= {"/dev/null", "socket", "pipe"}
    assert set(had["names"]) <= {"LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME"}
    assert had["wrote"] == str(errno.EFBIG)


def test_modules_of_the_folder_one_stands_in_are_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "sys", "archiver", "lxml", "socket"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    with Confined() as children:
        assert children.call(calls.echo, b"x") == b"x"


def test_calls_from_many_threads_share_the_children_and_get_their_own_results() -> None:
    with Confined(jobs=2) as children, ThreadPoolExecutor(8) as threads:
        texts = [str(number).encode() for number in range(200)]
        assert list(threads.map(lambda text: children.call(calls.echo, text), texts)) == texts
        pids = list(threads.map(lambda _: children.call(calls.nap, b"", 0.01), range(20)))
    assert len(set(pids)) <= 2


def test_a_child_outlives_the_thread_that_started_it(children: Confined) -> None:
    pids: list[bytes] = []
    thread = threading.Thread(target=lambda: pids.append(children.call(calls.own_pid, b"")))
    thread.start()
    thread.join()
    time.sleep(0.1)
    assert [children.call(calls.own_pid, b"")] == pids


def test_closing_ends_the_children_and_the_calls_under_way() -> None:
    with ThreadPoolExecutor(1) as threads:
        with Confined(Limits(seconds=100)) as children:
            pid = int(children.call(calls.own_pid, b""))
            waiting = threads.submit(children.call, calls.spin, b"")
            wait_until(waiting.running)
        wait_until(lambda: not alive(pid))
        with pytest.raises(ConfinedError):
            waiting.result()
    with pytest.raises(ConfinedError):
        children.call(calls.echo, b"")


PARENT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored in the background
from archiver.confined import Confined, Limits
from tests.archiver import calls
with Confined(Limits(seconds=600)) as children:
    try:
        children.call(calls.report_and_spin, b"")
    except KeyboardInterrupt:
        print("stopped")
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_child_ends_with_its_parent_whatever_it_is_doing(how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=os.environ | {"MARSHAM_DEBUG": "1", "PYTHONPATH": str(ROOT)},  # so that it is heard
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with parent:
        assert parent.stderr is not None
        pid = int(parent.stderr.readline())
        assert alive(pid)
        os.killpg(parent.pid, how)  # as a terminal sends Ctrl-C: to all in the foreground
        wait_until(lambda: not alive(pid))
        out, err = parent.communicate(timeout=60)
    assert out == ("stopped\n" if how is signal.SIGINT else "")
    assert err == ""
