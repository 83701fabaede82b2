"""A house behind its web door, served over real HTTP from a thread of this process."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
import uvicorn
from starlette.routing import BaseRoute

from app.ingest.session.store import IngestionState
from app.ingest.workers.worker import Result, Task
from app.media import Job
from app.settings import Settings
from app.web.app import create_app
from app.wiring import House, build
from tests.ingest.workers.in_process import InProcess
from tests.samples import ai_image, photo, unidentifiable, write_many, xmp_packet
from tests.support.description import hold_to_description
from tests.support.server import Frame, event_stream, everything_in, until


class Turnstile(InProcess):
    """Analyses in this process; once held, only as many files as it is told to let through."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self._held = False
        self._allowed = threading.Semaphore(0)

    def hold(self) -> None:
        self._held = True

    def let(self, files: int) -> None:
        if files:
            self._allowed.release(files)

    def open(self) -> None:
        self._held = False

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Iterator[Result | None]:
        for job in jobs:
            while self._held and not self._allowed.acquire(timeout=0.01):
                yield None
            self.jobs.append(job)
            yield task(job)

    def call(self, task: Task, job: Job) -> Result:
        return task(job)


class _Attentive(uvicorn.Server):
    """Ends as soon as it is told to, and not at the next tenth of a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)  # which sets the header `date`
        await self._told.wait()

    def end(self) -> None:
        """Tells it, from another thread."""
        self._loop.call_soon_threadsafe(self._told.set)


class Door:
    """A served house: `client` speaks to it, `turnstile` decides how many files pass."""

    routes: ClassVar[list[BaseRoute]] = []
    """Those of the first door serve all: FastAPI works them out at the first request to an application, in 0.1 s."""

    def __init__(self, folder: Path, settings: Settings, turnstile: Turnstile) -> None:
        self.folder = folder
        self.settings = settings
        self.turnstile = turnstile
        self.state = folder / "state"
        self.open()

    def open(self) -> None:
        store = IngestionState(self.settings.ingest_state_dir)
        store.acquire("http://127.0.0.1")
        self.house: House = build(self.settings, store)[0]
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = create_app(self.house)
        app.router.routes[:] = Door.routes = Door.routes or list(app.router.routes)
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, server_header=False, lifespan="on")
        self._server = _Attentive(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],))
        self._thread.start()
        until(lambda: self._server.started, what="the server")
        self.client = httpx2.Client(
            base_url=self.address, timeout=30, trust_env=False, event_hooks={"response": [hold_to_description]}
        )

    def close(self) -> None:
        self.client.close()
        self._server.end()
        self._thread.join()

    def reopen(self) -> None:
        """Ends the server and starts another on the same state folder and database."""
        self.close()
        self.open()

    # -- what tests ask of it ------------------------------------------------------------------------------------

    def get(self, path: str, code: int = 200, **options: Any) -> Any:
        answer = self.client.get(path, **options)
        assert answer.status_code == code, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, code: int = 200, **options: Any) -> Any:
        answer = self.client.post(path, json={} if body is None else body, **options)
        assert answer.status_code == code, answer.text
        return answer.json()

    def begin(self, directory: str = "photos", **parameters: Any) -> str:
        return self.post("/api/ingest/process", {"directory": directory, **parameters}, 202)["session_id"]

    def status(self, session_id: str) -> dict[str, Any]:
        return self.get(f"/api/ingest/status/{session_id}")

    def wait_for(self, session_id: str, *wanted: str) -> dict[str, Any]:
        return self.wait_until(session_id, lambda status: status["status"] in wanted)

    def wait_until(self, session_id: str, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            status = self.status(session_id)
            return status if right(status) else None

        return until(look, seconds=30, what="the status")

    def whole(self, directory: str = "photos", **parameters: Any) -> dict[str, Any]:
        """A session from its start to its end."""
        return self.wait_for(self.begin(directory, **parameters), "completed")

    def events(self, session_id: str, after: int | None = None) -> contextlib.AbstractContextManager[Iterator[Frame]]:
        return event_stream(self.client, session_id, after)

    def everything(self) -> dict[str, Any]:
        return everything_in(self.folder)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media root with a file for every class; no test changes it.

    23 files are found: 17 go in, 1 fails, 2 are filtered (hidden), 2 unsupported; the sidecar counts with its picture.
    """
    folder = tmp_path_factory.mktemp("photos")
    write_many(folder / "plain", 12)
    photo(folder / "trip" / "shore.jpg", size=(640, 480), keywords=["sea", "sand"], rating=4, make="Maker", model="M1")
    photo(folder / "trip" / "north" / "ice.jpg", size=(96, 64))
    (folder / "trip" / "north" / "ice.xmp").write_bytes(xmp_packet(keywords=["ice"], rating=2))
    ai_image(folder / "made" / "lake.png", size=(64, 48), prompt="a quiet lake, mist", negative="people")
    photo(folder / "caf\udce9" / "b\\xe9 #1 & 2?.jpg", size=(64, 48))
    photo(folder / "line.webp", size=(64, 48))
    unidentifiable(folder / "broken" / "cut.jpg", size=(96, 64))
    (folder / "notes.txt").write_text("no picture")
    (folder / "trip" / "list.csv").write_text("a,b")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "x.png").write_bytes(b"")
    (folder / "nothing here").mkdir()
    return folder


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(tmp_path: Path, sqlite_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDoor]:
    """Opens a door on a fresh library; settings and another root `photos` can be given."""
    doors: list[Door] = []
    assert sqlite_file.parent == tmp_path

    def make(root: Path = photos, **settings: Any) -> Door:
        turnstile = Turnstile()
        monkeypatch.setattr("app.wiring.PoolExecutor", lambda *_: turnstile)
        given = {
            "database_url": f"sqlite:///{sqlite_file}",
            "ingest_media_roots": {"photos": root},
            "ingest_state_dir": tmp_path / "state",
            "ingest_nsfw_weights": tmp_path / "no-weights.h5",
        }
        doors.append(Door(tmp_path, Settings(_env_file=None, **(given | settings)), turnstile))
        return doors[-1]

    yield make
    for door in doors:
        door.turnstile.open()
        door.close()


@pytest.fixture
def door(open_door: OpenDoor) -> Door:
    return open_door()
