"""Values some at a time: as many as one statement, one transaction or one request takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_slices(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """All of these in their order, `size` at a time, the last of them fewer; as `itertools.batched` of Python 3.12."""
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some
