"""A time in which no session begins, for changes of the library that one at work would not see."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from app.errors import IllegalMove


class Rest:
    """Taken by one at a time; whoever begins sessions looks at `taken`, and is woken by `changed` when it ends."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self.taken = False

    @contextmanager
    def beside(self, at_work: Callable[[], Collection[str]]) -> Iterator[None]:
        """Takes it. Raises IllegalMove while a session is at work, or another has taken it."""
        with self._changed:
            if found := at_work():
                raise IllegalMove(f"Session {next(iter(found))} is at work: pause it, or wait for its end.")
            if self.taken:
                raise IllegalMove("The library is being changed by another request: wait until that is done.")
            self.taken = True
        try:
            yield
        finally:
            with self._changed:
                self.taken = False
                self._changed.notify_all()
