"""A real server in a process of its own, and what can be seen of it from outside: answers, files, rows, opened media.

Nothing here waits for a fixed time: what is waited for is looked at until it is there.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

import httpx2
import pytest

from tests.support.warm import PROGRAM, PROJECT, Started, warm

LOOK_SECONDS = 0.005
SELDOM_SECONDS = 0.03
"""Between two looks that take what is waited for its processor."""
T = TypeVar("T")


def until(
    look: Callable[[], T], *, seconds: float = 60.0, what: str = "what was waited for", every: float = LOOK_SECONDS
) -> T:
    """What `look` gives as soon as it is true, looking again after `every` seconds. Fails if `seconds` pass."""
    give_up_at = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > give_up_at:
            pytest.fail(f"{what} did not come within {seconds:.0f} s")
        time.sleep(every)
    return seen


def shared(name: str, variable: str | None = None) -> Path:
    """A path of the material that lies beside the project (or where `variable` says); skips the test without it."""
    given = os.environ.get(variable, "") if variable else ""
    path = Path(given) if given else PROJECT.parent / "shared" / name
    if not path.exists():
        hint = f" (set {variable} to where it is)" if variable else ""
        pytest.skip(f"shared/{name} is not beside the project{hint}")
    return path


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without any setting of Media Ingest, plus those given."""
    ours = ("INGEST_", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | settings


def settings_for(folder: Path, roots: Mapping[str, Path], **more: str) -> dict[str, str]:
    """An environment whose database and state lie in `folder`, without NSFW weights and daily copies."""
    ours = {
        "DATABASE_URL": f"sqlite:///{folder}/library.db",
        "INGEST_STATE_DIR": str(folder / "state"),
        "INGEST_MEDIA_ROOTS": ",".join(f"{name}={path}" for name, path in roots.items()),
        "INGEST_NSFW_WEIGHTS": str(folder / "no-weights.h5"),
        "INGEST_BACKUPS": "0",
    }
    return environment(**{**ours, **more})


def media_ingest(
    *arguments: str, env: Mapping[str, str], cwd: Path, seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """One command, run to its end. Raises subprocess.TimeoutExpired where it goes on after so many seconds."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = warm().start(arguments, env=env, cwd=cwd, output=output.fileno(), errors=errors.fileno())
        try:
            code = started.wait(seconds)
        finally:
            started.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


# ------------------------------------------------------------------------------------------------- server-sent events


@dataclass(frozen=True, slots=True)
class Frame:
    """One server-sent event; `id` is None where the frame carries none."""

    event: str
    data: Any
    id: int | None = None

    @property
    def files(self) -> list[dict[str, Any]]:
        """The files of a `file_complete` frame, alone or in a bundle; none in any other frame."""
        if self.event != "file_complete":
            return []
        return self.data.get("files", [self.data])


def frames(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """The frames of an event stream; comments are left out. Lines end with a line feed only, as they are sent."""
    rest, fields = b"", {}
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in (line.removesuffix(b"\r") for line in lines):
            name, _, value = line.partition(b":")
            if line and name:
                value = value.removeprefix(b" ").decode()
                fields[name.decode()] = f"{fields['data']}\n{value}" if name == b"data" and "data" in fields else value
            elif not line and "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Frame(fields.get("event", "message"), json.loads(fields["data"]), number)
                fields = {}


@contextlib.contextmanager
def event_stream(client: httpx2.Client, session_id: str, after: int | None = None) -> Iterator[Iterator[Frame]]:
    """The frames of a session; leaving the block drops the connection."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"/api/ingest/events/{session_id}", headers=headers, timeout=30) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield frames(answer.iter_raw())


# ---------------------------------------------------------------------------------------------------------- the server


class Server:
    """`media-ingest serve` in a process of its own, on a port that the system chooses; all it writes is in `folder`.

    Used as a context, it finds an empty library, unless there is one already or it is to make its own.
    """

    empty_library: ClassVar[Callable[[], Path]]
    """Gives a database file at head, to be copied: to migrate costs a start twice its time."""

    def __init__(
        self, folder: Path, roots: Mapping[str, Path], *, program: Path = PROGRAM, new: bool = False, **settings: str
    ) -> None:
        self.folder = folder
        self._new = new
        self._program = program
        self.state = folder / "state"
        self.database = folder / "library.db"
        self.env = settings_for(folder, roots, **{"INGEST_PORT": "0", **settings})
        self.log = folder / "server.log"
        self.address = ""
        self._process: Started | subprocess.Popen[bytes] | None = None
        self._client: httpx2.Client | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._new and not self.database.exists():
            shutil.copy(self.empty_library(), self.database)
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def process(self) -> Started | subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def client(self) -> httpx2.Client:
        """A client of the running server."""
        assert self._client is not None
        return self._client

    def start(self, *, ready: bool = True) -> Self:
        """Starts the process; with `ready` waits until it answers."""
        with self.log.open("wb") as log:
            if self._program == PROGRAM:
                self._process = warm().start(["serve"], env=self.env, cwd=self.folder, output=log.fileno())
            else:
                self._process = subprocess.Popen(
                    [self._program, "serve"], env=self.env, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT
                )
        if ready:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        self.address = until(self._printed_address, what="the server's address")
        self._client = httpx2.Client(base_url=self.address, timeout=30, trust_env=False)
        until(self._answers, what="an answer of the server")

    def _printed_address(self) -> str:
        self.check_it_runs()
        printed = self.log.read_text(errors="replace")
        start = printed.find("http://")
        end = printed.find("/ingest-v2", start)
        return printed[start:end] if -1 < start < end else ""

    def _answers(self) -> bool:
        self.check_it_runs()
        with contextlib.suppress(httpx2.TransportError):
            return self.client.get("/healthz").status_code == 200
        return False

    def check_it_runs(self) -> None:
        """Fails with what the server printed if it has ended."""
        if self.process.poll() is not None:
            pytest.fail(f"the server ended with {self.process.returncode}: {self.log.read_text(errors='replace')}")

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        self._end(signal.SIGKILL)

    def terminate(self, seconds: float = 30) -> float:
        """SIGTERM; the seconds until the process is gone."""
        began = time.monotonic()
        self._end(signal.SIGTERM, seconds)
        return time.monotonic() - began

    def _end(self, number: signal.Signals, seconds: float = 30) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                pytest.fail(f"the server still ran {seconds:.0f} s after {number.name}")
            self._process = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def restart(self, *, ready: bool = True) -> None:
        """Starts the server anew on the same folder, ending it first where it still runs."""
        self.kill()
        self.start(ready=ready)

    def resident_bytes(self) -> int:
        """Memory of the server's own process (not of its workers), resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    # -- what tests ask of it ------------------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.client.get(path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx2.Response:
        return self.client.post(path, json=body, **options)

    def begin(self, directory: str, **parameters: Any) -> str:
        """Starts a session over a directory and returns its id."""
        answer = self.post("/api/ingest/process", {"directory": directory, **parameters})
        assert answer.status_code == 202, answer.text
        return answer.json()["session_id"]

    def status(self, session_id: str) -> dict[str, Any]:
        answer = self.get(f"/api/ingest/status/{session_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_for(self, session_id: str, *wanted: str, seconds: float = 120) -> dict[str, Any]:
        """The status as soon as it is one of the wanted ones."""

        def look() -> dict[str, Any] | None:
            status = self.status(session_id)
            return status if status["status"] in wanted else None

        return until(look, seconds=seconds, what=f"status {' or '.join(wanted)}", every=SELDOM_SECONDS)

    def events(self, session_id: str, after: int | None = None) -> contextlib.AbstractContextManager[Iterator[Frame]]:
        return event_stream(self.client, session_id, after)

    def session_file(self, session_id: str) -> dict[str, Any]:
        """The session as its file says now; fails if the file is torn."""
        return json.loads((self.state / f"{session_id}.json").read_bytes())


# -------------------------------------------------------------------------------------------- what is left on the disk

TABLES = ("media_files", "keywords", "media_keywords", "file_failures", "ingest_events")


def query(database: Path, statement: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of a library, read without changing anything."""
    with contextlib.closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement, values)]


def everything_in(folder: Path) -> dict[str, Any]:
    """Every row of the library and every file of the state folder, to see that nothing was changed."""
    state = folder / "state"
    files = {str(path.relative_to(state)): path.read_bytes() for path in state.rglob("*") if path.is_file()}
    database = folder / "library.db"
    if not database.exists():
        return {"files": files}
    return {"files": files} | {table: query(database, f"SELECT * FROM {table}") for table in TABLES}  # noqa: S608


# --------------------------------------------------------------------------------------------- which media are opened

_IN_OPEN, _IN_ISDIR = 0x20, 0x40000000


class Opens:
    """Tells which files below a folder are opened, by any process: the kernel's own word (inotify, see inotify(7))."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._handle >= 0, os.strerror(ctypes.get_errno())
        self._folders: dict[int, bytes] = {}
        for path, _, _ in os.walk(os.fsencode(folder)):
            watch = libc.inotify_add_watch(self._handle, path, _IN_OPEN)
            assert watch >= 0, os.strerror(ctypes.get_errno())
            self._folders[watch] = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._handle)

    def since_last_asked(self) -> list[bytes]:
        """The files opened since the last call, in order; one that was opened twice running counts once."""
        opened: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while events := os.read(self._handle, 1 << 20):
                at = 0
                while at < len(events):
                    watch, mask, _, length = struct.unpack_from("iIII", events, at)
                    name = events[at + 16 : at + 16 + length].rstrip(b"\0")
                    at += 16 + length
                    if mask & _IN_OPEN and not mask & _IN_ISDIR and name:
                        opened.append(self._folders[watch] + b"/" + name)
        return opened
