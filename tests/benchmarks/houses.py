"""A whole program without its web side, for sessions that are timed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.ingest.session.store import IngestionState
from app.settings import Settings
from app.wiring import House, build


@contextmanager
def house_of(media: Path) -> Iterator[House]:
    """A house with one worker, a new library on SQLite, and the folder as its root `bench`; closed at the end."""
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(
            database_url=f"sqlite:///{place}/library.db",
            ingest_media_roots={"bench": media},
            ingest_state_dir=Path(place) / "state",
            ingest_workers=1,
        )
        store = IngestionState(settings.ingest_state_dir)
        store.acquire("the benchmark")
        house, _ = build(settings, store)
        house.records.runner.recover(auto_resume=False)
        yield house
        house.close()
