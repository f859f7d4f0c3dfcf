"""Values kept as long as there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class Recent(Generic[_K, _V]):
    """The most recently used values, at most `capacity` in weight."""

    def __init__(self, capacity: int, weigh: Callable[[_V], int] = lambda _: 1) -> None:
        self._capacity, self._weigh, self._weight = capacity, weigh, 0
        self._values: OrderedDict[_K, _V] = OrderedDict()

    def get(self, key: _K, make: Callable[[], _V]) -> _V:
        """Return the value of a key, made now if it is not there."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = self._values[key] = make()
        self._weight += self._weigh(value)
        while self._weight > self._capacity and len(self._values) > 1:
            self._weight -= self._weigh(self._values.popitem(last=False)[1])
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._weight = 0
