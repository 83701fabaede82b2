"""What the full-text index and the feed of changes add to taking files in."""

import resource
import tempfile
from pathlib import Path

from PIL import Image
from sqlalchemy import text

from app.ingest.session.parameters import Parameters
from app.library.library import Library
from tests.benchmarks.houses import house_of

FILES = 3_000
ROUNDS = 2
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'media_%_noted'"


def words_cost() -> float:
    """The time of processors that a session over small pictures takes, to one without words; they take turns."""
    with tempfile.TemporaryDirectory() as place:
        media = Path(place)
        for number in range(FILES):
            Image.new("RGB", (32, 24), (number % 256, number // 256, 7)).save(media / f"red_dress-{number}.png")
        spent = dict.fromkeys((True, False), 0.0)
        for number in range(2 * ROUNDS):
            with_words = number % 4 in (0, 3)
            spent[with_words] += _session(media, with_words=with_words)
    print(f"    {FILES:,} pictures: {1e6 * (spent[True] - spent[False]) / FILES / ROUNDS:.0f} us a file are for words")
    return spent[True] / spent[False]


def _session(media: Path, *, with_words: bool) -> float:
    """Seconds of processors, of this process and its workers, for one session."""
    with house_of(media) as house:
        runner = house.records.runner
        if not with_words:
            _without_words(house.records.library)
        began = _spent()
        session = runner.start(Parameters(directories=("bench",), enable_nsfw_detection=False))
        session = runner.wait(session.session_id, lambda now: now.status.ended)
        assert session.outcomes["added"] == FILES, session.as_status()
    return _spent() - began


def _without_words(library: Library) -> None:
    library._engines.before_commit = lambda _: None

    def drop(connection: object) -> None:
        for name in connection.execute(text(_TRIGGERS)).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))

    library._engines.write(drop)


def _spent() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)
