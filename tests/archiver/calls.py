"""What the children of `test_confined` are asked to do."""

import ctypes
import json
import os
import time

served = 0


def echo(data: bytes, *, after: str = "") -> bytes:
    return data + after.encode()


def own_pid(_: bytes) -> bytes:
    return str(os.getpid()).encode()


def nap(data: bytes, seconds: float) -> bytes:
    time.sleep(seconds)
    return own_pid(data)


def spin(_: bytes) -> bytes:
    while True:
        pass


def report_and_spin(data: bytes) -> bytes:
    """Say who is spinning in a descriptor that was left open for it: the child's error output."""
    os.write(2, own_pid(data) + b"\n")
    return spin(data)


def hoard(_: bytes) -> bytes:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def segfault(_: bytes) -> bytes:
    return ctypes.string_at(0)


def leave(_: bytes) -> bytes:
    os._exit(3)


def fail(data: bytes) -> bytes:
    raise ValueError(data.decode("latin-1"))


def nest(_: bytes) -> bytes:
    json.loads("[" * 100_000)
    return b""


def crash_if_used(data: bytes) -> bytes:
    global served
    served += 1
    if served > 1:
        segfault(data)
    return b"fresh"


def surroundings(path: bytes) -> bytes:
    """Tell what a child has of its parent, and whether it can write a file."""
    try:
        with open(path, "wb", buffering=0) as file:
            file.write(b"x")
        wrote = "wrote"
    except OSError as error:
        wrote = str(error.errno)
    descriptors = sorted(
        os.readlink(f"/proc/self/fd/{name}").partition(":")[0]
        for name in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{name}")
    )
    return json.dumps({"files": descriptors, "names": sorted(os.environ), "wrote": wrote}).encode()
