"""Arrays that rows are appended to, in types no larger than their numbers need, and how memory is given back."""

import ctypes
import sys
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

FIRST_ROWS = 1_024
GROWTH = 1.0625
"""Of arrays that are full: what they have to spare is memory, too."""
_M_MMAP_THRESHOLD = -3  # of malloc.h
WIDTHS = (np.int16, np.int32, np.int64)
"""The types of numbers that are narrowed, the smallest first."""


def narrowed(numbers: Array) -> Array:
    """The numbers in the smallest type that holds them and others like them."""
    least, most = numbers.min(initial=0), numbers.max(initial=0)
    bounds = ((type_, np.iinfo(type_)) for type_ in WIDTHS)
    fitting = next(type_ for type_, of in bounds if of.min <= least and most <= of.max)
    return numbers.astype(fitting, copy=False)


class Growing:
    """An array that rows are appended to; what was handed out stays as it was."""

    def __init__(self, dtype: Any) -> None:
        self._rows = np.empty(0, dtype)
        self._length = 0

    def append(self, values: Array) -> None:
        """Takes values in behind the others; the type becomes theirs where that is larger."""
        if values.dtype.itemsize > self._rows.dtype.itemsize and values.size:  # more texts than small numbers
            self._rows = self._rows.astype(values.dtype)
        end = self._length + len(values)
        if end > len(self._rows):
            grown = np.empty(max(end, int(len(self._rows) * GROWTH), FIRST_ROWS), self._rows.dtype)
            grown[: self._length] = self._rows[: self._length]
            self._rows = grown
        self._rows[self._length : end] = values
        self._length = end

    def begin_with(self, values: Array) -> None:
        """Takes an array for the first rows as it is, without a copy."""
        self._rows, self._length = values, len(values)

    def reserve(self, rows: int) -> None:
        """Makes room for so many rows."""
        if rows > len(self._rows):
            grown = np.empty(rows, self._rows.dtype)
            grown[: self._length] = self._rows[: self._length]
            self._rows = grown

    @property
    def view(self) -> Array:
        """The rows that there are."""
        return self._rows[: self._length]


def give_back_at_once() -> None:
    """Has arrays of 2 MB and more go back to the system when they are let go.

    By itself glibc keeps up to 32 MB of each thread for the next ones.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, 2 * 2**20)
