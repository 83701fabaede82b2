"""Targets of notifications that are none: real servers on loopback. Each takes what it is sent, or fails in its way.

with FakeTarget("taking") as good, FakeTarget("silent") as dead:
    ...  # tell good.url and dead.url
    assert [request.json() for request in good.requests] == ...
"""

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import pytest

Kind = Literal["taking", "refused", "silent", "slow", "no name", "no TLS", "500", "404", "redirect", "cut", "endless"]
DEAD: tuple[Kind, ...] = ("refused", "silent", "slow", "no name", "no TLS", "500", "404", "redirect", "cut", "endless")
SECRET = "whsec_bm90IGEgc2VjcmV0LCBidXQgbG9uZyBlbm91Z2g="
_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. Names of headers are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class FakeTarget:
    """A target on loopback. With a certificate it speaks TLS."""

    def __init__(self, kind: Kind = "taking", certificate: Path | None = None) -> None:
        self.kind = kind
        self.requests: list[Request] = []
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._ended = threading.Event()
        self._context = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        if kind != "refused":  # a port that is bound, and where nobody listens
            self._listening.listen(32)
            threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address as a webhook."""
        scheme = "https" if self.kind == "no TLS" or self._context else "http"
        host = "nobody.invalid" if self.kind == "no name" else "localhost" if self._context else "127.0.0.1"
        return f"{scheme}://{host}:{self.port}/hook?by=test"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # ends `accept`
        self._listening.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.kind == "no TLS":
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 No\r\n\r\n")
                return
            if self._context is None:
                self._take(connection)
                return
            with self._context.wrap_socket(connection, server_side=True) as secured:
                self._take(secured)

    def _take(self, met: socket.socket) -> None:
        self.requests.append(_read(met))
        self._answer(met)

    def _answer(self, met: socket.socket) -> None:
        match self.kind:
            case "silent":
                self._ended.wait()
            case "slow":  # each byte comes soon, and the answer never
                met.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not self._ended.wait(0.05):
                    met.sendall(b".")
            case "500" | "404":
                met.sendall(f"HTTP/1.1 {self.kind} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            case "redirect":
                met.sendall(
                    b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            case "cut":
                met.sendall(b"HTTP/1.1 2")
            case "endless":
                met.sendall(b"HTTP/1.1 503 No\r\nContent-Type: text/plain\r\n\r\n")
                while not self._ended.is_set():
                    met.sendall(b"no " * 10_000)
            case _:
                met.sendall(_TAKEN)


def _read(met: socket.socket) -> Request:
    read = b""
    while b"\r\n\r\n" not in read:
        if not (piece := met.recv(65_536)):
            raise OSError
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += met.recv(65_536)
    return Request(line.split()[1], headers, body)


def certificate(folder: Path) -> Path:
    """A certificate for `localhost` that nobody has signed, with its key. Skips the test without openssl."""
    if (program := shutil.which("openssl")) is None:
        pytest.skip("openssl, which makes a certificate, is not installed")
    file = folder / "localhost.pem"
    command = (program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=DNS:localhost", "-keyout", str(file), "-out", str(folder / "certificate.pem"))
    subprocess.run([*command, *names], check=True, capture_output=True)
    with file.open("ab") as whole:
        whole.write((folder / "certificate.pem").read_bytes())
    return file
