"""A proxy between a server of ours and PostgreSQL, on loopback, whose line can be cut, or carry nothing for a while."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit


class Proxy:
    """Carries bytes both ways until it is told otherwise; used as a context. `url` leads through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        folder, self._port = parse_qs(parts.query)["host"][0], parts.port or 5432
        self._target = f"{folder}/.s.PGSQL.{self._port}"
        self._listening = socket.create_server(("127.0.0.1", 0))
        user = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        self.url = f"postgresql://{quote(user, safe=':@')}127.0.0.1:{self._listening.getsockname()[1]}{parts.path}"
        self._carries = threading.Event()
        self._carries.set()
        self._refuses = False
        self._ends: set[socket.socket] = set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listening.close()
        self._carries.set()
        self.cut()

    def silence(self) -> None:
        """Carries nothing any more: connections stay open, and what is sent on them waits."""
        self._carries.clear()

    def cut(self) -> None:
        """Breaks every connection off, and takes no new ones."""
        self._refuses = True
        for end in tuple(self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Carries again, what has waited, too."""
        self._refuses = False
        self._carries.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self._refuses:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(65_536):
                self._carries.wait()
                other.sendall(content)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            self._ends.discard(end)
            end.close()
