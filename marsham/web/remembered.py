"""What was worked out for one reader, kept for the next for a while."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

__all__ = ["Remembered"]

_Value = TypeVar("_Value")


class Remembered(Generic[_Value]):
    """Values by their key; the least lately used go first, and each after some time.

    The archive may be written to meanwhile, so nothing is kept for long. What a decision may take
    out of view has the decisions that stand in its key.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._held: OrderedDict[Hashable, tuple[float, _Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """Give the value of a key, made anew if there is none or it is old.

        Two threads may make one value at the same time; it is made of what is there, so both do.
        """
        now = monotonic()
        with self._lock:
            held = self._held.get(key)
            if held is not None and now - held[0] < self._seconds:
                self._held.move_to_end(key)
                return held[1]
        value = make()
        with self._lock:
            self._held[key] = (now, value)
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return value
